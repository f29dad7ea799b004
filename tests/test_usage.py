"""What keys are used for: counted in memory, written every some seconds (S1-19, S3-20)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from app.domain.api_key import ApiKey
from app.errors import Unavailable
from app.resource import table_of
from app.store.session import transaction
from app.write.usage import KEPT, KEY_USAGE, Usage, day_of
from tests.planned import PRINCIPAL
from tests.serving import Client, World, serving

KEYS = table_of(ApiKey)
CONTACTS = "{ contacts { totalCount } }"


async def flush(client: Client) -> None:
    assert client.app.usage is not None
    await client.app.usage.flush()


async def row_of(client: Client, key: str) -> Any:
    async with client.database.engine.connect() as connection:
        return (await connection.execute(select(KEYS).where(KEYS.c.id == client.key_rows[key]))).one()


async def scopes_of(client: Client, key: str) -> dict[str, int]:
    """Requests of a key by the scope that they needed, today."""
    mine = KEY_USAGE.c.key_id == client.key_rows[key], KEY_USAGE.c.day == day_of(datetime.now(UTC))
    async with client.database.engine.connect() as connection:
        found = await connection.execute(select(KEY_USAGE.c.scope, KEY_USAGE.c.requests).where(*mine))
        return {row.scope: row.requests for row in found}


async def test_requests_are_counted_with_the_scopes_that_they_needed(client: Client) -> None:
    before = await row_of(client, "people")
    for _ in range(3):
        await client.ask(CONTACTS, key="people")
    await client.ask("{ contacts { nodes { tags { totalCount } } } viewer { name } }", key="people")
    await client.ask("{ ping }", key="people")
    assert (await row_of(client, "people")).request_count == 0
    await flush(client)
    after = await row_of(client, "people")
    assert (after.request_count, after.last_used_ip) == (5, "127.0.0.1")
    assert datetime.now(UTC) - timedelta(minutes=1) < after.last_used_at <= datetime.now(UTC)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert await scopes_of(client, "people") == {"contacts:read": 4, "tags:read": 1}
    await client.ask(CONTACTS, key="people")
    await flush(client)
    await flush(client)
    assert (await row_of(client, "people")).request_count == 6
    assert await scopes_of(client, "people") == {"contacts:read": 5, "tags:read": 1}


async def test_processes_count_together(world: World) -> None:
    async with serving(world) as one, serving(world) as other:
        for client in (one, other, one):
            await client.ask(CONTACTS, key="contacts")
        assert one.app.usage is not None
        later = (await row_of(one, "contacts")).last_used_at
        await flush(other)
        await flush(one)
        row = await row_of(one, "contacts")
        assert (later, row.request_count) == (None, 3)
        assert await scopes_of(one, "contacts") == {"contacts:read": 3}


async def test_the_last_use_is_the_last_of_all_processes(client: Client) -> None:
    future = datetime.now(UTC) + timedelta(seconds=30)
    async with transaction(client.database) as tx:
        this = update(KEYS).where(KEYS.c.id == client.key_rows["contacts"])
        await tx.connection.execute(this.values(last_used_at=future, last_used_ip="192.0.2.7"))
    await client.ask(CONTACTS, key="contacts")
    await flush(client)
    row = await row_of(client, "contacts")
    assert (row.last_used_ip, row.request_count) == ("192.0.2.7", 1)
    assert abs(row.last_used_at - future) < timedelta(milliseconds=1)


async def test_what_variables_hold_and_a_choice_of_scopes_are_counted(client: Client) -> None:
    create = "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }"
    await client.ask(create, {"input": {"email": "x@example.com"}})
    await client.ask(create, {"input": {"email": "y@example.com", "companyId": client.ids["initech"]}})
    filtered = "query ($filter: ContactFilter) { contacts(filter: $filter) { totalCount } }"
    await client.ask(filtered, {"filter": {"tags": {"some": {"name": {"eq": "hot"}}}}})
    await client.add_key("choice", scopes=("contacts:read", "analytics:read"))
    await client.ask("{ contacts { nodes { stats { sent } } } }", key="choice")
    await flush(client)
    all_ = {"contacts:create": 2, "companies:read": 1, "contacts:read": 1, "tags:read": 1}
    assert await scopes_of(client, "all") == all_
    assert await scopes_of(client, "choice") == {"contacts:read": 1, "analytics:read": 1}


async def test_refused_requests_count_but_need_no_scope(sqlite_client: Client) -> None:
    await sqlite_client.refused("{ companies { totalCount } }", key="contacts")
    await sqlite_client.refused("{ nothing }", key="contacts")
    await sqlite_client.refused("{", key="contacts")
    await flush(sqlite_client)
    assert (await row_of(sqlite_client, "contacts")).request_count == 3
    assert await scopes_of(sqlite_client, "contacts") == {}


async def test_a_key_that_works_no_more_is_not_used(client: Client) -> None:
    await client.add_key("expired", scopes=("contacts:read",))
    await client.change_key("expired", expires_at=datetime.now(UTC) - timedelta(hours=1))
    await client.ask(CONTACTS, key="contacts")
    await client.revoke("contacts")
    for key in ("contacts", "expired"):
        for _ in range(2):
            assert (await client.refused(CONTACTS, key=key))["status"] == 401
    await flush(client)
    assert (await row_of(client, "contacts")).request_count == 1
    assert (await row_of(client, "expired")).last_used_at is None


async def test_a_hidden_schema_is_shown_for_a_scope_that_counts(sqlite_world: World) -> None:
    async with serving(sqlite_world, hide_schema=True) as client:
        await client.ask("{ __schema { queryType { name } } }")
        assert (await client.http.get("/schema.graphql", headers=client.bearer("all"))).status_code == 200
        await flush(client)
        assert await scopes_of(client, "all") == {"schema:read": 2}
        assert (await row_of(client, "all")).request_count == 2


async def test_what_cannot_be_written_is_written_later(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable

    await client.ask(CONTACTS, key="contacts")
    with monkeypatch.context() as patch:
        patch.setattr(type(client.database), "write", away)
        await flush(client)
    await client.ask(CONTACTS, key="contacts")
    await client.ask(CONTACTS, key="people")
    await flush(client)
    assert (await row_of(client, "contacts")).request_count == 2
    assert await scopes_of(client, "contacts") == {"contacts:read": 2}
    assert (await row_of(client, "people")).request_count == 1


async def test_a_server_that_stops_writes_what_it_has_counted(sqlite_world: World) -> None:
    async with serving(sqlite_world) as client:
        await client.ask(CONTACTS, key="contacts")
    async with serving(sqlite_world) as client:
        assert (await row_of(client, "contacts")).request_count == 1


async def test_a_key_that_is_gone_keeps_nothing_of_others_from_being_written(client: Client) -> None:
    await client.add_key("gone", scopes=("contacts:read",))
    for key in ("gone", "contacts"):
        await client.ask(CONTACTS, key=key)
    async with transaction(client.database) as tx:
        await tx.connection.execute(delete(KEYS).where(KEYS.c.id == client.key_rows["gone"]))
    await flush(client)
    assert await scopes_of(client, "gone") == {}
    assert await scopes_of(client, "contacts") == {"contacts:read": 1}


async def test_old_days_are_forgotten(client: Client) -> None:
    days = [day_of(datetime.now(UTC) - age) for age in (KEPT + timedelta(days=1), KEPT - timedelta(days=1))]
    rows = [{"key_id": client.key_rows["all"], "day": day, "scope": "tags:read", "requests": 1} for day in days]
    async with transaction(client.database) as tx:
        await tx.connection.execute(insert(KEY_USAGE), rows)
    await client.ask(CONTACTS, key="contacts")
    await flush(client)
    async with client.database.engine.connect() as connection:
        kept = set(await connection.scalars(select(KEY_USAGE.c.day)))
    assert kept == {days[1], day_of(datetime.now(UTC))}


async def test_counting_never_ends_beyond_what_a_number_holds(client: Client) -> None:
    async with transaction(client.database) as tx:
        this = update(KEYS).where(KEYS.c.id == client.key_rows["contacts"])
        await tx.connection.execute(this.values(request_count=2**31 - 2))
    for _ in range(3):
        await client.ask(CONTACTS, key="contacts")
    await flush(client)
    assert (await row_of(client, "contacts")).request_count == 2**31 - 1


async def test_members_are_no_keys(sqlite_client: Client) -> None:
    usage = Usage(sqlite_client.database, KEYS)
    usage.note(replace(PRINCIPAL, key_id=None, user_id=1), "127.0.0.1", frozenset())
    usage.note(replace(PRINCIPAL, key_id=sqlite_client.key_rows["all"], user_id=1), "127.0.0.1", frozenset())
    await usage.close()
    assert (await row_of(sqlite_client, "all")).request_count == 1
    assert await scopes_of(sqlite_client, "all") == {"users:impersonate": 1}
