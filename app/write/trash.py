"""Deletion that can be undone: a deleted record moves into its workspace's trash, a workspace that no key opens.

The workspace rule, which every statement obeys, is thus all that hides it; and values that are unique in the workspace
are free again. What would be deleted with it moves along (moving.py). Pairs, which have no workspace, stay: whoever
reads them reads both ends under the rule.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    ForeignKey,
    Index,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    literal_column,
    null,
    select,
    update,
)
from sqlmodel import SQLModel

from app.catalog import Noun
from app.store.command import among
from app.store.types import BigInt, Json, Timestamp, varchar
from app.verb import Problem, Rejected, UserErrorCode
from app.write import records
from app.write.checking import Entry
from app.write.moving import move
from app.write.transaction import Transaction
from app.write.trash_workspace import trash_of

deleted_record = Table(
    "deleted_record",
    SQLModel.metadata,
    Column("table_name", varchar(64), primary_key=True),
    Column("record_id", BigInt, primary_key=True, autoincrement=False),
    Column("workspace_id", BigInt, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    Column("deleted_at", Timestamp(), nullable=False),
    Column("unique_values", Json(), nullable=False),
    Index("ix_deleted_record_oldest", "workspace_id", "deleted_at"),
)
"""What was deleted from which workspace, when, and the values that it had to itself until then."""

_KEY = ("table_name", "record_id")
_PURGED_AT_ONCE = 100  # records that are too old to be restored, at every deletion


async def trash(tx: Transaction, noun: Noun, befores: Iterable[Mapping[str, Any]]) -> None:
    """Deletes records so that they can be restored; for good where the server keeps none."""
    befores = list(befores)
    if not befores:
        return
    if not tx.writes.restore_days:
        await records.delete_all(tx, noun, befores)
        return
    records.tell_deleted(tx, noun, befores)
    keys, unique = [before["id"] for before in befores], _unique(noun.table)
    kept = [{"record_id": before["id"], "unique_values": {name: before[name] for name in unique}} for before in befores]
    await tx.execute_many(_keep(), [{"table_name": noun.table.name, **each} for each in kept])
    await tx.execute(_clear(noun.table, unique), {"ids": keys})
    await move(tx, noun.table, keys, source=tx.workspace_id, target=await trash_of(tx))
    await _purge_oldest(tx)


async def restore(tx: Transaction, noun: Noun, key: int) -> int:
    """Brings a deleted record back, by its key or that of one that was merged into it; gives its own.

    `Rejected` where there is none, or where what it had to itself is another's now.
    """
    key, deleted_at, values = await _find(tx, noun, key)
    if deleted_at < _oldest(tx):
        raise _missing(noun)
    names = {attribute.column.name: name for name, attribute in noun.attributes.items()}
    entry = Entry((), values, names, id=key)
    await records.check_unique(tx, noun, [entry])
    if entry.problems:
        raise Rejected(*(Problem(("id",), problem.message, problem.code) for problem in entry.problems))
    await move(tx, noun.table, [key], source=await trash_of(tx), target=tx.workspace_id)
    await tx.execute(_give_back(noun.table, tuple(values)), {"record_id": key, **values})
    await tx.execute(_forget(), {"table_name": noun.table.name, "ids": [key]})
    restored = (await records.find(tx, noun, [key]))[key]
    tx.emit(f"{noun.resource.event}.restored", noun, key, tx.told(noun, None, restored))
    return key


async def purge(tx: Transaction, noun: Noun, key: int) -> int:
    """Deletes a deleted record for good, as `restore` finds it; gives its key, or is `Rejected`."""
    key, *_ = await _find(tx, noun, key)
    await _purge_all(tx, noun, [key])
    return key


async def _find(tx: Transaction, noun: Noun, key: int) -> tuple[int, datetime, dict[str, Any]]:
    """The key of a deleted record, when it was deleted, and the values that it had to itself."""
    found = await tx.execute(_deleted(), {"table_name": noun.table.name, "record_id": key})
    if found:
        return key, *found[0]
    if noun.resource.merged is not None:
        for (into,) in await tx.execute(_led(noun.resource.merged), {"old": key, "trash": await trash_of(tx)}):
            return await _find(tx, noun, into)
    raise _missing(noun)


def _missing(noun: Noun) -> Rejected:
    message = f"There is no deleted {noun.resource.singular} with this id."
    return Rejected(Problem(("id",), message, UserErrorCode.NOT_FOUND))


def _oldest(tx: Transaction) -> datetime:
    """Whatever was deleted before is not restored any more."""
    return tx.now - timedelta(days=tx.writes.restore_days)


async def _purge_oldest(tx: Transaction) -> None:
    found = await tx.execute(_too_old(), {"oldest": _oldest(tx)})
    for table_name, rows in groupby(sorted(found), itemgetter(0)):
        await _purge_all(tx, tx.writes.catalog.by_table[table_name], [key for _, key in rows])


async def _purge_all(tx: Transaction, noun: Noun, keys: list[int]) -> None:
    await tx.execute(_delete(noun.table), {"ids": keys, "trash": await trash_of(tx)})
    await tx.execute(_forget(), {"table_name": noun.table.name, "ids": keys})
    for key in keys:
        tx.emit(f"{noun.resource.event}.purged", noun, key, {})


def _unique(table: Table) -> tuple[str, ...]:
    """The columns of which no two records of a workspace have the same value; they can be null."""
    return tuple(columns[-1] for columns in records.unique_columns(table))


def _mine(table: Table) -> ColumnElement[bool]:
    return table.c.workspace_id == bindparam("workspace", type_=BigInt)


@cache
def _keep() -> Insert:
    given = {c.name: bindparam(c.name, type_=c.type) for c in deleted_record.columns}
    given |= {"workspace_id": bindparam("workspace", type_=BigInt), "deleted_at": bindparam("now", type_=Timestamp())}
    return insert(deleted_record).values(given)


@cache
def _deleted() -> Select[Any]:
    this = (deleted_record.c[name] == bindparam(name, type_=deleted_record.c[name].type) for name in _KEY)
    columns = (deleted_record.c.deleted_at, deleted_record.c.unique_values)
    return select(*columns).where(_mine(deleted_record), *this).with_for_update()


@cache
def _led(merged: Table) -> Select[Any]:
    there = merged.c.workspace_id == bindparam("trash", type_=BigInt)
    return select(merged.c.new_id).where(there, merged.c.old_id == bindparam("old", type_=BigInt))


@cache
def _too_old() -> Select[Any]:
    at = deleted_record.c.deleted_at
    oldest_first = select(*(deleted_record.c[name] for name in _KEY)).order_by(at, deleted_record.c.record_id)
    found = oldest_first.where(_mine(deleted_record), at < bindparam("oldest", type_=Timestamp()))
    return found.limit(literal_column(str(_PURGED_AT_ONCE))).with_for_update(skip_locked=True)


@cache
def _forget() -> Delete:
    of_table = deleted_record.c.table_name == bindparam("table_name", type_=deleted_record.c.table_name.type)
    return delete(deleted_record).where(_mine(deleted_record), of_table, among(deleted_record.c.record_id, "ids"))


@lru_cache
def _clear(table: Table, columns: tuple[str, ...]) -> Update:
    return update(table).where(_mine(table), among(table.c.id, "ids")).values(dict.fromkeys(columns, null()))


@lru_cache
def _give_back(table: Table, columns: tuple[str, ...]) -> Update:
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    touched = {"version": table.c.version + 1, "updated_at": bindparam("now", type_=Timestamp())}
    this = table.c.id == bindparam("record_id", type_=BigInt)
    return update(table).where(_mine(table), this).values({**values, **touched})


@cache
def _delete(table: Table) -> Delete:
    there = table.c.workspace_id == bindparam("trash", type_=BigInt)
    return delete(table).where(there, among(table.c.id, "ids"))
