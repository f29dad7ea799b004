"""`Database.write`: all of the work or nothing, begun again after a collision, connections whole afterwards."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import bindparam, make_url, select, update

from app.domain.workspace import Workspace
from app.errors import Conflict, Unavailable
from app.resource import table_of
from app.settings import Settings, sqlite_path
from app.store.engine import open_database
from app.store.reading import Database
from app.store.writing import ATTEMPTS, Collision, Writer
from tests.databases import render
from tests.outages import relayed
from tests.seeding import add_workspace, opened
from tests.serving import World

WORKSPACE = table_of(Workspace)
NAMES = select(WORKSPACE.c.name).order_by(WORKSPACE.c.id)
VERSION = select(WORKSPACE.c.version).with_for_update()
SET_VERSION = update(WORKSPACE).values(version=bindparam("version"))
RENAME = update(WORKSPACE).where(WORKSPACE.c.slug == bindparam("workspace")).values(name=bindparam("name"))
COPIED = [column.name for column in WORKSPACE.columns if column.name not in {"id", "slug"}]
ADD_LIKE = WORKSPACE.insert().from_select(
    [*COPIED, "slug"],
    select(*(WORKSPACE.c[name] for name in COPIED), bindparam("slug", type_=WORKSPACE.c.slug.type)).where(
        WORKSPACE.c.name == "Changed"
    ),
)
LONG = 60  # seconds
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n WHERE i < 0",
    "postgresql": f"SELECT pg_sleep({LONG})",
}
# Takes a tenth of a second or more.
QUICK = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT max(i) FROM n"
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the workspaces acme and globex."""
    async with opened(database_url) as database:
        await add_workspace(database, "acme")
        await add_workspace(database, "globex")
        yield database


@asynccontextmanager
async def alone(url: str, **settings: Any) -> AsyncIterator[Database]:
    """A database with the workspace acme and one connection to write by."""
    database = await open_database(Settings(database=url, pool_size=1, **settings))
    try:
        await add_workspace(database)
        yield database
    finally:
        await database.close()


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


async def test_sqlite_serves_many_writers_without_an_error(sqlite_url: str) -> None:
    """Also while another process holds the lock for a second."""
    async with opened(sqlite_url) as database:
        await add_workspace(database)
        other = sqlite3.connect(str(sqlite_path(sqlite_url)), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(1, other.close)
        await asyncio.gather(*(database.write(increment, bulk=number % 2 == 0) for number in range(32)))
        assert await database.write(lambda writer: writer.execute(VERSION)) == [(33,)]


async def test_waiting_for_another_process_ends(sqlite_url: str) -> None:
    async with alone(sqlite_url, acquire_timeout=0.2) as database:
        other = sqlite3.connect(str(sqlite_path(sqlite_url)), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="busy"):
            await database.write(rename)
        other.close()
        assert await database.write(rename) == "done"


async def test_waiting_for_a_turn_ends(database_url: str) -> None:
    """HARDENING 38: a pool of one."""
    async with alone(database_url, acquire_timeout=0.2) as database:
        holding = asyncio.create_task(database.write(lambda _: asyncio.sleep(LONG)))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="busy"):
            await database.write(rename)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        assert await database.write(rename) == "done"


async def test_a_violation_that_was_a_race_is_gone_the_second_time(database: Database) -> None:
    attempts = 0

    async def collide(writer: Writer) -> int:
        nonlocal attempts
        attempts += 1
        await rename(writer)
        await writer.execute(ADD_LIKE, {"slug": "acme" if attempts == 1 else "initech"})
        return attempts

    assert await database.write(collide) == 2
    assert await names(database) == ["Changed", "Globex", "Changed"]


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_violation_that_stays_is_a_conflict(database: Database, bulk: bool) -> None:
    attempts = 0

    async def collide(writer: Writer) -> None:
        nonlocal attempts
        attempts += 1
        await rename(writer)
        await writer.execute(ADD_LIKE, {"slug": "globex"})

    with pytest.raises(Conflict):
        await database.write(collide, bulk=bulk)
    assert attempts == ATTEMPTS
    assert await names(database) == ["Acme", "Globex"]


async def test_a_reference_to_nothing_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.write(lambda writer: writer.execute(update(WORKSPACE).values(sandbox_id=12_345)))


async def test_deadlocks_are_solved(postgresql_url: str) -> None:
    async with opened(postgresql_url) as database:
        for slug in ("acme", "globex"):
            await add_workspace(database, slug)
        both = asyncio.Barrier(2)
        attempts = 0

        async def rename_both(writer: Writer, first: str, second: str) -> None:
            nonlocal attempts
            attempts += 1
            await rename(writer, first)
            if attempts <= 2:
                await both.wait()
            await rename(writer, second)

        await asyncio.gather(
            database.write(lambda writer: rename_both(writer, "acme", "globex")),
            database.write(lambda writer: rename_both(writer, "globex", "acme")),
        )
        assert attempts == 3
        assert await names(database) == ["Changed", "Changed"]


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("within", ["work", "statement"])
async def test_work_that_nobody_waits_for_is_undone(database_url: str, bulk: bool, within: str) -> None:
    """HARDENING 28: the only connection serves the next one."""
    async with alone(database_url) as database:
        begun = asyncio.Event()

        async def wait(writer: Writer) -> None:
            await rename(writer)
            begun.set()
            if within == "statement":
                await writer.fetch(ENDLESS[database.name])
            await asyncio.sleep(LONG)

        writing = asyncio.create_task(database.write(wait, bulk=bulk))
        await begun.wait()
        await asyncio.sleep(0.05)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await names(database) == ["Acme"]


