"""Scalars and enums as JSON Schema; enum values are those that are stored, as everywhere in REST."""

from typing import Any

from graphql import GraphQLEnumType

from app.openapi.components import Schema

ID_EXAMPLE = "3f2a9c0d51b7e684"

_SCALARS: dict[str, Schema] = {
    "String": {"type": "string"},
    "ID": {"type": "string"},
    "Int": {"type": "integer", "format": "int32"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "JSON": {},
}


def leaf(type_: Any) -> Schema:
    """The schema of a scalar or an enum, null aside."""
    if isinstance(type_, GraphQLEnumType):
        return {"type": "string", "enum": [member.value for member in type_.values.values()]}
    return dict(_SCALARS[type_.name])
