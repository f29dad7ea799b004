"""Variables of an operation: where each one is used, which decides a plan's shape, and how given values are coerced."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    ListTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeNode,
    VariableNode,
    Visitor,
    get_variable_values,
    visit,
)

from app.graph.errors import Refused
from app.read.arguments import Mode, Variables, mode_of

_MISSING = object()
_MAX_ERRORS = 20

_Check: TypeAlias = tuple[str, Callable[[Any], bool], bool]


class Coercion:
    """Makes the variables of one operation from what a request brings."""

    def __init__(self, schema: GraphQLSchema, definition: OperationDefinitionNode) -> None:
        self._schema = schema
        self._declared = definition.variable_definitions or ()
        self._checks = _fast_checks(definition)

    def coerce(self, inputs: Mapping[str, Any]) -> Variables:
        """The variables as their types say; `Refused` where one does not fit."""
        if not self._declared:
            return {}
        if self._checks is not None:
            coerced = _coerce_fast(self._checks, inputs)
            if coerced is not None:
                return coerced
        result = get_variable_values(self._schema, self._declared, dict(inputs), max_errors=_MAX_ERRORS)
        if isinstance(result, list):
            raise Refused.variables(result)
        return result.coerced


def variable_uses(
    definition: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[tuple[str, Mode]]:
    """Every place in the operation and the document's fragments where a variable shapes or fills the SQL."""
    declared = {variable.variable.name.value for variable in definition.variable_definitions or ()}
    uses: list[tuple[str, Mode]] = []

    def note(node: Any, mode: Mode) -> None:
        class Note(Visitor):
            def enter_variable(self, variable: VariableNode, *_: Any) -> None:
                if variable.name.value in declared:
                    uses.append((variable.name.value, mode))

        visit(node, Note())

    class Find(Visitor):
        def enter_field(self, field: FieldNode, *_: Any) -> None:
            for argument in field.arguments or ():
                note(argument, mode_of(field.name.value, argument.name.value))

        def enter_directive(self, directive: DirectiveNode, *_: Any) -> None:
            note(directive, Mode.LITERAL)

    visit(definition.selection_set, Find())
    for fragment in fragments.values():
        visit(fragment.selection_set, Find())
    return iter(uses)


def _fast_checks(definition: OperationDefinitionNode) -> list[_Check] | None:
    """Checks that accept well-formed values of built-in scalars as they are; None where that is not all there is."""
    checks: list[_Check] = []
    for variable in definition.variable_definitions or ():
        type_: TypeNode = variable.type
        required = isinstance(type_, NonNullTypeNode)
        if isinstance(type_, NonNullTypeNode):
            type_ = type_.type
        if isinstance(type_, ListTypeNode) or variable.default_value is not None:
            return None
        check = _ACCEPTS.get(type_.name.value)  # type: ignore[attr-defined]
        if check is None:
            return None
        checks.append((variable.variable.name.value, check, required))
    return checks


_ACCEPTS: dict[str, Callable[[Any], bool]] = {
    "ID": lambda value: type(value) is str,
    "String": lambda value: type(value) is str,
    "Boolean": lambda value: type(value) is bool,
    "Int": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "Float": lambda value: math.isfinite(value) if type(value) is float else type(value) is int and abs(value) < 2**53,
}


def _coerce_fast(checks: list[_Check], inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    coerced: dict[str, Any] = {}
    for name, accepts, required in checks:
        value = inputs.get(name, _MISSING)
        if value is _MISSING or value is None:
            if required:
                return None
            if value is None:
                coerced[name] = None
        elif accepts(value):
            coerced[name] = value
        else:
            return None
    return coerced
