"""Every single thing that a schema offers, with a small document that uses it and the requirements which that meets.

A thing is an output field, an argument, an input field or an enum value, by its schema coordinate: `Contact.email`,
`Query.contacts(filter:)`, `ContactFilter.email`, `ContactGroupBy.STATUS`.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from app.graph.schema import requirement_on
from app.resource import Requirement
from tests.readable import meets


@dataclass(frozen=True)
class Thing:
    """One thing of a schema. What nothing in a document can name, the value of an output enum, has no document."""

    coordinate: str
    document: str | None
    requirements: frozenset[Requirement]


def coordinates(schema: GraphQLSchema) -> set[str]:
    """What a schema holds."""
    return {coordinate for coordinate, _ in _parts(schema)}


def _parts(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    for type_ in schema.type_map.values():
        if is_introspection_type(type_):
            continue
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{name}", value) for name, value in type_.values.items())
        for name, item in getattr(type_, "fields", {}).items():
            yield f"{type_.name}.{name}", item
            for argument, declared in getattr(item, "args", {}).items():
                yield f"{type_.name}.{name}({argument}:)", declared


def expected(schema: GraphQLSchema, scopes: frozenset[str]) -> set[str]:
    """What should be left of a schema under some scopes: what they may use, if a path of such things leads there."""
    empty = _empty(schema, scopes)

    def open_(item: Any) -> bool:
        target = get_named_type(item.type).name if hasattr(item, "type") else None
        return meets(scopes, requirement_on(item)) and target not in empty

    assert schema.query_type is not None
    left: set[str] = set()
    pending: list[Any] = [schema.query_type]
    reached = {schema.query_type.name}

    def reach(type_: Any) -> None:
        named = get_named_type(type_)
        if named.name not in reached:
            reached.add(named.name)
            pending.append(named)

    while pending:
        type_ = pending.pop()
        if isinstance(type_, GraphQLEnumType):
            left |= {f"{type_.name}.{name}" for name, value in type_.values.items() if open_(value)}
        for name, item in getattr(type_, "fields", {}).items():
            if not open_(item):
                continue
            left.add(f"{type_.name}.{name}")
            reach(item.type)
            for argument, declared in getattr(item, "args", {}).items():
                if open_(declared):
                    left.add(f"{type_.name}.{name}({argument}:)")
                    reach(declared.type)
        if isinstance(type_, GraphQLInterfaceType):
            for each in schema.get_possible_types(type_):
                if meets(scopes, requirement_on(each)) and each.name not in empty:
                    reach(each)
    return left


def _empty(schema: GraphQLSchema, scopes: frozenset[str]) -> set[str]:
    empty: set[str] = set()
    while True:
        further = {
            type_.name
            for type_ in schema.type_map.values()
            if type_.name not in empty
            and (isinstance(type_, GraphQLEnumType) or not is_leaf_type(type_))
            and not any(
                meets(scopes, requirement_on(item))
                and (isinstance(type_, GraphQLEnumType) or get_named_type(item.type).name not in empty)
                for item in _members(type_)
            )
        }
        if not further:
            return empty
        empty |= further


def _members(type_: Any) -> Iterable[Any]:
    members: Mapping[str, Any] = type_.values if isinstance(type_, GraphQLEnumType) else type_.fields
    return members.values()


@dataclass(frozen=True)
class _Way:
    """How to come to a type: text with a hole for what is used of it."""

    text: str
    requirements: frozenset[Requirement]

    def through(self, text: str, *items: Any) -> "_Way":
        wanted = {requirement_on(item) for item in items} - {()}
        return _Way(self.text.replace("…", text), self.requirements | wanted)

    def thing(self, coordinate: str) -> Thing:
        return Thing(coordinate, self.text, self.requirements)


def things(schema: GraphQLSchema) -> dict[str, Thing]:
    """Every thing by its coordinate."""
    found: dict[str, Thing] = {}
    inputs: deque[tuple[Any, _Way]] = deque()
    for type_, way in _outputs(schema):
        for name, item in type_.fields.items():
            used = way.through(f"{name}{_required(item)}{_leafless(item)}", item)
            found[f"{type_.name}.{name}"] = used.thing(f"{type_.name}.{name}")
            for argument, declared in item.args.items():
                given = way.through(f"{name}{_required(item, argument)}{_leafless(item)}", item, declared)
                inputs.append((declared.type, given))
                coordinate = f"{type_.name}.{name}({argument}:)"
                value, needed = _value(declared.type)
                found[coordinate] = given.through(value, *needed).thing(coordinate)
    for coordinate, thing in _inputs(inputs):
        found.setdefault(coordinate, thing)
    for coordinate, item in _parts(schema):
        found.setdefault(coordinate, Thing(coordinate, None, frozenset({requirement_on(item)} - {()})))
    return found


def _outputs(schema: GraphQLSchema) -> Iterator[tuple[Any, _Way]]:
    """Every object and interface type, each by the way that takes the fewest fields."""
    assert schema.query_type is not None
    pending: deque[tuple[Any, _Way]] = deque([(schema.query_type, _Way("{ … }", frozenset()))])
    seen = {schema.query_type.name}
    while pending:
        type_, way = pending.popleft()
        yield type_, way
        for name, item in type_.fields.items():
            target = get_named_type(item.type)
            if target.name not in seen and isinstance(target, GraphQLObjectType | GraphQLInterfaceType):
                seen.add(target.name)
                pending.append((target, way.through(f"{name}{_required(item)} {{ … }}", item)))


def _inputs(pending: deque[tuple[Any, _Way]]) -> Iterator[tuple[str, Thing]]:
    seen: set[str] = set()
    while pending:
        type_, way = pending.popleft()
        named = get_named_type(type_)
        if named.name in seen:
            continue
        seen.add(named.name)
        bracketed = _bracketed(type_)
        if isinstance(named, GraphQLEnumType):
            for name, value in named.values.items():
                coordinate = f"{named.name}.{name}"
                yield coordinate, way.through(bracketed.replace("…", name), value).thing(coordinate)
        if isinstance(named, GraphQLInputObjectType):
            for name, item in named.fields.items():
                others, needed = _others(named, name)
                inside = way.through(bracketed.replace("…", f"{{{name}: …{others}}}"), item, *needed)
                pending.append((item.type, inside))
                coordinate = f"{named.name}.{name}"
                value_, needed = _value(item.type)
                yield coordinate, inside.through(value_, *needed).thing(coordinate)


def _required(item: GraphQLField, argument: str | None = None) -> str:
    """The arguments that a field cannot do without, and a hole for one more."""
    given = [
        f"{name}: {'…' if name == argument else _value(declared.type)[0]}"
        for name, declared in item.args.items()
        if name == argument or is_required_argument(declared)
    ]
    return f"({', '.join(given)})" if given else ""


def _leafless(item: GraphQLField | GraphQLArgument | GraphQLInputField) -> str:
    return "" if is_leaf_type(get_named_type(item.type)) else " { __typename }"


def _others(type_: GraphQLInputObjectType, name: str) -> tuple[str, list[Any]]:
    """The further fields that an input object cannot do without."""
    text, needed = "", []
    for other, item in type_.fields.items():
        if other != name and is_required_input_field(item):
            value, inner = _value(item.type)
            text += f", {other}: {value}"
            needed += [item, *inner]
    return text, needed


def _bracketed(type_: Any) -> str:
    if isinstance(type_, GraphQLNonNull):
        return _bracketed(type_.of_type)
    return f"[{_bracketed(type_.of_type)}]" if isinstance(type_, GraphQLList) else "…"


def _value(type_: Any) -> tuple[str, list[Any]]:
    """The smallest value of a type, and whatever in it can carry a requirement."""
    named = get_named_type(type_)
    needed: list[Any] = []
    if isinstance(named, GraphQLEnumType):
        name, value = min(named.values.items(), key=lambda each: requirement_on(each[1]))
        text, needed = name, [value]
    elif isinstance(named, GraphQLInputObjectType):
        others, needed = _others(named, "")
        text = f"{{{others.removeprefix(', ')}}}"
    else:
        text = {"Int": "1", "Float": "1.5", "Boolean": "true", "DateTime": '"2026-01-01T00:00:00Z"'}.get(
            named.name, '"x"'
        )
    return _bracketed(type_).replace("…", text), needed
