"""The feed of changes: the events of a workspace in the order of their commits, from a cursor on.

Ids of events rise in that order (write/event.py), so nothing can appear behind a cursor later. It holds events of the
types that the key's view has: each type asks for what reading its subject takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType
from sqlalchemy import ColumnElement, FromClause, func, literal_column, select

from app.catalog import Catalog, Noun
from app.errors import BadUserInput
from app.read.arguments import Bound, Getter
from app.read.binding import Binder, Prepared, Run
from app.read.cursor import CursorCodec
from app.read.draft import Draft
from app.read.output import Build, Constant, Node, Object, Value, compile_rows
from app.read.plan import Context
from app.read.planning import Planning
from app.read.records import plan_value
from app.read.selection import Selected
from app.resource import Choice
from app.store.identity import IdCodec
from app.store.reading import Reading
from app.store.types import BigInt, Kind

CHANGE, FEED = "Change", "ChangeFeed"
SHOWN = ("id", "type", "at", "subjectType", "subjectId")
"""What a change shows of its event, beside whether its subject is gone."""
NOW = "now"
MOST = 1_000
_SIGNATURE = b"changes"
_LAST = (".deleted", ".purged")


def events_of(catalog: Catalog) -> Noun | None:
    """The noun whose records the feed tells; a catalog need not have one."""
    return catalog.nouns.get("Event")


def types_of(events: Noun) -> type[Choice]:
    """The types of its events."""
    enum = events.attributes["type"].exposure.enum
    assert enum is not None
    return enum


@dataclass(frozen=True)
class Since:
    """Where a page of the feed starts: the argument `since` of an execution."""

    get: Getter
    number: int  # of the type of events, in ids
    cursors: CursorCodec
    ids: IdCodec

    def is_now(self, run: Run) -> bool:
        return bool(self.get(run.variables) == NOW)

    def key(self, run: Run) -> int:
        """The key of the last event that is known."""
        given = self.get(run.variables)
        if given is None:
            return 0
        return self.ids.key(self.number, self.cursors.decode(_SIGNATURE, run.workspace_id, given)[0])

    def cursor(self, key: int, context: Context) -> str:
        """What is given to go on after an event."""
        return context.seal(_SIGNATURE, [self.ids.encode(self.ids.base(self.number) + key)])


@dataclass(frozen=True)
class FeedRoot:
    """`changes(…)`: what came after a cursor, and the cursor to go on from."""

    since: Since
    latest: Prepared
    statement: Prepared
    size: int
    slot: int  # of the event's key
    parts: tuple[tuple[str, str | Build], ...]

    def run(self, context: Context) -> Reading[Any]:
        run = context.run
        rows: Sequence[Any] = ()
        if self.since.is_now(run):
            end = (yield self.latest.of(run))[0][0] or 0
        else:
            end = self.since.key(run)
            rows = yield self.statement.of(run)
        run.verified |= bool(rows)
        yield from context.verify()
        more, rows = len(rows) > self.size, rows[: self.size]
        if rows:
            end = rows[-1][self.slot]  # not beyond: how far the feed goes on with what is not shown is not told
        told = {"cursor": self.since.cursor(end, context), "hasMore": more, "__typename": FEED}
        return {key: told[part] if isinstance(part, str) else part(rows, (), context.seal) for key, part in self.parts}


def plan_feed(planning: Planning, events: Noun, selected: Selected, arguments: dict[str, Any]) -> FeedRoot:
    """`changes(…)`: a statement for what it brings, another for where it ends when it is to start now."""
    engine = planning.engine
    size = arguments["first"]
    if size is None or not 1 <= size <= MOST:
        raise BadUserInput(f"first must be from 1 to {MOST} changes, not {size}.")
    planning.charge(size)
    given = arguments.get("since")
    since = Since(given.get if isinstance(given, Bound) else lambda _: None, events.number, engine.cursors, engine.ids)
    draft = Draft(planning.binder(), events)
    parts = [
        (inner.key, _nodes(planning, draft, inner, size) if inner.name == "nodes" else inner.name)
        for inner in planning.fields_of(planning.type(FEED), selected.selections)
    ]
    slot = draft.slot(draft.base, "id", Kind.ID)
    built = tuple(
        (key, part if isinstance(part, str) else compile_rows(part, engine.ids, draft.width)) for key, part in parts
    )
    statement = _page(planning, draft, since, arguments.get("types"), size)
    return FeedRoot(since, _latest(planning, events, arguments.get("types")), statement, size, slot, built)


def _page(planning: Planning, draft: Draft, since: Since, types: Any, size: int) -> Prepared:
    binder, source = draft.binder, draft.base.noun.table.alias("r")
    told = _told(planning, draft.base.noun, binder, source, types)
    beyond = source.c.id > binder.bind(BigInt, since.key)
    rows = select(*draft.outputs({draft.base: source})).where(*told, beyond).order_by(source.c.id)
    return binder.compile(rows.limit(literal_column(str(size + 1))))


def _latest(planning: Planning, events: Noun, types: Any) -> Prepared:
    binder, source = planning.binder(), events.table.alias("r")
    return binder.compile(select(func.max(source.c.id)).where(*_told(planning, events, binder, source, types)))


def _told(
    planning: Planning, events: Noun, binder: Binder, source: FromClause, types: Any
) -> list[ColumnElement[bool]]:
    """Which events are told: of the types that are asked for, which the view has, or else of all that it has."""
    if types is None:
        wanted = binder.value(_known(planning, events), list)
    else:
        wanted = binder.value(types, lambda members: sorted({member.value for member in members}))
    of_types = planning.engine.dialect.among(source.c.type, wanted, Kind.ENUM)
    return [binder.workspace_rule(events, source), of_types, binder.guard()]


def _known(planning: Planning, events: Noun) -> list[str]:
    """The types that the key's view has."""
    types = types_of(events)
    enum = planning.schema.type_map.get(types.__name__)
    return [types[name].value for name in enum.values] if isinstance(enum, GraphQLEnumType) else []


def _nodes(planning: Planning, draft: Draft, selected: Selected, size: int) -> Object:
    fields = planning.fields_of(planning.type(CHANGE), selected.selections)
    planning.charge_cells(size * len(fields))
    return Object(tuple((inner.key, _field(planning, draft, inner.name)) for inner in fields))


def _field(planning: Planning, draft: Draft, name: str) -> Node:
    events = draft.base.noun
    if name == "__typename":
        return Constant(CHANGE)
    if name == "deleted":
        told = tuple((member.value, member.value.endswith(_LAST)) for member in types_of(events))
        return Value(draft.slot(draft.base, "type", Kind.ENUM), Kind.ENUM, nullable=False, names=told)
    return plan_value(planning, draft, draft.base, events.attributes[name])
