"""Which scopes the values of variables need: what looks at them is made once for each type, as it is used."""

from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    type_from_ast,
)

from app.graph.guarded import needs_of
from app.graph.schema import requirement_on
from app.read.arguments import Variables
from app.resource import Requirement

Look: TypeAlias = Callable[[Any, dict[Requirement, None]], None]
"""Adds what a coerced value, not a null, needs."""


class Sent:
    """The variables of one operation, as far as their values can need scopes."""

    def __init__(self, schema: GraphQLSchema, definition: OperationDefinitionNode) -> None:
        looks = looks_of(schema)
        declared = definition.variable_definitions or ()
        found = ((each.variable.name.value, looks.of(type_from_ast(schema, each.type))) for each in declared)
        self._looks = [(name, look) for name, look in found if look is not None]

    def needs(self, variables: Variables) -> dict[Requirement, None]:
        """What the values need, in their order."""
        found: dict[Requirement, None] = {}
        for name, look in self._looks:
            value = variables.get(name)
            if value is not None:
                look(value, found)
        return found


class Looks:
    """Finds or makes what looks at the values of a schema's types."""

    def __init__(self) -> None:
        self._named: dict[str, Look | None] = {}

    def of(self, type_: Any) -> Look | None:
        """What looks at the values of a type; None where they can need nothing."""
        if isinstance(type_, GraphQLNonNull):
            return self.of(type_.of_type)
        if isinstance(type_, GraphQLList):
            inner = self.of(type_.of_type)
            return None if inner is None else _list(inner)
        if type_.name not in self._named:
            self._named[type_.name] = self._make(type_)
        return self._named[type_.name]

    def _make(self, type_: Any) -> Look | None:
        if isinstance(type_, GraphQLInputObjectType):
            return _object(type_, self)
        return _enum(type_) if isinstance(type_, GraphQLEnumType) else None


_known: WeakKeyDictionary[GraphQLSchema, Looks] = WeakKeyDictionary()


def looks_of(schema: GraphQLSchema) -> Looks:
    """Those of a schema; they go when it goes."""
    looks = _known.get(schema)
    if looks is None:
        looks = _known[schema] = Looks()
    return looks


def _object(type_: GraphQLInputObjectType, looks: Looks) -> Look:
    members: dict[str, tuple[dict[Requirement, None], Look | None]] = {}

    def look(value: Any, found: dict[Requirement, None]) -> None:
        for name, item in value.items():
            member = members.get(name)
            if member is None:
                field = type_.fields[name]
                member = members[name] = dict.fromkeys(filter(None, needs_of(field))), looks.of(field.type)
            needed, inner = member
            if needed:
                found |= needed
            if inner is not None and item is not None:
                inner(item, found)

    return look


def _list(look_at_item: Look) -> Look:
    def look(value: Any, found: dict[Requirement, None]) -> None:
        for item in value:
            if item is not None:
                look_at_item(item, found)

    return look


def _enum(type_: GraphQLEnumType) -> Look | None:
    guarded = {name: requirement for name, value in type_.values.items() if (requirement := requirement_on(value))}
    needed = {type_.parse_value(name): requirement for name, requirement in guarded.items()}

    def look(value: Any, found: dict[Requirement, None]) -> None:
        if value in needed:
            found[needed[value]] = None

    return look if needed else None
