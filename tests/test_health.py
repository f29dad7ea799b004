"""`/healthz`, `/readyz`, and a database that goes away under the running server (HARDENING 27, 38; promise (f))."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from app.errors import Unavailable
from app.settings import sqlite_path
from app.store.reading import Reading, Statement
from tests.outages import relayed
from tests.seeding import opened
from tests.serving import Client, World, serving

RECORD = "query ($id: ID!) { contact(id: $id) { email } }"


def unavailable(response: httpx2.Response) -> None:
    """A 503 says when to come back, and nothing of the database."""
    assert response.status_code == 503, response.text
    assert response.headers["retry-after"] == "1"
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "requestId": response.headers["x-request-id"]}
    for internal in ("postgres", "asyncpg", "sqlite", "127.0.0.1", "Errno", "SELECT"):
        assert internal not in error["message"]


async def test_a_server_with_its_database_is_alive_and_ready(client: Client) -> None:
    for path, answer in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        response = await client.http.get(path)
        assert (response.status_code, response.text) == (200, answer)
        assert (await client.http.head(path)).status_code == 200


async def test_no_probe_needs_a_key_or_minds_one(client: Client) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, client.bearer("all")):
        assert (await client.http.get("/readyz", headers=headers)).status_code == 200


async def test_a_server_about_to_stop_is_alive_but_not_ready(client: Client) -> None:
    """HARDENING 39: it still answers, and asks for the next request to come by another connection."""
    client.app.draining = True
    unavailable(await client.http.get("/readyz"))
    assert (await client.http.get("/healthz")).headers["connection"] == "close"
    response = await client.send("{ ping }")
    assert (response.status_code, response.headers["connection"]) == (200, "close")


async def test_a_server_without_its_file_is_not_ready(sqlite_client: Client) -> None:
    path = sqlite_path(sqlite_client.app.settings.database)
    assert path is not None
    assert (await sqlite_client.http.get("/readyz")).status_code == 200
    path = path.rename(path.with_suffix(".away"))
    response = await sqlite_client.http.get("/readyz")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    path.rename(path.with_suffix(".db"))
    assert (await sqlite_client.http.get("/readyz")).status_code == 200


async def test_a_file_that_appears_is_served(sqlite_client: Client, sqlite_world: World, tmp_path: Path) -> None:
    """Promise (f): SQLite's file is opened when it is needed."""
    path = sqlite_path(sqlite_world.url)
    assert path is not None
    path = path.rename(path.with_suffix(".away"))
    async with serving(sqlite_world) as late:
        assert (await late.send("{ ping }")).status_code == 503
        assert not (tmp_path / "world.db").exists(), "an empty database was made"
        path.rename(path.with_suffix(".db"))
        assert await late.ask("{ ping }") == {"ping": "pong"}


async def test_nothing_is_served_before_the_database_is_open(sqlite_client: Client) -> None:
    sqlite_client.app.database = sqlite_client.app.executor = None
    unavailable(await sqlite_client.http.get("/readyz"))
    unavailable(await sqlite_client.send("{ ping }"))
    unavailable(await sqlite_client.http.get("/schema.graphql", headers=sqlite_client.bearer("all")))
    assert (await sqlite_client.http.get("/healthz")).status_code == 200


async def test_postgresql_may_go_and_come_back(postgresql_world: World) -> None:
    """Promise (f): 503 with Retry-After meanwhile, then everything as before, without a restart."""
    async with relayed(postgresql_world) as (world, relay):
        await relay.up()
        async with serving(world) as client:
            ada = {"id": client.ids["ada"]}
            for _ in range(2):
                assert await client.ask(RECORD, ada) == {"contact": {"email": "ada@initech.test"}}
                await relay.down()
                assert (await client.http.get("/healthz")).status_code == 200
                for _ in range(3):
                    unavailable(await client.http.get("/readyz"))
                    unavailable(await client.send(RECORD, ada))
                    unavailable(await client.send("{ ping }"))
                    unavailable(await client.send("{ unknown }"))
                    unavailable(await client.send("{ __schema { __typename } }"))
                    unavailable(await client.http.get("/schema.graphql", headers=client.bearer("all")))
                assert (await client.send("{ ping }", key=None)).status_code == 401
                await relay.up()
                assert (await client.http.get("/readyz")).status_code == 200


