"""A planned operation: frozen data, and how it runs. No decision is taken here, nothing is read but what was planned.

Running is a `Reading`: it yields statements and is sent rows (store/reading.py). The key's state is checked in the
first statement: a row that came back under the guard proves it; where none came back, the guard is asked alone, so that
an answer never leaves under a key that no longer stands.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from app.access.principal import Principal
from app.read.arguments import Bound, Variables
from app.read.binding import Prepared, Run
from app.read.cursor import CursorCodec
from app.read.output import Build, Connection, Found, Seal
from app.resource import Requirement
from app.store.reading import Reading, Row

FEW = 10_000
"""The most rows that are read at once of a link to few records, for all parents together."""


class PrincipalChanged(Exception):
    """The key is no longer as it was when it was recognised: revoked, rotated, edited, or gone."""


class Load(Protocol):
    """A statement for the keys of a parent's rows."""

    @property
    def slot(self) -> int:
        """Where the parent's rows hold the key."""

    def load(self, keys: Sequence[Any], run: "Context") -> Reading[Found]:
        """What was found, by key."""


class Root(Protocol):
    """A field of the operation's root type."""

    def run(self, context: "Context") -> Reading[Any]:
        """The field's value."""


@dataclass(slots=True)
class Context:
    """One execution: its run, and how cursors are sealed in it."""

    run: Run
    guard: Prepared
    seal: Seal
    needs: frozenset[Requirement] = frozenset()  # what the principal's scopes have met

    @property
    def principal(self) -> Principal:
        return self.run.principal

    def verify(self) -> Reading[None]:
        """Asks the database whether the key still stands, unless a row has already proved it."""
        if not self.run.verified:
            if not (yield self.guard.of(self.run)):
                raise PrincipalChanged
            self.run.verified = True


def merged_into(merged: Prepared | None, keys: Sequence[int], context: Context) -> Reading[dict[int, int]]:
    """Of keys of records that are part of others now: the keys of these."""
    if merged is None or not keys:
        return {}
    context.run.parents = keys
    return {row[0]: row[1] for row in (yield merged.of(context.run))}


def load_children(children: Sequence[Load], rows: Sequence[Row], context: Context) -> Reading[list[Found]]:
    """What each child's statement found for the rows of their parent."""
    found: list[Found] = []
    for child in children:
        keys = dict.fromkeys(map(itemgetter(child.slot), rows))
        keys.pop(None, None)
        found.append((yield from child.load(list(keys), context)))
    return found


@dataclass(frozen=True)
class Page:
    """How many rows a page shows, from which end, and whether it starts after a cursor."""

    size: int
    backwards: bool
    continued: bool
    probing: bool  # one row more is read, to see whether there is a further page

    @property
    def limit(self) -> int:
        return self.size + 1 if self.probing else self.size

    def cut(self, rows: Sequence[Row]) -> tuple[Sequence[Row], bool]:
        """The rows to show, in their order, and whether there are more beyond."""
        more = len(rows) > self.size
        shown = rows[: self.size] if more else rows
        return (shown[::-1] if self.backwards else shown), more


@dataclass(frozen=True)
class Edge:
    """A to-many link of all the rows of its parent's statement: one statement, one more for `totalCount`.

    Where a record is said to have few, the statement reads those of all parents, up to one more than FEW; should there
    be more, `if_many` reads a page for each.
    """

    slot: int
    page: Page
    statement: Prepared | None
    if_many: Prepared | None
    count: Prepared | None
    connection: Connection
    children: tuple[Load, ...]

    def load(self, keys: Sequence[Any], context: Context) -> Reading[Found]:
        connection, seal = self.connection, context.seal
        if not keys:
            return {}, connection.empty(seal)
        context.run.parents = keys
        rows: Sequence[Row] = ()
        if self.statement is not None:
            rows = yield self.statement.of(context.run)
            if self.if_many is not None and len(rows) > FEW:
                rows = yield self.if_many.of(context.run)
        totals: Mapping[Any, int] = {}
        if self.count is not None:
            totals = {row[0]: row[1] for row in (yield self.count.of(context.run))}
        shown, spans = self._spans(rows)
        kids = yield from load_children(self.children, shown, context)
        lists = connection.build(shown, kids, seal)
        write = connection.write
        found = {
            key: write(lists, shown, seal, start, end, totals.get(key, 0), more) for key, start, end, more in spans
        }
        for key, total in totals.items():
            if key not in found:
                found[key] = connection.empty(seal, total)
        return found, connection.empty(seal)

    def _spans(self, rows: Sequence[Row]) -> tuple[Sequence[Row], list[tuple[Any, int, int, bool]]]:
        """The rows to show, and each parent's place among them; those of a parent come one after the other."""
        counts = Counter(map(itemgetter(0), rows))
        spans: list[tuple[Any, int, int, bool]] = []
        start = 0
        if not self.page.backwards and (not counts or max(counts.values()) <= self.page.size):
            for key, count in counts.items():
                spans.append((key, start, start + count, False))
                start += count
            return rows, spans
        shown: list[Row] = []
        for key, count in counts.items():
            cut, more = self.page.cut(rows[start : start + count])
            spans.append((key, len(shown), len(shown) + len(cut), more))
            shown += cut
            start += count
        return shown, spans


