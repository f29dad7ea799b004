"""`Idempotency-Key` over REST: however often a request is sent, it has one effect and one event (HARDENING 32).

What becomes of a request whose server is killed, test_kill.py tells, of both surfaces.
"""

import asyncio
from typing import Any

import httpx2
from sqlalchemy import func, select

from app.domain.contact import Contact
from app.domain.event import Event
from app.resource import table_of
from app.store.session import transaction
from tests.serving import Client

ZOE = {"email": "zoe@new.test", "firstName": "Zoe", "lastName": "Q"}


async def send(
    client: Client, method: str = "POST", path: str = "/v1/leads", *, key: str = "all", once: str = "k", **more: Any
) -> httpx2.Response:
    """The response to a request with an idempotency key."""
    body = {} if method == "DELETE" else {"json": ZOE}
    headers = client.bearer(key) | {"idempotency-key": once}
    return await client.http.request(method, path, headers=headers, **(body | more))


async def count(client: Client) -> tuple[int, int]:
    """How many contacts are called Zoe, and how many events of created contacts there are."""
    contacts, events = table_of(Contact), table_of(Event)
    zoes = select(func.count()).where(contacts.c.first_name == "Zoe")
    created = select(func.count()).where(events.c.type == "contact.created")
    async with transaction(client.database) as tx:
        return (await tx.connection.scalar(zoes) or 0, await tx.connection.scalar(created) or 0)


def replayed(response: httpx2.Response) -> bool:
    return response.headers.get("idempotency-replayed") == "true"


async def test_parallel_requests_with_one_key_have_one_effect(client: Client) -> None:
    """Those that come while the first runs are refused and may come again; all others get the same bytes."""
    answers = await asyncio.gather(*(send(client) for _ in range(20)))
    for answer in answers:
        if answer.status_code != 201:
            assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
            assert answer.json()["errors"] == [{"code": "CONFLICT", "reason": "IDEMPOTENCY_KEY_IN_USE"}]
    done = [answer for answer in answers if answer.status_code == 201]
    assert [replayed(answer) for answer in done].count(False) == 1
    again = await send(client, path="/api/v1/leads")  # the same route
    assert {answer.content for answer in (*done, again)} == {again.content}
    assert await count(client) == (1, 1)


async def test_a_key_names_one_request(client: Client) -> None:
    """Another body, another route with the same body, another method: 422, and nothing is done."""
    first = await send(client)
    others = [
        await send(client, json=ZOE | {"score": 1}),
        await send(client, path="/v1/contacts"),
        await send(client, "PATCH", f"/v1/leads/{client.ids['ada']}"),
        await send(client, "DELETE", f"/v1/leads/{client.ids['ada']}"),
        await send(client, path="/v1/leads/upsert", json={"leads": [ZOE]}),
    ]
    for other in others:
        assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await count(client) == (1, 1)
    assert replayed(await send(client))
    assert first.status_code == 201


async def test_keys_of_others_are_others(client: Client) -> None:
    """HARDENING 24: another workspace, another API key of the same one, another idempotency key."""
    await client.add_key("second")
    answers = [await send(client), await send(client, key="second"), await send(client, key="foreign")]
    answers.append(await send(client, once="K"))
    assert [(answer.status_code, replayed(answer)) for answer in answers] == [(201, False)] * 4
    assert len({answer.content for answer in answers}) == 4
    assert await count(client) == (4, 4)


async def test_changes_are_answered_again_as_the_first_time(client: Client) -> None:
    """Of an update its version; of a deletion that it was done, though there is nothing any more."""
    path = f"/v1/leads/{client.ids['ada']}"
    for method, once in (("PATCH", "update"), ("DELETE", "delete")):
        first, again = [await send(client, method, path, once=once) for _ in range(2)]
        assert (first.status_code, again.status_code, replayed(first), replayed(again)) == (200, 200, False, True)
        assert again.json()["data"] == first.json()["data"]
        assert again.headers.get("etag") == first.headers.get("etag")


async def test_what_was_refused_or_only_tried_leaves_the_key_free(client: Client) -> None:
    assert (await send(client, json=ZOE | {"email": "zoe"})).status_code == 422
    assert (await send(client, path="/v1/leads?dryRun=true")).status_code == 200
    answer = await send(client)
    assert (answer.status_code, replayed(answer)) == (201, False)
    tried = await send(client, path="/v1/leads?dryRun=true")
    assert (tried.status_code, tried.json()["meta"]["dryRun"], replayed(tried)) == (200, True, False)
    assert await count(client) == (1, 1)


async def test_two_keys_are_refused(client: Client) -> None:
    headers = [*client.bearer("all").items(), ("idempotency-key", "a"), ("idempotency-key", "b")]
    refused = await client.http.post("/v1/leads", json=ZOE, headers=headers)
    assert (refused.status_code, refused.json()["errors"]) == (400, [{"code": "BAD_REQUEST"}])
    assert await count(client) == (0, 0)
