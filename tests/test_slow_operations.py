"""What takes too long, or is waited for no more, is stopped, and what it held is free again (HARDENING 28)."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from app.errors import Unavailable
from app.settings import Settings
from app.store.engine import open_database
from app.store.reading import Database, Reading, Statement
from app.store.sqlite import SQLite
from tests.asgi import Answer, Message, json_headers, scope_of
from tests.serving import Client, World, serving

PATIENCE = 20
LONG = 40  # seconds: nothing but what is tested ends a statement before PATIENCE does
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n WHERE i < 0",
    "postgresql": "SELECT pg_sleep(600)",
}
QUICK = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(0.05)",
}
RUNNING = (
    "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND query ~ 'pg_sleep' AND pid <> pg_backend_pid()"
)


def ask(text: str) -> Reading[int]:
    rows = yield Statement(text)
    return len(rows)


@asynccontextmanager
async def reader(url: str, **settings: Any) -> AsyncIterator[Database]:
    """A database that can be asked one thing at a time."""
    database = await open_database(Settings(database=url, pool_size=1, **settings))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def slowed(world: World, **settings: Any) -> AsyncIterator[Client]:
    """A server with one connection, whose every operation runs into a statement without end."""
    async with serving(world, pool_size=1, statement_timeout=LONG, acquire_timeout=LONG, **settings) as client:
        assert await client.ask("{ ping }") == {"ping": "pong"}
        read = client.database.read

        async def read_slowly(reading: Reading[Any]) -> Any:
            def slowed() -> Reading[Any]:
                yield Statement(ENDLESS[client.database.name])
                return (yield from reading)

            return await read(slowed())

        client.database.read = read_slowly  # type: ignore[method-assign]
        async with asyncio.timeout(PATIENCE):
            yield client
            client.database.read = read  # type: ignore[method-assign]
            # Its one connection is free, or this would wait.
            assert await client.ask("{ contacts { totalCount } }") == {"contacts": {"totalCount": 5}}
            await nothing_runs(client.database)


async def nothing_runs(database: Database) -> None:
    """Returns when PostgreSQL runs no statement of these tests any more."""
    if database.name == "postgresql":
        async with asyncio.timeout(PATIENCE), database.engine.connect() as connection:
            while (await connection.exec_driver_sql(RUNNING)).scalar():
                await asyncio.sleep(0.01)
                await connection.rollback()  # the view of the statistics is one per transaction


async def test_an_operation_is_stopped_at_its_limit(world: World) -> None:
    async with slowed(world, operation_timeout=0.3) as client:
        for query in ("{ ping }", "{ contacts { totalCount } }", "{ __schema { __typename } contacts { totalCount } }"):
            refused = await client.refused(query)
            assert (refused["status"], refused["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert refused["reason"] == "OPERATION_TIMEOUT"
            assert refused["message"] == "The operation took longer than 0.3 seconds."


async def test_an_operation_is_stopped_when_its_client_has_gone(world: World) -> None:
    async with slowed(world, operation_timeout=LONG) as client:
        said: list[Message] = [
            {"type": "http.request", "body": b'{"query": "{ contacts { totalCount } }"}'},
            {"type": "http.disconnect"},
        ]

        async def receive() -> Message:
            if len(said) == 1:
                await asyncio.sleep(0.1)
            return said.pop(0)

        answer = Answer()
        await client.app(scope_of(client, "POST", "/graphql", json_headers(client)), receive, answer.take)
        assert answer.status == 0


async def test_an_operation_of_many_statements_is_stopped_between_them(world: World) -> None:
    """Each of its statements may be quick."""
    ran = 0
    several = asyncio.Event()

    def many() -> Reading[None]:
        nonlocal ran
        while True:
            yield Statement(QUICK[database.name])
            ran += 1
            if ran > 1:
                several.set()

    async with reader(world.url, statement_timeout=LONG) as database:
        reading = asyncio.create_task(database.read(many()))
        await several.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await database.read(ask("SELECT 1")) == 1
        stopped = ran
        await asyncio.sleep(0.3)
        assert ran == stopped


async def test_a_statement_is_stopped_at_its_limit(world: World) -> None:
    async with reader(world.url, statement_timeout=0.2) as database:
        for _ in range(3):
            with pytest.raises(Unavailable, match="took longer"):
                await database.read(ask(ENDLESS[database.name]))
            assert await database.read(ask("SELECT 1")) == 1
        await nothing_runs(database)


async def test_what_has_waited_too_long_for_a_connection_is_not_begun(world: World) -> None:
    async with reader(world.url, acquire_timeout=0.1, statement_timeout=1) as database:
        endless = ENDLESS[database.name]
        first = asyncio.create_task(database.read(ask(endless)))
        await asyncio.sleep(0.05)
        waited = await asyncio.gather(*(database.read(ask(endless)) for _ in range(5)), return_exceptions=True)
        assert [str(error) for error in waited] == ["The server is busy; try again shortly."] * 5
        with pytest.raises(Unavailable, match="took longer"):
            await first
        assert await database.read(ask("SELECT 1")) == 1
    assert database.load.statements == 2


async def test_what_is_given_up_while_it_waits_is_not_begun(world: World) -> None:
    async with reader(world.url, acquire_timeout=LONG, statement_timeout=0.5) as database:
        first = asyncio.create_task(database.read(ask(ENDLESS[database.name])))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(database.read(ask(ENDLESS[database.name])))
        await asyncio.sleep(0.05)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        with pytest.raises(Unavailable, match="took longer"):
            await first
        assert await database.read(ask("SELECT 1")) == 1
    assert database.load.statements == 2


async def test_a_long_statement_holds_up_nobody_and_leaves_its_thread_when_it_is_short(sqlite_world: World) -> None:
    """On SQLite a statement runs in the thread of all requests, and only one that proves to be long elsewhere."""
    async with reader(sqlite_world.url, statement_timeout=LONG) as database:
        assert isinstance(database, SQLite)
        counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) FROM n"

        def count_to(number: int) -> Reading[int]:
            rows = yield Statement(counting, (number,))
            return int(rows[0][0])

        endless = asyncio.create_task(database.read(count_to(10**15)))
        await asyncio.sleep(0)
        assert await database.read(ask("SELECT 1")) == 1
        assert not endless.done()
        assert database.long == {hash(counting)}
        endless.cancel()
        assert await database.read(count_to(1_000_000)) == 1_000_000
        assert database.long == {hash(counting)}
        assert await database.read(count_to(10)) == 10
        assert not database.long


async def test_what_cannot_be_interrupted_goes_to_a_thread(sqlite_world: World) -> None:
    """A long step is noticed when it is over, a full-text search is not begun at once in the first place."""

    def threads() -> int:
        return sum(thread.name.startswith("sqlite-read") for thread in threading.enumerate())

    async with reader(sqlite_world.url) as database:
        assert isinstance(database, SQLite)
        before = threads()
        one_step = "SELECT length(hex(zeroblob(30000000)))"
        assert await database.read(ask(one_step)) == 1
        assert database.long == {hash(one_step)}
        assert threads() == before
        search = "SELECT rowid FROM contact_search WHERE contact_search MATCH 'ada'"
        assert await database.read(ask(search)) == 1
        assert threads() == before + 1


async def test_a_connection_whose_statement_was_never_run_serves_nobody_else(postgresql_world: World) -> None:
    """The server goes on waiting for values that the driver could not send, until its clock runs out."""

    def unsendable() -> Reading[None]:
        yield Statement("SELECT $1::bigint", [2**70])

    async with reader(postgresql_world.url, statement_timeout=0.2) as database:
        with pytest.raises(asyncpg.DataError, match="value out of"):
            await database.read(unsendable())
        await asyncio.sleep(0.4)
        assert await database.read(ask("SELECT 1")) == 1
