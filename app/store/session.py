"""A transaction of the operator's commands, which make workspaces and keys; records are written by `app/write/`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Unavailable
from app.store.reading import Database


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with; it is over when its block is left."""

    connection: AsyncConnection


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Session]:
    """Commits when the block ends, rolls back when it raises; `Unavailable` when the database is away."""
    async with AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(database.engine.begin())
        except (OSError, TimeoutError, DBAPIError) as error:
            raise Unavailable from error
        try:
            yield Session(connection)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable from error
            raise
