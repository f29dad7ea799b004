"""Planning aggregates: groups and numbers are the columns of a sub-select, to-one links of a group join outside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import ColumnElement, Float, FromClause, and_, cast, func, literal_column, select

from app.catalog import Attribute, Noun
from app.errors import BadUserInput
from app.read.draft import Access, Draft
from app.read.grouping import Group, extremes_of, groups_of, numbers_of
from app.read.output import Constant, Node, Object, Value, compile_rows
from app.read.planning import Planning
from app.read.records import plan_record, plan_value, show
from app.read.roots import AggregateRoot
from app.read.selection import Selected
from app.read.summaries import measured
from app.resource import Analytics, Measure, One
from app.store.types import Kind

_DEFAULT_GROUPS = 100
_MAX_GROUPS = 1_000


def plan_aggregate(planning: Planning, noun: Noun, selected: Selected, arguments: dict[str, Any]) -> AggregateRoot:
    """`contactsAggregate(…)`: numbers over filtered records, by group."""
    type_ = planning.type(f"{noun.name}Aggregate")
    grouped = _Grouped(planning, noun, arguments, f"{noun.name}GroupKey", groups_of(noun))
    fields: list[tuple[str, Node]] = []
    for inner in planning.fields_of(type_, selected.selections):
        match inner.name:
            case "__typename":
                fields.append((inner.key, Constant(type_.name)))
            case "count":
                fields.append((inner.key, grouped.count()))
            case "key":
                fields.append((inner.key, grouped.key(inner)))
            case name:
                attributes = numbers_of(noun) if name in {"sum", "average"} else extremes_of(noun)
                fields.append((inner.key, _functions(planning, grouped, type_, inner, attributes)))
    return grouped.root(fields, planning.rows(noun, grouped.draft.binder, grouped.source, arguments))


def _functions(
    planning: Planning,
    grouped: "_Grouped",
    type_: GraphQLObjectType,
    selected: Selected,
    attributes: Sequence[Attribute],
) -> Object:
    inner_type = get_named_type(type_.fields[selected.name].type)
    assert isinstance(inner_type, GraphQLObjectType)
    by_name = {attribute.name: attribute for attribute in attributes}
    fields: list[tuple[str, Node]] = []
    for inner in planning.fields_of(inner_type, selected.selections):
        if inner.name == "__typename":
            fields.append((inner.key, Constant(inner_type.name)))
        else:
            fields.append((inner.key, grouped.function(selected.name, by_name[inner.name])))
    return Object(tuple(fields))


def plan_analytics(
    planning: Planning, analytics: Analytics, selected: Selected, arguments: dict[str, Any]
) -> AggregateRoot:
    """`contactAnalytics(…)`: declared numbers within a time range, by group, without a filter."""
    noun = planning.engine.catalog.nouns[analytics.of]
    title = analytics.name[0].upper() + analytics.name[1:]
    groups = {name: group for name, group in groups_of(noun).items() if group.origin in analytics.groups}
    grouped = _Grouped(planning, noun, arguments, f"{title}Key", groups, labels=True)
    measures = {measure.name: measure for measure in analytics.measures}
    fields: list[tuple[str, Node]] = []
    for inner in planning.fields_of(planning.type(title), selected.selections):
        match inner.name:
            case "__typename":
                fields.append((inner.key, Constant(title)))
            case "count":
                fields.append((inner.key, grouped.count()))
            case "key":
                fields.append((inner.key, grouped.key(inner)))
            case name:
                fields.append((inner.key, grouped.measure(measures[name])))
    return grouped.root(fields, _within(planning, analytics, noun, grouped, arguments))


def _within(
    planning: Planning, analytics: Analytics, noun: Noun, grouped: "_Grouped", arguments: Mapping[str, Any]
) -> list[ColumnElement[bool]]:
    binder, source = grouped.draft.binder, grouped.source
    at = source.c[analytics.time]
    conditions = [binder.workspace_rule(noun, source)]
    for name in ("from", "to"):
        if arguments.get(name) is not None:
            limit = planning.engine.dialect.time(binder.value(arguments[name], lambda value: value))
            conditions.append(at >= limit if name == "from" else at < limit)
    return conditions


class _Grouped:
    """An aggregate while it is planned."""

    def __init__(
        self,
        planning: Planning,
        noun: Noun,
        arguments: Mapping[str, Any],
        key_type: str,
        groups: Mapping[str, Group],
        *,
        labels: bool = False,
    ) -> None:
        self._planning = planning
        self._noun = noun
        self._key_type = key_type
        self._labels = labels
        self.draft = Draft(planning.binder(), noun)
        self.source = noun.table.alias("r")
        self._origin: FromClause = self.source
        self._size = _group_limit(arguments)
        names = dict.fromkeys(item.value for item in arguments.get("groupBy") or ())
        self._groups = {name: groups[name] for name in names}
        self._places = {name: f"g{place}" for place, name in enumerate(self._groups)}
        self._columns: dict[str, ColumnElement[Any]] = {"n": func.count().label("n")}
        for name, group in self._groups.items():
            self._columns[self._places[name]] = self._group_column(group).label(self._places[name])
        self._slot("n", Kind.INT)  # the first column: its number proves that the guard held

    def _group_column(self, group: Group) -> ColumnElement[Any]:
        if group.link is not None:
            return self._linked(group.link)
        assert group.attribute is not None
        column = self.source.c[group.attribute.column.name]
        return self._planning.engine.dialect.bucket(column, group.bucket) if group.bucket else column

    def _linked(self, link: One) -> ColumnElement[Any]:
        """The key of what a record links to; of what was deleted and may be restored, none."""
        target = self._planning.engine.catalog.nouns[link.to]
        key = self.source.c[link.column]
        if not target.resource.soft:
            return key
        standing = target.table.alias(f"s_{link.name}")
        rule = self.draft.binder.workspace_rule(target, standing)
        self._origin = self._origin.outerjoin(standing, and_(standing.c.id == key, rule))
        return standing.c.id

    def _slot(self, label: str, kind: Kind) -> int:
        return self.draft.slot(self.draft.base, label, kind)

    def count(self) -> Value:
        """How many records the group has."""
        return Value(self._slot("n", Kind.INT), Kind.INT, nullable=False)

    def function(self, name: str, attribute: Attribute) -> Value:
        """The sum, average, min or max of a field: floats but for the extremes of integers and times."""
        column = self.source.c[attribute.column.name]
        kind = attribute.exposure.kind
        if name in {"sum", "average"}:
            kind = Kind.FLOAT
            # As doubles: PostgreSQL's average of integers is a decimal, and rounds otherwise than SQLite's.
            computed: ColumnElement[Any] = (func.sum if name == "sum" else func.avg)(cast(column, Float(53)))
        else:
            computed = (func.min if name == "min" else func.max)(column)
        label = f"{name}_{attribute.column.name}"
        self._columns[label] = computed.label(label)
        return Value(self._slot(label, kind), kind, nullable=True)

    def measure(self, measure: Measure) -> Value:
        """A declared number."""
        label = f"m_{measure.name}"
        self._columns[label] = measured(measure, self.source, self._planning.engine.dialect).label(label)
        return Value(self._slot(label, Kind.INT), Kind.INT, nullable=False)

    def key(self, selected: Selected) -> Object:
        """The key of a group: null for what it is not grouped by."""
        fields: list[tuple[str, Node]] = []
        for inner in self._planning.fields_of(self._planning.type(self._key_type), selected.selections):
            if inner.name == "__typename":
                fields.append((inner.key, Constant(self._key_type)))
            elif inner.name not in self._groups:
                fields.append((inner.key, Constant(None)))
            else:
                fields.append((inner.key, self._key_field(inner)))
        return Object(tuple(fields))

    def _key_field(self, selected: Selected) -> Node:
        group, label = self._groups[selected.name], self._places[selected.name]
        catalog = self._planning.engine.catalog
        if group.link is None:
            assert group.attribute is not None
            if group.bucket:
                return Value(self._slot(label, Kind.STRING), Kind.STRING, nullable=True)
            slot = self._slot(label, group.attribute.exposure.kind)
            return show(self._planning, self._noun, group.attribute, slot, nullable=True)
        joined = self.draft.join(self.draft.base, label, label, catalog.nouns[group.link.to])
        present = self.draft.slot(joined, "id", Kind.ID)
        if self._labels:
            return self._label(selected, joined, present)
        self._planning.charge(self._size)
        return plan_record(self._planning, self.draft, joined, selected.selections, self._size, present)

    def _label(self, selected: Selected, joined: Access, present: int) -> Object:
        fields: list[tuple[str, Node]] = []
        for inner in self._planning.fields_of(self._planning.type("AnalyticsLabel"), selected.selections):
            if inner.name == "__typename":
                fields.append((inner.key, Constant("AnalyticsLabel")))
            else:
                attribute = joined.noun.attributes[inner.name]
                fields.append((inner.key, plan_value(self._planning, self.draft, joined, attribute)))
        return Object(tuple(fields), present)

    def root(self, fields: list[tuple[str, Node]], conditions: Sequence[ColumnElement[bool]]) -> AggregateRoot:
        """The statement: grouped and limited inside, to-one links joined outside, the largest groups first."""
        self._planning.charge(self._size if self._groups else 1)
        binder = self.draft.binder
        labels = list(self._places.values())
        inner = select(*self._columns.values()).select_from(self._origin).where(*conditions, binder.guard())
        if labels:
            keys: list[ColumnElement[Any]] = [literal_column(label) for label in labels]
            largest_first: list[Any] = [literal_column("n").desc(), *(key.asc().nulls_last() for key in keys)]
            inner = inner.group_by(*keys).order_by(*largest_first).limit(literal_column(str(self._size)))
        page = inner.subquery("page")
        origin, froms = self.draft.joined_to(page, page)
        statement = select(*self.draft.outputs(froms)).select_from(origin)
        statement = statement.order_by(page.c.n.desc(), *(page.c[label].asc().nulls_last() for label in labels))
        build = compile_rows(Object(tuple(fields)), self._planning.engine.ids, self.draft.width)
        return AggregateRoot(binder.compile(statement), build, tuple(self.draft.children))


def _group_limit(arguments: Mapping[str, Any]) -> int:
    size: int | None = arguments.get("first")
    if size is None:
        return _DEFAULT_GROUPS
    if not 1 <= size <= _MAX_GROUPS:
        raise BadUserInput(f"first must be from 1 to {_MAX_GROUPS} groups, not {size}.", argument="first")
    return size
