"""Cutting values that were computed, dicts and lists of them, to what was selected of them."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLObjectType, SelectionSetNode, get_named_type

from app.read.planning import Planning


def cutter(planning: Planning, type_: object, sets: Sequence[SelectionSetNode]) -> Callable[[Any], Any]:
    """How a value of a type is cut."""
    if not isinstance(type_, GraphQLObjectType):
        return planning.leaf(type_)
    parts: list[tuple[str, str, Callable[[Any], Any]]] = []
    for selected in planning.fields_of(type_, sets):
        if selected.name == "__typename":
            parts.append((selected.key, "", lambda _: type_.name))
        else:
            inner = get_named_type(type_.fields[selected.name].type)
            parts.append((selected.key, selected.name, cutter(planning, inner, selected.selections)))

    def cut(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [cut(item) for item in value]
        return {key: part(value.get(name)) for key, name, part in parts}

    return cut
