"""A filter that a record holds, shown with values of enums as they are stored; it is kept with their GraphQL names."""

from collections.abc import Callable
from typing import Any

import orjson
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type


def filter_shown(type_: Any) -> Callable[[str | bytes], Any]:
    """Shows the JSON of a filter of an input type; what the type does not have is shown as it is."""
    return lambda text: _shown(orjson.loads(text), type_)


def _shown(value: Any, type_: Any) -> Any:
    if isinstance(value, list):
        return [_shown(item, type_) for item in value]
    if isinstance(type_, GraphQLEnumType) and isinstance(value, str):
        member = type_.values.get(value)
        return value if member is None else member.value
    if isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
        fields = type_.fields
        return {
            name: _shown(inner, get_named_type(fields[name].type)) if name in fields else inner
            for name, inner in value.items()
        }
    return value
