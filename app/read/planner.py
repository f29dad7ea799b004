"""From a validated operation to its plan: what is selected decides the statements, before anything is read.

The document has been validated against the key's own view, so every field met here may be read. Refuses what costs more
than the server allows, with the cost and the limit in the message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)
from sqlalchemy import ColumnElement, FromClause, Select, Table, func, literal_column, select
from sqlalchemy import types as sa

from app.errors import BadRequest, BadUserInput
from app.read.arguments import Bound, Variables, arguments_of
from app.read.binding import Binder, Prepared
from app.read.cursor import CursorCodec
from app.read.draft import Access, Draft
from app.read.filters import Filters
from app.read.grouping import Group, extremes_of, groups_of, numbers_of
from app.read.order import Keyset, Order, order_of
from app.read.output import Child, Connection, Constant, Cursor, Node, Object, PageInfo, Part, Rows, Total, Value, compile_rows
from app.read.plan import (
    AggregateRoot,
    ComputedRoot,
    ConnectionRoot,
    ConstantRoot,
    Edge,
    LookupRoot,
    NodesRoot,
    Numbers,
    Page,
    Plan,
    Root,
)
from app.read.selection import Collector, Selected
from app.resource import Analytics, Attribute, Catalog, Kind, Many, Measure, Noun, One, Summary
from app.store.dialect import Dialect
from app.store.identity import IdCodec
from app.store.types import BigInt

Compute = Callable[[Any], Any]

_MAX_FIELDS = 5_000  # response keys of one operation: what a fragment bomb multiplies
_MAX_GROUPS = 1_000


@dataclass(frozen=True)
class Limits:
    """What one operation may ask for."""

    default_page_size: int = 25
    max_page_size: int = 200
    max_cost: int = 100_000
    max_depth: int = 15


@dataclass(frozen=True)
class Engine:
    """All that planning needs to know of the server: made once, used by every plan."""

    catalog: Catalog
    dialect: Dialect
    ids: IdCodec
    cursors: CursorCodec
    guard_table: Table
    computed: Mapping[str, Compute] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def binder(self) -> Binder:
        numbers = {noun.table.name: noun.number for noun in self.catalog.nouns.values()}
        return Binder(self.dialect, self.ids, numbers, self.guard_table)

    def guard(self) -> Prepared:
        """The statement that answers one row while the key still stands."""
        binder = self.binder()
        return binder.compile(select(literal_column("1")).where(binder.guard()))

    def plan(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Variables,
    ) -> Plan:
        """The plan of an operation for variables of this shape; introspection fields are left out."""
        return _Planner(self, Collector(schema, fragments, variables)).plan(operation)


class _Planner:
    def __init__(self, engine: Engine, collector: Collector) -> None:
        self._engine = engine
        self._collector = collector
        self._schema = collector.schema
        self._cost = 0
        self._fields = 0
        self._depth = 0
        self._roots = self._root_planners()

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        root_type = self._schema.get_root_type(operation.operation)
        assert root_type is not None
        roots: list[tuple[str, Root]] = []
        for selected in self._fields_of(root_type, [operation.selection_set]):
            if selected.name == "__typename":
                roots.append((selected.key, ConstantRoot(root_type.name)))
            elif not selected.name.startswith("__"):
                arguments = self._arguments(root_type, selected)
                roots.append((selected.key, self._roots[selected.name](selected, arguments)))
        return Plan(tuple(roots), self._cost)

    def _root_planners(self) -> dict[str, Callable[[Selected, dict[str, Any]], Root]]:
        planners: dict[str, Callable[[Selected, dict[str, Any]], Root]] = {
            "node": lambda selected, arguments: self._nodes(selected, arguments["id"], single=True),
            "nodes": lambda selected, arguments: self._nodes(selected, arguments["ids"], single=False),
        }
        for noun in self._engine.catalog.nouns.values():
            planners[noun.resource.singular] = lambda s, a, noun=noun: self._lookup(noun, s, a)  # type: ignore[misc]
            planners[noun.resource.plural] = lambda s, a, noun=noun: self._root_page(noun, s, a)  # type: ignore[misc]
            planners[f"{noun.resource.plural}Aggregate"] = lambda s, a, noun=noun: self._aggregate(noun, s, a)  # type: ignore[misc]
        for analytics in self._engine.catalog.analytics:
            planners[analytics.name] = lambda s, a, analytics=analytics: self._analytics(analytics, s, a)  # type: ignore[misc]
        for name, compute in self._engine.computed.items():
            planners[name] = lambda s, a, compute=compute: ComputedRoot(compute, self._cut(s))  # type: ignore[misc]
        return planners

    # What is selected

    def _fields_of(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> list[Selected]:
        fields = self._collector.fields(type_, sets)
        self._fields += len(fields)
        if self._fields > _MAX_FIELDS:
            raise BadRequest(f"The operation selects more than {_MAX_FIELDS} fields.", reason="TOO_MANY_FIELDS")
        return fields

    def _type(self, name: str) -> GraphQLObjectType:
        type_ = self._schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        return type_

    def _arguments(self, type_: GraphQLObjectType, selected: Selected) -> dict[str, Any]:
        return arguments_of(selected.nodes[0], type_.fields[selected.name].args, self._collector.variables)

    def _charge(self, records: int) -> None:
        self._cost += records
        limit = self._engine.limits.max_cost
        if self._cost > limit:
            raise BadRequest(
                f"The operation asks for {self._cost} records or more; the limit is {limit}. Ask for smaller pages.",
                reason="COST_LIMIT",
            )

    def _cut(self, selected: Selected) -> Callable[[Any], Any]:
        """How a computed value, made of dicts and lists, is cut to what was selected of it."""
        return self._cutter(get_named_type(self._root_field_type(selected)), selected.selections)

    def _root_field_type(self, selected: Selected) -> Any:
        query = self._schema.query_type
        assert query is not None
        return query.fields[selected.name].type

    def _cutter(self, type_: Any, sets: Sequence[SelectionSetNode]) -> Callable[[Any], Any]:
        if not isinstance(type_, GraphQLObjectType):
            return lambda value: value
        parts: list[tuple[str, str, Callable[[Any], Any]]] = []
        for selected in self._fields_of(type_, sets):
            if selected.name == "__typename":
                parts.append((selected.key, "", lambda _: type_.name))
            else:
                inner = get_named_type(type_.fields[selected.name].type)
                parts.append((selected.key, selected.name, self._cutter(inner, selected.selections)))

        def cut(value: Any) -> Any:
            if value is None:
                return None
            if isinstance(value, list):
                return [cut(item) for item in value]
            return {key: part(value.get(name)) for key, name, part in parts}

        return cut

    # Records

    def _record(
        self, draft: Draft, access: Access, sets: Sequence[SelectionSetNode], times: int, present: int | None = None
    ) -> Object:
        """The object for one row of an access, and everything below it."""
        self._depth += 1
        if self._depth > self._engine.limits.max_depth:
            raise BadRequest(
                f"The operation nests records deeper than {self._engine.limits.max_depth}.", reason="DEPTH_LIMIT"
            )
        noun = access.noun
        type_ = self._type(noun.name)
        fields = tuple(
            (selected.key, self._field(draft, access, type_, selected, times)) for selected in self._fields_of(type_, sets)
        )
        self._depth -= 1
        return Object(fields, present)

    def _field(
        self, draft: Draft, access: Access, type_: GraphQLObjectType, selected: Selected, times: int
    ) -> Node:
        noun, name = access.noun, selected.name
        if name == "__typename":
            return Constant(noun.name)
        if name in noun.attributes:
            return self._value(draft, access, noun.attributes[name], noun)
        if name in noun.summaries:
            return self._summary(draft, access, noun.summaries[name], selected)
        link = noun.links[name]
        target = self._engine.catalog.nouns[link.to]
        if isinstance(link, One):
            self._charge(times)
            joined = draft.join(access, link.name, link.column, target)
            present = draft.slot(joined, "id", Kind.ID)
            return self._record(draft, joined, selected.selections, times, present)
        slot = draft.slot(access, "id", Kind.ID)
        edge = self._edge(noun, link, target, selected, self._arguments(type_, selected), slot, times)
        return Child(draft.child(edge), slot)

    def _value(self, draft: Draft, access: Access, attribute: Attribute, noun: Noun) -> Value:
        exposure = attribute.exposure
        slot = draft.slot(access, attribute.column.name, exposure.kind)
        return self._shown(attribute, noun, slot, nullable=attribute.nullable or access is not draft.base)

    def _shown(self, attribute: Attribute, noun: Noun, slot: int, *, nullable: bool) -> Value:
        exposure = attribute.exposure
        number = 0
        if exposure.kind is Kind.ID:
            owner = exposure.refers_to or noun.table.name
            number = self._engine.catalog.by_table[owner].number
        names = tuple((member.value, member.name) for member in exposure.enum) if exposure.enum else ()
        return Value(slot, exposure.kind, nullable, number, names)

    # Pages

    def _page(self, arguments: Mapping[str, Any], *, probing: bool) -> Page:
        limits = self._engine.limits
        first, last = arguments.get("first"), arguments.get("last")
        if first is not None and last is not None:
            raise BadUserInput("Give first or last, not both.")
        after, before = arguments.get("after"), arguments.get("before")
        backwards = last is not None
        if (after is not None and (backwards or before is not None)) or (before is not None and not backwards):
            raise BadUserInput("Page forwards with first and after, backwards with last and before.")
        size = last if backwards else first
        if size is None:
            size = limits.default_page_size
        name = "last" if backwards else "first"
        if not 0 <= size <= limits.max_page_size:
            raise BadUserInput(f"{name} must be from 0 to {limits.max_page_size}, not {size}.")
        return Page(size, backwards, continued=after is not None or before is not None, probing=probing)

    def _rows(
        self, noun: Noun, binder: Binder, source: FromClause, arguments: Mapping[str, Any]
    ) -> list[ColumnElement[bool]]:
        """The conditions that filter and search put on a noun, the workspace rule first."""
        filters = Filters(self._engine.catalog, binder)
        conditions = [binder.workspace_rule(noun, source)]
        if arguments.get("filter") is not None:
            conditions.append(filters.conditions(noun, source, arguments["filter"]))
        if arguments.get("search") is not None:
            conditions.extend(filters.search(noun, source, arguments["search"]))
        return conditions

    def _root_page(self, noun: Noun, selected: Selected, arguments: dict[str, Any]) -> ConnectionRoot:
        binder = self._engine.binder()
        draft = Draft(binder, noun)
        order = order_of(noun, arguments.get("orderBy"))
        shape = self._connection(draft, noun, selected, order, arguments, 1)
        source = noun.table.alias("r")
        statement = count = None
        if shape.needs_rows:
            rows = self._select(noun, binder, source, arguments, order, shape.page).where(binder.guard())
            statement = binder.compile(draft.select_page(rows, source, order, backwards=shape.page.backwards))
        if shape.needs_total:
            counting = self._engine.binder()
            total = select(func.count()).select_from(source).where(*self._rows(noun, counting, source, arguments))
            count = counting.compile(total.where(counting.guard()))
        return ConnectionRoot(shape.page, statement, count, shape.connection, tuple(draft.children))

    def _select(
        self, noun: Noun, binder: Binder, source: FromClause, arguments: Mapping[str, Any], order: Order, page: Page
    ) -> Select[Any]:
        """The rows of a page: filtered, after the cursor, ordered, limited."""
        rows = select().select_from(source).where(*self._rows(noun, binder, source, arguments))
        cursor = arguments.get("before") if page.backwards else arguments.get("after")
        if cursor is not None:
            keyset = Keyset(order, self._engine.cursors, binder)
            rows = rows.where(keyset.beyond(noun, source, cursor, backwards=page.backwards))
        # The size stands in the text: PostgreSQL's generic plan for a parameter made pages 40 % slower.
        return rows.order_by(*order.by(source, backwards=page.backwards)).limit(literal_column(str(page.limit)))

    def _edge(
        self,
        noun: Noun,
        link: Many,
        target: Noun,
        selected: Selected,
        arguments: dict[str, Any],
        slot: int,
        times: int,
    ) -> Edge:
        binder = self._engine.binder()
        draft = Draft(binder, target, offset=1)
        order = order_of(target, arguments.get("orderBy"))
        shape = self._connection(draft, target, selected, order, arguments, times)
        source = target.table.alias("r")
        statement = count = None
        if shape.needs_rows:
            parents = self._engine.dialect.parents(binder.parents)
            rows = self._select(target, binder, source, arguments, order, shape.page)
            rows = _of_parent(rows, link, source, parents[1]).correlate(parents[0])
            backwards = shape.page.backwards
            statement = binder.compile(draft.select_per_parent(rows, source, order, parents, backwards=backwards))
        if shape.needs_total:
            count = self._count_per_parent(link, target, arguments)
        return Edge(slot, shape.page, statement, count, shape.connection, tuple(draft.children))

    def _count_per_parent(self, link: Many, target: Noun, arguments: Mapping[str, Any]) -> Prepared:
        binder = self._engine.binder()
        source = target.table.alias("r")
        near, origin = _near(link, source)
        counted = select(near, func.count()).select_from(origin).where(*self._rows(target, binder, source, arguments))
        among = self._engine.dialect.among(near, binder.parents, Kind.ID)
        return binder.compile(counted.where(among).group_by(near))

    def _connection(
        self, draft: Draft, noun: Noun, selected: Selected, order: Order, arguments: Mapping[str, Any], times: int
    ) -> "_Shape":
        type_ = self._type(f"{noun.name}Connection")
        fields = self._fields_of(type_, selected.selections)
        info = [s for s in fields if s.name == "pageInfo"]
        asked = {inner.name for s in info for inner in self._fields_of(self._type("PageInfo"), s.selections)}
        page = self._page(arguments, probing=bool(asked & {"hasNextPage", "hasPreviousPage"}))
        self._charge(times * max(page.size, 1))
        below = times * page.size
        cursor = self._cursor(draft, order) if asked & {"startCursor", "endCursor"} else None
        parts: list[tuple[str, Part | Node]] = []
        for part in fields:
            match part.name:
                case "__typename":
                    parts.append((part.key, Constant(type_.name)))
                case "totalCount":
                    parts.append((part.key, Total()))
                case "pageInfo":
                    inner = self._fields_of(self._type("PageInfo"), part.selections)
                    parts.append((part.key, PageInfo(tuple((s.key, s.name) for s in inner))))
                case "nodes":
                    parts.append((part.key, self._record(draft, draft.base, part.selections, below)))
                case "edges":
                    parts.append((part.key, self._edge_object(draft, noun, part, order, below)))
        return self._shape(page, parts, cursor)

    def _shape(self, page: Page, parts: list[tuple[str, "Part | Node"]], cursor: Cursor | None) -> "_Shape":
        ids = self._engine.ids
        compiled: list[tuple[str, Part]] = []
        for key, part in parts:
            compiled.append((key, Rows(compile_rows(part, ids)) if isinstance(part, Object) else part))  # type: ignore[arg-type]
        connection = Connection(tuple(compiled), compile_rows(cursor, ids) if cursor else None)
        needs_rows = any(isinstance(part, Rows | PageInfo) for _, part in compiled)
        needs_total = any(isinstance(part, Total) for _, part in compiled)
        return _Shape(page, connection, needs_rows, needs_total)

    def _edge_object(self, draft: Draft, noun: Noun, selected: Selected, order: Order, times: int) -> Object:
        type_ = self._type(f"{noun.name}Edge")
        fields: list[tuple[str, Node]] = []
        for inner in self._fields_of(type_, selected.selections):
            match inner.name:
                case "node":
                    fields.append((inner.key, self._record(draft, draft.base, inner.selections, times)))
                case "cursor":
                    fields.append((inner.key, self._cursor(draft, order)))
                case "__typename":
                    fields.append((inner.key, Constant(type_.name)))
        return Object(tuple(fields))

    def _cursor(self, draft: Draft, order: Order) -> Cursor:
        slots = tuple(draft.slot(draft.base, key.column, key.kind) for key in order.keys)
        return Cursor(slots, order.signature, draft.base.noun.number)

    # Single records

    def _lookup(self, noun: Noun, selected: Selected, arguments: dict[str, Any]) -> LookupRoot:
        binder = self._engine.binder()
        draft = Draft(binder, noun)
        self._charge(1)
        record = self._record(draft, draft.base, selected.selections, 1)
        source = noun.table.alias("r")
        convert = binder.converter(Kind.ID, f"{noun.resource.singular}.id", noun.table.name)
        wanted = source.c.id == binder.value(arguments["id"], convert)(BigInt)
        rows = select().select_from(source).where(wanted, binder.workspace_rule(noun, source), binder.guard())
        statement = binder.compile(_flat(draft, rows, source))
        return LookupRoot(statement, compile_rows(record, self._engine.ids), tuple(draft.children))

    def _nodes(self, selected: Selected, given: Any, *, single: bool) -> NodesRoot:
        get = given.get if isinstance(given, Bound) else lambda _: given
        sample = given.sample if isinstance(given, Bound) else given
        ids = [sample] if single else sample
        if len(ids) > self._engine.limits.max_page_size:
            raise BadUserInput(f"ids must hold at most {self._engine.limits.max_page_size} ids, not {len(ids)}.")
        self._charge(len(ids))
        numbers = {self._engine.ids.decode(text)[0] for text in ids}
        interface = self._schema.get_type("Node")
        readable = {type_.name for type_ in self._schema.get_possible_types(interface)}  # type: ignore[arg-type]
        lookups = {}
        for number in sorted(numbers):
            noun = self._engine.catalog.by_number.get(number)
            if noun is not None and noun.name in readable:
                lookups[number] = self._lookup_many(noun, selected, len(ids))
        return NodesRoot(self._engine.ids, lambda run: get(run.variables), lookups, single)

    def _lookup_many(self, noun: Noun, selected: Selected, times: int) -> Any:
        binder = self._engine.binder()
        draft = Draft(binder, noun)
        slot = draft.slot(draft.base, "id", Kind.ID)
        record = self._record(draft, draft.base, selected.selections, times)
        source = noun.table.alias("r")
        wanted = self._engine.dialect.among(source.c.id, binder.parents, Kind.ID)
        rows = select().select_from(source).where(wanted, binder.workspace_rule(noun, source), binder.guard())
        statement = binder.compile(_flat(draft, rows, source))
        return statement, slot, compile_rows(record, self._engine.ids), tuple(draft.children)

    # Numbers

    def _summary(self, draft: Draft, access: Access, summary: Summary, selected: Selected) -> Child:
        target = self._engine.catalog.nouns[summary.of]
        binder = self._engine.binder()
        source = target.table.alias("r")
        key = source.c[summary.column]
        measures = {measure.name: measure for measure in summary.measures}
        columns: list[ColumnElement[Any]] = []
        nothing: list[Any] = [None]
        fields: list[tuple[str, Node]] = []
        for inner in self._fields_of(self._type(summary.type_name), selected.selections):
            if inner.name == "__typename":
                fields.append((inner.key, Constant(summary.type_name)))
                continue
            measure = measures[inner.name]
            columns.append(self._measure(measure, source))
            fields.append((inner.key, Value(len(columns), Kind.INT, nullable=True)))
            nothing.append(None if measure.latest else 0)
        among = self._engine.dialect.among(key, binder.parents, Kind.ID)
        counted = select(key, *columns).where(binder.workspace_rule(target, source), among).group_by(key)
        build = compile_rows(Object(tuple(fields)), self._engine.ids)
        slot = draft.slot(access, "id", Kind.ID)
        return Child(draft.child(Numbers(slot, binder.compile(counted), build, tuple(nothing))), slot)

    def _measure(self, measure: Measure, source: Any) -> ColumnElement[Any]:
        counted: ColumnElement[Any] = func.count()
        if measure.latest is not None:
            counted = func.max(source.c[measure.latest])
        condition = measure.where(source) if measure.where else None
        if condition is not None:
            counted = counted.filter(condition)  # type: ignore[attr-defined]
        return self._engine.dialect.output(counted, Kind.DATETIME) if measure.latest is not None else counted

    def _aggregate(self, noun: Noun, selected: Selected, arguments: dict[str, Any]) -> AggregateRoot:
        type_ = self._type(f"{noun.name}Aggregate")
        grouped = _Grouped(self, noun, arguments, f"{noun.name}GroupKey", groups_of(noun))
        fields: list[tuple[str, Node]] = []
        for inner in self._fields_of(type_, selected.selections):
            match inner.name:
                case "__typename":
                    fields.append((inner.key, Constant(type_.name)))
                case "count":
                    fields.append((inner.key, grouped.count()))
                case "key":
                    fields.append((inner.key, grouped.key(inner)))
                case name:
                    attributes = numbers_of(noun) if name in {"sum", "average"} else extremes_of(noun)
                    fields.append((inner.key, self._computed(grouped, type_, inner, attributes, name)))
        conditions = self._rows(noun, grouped.draft.binder, grouped.source, arguments)
        return grouped.root(fields, conditions)

    def _computed(
        self, grouped: "_Grouped", type_: GraphQLObjectType, selected: Selected, attributes: list[Attribute], name: str
    ) -> Object:
        inner_type = get_named_type(type_.fields[name].type)
        assert isinstance(inner_type, GraphQLObjectType)
        by_name = {attribute.name: attribute for attribute in attributes}
        fields: list[tuple[str, Node]] = []
        for inner in self._fields_of(inner_type, selected.selections):
            if inner.name == "__typename":
                fields.append((inner.key, Constant(inner_type.name)))
            else:
                fields.append((inner.key, grouped.function(name, by_name[inner.name])))
        return Object(tuple(fields))

    def _analytics(self, analytics: Analytics, selected: Selected, arguments: dict[str, Any]) -> AggregateRoot:
        noun = self._engine.catalog.nouns[analytics.of]
        title = analytics.name[0].upper() + analytics.name[1:]
        groups = {name: group for name, group in groups_of(noun).items() if group.origin in analytics.groups}
        grouped = _Grouped(self, noun, arguments, f"{title}Key", groups, labels=True)
        measures = {measure.name: measure for measure in analytics.measures}
        fields: list[tuple[str, Node]] = []
        for inner in self._fields_of(self._type(title), selected.selections):
            match inner.name:
                case "__typename":
                    fields.append((inner.key, Constant(title)))
                case "count":
                    fields.append((inner.key, grouped.count()))
                case "key":
                    fields.append((inner.key, grouped.key(inner)))
                case name:
                    fields.append((inner.key, grouped.measure(measures[name])))
        binder, source = grouped.draft.binder, grouped.source
        conditions = [binder.workspace_rule(noun, source)]
        for name, later in (("from", True), ("to", False)):
            if arguments.get(name) is not None:
                at = self._engine.dialect.time(binder.value(arguments[name], lambda value: value))
                column = source.c[analytics.time]
                conditions.append(column >= at if later else column < at)
        return grouped.root(fields, conditions)


@dataclass(frozen=True)
class _Shape:
    """A planned connection: what it shows, and whether rows and a count have to be read for it."""

    page: Page
    connection: Connection
    needs_rows: bool
    needs_total: bool


class _Grouped:
    """An aggregate while it is planned: groups and numbers become the columns of a sub-select, links join outside it."""

    def __init__(
        self,
        planner: _Planner,
        noun: Noun,
        arguments: Mapping[str, Any],
        key_type: str,
        groups: Mapping[str, Group],
        *,
        labels: bool = False,
    ) -> None:
        self._planner = planner
        self._engine = planner._engine  # noqa: SLF001 (one module, one planner)
        self._noun = noun
        self._key_type = key_type
        self._labels = labels
        self.draft = Draft(self._engine.binder(), noun)
        self.source = noun.table.alias("r")
        self._limit = arguments.get("first")
        names = [getattr(item, "value", item) for item in arguments.get("groupBy") or ()]
        self._groups = {name: groups[name] for name in names}
        self._columns: dict[str, ColumnElement[Any]] = {"n": func.count().label("n")}
        for place, group in enumerate(self._groups.values()):
            self._columns[f"g{place}"] = self._group_column(group).label(f"g{place}")
        self.draft.slot(self.draft.base, "n", Kind.INT)  # first: its number proves that the guard held

    def _group_column(self, group: Group) -> ColumnElement[Any]:
        if group.link is not None:
            return self.source.c[group.link.column]
        assert group.attribute is not None
        column = self.source.c[group.attribute.column.name]
        return self._engine.dialect.bucket(column, group.bucket) if group.bucket else column

    def _slot(self, label: str, kind: Kind = Kind.INT) -> int:
        return self.draft.slot(self.draft.base, label, kind)

    def count(self) -> Value:
        return Value(self._slot("n"), Kind.INT, nullable=False)

    def function(self, name: str, attribute: Attribute) -> Value:
        """The sum, average, min or max of a field: floats but for the extremes of integers and times."""
        column = self.source.c[attribute.column.name]
        kind = attribute.exposure.kind
        if name in {"sum", "average"}:
            made = (func.sum if name == "sum" else func.avg)(column)
            computed: ColumnElement[Any] = made.cast(sa.Float(53))
            kind = Kind.FLOAT
        else:
            computed = (func.min if name == "min" else func.max)(column)
        label = f"{name}_{attribute.column.name}"
        self._columns[label] = computed.label(label)
        return Value(self._slot(label, kind), kind, nullable=True)

    def measure(self, measure: Measure) -> Value:
        self._columns[measure.name] = self._planner._measure(measure, self.source).label(measure.name)  # noqa: SLF001
        return Value(self._slot(measure.name), Kind.INT, nullable=False)

    def key(self, selected: Selected) -> Object:
        """The key of a group: null for what it is not grouped by."""
        planner = self._planner
        places = {name: place for place, name in enumerate(self._groups)}
        fields: list[tuple[str, Node]] = []
        for inner in planner._fields_of(planner._type(self._key_type), selected.selections):  # noqa: SLF001
            if inner.name == "__typename":
                fields.append((inner.key, Constant(self._key_type)))
            elif inner.name not in places:
                fields.append((inner.key, Constant(None)))
            else:
                fields.append((inner.key, self._key_field(inner, self._groups[inner.name], f"g{places[inner.name]}")))
        return Object(tuple(fields))

    def _key_field(self, selected: Selected, group: Group, label: str) -> Node:
        planner = self._planner
        if group.link is None:
            assert group.attribute is not None
            if group.bucket:
                return Value(self._slot(label, Kind.STRING), Kind.STRING, nullable=True)
            slot = self._slot(label, group.attribute.exposure.kind)
            return planner._shown(group.attribute, self._noun, slot, nullable=True)  # noqa: SLF001
        target = self._engine.catalog.nouns[group.link.to]
        joined = self.draft.join(self.draft.base, label, label, target)
        present = self.draft.slot(joined, "id", Kind.ID)
        if self._labels:
            return self._label(selected, joined, present)
        return planner._record(self.draft, joined, selected.selections, _MAX_GROUPS, present)  # noqa: SLF001

    def _label(self, selected: Selected, joined: Access, present: int) -> Object:
        planner = self._planner
        fields: list[tuple[str, Node]] = []
        for inner in planner._fields_of(planner._type("AnalyticsLabel"), selected.selections):  # noqa: SLF001
            if inner.name == "__typename":
                fields.append((inner.key, Constant("AnalyticsLabel")))
            else:
                attribute = joined.noun.attributes[inner.name]
                fields.append((inner.key, planner._value(self.draft, joined, attribute, joined.noun)))  # noqa: SLF001
        return Object(tuple(fields), present)

    def root(self, fields: list[tuple[str, Node]], conditions: list[ColumnElement[bool]]) -> AggregateRoot:
        """The statement: grouped and limited inside, to-one links joined outside, the largest groups first."""
        size = 100 if self._limit is None else self._limit
        if not 1 <= size <= _MAX_GROUPS:
            raise BadUserInput(f"first must be from 1 to {_MAX_GROUPS} groups, not {size}.")
        self._planner._charge(size)  # noqa: SLF001
        binder = self.draft.binder
        labels = [f"g{place}" for place in range(len(self._groups))]
        inner = select(*self._columns.values()).select_from(self.source).where(*conditions, binder.guard())
        order: list[Any] = [literal_column("n").desc(), *(literal_column(label).asc().nulls_last() for label in labels)]
        if labels:
            inner = inner.group_by(*(literal_column(label) for label in labels))
            inner = inner.order_by(*order).limit(literal_column(str(size)))
        page = inner.subquery("page")
        origin, froms = self.draft.joined_to(page, page)
        statement = select(*self.draft.outputs(froms)).select_from(origin)
        statement = statement.order_by(page.c.n.desc(), *(page.c[label].asc().nulls_last() for label in labels))
        build = compile_rows(Object(tuple(fields)), self._engine.ids)
        return AggregateRoot(binder.compile(statement), build, tuple(self.draft.children))


def _flat(draft: Draft, rows: Select[Any], source: FromClause) -> Select[Any]:
    """A statement for records by id: there is no page to limit, so to-one links join directly."""
    origin, froms = draft.joined_to(source, source)
    return rows.select_from(origin).with_only_columns(*(draft.outputs(froms) or [literal_column("1")]))


def _near(link: Many, source: FromClause) -> tuple[ColumnElement[Any], FromClause]:
    """The column that holds the parent's key, and the tables it is found in."""
    if link.through is None:
        assert link.column is not None
        return source.c[link.column], source
    pairs = link.through.table.alias("pairs")
    return pairs.c[link.through.near], source.join(pairs, pairs.c[link.through.far] == source.c.id)


def _of_parent(rows: Select[Any], link: Many, source: FromClause, parent: ColumnElement[Any]) -> Select[Any]:
    near, origin = _near(link, source)
    return rows.select_from(origin).where(near == parent)


