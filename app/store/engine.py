"""The database of a process: a reader that runs the statements of a plan, and SQLAlchemy's engine for writes.

Readers are sans-IO: a `Reading` generator yields statements and is sent their rows, so that PostgreSQL can await each
one and SQLite can run all of a request in one hop to a worker thread (a hop costs more than most statements).
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.errors import ConfigurationError, Unavailable
from app.metrics import Load
from app.settings import Settings, sqlite_path

Row: TypeAlias = Sequence[Any]
T = TypeVar("T")

_STEPS_BETWEEN_CHECKS = 100_000  # of SQLite's virtual machine: a few milliseconds
_CACHED_STATEMENTS = 500  # prepared, a connection; each takes some 50 kB of its server


class Statement(NamedTuple):
    """SQL in the driver's own parameter style, with the values in its order."""

    text: str
    values: Sequence[Any] = ()


Reading: TypeAlias = Generator[Statement, Sequence[Row], T]
"""A piece of reading: yields statements, is sent rows, returns what it made of them."""


class Database(Protocol):
    """What the rest of the server knows of a database."""

    name: str  # "sqlite" or "postgresql"
    url: str
    engine: AsyncEngine
    load: Load

    async def read(self, reading: Reading[T]) -> T:
        """Runs a reading on one connection; `Unavailable` when none can be had."""

    async def close(self) -> None:
        """Closes every connection."""


async def open_database(settings: Settings) -> Database:
    """Opens the database that the settings name."""
    if settings.database.startswith("postgresql+asyncpg://"):
        return await _PostgreSQL.open(settings)
    if sqlite_path(settings.database) is not None:
        return _SQLite(settings)
    raise ConfigurationError("LEADGRAPH_DATABASE must start with sqlite+aiosqlite:/// or postgresql+asyncpg://")


# What PostgreSQL, or its absence, answers when it is not there, is starting or stopping, or has no connection left.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class _PostgreSQL:
    """Reads on connections of its own: those of asyncpg's pool cost 40 µs a request, its driver with all it does 24."""

    name = "postgresql"

    def __init__(self, settings: Settings) -> None:
        self.url = settings.database
        self.engine = create_async_engine(settings.database, pool_size=settings.pool_size)
        self._timeout = settings.acquire_timeout
        self._statement_timeout = settings.statement_timeout
        self._size = settings.pool_size
        self.load = Load(settings.pool_size)
        self._places = asyncio.Semaphore(settings.pool_size)
        self._idle: list[asyncpg.Connection] = []
        self._clearing: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, settings: Settings) -> "_PostgreSQL":
        database = cls(settings)
        try:
            database._idle.append(await database._connect())
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"The database cannot be reached: {str(error) or type(error).__name__}") from error
        return database

    async def read(self, reading: Reading[T]) -> T:
        load = self.load
        load.readings += 1
        try:
            connection = await self._take()
        except BaseException:
            load.readings -= 1
            reading.close()
            raise
        clearing: asyncio.Task[None] | None = None
        try:
            statement = next(reading)
            while True:
                load.statements += 1
                began = time.perf_counter()
                try:
                    rows: Any = await connection.fetch(statement.text, *statement.values)
                finally:
                    load.seconds += time.perf_counter() - began
                statement = reading.send(rows)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        except asyncpg.QueryCanceledError as error:
            raise Unavailable("The statement took longer than this server allows.") from error
        except _AWAY as error:
            raise Unavailable from error
        except (asyncpg.DataError, asyncpg.InternalClientError):
            # A statement that was prepared but never run leaves the server waiting, its clock running.
            connection.terminate()
            raise
        except asyncio.CancelledError:
            clearing = asyncio.create_task(self._clear(connection))  # it gives the connection back
            self._clearing.add(clearing)
            clearing.add_done_callback(self._clearing.discard)
            raise
        finally:
            reading.close()
            if clearing is None:
                self._give(connection)

    async def close(self) -> None:
        for _ in range(self._size):  # whoever still reads may finish
            await self._places.acquire()
        for connection in self._idle:
            await connection.close()
        await self.engine.dispose()

    async def _take(self) -> asyncpg.Connection:
        """A connection for one reading; its place is kept until it is given back."""
        places = self._places
        if places.locked():
            try:
                async with asyncio.timeout(self._timeout):
                    await places.acquire()
            except TimeoutError:
                raise Unavailable("The server is busy; try again shortly.") from None
        else:
            await places.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await self._connect()
        except BaseException as error:
            places.release()
            if isinstance(error, _AWAY):
                raise Unavailable from error
            raise

    def _give(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            self._idle.append(connection)
        self.load.readings -= 1
        self._places.release()

    async def _clear(self, connection: asyncpg.Connection) -> None:
        """Gives a connection back once its server has stopped what nobody waits for any more."""
        try:
            await connection.execute("SELECT 1", timeout=self._timeout)
        except (TimeoutError, asyncpg.PostgresError, *_AWAY):
            connection.terminate()
        finally:
            self._give(connection)

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False),
            timeout=self._timeout,
            statement_cache_size=_CACHED_STATEMENTS,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings={
                "application_name": "leadgraph",
                "timezone": "UTC",
                "jit": "off",  # compiling costs more than any page of ours takes
                "random_page_cost": "1.1",  # pages come from memory or an SSD: walk an index, do not scan the table
                "default_transaction_read_only": "on",
                "statement_timeout": str(int(self._statement_timeout * 1000)),
            },
        )


