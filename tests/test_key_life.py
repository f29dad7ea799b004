"""The life of a key through the API, once for each dialect: what the five documented products promise of theirs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from app.access.dialect import DIALECTS, Dialect
from app.access.keys import hash_key
from app.domain.event import Event
from app.resource import table_of
from tests.keys import KEYS
from tests.serving import Client

EVERY = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
ERRORS = "userErrors { field message code }"
SHOWN = "id name mode prefix scopes expiresAt state temporary allowedIps registeredDocumentsOnly previousUntil version"
CREATE = (
    f"mutation ($input: CreateApiKeyInput!) {{ createApiKey(input: $input) {{ key apiKey {{ {SHOWN} }} {ERRORS} }} }}"
)
UPDATE = f"""mutation ($id: ID!, $input: UpdateApiKeyInput!, $ifVersion: Int) {{
    updateApiKey(id: $id, input: $input, ifVersion: $ifVersion) {{ apiKey {{ {SHOWN} }} {ERRORS} }}
}}"""
ROTATE = f"""mutation ($id: ID!, $overlap: Int! = 0, $expiresAt: DateTime) {{
    rotateApiKey(id: $id, overlap: $overlap, expiresAt: $expiresAt) {{ key apiKey {{ {SHOWN} }} {ERRORS} }}
}}"""
REVOKE = f"mutation ($id: ID!) {{ revokeApiKey(id: $id) {{ apiKey {{ {SHOWN} }} {ERRORS} }} }}"
REACTIVATE = f"mutation ($id: ID!) {{ reactivateApiKey(id: $id) {{ apiKey {{ {SHOWN} }} {ERRORS} }} }}"
DELETE = f"mutation ($id: ID!) {{ deleteApiKey(id: $id) {{ deletedId {ERRORS} }} }}"
LIST = f"{{ apiKeys(first: 200) {{ nodes {{ {SHOWN} }} }} }}"
PING = "{ viewer { name scopes mode } }"
CONTACTS = "{ contacts(first: 1) { nodes { id } } }"


async def adopt(client: Client, dialect: Dialect) -> None:
    """Has the workspace acme follow a dialect."""
    await client.change_workspace(
        "acme",
        dialect=dialect.name,
        test_key_policy=dialect.test_key_policy,
        revocation_policy=dialect.revocation_policy,
        playground_mode=dialect.playground_mode,
    )


async def done(client: Client, document: str, *, key: str = "all", **variables: Any) -> dict[str, Any]:
    """The payload of a mutation that must not be refused."""
    [payload] = (await client.ask(document, variables, key=key)).values()
    assert payload.pop("userErrors") == []
    return payload  # type: ignore[no-any-return]


async def errors(client: Client, document: str, *, key: str = "all", **variables: Any) -> list[dict[str, Any]]:
    """What is wrong with a mutation that must be refused; nothing may have changed."""
    before = await snapshot(client)
    [payload] = (await client.ask(document, variables, key=key)).values()
    told = payload.pop("userErrors")
    assert told
    assert set(payload.values()) == {None}
    assert await snapshot(client) == before
    return told  # type: ignore[no-any-return]


async def snapshot(client: Client) -> list[Any]:
    """All keys and events, as they are stored."""
    async with client.database.engine.connect() as connection:
        return [
            tuple(row)
            for table in (KEYS, table_of(Event))
            for row in await connection.execute(select(table).order_by(table.c.id))
        ]


async def make(client: Client, name: str = "CI", *, by: str = "all", **given: Any) -> dict[str, Any]:
    """A key that is made through the API and known by its name from now on; its record."""
    made = await done(client, CREATE, key=by, input={"name": name, "scopes": ["contacts:read"], **given})
    client.keys[name] = made["key"]
    return made["apiKey"]  # type: ignore[no-any-return]


async def reason(client: Client, key: str, document: str = PING) -> Any:
    """Why a key is refused; None when it is not."""
    response = await client.send(document, key=key)
    body = response.json()
    return None if response.status_code == 200 else body["errors"][0]["extensions"]["reason"]


async def told(client: Client, id_: str) -> list[Mapping[str, Any]]:
    """The audit log's entries on what was done to a key, oldest first."""
    query = """query ($id: ID!) {
        auditLog(
            first: 50
            filter: { subjectId: { eq: $id }, type: { ne: ACCESS_DENIED } }
            orderBy: { field: AT, direction: ASC }
        ) { nodes { type keyPrefix actorKeyId mode subjectId changes actorKey { id } } }
    }"""
    data = await client.ask(query, {"id": id_})
    return data["auditLog"]["nodes"]  # type: ignore[no-any-return]


