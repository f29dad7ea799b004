"""What one view of the schema has and another lacks, by schema coordinate: `Contact.tags`, `Query.contacts(search:)`.

What appears or disappears as a whole is one change: a type with all its fields, a field with all its arguments.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLArgument, GraphQLEnumType, GraphQLField, GraphQLInputField, GraphQLNamedType, GraphQLSchema

from app.access.derive import members_of
from app.access.scopes import canonical, expand
from app.access.views import Views
from app.resource import Choice


class SchemaChangeType(Choice):
    """Which way something changes."""

    ADDED = "added", "Only the second has it."
    REMOVED = "removed", "Only the first has it."


class SchemaPart(Choice):
    """A part of a schema."""

    TYPE = "type", "A type, with all that belongs to it."
    FIELD = "field", "A field of an object type, with its arguments."
    ARGUMENT = "argument", "An argument of a field."
    INPUT_FIELD = "input field", "A field of an input type."
    ENUM_VALUE = "enum value", "A value of an enum."
    INTERFACE = "interface", "That an object type has an interface, so that it can be reached through it."


@dataclass(frozen=True)
class SchemaChange:
    """Something that only one of two views has."""

    change: SchemaChangeType
    kind: SchemaPart
    path: str
    description: str


_KINDS = {
    GraphQLField: SchemaPart.FIELD,
    GraphQLArgument: SchemaPart.ARGUMENT,
    GraphQLInputField: SchemaPart.INPUT_FIELD,
}


def difference_of(views: Views[Any], first: Iterable[str], second: Iterable[str]) -> list[SchemaChange]:
    """All that a key with one or the other set of scopes sees alone; `BadUserInput` for what is no scope."""
    before, after = (views.derive(expand(canonical(name) for name in names)) for names in (first, second))
    return difference(before, after)


def difference(first: GraphQLSchema, second: GraphQLSchema) -> list[SchemaChange]:
    """All that one of two views of a schema has and the other lacks, sorted by path."""
    removed = _only_in(first, second, SchemaChangeType.REMOVED)
    added = _only_in(second, first, SchemaChangeType.ADDED)
    return sorted([*removed, *added], key=lambda each: (each.path.lower(), each.change))


def _only_in(one: GraphQLSchema, other: GraphQLSchema, change: SchemaChangeType) -> Iterator[SchemaChange]:
    for name, type_ in one.type_map.items():
        known = other.type_map.get(name)
        if known is None:
            yield SchemaChange(change, SchemaPart.TYPE, name, type_.description or "")
        elif known is not type_:  # views share what is the same in both
            for kind, path, part in _members_only_in(type_, known):
                yield SchemaChange(change, kind, path, part.description or "")


def _members_only_in(one: GraphQLNamedType, other: GraphQLNamedType) -> Iterator[tuple[SchemaPart, str, Any]]:
    others = members_of(other)
    for name, member in members_of(one).items():
        path = f"{one.name}.{name}"
        if name not in others:
            kind = SchemaPart.ENUM_VALUE if isinstance(one, GraphQLEnumType) else _KINDS[type(member)]
            yield kind, path, member
        elif isinstance(member, GraphQLField):
            for each, argument in member.args.items():
                if each not in others[name].args:
                    yield SchemaPart.ARGUMENT, f"{path}({each}:)", argument
    had = {each.name for each in getattr(other, "interfaces", ())}
    for interface in getattr(one, "interfaces", ()):
        if interface.name not in had:
            yield SchemaPart.INTERFACE, f"{one.name} implements {interface.name}", interface
