"""Writes rows given as dicts: takes their ids, fills in the version, copies them."""

from operator import itemgetter
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from app.resource import table_of
from app.store.bulk import copy_rows, take_ids


class Writer:
    """Rows into tables, in one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, model: type[SQLModel], rows: list[dict[str, Any]]) -> list[int]:
        """Writes rows of the same columns, sets `id` on each and returns the ids; `version` is 1 if it is not given.

        A column that they leave out has its default: a field that is new need not be known to the demo.
        """
        if not rows:
            return []
        table = table_of(model)
        ids = await take_ids(self._connection, table, len(rows))
        fields = [(name, info) for name, info in model.model_fields.items() if name not in rows[0]]
        left_out = {name: info.default for name, info in fields if not info.is_required() and info.default is not None}
        for number, row in zip(ids, rows, strict=True):
            row.update(left_out, id=number)
            row.setdefault("version", 1)
        names = [column.name for column in table.columns if column.name in rows[0]]
        await copy_rows(self._connection, table, names, map(itemgetter(*names), rows))
        return list(ids)

    async def pair(self, table: Table, pairs: list[tuple[int, int]]) -> None:
        """Writes the rows of a table of pairs, in the order of its columns."""
        await copy_rows(self._connection, table, table.columns.keys(), pairs)
