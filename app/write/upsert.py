"""Finds and writes many records of a noun at once, each known by a key: bulk statements, whatever the number of rows.

`Rehearsal` answers the same and writes nothing but a temporary file, so that a dry run counts like the real one.
"""

import pickle
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalog import Noun
from app.errors import NotFound
from app.store.fold import search_text
from app.store.types import now

Key = str | int


@dataclass
class Draft:
    """A record as it is going to be: `values` by column of its table; `id` None while it is new."""

    values: dict[str, Any]
    id: int | None = None
    changes: int = 0
    has_twins: bool = False

    def change(self, values: dict[str, Any]) -> bool:
        """Takes over the values; false when nothing differs."""
        differing = {column: value for column, value in values.items() if self.values.get(column) != value}
        self.values |= differing
        self.changes += bool(differing)
        return bool(differing)


class Records(Protocol):
    """Where the records of a batch come from and go to."""

    async def find(self, column: str, keys: Collection[Key]) -> dict[Key, Draft]:
        """The records with these keys; one of several with the same key stands for all, and says so."""

    async def save(self, drafts: Iterable[Draft]) -> None:
        """Writes the new ones and the changed ones."""


class Table:
    """The records of a noun in one workspace, inside the caller's transaction."""

    def __init__(self, noun: Noun, connection: AsyncConnection, workspace_id: int, filled: Collection[str]) -> None:
        self._table = noun.table
        self._model = noun.resource.table
        self._connection = connection
        self._workspace_id = workspace_id
        self._searched = noun.resource.search if "search_text" in noun.table.c else ()
        self._filled = tuple(dict.fromkeys((*filled, *self._searched)))

    async def lock(self) -> None:
        """Keeps other imports out of the workspace, so that none makes a record twice; SQLite has one writer anyway."""
        [reference] = self._table.c.workspace_id.foreign_keys
        workspace = select(reference.column).where(reference.column == self._workspace_id)
        if await self._connection.scalar(workspace.with_for_update(key_share=True)) is None:
            raise NotFound("There is no such workspace.")

    async def find(self, column: str, keys: Collection[Key]) -> dict[Key, Draft]:
        table = self._table
        columns = [table.c[name] for name in dict.fromkeys((*self._filled, column))]
        mine = table.c.workspace_id == self._workspace_id
        found = select(table.c.id, *columns).where(mine, table.c[column].in_(keys)).order_by(table.c.id)
        drafts: dict[Key, Draft] = {}
        for row in (await self._connection.execute(found.with_for_update())).mappings():
            values = dict(row)
            draft = Draft(values, id=values.pop("id"))
            draft.has_twins = values[column] in drafts
            drafts[values[column]] = draft
        return drafts

    async def save(self, drafts: Iterable[Draft]) -> None:
        new: list[Draft] = []
        changed: list[Draft] = []
        for draft in drafts:
            if draft.id is None:
                new.append(draft)
            elif draft.changes:
                changed.append(draft)
        if new:
            await self._insert(new)
        if changed:
            await self._update(changed)

    async def _insert(self, drafts: Sequence[Draft]) -> None:
        moment = now()
        fields = self._model.model_fields.items()
        default = {name: info.get_default(call_default_factory=True) for name, info in fields if not info.is_required()}
        default |= {"workspace_id": self._workspace_id, "created_at": moment, "updated_at": moment}
        del default["id"]
        rows = [default | draft.values | self._derived(draft) | {"version": 1 + draft.changes} for draft in drafts]
        # RETURNING makes SQLAlchemy write many rows per statement. Statements are what costs: after each one, SQLite
        # flushes the search index that a trigger wrote to (75 µs a row, 18 µs this way).
        await self._connection.execute(insert(self._table).returning(self._table.c.id), rows)

    async def _update(self, drafts: Sequence[Draft]) -> None:
        table = self._table
        derived = ("search_text",) if self._searched else ()
        written: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*self._filled, *derived, "updated_at")}
        this = (table.c.id == bindparam("this_id"), table.c.workspace_id == self._workspace_id)
        changed = update(table).where(*this).values({**written, "version": table.c.version + bindparam("changes")})
        moment = now()
        rows = [
            {f"new_{name}": value for name, value in (draft.values | self._derived(draft)).items()}
            | {"this_id": draft.id, "changes": draft.changes, "new_updated_at": moment}
            for draft in drafts
        ]
        await self._connection.execute(changed, rows)

    def _derived(self, draft: Draft) -> dict[str, str]:
        if not self._searched:
            return {}
        return {"search_text": search_text(*(draft.values.get(name) for name in self._searched))}


class Rehearsal:
    """Records as they would be after what was saved here; they are kept in a file of their own while this is open."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._file.execute("CREATE TABLE draft (key PRIMARY KEY, pickled BLOB)")

    def close(self) -> None:
        self._file.close()

    def find(self, keys: Iterable[Key]) -> dict[Key, Draft]:
        found = {}
        for key in keys:
            row = self._file.execute("SELECT pickled FROM draft WHERE key = ?", (key,)).fetchone()
            if row:
                found[key] = pickle.loads(row[0])
        return found

    def save(self, drafts: dict[Key, Draft]) -> None:
        rows = ((key, pickle.dumps(draft)) for key, draft in drafts.items())
        self._file.executemany("INSERT OR REPLACE INTO draft VALUES (?, ?)", rows)
