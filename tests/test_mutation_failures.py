"""Mutations that something comes in the way of: another client, a database that goes, a client that has gone."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import orjson
import pytest

from app.domain import CATALOG, VERBS
from app.settings import sqlite_path
from app.verb import Verb
from app.write.records import unique_columns
from tests.asgi import Answer, Message, json_headers, scope_of
from tests.changing import Rows, events, snapshot
from tests.mutations import NAMED, Arguments, Maker, document, errors_of
from tests.outages import relayed
from tests.serving import Client, World, serving

UNIQUE = [noun.name for noun in CATALOG.nouns.values() if f"create{noun.name}" in NAMED and unique_columns(noun.table)]
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@asynccontextmanager
async def locked(direct: Client, table: str = "event") -> AsyncIterator[None]:
    """While a table is locked, what writes into it waits; the events are the last that a verb writes."""
    async with direct.database.engine.connect() as blocking:
        await blocking.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


async def until_one_waits(direct: Client) -> None:
    async with asyncio.timeout(30), direct.database.engine.connect() as looking:
        while not (await looking.exec_driver_sql(WAITING)).scalar_one():
            await asyncio.sleep(0.01)
            await looking.rollback()  # the view of the statistics is one per transaction


async def every_call(client: Client) -> list[tuple[Verb, Arguments]]:
    """A call of each verb that has something to do."""
    return [(verb, await Maker(client).arguments(verb, full=True)) for verb in VERBS]


async def all_succeed(client: Client, calls: list[tuple[Verb, Arguments]]) -> None:
    for verb, arguments in calls:
        assert not errors_of(await client.ask(document(verb, arguments), arguments))


def unavailable(response: Any) -> None:
    assert response.status_code == 503
    assert "retry-after" in response.headers
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"


# Another client


@pytest.mark.parametrize("noun", UNIQUE)
@pytest.mark.parametrize("prefix", ["create", "update"])
async def test_of_two_that_want_a_value_at_once_one_gets_it(client: Client, prefix: str, noun: str) -> None:
    verb = NAMED[f"{prefix}{noun}"]
    first = await Maker(client).arguments(verb, full=True)
    second = first if prefix == "create" else {**first, "id": await Maker(client).id(noun)}
    payloads = await asyncio.gather(*(client.ask(document(verb, each), each) for each in (first, second)))
    codes = sorted([error["code"] for error in errors_of(payload)] for payload in payloads)
    assert codes == [[], ["TAKEN"] * len(unique_columns(CATALOG.nouns[noun].table))]
    told = [type_ for type_, _ in await events(client)]
    assert sorted(told) == sorted(set(told) & set(verb.events)), "only one of them is told"


# The database


async def test_postgresql_may_go_in_the_middle_of_every_mutation(postgresql_world: World) -> None:
    """HARDENING 27, promise (b): after all that it writes and before the commit."""
    async with relayed(postgresql_world) as (world, relay):
        await relay.up()
        async with serving(world) as client, serving(postgresql_world) as direct:
            calls = await every_call(client)
            before = await snapshot(direct)
            for verb, arguments in calls:
                async with locked(direct):
                    asked = asyncio.create_task(client.send(document(verb, arguments), arguments))
                    await until_one_waits(direct)
                    await relay.down()
                    unavailable(await asked)
                await relay.up()
            assert await snapshot(direct) == before
            await all_succeed(client, calls)


async def test_sqlite_may_be_busy_for_every_mutation(sqlite_world: World) -> None:
    """HARDENING 27."""
    async with serving(sqlite_world, acquire_timeout=0.02) as client:
        calls = await every_call(client)
        before = await snapshot(client)
        with closing(sqlite3.connect(str(sqlite_path(sqlite_world.url)), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for verb, arguments in calls:
                unavailable(await client.send(document(verb, arguments), arguments))
        assert await snapshot(client) == before
        await all_succeed(client, calls)


async def test_a_field_that_fails_after_another_was_done_is_told_beside_it(postgresql_world: World) -> None:
    """Nobody may take for undone what was done."""
    fields = 'done: createProject(input: {name: "Done"}) { project { name } } '
    fields += 'failed: createTag(input: {name: "Failed"}) { tag { name } } '
    fields += 'later: createProject(input: {name: "Later"}) { project { name } }'
    async with serving(postgresql_world, statement_timeout=0.5) as client, serving(postgresql_world) as direct:
        async with locked(direct, "tag"):
            response = await client.send(f"mutation {{ {fields} }}")
        answer = response.json()
        assert response.status_code == 200
        assert answer["data"] == {
            "done": {"project": {"name": "Done"}},
            "failed": None,
            "later": {"project": {"name": "Later"}},
        }
        [error] = answer["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["failed"], "SERVICE_UNAVAILABLE")
        assert [type_ for type_, _ in await events(client)] == ["project.created"] * 2


async def test_a_mutation_that_takes_too_long_tells_what_it_has_done(postgresql_world: World) -> None:
    """Promise (b)."""
    fields = 'done: createProject(input: {name: "Done"}) { project { name } } '
    fields += 'stopped: createTag(input: {name: "Stopped"}) { tag { name } } '
    fields += 'later: createProject(input: {name: "Later"}) { project { name } }'
    async with serving(postgresql_world, operation_timeout=0.3) as client, serving(postgresql_world) as direct:
        async with locked(direct, "tag"):
            response = await client.send(f"mutation {{ {fields} }}")
        answer = response.json()
        assert response.status_code == 200
        assert answer["data"] == {"done": {"project": {"name": "Done"}}, "stopped": None, "later": None}
        [error] = answer["errors"]
        assert (error["extensions"]["code"], error["extensions"]["reason"]) == (
            "SERVICE_UNAVAILABLE",
            "OPERATION_TIMEOUT",
        )
        assert [type_ for type_, _ in await events(client)] == ["project.created"]


async def test_what_is_too_much_to_be_answered_is_not_done(world: World) -> None:
    given = "filter: {id: {isNull: false}}, input: {firstName: NAME}"
    many = f"updateContacts({given}) {{ results {{ contact {{ firstName again: firstName }} }} }}"
    first, second, huge = (many.replace("NAME", f'"{name}"') for name in ("x" * 50, "y" * 50, "z" * 100))
    async with serving(world, max_response_bytes=1024) as client:
        before = await snapshot(client)
        refused = await client.refused(f"mutation {{ {huge} }}")
        assert (refused["status"], refused["reason"]) == (400, "RESPONSE_TOO_LARGE")
        assert await snapshot(client) == before
        answer = (await client.send(f"mutation {{ first: {first} second: {second} ping: __typename }}")).json()
        assert [error["path"] for error in answer["errors"]] == [["second"]]
        assert answer["errors"][0]["extensions"]["reason"] == "RESPONSE_TOO_LARGE"
        assert (answer["data"]["second"], answer["data"]["ping"]) == (None, "Mutation")
        names = await client.ask("{ contacts { nodes { firstName } } }")
        assert {each["firstName"] for each in names["contacts"]["nodes"]} == {"x" * 50}


# The client


async def test_a_client_may_go_in_the_middle_of_every_mutation(postgresql_world: World) -> None:
    """HARDENING 28: rolled back wholly, and no connection is lost."""
    async with serving(postgresql_world, pool_size=2) as client, serving(postgresql_world) as direct:
        calls = await every_call(client)
        before = await snapshot(direct)
        for verb, arguments in calls:
            async with locked(direct):
                body = orjson.dumps({"query": document(verb, arguments), "variables": arguments})
                said: list[Message] = [{"type": "http.request", "body": body}]

                async def receive(said: list[Message] = said) -> Message:
                    if not said:
                        await until_one_waits(direct)
                    return said.pop() if said else {"type": "http.disconnect"}

                answer = Answer()
                await client.app(scope_of(client, "POST", "/graphql", json_headers(client)), receive, answer.take)
                assert answer.status == 0
        assert await snapshot(direct) == before
        await all_succeed(client, calls)


async def test_a_client_may_go_at_any_moment(client: Client) -> None:
    """HARDENING 28: what it asked for is done wholly, with its event, or not at all."""
    create = 'mutation { createTag(input: {name: "Tag NUMBER"}) { tag { name } } }'
    finished = 0
    for turns in range(60):
        asked = asyncio.create_task(client.send(create.replace("NUMBER", str(turns))))
        for _ in range(turns):
            await asyncio.sleep(0)
        asked.cancel()
        [ending] = await asyncio.gather(asked, return_exceptions=True)
        finished += not isinstance(ending, BaseException)
    made = len(new_tags(await snapshot(client)))
    assert made == len(await events(client))
    assert finished <= made < 60
    await client.ask(create)


def new_tags(rows: Rows) -> list[Any]:
    return [row for row in rows["tag"] if any(str(value).startswith("Tag ") for value in row)]
