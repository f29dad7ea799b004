"""Moves records from one workspace to another, and with them whatever is deleted when they are.

That is read from the foreign keys that say `ON DELETE CASCADE`, and from those that point to what these bring along.
"""

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Table, Update, bindparam, select, update

from app.store.command import among
from app.store.types import BigInt
from app.write.transaction import Transaction

_Moved: TypeAlias = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""Whether a column holds the key of a record that moves."""


async def move(tx: Transaction, table: Table, keys: Collection[int], *, source: int, target: int) -> None:
    """Moves the records of a table that have these keys and are in the workspace `source`."""
    for statement in _statements(table):
        await tx.execute(statement, {"keys": keys, "source": source, "target": target})


@cache
def _statements(table: Table) -> tuple[Update, ...]:
    return tuple(_updates(table, lambda column: among(column, "keys"), table.c.id))


def _updates(table: Table, moved: _Moved, column: ColumnElement[Any]) -> Iterator[Update]:
    """Moves the rows of a table of which `column` is the key of what moves, then what belongs to these rows."""
    here = table.c.workspace_id == bindparam("source", type_=BigInt)
    yield update(table).where(here, moved(column)).values(workspace_id=bindparam("target", type_=BigInt))
    of_rows = moved if column.name == "id" else _rows_of(table, moved, column)
    for dependent in table.metadata.tables.values():
        if "workspace_id" in dependent.c:
            for key in dependent.foreign_keys:
                if key.column.table is table and key.ondelete == "CASCADE":
                    yield from _updates(dependent, of_rows, key.parent)


def _rows_of(table: Table, moved: _Moved, column: ColumnElement[Any]) -> _Moved:
    return lambda reference: reference.in_(select(table.c.id).where(moved(column)))
