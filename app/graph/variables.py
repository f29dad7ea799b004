"""Variables of an operation: where each one is used, which decides a plan's shape, and how given values are coerced."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLSchema,
    NamedTypeNode,
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

_Reader: TypeAlias = Callable[[Any], Any]
"""Gives the value of a variable, `_MISSING` if it is not plainly one of its type."""


class Coercion:
    """Makes the variables of one operation from what a request brings."""

    def __init__(self, schema: GraphQLSchema, definition: OperationDefinitionNode) -> None:
        self._schema = schema
        self._declared = definition.variable_definitions or ()
        self._readers = _readers(schema, definition)

    def coerce(self, inputs: Mapping[str, Any]) -> Variables:
        """The variables as their types say; `Refused` where one does not fit."""
        if not self._declared:
            return {}
        if self._readers is not None:
            coerced = _read(self._readers, inputs)
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


def _readers(schema: GraphQLSchema, definition: OperationDefinitionNode) -> list[tuple[str, _Reader, bool]] | None:
    """How plain values of built-in scalars and enums are read; None where a variable is of another type.

    graphql-core's own way takes 20 µs and more; what these do not read goes that way, to the same value or an error.
    """
    readers: list[tuple[str, _Reader, bool]] = []
    for variable in definition.variable_definitions or ():
        type_: TypeNode = variable.type
        required = isinstance(type_, NonNullTypeNode)
        if isinstance(type_, NonNullTypeNode):
            type_ = type_.type
        if not isinstance(type_, NamedTypeNode) or variable.default_value is not None:
            return None
        named = schema.get_type(type_.name.value)
        reader = _enum_reader(named) if isinstance(named, GraphQLEnumType) else _SCALARS.get(type_.name.value)
        if reader is None:
            return None
        readers.append((variable.variable.name.value, reader, required))
    return readers


def _enum_reader(type_: GraphQLEnumType) -> _Reader:
    members = {name: type_.parse_value(name) for name in type_.values}
    return lambda value: members.get(value, _MISSING) if type(value) is str else _MISSING


def _float(value: Any) -> Any:
    fits = math.isfinite(value) if type(value) is float else type(value) is int and abs(value) < 2**53
    return value if fits else _MISSING


_SCALARS: dict[str, _Reader] = {
    "ID": lambda value: value if type(value) is str else _MISSING,
    "String": lambda value: value if type(value) is str else _MISSING,
    "Boolean": lambda value: value if type(value) is bool else _MISSING,
    "Int": lambda value: value if type(value) is int and -(2**31) <= value < 2**31 else _MISSING,
    "Float": _float,
}


def _read(readers: list[tuple[str, _Reader, bool]], inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    coerced: dict[str, Any] = {}
    for name, reader, required in readers:
        given = inputs.get(name, _MISSING)
        if given is _MISSING or given is None:
            if required:
                return None
            if given is None:
                coerced[name] = None
            continue
        value = coerced[name] = reader(given)
        if value is _MISSING:
            return None
    return coerced
