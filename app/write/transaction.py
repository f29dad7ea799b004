"""What a verb works with: statements in one transaction, and the events that tell what it has changed.

A verb never commits: whoever runs it does (`run.py`), after the events are written, in the same transaction. An event
is the audit entry, the outbox, the trigger and the feed at once, so `emit` is the only way to make one.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Select, Table, bindparam, select

from app.access.principal import Authority
from app.catalog import Catalog, Noun
from app.resource import Exposure, camel
from app.store.command import SQL, among, command_of
from app.store.identity import IdCodec
from app.store.reading import Reading, T
from app.store.types import BigInt, Kind, now, timestamp_text
from app.store.writing import Writer

Teller: TypeAlias = tuple[str, Callable[[Any], Any]]
_UNTOLD = {"id", "created_at", "updated_at", "version"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something: a key, a member, or a key for a member; neither is the operator, who has no authority."""

    workspace_id: int
    key_id: int | None = None
    key_prefix: str | None = None
    mode: str = "live"
    user_id: int | None = None
    request_id: str | None = None
    authority: Authority | None = None

    @property
    def is_testing(self) -> bool:
        """Whether nothing that it does may leave the server (X4)."""
        return self.mode == "test"


@dataclass(frozen=True)
class Writes:
    """What writing needs to know of the server: made once."""

    catalog: Catalog
    ids: IdCodec
    events: Table
    restore_days: int = 30  # for which deleted records are kept; 0 keeps none
    secret: str = ""  # of the installation: what is derived from it is not in the database
    _tellers: dict[str, Mapping[str, "Teller"]] = field(default_factory=dict)

    def tellers(self, noun: Noun) -> Mapping[str, "Teller"]:
        """By column that an event tells: its API name, and how a value is written."""
        found = self._tellers.get(noun.name)
        if found is None:
            found = self._tellers[noun.name] = dict(self._made(noun))
        return found

    def _made(self, noun: Noun) -> Iterator[tuple[str, "Teller"]]:
        for column in noun.table.columns:
            exposure: Exposure = column.info["exposure"]
            if exposure.refers_to is not None:
                yield column.name, (camel(column.name), self._reference(self.catalog.by_table[exposure.refers_to]))
            elif exposure.public and column.name not in _UNTOLD:
                yield column.name, (camel(column.name), _telling(exposure))

    def _reference(self, noun: Noun) -> Callable[[Any], Any]:
        base, encode = self.ids.base(noun.number), self.ids.encode
        return lambda key: None if key is None else encode(base + key)


@dataclass(slots=True)
class Transaction:
    """One transaction. `now` is the moment of all that it writes; `path` leads to what its verb was given."""

    writes: Writes
    writer: Writer
    actor: Actor
    now: datetime = field(default_factory=now)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def workspace_id(self) -> int:
        return self.actor.workspace_id

    def noun(self, name: str) -> Noun:
        return self.writes.catalog.nouns[name]

    def id_of(self, noun: Noun, key: int) -> str:
        """The id that the API shows for a record."""
        ids = self.writes.ids
        return ids.encode(ids.base(noun.number) + key)

    async def execute(self, statement: SQL, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement; `workspace` and `now` are parameters that every statement can have.

        Keep the statement (a constant, or from an `lru_cache`): it is compiled once.
        """
        given = {"workspace": self.actor.workspace_id, "now": self.now}
        return await self.writer.execute(statement, {**given, **params} if params else given)

    async def execute_many(self, statement: SQL, rows: Sequence[Mapping[str, Any]]) -> None:
        """Runs a statement that answers nothing for each of some parameters."""
        given = {"workspace": self.actor.workspace_id, "now": self.now}
        await self.writer.run_many(command_of(statement, self.writer.dialect), [{**given, **row} for row in rows])

    async def read(self, reading: Reading[T]) -> T:
        """Runs a reading inside the transaction: it sees what has been changed."""
        return await self.writer.read(reading)

    async def exist(self, noun: Noun, keys: Collection[int]) -> set[int]:
        """Which of these are keys of records of the workspace; they stay there until the transaction ends."""
        rows = await self.execute(_existing(noun.table, noun.workspace_column), {"ids": list(keys)})
        return {row[0] for row in rows}

    def emit(
        self,
        type_: str,
        noun: Noun,
        key: int,
        changes: Mapping[str, Any],
        *,
        called: str | None = None,
        count: int = 1,
        aggregate: str | None = None,
    ) -> None:
        """Tells a change: `type_` as `contact.created`, the record, and by field `{"old", "new"}`."""
        actor = self.actor
        self.events.append(
            {
                "workspace_id": actor.workspace_id,
                "created_at": self.now,
                "updated_at": self.now,
                "version": 1,
                "at": self.now,
                "type": type_,
                "key_prefix": actor.key_prefix,
                "mode": actor.mode,
                "request_id": actor.request_id,
                "subject_type": noun.name,
                "subject_id": self.writes.ids.base(noun.number) + key,
                "subject_key": called,
                "changes": changes,
                "actor_key_id": actor.key_id,
                "acting_user_id": actor.user_id,
                "count": count,
                "aggregate": aggregate,
            }
        )

    def told(self, noun: Noun, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
        """A record that is new or gone as an event tells it: what it has by API name, as `{"old", "new"}`."""
        tellers = self.writes.tellers(noun)
        record = new or old or {}
        changes: dict[str, Any] = {}
        for column, (name, tell) in tellers.items():
            value = record.get(column)
            if value is not None:
                shown = tell(value)
                changes[name] = {"old": None, "new": shown} if old is None else {"old": shown, "new": None}
        return changes


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp_text(moment)


def _telling(exposure: Exposure) -> Callable[[Any], Any]:
    """How the API shows a value of this column."""
    if exposure.enum is not None:
        return {member.value: member.name for member in exposure.enum}.get
    return _time if exposure.kind is Kind.DATETIME else _plain


def _plain(value: Any) -> Any:
    return value


@cache
def _existing(table: Table, workspace_column: str) -> Select[Any]:
    mine = table.c[workspace_column] == bindparam("workspace", type_=BigInt)
    # As foreign keys do, but before a record that is referred to has gone to the trash, which foreign keys do not mind.
    return select(table.c.id).where(mine, among(table.c.id, "ids")).with_for_update(read=True, key_share=True)