@EVERY
async def test_a_key_lives_as_its_dialect_says(client: Client, dialect: Dialect) -> None:
    """S1-12, S1-50, S1-51, S1-56, S2-20…22, S2-27, S3-2, S3-10…12, S3-15, S3-18, S3-19, S3-21…24, S4-10, S4-13, S5-7,
    S5-12, X5…X7.

    One test, because each step stands on the one before.
    """
    await adopt(client, dialect)
    record = await make(client)
    text = client.keys["CI"]
    assert text.startswith(dialect.key.live)
    assert (record["prefix"], record["state"], record["mode"]) == (text[:14], "ACTIVE", "LIVE")
    await make(client, "Other")

    listed = (await client.ask(LIST))["apiKeys"]["nodes"]
    assert listed[:2][1] == record
    assert (await client.ask(PING, key="CI"))["viewer"]["scopes"] == ["contacts:read"]
    assert (await client.ask(CONTACTS, key="CI"))["contacts"]["nodes"]

    renamed = await done(client, UPDATE, id=record["id"], input={"name": "  Agent "})
    assert renamed["apiKey"] == {**record, "name": "Agent", "version": 2}
    assert (await client.ask(PING, key="CI"))["viewer"]["name"] == "Agent"
    assert await reason(client, "CI", "{ tags(first: 1) { nodes { id } } }") == "INSUFFICIENT_SCOPE"
    edited = await done(client, UPDATE, id=record["id"], input={"scopes": ["tags:write"]})
    assert edited["apiKey"]["scopes"] == ["tags:write"]
    assert (await client.ask("{ tags(first: 1) { nodes { id } } }", key="CI"))["tags"]["nodes"]
    assert await reason(client, "CI", CONTACTS) == "INSUFFICIENT_SCOPE"

    rotated = await done(client, ROTATE, id=record["id"])
    client.keys["rotated"] = rotated["key"]
    assert rotated["key"] != text
    assert rotated["apiKey"]["id"] == record["id"]
    assert await reason(client, "CI") == "REVOKED"
    assert await reason(client, "rotated") is None

    revoked = await done(client, REVOKE, id=record["id"])
    assert revoked["apiKey"]["state"] == "REVOKED"
    assert await reason(client, "rotated") == "REVOKED"
    assert await reason(client, "Other") is None
    assert record["id"] in [key["id"] for key in (await client.ask(LIST))["apiKeys"]["nodes"]]

    if dialect.revocation_policy == "reversible":
        again = await done(client, REACTIVATE, id=record["id"])
        assert again["apiKey"]["state"] == "ACTIVE"
        assert await reason(client, "rotated") is None
    else:
        [refused] = await errors(client, REACTIVATE, id=record["id"])
        assert (refused["field"], refused["code"]) == (["id"], "REVOCATION_PERMANENT")
        assert await reason(client, "rotated") == "REVOKED"

    assert await done(client, DELETE, id=record["id"]) == {"deletedId": record["id"]}
    assert await reason(client, "rotated") == await reason(client, "CI") == "UNKNOWN"
    assert await reason(client, "Other") is None
    assert record["id"] not in [key["id"] for key in (await client.ask(LIST))["apiKeys"]["nodes"]]
    steps = ["created", "updated", "updated", "rotated", "revoked", "deleted"]
    if dialect.revocation_policy == "reversible":
        steps.insert(5, "reactivated")
    log = await told(client, record["id"])
    assert [each["type"] for each in log] == [f"API_KEY_{step.upper()}" for step in steps]
    assert all(each["subjectId"] == record["id"] for each in log)
    assert not any(secret in repr(log) for secret in (text, rotated["key"], hash_key(text), hash_key(rotated["key"])))


