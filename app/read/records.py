"""Planning records and the lists of them: fields, to-one links joined, to-many links as statements of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, SelectionSetNode
from sqlalchemy import ColumnElement, FromClause, Select, func, literal_column, select

from app.catalog import Attribute, Noun
from app.errors import BadUserInput
from app.read.arguments import Bound
from app.read.binding import Binder, Prepared
from app.read.draft import Access, Draft
from app.read.order import Keyset, Order, order_of
from app.read.output import (
    Child,
    Connection,
    Constant,
    Cursor,
    Node,
    Object,
    PageInfo,
    Part,
    Tenant,
    Total,
    Value,
    compile_connection,
    compile_rows,
)
from app.read.paging import cursor_of, page_of
from app.read.plan import FEW, Edge, Lookup, Page
from app.read.planning import Planning
from app.read.reviews import plan_review
from app.read.roots import ConnectionRoot, LookupRoot, NodesRoot
from app.read.selection import LIFT, TENANT, Selected
from app.read.stored_filter import filter_shown
from app.read.summaries import plan_summary
from app.resource import Many
from app.store.types import BigInt, Kind


def plan_record(
    planning: Planning,
    draft: Draft,
    access: Access,
    sets: Iterable[SelectionSetNode],
    times: int,
    present: int | None = None,
) -> Object:
    """The object for one row of an access and all below it; `times` is how many of them the operation may bring."""
    type_ = planning.type(access.noun.name)
    with planning.deeper():
        fields = [
            (selected.key, _field(planning, draft, access, type_, selected, times))
            for selected in planning.fields_of(type_, sets)
        ]
    planning.charge_cells(times * len(fields))
    return Object(tuple(fields), present)


def _field(
    planning: Planning, draft: Draft, access: Access, type_: GraphQLObjectType, selected: Selected, times: int
) -> Node:
    noun, name = access.noun, selected.name
    if name == "__typename":
        return Constant(noun.name)
    if selected.has(TENANT):
        return Tenant()
    if name in noun.attributes:
        return plan_value(planning, draft, access, noun.attributes[name])
    slot = draft.slot(access, "id", Kind.ID)
    if name in noun.summaries:
        planning.charge(times)
        return Child(draft.child(plan_summary(planning, noun.summaries[name], selected, slot)), slot)
    if name in noun.reviews:
        planning.charge(times)
        return Child(draft.child(plan_review(planning, noun, noun.reviews[name], selected, slot)), slot)
    link = noun.links[name]
    target = planning.engine.catalog.nouns[link.to]
    if isinstance(link, Many):
        edge = _plan_edge(planning, link, target, selected, planning.arguments(type_, selected), slot, times)
        return Child(draft.child(edge), slot)
    planning.charge(times)
    joined = draft.join(access, link.name, link.column, target)
    shown = plan_record(planning, draft, joined, selected.selections, times, draft.slot(joined, "id", Kind.ID))
    return replace(shown, lifted=selected.has(LIFT))


def plan_value(planning: Planning, draft: Draft, access: Access, attribute: Attribute) -> Value:
    """A field of a record; whatever is joined may be missing."""
    slot = draft.slot(access, attribute.column.name, attribute.exposure.kind)
    return show(planning, access.noun, attribute, slot, nullable=attribute.nullable or access is not draft.base)


def show(planning: Planning, noun: Noun, attribute: Attribute, slot: int, *, nullable: bool) -> Value:
    """How the value of an attribute in a slot is written."""
    catalog, exposure = planning.engine.catalog, attribute.exposure
    table = noun.refers_to(attribute)
    number = catalog.by_table[table].number if table is not None else 0  # an id of any type holds its own
    named = () if planning.plain or exposure.enum is None else exposure.enum
    names = tuple((member.value, member.name) for member in named)
    of = planning.plain and exposure.filter_of
    shown = filter_shown(planning.schema.type_map.get(f"{of}Filter")) if of else None
    return Value(slot, exposure.kind, nullable, number, names, shown)


# Lists


@dataclass(frozen=True)
class _Shape:
    """A planned connection: what it shows, and whether rows and a count have to be read for it."""

    page: Page
    connection: Connection
    needs_rows: bool
    needs_total: bool


def plan_page(planning: Planning, noun: Noun, selected: Selected, arguments: dict[str, Any]) -> ConnectionRoot:
    """`contacts(…)`: one statement for the page, one for the total where it is selected."""
    binder = planning.binder()
    draft = Draft(binder, noun)
    order = order_of(noun, arguments.get("orderBy"))
    shape = _plan_connection(planning, draft, selected, order, arguments, 1)
    source = noun.table.alias("r")
    statement = count = None
    if shape.needs_rows:
        rows = _rows_beyond(planning, noun, binder, source, arguments, order, shape.page).where(binder.guard())
        rows = _limited(rows, source, order, shape.page)
        statement = binder.compile(draft.select_page(rows, source, order, backwards=shape.page.backwards))
    if shape.needs_total:
        counting = planning.binder()
        total = select(func.count()).select_from(source).where(*planning.rows(noun, counting, source, arguments))
        count = counting.compile(total.where(counting.guard()))
    return ConnectionRoot(shape.page, statement, count, shape.connection, tuple(draft.children))


def _plan_edge(
    planning: Planning,
    link: Many,
    target: Noun,
    selected: Selected,
    arguments: dict[str, Any],
    slot: int,
    times: int,
) -> Edge:
    dialect = planning.engine.dialect
    binder = planning.binder()
    draft = Draft(binder, target, offset=1)
    order = order_of(target, arguments.get("orderBy"))
    shape = _plan_connection(planning, draft, selected, order, arguments, times)
    source = target.table.alias("r")
    statement = if_many = count = None
    if shape.needs_rows:
        backwards = shape.page.backwards
        near, origin = _near(link, source)
        rows = _rows_beyond(planning, target, binder, source, arguments, order, shape.page).select_from(origin)
        parents, key = dialect.parents(binder.parents)
        page = _limited(rows.where(near == key).correlate(parents), source, order, shape.page)
        statement = binder.compile(draft.select_per_parent(page, source, order, (parents, key), backwards=backwards))
        if link.few:
            of_all = rows.where(dialect.among(near, binder.parents, Kind.ID)).limit(literal_column(str(FEW + 1)))
            planning.alternatives += 1
            if_many = statement
            statement = binder.compile(draft.select_all(of_all, source, origin, near, order, backwards=backwards))
    if shape.needs_total:
        count = _count_per_parent(planning, link, target, arguments)
    return Edge(slot, shape.page, statement, if_many, count, shape.connection, tuple(draft.children))


def _rows_beyond(
    planning: Planning,
    noun: Noun,
    binder: Binder,
    source: FromClause,
    arguments: Mapping[str, Any],
    order: Order,
    page: Page,
) -> Select[Any]:
    """The rows of a list: filtered, and beyond the cursor."""
    rows = select().select_from(source).where(*planning.rows(noun, binder, source, arguments))
    cursor = cursor_of(arguments, page)
    if cursor is None:
        return rows
    keyset = Keyset(order, planning.engine.cursors, binder)
    return rows.where(keyset.beyond(noun, source, cursor, backwards=page.backwards))


def _limited(rows: Select[Any], source: FromClause, order: Order, page: Page) -> Select[Any]:
    # The size stands in the text: PostgreSQL's generic plan for a parameter made pages 40 % slower.
    return rows.order_by(*order.by(source, backwards=page.backwards)).limit(literal_column(str(page.limit)))


def _near(link: Many, source: FromClause) -> tuple[ColumnElement[Any], FromClause]:
    """The column that holds the parent's key, and the tables it is found in."""
    if link.through is None:
        assert link.column is not None
        return source.c[link.column], source
    pairs = link.through.table.alias("pairs")
    return pairs.c[link.through.near], source.join(pairs, pairs.c[link.through.far] == source.c.id)


