"""The fields of an operation's root type that read records, and how each one runs.

The key's state is checked by the rows that come back under the guard; where none did, the guard is asked alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.read.binding import Prepared, Source
from app.read.output import Build, Connection, Found
from app.read.plan import Context, Load, Lookup, Page, load_children, merged_into
from app.store.identity import IdCodec
from app.store.reading import Reading, Row


@dataclass(frozen=True)
class ConnectionRoot:
    """`contacts(…)`: a page of records, and their number where it is asked for."""

    page: Page
    statement: Prepared | None
    count: Prepared | None
    connection: Connection
    children: tuple[Load, ...]

    def run(self, context: Context) -> Reading[Any]:
        rows: Sequence[Row] = ()
        more = False
        kids: Sequence[Found] = ()
        if self.statement is not None:
            rows, more = self.page.cut((yield from _guarded(self.statement, context)))
            kids = yield from load_children(self.children, rows, context)
        total = 0
        if self.count is not None:
            total = (yield self.count.of(context.run))[0][0]
            if total:
                context.run.verified = True
        yield from context.verify()
        connection, seal = self.connection, context.seal
        return connection.write(connection.build(rows, kids, seal), rows, seal, 0, len(rows), total, more)


@dataclass(frozen=True)
class LookupRoot:
    """`contact(id:)`: one record or null; `merged` finds the one that it is part of now."""

    key: Source
    statement: Prepared
    merged: Prepared | None
    build: Build
    children: tuple[Load, ...]

    def run(self, context: Context) -> Reading[Any]:
        run = context.run
        run.key = self.key(run)
        rows = yield self.statement.of(run)
        if not rows:
            into = yield from merged_into(self.merged, [run.key], context)
            if into:
                run.key = into[run.key]
                rows = yield self.statement.of(run)
        if not rows:
            yield from context.verify()
            return None
        run.verified = True
        kids = yield from load_children(self.children, rows, context)
        return self.build(rows, kids, context.seal)[0]


@dataclass(frozen=True)
class NodesRoot:
    """`node(id:)` and `nodes(ids:)`: records of any type by id; null where there is none."""

    codec: IdCodec
    ids: Source
    lookups: Mapping[int, Lookup]
    single: bool

    def run(self, context: Context) -> Reading[Any]:
        given = self.ids(context.run)
        wanted = [self.codec.decode(text) for text in ([given] if self.single else given)]
        found: dict[tuple[int, int], Any] = {}
        for number, lookup in self.lookups.items():
            records = yield from lookup.find([key for type_number, key in wanted if type_number == number], context)
            found |= {(number, key): item for key, item in records.items()}
        yield from context.verify()
        answers = [found.get(place) for place in wanted]
        return answers[0] if self.single else answers


@dataclass(frozen=True)
class AggregateRoot:
    """`contactsAggregate(…)`: one object for each group."""

    statement: Prepared
    build: Build
    children: tuple[Load, ...]

    def run(self, context: Context) -> Reading[Any]:
        rows = yield self.statement.of(context.run)
        # Without groups a row comes back even when the guard fails; its first column, the count, is then 0.
        if rows and rows[0][0]:
            context.run.verified = True
        yield from context.verify()
        kids = yield from load_children(self.children, rows, context)
        return self.build(rows, kids, context.seal)


def _guarded(statement: Prepared, context: Context) -> Reading[Sequence[Row]]:
    rows = yield statement.of(context.run)
    if rows:
        context.run.verified = True
    else:
        yield from context.verify()
    return rows
