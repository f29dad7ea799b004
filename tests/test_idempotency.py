"""`Idempotency-Key`: however often a request is sent, it has one effect and one event (HARDENING 32, promise (c))."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update

from app.domain.contact import Contact
from app.domain.event import Event
from app.domain.tag import Tag
from app.resource import table_of
from app.store.session import transaction
from app.store.types import now
from app.write.idempotency import IDEMPOTENCY
from tests.processes import locked
from tests.serving import Client, World, serving

CREATE = "mutation Create($name: String!) { createContact(input: {firstName: $name}) { contact { id createdAt } } }"
TWO = 'mutation { a: createTag(input: {name: "a"}) { tag { id } } b: createTag(input: {name: "b"}) { tag { id } } }'


async def send(
    client: Client,
    query: str | None = CREATE,
    variables: Mapping[str, Any] | None = None,
    *,
    once: str = "k",
    key: str = "all",
    **more: Any,
) -> httpx2.Response:
    """The response to a mutation with an idempotency key."""
    body = {"query": query, "variables": variables or {"name": "Zoe"}, **more}
    headers = client.bearer(key) | {"idempotency-key": once}
    return await client.http.post("/graphql", json=body, headers=headers)


async def count(client: Client) -> tuple[int, int]:
    """How many contacts are called Zoe, and how many events of created contacts there are."""
    contacts, events = table_of(Contact), table_of(Event)
    zoes = select(func.count()).where(contacts.c.first_name == "Zoe")
    created = select(func.count()).where(events.c.type == "contact.created")
    async with transaction(client.database) as tx:
        return (await tx.connection.scalar(zoes) or 0, await tx.connection.scalar(created) or 0)


async def kept(client: Client) -> int:
    async with transaction(client.database) as tx:
        return await tx.connection.scalar(select(func.count()).select_from(IDEMPOTENCY)) or 0


def replayed(response: httpx2.Response) -> bool:
    return response.headers.get("idempotency-replayed") == "true"


def code(response: httpx2.Response) -> tuple[int, str, str | None]:
    extensions = response.json()["errors"][0]["extensions"]
    return response.status_code, extensions["code"], extensions.get("reason")


async def test_a_request_sent_again_is_answered_as_the_first_time(client: Client) -> None:
    """HARDENING 32: with the key in quotes, as the draft has it, or without."""
    first = await send(client, once='a "quoted\\ key')
    again = await send(client, once='"a \\"quoted\\\\ key"')
    assert first.json()["data"]["createContact"]["contact"]["id"]
    assert (again.status_code, again.content) == (200, first.content)
    assert (replayed(first), replayed(again)) == (False, True)
    assert await count(client) == (1, 1)


async def test_two_keys_are_refused(sqlite_client: Client) -> None:
    """Joined by a comma they would be a third one; a key that has a comma in it is not two."""
    body = {"query": CREATE, "variables": {"name": "Zoe"}}
    for second in ("a", "b"):
        headers = [*sqlite_client.bearer("all").items(), ("idempotency-key", "a"), ("idempotency-key", second)]
        refused = await sqlite_client.http.post("/graphql", json=body, headers=headers)
        assert code(refused) == (400, "BAD_REQUEST", None)
    assert (await count(sqlite_client), await kept(sqlite_client)) == ((0, 0), 0)
    assert (await send(sqlite_client, once="a, b")).status_code == 200


async def test_parallel_requests_with_one_key_have_one_effect(client: Client) -> None:
    """HARDENING 32: in one process those that come while the first runs are refused, and may come again."""
    answers = await asyncio.gather(*(send(client) for _ in range(20)))
    refused = [answer for answer in answers if answer.status_code != 200]
    for answer in refused:
        assert code(answer) == (409, "CONFLICT", "IDEMPOTENCY_KEY_IN_USE")
        assert answer.headers["retry-after"] == "1"
    done = [answer for answer in answers if answer.status_code == 200]
    assert [replayed(answer) for answer in done].count(False) == 1
    again = await send(client)
    assert {answer.content for answer in (*done, again)} == {again.content}
    assert await count(client) == (1, 1)


@pytest.fixture
async def processes(world: World) -> AsyncIterator[list[Client]]:
    """Two servers of one database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(serving(world)) for _ in range(2)]