@dataclass(frozen=True)
class Numbers:
    """A summary: counts over the records of a to-many link, by parent."""

    slot: int
    statement: Prepared
    build: Build
    nothing: tuple[Any, ...]

    def load(self, keys: Sequence[Any], context: Context) -> Reading[Found]:
        nothing = self.build([self.nothing], (), context.seal)[0]
        if not keys:
            return {}, nothing
        context.run.parents = keys
        rows = yield self.statement.of(context.run)
        built = self.build(rows, (), context.seal)
        return {row[0]: item for row, item in zip(rows, built, strict=True)}, nothing


@dataclass(frozen=True)
class Lookup:
    """Records of one noun by their keys; `merged` finds the keys of those that some are part of now."""

    statement: Prepared
    merged: Prepared | None
    slot: int
    build: Build
    children: tuple[Load, ...]

    def find(self, keys: Sequence[int], context: Context) -> Reading[dict[int, Any]]:
        """The objects of those that there are, by key."""
        found = yield from self._standing(keys, context)
        merged = yield from merged_into(self.merged, [key for key in keys if key not in found], context)
        if merged:
            into = yield from self._standing(list(set(merged.values())), context)
            found |= {old: into[new] for old, new in merged.items() if new in into}
        return found

    def _standing(self, keys: Sequence[int], context: Context) -> Reading[dict[int, Any]]:
        if not keys:
            return {}
        context.run.parents = keys
        rows = yield self.statement.of(context.run)
        if rows:
            context.run.verified = True
        kids = yield from load_children(self.children, rows, context)
        return {row[self.slot]: item for row, item in zip(rows, self.build(rows, kids, context.seal), strict=True)}


@dataclass(frozen=True)
class ConstantRoot:
    """`__typename`."""

    value: Any

    def run(self, context: Context) -> Reading[Any]:
        yield from context.verify()
        return self.value


@dataclass(frozen=True)
class ComputedRoot:
    """A field that is not read: made from the run and the arguments, then cut to the selection."""

    compute: Callable[[Run, Mapping[str, Any]], Any]
    arguments: Mapping[str, Any]
    cut: Callable[[Any], Any]

    def run(self, context: Context) -> Reading[Any]:
        yield from context.verify()
        given = {
            name: value.get(context.run.variables) if isinstance(value, Bound) else value
            for name, value in self.arguments.items()
        }
        return self.cut(self.compute(context.run, given))


class Answer(Protocol):
    """What a verb's payload shows, and what it reads for that."""

    def read(self, outcome: Mapping[str, Any], context: Context) -> Reading[dict[str, Any]]:
        """The payload of what a verb has done."""

    def refused(self, errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The payload of a verb that refused what it was given."""


@dataclass(frozen=True)
class Change:
    """A field of a mutation: which verb, what it is given, what is answered."""

    verb: str
    arguments: Callable[[Variables], dict[str, Any]]
    found: tuple[str, Prepared] | None  # an argument that is a filter: the keys of what it finds
    answer: Answer

    def given(self, run: Run) -> dict[str, Any]:
        """The arguments under the variables of an execution."""
        given = self.arguments(run.variables)
        if self.found is not None:
            name, statement = self.found
            given[name] = lambda: statement.of(run)
        return given


@dataclass(frozen=True)
class Plan:
    """An operation: its fields by response key, what it may cost in records, and its own size in bytes.

    A query has `roots`; a mutation has `changes`, which whoever runs verbs goes through one after the other.
    """

    roots: tuple[tuple[str, Root], ...]
    changes: tuple[tuple[str, Change | ConstantRoot], ...]
    cost: int
    statements: int
    weight: int
    needs: frozenset[Requirement] = frozenset()  # of a query: the scopes of whoever sends it meet them

    def read(self, context: Context) -> Reading[dict[str, Any]]:
        data: dict[str, Any] = {}
        for key, root in self.roots:
            data[key] = yield from root.run(context)
        yield from context.verify()
        return data


class Sealer:
    """Seals cursors for the workspace that a principal works in."""

    __slots__ = ("_cursors", "_workspace_id", "tenant")

    def __init__(self, cursors: CursorCodec, principal: Principal) -> None:
        self._cursors = cursors
        self._workspace_id = principal.workspace_id
        self.tenant = principal.workspace_slug

    def __call__(self, signature: bytes, values: list[Any]) -> str:
        return self._cursors.encode(signature, self._workspace_id, values)