def _count_per_parent(planning: Planning, link: Many, target: Noun, arguments: Mapping[str, Any]) -> Prepared:
    binder = planning.binder()
    source = target.table.alias("r")
    near, origin = _near(link, source)
    counted = select(near, func.count()).select_from(origin).where(*planning.rows(target, binder, source, arguments))
    among = planning.engine.dialect.among(near, binder.parents, Kind.ID)
    return binder.compile(counted.where(among).group_by(near))


def _plan_connection(
    planning: Planning, draft: Draft, selected: Selected, order: Order, arguments: Mapping[str, Any], times: int
) -> _Shape:
    type_ = planning.type(f"{draft.base.noun.name}Connection")
    fields = planning.fields_of(type_, selected.selections)
    info_type = planning.type("PageInfo")
    info = {s.key: planning.fields_of(info_type, s.selections) for s in fields if s.name == "pageInfo"}
    asked = {inner.name for inner_fields in info.values() for inner in inner_fields}
    page = page_of(arguments, planning.engine.limits, probing=bool(asked & {"hasNextPage", "hasPreviousPage"}))
    planning.charge(times * max(page.size, 1))
    below = times * page.size
    cursor = _cursor(draft, order) if asked & {"startCursor", "endCursor"} else None
    parts: list[tuple[str, Part]] = []
    for part in fields:
        match part.name:
            case "__typename":
                parts.append((part.key, Constant(type_.name)))
            case "totalCount":
                parts.append((part.key, Total()))
            case "pageInfo":
                shown = tuple((inner.key, inner.name) for inner in info[part.key])
                parts.append((part.key, PageInfo(shown, cursor)))
            case "nodes":
                parts.append((part.key, plan_record(planning, draft, draft.base, part.selections, below)))
            case "edges":
                parts.append((part.key, _plan_edge_object(planning, draft, part, order, below)))
    flags = {"backwards": page.backwards, "continued": page.continued, "lifted": selected.has(LIFT)}
    return _Shape(
        page,
        compile_connection(parts, planning.engine.ids, draft.width, **flags),
        # A cursor is refused where it is bound, so that a bad one is no better beside a count alone.
        needs_rows=page.continued or any(isinstance(part, Object | PageInfo) for _, part in parts),
        needs_total=any(isinstance(part, Total) for _, part in parts),
    )


