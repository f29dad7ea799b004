"""Documents that the server holds itself: GraphQL operations with directives that say how their answer is shown.

Clients cannot send the directives. A field or variable that is `@optional` is left out for keys whose view has no such
field, or not the input field where the variable stands; all else must fit, as in any document.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

from app.read.selection import LIFT, PLAIN, TENANT

OPTIONAL, CHANGES = "optional", "changes"
DIRECTIVES = frozenset({PLAIN, LIFT, TENANT, OPTIONAL, CHANGES})


@dataclass(frozen=True, eq=False)
class Stored:
    """A document of one operation and the fragments it uses; compared by identity."""

    name: str
    node: DocumentNode

    @cached_property
    def source(self) -> str:
        """All of it: what asks for the same answer has the same source."""
        return print_ast(self.node)

    @cached_property
    def text(self) -> str:
        """The operation as anybody could send it."""
        return print_ast(without_directives(self.node))

    def with_variables(self, names: Iterable[str]) -> DocumentNode:
        """What no key can do without that gives these variables."""
        return without_directives(visit(self.node, _Pruning(frozenset(names).__contains__)))

    def within(self, schema: GraphQLSchema) -> DocumentNode:
        """The document without the optional parts that a view does not have."""
        info = TypeInfo(schema)
        return visit(self.node, TypeInfoVisitor(info, _Pruning(lambda _: info.get_input_type() is not None, info)))  # type: ignore[no-any-return]


class _Pruning(Visitor):
    """Takes optional parts out: variables, with the input fields they stand in, that are not there, and fields that
    are in no schema.
    """

    def __init__(self, is_there: Callable[[str], bool], info: TypeInfo | None = None) -> None:
        super().__init__()
        self._is_there = is_there
        self._info = info
        self._optional: set[str] = set()  # variables
        self._gone: set[str] = set()

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        if _is_optional(node):
            self._optional.add(node.variable.name.value)

    def enter_field(self, node: FieldNode, *_: Any) -> Any:
        there = self._info is not None and self._info.get_field_def() is not None
        return REMOVE if _is_optional(node) and not there else None

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> Any:
        name = node.value.name.value if isinstance(node.value, VariableNode) else ""
        if name not in self._optional or self._is_there(name):
            return None
        self._gone.add(name)
        return REMOVE

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> OperationDefinitionNode:
        declared = node.variable_definitions or ()
        left = tuple(each for each in declared if each.variable.name.value not in self._gone)
        return replace(node, variable_definitions=left)


def without_directives(node: DocumentNode) -> DocumentNode:
    """A document without the directives of stored ones."""

    class Without(Visitor):
        def enter_directive(self, directive: DirectiveNode, *_: Any) -> Any:
            return REMOVE if directive.name.value in DIRECTIVES else None

    return visit(node, Without())  # type: ignore[no-any-return]


def _is_optional(node: FieldNode | VariableDefinitionNode) -> bool:
    return any(each.name.value == OPTIONAL for each in node.directives or ())