@dataclass(slots=True)
class _Job:
    """A reading on SQLite: when it must have begun, then when it must have ended."""

    deadline: float


class _SQLite:
    name = "sqlite"

    def __init__(self, settings: Settings) -> None:
        self.url = settings.database
        path = sqlite_path(settings.database)
        assert path is not None
        self._path = path
        self._timeout = settings.statement_timeout
        self._acquire_timeout = settings.acquire_timeout
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self.load = Load(min(settings.pool_size, 4))
        self._threads = ThreadPoolExecutor(max_workers=self.load.limit, thread_name_prefix="sqlite-read")
        self.engine = create_async_engine(settings.database)
        event.listen(self.engine.sync_engine, "connect", _prepare_writer)
        event.listen(self.engine.sync_engine, "begin", _begin_immediate)

    async def read(self, reading: Reading[T]) -> T:
        job = _Job(time.monotonic() + self._acquire_timeout)
        self.load.readings += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._drive, reading, job)
        except asyncio.CancelledError:
            job.deadline = 0.0  # whoever asked has gone: the thread stops at its next look at the clock
            raise
        finally:
            self.load.readings -= 1

    def _drive(self, reading: Reading[T], job: "_Job") -> T:
        if time.monotonic() > job.deadline:
            reading.close()
            raise Unavailable("The server is busy; try again shortly.")
        try:
            job.deadline = time.monotonic() + self._timeout
            self._local.job = job
            connection = self._connection()
            statement = next(reading)
            while True:
                began = time.perf_counter()
                try:
                    rows = connection.execute(statement.text, statement.values).fetchall()
                finally:
                    self._count(time.perf_counter() - began)
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

    def _count(self, seconds: float) -> None:
        # Without a lock: Python changes threads at calls and jumps, and there is none between reading and writing.
        self.load.statements += 1
        self.load.seconds += seconds

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if not self._path.exists():  # sqlite3 would make an empty database of it
                raise Unavailable(f"The database {self._path.name} does not exist; run `python -m app migrate`.")
            connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute("PRAGMA mmap_size = 268435456")
            connection.set_progress_handler(lambda: time.monotonic() > self._local.job.deadline, _STEPS_BETWEEN_CHECKS)
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    async def close(self) -> None:
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()
        await self.engine.dispose()


def _prepare_writer(connection: Any, _: object) -> None:
    # The driver's own transactions begin too late and lose updates: we begin ours, immediately.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
