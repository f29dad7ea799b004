"""`Database.write`: all of the work or nothing, begun again after a collision, connections whole afterwards."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import bindparam, select, update

from app.domain.tag import Tag
from app.domain.workspace import Workspace
from app.resource import table_of
from app.store.reading import Database
from app.store.writing import Writer
from tests.seeding import add_workspace, opened

WORKSPACE = table_of(Workspace)
TAG = table_of(Tag)
NAMES = select(WORKSPACE.c.name).order_by(WORKSPACE.c.id)
VERSION = select(WORKSPACE.c.version).with_for_update()
SET_VERSION = update(WORKSPACE).values(version=bindparam("version"))
RENAME = update(WORKSPACE).where(WORKSPACE.c.slug == bindparam("workspace")).values(name=bindparam("name"))
ADD = WORKSPACE.insert()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the workspaces acme and globex."""
    async with opened(database_url) as database:
        await add_workspace(database, "acme")
        await add_workspace(database, "globex")
        yield database


async def rename(writer: Writer, workspace: str = "acme") -> str:
    await writer.execute(RENAME, {"workspace": workspace, "name": "Changed"})
    return "done"


async def increment(writer: Writer) -> None:
    [(version,), *_] = await writer.execute(VERSION)
    await asyncio.sleep(0)
    await writer.execute(SET_VERSION, {"version": version + 1})


async def names(database: Database) -> list[str]:
    async def read(writer: Writer) -> list[str]:
        return [name for (name,) in await writer.execute(NAMES)]

    return await database.write(read)


@pytest.mark.parametrize("bulk", [False, True])
async def test_what_the_work_wrote_is_there_when_it_returns(database: Database, bulk: bool) -> None:
    assert await database.write(rename, bulk=bulk) == "done"
    assert await names(database) == ["Changed", "Globex"]


@pytest.mark.parametrize("bulk", [False, True])
async def test_work_that_raises_leaves_nothing(database: Database, bulk: bool) -> None:
    async def fail(writer: Writer) -> None:
        await rename(writer)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fail, bulk=bulk)
    assert await names(database) == ["Acme", "Globex"]


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_dry_run_answers_and_leaves_nothing(database: Database, bulk: bool) -> None:
    async def look(writer: Writer) -> list[tuple[Any, ...]]:
        await rename(writer)
        return await writer.execute(NAMES)

    assert await database.write(look, bulk=bulk, dry_run=True) == [("Changed",), ("Globex",)]
    assert await names(database) == ["Acme", "Globex"]


async def test_concurrent_writers_lose_no_change(database: Database) -> None:
    await asyncio.gather(*(database.write(increment, bulk=number % 5 == 0) for number in range(50)))

    async def read(writer: Writer) -> list[tuple[Any, ...]]:
        return await writer.execute(VERSION)

    assert await database.write(read) == [(51,), (51,)]
