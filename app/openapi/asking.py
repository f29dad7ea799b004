"""What a query string may hold, as `app/rest/reading.py` reads it."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from app.openapi.components import Schema
from app.openapi.scalars import leaf
from app.rest.binding import MOST

_PROTOCOL: dict[str, tuple[str, Schema]] = {
    "limit": (f"How many records a page has, {MOST} at most.", {"minimum": 1, "maximum": MOST}),
    "cursor": ("Where the page begins: `nextCursor` of the page before, asked for with the same sort.", {}),
    "sort": ("What to sort by, the fields in their order of weight; with - before it, the largest first.", {}),
}
"""What is said of the parameters that every list has, and their limits."""


def parameter_schema(name: str, type_: Any) -> Schema:
    """The schema of a parameter's values."""
    return _schema(type_) | _PROTOCOL.get(name, ("", {}))[1]


def parameter_description(name: str, type_: Any, described: str) -> str:
    """What is said of a parameter, from what the schema says of the place where it is put."""
    if name in _PROTOCOL:
        return _PROTOCOL[name][0]
    return f"{described} By id or name." if isinstance(type_, GraphQLInputObjectType) else described


def switches_schema(names: list[str]) -> Schema:
    """The schema of `include` and `expand`."""
    return {"type": "array", "items": {"type": "string", "enum": names}}


def _schema(type_: Any) -> Schema:
    if isinstance(type_, GraphQLNonNull):
        return _schema(type_.of_type)
    if isinstance(type_, GraphQLList):
        return {"type": "array", "items": _item(get_named_type(type_))}
    if isinstance(type_, GraphQLInputObjectType):  # a link, by id or name
        return {"type": "array", "items": {"type": "string"}}
    return leaf(type_)


def _item(type_: Any) -> Schema:
    if isinstance(type_, GraphQLInputObjectType):  # an order
        field: GraphQLEnumType = get_named_type(type_.fields["field"].type)
        names = [member.value for member in field.values.values()]
        return {"type": "string", "enum": [*names, *(f"-{name}" for name in names)]}
    return leaf(type_)