@EVERY
async def test_both_modes_are_minted_in_the_words_of_the_dialect(sqlite_client: Client, dialect: Dialect) -> None:
    """S1-6, S1-7, S1-17, S2-10, S4-9…11, X2, X3"""
    await adopt(sqlite_client, dialect)
    record = await make(sqlite_client, mode="TEST")
    assert record["mode"] == "TEST"
    assert sqlite_client.keys["CI"].startswith(dialect.key.test)


@EVERY
async def test_scopes_that_are_left_out_are_those_of_the_dialect(sqlite_client: Client, dialect: Dialect) -> None:
    """S3-6, S4-12, S5-10, X10"""
    await adopt(sqlite_client, dialect)
    if dialect.default_scopes is None:
        for given in ({"name": "CI"}, {"name": "CI", "scopes": []}):
            [refused] = await errors(sqlite_client, CREATE, input=given)
            assert (refused["field"], refused["code"]) == (["input", "scopes"], "REQUIRED")
        return
    made = await done(sqlite_client, CREATE, input={"name": "CI"})
    assert made["apiKey"]["scopes"] == list(dialect.default_scopes)


async def test_a_default_of_everything_is_all_that_its_maker_has(client: Client) -> None:
    """S5-10, HARDENING 5"""
    await adopt(client, DIALECTS["spreeflo"])
    await client.add_key("some", scopes=("api_keys:manage", "contacts:write", "tags:read"))
    made = await done(client, CREATE, key="some", input={"name": "CI"})
    assert made["apiKey"]["scopes"] == ["contacts:write", "tags:read", "api_keys:manage"]


@pytest.mark.parametrize("name", ["x", "x" * 100, f"  {'x' * 100}\n", "ключ 🔑", " padded "])
async def test_a_name_has_1_to_100_characters_after_trimming(client: Client, name: str) -> None:
    """S3-4, X24"""
    assert (await make(client, name))["name"] == name.strip()


@pytest.mark.parametrize("name", ["", "   ", "\n\t", "x" * 101, "a\0b", "a\nb", "a\x1b[2Jb"])
async def test_any_other_name_is_refused(sqlite_client: Client, name: str) -> None:
    """S3-4, X24"""
    for field in ("name", "label"):
        [refused] = await errors(sqlite_client, CREATE, input={field: name, "scopes": ["*"]})
        assert refused["field"] == ["input", field]
    record = await make(sqlite_client)
    [refused] = await errors(sqlite_client, UPDATE, id=record["id"], input={"name": name})
    assert refused["field"] == ["input", "name"]


async def test_a_label_is_a_name(sqlite_client: Client) -> None:
    """S2-8, X24"""
    made = await done(sqlite_client, CREATE, input={"label": "ci-pipeline", "scopes": ["*"]})
    assert made["apiKey"]["name"] == "ci-pipeline"
    for given in ({"name": "one", "label": "other"}, {}):
        [refused] = await errors(sqlite_client, CREATE, input={**given, "scopes": ["*"]})
        assert refused["message"] in {"label is another word for name: give one of them.", "A key needs a name."}


async def test_scopes_are_kept_under_their_documented_names(client: Client) -> None:
    """X9, X11: `write` stays `write`; an alias becomes the name that it stands for, once."""
    given = ["tags:write", "leads:read", "contacts:read", "campaigns:update"]
    assert (await make(client, scopes=given))["scopes"] == ["tags:write", "contacts:read", "automations:update"]


@pytest.mark.parametrize("scope", ["contacts", "contacts:", ":read", "contacts:manage", "Contacts:read", "", "*:read"])
async def test_an_unknown_scope_is_refused(sqlite_client: Client, scope: str) -> None:
    """X9"""
    [refused] = await errors(sqlite_client, CREATE, input={"name": "CI", "scopes": ["tags:read", scope]})
    assert (refused["field"], refused["code"]) == (["input", "scopes"], "INVALID")
    assert "is not a scope" in refused["message"]