async def test_parallel_requests_to_several_processes_have_one_effect(processes: list[Client]) -> None:
    """HARDENING 32"""
    answers = await asyncio.gather(*(send(processes[number % 2]) for number in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    done = [answer for answer in answers if answer.status_code == 200]
    assert [replayed(answer) for answer in done].count(False) == 1
    assert len({answer.content for answer in done}) == 1
    assert await count(processes[0]) == (1, 1)


async def test_a_request_is_refused_while_another_process_works_at_it(postgresql_world: World) -> None:
    """HARDENING 32"""
    async with serving(postgresql_world) as first, serving(postgresql_world) as second:
        async with locked(postgresql_world) as waiting:
            answer = asyncio.create_task(send(first))
            await waiting(1)
            for client in (first, second):
                refused = await send(client)
                assert code(refused) == (409, "CONFLICT", "IDEMPOTENCY_KEY_IN_USE")
                assert refused.headers["retry-after"] == "1"
        assert (await answer).status_code == 200
        assert (await send(second)).content == (await answer).content
        assert await count(first) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"variables": {"name": "Yan"}},
        {"query": CREATE.replace("createdAt", "")},
        {"query": f"{CREATE} "},
        {"operationName": "Create"},
    ],
)
async def test_a_key_names_one_request(sqlite_client: Client, other: dict[str, Any]) -> None:
    """HARDENING 32"""
    assert (await send(sqlite_client)).status_code == 200
    refused = await send(sqlite_client, **other)
    assert code(refused) == (422, "IDEMPOTENCY_KEY_REUSED", None)
    assert await count(sqlite_client) == (1, 1)
    assert replayed(await send(sqlite_client))


async def test_another_request_is_refused_where_only_a_later_field_was_done(client: Client) -> None:
    taken = TWO.replace('name: "a"', 'name: "hot"')
    first = (await send(client, taken)).json()["data"]
    assert (first["a"]["tag"], first["b"]["tag"] is None) == (None, False)
    assert code(await send(client)) == (422, "IDEMPOTENCY_KEY_REUSED", None)
    assert await count(client) == (0, 0)


async def test_a_request_is_the_same_however_it_is_written(client: Client) -> None:
    """Members in another order; the document by its hash."""
    query = "mutation ($i: CreateContactInput!) { createContact(input: $i) { contact { id } } }"
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}
    first = await send(client, query, {"i": {"firstName": "Zoe", "lastName": "Q"}}, extensions=persisted)
    assert first.status_code == 200
    for text in (query, None):
        again = await send(client, text, {"i": {"lastName": "Q", "firstName": "Zoe"}}, extensions=persisted)
        assert (again.content, replayed(again)) == (first.content, True)
    assert await count(client) == (1, 1)


async def test_keys_of_others_are_others(client: Client) -> None:
    """HARDENING 24, 32: other workspace, other API key of the same workspace, other idempotency key."""
    await client.add_key("second")
    answers = [
        await send(client),
        await send(client, key="second"),
        await send(client, key="foreign"),
        await send(client, once="K"),
    ]
    assert [(answer.status_code, replayed(answer)) for answer in answers] == [(200, False)] * 4
    assert len({answer.content for answer in answers}) == 4
    assert await count(client) == (4, 4)


async def test_after_a_day_a_key_is_new(client: Client) -> None:
    """HARDENING 32: and what is too old is deleted in passing, that of other workspaces by their own requests."""
    first = await send(client)
    for number in range(12):
        await send(client, once=f"old {number}")
    await send(client, key="foreign")
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(IDEMPOTENCY).values(created_at=now() - timedelta(hours=24)))
    again = await send(client)
    assert not replayed(again)
    assert again.content != first.content
    assert await count(client) == (15, 15)
    assert await kept(client) == 4  # of 12 old ones 10 are gone, the foreign one is there, and the new one
    assert replayed(await send(client))


