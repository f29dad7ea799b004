"""PostgreSQL: readings and transactions on asyncpg connections of our own, SQLAlchemy's engine for commands."""

import asyncio
import time
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.errors import Unavailable
from app.metrics import Load
from app.settings import Settings
from app.store.postgresql_pool import AWAY, Pool
from app.store.postgresql_writer import attempt
from app.store.reading import Reading, T
from app.store.writing import Work, begin_again


class PostgreSQL:
    """Reads on connections of its own: those of asyncpg's pool cost 40 µs a request, its driver with all it does 24."""

    name = "postgresql"

    def __init__(self, settings: Settings) -> None:
        self.url = settings.database
        self.engine = create_async_engine(settings.database, pool_size=settings.pool_size)
        self.load = Load(settings.pool_size)
        self._readers = Pool(settings, read_only=True)
        self._writers = Pool(settings, read_only=False)

    @classmethod
    async def open(cls, settings: Settings) -> "PostgreSQL":
        database = cls(settings)
        try:
            await database._readers.open()
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"The database cannot be reached: {str(error) or type(error).__name__}") from error
        return database

    async def read(self, reading: Reading[T]) -> T:
        load, pool = self.load, self._readers
        load.readings += 1
        try:
            connection = await pool.take()
        except BaseException:
            load.readings -= 1
            reading.close()
            raise
        cleared = False
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
        except AWAY as error:
            raise Unavailable from error
        except asyncpg.InternalClientError as error:  # its end has been announced and has not come yet
            connection.terminate()
            raise Unavailable from error
        except asyncpg.DataError:
            # A statement that was prepared but never run leaves the server waiting, its clock running.
            connection.terminate()
            raise
        except asyncio.CancelledError:
            pool.clear(connection, "SELECT 1")  # it gives the connection back
            cleared = True
            raise
        finally:
            reading.close()
            load.readings -= 1
            if not cleared:
                pool.give(connection)

    async def write(self, work: Work[T], *, bulk: bool = False, dry_run: bool = False) -> T:
        return await begin_again(partial(attempt, self._writers, self.load, work, dry_run=dry_run))

    async def close(self) -> None:
        await self._readers.close()
        await self._writers.close()
        await self.engine.dispose()