async def test_an_expiry_is_given_once_and_ends_the_key(client: Client) -> None:
    """S3-2, S3-7, S3-20, X23"""
    ends = datetime.now(UTC) + timedelta(hours=1)
    record = await make(client, expiresAt=ends.isoformat())
    assert datetime.fromisoformat(record["expiresAt"]) == ends.replace(microsecond=ends.microsecond // 1000 * 1000)
    later = {"id": record["id"], "input": {"expiresAt": "2040-01-01T00:00:00Z"}}
    assert (await client.refused(UPDATE, later))["code"] == "BAD_USER_INPUT"
    client.key_rows["CI"] = await row_of(client, record["id"])
    await client.change_key("CI", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await reason(client, "CI") == "EXPIRED"
    [refused] = await errors(client, ROTATE, id=record["id"])
    assert (refused["field"], refused["code"]) == (["expiresAt"], "OUT_OF_RANGE")
    extended = await done(client, ROTATE, id=record["id"], expiresAt="2040-01-01T00:00:00Z")
    client.keys["extended"] = extended["key"]
    assert extended["apiKey"]["expiresAt"] == "2040-01-01T00:00:00.000Z"
    assert await reason(client, "extended") is None


@pytest.mark.parametrize("expires", ["2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
async def test_an_expiry_lies_in_the_future(sqlite_client: Client, expires: str) -> None:
    """S3-7, X23"""
    given = {"name": "CI", "scopes": ["*"], "expiresAt": expires}
    [refused] = await errors(sqlite_client, CREATE, input=given)
    assert (refused["field"], refused["code"]) == (["input", "expiresAt"], "OUT_OF_RANGE")


async def test_a_rotated_key_works_until_its_overlap_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """HARDENING 7, X7: both keys work, and the old one ends at the second, in a process that has it in its cache."""
    record = await make(client)
    rotated = await done(client, ROTATE, id=record["id"], overlap=3600)
    client.keys["new"] = rotated["key"]
    assert await reason(client, "CI") is None
    assert await reason(client, "new") is None
    until = datetime.fromisoformat(rotated["apiKey"]["previousUntil"])
    assert timedelta(minutes=59) < until - datetime.now(UTC) <= timedelta(hours=1)
    monkeypatch.setattr("app.access.recognition.time", SimpleNamespace(time=lambda: until.timestamp()))
    response = await client.send(PING, key="CI")
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["reason"]) == (401, "REVOKED")
    assert "has been rotated" in error["message"]
    assert client.keys["CI"][:14] in error["message"]
    assert await reason(client, "new") is None


async def test_a_second_rotation_ends_the_first_key_and_revoking_ends_both(client: Client) -> None:
    """X7"""
    record = await make(client)
    for name in ("second", "third"):
        client.keys[name] = (await done(client, ROTATE, id=record["id"], overlap=604_800))["key"]
    assert [await reason(client, name) for name in ("CI", "second", "third")] == ["UNKNOWN", None, None]
    await done(client, REVOKE, id=record["id"])
    assert [await reason(client, name) for name in ("second", "third")] == ["REVOKED", "REVOKED"]
    [refused] = await errors(client, ROTATE, id=record["id"])
    assert (refused["message"], refused["code"]) == ("The key has been revoked.", "NOT_ALLOWED")


@pytest.mark.parametrize("overlap", [-1, 604_801])
async def test_an_overlap_is_a_week_at_most(sqlite_client: Client, overlap: int) -> None:
    record = await make(sqlite_client)
    [refused] = await errors(sqlite_client, ROTATE, id=record["id"], overlap=overlap)
    assert (refused["field"], refused["code"]) == (["overlap"], "OUT_OF_RANGE")


async def test_the_overlap_of_an_expiring_key_ends_with_it(client: Client) -> None:
    """S3-20: rotating does not lengthen the life of the old key."""
    ends = datetime.now(UTC) + timedelta(minutes=10)
    record = await make(client, expiresAt=ends.isoformat())
    rotated = await done(client, ROTATE, id=record["id"], overlap=3600, expiresAt="2040-01-01T00:00:00Z")
    assert rotated["apiKey"]["previousUntil"] == record["expiresAt"]


async def test_what_is_done_already_is_done_again_without_an_event(client: Client) -> None:
    record = await make(client)
    await done(client, REVOKE, id=record["id"])
    before = await snapshot(client)
    assert (await done(client, REVOKE, id=record["id"]))["apiKey"]["state"] == "REVOKED"
    assert (await done(client, UPDATE, id=record["id"], input={"name": "CI"}))["apiKey"]["version"] == 2
    assert await snapshot(client) == before


async def test_a_key_changes_every_key_but_itself(client: Client) -> None:
    """A key that somebody has found is not used to shut its owner out."""
    me = (await client.ask('{ apiKeys(filter: { name: { eq: "all" } }) { nodes { id } } }'))["apiKeys"]["nodes"]
    for document in (ROTATE, REVOKE, REACTIVATE, DELETE):
        [refused] = await errors(client, document, id=me[0]["id"])
        assert (refused["field"], refused["code"]) == (["id"], "NOT_ALLOWED")
    [refused] = await errors(client, UPDATE, id=me[0]["id"], input={"name": "mine"})
    assert "does not change itself" in refused["message"]


async def test_a_deleted_key_is_told_by_the_events_of_what_it_did(client: Client) -> None:
    """X6, S3-16, S3-24: prefix and id stay, whatever becomes of the key."""
    record = await make(client, scopes=["tags:write"])
    made = await client.ask('mutation { createTag(input: { name: "new" }) { tag { id } } }', key="CI")
    query = """query ($id: ID!) {
        auditLog(filter: { subjectId: { eq: $id } }) { nodes { keyPrefix actorKeyId actorKey { id } } }
    }"""
    variables = {"id": made["createTag"]["tag"]["id"]}
    [entry] = (await client.ask(query, variables))["auditLog"]["nodes"]
    assert entry == {"keyPrefix": record["prefix"], "actorKeyId": record["id"], "actorKey": {"id": record["id"]}}
    await done(client, DELETE, id=record["id"])
    [after] = (await client.ask(query, variables))["auditLog"]["nodes"]
    assert after == {**entry, "actorKey": None}
    assert (await make(client, "Another"))["id"] != record["id"]


async def test_a_workspace_without_sandbox_has_no_test_keys(client: Client) -> None:
    """X3, S2-12"""
    await client.change_workspace("acme", sandbox_enabled=False)
    [refused] = await errors(client, CREATE, input={"name": "CI", "scopes": ["*"], "mode": "TEST"})
    assert (refused["field"], refused["code"]) == (["input", "mode"], "SANDBOX_DISABLED")


async def test_networks_are_checked_and_hold_at_once(client: Client) -> None:
    """HARDENING 8"""
    record = await make(client, allowedIps=["127.0.0.1", "2001:db8::/32"])
    assert await reason(client, "CI") is None
    await done(client, UPDATE, id=record["id"], input={"allowedIps": ["192.0.2.0/24"]})
    assert await reason(client, "CI") == "IP_NOT_ALLOWED"
    await done(client, UPDATE, id=record["id"], input={"allowedIps": ["127.0.0.0/8"]})
    assert await reason(client, "CI") is None
    for networks in (["192.0.2.1/24"], ["here"], [""], [f"10.0.0.{n}" for n in range(101)]):
        [refused] = await errors(client, UPDATE, id=record["id"], input={"allowedIps": networks})
        assert refused["field"] == ["input", "allowedIps"]


PLAYGROUND = (
    f"mutation ($scopes: [String!]) {{ createPlaygroundKey(scopes: $scopes) {{ key apiKey {{ {SHOWN} }} {ERRORS} }} }}"
)


@EVERY
async def test_a_playground_key_is_temporary(client: Client, dialect: Dialect) -> None:
    """S3-25…30, X27"""
    await adopt(client, dialect)
    made = await done(client, PLAYGROUND)
    record = made["apiKey"]
    assert (record["name"], record["temporary"]) == ("Docs playground (temp)", True)
    assert record["mode"] == dialect.playground_mode.upper()
    assert record["scopes"] == [f"contacts:{verb}" for verb in ("read", "create", "update", "delete")]
    ends = datetime.fromisoformat(record["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < ends <= timedelta(hours=1)
    assert record in (await client.ask(LIST))["apiKeys"]["nodes"]
    [refused] = await errors(client, ROTATE, id=record["id"])
    assert refused["code"] == "NOT_ALLOWED"
    assert (await done(client, REVOKE, id=record["id"]))["apiKey"]["state"] == "REVOKED"


async def test_a_playground_key_has_no_more_than_who_makes_it(client: Client) -> None:
    """X27, HARDENING 5"""
    assert (await done(client, PLAYGROUND, key="manager"))["apiKey"]["scopes"] == ["contacts:read"]
    [refused] = await errors(client, PLAYGROUND, key="manager", scopes=["contacts:write"])
    assert refused["code"] == "EXCEEDS_AUTHORITY"
    soon = datetime.now(UTC) + timedelta(minutes=5)
    await client.add_key("ending", expires_at=soon)
    ends = (await done(client, PLAYGROUND, key="ending"))["apiKey"]["expiresAt"]
    assert datetime.fromisoformat(ends) <= soon


async def test_keys_that_may_not_manage_keys_see_nothing_of_it(client: Client) -> None:
    """S3-31"""
    refused = await client.refused(CREATE, {"input": {"name": "CI", "scopes": []}}, key="people")
    assert refused["status"] == 403
    assert refused["requiredScopes"] == ["api_keys:manage"]


async def test_a_key_of_another_workspace_is_no_key(client: Client) -> None:
    """S2-29, HARDENING 24"""
    record = await make(client)
    for document, given in (
        (UPDATE, {"input": {"name": "x"}}),
        *((each, {}) for each in (ROTATE, REVOKE, REACTIVATE, DELETE)),
    ):
        theirs = await errors(client, document, key="foreign", id=record["id"], **given)
        nobodys = await errors(client, document, key="foreign", id=client.ids["ada"], **given)
        assert theirs == nobodys
        assert theirs[0]["code"] == "NOT_FOUND"


async def test_a_retry_is_not_told_the_key_again(client: Client) -> None:
    """S1-19, S2-9, S3-10, HARDENING 10"""
    headers = client.bearer("all") | {"idempotency-key": "once"}
    body = {"query": CREATE, "variables": {"input": {"name": "CI", "scopes": ["*"]}}}
    first = (await client.http.post("/graphql", json=body, headers=headers)).json()["data"]["createApiKey"]
    again = (await client.http.post("/graphql", json=body, headers=headers)).json()["data"]["createApiKey"]
    assert first["key"].startswith("lgk_live_")
    assert again == {**first, "key": None}


async def row_of(client: Client, id_: str) -> int:
    """The primary key of a key."""
    return client.app.ids.decode(id_)[1]


async def test_a_key_is_kept_nowhere(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    """S3-11, S3-12, HARDENING 10: neither in the table of keys, nor of events or answers, nor in the log."""
    headers = client.bearer("all") | {"idempotency-key": "once"}
    body = {"query": CREATE, "variables": {"input": {"name": "CI", "scopes": ["*"]}}}
    made = (await client.http.post("/graphql", json=body, headers=headers)).json()["data"]["createApiKey"]
    body = {"query": ROTATE, "variables": {"id": made["apiKey"]["id"], "overlap": 60}}
    headers["idempotency-key"] = "twice"
    rotated = (await client.http.post("/graphql", json=body, headers=headers)).json()["data"]["rotateApiKey"]
    client.keys |= {"made": made["key"], "rotated": rotated["key"]}
    assert [await reason(client, name) for name in ("made", "rotated")] == [None, None]
    stored = []
    async with client.database.engine.connect() as connection:
        for table in KEYS.metadata.sorted_tables:
            stored += [repr(row) for row in await connection.execute(select(table))]
    kept = "\n".join(stored) + "".join(capfd.readouterr())
    for key in (made["key"], rotated["key"]):
        assert key[:14] in kept
        assert hash_key(key) in kept
        assert key[14:] not in kept
