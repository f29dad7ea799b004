"""PostgreSQL's transactions: BEGIN and COMMIT as asyncpg sends them, nothing of its own around them."""

import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Table

from app.errors import Unavailable
from app.metrics import Load
from app.store.bulk import rows_into_driver
from app.store.dialect import POSTGRESQL
from app.store.postgresql_pool import AWAY, Pool
from app.store.reading import Row, T
from app.store.writing import Collision, Work, Writer

# What a check finds the next time, because another was faster; any other violation is a defect of ours.
_COLLISIONS = (
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)

A = TypeVar("A")


class PostgreSQLWriter(Writer):
    """A transaction on one connection."""

    def __init__(self, connection: asyncpg.Connection, load: Load) -> None:
        super().__init__(POSTGRESQL)
        self._connection = connection
        self._load = load

    async def fetch(self, text: str, values: Sequence[Any] = ()) -> Sequence[Row]:
        rows: Any = await self.counted(self._connection.fetch(text, *values))
        return rows  # type: ignore[no-any-return]

    async def repeat(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        await self.counted(self._connection.executemany(text, rows))

    async def insert_many(self, table: Table, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        convert = rows_into_driver(self.dialect.sqlalchemy, table, columns)
        records = convert(map(itemgetter(*columns), rows))
        await self.counted(self._connection.copy_records_to_table(table.name, columns=columns, records=records))

    async def counted(self, answer: Awaitable[A]) -> A:
        """Waits for what PostgreSQL answers, and says in our terms what went wrong."""
        self._load.statements += 1
        began = time.perf_counter()
        try:
            return await answer
        except _COLLISIONS as error:
            raise Collision from error
        except asyncpg.QueryCanceledError as error:
            raise Unavailable("The statement took longer than this server allows.") from error
        except AWAY as error:
            raise Unavailable from error
        finally:
            self._load.seconds += time.perf_counter() - began


async def attempt(pool: Pool, load: Load, work: Work[T], *, dry_run: bool) -> T:
    """Does the work in one transaction on a connection of the pool."""
    connection = await _begun(pool)
    writer = PostgreSQLWriter(connection, load)
    committed = False
    try:
        result = await work(writer)
        if not dry_run:
            # Of a transaction that has failed, PostgreSQL rolls back what it was told to commit, and only says so.
            if await writer.counted(connection.execute("COMMIT")) != "COMMIT":
                raise RuntimeError("The work went on after a statement had failed.")
            committed = True
        return result
    finally:
        if committed:
            pool.give(connection)
        else:  # also when nobody waits any more, while whatever was asked last, COMMIT included, may still run
            pool.clear(connection, "ROLLBACK")


async def _begun(pool: Pool) -> asyncpg.Connection:
    """A connection in a transaction. One that died while it was idle, as when its server was restarted, is replaced."""
    for _ in range(pool.size + 1):
        connection = await pool.take()
        try:
            await connection.execute("BEGIN")
        except (*AWAY, asyncpg.InternalClientError):  # the latter once its end is announced, before it has come
            connection.terminate()
            pool.give(connection)
        except BaseException:
            pool.clear(connection, "ROLLBACK")
            raise
        else:
            return connection
    raise Unavailable
