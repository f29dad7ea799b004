"""SQLite's transactions: one at a time, on a connection of their own.

Statements run on the event loop as long as they are short. One that is not is interrupted, which rolls the transaction
back; the work is then begun again with its statements in a thread, as that of bulk transactions is from the start.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Table

from app.errors import Unavailable
from app.logs import log_notice
from app.metrics import Load
from app.settings import Settings
from app.store.bulk import insert_all, rows_into_driver
from app.store.dialect import SQLITE
from app.store.reading import Row, T
from app.store.sqlite_connection import connect, prepare_writer
from app.store.writing import Collision, Work, Writer

_AT_ONCE = 0.02  # seconds that one statement may hold up everybody else
_STEPS = 2_000  # of SQLite's virtual machine between two looks at the clock
_STEPS_IN_THREAD = 100_000  # each look waits for the interpreter, 5 ms while the event loop is busy
_CHECKPOINT = 200  # transactions between two copies of the log to the database, which take 10 ms or more
_OF_MANY = 25  # transactions that one of many rows counts for: it writes some 500 pages
_LONG_LOG = 16_000  # pages: 64 MB
_ROWS = 500  # a statement; SQLite allows 32,766 parameters
_PAUSE = 0.02  # seconds between two looks at a lock that another process holds, at most

# What a check finds the next time, because another was faster; any other violation is a defect of ours.
_RACES = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
}

A = TypeVar("A")


class _TooLong(Exception):
    """A statement was interrupted on the event loop."""


class Transactions:
    """The connection for writing, and whose turn it is."""

    def __init__(self, settings: Settings, path: Path, load: Load) -> None:
        self._path = path
        self._load = load
        self._acquire_timeout = settings.acquire_timeout
        self._statement_timeout = settings.statement_timeout
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-write")
        self._copier = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-copy")
        self._connection: sqlite3.Connection | None = None
        self._deadline = 0.0  # of the statement that runs
        self._copying: sqlite3.Connection | None = None
        self._uncopied = 0  # transactions since the last checkpoint
        self._log = 0  # pages of the log, when they were last counted

    async def attempt(self, work: Work[T], *, bulk: bool, dry_run: bool) -> T:
        """Does the work in one transaction."""
        try:
            return await self._attempt(work, in_thread=bulk, dry_run=dry_run)
        except _TooLong:
            return await self._attempt(work, in_thread=True, dry_run=dry_run)

    async def run(self, step: Callable[[], A], *, in_thread: bool) -> A:
        """Runs a step on the connection, and says in our terms what went wrong."""
        load = self._load
        load.statements += 1
        began = time.monotonic()
        self._deadline = began + (self._statement_timeout if in_thread else _AT_ONCE)
        try:
            if not in_thread:
                return step()
            return await asyncio.get_running_loop().run_in_executor(self._thread, step)
        except asyncio.CancelledError:
            self._deadline = 0.0  # the thread stops at its next look at the clock
            raise
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode in _RACES:
                raise Collision from error
            raise
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                raise
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise Unavailable from error
            if not in_thread:
                raise _TooLong from error
            raise Unavailable("The statement took longer than this server allows.") from error
        finally:
            load.seconds += time.monotonic() - began

    async def close(self) -> None:
        await self._turn.acquire()  # whoever still writes may finish
        self._thread.shutdown()
        self._copier.shutdown()
        for connection in (self._copying, self._connection):
            if connection is not None:
                connection.close()

    async def _attempt(self, work: Work[T], *, in_thread: bool, dry_run: bool) -> T:
        connection = await self._begun()
        connection.set_progress_handler(self._is_late, _STEPS_IN_THREAD if in_thread else _STEPS)
        writer = SQLiteWriter(self, connection, in_thread=in_thread)
        try:
            result = await work(writer)
            await writer.settle()
            if not dry_run:
                await self.run(connection.commit, in_thread=in_thread)
            return result
        finally:
            writer.abandon()
            self._uncopied += _OF_MANY if in_thread else 1
            if in_thread or self._log > _LONG_LOG:
                # Behind whatever the thread still does for a caller who has gone.
                ending = asyncio.get_running_loop().run_in_executor(self._thread, self._end, connection)
                ending.add_done_callback(lambda _: self._turn.release())
            else:
                connection.rollback()  # does nothing after a commit
                self._turn.release()
            if self._uncopied >= _CHECKPOINT:
                self._uncopied = 0
                self._copier.submit(self._copy)

    async def _begun(self) -> sqlite3.Connection:
        """The connection, in a transaction that is the only one of all processes."""
        try:
            async with asyncio.timeout(self._acquire_timeout):
                await self._turn.acquire()
                try:
                    return await self._begin()
                except BaseException:
                    self._turn.release()
                    raise
        except TimeoutError:
            raise Unavailable("The server is busy; try again shortly.") from None

    async def _begin(self) -> sqlite3.Connection:
        self._deadline = time.monotonic() + self._statement_timeout
        while True:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                self._connection.execute("BEGIN IMMEDIATE")
                return self._connection
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the rest says which kind of busy
                    raise Unavailable from error
            await asyncio.sleep(random.uniform(_PAUSE / 2, _PAUSE))

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path, self._is_late, _STEPS, wait=0)
        prepare_writer(connection)
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # it would hold up the event loop
        connection.execute(f"PRAGMA journal_size_limit = {_LONG_LOG * 4096}")
        return connection

    def _end(self, connection: sqlite3.Connection) -> None:
        connection.rollback()
        if self._log > _LONG_LOG:
            # While others write, the log is never copied whole, and grows: so now nobody does.
            self._log = _checkpoint(connection)

    def _copy(self) -> None:
        """Copies the log to the database, beside whoever writes meanwhile: it waits for the disk."""
        try:
            if self._copying is None:
                self._copying = sqlite3.connect(self._path, check_same_thread=False)
            self._log = _checkpoint(self._copying)
        except sqlite3.Error as error:  # nobody waits for it, and what was committed stands in the log
            log_notice("log of SQLite not copied", told=str(error))


def _checkpoint(connection: sqlite3.Connection) -> int:
    """Copies what can be copied; how many pages of the log are left behind."""
    [(_, log, copied)] = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return int(log if copied < log else 0)


class SQLiteWriter(Writer):
    """A transaction on the connection, whose turn it is."""

    def __init__(self, transactions: Transactions, connection: sqlite3.Connection, *, in_thread: bool) -> None:
        super().__init__(SQLITE)
        self._transactions = transactions
        self._connection = connection
        self._in_thread = in_thread
        self._begun: asyncio.Task[Any] | None = None  # a statement that a thread runs, and nobody waits for yet

    async def fetch(self, text: str, values: Sequence[Any] = ()) -> Sequence[Row]:
        return await self._run(partial(self._fetch, text, values))

    async def repeat(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        await self._run(partial(self._connection.executemany, text, rows))

    async def insert_many(self, table: Table, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        """In a thread the last rows are only begun, and what is wrong with them is told by whatever comes next.

        So Python makes their events and results while SQLite writes them.
        """
        convert = rows_into_driver(self.dialect.sqlalchemy, table, columns)
        records = convert(map(itemgetter(*columns), rows))
        # Many rows a statement, because the search index is flushed after each statement: four times as fast.
        while chunk := list(islice(records, _ROWS)):
            insert = partial(self._fetch, *insert_all(table, columns, chunk))
            await self.settle()
            inserting = self._transactions.run(insert, in_thread=self._in_thread)
            if self._in_thread:
                self._begun = asyncio.create_task(inserting)
                self._begun.add_done_callback(_note_failure)
                await asyncio.sleep(0)  # which hands it to the thread
            else:
                await inserting

    async def settle(self) -> None:
        """Waits for what a thread has begun."""
        if self._begun is not None:
            begun, self._begun = self._begun, None
            await begun

    def abandon(self) -> None:
        """Stops what a thread has begun and nobody has waited for."""
        if self._begun is not None:
            self._begun.cancel()

    def _fetch(self, text: str, values: Sequence[Any]) -> Sequence[Row]:
        return self._connection.execute(text, values).fetchall()

    async def _run(self, step: Callable[[], A]) -> A:
        await self.settle()
        return await self._transactions.run(step, in_thread=self._in_thread)


def _note_failure(task: "asyncio.Task[Any]") -> None:
    """Asyncio would complain where the work has failed before it waited."""
    if not task.cancelled():
        task.exception()
