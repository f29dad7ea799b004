"""Denied attempts: refused without effect, and told in one row of the audit log (HARDENING 4)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.event import Event
from app.errors import Unavailable
from app.resource import table_of
from app.store.session import transaction
from app.write import denials
from tests.changing import snapshot
from tests.serving import Client, World, serving

CREATE = "mutation Sneak { createContact(input: {}) { userErrors { message } } }"
READ = "query Peek { contacts { totalCount } }"
_EVENT = table_of(Event)


async def denied(client: Client) -> list[Any]:
    """The events of denied attempts, the oldest first."""
    async with transaction(client.database) as tx:
        return list(await tx.connection.execute(select(_EVENT).order_by(_EVENT.c.id)))


async def refused(client: Client, document: str = CREATE, key: str = "tags", **more: Any) -> None:
    response = await client.send(document, key=key, **more)
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["reason"] == "INSUFFICIENT_SCOPE"


async def settled(client: Client) -> None:
    """Has what is counted written."""
    assert client.app.denials is not None
    await client.app.denials.close()


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """No minute ends within a test."""
    monkeypatch.setattr(denials, "now", lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))


async def test_a_denied_attempt_leaves_one_event_and_nothing_else(client: Client) -> None:
    before = await snapshot(client)
    response = await client.send(CREATE, key="tags")
    assert response.status_code == 403
    after = await snapshot(client)
    assert len(after.pop("event")) == len(before.pop("event")) + 1
    assert after == before
    (event,) = await denied(client)
    assert (event.type, event.count, event.subject_type) == ("access.denied", 1, "ApiKey")
    assert event.changes == {"missingScopes": ["contacts:create"], "operation": "Sneak"}
    assert event.actor_key_id == client.key_rows["tags"]
    assert event.request_id == response.headers["x-request-id"]
    data = await client.ask("{ auditLog { nodes { type subjectId actorKey { id } } } }")
    (node,) = data["auditLog"]["nodes"]
    assert node == {"type": "ACCESS_DENIED", "subjectId": node["actorKey"]["id"], "actorKey": node["actorKey"]}


async def test_further_attempts_of_a_minute_are_counted_in_the_same_row(client: Client) -> None:
    for _ in range(5):
        await refused(client)
    assert [event.count for event in await denied(client)] == [1]
    await settled(client)
    assert [event.count for event in await denied(client)] == [5]


async def test_what_is_counted_is_written_after_some_seconds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "INTERVAL", 0.01)
    for _ in range(3):
        await refused(client)
    for _ in range(1_000):
        if [event.count for event in await denied(client)] == [3]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("What was counted has not been written.")


async def test_what_is_counted_is_written_when_the_server_stops(world: World) -> None:
    async with serving(world) as client:
        for _ in range(4):
            await refused(client)
    async with serving(world) as client:
        assert [event.count for event in await denied(client)] == [4]


async def test_keys_scopes_minutes_and_processes_are_told_apart_as_they_should(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(world) as client, serving(world) as other:
        await refused(client)
        await refused(other)  # another process: the same row
        await refused(client, READ)
        await refused(client, key="companies")
        await refused(client, key="foreign contacts")
        monkeypatch.setattr(denials, "now", lambda: datetime(2026, 6, 1, 12, 1, tzinfo=UTC))
        await refused(client)
        told = [
            (event.actor_key_id, tuple(event.changes["missingScopes"]), event.count) for event in await denied(client)
        ]
        create = ("contacts:create",)
        assert told == [
            (client.key_rows["tags"], create, 2),
            (client.key_rows["tags"], ("contacts:read",), 1),
            (client.key_rows["companies"], create, 1),
            (client.key_rows["foreign contacts"], create, 1),
            (client.key_rows["tags"], create, 1),
        ]
        assert {event.workspace_id for event in await denied(client)} == {client.rows["acme"], client.rows["globex"]}


async def test_ever_other_scopes_do_not_flood_the_table(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "SETS", 2)
    for field in ("contacts", "companies", "messages", "tasks", "pipelines"):
        await refused(client, f"{{ {field} {{ totalCount }} }}")
    await settled(client)
    told = [(event.changes["missingScopes"], event.count) for event in await denied(client)]
    assert told == [(["contacts:read"], 1), (["companies:read"], 1), ([], 3)]


async def test_the_name_of_an_operation_is_told_short_and_without_keys(client: Client) -> None:
    await refused(client, f"query {client.keys['all']} {{ contacts {{ totalCount }} }}")
    (event,) = await denied(client)
    assert client.keys["all"] not in str(event.changes)
    await refused(client, "query " + "x" * 5000 + " { companies { totalCount } }")
    assert len((await denied(client))[1].changes["operation"]) <= 200


async def test_a_refusal_stands_whatever_becomes_of_its_event(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise Unavailable

    with monkeypatch.context() as away:
        away.setattr(client.database, "write", fail)
        await refused(client)
        await refused(client)
    assert await denied(client) == []
    await settled(client)
    assert [event.count for event in await denied(client)] == [2]


async def test_a_refusal_does_not_wait_for_a_writer_that_takes_long(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "_PATIENCE", 0.01)
    free = asyncio.Event()
    write = client.database.write

    async def wait(*given: Any, **more: Any) -> Any:
        await free.wait()
        return await write(*given, **more)

    monkeypatch.setattr(client.database, "write", wait)
    await refused(client)
    assert await denied(client) == []
    free.set()
    await settled(client)
    assert [event.count for event in await denied(client)] == [1]


async def test_who_is_not_known_leaves_no_event(client: Client) -> None:
    await client.revoke("tags")
    assert (await client.send(CREATE, key="tags")).status_code == 401
    assert (await client.send(CREATE, key=None)).status_code == 401
    await settled(client)
    assert await denied(client) == []


async def test_a_document_that_fits_no_schema_leaves_no_event(client: Client) -> None:
    assert (await client.send("{ nonsense }", key="tags")).status_code == 400
    await settled(client)
    assert await denied(client) == []


async def test_a_key_that_may_act_for_nobody_is_refused_and_told_of(client: Client) -> None:
    """S4-16: whoever is named, so that it is no way to find out who is a member."""
    for user in (client.ids["linus"], client.ids["hank"], "?"):
        client.http.headers["x-on-behalf-of"] = user
        refusal = await client.refused("{ ping }", key="manager")
        told = refusal["status"], refusal["reason"], refusal["requiredScopes"]
        assert told == (403, "INSUFFICIENT_SCOPE", ["users:impersonate"])
    await settled(client)
    (event,) = await denied(client)
    assert (event.type, event.count, event.actor_key_id) == ("access.denied", 3, client.key_rows["manager"])
    assert (event.changes["missingScopes"], event.acting_user_id) == (["users:impersonate"], None)
