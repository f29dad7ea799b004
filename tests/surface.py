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
    GraphQLError,
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
    validate_schema,
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
        return _is_open(item, scopes, empty)

    left: set[str] = set()
    pending: list[Any] = [type_ for type_ in _roots(schema) if type_.name not in empty]
    reached = {type_.name for type_ in pending}

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


def _roots(schema: GraphQLSchema) -> list[GraphQLObjectType]:
    return [type_ for type_ in (schema.query_type, schema.mutation_type) if type_ is not None]


def _empty(schema: GraphQLSchema, scopes: frozenset[str]) -> set[str]:
    """The types that nothing can be done with: no member is left, or one that an input cannot do without is gone."""
    empty: set[str] = set()
    while True:
        further = {
            type_.name
            for type_ in schema.type_map.values()
            if type_.name not in empty
            and (isinstance(type_, GraphQLEnumType) or not is_leaf_type(type_))
            and _is_empty(type_, scopes, empty)
        }
        if not further:
            return empty
        empty |= further


def _is_empty(type_: Any, scopes: frozenset[str], empty: set[str]) -> bool:
    members: Mapping[str, Any] = type_.values if isinstance(type_, GraphQLEnumType) else type_.fields
    open_ = [item for item in members.values() if _is_open(item, scopes, empty)]
    return not open_ or any(
        isinstance(item, GraphQLInputField) and is_required_input_field(item) and item not in open_
        for item in members.values()
    )


def _is_open(item: Any, scopes: frozenset[str], empty: set[str]) -> bool:
    """Whether a field, argument, input field or enum value can be used, with whatever it cannot do without."""
    if not meets(scopes, requirement_on(item)):
        return False
    if hasattr(item, "type") and get_named_type(item.type).name in empty:
        return False
    arguments: Iterable[GraphQLArgument] = getattr(item, "args", {}).values()
    return all(_is_open(each, scopes, empty) for each in arguments if is_required_argument(each))


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
            required, needed = _required(item)
            used = way.through(f"{name}{required}{_leafless(item)}", item, *needed)
            found[f"{type_.name}.{name}"] = used.thing(f"{type_.name}.{name}")
            for argument, declared in item.args.items():
                required, needed = _required(item, argument)
                given = way.through(f"{name}{required}{_leafless(item)}", item, declared, *needed)
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
    roots = _roots(schema)
    pending: deque[tuple[Any, _Way]] = deque(
        (root, _Way(f"{kind} {{ … }}", frozenset())) for kind, root in zip(("query", "mutation"), roots, strict=False)
    )
    seen = {root.name for root in roots}
    while pending:
        type_, way = pending.popleft()
        yield type_, way
        for name, item in type_.fields.items():
            target = get_named_type(item.type)
            if target.name not in seen and isinstance(target, GraphQLObjectType | GraphQLInterfaceType):
                seen.add(target.name)
                required, needed = _required(item)
                pending.append((target, way.through(f"{name}{required} {{ … }}", item, *needed)))


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


def _required(item: GraphQLField, argument: str | None = None) -> tuple[str, list[Any]]:
    """The arguments that a field cannot do without, a hole for one more, and what of them can carry a requirement."""
    given, needed = [], []
    for name, declared in item.args.items():
        if name == argument:
            given.append(f"{name}: …")
        elif is_required_argument(declared):
            value, inner = _value(declared.type)
            given.append(f"{name}: {value}")
            needed += [declared, *inner]
    return f"({', '.join(given)})" if given else "", needed


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


def faults_of(schema: GraphQLSchema) -> list[GraphQLError]:
    """What is wrong with a schema, whatever it assumes of itself."""
    return validate_schema(GraphQLSchema(**schema.to_kwargs() | {"assume_valid": False}))
