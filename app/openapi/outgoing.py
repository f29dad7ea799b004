"""What an answer holds: the selection of a route's operation as JSON Schema, shaped as its directives say."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)

from app.openapi.components import Schema, nullable
from app.openapi.scalars import leaf
from app.read.selection import LIFT, TENANT
from app.rest.route import ETAG

_CONDITIONS = {"include", "skip"}


class Outgoing:
    """Makes the schemas of what is selected."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def shown(self, nodes: list[FieldNode], parent: Any) -> Schema:
        """The schema of a response key's value; `nodes` are all fields that are merged under it."""
        definition = parent.fields[nodes[0].name.value]
        if has(nodes, TENANT):
            return {"type": "string", "description": "The slug of the workspace."}
        made = self._of(definition.type, nodes)
        if definition.description:
            made = made | {"description": definition.description}
        return made | ({"deprecated": True} if definition.deprecation_reason else {})

    def _of(self, type_: Any, nodes: list[FieldNode]) -> Schema:
        if isinstance(type_, GraphQLNonNull):
            return self._plain(type_.of_type, nodes)
        return nullable(self._plain(type_, nodes))

    def _plain(self, type_: Any, nodes: list[FieldNode]) -> Schema:
        if isinstance(type_, GraphQLList):
            return {"type": "array", "items": self._of(type_.of_type, nodes)}
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            return leaf(type_)
        made = self.object(type_, nodes)
        if has(nodes, LIFT):
            [only] = made["properties"].values()
            return only  # type: ignore[no-any-return]
        return made

    def object(self, type_: Any, nodes: Iterable[FieldNode]) -> Schema:
        """The schema of an object with what is selected of it."""
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for key, fields in self.members(type_, nodes).items():
            if key == ETAG:
                continue
            properties[key] = self.shown([node for node, _ in fields], type_)
            if any(always for _, always in fields):
                required.append(key)
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def members(self, type_: Any, nodes: Iterable[FieldNode]) -> dict[str, list[tuple[FieldNode, bool]]]:
        """The fields that are selected of a type, by response key, and whether each is there in any case."""
        found: dict[str, list[tuple[FieldNode, bool]]] = {}
        for node in nodes:
            assert node.selection_set is not None
            for field, always in _fields(node.selection_set):
                key = (field.alias or field.name).value
                if field.name.value in type_.fields:
                    found.setdefault(key, []).append((field, always))
        return found

    def named(self, type_: Any) -> Any:
        """The object type behind a field's."""
        return get_named_type(type_)


def has(nodes: Iterable[FieldNode], directive: str) -> bool:
    """Whether a field carries a directive of a stored document."""
    return any(each.name.value == directive for node in nodes for each in node.directives or ())


def _fields(selections: SelectionSetNode) -> Iterator[tuple[FieldNode, bool]]:
    for selection in selections.selections:
        always = not any(each.name.value in _CONDITIONS for each in selection.directives or ())
        if isinstance(selection, FieldNode):
            yield selection, always
        elif isinstance(selection, InlineFragmentNode):
            for field, inner in _fields(selection.selection_set):
                yield field, always and inner and selection.type_condition is None
