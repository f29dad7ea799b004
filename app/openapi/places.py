"""Where the variables of a stored operation stand in its arguments, and so what the schema says of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLSchema,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    print_ast,
    type_from_ast,
    value_from_ast_untyped,
    visit,
)
from graphql.pyutils import Undefined

from app.graph.stored import without_directives

_FILTERED = re.compile(r"^Filter by `\w+`\. ")


@dataclass(frozen=True)
class Variable:
    """A variable of an operation under a view, with the argument or input field that it is the value of."""

    type: Any
    default: Any  # `Undefined` where there is none
    definition: Any
    description: str


def operation_in(document: DocumentNode) -> OperationDefinitionNode:
    """The only operation of a stored document."""
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def variables_in(schema: GraphQLSchema, document: DocumentNode) -> Mapping[str, Variable]:
    """The variables of a document that fits the schema, those that stand somewhere."""
    visitor = _Places(TypeInfo(schema))
    visit(document, TypeInfoVisitor(visitor.info, visitor))
    found: dict[str, Variable] = {}
    for each in operation_in(document).variable_definitions or ():
        name, default = each.variable.name.value, Undefined
        if each.default_value is not None:
            default = value_from_ast_untyped(each.default_value)
        if name in visitor.found:
            definition, description = visitor.found[name]
            found[name] = Variable(type_from_ast(schema, each.type), default, definition, description)
    return found


def text_of(document: DocumentNode, used: Mapping[str, Variable]) -> str:
    """The operation as anybody could send it."""
    operation = operation_in(without_directives(document))
    left = [each for each in operation.variable_definitions or () if each.variable.name.value in used]
    return print_ast(replace(operation, description=None, variable_definitions=tuple(left)))


class _Places(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: dict[str, tuple[Any, str]] = {}
        self._way: list[Any] = []  # the argument and input fields around what is visited

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self._way = [self.info.get_argument()]

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        parent: Any = get_named_type(self.info.get_parent_input_type())
        self._way.append(parent.fields[node.name.value])

    def leave_object_field(self, *_: Any) -> None:
        self._way.pop()

    def enter_variable(self, node: VariableNode, key: Any, parent: Node, *_: Any) -> None:
        if key != "variable" and self._way:
            self.found.setdefault(node.name.value, (self._way[-1], self._described()))

    def _described(self) -> str:
        """What is said of an input field: in a filter that is of the attribute, and then of the operator."""
        told = [each.description or "" for each in self._way[1:] or self._way]
        return " ".join(_FILTERED.sub("", each) for each in told)