async def test_work_cancelled_at_any_point_leaves_the_connection_whole(database_url: str) -> None:
    """Also while COMMIT is under way."""
    async with alone(database_url) as database:
        finished = 0
        for turns in range(200):
            writing = asyncio.create_task(database.write(rename, bulk=True))
            for _ in range(turns):
                await asyncio.sleep(0)
            writing.cancel()
            [ending] = await asyncio.gather(writing, return_exceptions=True)
            assert ending == "done" or isinstance(ending, asyncio.CancelledError)
            finished += ending == "done"
            assert await names(database) in (["Acme"], ["Changed"])
        assert finished < 200
        assert await database.write(rename) == "done"


async def test_a_statement_may_not_take_forever(database_url: str) -> None:
    async with alone(database_url, statement_timeout=0.2) as database:

        async def dawdle(writer: Writer) -> None:
            await rename(writer)
            await writer.fetch(ENDLESS[database.name])

        with pytest.raises(Unavailable, match="took longer"):
            await database.write(dawdle)
        assert await names(database) == ["Acme"]


async def test_sqlite_begins_long_work_again_in_a_thread(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        await add_workspace(database)
        threads = []

        async def count(writer: Writer) -> Any:
            await rename(writer)
            threads.append([thread.name for thread in threading.enumerate() if "sqlite-write" in thread.name])
            return await writer.fetch(QUICK)

        assert await database.write(count) == [(3_000_000,)]
        assert [len(found) for found in threads] == [0, 1]
        assert await names(database) == ["Changed"]


async def test_sqlite_copies_its_log_to_the_database_now_and_then(sqlite_url: str, tmp_path: Path) -> None:
    """Off the event loop, which its own copying, at a commit, would hold up."""
    path = sqlite_path(sqlite_url)
    assert path

    def version_without_log() -> int:
        with closing(sqlite3.connect(shutil.copy(path, tmp_path / "copy.db"))) as copy:
            return int(copy.execute("SELECT coalesce(max(version), 0) FROM workspace").fetchone()[0])

    async with alone(sqlite_url) as database:
        await database.write(increment)
        before = version_without_log()
        for _ in range(250):
            await database.write(increment)
        for _ in range(1_000):  # a thread is at it, which writers set going
            if (after := version_without_log()) > 150:
                break
            await database.write(increment)
            await asyncio.sleep(0.01)
        assert before < 150 < after


async def test_work_that_goes_on_after_a_failed_statement_is_not_committed(postgresql_url: str) -> None:
    async with opened(postgresql_url) as database:
        await add_workspace(database)

        async def ignore(writer: Writer) -> None:
            await rename(writer)
            with suppress(Collision):
                await writer.execute(ADD_LIKE, {"slug": "acme"})

        with pytest.raises(RuntimeError, match="went on"):
            await database.write(ignore)
        assert await names(database) == ["Acme"]


async def test_a_value_that_does_not_fit_its_column_is_a_defect_of_ours(postgresql_url: str) -> None:
    async with alone(postgresql_url, statement_timeout=1) as database:
        with pytest.raises(asyncpg.DataError, match="int32"):
            await database.write(lambda writer: writer.execute(SET_VERSION, {"version": 2**40}))
        assert await database.write(rename) == "done"


async def test_a_database_that_is_away_is_unavailable(postgresql_world: World) -> None:
    async with relayed(postgresql_world) as (world, relay):
        await relay.up()
        database = await open_database(Settings(database=world.url))
        before = await names(database)

        async def lose(writer: Writer) -> None:
            await rename(writer)
            await relay.down()
            await rename(writer, "globex")

        with pytest.raises(Unavailable):
            await database.write(lose)
        with pytest.raises(Unavailable):
            await database.write(rename)
        await relay.up()
        assert await names(database) == before
        assert await database.write(rename) == "done"
        await database.close()


async def test_a_missing_file_is_unavailable(sqlite_url: str) -> None:
    database = await open_database(Settings(database=f"{sqlite_url}.missing"))
    with pytest.raises(Unavailable, match="does not exist"):
        await database.write(rename)
    await database.close()


async def test_connections_that_died_while_they_were_idle_are_replaced(postgresql_url: str) -> None:
    async with opened(postgresql_url) as database:
        await add_workspace(database)
        await asyncio.gather(*(database.write(increment) for _ in range(8)))
        url = make_url(postgresql_url)
        other = await asyncpg.connect(render(url.set(drivername="postgresql")))
        await other.execute(TERMINATE, url.database)
        await other.close()
        assert await database.write(rename) == "done"
