"""What becomes of an operation before it is compiled: fragments are written out, and what writes can also be tried."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Visitor,
    parse,
    visit,
)

DRY_RUN = "dryRun"
"""The argument that every verb takes, and the variable that a route gives it."""

_TRYING = parse(f"mutation (${DRY_RUN}: Boolean! = false) {{ verb({DRY_RUN}: ${DRY_RUN}) }}", no_location=True)


def completed(document: DocumentNode) -> DocumentNode:
    """A document of one operation without fragments; a mutation takes `$dryRun`."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}

    def selections_of(node: SelectionSetNode) -> Iterator[SelectionNode]:
        for selection in node.selections:
            if isinstance(selection, FragmentSpreadNode):
                yield from selections_of(fragments[selection.name.value].selection_set)
            else:
                yield selection

    class WriteOut(Visitor):
        def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
            return SelectionSetNode(selections=tuple(selections_of(node)))

    operation: OperationDefinitionNode = visit(_operation(document), WriteOut())
    return DocumentNode(definitions=(_tried(operation),))


def _tried(operation: OperationDefinitionNode) -> OperationDefinitionNode:
    """The operation with `dryRun: $dryRun`, if it is a mutation that does not say itself whether it is one."""
    root, *more = operation.selection_set.selections
    if operation.operation is not OperationType.MUTATION or more or not isinstance(root, FieldNode):
        return operation
    if any(each.name.value == DRY_RUN for each in root.arguments or ()):
        return operation
    trying = _operation(_TRYING)
    [verb] = trying.selection_set.selections
    assert isinstance(verb, FieldNode)
    root = replace(root, arguments=(*(root.arguments or ()), *(verb.arguments or ())))
    return replace(
        operation,
        variable_definitions=(*(operation.variable_definitions or ()), *(trying.variable_definitions or ())),
        selection_set=SelectionSetNode(selections=(root,)),
    )


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return operation
