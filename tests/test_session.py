"""A transaction commits as a whole or not at all."""

import asyncio
import threading

import pytest
from sqlalchemy import func, select, update

from app.domain.workspace import Workspace
from app.errors import Unavailable
from app.resource import table_of
from app.settings import Settings
from app.store.engine import open_database
from app.store.session import transaction
from tests.seeding import add_workspace, opened

WORKSPACE = table_of(Workspace)


async def test_what_is_written_is_there_afterwards(database_url: str) -> None:
    async with opened(database_url) as database:
        await add_workspace(database)
        async with database.engine.connect() as connection:
            assert await connection.scalar(select(func.count()).select_from(WORKSPACE)) == 1


async def test_an_error_undoes_everything(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database)

        async def fail() -> None:
            async with transaction(database) as tx:
                await tx.connection.execute(update(WORKSPACE).values(name="Changed"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.engine.connect() as connection:
            assert await connection.scalar(select(WORKSPACE.c.name).where(WORKSPACE.c.id == workspace)) == "Acme"


async def test_concurrent_transactions_lose_no_update(database_url: str) -> None:
    async with opened(database_url) as database:
        await add_workspace(database)

        async def increment() -> None:
            async with transaction(database) as tx:
                found = select(WORKSPACE.c.version).with_for_update()
                version = (await tx.connection.execute(found)).scalar_one()
                await tx.connection.execute(update(WORKSPACE).values(version=version + 1))

        await asyncio.gather(*(increment() for _ in range(20)))
        async with database.engine.connect() as connection:
            assert await connection.scalar(select(WORKSPACE.c.version)) == 21


async def test_a_database_that_is_away_is_unavailable(sqlite_url: str) -> None:
    database = await open_database(Settings(database=f"{sqlite_url}.missing/leadgraph.db"))
    try:
        with pytest.raises(Unavailable):
            async with transaction(database):
                raise AssertionError
    finally:
        await database.close()
        for thread in threading.enumerate():  # aiosqlite leaves the thread of a failed connect to the closing loop
            if "_connection_worker_thread" in thread.name:
                await asyncio.to_thread(thread.join)