def _plan_edge_object(planning: Planning, draft: Draft, selected: Selected, order: Order, times: int) -> Object:
    type_ = planning.type(f"{draft.base.noun.name}Edge")
    fields: list[tuple[str, Node]] = []
    for inner in planning.fields_of(type_, selected.selections):
        match inner.name:
            case "node":
                fields.append((inner.key, plan_record(planning, draft, draft.base, inner.selections, times)))
            case "cursor":
                fields.append((inner.key, _cursor(draft, order)))
            case "__typename":
                fields.append((inner.key, Constant(type_.name)))
    return Object(tuple(fields))


def _cursor(draft: Draft, order: Order) -> Cursor:
    slots = tuple(draft.slot(draft.base, key.column, key.kind) for key in order.keys)
    booleans = frozenset(slot for slot, key in zip(slots, order.keys, strict=True) if key.kind is Kind.BOOLEAN)
    return Cursor(slots, order.signature, draft.base.noun.number, booleans)


# Records by id


def plan_lookup(planning: Planning, noun: Noun, selected: Selected, arguments: dict[str, Any]) -> LookupRoot:
    """`contact(id:)`: one statement for the record and all its to-one links."""
    engine = planning.engine
    binder = planning.binder()
    draft = Draft(binder, noun)
    planning.charge(1)
    record = replace(plan_record(planning, draft, draft.base, selected.selections, 1), lifted=selected.has(LIFT))
    source = noun.table.alias("r")
    convert = binder.converter(Kind.ID, f"{noun.resource.singular}.id", noun.table.name)
    given = arguments["id"]
    get = given.get if isinstance(given, Bound) else lambda _: given
    statement = _by_id(draft, source, source.c.id == binder.bind(BigInt, "run.key"))
    return LookupRoot(
        lambda run: convert(get(run.variables)),
        statement,
        engine.merged(noun),
        compile_rows(record, engine.ids, draft.width),
        tuple(draft.children),
    )


def plan_nodes(planning: Planning, selected: Selected, given: Any, *, single: bool) -> NodesRoot:
    """`node(id:)`, `nodes(ids:)`: one statement for each type among the ids that the key may reach."""
    engine = planning.engine
    get = given.get if isinstance(given, Bound) else lambda _: given
    sample = given.sample if isinstance(given, Bound) else given
    ids = [sample] if single else sample
    if len(ids) > engine.limits.max_page_size:
        raise BadUserInput(f"ids must hold at most {engine.limits.max_page_size} ids, not {len(ids)}.")
    planning.charge(len(ids))
    interface = planning.schema.get_type("Node")
    assert isinstance(interface, GraphQLInterfaceType)
    reachable = {type_.name for type_ in planning.schema.get_possible_types(interface)}
    lookups = {}
    for number in sorted({engine.ids.decode(text)[0] for text in ids}):
        noun = engine.catalog.by_number.get(number)
        if noun is not None and noun.name in reachable:
            lookups[number] = plan_lookup_of_many(planning, noun, selected.selections, len(ids))
    return NodesRoot(engine.ids, lambda run: get(run.variables), lookups, single)


def plan_lookup_of_many(planning: Planning, noun: Noun, selections: Iterable[SelectionSetNode], times: int) -> Lookup:
    """Records by their keys: one statement for all of them."""
    binder = planning.binder()
    draft = Draft(binder, noun)
    slot = draft.slot(draft.base, "id", Kind.ID)
    record = plan_record(planning, draft, draft.base, selections, times)
    source = noun.table.alias("r")
    statement = _by_id(draft, source, planning.engine.dialect.among(source.c.id, binder.parents, Kind.ID))
    return Lookup(
        statement,
        planning.engine.merged(noun),
        slot,
        compile_rows(record, planning.engine.ids, draft.width),
        tuple(draft.children),
    )


def _by_id(draft: Draft, source: FromClause, wanted: ColumnElement[bool]) -> Prepared:
    """A statement for records by id: there is no page to limit, so to-one links join directly."""
    binder = draft.binder
    origin, froms = draft.joined_to(source, source)
    conditions = (wanted, binder.workspace_rule(draft.base.noun, source), binder.guard())
    return binder.compile(select(*draft.outputs(froms)).select_from(origin).where(*conditions))
