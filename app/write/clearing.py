"""References that a deletion clears: told of each record that has one, where a change of it has an event of its own.

A contact whose stage is deleted leaves it (`contact.stage_changed`), as if it had been moved. Which references there
are is read from the foreign keys that say `ON DELETE SET NULL`, to what is deleted along (`CASCADE`) as well.
"""

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, ForeignKey, Select, Table, bindparam, func, select

from app.catalog import Noun
from app.resource import Exposure
from app.store.command import among
from app.store.types import BigInt
from app.verb import Problem, Rejected, UserErrorCode
from app.write import records
from app.write.checking import Entry
from app.write.transaction import Transaction

MOST_CLEARED = 10_000
"""Records that one deletion may change, which takes a second: others wait for it."""

_Gone: TypeAlias = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""Whether a column holds the key of a record that is deleted."""


async def clear_references(tx: Transaction, noun: Noun, keys: Collection[int]) -> list[tuple[Noun, list[Entry]]]:
    """Clears references to records that are about to go, `Rejected` if they are too many; gives what was changed."""
    cleared: list[tuple[Noun, list[Entry]]] = []
    for column, lock, count in _cleared(noun.table):
        await records.find(tx, noun, keys, alone=True)  # who is about to refer to them is waited for
        targets = [key for (key,) in await tx.execute(lock, {"keys": keys})]
        owner = tx.writes.catalog.by_table[column.table.name]
        [(times,)] = await tx.execute(count, {"targets": targets})
        if times > MOST_CLEARED:
            message = f"{times} {owner.resource.plural} refer to it, {MOST_CLEARED} may at most: change them first."
            raise Rejected(Problem(("id",), message, UserErrorCode.NOT_ALLOWED))
        entries = [
            Entry((), {column.name: None}, {}, before=record, id=record["id"])
            for record in await records.find_by(tx, owner, column.name, targets)
        ]
        cleared.append((owner, await records.update_all(tx, owner, entries)))
    return cleared


def cleared_events(noun: Noun) -> Iterator[str]:
    """The types of events that the deletion of a record may leave of others."""
    for column, _, _ in _cleared(noun.table):
        yield f"{column.table.name}.{_exposure(column).event}"


@cache
def _cleared(table: Table) -> tuple[tuple[Column[Any], Select[Any], Select[Any]], ...]:
    """Columns that are cleared when rows of a table go, with statements: lock what they refer to, count who does."""
    return tuple(
        (key.parent, _lock(key.column.table, gone), _count(key.parent))
        for key, gone in _references(table, lambda column: among(column, "keys"))
    )


def _references(table: Table, gone: _Gone) -> Iterator[tuple[ForeignKey, _Gone]]:
    for dependent in table.metadata.tables.values():
        for key in dependent.foreign_keys:
            if key.column.table is not table:
                continue
            if key.ondelete == "SET NULL" and _exposure(key.parent).event != "updated":
                yield key, gone
            elif key.ondelete == "CASCADE" and "id" in dependent.c:
                yield from _references(dependent, _rows_of(dependent, gone, key.parent))


def _rows_of(table: Table, gone: _Gone, column: ColumnElement[Any]) -> _Gone:
    return lambda reference: reference.in_(select(table.c.id).where(gone(column)))


def _exposure(column: Column[Any]) -> Exposure:
    return column.info["exposure"]  # type: ignore[no-any-return]


def _lock(table: Table, gone: _Gone) -> Select[Any]:
    return select(table.c.id).where(_mine(table), gone(table.c.id)).order_by(table.c.id).with_for_update()


def _count(column: Column[Any]) -> Select[Any]:
    return select(func.count()).where(_mine(column.table), among(column, "targets"))


def _mine(table: Any) -> ColumnElement[bool]:
    return table.c.workspace_id == bindparam("workspace", type_=BigInt)  # type: ignore[no-any-return]
