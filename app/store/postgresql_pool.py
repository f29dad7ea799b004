"""PostgreSQL's connections: asyncpg's without its pool, each lent to one reading or one transaction at a time."""

import asyncio

import asyncpg
from sqlalchemy.engine import make_url

from app.errors import Unavailable
from app.settings import Settings

_CACHED_STATEMENTS = 500  # prepared, a connection; each takes some 50 kB of its server

# What PostgreSQL, or its absence, answers when it is not there, is starting or stopping, or has no connection left.
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class Pool:
    """As many connections as the settings allow, opened when they are needed."""

    def __init__(self, settings: Settings, *, read_only: bool) -> None:
        self.size = settings.pool_size
        self._url = make_url(settings.database).set(drivername="postgresql").render_as_string(hide_password=False)
        self._timeout = settings.acquire_timeout
        self._read_only = read_only
        self._statement_timeout = settings.statement_timeout
        self._places = asyncio.Semaphore(settings.pool_size)
        self._idle: list[asyncpg.Connection] = []
        self._clearing: set[asyncio.Task[None]] = set()

    async def take(self) -> asyncpg.Connection:
        """A connection; its place is kept until it is given back, or cleared."""
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
            if isinstance(error, AWAY):
                raise Unavailable from error
            raise

    def give(self, connection: asyncpg.Connection) -> None:
        """Takes back a connection on which nothing runs; one that is closed makes room for another."""
        if not connection.is_closed():
            self._idle.append(connection)
        self._places.release()

    def clear(self, connection: asyncpg.Connection, statement: str) -> None:
        """Takes back a connection once its server has stopped what nobody waits for, and has run `statement`."""
        clearing = asyncio.create_task(self._clear(connection, statement))
        self._clearing.add(clearing)
        clearing.add_done_callback(self._clearing.discard)

    async def open(self) -> None:
        """Opens the first connection, raising what asyncpg does."""
        self._idle.append(await self._connect())

    async def close(self) -> None:
        for _ in range(self.size):  # whoever is still at work may finish
            await self._places.acquire()
        for connection in self._idle:
            await connection.close()

    async def _clear(self, connection: asyncpg.Connection, statement: str) -> None:
        try:
            await connection.execute(statement, timeout=self._timeout)
        except (TimeoutError, asyncpg.PostgresError, *AWAY):
            connection.terminate()
        finally:
            self.give(connection)

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._url,
            timeout=self._timeout,
            statement_cache_size=_CACHED_STATEMENTS,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings={
                "application_name": "leadgraph",
                "timezone": "UTC",
                "jit": "off",  # compiling costs more than any page of ours takes
                "random_page_cost": "1.1",  # pages come from memory or an SSD: walk an index, do not scan the table
                "default_transaction_read_only": "on" if self._read_only else "off",
                "tcp_keepalives_idle": "60",  # a firewall forgets connections that it hears nothing of
                "statement_timeout": str(int(self._statement_timeout * 1000)),
            },
        )
