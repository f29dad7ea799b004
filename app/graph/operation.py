"""One operation of a document under a view, and its plans: one for each shape of its variables."""

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
)

from app.errors import BadRequest
from app.graph.execution import is_introspection
from app.graph.introspection import check_told
from app.graph.sent import Sent
from app.graph.variables import Coercion, variable_uses
from app.logs import without_keys
from app.read.arguments import Shapes, Variables, shape_of, variable_modes
from app.read.plan import Plan
from app.read.planner import Planner
from app.resource import Requirement

_MISSING = object()
_MAX_INTROSPECTED = 400  # fields, fragments multiplied: what a tool asks for is about 220
_PER_INTROSPECTED = 50  # records: a tool's question takes 100 ms, as 10,000 records do
_PER_ROOT = 400  # bytes of a field of an introspection that is kept, besides its JSON


class Operation:
    """One operation of a document under a view; `charge` is told by how many bytes it grows with use."""

    def __init__(
        self,
        definition: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
        *,
        needs: frozenset[Requirement],
        plans: int,
        charge: Callable[[int], None],
    ) -> None:
        self._needs = needs  # of the document
        self._sent = Sent(schema, definition)
        self.definition = definition
        self.fragments = fragments
        self.schema = schema
        self.kind = definition.operation.value
        self.name = definition.name.value if definition.name else None
        self.label = self.name and without_keys(self.name)
        self.introspects = any(is_introspection(name) for name in _root_fields(definition.selection_set, fragments))
        introspected = _fields_in(definition.selection_set, fragments, {}) if self.introspects else 0
        self.cost = introspected * _PER_INTROSPECTED  # that of the plan is added to it
        if introspected > _MAX_INTROSPECTED:
            raise BadRequest(
                f"An operation that introspects may select {_MAX_INTROSPECTED} fields.", reason="TOO_MANY_FIELDS"
            )
        if self.introspects:
            check_told(schema, definition.selection_set, fragments)
        self.told: dict[str, Any] | None = None  # what `keep` keeps
        self.variables = {each.variable.name.value for each in definition.variable_definitions or ()}
        self.coerce = Coercion(schema, definition).coerce
        verbs = schema.mutation_type.fields if self.kind == "mutation" and schema.mutation_type else ()
        modes = variable_modes(variable_uses(definition, fragments, verbs))
        self._modes = [(name, mode) for name, used in modes.items() for mode in used]
        self._plans: OrderedDict[object, Plan] = OrderedDict()
        self._size = plans
        self._charge = charge

    def plan(self, planner: Planner, shapes: Shapes, variables: Variables) -> Plan:
        """The plan for variables of this shape."""
        key = tuple(
            shape_of(variables[name], mode, shapes) if name in variables else _MISSING for name, mode in self._modes
        )
        plan = self._plans.get(key)
        if plan is not None:
            planner.hits += 1
            self._plans.move_to_end(key)
        else:
            planned = planner.plan(self.schema, self.definition, self.fragments, variables)
            plan = self._plans[key] = replace(planned, needs=self.needs(variables))
            dropped = self._plans.popitem(last=False)[1].weight if len(self._plans) > self._size else 0
            self._charge(plan.weight - dropped)
        return plan

    def needs(self, variables: Variables) -> frozenset[Requirement]:
        """All that the scopes of whoever sends it with such variables have to meet."""
        sent = self._sent.needs(variables)
        return self._needs.union(sent) if sent else self._needs

    def keep(self, data: Mapping[str, Any], plan: Plan) -> None:
        """Keeps as JSON what an answer tells of the view, beside it the places of what the plan reads.

        It never changes where no variables are asked, and takes 100 ms to make.
        """
        if self.told is not None or self.definition.variable_definitions:
            return
        read = {key for key, _ in plan.roots}
        texts = {key: orjson.dumps(value) for key, value in data.items() if key not in read}
        self.told = {key: orjson.Fragment(texts[key]) if key in texts else None for key in data}
        self._charge(sum(map(sys.getsizeof, texts.values())) + _PER_ROOT * len(data))


def _fields_in(selections: Any, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, int]) -> int:
    """How many fields a selection set comes to when every fragment is written out."""
    total = 0
    for selection in selections.selections:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in known:
                known[name] = _fields_in(fragments[name].selection_set, fragments, known)
            total += known[name]
        else:
            total += isinstance(selection, FieldNode)
            if selection.selection_set is not None:
                total += _fields_in(selection.selection_set, fragments, known)
    return total


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
