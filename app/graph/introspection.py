"""How much an introspection tells: each of its fields for every type, field and argument of the view that shows it.

Known before it is run, because graphql-core runs it in one go, which nothing stops: a list of a type's fields in a list
of types is short to ask for, and a kilobyte of aliases in it had taken 25 seconds. Arguments and directives are not
looked at; they only make answers shorter.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    SchemaMetaFieldDef,
    SelectionSetNode,
    StringValueNode,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from app.errors import BadRequest

MAX_TOLD = 75_000
"""Fields, each of which takes 5 to 20 µs. A tool's question about the whole schema comes to 38,000."""


def check_told(
    schema: GraphQLSchema, selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> None:
    """Refuses an operation that introspects too much. Its fragments must not multiply: they are written out."""
    walk = _Walk(schema, fragments)
    for node in walk.fields([selections]):
        if node.selection_set is None:
            continue
        if node.name.value == "__schema":
            walk.count(get_named_type(SchemaMetaFieldDef.type), [schema], [node.selection_set])
        elif node.name.value == "__type":
            walk.count(get_named_type(TypeMetaFieldDef.type), walk.named(node), [node.selection_set])


class _Walk:
    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._info = SimpleNamespace(schema=schema)  # all that the resolvers of graphql-core ask for
        self._fragments = fragments
        self._told = 0

    def fields(self, sets: Iterable[SelectionSetNode]) -> Iterator[FieldNode]:
        """Every field of some selection sets. No type condition fails: the types of introspection are objects."""
        for selections in sets:
            for selection in selections.selections:
                if isinstance(selection, FieldNode):
                    yield selection
                elif isinstance(selection, FragmentSpreadNode):
                    yield from self.fields([self._fragments[selection.name.value].selection_set])
                else:
                    yield from self.fields([selection.selection_set])  # type: ignore[attr-defined]

    def named(self, node: FieldNode) -> list[Any]:
        """The types that `__type(name:)` may mean: any, where a variable says it."""
        name = (node.arguments or ())[0].value
        types = self._info.schema.type_map
        if isinstance(name, StringValueNode):
            return [types[name.value]] if name.value in types else []
        return list(types.values())

    def count(self, type_: Any, shown: list[Any], sets: list[SelectionSetNode]) -> None:
        """Counts the fields of what is shown. What several aliases lead to is looked up once."""
        nodes: dict[str, list[FieldNode]] = {}
        for node in self.fields(sets):
            nodes.setdefault(node.name.value, []).append(node)
        for name, same in nodes.items():
            self._told += len(same) * len(shown)
            if self._told > MAX_TOLD:
                raise BadRequest(
                    f"The introspection tells more than {MAX_TOLD} fields; ask for fewer, or of fewer types.",
                    reason="TOO_MANY_FIELDS",
                )
            inner = [node.selection_set for node in same if node.selection_set is not None]
            if inner:
                field = type_.fields[name]
                self.count(get_named_type(field.type), self._below(field, shown), inner)

    def _below(self, field: Any, shown: list[Any]) -> list[Any]:
        arguments = {"includeDeprecated": True} if "includeDeprecated" in field.args else {}
        found = [field.resolve(each, self._info, **arguments) for each in shown]
        if is_list_type(get_nullable_type(field.type)):
            return [item for items in found for item in items or ()]
        return [item for item in found if item is not None]