async def test_postgresql_may_go_while_it_is_asked(postgresql_world: World) -> None:
    """Promise (f)"""
    async with relayed(postgresql_world) as (world, relay):
        await relay.up()
        async with serving(world) as client, serving(postgresql_world) as direct:
            ada = {"id": client.ids["ada"]}
            await client.ask(RECORD, ada)
            async with direct.database.engine.begin() as blocking:
                await blocking.exec_driver_sql("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
                asked = asyncio.create_task(client.send(RECORD, ada))
                await _until_blocked(direct)
                await relay.down()
                unavailable(await asked)
            await relay.up()
            await client.ask(RECORD, ada)


@pytest.mark.parametrize("ending", ["pg_terminate_backend", "pg_cancel_backend"])
async def test_a_statement_that_is_ended_in_postgresql_is_no_defect(postgresql_world: World, ending: str) -> None:
    """HARDENING 27, 38: what a stop of PostgreSQL does to its connections."""
    async with serving(postgresql_world) as client, serving(postgresql_world) as direct:
        ada = {"id": client.ids["ada"]}
        await client.ask(RECORD, ada)
        async with direct.database.engine.begin() as blocking:
            await blocking.exec_driver_sql("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(client.send(RECORD, ada))
            await _until_blocked(direct)
            await blocking.exec_driver_sql(
                f"SELECT {ending}(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            unavailable(await asked)
        await client.ask(RECORD, ada)


async def test_a_value_that_cannot_be_sent_is_a_defect(postgresql_world: World) -> None:
    """HARDENING 27: no 503, which would only be tried again."""

    def read() -> Reading[None]:
        yield Statement("SELECT $1::bigint", [2**70])

    async with opened(postgresql_world.url) as database:
        with pytest.raises(asyncpg.DataError, match="value out of"):
            await database.read(read())


async def test_a_database_that_is_away_is_waited_for_once(
    sqlite_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HARDENING 38: asking it whether the key still stands would double the wait."""
    await sqlite_client.ask("{ ping }")
    asked: list[Reading[Any]] = []

    async def away(reading: Reading[Any]) -> None:
        asked.append(reading)
        reading.close()
        raise Unavailable

    monkeypatch.setattr(sqlite_client.database, "read", away)
    unavailable(await sqlite_client.send(RECORD, {"id": sqlite_client.ids["ada"]}))
    assert len(asked) == 1


async def test_a_full_pool_is_waited_for_and_then_503(postgresql_world: World) -> None:
    """HARDENING 38: bounded wait."""
    async with (
        serving(postgresql_world, pool_size=1, acquire_timeout=0.2) as client,
        serving(postgresql_world) as direct,
    ):
        ada = {"id": client.ids["ada"]}
        await client.ask(RECORD, ada)
        async with direct.database.engine.begin() as blocking:
            await blocking.exec_driver_sql("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(client.send(RECORD, ada))
            await _until_blocked(direct)
            for response in await asyncio.gather(*(client.send("{ ping }") for _ in range(20))):
                unavailable(response)
        assert (await asked).status_code == 200
        assert await client.ask("{ ping }") == {"ping": "pong"}


async def _until_blocked(client: Client, *, count: int = 1) -> None:
    """Returns when so many statements in the client's database wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(20), client.database.engine.connect() as connection:
        while (await connection.exec_driver_sql(waiting)).scalar() != count:
            await asyncio.sleep(0.01)
            await connection.rollback()  # the view of the statistics is one per transaction