async def test_what_is_a_little_younger_than_a_day_is_known(client: Client) -> None:
    first = await send(client)
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(IDEMPOTENCY).values(created_at=now() - timedelta(hours=23, minutes=59)))
    assert (await send(client)).content == first.content


async def test_what_was_refused_is_tried_afresh(client: Client) -> None:
    """A user error did nothing, so that the same request may succeed later."""
    query = 'mutation { createTag(input: {name: "hot"}) { tag { name } userErrors { code } } }'
    refused = (await send(client, query)).json()["data"]["createTag"]
    assert refused == {"tag": None, "userErrors": [{"code": "TAKEN"}]}
    assert await kept(client) == 0
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(table_of(Tag)).values(name="warm").where(table_of(Tag).c.name == "hot"))
    done = await send(client, query)
    assert (done.json()["data"]["createTag"]["tag"], replayed(done)) == ({"name": "hot"}, False)


async def test_a_dry_run_keeps_nothing(client: Client) -> None:
    query = 'mutation ($dry: Boolean!) { createContact(input: {firstName: "Zoe"}, dryRun: $dry) { contact { id } } }'
    for dry, expected in ((True, (0, 0)), (False, (1, 1))):
        answer = await send(client, query, {"dry": dry})
        assert (answer.status_code, replayed(answer)) == (200, False)
        assert await count(client) == expected


async def test_a_query_has_no_use_for_a_key(client: Client) -> None:
    for query in ("{ ping }", "{ viewer { name } }"):
        answer = await send(client, query, {})
        assert (answer.status_code, replayed(answer)) == (200, False)
    assert await kept(client) == 0
    assert (await send(client)).status_code == 200


@pytest.mark.parametrize("given", ["", "x" * 256, "é", "a\tb", '"', '"a', '"a"b"', '"a\\b"', '""', '"a", "b"'])
async def test_any_other_key_is_refused(sqlite_client: Client, given: str) -> None:
    bearer = sqlite_client.bearer("all")["authorization"].encode()
    headers = {b"authorization": bearer, b"idempotency-key": given.encode("latin-1")}
    answer = await sqlite_client.http.post("/graphql", json={"query": TWO}, headers=headers)
    assert code(answer) == (400, "BAD_REQUEST", None)
    assert "1 to 255 printable ASCII characters" in answer.json()["errors"][0]["message"]
    assert await kept(sqlite_client) == 0


async def test_a_retry_completes_what_was_cut_off(client: Client) -> None:
    """Promise (c): each field is done once, whichever of them was committed before the server died."""
    first = (await send(client, TWO)).json()["data"]
    async with transaction(client.database) as tx:  # as if it had died between the two
        await tx.connection.execute(IDEMPOTENCY.delete().where(IDEMPOTENCY.c.step == 1))
        await tx.connection.execute(table_of(Tag).delete().where(table_of(Tag).c.name == "b"))
    again = await send(client, TWO)
    assert replayed(again)
    assert again.json()["data"]["a"] == first["a"]
    assert again.json()["data"]["b"]["tag"]["id"] != first["b"]["tag"]["id"]
    assert (await send(client, TWO)).content == again.content


async def test_a_kept_answer_leaves_for_a_key_that_still_stands_only(client: Client) -> None:
    """Promise (g): the document must fit what the key may do now, and the key must not have been revoked."""
    await client.add_key("robot", scopes=("contacts:write", "contacts:read"))
    first = await send(client, key="robot")
    assert first.status_code == 200
    await client.change_key("robot", scopes=["contacts:read"])
    assert code(await send(client, key="robot")) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE")
    await client.change_key("robot", scopes=["*"])
    assert (await send(client, key="robot")).content == first.content
    await client.revoke("robot")
    revoked = await send(client, key="robot")
    assert code(revoked) == (401, "UNAUTHENTICATED", "REVOKED")
    assert not replayed(revoked)
    assert await count(client) == (1, 1)
