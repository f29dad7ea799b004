"""Records that rows stand for: found, checked, written.

`Rehearsal` does the same and writes nothing but a temporary file, so that a dry run of many batches counts like the
real one, though each is a transaction of its own and later rows may be about what earlier ones have made.
"""

import pickle
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from app.catalog import Noun
from app.verb import UserErrorCode
from app.write import records, standard
from app.write.checking import Entry
from app.write.transaction import Transaction


class Records:
    """The records of a noun."""

    def __init__(self, noun: Noun) -> None:
        self.noun = noun

    def begin(self) -> None:
        """A batch begins, perhaps once more."""

    async def find(self, tx: Transaction, column: str, values: Collection[Any]) -> list[Mapping[str, Any]]:
        """Those that have one of the values; until the transaction ends, nobody else can make one in this way."""
        await records.lock_workspace(tx, self.noun)
        return await records.find_by(tx, self.noun, column, values)

    async def check(self, tx: Transaction, entries: list[Entry]) -> None:
        """Notes what is wrong with the entries."""
        await standard.prepare(tx, self.noun, entries)

    async def save(self, tx: Transaction, entries: Sequence[Entry]) -> Collection[int | None]:
        """Writes the new ones and the changed ones; gives the keys of the latter."""
        new = [entry for entry in entries if entry.before is None]
        await records.create(tx, self.noun, new)
        changed = await records.update_all(tx, self.noun, [entry for entry in entries if entry.before is not None])
        await standard.finish(tx, self.noun, [*new, *changed])
        return {entry.id for entry in changed}

    def end(self) -> None:
        """A batch is done."""

    def close(self) -> None:
        """No batch follows."""


class Rehearsal(Records):
    """The records as they would be."""

    def __init__(self, noun: Noun, key: str | None) -> None:
        super().__init__(noun)
        self._unique = records.unique_columns(noun.table)
        self._known_by = dict.fromkeys([*self._unique, *([(key,)] if key else [])])
        fields = noun.resource.table.model_fields.items()
        self._defaults = {
            name: info.get_default(call_default_factory=True) for name, info in fields if not info.is_required()
        }
        self._keys = count(-1, -1)  # which no record has
        self._file = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._file.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, pickled BLOB)")
        self._file.execute("CREATE TABLE known (value PRIMARY KEY, id INTEGER) WITHOUT ROWID")

    def begin(self) -> None:
        self._file.rollback()

    async def find(self, tx: Transaction, column: str, values: Collection[Any]) -> list[Mapping[str, Any]]:
        found = {record["id"]: record for record in await super().find(tx, column, values)}
        for value in values:
            found |= {record["id"]: record for record in self._known((column,), (value,))}
        return list(found.values())

    async def check(self, tx: Transaction, entries: list[Entry]) -> None:
        await super().check(tx, entries)
        for entry in entries:
            for columns in self._unique:
                values = tuple(map(entry.value, columns))
                if None not in values and any(known["id"] != entry.id for known in self._known(columns, values)):
                    entry.reject(columns[-1], "Another row has this, which must be unique.", UserErrorCode.TAKEN)

    async def save(self, tx: Transaction, entries: Sequence[Entry]) -> Collection[int | None]:
        changed = set()
        for entry in entries:
            before = entry.before
            if before is None:
                self._keep({**self._defaults, **entry.values, "id": next(self._keys)})
            elif any(before[column] != value for column, value in entry.values.items()):
                self._keep({**before, **entry.values})
                changed.add(entry.id)
        return changed

    def end(self) -> None:
        self._file.commit()

    def close(self) -> None:
        self._file.close()

    def _keep(self, record: Mapping[str, Any]) -> None:
        self._file.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (record["id"], pickle.dumps(record)))
        for columns in self._known_by:
            values = tuple(record[column] for column in columns)
            if None not in values:
                self._file.execute(
                    "INSERT OR REPLACE INTO known VALUES (?, ?)", (repr((columns, values)), record["id"])
                )

    def _known(self, columns: tuple[str, ...], values: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
        sought = "SELECT pickled FROM record JOIN known USING (id) WHERE value = ?"
        for (pickled,) in self._file.execute(sought, (repr((columns, values)),)):
            yield pickle.loads(pickled)
