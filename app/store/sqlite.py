"""SQLite: readings, whose short statements run at once and long ones in threads; SQLAlchemy's engine for commands.

A hop to a thread and back takes 30 to 60 µs of CPU, most statements take less. So each statement is begun where it is
asked for, and SQLite interrupts it when a reading has held up everybody else for too long; it is then run again in a
thread, as is from then on whatever has its text, until it proves to be short.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

from app.errors import Unavailable
from app.metrics import Load
from app.settings import Settings, sqlite_path
from app.store.reading import Reading, Row, Statement, T
from app.store.sqlite_connection import connect, prepare_writer
from app.store.sqlite_writer import Transactions
from app.store.writing import Work, begin_again

_AT_ONCE = 0.002  # seconds of a reading
_STEPS_AT_ONCE = 2_000  # of SQLite's virtual machine between two looks at the clock: some 50 µs
_STEPS_IN_THREAD = 100_000
_ONE_STEP = " MATCH "  # a full-text search cannot be interrupted: it goes to a thread, however short
_LONG_REMEMBERED = 10_000  # statements


@dataclass(slots=True)
class _Job:
    """A statement for a thread: when it must have begun, then when it must have ended."""

    deadline: float


class SQLite:
    """A file. Readers do not wait for writers, nor writers for readers (WAL)."""

    name = "sqlite"

    def __init__(self, settings: Settings) -> None:
        self.url = settings.database
        path = sqlite_path(settings.database)
        assert path is not None
        self._path = path
        self._timeout = settings.statement_timeout
        self._acquire_timeout = settings.acquire_timeout
        self._until = 0.0  # when a statement that was begun at once is interrupted
        self._at_once: sqlite3.Connection | None = None
        self.long: set[int] = set()  # hashes of the texts of statements that go to threads; texts may be long, too
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self.load = Load(min(settings.pool_size, 4))
        self._threads = ThreadPoolExecutor(max_workers=self.load.limit, thread_name_prefix="sqlite-read")
        self._transactions = Transactions(settings, path, self.load)
        self.engine = create_async_engine(settings.database)
        event.listen(self.engine.sync_engine, "connect", _prepare_writer)
        event.listen(self.engine.sync_engine, "begin", _begin_immediate)

    async def read(self, reading: Reading[T]) -> T:
        load = self.load
        load.readings += 1
        until = time.monotonic() + _AT_ONCE
        try:
            statement = next(reading)
            while True:
                rows = None
                if hash(statement.text) not in self.long and _ONE_STEP not in statement.text:
                    rows = self._run_at_once(statement, until)
                if rows is None:
                    rows = await self._run_in_thread(statement)
                statement = reading.send(rows)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                raise
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise Unavailable("The statement took longer than this server allows.") from error
            raise Unavailable from error
        finally:
            reading.close()
            load.readings -= 1

    async def write(self, work: Work[T], *, bulk: bool = False, dry_run: bool = False) -> T:
        return await begin_again(partial(self._transactions.attempt, work, bulk=bulk, dry_run=dry_run))

    async def close(self) -> None:
        await self._transactions.close()
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()
        await self.engine.dispose()

    def _run_at_once(self, statement: Statement, until: float) -> list[Row] | None:
        """The rows, if they are there by `until`."""
        began = time.monotonic()
        if began > until:
            return None
        if self._at_once is None:
            self._at_once = self._connect(lambda: time.monotonic() > self._until, _STEPS_AT_ONCE, wait=0)
        self._until = until
        try:
            rows = self._at_once.execute(statement.text, statement.values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                self._remember(statement)
                return None
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:  # the rest says which kind of busy
                return None
            raise
        seconds = time.monotonic() - began
        self._count(seconds)
        if seconds > _AT_ONCE:  # of few steps, each of them long
            self._remember(statement)
        return rows

    def _remember(self, statement: Statement) -> None:
        if len(self.long) >= _LONG_REMEMBERED:
            self.long.clear()
        self.long.add(hash(statement.text))

    async def _run_in_thread(self, statement: Statement) -> list[Row]:
        job = _Job(time.monotonic() + self._acquire_timeout)
        try:
            seconds, rows = await asyncio.get_running_loop().run_in_executor(self._threads, self._run, statement, job)
        except asyncio.CancelledError:
            job.deadline = 0.0  # whoever asked has gone: the thread stops at its next look at the clock
            raise
        if seconds < _AT_ONCE / 2:
            self.long.discard(hash(statement.text))
        return rows

    def _run(self, statement: Statement, job: _Job) -> tuple[float, list[Row]]:
        began = time.monotonic()
        if began > job.deadline:
            raise Unavailable("The server is busy; try again shortly.")
        job.deadline = began + self._timeout
        self._local.job = job
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect(
                lambda: time.monotonic() > self._local.job.deadline, _STEPS_IN_THREAD, wait=5_000
            )
        try:
            rows = connection.execute(statement.text, statement.values).fetchall()
        finally:
            seconds = time.monotonic() - began
            self._count(seconds)
        return seconds, rows

    def _count(self, seconds: float) -> None:
        # Without a lock: Python changes threads at calls and jumps, and there is none between reading and writing.
        self.load.statements += 1
        self.load.seconds += seconds

    def _connect(self, interrupted: Callable[[], bool], steps: int, *, wait: int) -> sqlite3.Connection:
        connection = connect(self._path, interrupted, steps, wait=wait)
        connection.execute("PRAGMA query_only = ON")
        self._connections.append(connection)
        return connection


def _prepare_writer(connection: Any, _: object) -> None:
    # The driver's own transactions begin too late and lose updates: we begin ours, immediately.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.close()
    prepare_writer(connection)


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
