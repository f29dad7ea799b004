"""Opens a test's database and puts a workspace in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.domain.workspace import Workspace
from app.resource import table_of
from app.settings import Settings
from app.store.engine import open_database
from app.store.reading import Database
from app.store.session import transaction


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = await open_database(Settings(database=url))
    try:
        yield database
    finally:
        await database.close()


async def add_workspace(database: Database, slug: str = "acme", **values: Any) -> int:
    row = Workspace(name=slug.title(), slug=slug, **values).model_dump(exclude={"id"})
    table = table_of(Workspace)
    async with transaction(database) as tx:
        return int((await tx.connection.execute(table.insert().values(row).returning(table.c.id))).scalar_one())
