"""How the rest of the server changes a database, whichever it is: in transactions, begun again after a collision."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import Table

from app.errors import Conflict
from app.store.bulk import taking_ids
from app.store.command import SQL, Command, Params, command_of
from app.store.dialect import Dialect
from app.store.reading import Reading, Row, T

ATTEMPTS = 5
_PAUSE = 0.01  # seconds, at most, before the second attempt; twice as long before each further one


class Collision(Exception):
    """Another transaction was in the way: begun again, this one may find what the other has left."""


class Writer(ABC):
    """A transaction as the work in it sees it. It is never ended by the work, and used by one task at a time."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    @abstractmethod
    async def fetch(self, text: str, values: Sequence[Any] = ()) -> Sequence[Row]:
        """Runs a statement in the driver's own parameter style."""

    @abstractmethod
    async def repeat(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs a statement that answers nothing for each row of values."""

    @abstractmethod
    async def insert_many(self, table: Table, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Inserts rows, in their order, whose every column is given; an `id` that is not is drawn for each."""

    async def execute(self, statement: SQL, params: Params = MappingProxyType({})) -> list[tuple[Any, ...]]:
        """Runs a statement, which is compiled once; parameters by name, rows as Python values."""
        return await self.run(command_of(statement, self.dialect), params)

    async def run(self, command: Command, params: Params) -> list[tuple[Any, ...]]:
        """Runs a command, as `execute` does."""
        return command.rows(await self.fetch(command.text, command.values(params)))

    async def run_many(self, command: Command, rows: Iterable[Params]) -> None:
        """Runs a command that answers nothing for each of `rows`."""
        await self.repeat(command.text, [command.values(params) for params in rows])

    async def read(self, reading: Reading[T]) -> T:
        """Runs a reading inside the transaction."""
        try:
            statement = next(reading)
            while True:
                statement = reading.send(await self.fetch(statement.text, statement.values))
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        finally:
            reading.close()

    async def take_ids(self, table: Table, count: int) -> range:
        """Ids for `count` new rows that nobody else will get, rising without a gap; what is not used is lost."""
        return await self.read(taking_ids(self.dialect, table, count))


Work: TypeAlias = Callable[[Writer], Awaitable[T]]
"""What is done in a transaction. It may be done again from the start, so it changes nothing but the database."""


async def begin_again(attempt: Callable[[], Awaitable[T]]) -> T:
    """Makes attempts until one ends without a collision, pausing between them; `Conflict` when none does."""
    pause = _PAUSE
    for _ in range(ATTEMPTS - 1):
        try:
            return await attempt()
        except Collision:
            await asyncio.sleep(random.uniform(0, pause))  # who has collided shall not meet again
            pause *= 2
    try:
        return await attempt()
    except Collision as collision:
        raise Conflict from collision.__cause__
