"""Execution inside Strawberry: planned fields run as a plan, introspection runs in graphql-core, answers merge.

The endpoint plans most requests without meeting this class; operations that mix introspection with data, and whatever
else goes through `strawberry.Schema`, come here and get the same answers.
"""

from collections.abc import Awaitable
from typing import Any, Protocol

from graphql import ExecutionResult, OperationDefinitionNode, SelectionSetNode
from graphql.pyutils import is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.read.selection import Collector


class PlannedRequest(Protocol):
    """The context value of an execution: runs the planned part of an operation."""

    async def run(self, operation: OperationDefinitionNode, fragments: Any, variables: Any) -> dict[str, Any]:
        """The planned root fields by response key."""


class PlannedExecution(StrawberryGraphQLCoreExecutionContext):
    """Replaces field-by-field resolution by the read engine."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Runs the plan, and graphql-core for what introspects."""
        return self._execute(serially)

    async def _execute(self, serially: bool | None) -> ExecutionResult:
        operation = self.operation
        root_type = self.schema.get_root_type(operation.operation)
        assert root_type is not None
        variables = self.variable_values.coerced
        collector = Collector(self.schema, self.fragment_definitions, variables)
        selected = collector.fields(root_type, [operation.selection_set])
        request: PlannedRequest = self.context_value
        data = await request.run(operation, self.fragment_definitions, variables)
        introspective = [node for item in selected if is_introspection(item.name) for node in item.nodes]
        if introspective:
            self.operation = _only(operation, introspective)
            result: Any = super().execute_operation(serially)
            if is_awaitable(result):
                result = await _awaited(result)
            if result.errors:
                return ExecutionResult(data=None, errors=result.errors)
            data |= result.data
        return ExecutionResult(data={item.key: data[item.key] for item in selected}, errors=None)


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def is_introspection(name: str) -> bool:
    """Whether a root field is answered by graphql-core."""
    return name in {"__schema", "__type"}


def _only(operation: OperationDefinitionNode, nodes: list[Any]) -> OperationDefinitionNode:
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(nodes)),
        loc=operation.loc,
    )
