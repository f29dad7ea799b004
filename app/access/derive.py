"""Deriving a view: the whole schema without what is refused, as a `GraphQLSchema` of its own.

What goes takes along what cannot be used without it: a field or argument of a type that has nothing left, a field whose
required argument is gone, an input whose required field is gone. What is not touched by that is shared with the whole
schema, so a view costs what it changes. Definitions are told apart by identity: they compare by value and have no hash.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
)

from app.errors import ConfigurationError

D = TypeVar("D")


@dataclass(eq=False, slots=True)
class _Part:
    """A field, input field, enum value or argument: the type it stands in, the field it belongs to, the type it has."""

    definition: Any
    owner: str
    field: "_Part | None" = None
    needed: bool = False


class Whole:
    """The whole schema, indexed by what goes when something else goes."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._parts: dict[int, _Part] = {}
        self._uses: dict[str, list[_Part]] = defaultdict(list)
        self._sizes: dict[str, int] = {}
        self.implementing = [
            type_
            for type_ in schema.type_map.values()
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and type_.interfaces
        ]
        for type_ in schema.type_map.values():
            if not is_introspection_type(type_):
                self._index(type_)

    @property
    def definitions(self) -> Iterable[Any]:
        """Everything that can carry a requirement."""
        yield from self.schema.type_map.values()
        yield from (part.definition for part in self._parts.values())

    def without(self, refused: Iterable[int]) -> GraphQLSchema:
        """The schema without the definitions of these ids; a refused object type only leaves its interfaces."""
        return _Derivation(self, frozenset(refused)).schema()

    def _index(self, type_: GraphQLNamedType) -> None:
        if isinstance(type_, GraphQLUnionType):
            raise ConfigurationError(f"{type_.name} is a union: views know objects, interfaces, inputs and enums only")
        members = members_of(type_)
        self._sizes[type_.name] = len(members)
        for member in members.values():
            needed = isinstance(type_, GraphQLInputObjectType) and is_required_input_field(member)
            field = self._add(_Part(member, type_.name, needed=needed))
            for argument in getattr(member, "args", {}).values():
                self._add(_Part(argument, type_.name, field, needed=is_required_argument(argument)))

    def _add(self, part: _Part) -> _Part:
        if id(part.definition) in self._parts:
            raise ConfigurationError(f"{part.owner} shares a definition with another type: each needs its own")
        self._parts[id(part.definition)] = part
        type_ = getattr(part.definition, "type", None)
        if type_ is not None:
            self._uses[get_named_type(type_).name].append(part)
        return part

    def gone(self, refused: frozenset[int]) -> tuple[set[int], set[str]]:
        """The ids of all parts that go, and the names of the types that have nothing left."""
        gone: set[int] = set()
        empty: set[str] = set()
        left = dict(self._sizes)
        todo = [self._parts[id_] for id_ in refused if id_ in self._parts]
        while todo:
            part = todo.pop()
            if id(part.definition) in gone:
                continue
            gone.add(id(part.definition))
            if part.field is not None:
                todo.extend([part.field] if part.needed else ())
                continue
            left[part.owner] -= 1
            if (part.needed or not left[part.owner]) and part.owner not in empty:
                empty.add(part.owner)
                todo.extend(self._uses[part.owner])
        return gone, empty

    def touched(self, gone: Iterable[int], moved: Iterable[str]) -> tuple[set[int], set[str]]:
        """The ids of the parts, and the names of the types, that are no longer what they were."""
        touched: set[int] = set()
        changed: set[str] = set()
        todo = [*moved]
        for id_ in gone:
            part = self._parts[id_]
            todo.append(part.owner)
            if part.field is not None:
                touched.add(id(part.field.definition))
        while todo:
            name = todo.pop()
            if name in changed:
                continue
            changed.add(name)
            for part in self._uses[name]:
                touched.add(id(part.definition))
                if part.field is not None:
                    touched.add(id(part.field.definition))
                todo.append(part.owner)
            todo.extend(each.name for each in self.implementing if any(i.name == name for i in each.interfaces))
        return touched, changed


def members_of(type_: GraphQLNamedType) -> dict[str, Any]:
    """The fields, input fields or values of a type; a scalar has none."""
    return type_.values if isinstance(type_, GraphQLEnumType) else getattr(type_, "fields", {})


class _Derivation:
    """One view in the making."""

    def __init__(self, whole: Whole, refused: frozenset[int]) -> None:
        self._whole = whole.schema
        self._gone, self._empty = whole.gone(refused)
        self._interfaces = {
            type_.name: tuple(
                each for each in type_.interfaces if id(type_) not in refused and each.name not in self._empty
            )
            for type_ in whole.implementing
        }
        moved = [t.name for t in whole.implementing if len(self._interfaces[t.name]) != len(t.interfaces)]
        self._touched, self._changed = whole.touched(self._gone, moved)
        self._made: dict[str, Any] = {}
        self._unfilled: list[GraphQLNamedType] = []

    def schema(self) -> GraphQLSchema:
        whole = self._whole
        roots = (whole.query_type, whole.mutation_type, whole.subscription_type)
        query, mutation, subscription = (root and self._type(root) if not self._lacks(root) else None for root in roots)
        implementing = [
            self._type(whole.type_map[name])
            for name, interfaces in self._interfaces.items()
            if interfaces and name not in self._empty
        ]
        while self._unfilled:
            self._fill(self._unfilled.pop())
        derived = GraphQLSchema(
            query,
            mutation,
            subscription,
            implementing,
            directives=whole.directives,
            description=whole.description,
            extensions=dict(whole.extensions),
            assume_valid=True,  # as the tests show; to find out takes three times what deriving does
        )
        derived.type_map = dict(sorted(derived.type_map.items()))
        return derived

    def _lacks(self, type_: GraphQLNamedType | None) -> bool:
        return type_ is not None and type_.name in self._empty

    def _type(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull | GraphQLList):
            return type(type_)(self._type(type_.of_type))
        if type_.name not in self._changed:
            return type_
        if type_.name not in self._made:
            self._made[type_.name] = copy_with(type_)
            self._unfilled.append(type_)
        return self._made[type_.name]

    def _fill(self, type_: Any) -> None:
        members = {name: self._part(part) for name, part in members_of(type_).items() if id(part) not in self._gone}
        made = self._made[type_.name]
        if isinstance(type_, GraphQLEnumType):
            vars(made).update(values=members, _values=members)
            vars(made).pop("_value_lookup", None)
            return
        vars(made).update(fields=members, _fields=members)
        if type_.name in self._interfaces:
            interfaces = tuple(self._type(each) for each in self._interfaces[type_.name])
            vars(made).update(interfaces=interfaces, _interfaces=interfaces)

    def _part(self, part: Any) -> Any:
        if id(part) not in self._touched:
            return part
        if not isinstance(part, GraphQLField):
            return copy_with(part, type=self._type(part.type))
        arguments = {name: self._part(each) for name, each in part.args.items() if id(each) not in self._gone}
        return copy_with(part, type=self._type(part.type), args=arguments)


def copy_with(definition: D, **changes: Any) -> D:
    """A copy with some attributes replaced, computed ones included: constructors check every name once more."""
    made: D = object.__new__(type(definition))
    vars(made).update(vars(definition), **changes)
    return made
