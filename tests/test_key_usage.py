"""`ApiKey.usage`: what a key was used for, and the least that would have been enough (S2-23, S3-20)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from app.domain.event import Event
from app.resource import table_of
from app.store.session import transaction
from app.write.usage import KEY_USAGE, day_of
from tests.recording import record
from tests.serving import Client

USAGE = """usage {
  scopes { scope requests lastUsedOn } unusedScopes denied { missingScopes count lastAt } suggestedScopes
}"""
NOTHING: dict[str, Any] = {"scopes": [], "denied": [], "suggestedScopes": []}


async def usage_of(client: Client, key: str, asker: str = "manager") -> Any:
    """The usage of a key as its list shows it, which is what it shows by itself."""
    assert client.app.usage is not None
    await client.app.usage.flush()
    query = f"query ($name: String) {{ apiKeys(filter: {{name: {{eq: $name}}}}) {{ nodes {{ id {USAGE} }} }} }}"
    [found] = (await client.ask(query, {"name": key}, key=asker))["apiKeys"]["nodes"]
    alone = await client.ask(f"query ($id: ID!) {{ apiKey(id: $id) {{ {USAGE} }} }}", {"id": found["id"]}, key=asker)
    assert alone["apiKey"]["usage"] == found["usage"]
    return found["usage"]


async def use(client: Client, key: str, *scopes: str, day: datetime | None = None) -> None:
    """Writes that a key has needed scopes."""
    told = day_of(day or datetime.now(UTC))
    rows = [{"key_id": client.key_rows[key], "day": told, "scope": scope, "requests": 1} for scope in scopes]
    async with transaction(client.database) as tx:
        await tx.connection.execute(insert(KEY_USAGE), rows)


async def test_the_usage_of_a_key_tells_what_its_requests_needed(client: Client) -> None:
    for query in ("{ contacts { totalCount } }", "{ contacts { nodes { tags { totalCount } } } }", "{ ping }"):
        await client.ask(query, key="people")
    for _ in range(3):
        await client.refused("{ messages { totalCount } }", key="people")
    await client.refused("{ messages { totalCount } tasks { totalCount } }", key="people")
    assert client.app.denials is not None
    await client.app.denials.close()
    today = day_of(datetime.now(UTC))
    usage = await usage_of(client, "people")
    denied = usage.pop("denied")
    assert usage == {
        "scopes": [
            {"scope": "contacts:read", "requests": 2, "lastUsedOn": today},
            {"scope": "tags:read", "requests": 1, "lastUsedOn": today},
        ],
        "unusedScopes": ["lists:read", "companies:read"],
        "suggestedScopes": ["contacts:read", "tags:read"],
    }
    assert [(each["missingScopes"], each["count"]) for each in denied] == [
        (["messages:read"], 3),
        (["messages:read", "tasks:read"], 1),
    ]
    assert all(each["lastAt"][:10] == today for each in denied)


@pytest.mark.parametrize(
    ("granted", "used", "unused", "suggested"),
    [
        (("contacts:write",), (), ["contacts:write"], []),
        (
            ("contacts:write",),
            ("contacts:read",),
            ["contacts:create", "contacts:update", "contacts:delete"],
            ["contacts:read"],
        ),
        (
            ("contacts:write", "tags:read"),
            ("contacts:read", "contacts:create", "contacts:update", "contacts:delete"),
            ["tags:read"],
            ["contacts:write"],
        ),
        (("*",), (), ["*"], []),
        (("leads:read",), ("contacts:read",), [], ["contacts:read"]),
        (("tags:read",), ("contacts:read",), ["tags:read"], []),
    ],
)
async def test_less_is_suggested_in_the_names_of_scopes_that_are_granted(
    sqlite_client: Client, granted: tuple[str, ...], used: tuple[str, ...], unused: list[str], suggested: list[str]
) -> None:
    await sqlite_client.add_key("key", scopes=("tags:read",))
    await sqlite_client.change_key("key", scopes=list(granted))
    if used:
        await use(sqlite_client, "key", *used)
    usage = await usage_of(sqlite_client, "key", "all")
    assert (usage["unusedScopes"], usage["suggestedScopes"]) == (unused, suggested)


async def test_of_everything_what_was_used_is_suggested(sqlite_client: Client) -> None:
    await use(sqlite_client, "all", "contacts:read", "users:impersonate")
    usage = await usage_of(sqlite_client, "all")
    assert usage["suggestedScopes"] == ["contacts:read", "users:impersonate"]
    assert {"contacts:create", "tags:delete", "api_keys:manage"} <= set(usage["unusedScopes"])
    assert not {"*", "contacts:write", "contacts:read", "users:impersonate"} & set(usage["unusedScopes"])


async def test_what_is_older_than_thirty_days_is_not_told(client: Client) -> None:
    await client.refused("{ messages { totalCount } }", key="contacts")
    old = datetime.now(UTC) - timedelta(days=31)
    await use(client, "contacts", "contacts:read", day=old)
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(table_of(Event)).values(at=old))
    assert await usage_of(client, "contacts") == NOTHING | {"unusedScopes": ["contacts:read"]}


async def test_what_a_test_key_was_denied_in_the_sandbox_is_told_with_it(client: Client) -> None:
    await client.refused("{ messages { totalCount } }", key="contacts")
    event = table_of(Event)
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(event).values(workspace_id=client.rows["globex"]))
    assert (await usage_of(client, "contacts"))["denied"] == []
    await client.change_workspace("acme", sandbox_id=client.rows["globex"])
    [denied] = (await usage_of(client, "contacts"))["denied"]
    assert (denied["missingScopes"], denied["count"]) == (["messages:read"], 1)


async def test_the_usage_of_a_key_is_its_own(client: Client) -> None:
    await use(client, "contacts", "contacts:read")
    await use(client, "foreign contacts", "contacts:read")
    await client.refused("{ messages { totalCount } }", key="foreign contacts")
    assert await usage_of(client, "tags") == NOTHING | {"unusedScopes": ["tags:read"]}
    query = f"query ($name: String) {{ apiKeys(filter: {{name: {{eq: $name}}}}) {{ nodes {{ {USAGE} }} }} }}"
    assert (await client.ask(query, {"name": "foreign contacts"}))["apiKeys"]["nodes"] == []
    assert (await client.refused(f"{{ apiKeys {{ nodes {{ {USAGE} }} }} }}", key="contacts"))["code"] == "FORBIDDEN"


async def test_a_list_of_keys_is_reviewed_in_as_many_statements_as_one_key(
    client: Client,
) -> None:
    query = f"query ($first: Int) {{ apiKeys(first: $first) {{ nodes {{ {USAGE} again: usage {{ __typename }} }} }} }}"
    await client.ask(query, {"first": 1}, key="manager")
    statements = record(client.database)
    counts = []
    for first in (1, 10):
        statements.clear()
        found = await client.ask(query, {"first": first}, key="manager")
        assert len(found["apiKeys"]["nodes"]) == first
        assert found["apiKeys"]["nodes"][0]["again"] == {"__typename": "ApiKeyUsage"}
        counts.append(len(statements))
    assert counts == [7, 7]
