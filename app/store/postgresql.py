"""PostgreSQL: readings on asyncpg connections of our own, SQLAlchemy's engine for writes."""

import asyncio
import time
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from app.errors import Unavailable
from app.metrics import Load
from app.settings import Settings
from app.store.reading import Reading, T

_CACHED_STATEMENTS = 500  # prepared, a connection; each takes some 50 kB of its server

# What PostgreSQL, or its absence, answers when it is not there, is starting or stopping, or has no connection left.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class PostgreSQL:
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
    async def open(cls, settings: Settings) -> "PostgreSQL":
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
                "tcp_keepalives_idle": "60",  # a firewall forgets connections that it hears nothing of
                "statement_timeout": str(int(self._statement_timeout * 1000)),
            },
        )
