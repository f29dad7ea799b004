"""Documents of a view: parsed, validated and planned once, then found by their text.

A document that does not fit the key's view is looked at against the whole schema only to say why: if it fits there,
what is missing is scopes, and the error names them. Nothing is read for either.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    ListTypeNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    TypeNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_variable_values,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from app.access.views import satisfied
from app.errors import BadRequest, InsufficientScope, LeadgraphError
from app.graph.errors import Ambiguous, Refused
from app.graph.execution import is_introspection
from app.graph.schema import View, requirement_on
from app.logs import without_keys
from app.read.arguments import Mode, Shapes, Variables, mode_of, shape_of, variable_modes
from app.read.plan import Plan
from app.read.planner import Planner
from app.resource import Requirement

# graphql-core's own budget for comparing overlapping fields lets 5 kB of text block the process for seconds.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 20_000

_MISSING = object()
_MAX_INTROSPECTED = 400  # fields, fragments multiplied: what a tool asks for is about 220
_MAX_ERRORS = 20
_MAX_CACHED_TEXT = 32_768  # characters; a longer document is prepared anew each time


class Operation:
    """One operation of a document under a view."""

    def __init__(
        self,
        definition: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
        cache_size: int,
    ) -> None:
        self.definition = definition
        self.fragments = fragments
        self.schema = schema
        self.kind = definition.operation.value
        self.name = definition.name.value if definition.name else None
        self.label = self.name and without_keys(self.name)
        self.introspects = any(is_introspection(name) for name in _root_fields(definition.selection_set, fragments))
        if self.introspects and _weight(definition.selection_set, fragments, {}) > _MAX_INTROSPECTED:
            raise BadRequest(
                f"An operation that introspects may select {_MAX_INTROSPECTED} fields.", reason="TOO_MANY_FIELDS"
            )
        self._modes = variable_modes(_variable_uses(definition, fragments))
        self._checks = _fast_checks(definition)
        self._plans: OrderedDict[object, Plan] = OrderedDict()
        self._cache_size = cache_size

    def coerce(self, inputs: Mapping[str, Any]) -> Variables:
        """The variables as their types say; `Refused` where one does not fit."""
        if not self.definition.variable_definitions:
            return {}
        if self._checks is not None:
            coerced = _coerce_fast(self._checks, inputs)
            if coerced is not None:
                return coerced
        result = get_variable_values(
            self.schema, self.definition.variable_definitions, dict(inputs), max_errors=_MAX_ERRORS
        )
        if isinstance(result, list):
            raise Refused.variables(result)
        return result.coerced

    def plan(self, planner: Planner, shapes: Shapes, variables: Variables) -> Plan:
        """The plan for variables of this shape."""
        key = tuple(
            tuple(shape_of(variables[name], mode, shapes) for mode in modes) if name in variables else _MISSING
            for name, modes in self._modes.items()
        )
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
        else:
            plan = planner.plan(self.schema, self.definition, self.fragments, variables)
            self._plans[key] = plan
            if len(self._plans) > self._cache_size:
                self._plans.popitem(last=False)
        return plan


class Document:
    """A document that fits a view."""

    def __init__(self, node: DocumentNode, schema: GraphQLSchema, cache_size: int) -> None:
        fragments = {item.name.value: item for item in node.definitions if isinstance(item, FragmentDefinitionNode)}
        self._operations = [
            Operation(item, fragments, schema, cache_size)
            for item in node.definitions
            if isinstance(item, OperationDefinitionNode)
        ]

    def operation(self, name: str | None) -> Operation:
        """The operation of a name, or the only one; `Ambiguous` otherwise."""
        if name is None:
            if len(self._operations) == 1:
                return self._operations[0]
            raise Ambiguous
        for operation in self._operations:
            if operation.name == name:
                return operation
        raise Ambiguous(f"The document has no operation named {name[:100]!r}.")


class Documents:
    """Finds or makes the documents of views; what was refused is remembered as well."""

    def __init__(self, full: GraphQLSchema, *, max_tokens: int, size: int, plans: int) -> None:
        self._full = full
        self._max_tokens = max_tokens
        self._size = size
        self._plans = plans

    def get(self, view: View, scopes: frozenset[str], text: str) -> Document:
        """The document of a text under a view; `Refused` or `InsufficientScope` if it does not fit."""
        cached = view.documents.get(text)
        if cached is not None:
            view.documents.move_to_end(text)
        else:
            cached = self._prepare(view, text)
            if len(text) <= _MAX_CACHED_TEXT:
                view.documents[text] = cached
            if len(view.documents) > self._size:
                view.documents.popitem(last=False)
        if isinstance(cached, Document):
            return cached
        # A new exception each time: one that is raised keeps the frames, and the request in them, alive.
        raise cached.refusal(scopes) if isinstance(cached, Guarded) else cached()

    def _prepare(self, view: View, text: str) -> "Document | Guarded | Callable[[], LeadgraphError]":
        too_deep = partial(BadRequest, "The document is nested too deeply.", reason="DEPTH_LIMIT")
        try:
            node = parse(text, max_lexical_tokens=self._max_tokens, max_comments=self._max_tokens)
        except GraphQLError as error:
            return Refused.parsing(error).again
        except RecursionError:
            return too_deep
        try:
            errors = validate(view.schema, node, specified_rules, max_errors=_MAX_ERRORS)
            if not errors:
                return _document(node, view.schema, self._plans)
            aborted = any("aborted" in error.message for error in errors)  # it would be on the whole schema, too
            if not aborted and not validate(self._full, node, specified_rules, max_errors=1):
                return Guarded(tuple(required_by(self._full, node)))
        except RecursionError:
            return too_deep
        return Refused.validation(errors).again


def _document(node: DocumentNode, schema: GraphQLSchema, plans: int) -> "Document | Callable[[], LeadgraphError]":
    try:
        return Document(node, schema, plans)
    except BadRequest as error:
        return partial(BadRequest, error.message, reason=error.reason)


def _weight(selections: Any, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, int]) -> int:
    """How many fields a selection set comes to when every fragment is written out."""
    total = 0
    for selection in selections.selections:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in known:
                known[name] = _weight(fragments[name].selection_set, fragments, known)
            total += known[name]
        else:
            total += isinstance(selection, FieldNode)
            if selection.selection_set is not None:
                total += _weight(selection.selection_set, fragments, known)
    return total


@dataclass(frozen=True)
class Guarded:
    """A document that fits the whole schema but not a view. Keys that share the view can miss different scopes."""

    requirements: tuple[Requirement, ...]

    def refusal(self, scopes: frozenset[str]) -> InsufficientScope:
        """The error that names what the document needs besides the scopes given."""
        unmet = [requirement for requirement in self.requirements if not satisfied(requirement, scopes)]
        missing = list(dict.fromkeys(name for requirement in unmet for name in _cheapest(requirement, scopes)))
        listed = ", ".join(missing)
        return InsufficientScope(f"This operation needs scopes that the key does not have: {listed}.", required=missing)


def _cheapest(requirement: Requirement, scopes: frozenset[str]) -> list[str]:
    """Of the alternatives, the one with the fewest scopes missing."""
    return min(([name for name in group if name not in scopes] for group in requirement), key=len)


def required_by(full: GraphQLSchema, node: DocumentNode) -> list[Requirement]:
    """The distinct requirements of a valid document's fields, arguments, input fields, enum values and types."""
    info = TypeInfo(full)
    found: dict[Requirement, None] = {}
    conditions = {
        item.name.value: item.type_condition for item in node.definitions if isinstance(item, FragmentDefinitionNode)
    }

    class Collect(Visitor):
        def enter(self, entered: Node, *_: Any) -> None:
            definitions: list[Any] = []
            if isinstance(entered, FieldNode):
                definitions.append(info.get_field_def())
            elif entered.kind == "argument":
                definitions.append(info.get_argument())
            elif entered.kind == "object_field":
                parent = get_named_type(info.get_parent_input_type())
                definitions.append(getattr(parent, "fields", {}).get(entered.name.value))  # type: ignore[attr-defined]
            elif entered.kind == "enum_value":
                definitions.append(info.get_enum_value())
            elif isinstance(entered, InlineFragmentNode) and entered.type_condition:
                definitions.append(_narrowed(full, info, entered.type_condition))
            elif isinstance(entered, FragmentSpreadNode):
                definitions.append(_narrowed(full, info, conditions[entered.name.value]))
            for definition in definitions:
                if definition is not None:
                    found.setdefault(requirement_on(definition))

    visit(node, TypeInfoVisitor(info, Collect()))
    found.pop((), None)
    return list(found)


def _narrowed(full: GraphQLSchema, info: TypeInfo, condition: NamedTypeNode) -> Any:
    """The object type that a fragment narrows an interface to: reaching it that way has a requirement of its own."""
    type_ = full.get_type(condition.name.value)
    return None if info.get_parent_type() is type_ else type_


def _root_fields(selections: Any, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    pending, seen = [selections], set()
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif isinstance(selection, FragmentSpreadNode):
                if selection.name.value not in seen:
                    seen.add(selection.name.value)
                    pending.append(fragments[selection.name.value].selection_set)
            else:
                pending.append(selection.selection_set)


def _variable_uses(
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


_Check = tuple[str, Callable[[Any], bool], bool]


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
