"""Writes the events of a transaction, as its last statement before COMMIT.

In a workspace the ids of events rise in the order of commits, so that who reads on from the last one it has seen skips
none. SQLite has one writer at a time; on PostgreSQL a lock that ends with the transaction is taken before ids are
drawn.
"""

from functools import cache

from sqlalchemy import (
    BigInteger,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql.selectable import Subquery

from app.write.transaction import Transaction

_LOCKS = 0x6C67 << 48
"""The advisory locks of event streams: this and the number of the workspace."""


async def write_events(tx: Transaction) -> None:
    """Writes what was emitted; the database draws the ids of the events here and no earlier."""
    if not tx.events:
        return
    table = tx.writes.events
    orderly = tx.writer.dialect.name == "postgresql"
    turn = {"turn": _LOCKS + tx.workspace_id}
    if len(tx.events) == 1:
        await tx.execute(_insert_in_turn(table) if orderly else _insert(table), tx.events[0] | turn)
        return
    if orderly:
        await tx.execute(_take_turn(), turn)
    await tx.writer.insert_many(table, [column.name for column in table.columns if column.name != "id"], tx.events)


async def count_event(tx: Transaction, aggregate: str, times: int) -> bool:
    """Counts an event that is there; whether there is one. Until the end of the transaction nobody else makes it."""
    if tx.writer.dialect.name == "postgresql":
        await tx.execute(_take_turn(), {"turn": _LOCKS + tx.workspace_id})
    return bool(await tx.execute(_count(tx.writes.events), {"event": aggregate, "times": times}))


@cache
def _count(table: Table) -> Update:
    mine = table.c.workspace_id == bindparam("workspace", type_=table.c.workspace_id.type)
    counted = table.c.count + bindparam("times", type_=table.c.count.type)
    changed = {"count": counted, "updated_at": bindparam("now", type_=table.c.updated_at.type)}
    this = update(table).where(mine, table.c.aggregate == bindparam("event", type_=table.c.aggregate.type))
    return this.values(changed).returning(table.c.id)


@cache
def _insert(table: Table) -> Insert:
    return insert(table).values({c.name: bindparam(c.name, type_=c.type) for c in table.columns if c.name != "id"})


@cache
def _insert_in_turn(table: Table) -> Insert:
    """The lock is a row that the inserted one is made from, so it is had before the id is drawn; a round trip less."""
    columns = [column for column in table.columns if column.name != "id"]
    row = select(*(bindparam(column.name, type_=column.type) for column in columns)).select_from(_turn())
    return insert(table).from_select([column.name for column in columns], row, include_defaults=False)


@cache
def _take_turn() -> Select[int]:
    return select(literal_column("1", BigInteger)).select_from(_turn())


def _turn() -> Subquery:
    lock = func.pg_advisory_xact_lock(bindparam("turn", type_=BigInteger))
    return select(lock.label("taken")).subquery("turn")
