"""What a body may hold, as `app/rest/reading.py` reads it and the declarations of verbs limit it."""

from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)

from app.graph.schema import given_on
from app.openapi.components import Components, Schema, nullable
from app.openapi.scalars import leaf
from app.store.types import Kind
from app.verb import MOST, Given, Rule
from app.write import rules

_RULES: dict[Rule, Schema] = {
    rules.email: {"format": "idn-email"},
    rules.url: {"format": "uri"},
    rules.color: {"pattern": "^#[0-9A-Fa-f]{6}$"},
    rules.key: {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,99}$"},
    rules.not_blank: {"minLength": 1},
}


class Incoming:
    """Makes the schemas of values in bodies; those of input types are named."""

    def __init__(self, components: Components) -> None:
        self._components = components

    def schema(self, type_: Any, definition: Any = None) -> Schema:
        """The schema of a type's values, at an argument or input field."""
        given = None if definition is None else given_on(definition)
        if isinstance(type_, GraphQLNonNull):
            return self._plain(type_.of_type, given)
        plain = self._plain(type_, given)
        return nullable(plain) if given is None or given.nullable else plain

    def members(self, type_: GraphQLInputObjectType) -> Schema:
        """The schema of an object with the fields of an input type."""
        properties = {name: self.described(field.type, field) for name, field in type_.fields.items()}
        required = [name for name, field in type_.fields.items() if is_required_input_field(field)]
        only = {"minProperties": 1, "maxProperties": 1} if type_.is_one_of else {}
        return object_of(properties, required) | only

    def described(self, type_: Any, definition: Any) -> Schema:
        """The schema with what is said of the argument or input field."""
        told: Schema = {"description": definition.description} if definition.description else {}
        if definition.deprecation_reason:
            told["deprecated"] = True
        return self.schema(type_, definition) | told

    def _plain(self, type_: Any, given: Given | None) -> Schema:
        if isinstance(type_, GraphQLList):
            made: Schema = {"type": "array", "items": self._items(type_.of_type, given)}
            if given is not None:
                made["maxItems"] = given.most or MOST
            return made
        if isinstance(type_, GraphQLInputObjectType):
            return self._components.named(type_.name, lambda: {"description": type_.description} | self.members(type_))
        return leaf(type_) | (_limits(given) if given is not None else {})

    def _items(self, type_: Any, given: Given | None) -> Schema:
        if isinstance(type_, GraphQLNonNull):
            return self._plain(type_.of_type, given)
        return nullable(self._plain(type_, given))


def object_of(properties: dict[str, Schema], required: list[str]) -> Schema:
    """An object of these members and no others."""
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})


def _limits(given: Given) -> Schema:
    """Lengths, ranges and forms as they are declared."""
    if given.type is Kind.JSON:
        return {"type": "object"}
    found = {"maxLength": given.max_length, "minimum": given.low, "maximum": given.high}
    limits = {name: value for name, value in found.items() if value is not None}
    return limits | (_RULES.get(given.rule, {}) if given.rule is not None else {})
