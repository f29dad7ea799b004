"""From a validated operation to its plan: what is selected decides the statements, before anything is read.

The document has been validated against the key's own view, so every field met here may be read.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)

from app.catalog import Catalog
from app.errors import BadRequest
from app.read.aggregates import plan_aggregate, plan_analytics
from app.read.arguments import Variables
from app.read.changes import plan_change
from app.read.cutting import cutter
from app.read.feed import events_of, plan_feed
from app.read.plan import Change, ComputedRoot, ConstantRoot, Plan, Root
from app.read.planning import Compute, Engine, Planning
from app.read.records import plan_lookup, plan_nodes, plan_page
from app.read.selection import Collector, Selected

T = TypeVar("T")

_MAX_ROOTS = 50  # aliases there are how one request asks what takes many
_PER_QUESTION = 10_000  # records: what is asked about a long document takes as long as these
_PlanRoot: TypeAlias = Callable[[Planning, Selected, dict[str, Any]], Root]


class Planner:
    """Plans operations over a catalog: `noun`, `nouns`, `nounsAggregate` of every noun, analytics, what is computed."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._roots = dict(_root_planners(engine.catalog, engine.computed))
        self.hits = self.misses = 0  # how often a plan was at hand, and how often it had to be made

    def plan(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Variables,
    ) -> Plan:
        """The plan of an operation for variables of this shape; introspection fields are left out."""
        self.misses += 1
        planning = Planning(self.engine, Collector.of(schema, operation, fragments, variables))
        root_type = schema.get_root_type(operation.operation)
        assert root_type is not None
        roots: list[tuple[str, Root]] = []
        changes: list[tuple[str, Change | ConstantRoot]] = []
        selection = planning.fields_of(root_type, [operation.selection_set])
        if len(selection) > _MAX_ROOTS:
            raise BadRequest(f"An operation may have {_MAX_ROOTS} fields at its root.", reason="TOO_MANY_FIELDS")
        for selected in selection:
            if operation.operation is OperationType.MUTATION:
                changes.append((selected.key, _plan_change(planning, root_type, selected)))
            elif selected.name == "__typename":
                roots.append((selected.key, ConstantRoot(root_type.name)))
            elif not selected.name.startswith("__"):
                arguments = planning.arguments(root_type, selected)
                roots.append((selected.key, self._roots[selected.name](planning, selected, arguments)))
        return Plan(tuple(roots), tuple(changes), planning.cost, planning.statements, planning.weight)


def _plan_change(planning: Planning, root: GraphQLObjectType, selected: Selected) -> Change | ConstantRoot:
    return ConstantRoot(root.name) if selected.name == "__typename" else plan_change(planning, root, selected)


def _root_planners(catalog: Catalog, computed: Mapping[str, Compute]) -> Iterator[tuple[str, _PlanRoot]]:
    yield "node", lambda p, s, arguments: plan_nodes(p, s, arguments["id"], single=True)
    yield "nodes", lambda p, s, arguments: plan_nodes(p, s, arguments["ids"], single=False)
    for noun in catalog.nouns.values():
        yield noun.resource.singular, _planning(plan_lookup, noun)
        yield noun.resource.plural, _planning(plan_page, noun)
        yield f"{noun.resource.plural}Aggregate", _planning(plan_aggregate, noun)
    if (events := events_of(catalog)) is not None:
        yield "changes", _planning(plan_feed, events)
    for analytics in catalog.analytics:
        yield analytics.name, _planning(plan_analytics, analytics)
    for name, compute in computed.items():
        yield name, _planning(_plan_computed, compute)


def _planning(plan: Callable[[Planning, T, Selected, dict[str, Any]], Root], subject: T) -> _PlanRoot:
    return lambda planning, selected, arguments: plan(planning, subject, selected, arguments)


def _plan_computed(planning: Planning, compute: Compute, selected: Selected, arguments: dict[str, Any]) -> ComputedRoot:
    if arguments:
        planning.charge(_PER_QUESTION)
    query = planning.schema.query_type
    assert query is not None
    type_ = get_named_type(query.fields[selected.name].type)
    return ComputedRoot(compute, arguments, cutter(planning, type_, selected.selections))
