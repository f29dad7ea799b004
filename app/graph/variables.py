"""Variables of an operation: where each one is used, which decides a plan's shape, and how given values are coerced."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_variable_values,
    type_from_ast,
    visit,
)

from app.graph.coercion import NotPlain, readers_of
from app.graph.errors import Refused
from app.read.arguments import Mode, Variables, mode_of

_MAX_ERRORS = 20


class Coercion:
    """Makes the variables of one operation from what a request brings."""

    def __init__(self, schema: GraphQLSchema, definition: OperationDefinitionNode) -> None:
        self._schema = schema
        self._declared = definition.variable_definitions or ()
        readers = readers_of(schema)
        self._readers = [
            (each.variable.name.value, *readers.of(type_from_ast(schema, each.type)), self._default(each))
            for each in self._declared
        ]

    def coerce(self, inputs: Mapping[str, Any]) -> Variables:
        """The variables as their types say; `Refused` where one does not fit."""
        try:
            return self._read(inputs)
        except (LookupError, GraphQLError, RecursionError):
            result = get_variable_values(self._schema, self._declared, dict(inputs), max_errors=_MAX_ERRORS)
        if isinstance(result, list):
            raise Refused.variables(result)
        return result.coerced

    def _read(self, inputs: Mapping[str, Any]) -> Variables:
        coerced: dict[str, Any] = {}
        for name, read, nullable, default in self._readers:
            if name in inputs:
                given = inputs[name]
                if given is not None:
                    coerced[name] = read(given, 0)
                elif nullable:
                    coerced[name] = None
                else:
                    raise NotPlain
            elif default is not Undefined:
                coerced[name] = default
            elif not nullable:
                raise NotPlain
        return coerced

    def _default(self, definition: VariableDefinitionNode) -> Any:
        if definition.default_value is None:
            return Undefined
        result = get_variable_values(self._schema, (definition,), {})
        return Undefined if isinstance(result, list) else result.coerced[definition.variable.name.value]


def variable_uses(
    definition: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    verbs: Collection[str] = (),
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
                note(argument, mode_of(field.name.value, argument.name.value, verbs))

        def enter_directive(self, directive: DirectiveNode, *_: Any) -> None:
            note(directive, Mode.LITERAL)

    visit(definition.selection_set, Find())
    for fragment in fragments.values():
        visit(fragment.selection_set, Find())
    return iter(uses)
