"""Imports the rows of a CSV file into a noun, in batches that each commit as a whole, with an event for each record.

With a key column a row updates the record that has its key, also one that an earlier row made, so that a repeated
import changes nothing. An empty cell says nothing: a new record gets the default, an existing one keeps what it has.
What a row says is held to the same rules as what the API is given; a row that breaks one is refused, and it alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.catalog import Noun
from app.store.reading import Database
from app.store.writing import Writer
from app.verb import Problem, UserErrorCode
from app.write.checking import Entry
from app.write.csv_columns import Columns
from app.write.csv_file import Row
from app.write.csv_record import Record, Refuse, read_record, shown
from app.write.event import write_events
from app.write.transaction import Actor, Transaction, Writes
from app.write.upsert import Records, Rehearsal

BATCH_ROWS = 1_000  # while they are written, nobody else can write to SQLite
BATCH_CHARACTERS = 8_000_000

Refusal: TypeAlias = tuple[int, str, str]
"""Line, column, reason."""


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
    """Into which noun, as whom, from which columns; `defaults` of new records by column of the table."""

    writes: Writes
    noun: Noun
    actor: Actor
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
        key = self.columns.key.column if self.columns.key else None
        with closing(Rehearsal(self.noun, key) if dry_run else Records(self.noun)) as records:
            for batch in _batches(rows):
                if is_stopped():
                    summary.stopped = True
                    return
                refusals: list[Refusal] = []
                good = self._read(batch, refusals)
                done = await self._import(database, records, good, dry_run=dry_run)
                for refusal in sorted(refusals + done.refusals, key=lambda told: told[0]):
                    self.refuse(*refusal)
                refused = len(batch) - len(good) + done.refused
                summary.created += len(good) - done.refused - done.found
                summary.updated += done.changed
                summary.unchanged += done.found - done.changed
                summary.refused += refused
                summary.last_line = batch[-1].line

    def _read(self, batch: Sequence[Row], refusals: list[Refusal]) -> list[Record]:
        def refuse(*told: Any) -> None:
            refusals.append(told)

        return [record for row in batch if (record := read_record(row, self.columns, refuse))]

    async def _import(self, database: Database, records: Records, batch: Sequence[Record], *, dry_run: bool) -> "_Done":
        async def work(writer: Writer) -> _Done:
            tx = Transaction(self.writes, writer, self.actor)
            records.begin()
            done = _Done()
            for part in self._parts(batch):
                await self._save(tx, records, part, done)
            await write_events(tx)
            return done

        done = await database.write(work, bulk=True, dry_run=dry_run)
        records.end()
        return done

    def _parts(self, batch: Sequence[Record]) -> Iterable[Sequence[Record]]:
        """The rows in turn, in each part at most one for a key: a later one is about what the earlier one has left."""
        if self.columns.key is None:
            return [batch]
        turns: dict[Any, int] = defaultdict(int)
        parts: dict[int, list[Record]] = defaultdict(list)
        for record in batch:
            value = record.values[self.columns.key.column]
            parts[turns[value]].append(record)
            turns[value] += 1
        return parts.values()

    async def _save(self, tx: Transaction, records: Records, part: Sequence[Record], done: "_Done") -> None:
        names = self.columns.names
        entries = [Entry((str(record.line),), dict(record.values), names) for record in part]
        if self.columns.key:
            await self._match(tx, records, self.columns.key.column, entries)
        for entry in entries:
            if entry.before is None:
                self._complete(entry)
        await records.check(tx, [entry for entry in entries if not entry.problems])
        sound = [entry for entry in entries if not entry.problems]
        done.found += sum(entry.before is not None for entry in sound)
        done.changed += len(await records.save(tx, sound))
        done.refused += len(entries) - len(sound)
        for problem in (problem for entry in entries for problem in entry.problems):
            line, *path = problem.path
            done.refusals.append((int(line), self.columns.header(path), problem.message))

    async def _match(self, tx: Transaction, records: Records, key: str, entries: Sequence[Entry]) -> None:
        """Gives the entries the records that have their keys."""
        by_key = {entry.values[key]: entry for entry in entries}
        for found in await records.find(tx, key, by_key):
            entry = by_key[found[key]]
            if entry.before is None:
                entry.stand_for(found)
            elif not entry.problems:
                entry.reject(key, f"{shown(str(found[key]))} is in several records", UserErrorCode.AMBIGUOUS)
        for entry in entries:
            if entry.before is not None:
                del entry.values[key]  # it is what it was, and need not be looked up again

    def _complete(self, entry: Entry) -> None:
        """Adds the defaults of a new record; refuses it without what it needs."""
        for column, header in self.columns.required.items():
            if column not in entry.values:
                message = f"is empty; a new {self.noun.name} needs it"
                entry.problems.append(Problem((*entry.path, header), message, UserErrorCode.REQUIRED))
        entry.values = {**self.defaults, **entry.values}


@dataclass
class _Done:
    """What became of the rows of a batch that could be read."""

    found: int = 0
    changed: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)


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
