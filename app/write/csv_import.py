"""Imports the rows of a CSV file into the table of a noun, in batches that each commit as a whole. Refuses single rows.

With a key column a row updates the record that has its key, also one that an earlier row made, so that a repeated
import changes nothing. An empty cell says nothing: a new record gets the default, an existing one keeps what it has.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from app.catalog import Noun
from app.store.reading import Database
from app.store.session import transaction
from app.write.csv_columns import Columns
from app.write.csv_file import Row
from app.write.csv_record import Record, Refuse, read_record, shown
from app.write.upsert import Draft, Key, Rehearsal, Table

BATCH_ROWS = 5_000
BATCH_CHARACTERS = 8_000_000


@dataclass
class Summary:
    """What became of the rows of the batches that are done."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    last_line: int = 0
    stopped: bool = False

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


@dataclass(frozen=True)
class CsvImport:
    """Into which noun of which workspace, from which columns; `defaults` of new records by column of the table."""

    noun: Noun
    workspace_id: int
    columns: Columns
    refuse: Refuse
    defaults: Mapping[str, Any] = field(default_factory=dict)

    async def run(
        self,
        database: Database,
        rows: Iterable[Row],
        summary: Summary,
        *,
        dry_run: bool = False,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Imports all rows; ends after a batch when `is_stopped`. `summary` counts what is committed, also on an error.

        A dry run counts the same and writes nothing.
        """
        with closing(Rehearsal()) as rehearsal:
            for batch in _batches(rows):
                if is_stopped():
                    summary.stopped = True
                    return
                records = [record for row in batch if (record := read_record(row, self.columns, self.refuse))]
                done = Summary(refused=len(batch) - len(records))
                if dry_run:
                    await self._rehearse(database, rehearsal, records, done)
                else:
                    await self._write(database, records, done)
                summary.created += done.created
                summary.updated += done.updated
                summary.unchanged += done.unchanged
                summary.refused += done.refused
                summary.last_line = batch[-1].line

    async def _write(self, database: Database, records: Sequence[Record], done: Summary) -> None:
        async with transaction(database) as tx:
            table = Table(self.noun, tx.connection, self.workspace_id, self.columns.filled)
            await table.lock()
            drafts: dict[Key, Draft] = {}
            if self.columns.key:
                drafts = await table.find(self.columns.key.column, self._keys(records))
            await table.save(self._apply(records, drafts, done))

    async def _rehearse(
        self, database: Database, rehearsal: Rehearsal, records: Sequence[Record], done: Summary
    ) -> None:
        drafts: dict[Key, Draft] = {}
        if self.columns.key:
            keys = self._keys(records)
            async with database.engine.connect() as connection:
                table = Table(self.noun, connection, self.workspace_id, self.columns.filled)
                drafts = await table.find(self.columns.key.column, keys)
            drafts |= rehearsal.find(keys)
        self._apply(records, drafts, done)
        rehearsal.save(drafts)

    def _apply(self, records: Sequence[Record], drafts: dict[Key, Draft], done: Summary) -> list[Draft]:
        """Brings the rows into the drafts, which it adds new ones to; all that there are afterwards."""
        key = self.columns.key
        new: list[Draft] = []
        for record in records:
            draft = drafts.get(record.values[key.column]) if key else None
            if draft is None:
                if self._is_incomplete(record):
                    done.refused += 1
                    continue
                new.append(draft := Draft({**self.defaults, **self._values(record, {})}))
                if key:
                    drafts[record.values[key.column]] = draft
                done.created += 1
            elif draft.has_twins and key:
                self.refuse(record.line, key.header, f"{shown(str(record.values[key.column]))} is in several records")
                done.refused += 1
            elif draft.change(self._values(record, draft.values)):
                done.updated += 1
            else:
                done.unchanged += 1
        return list(drafts.values()) if key else new

    def _is_incomplete(self, record: Record) -> bool:
        missing = [header for column, header in self.columns.required.items() if column not in record.values]
        for header in missing:
            self.refuse(record.line, header, f"is empty; a new {self.noun.name} needs it")
        return bool(missing)

    def _values(self, record: Record, before: Mapping[str, Any]) -> dict[str, Any]:
        """What the row says, its custom fields merged into those there were."""
        name = self.columns.custom_column
        if name is None or (not record.custom and name not in record.values):
            return record.values
        return {**record.values, name: {**before.get(name, {}), **record.values.get(name, {}), **record.custom}}

    def _keys(self, records: Sequence[Record]) -> list[Key]:
        assert self.columns.key
        return list(dict.fromkeys(record.values[self.columns.key.column] for record in records))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(map(len, row.cells))
        if len(batch) >= BATCH_ROWS or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
