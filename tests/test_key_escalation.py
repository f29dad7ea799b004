"""No key, by whatever way, comes to more than the key that asks for it has (HARDENING 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from app.access.coverage import exceeding, widest
from app.access.principal import Authority
from app.access.scopes import SCOPES, expand
from app.domain import CATALOG
from tests.serving import Client
from tests.test_key_life import CREATE, DELETE, PLAYGROUND, REACTIVATE, REVOKE, ROTATE, UPDATE, done, errors

RENAME = """mutation ($id: ID!) {
    updateApiKey(id: $id, input: { name: "Other" }) { apiKey { name } userErrors { field message code } }
}"""
OWN = ("api_keys:manage", "contacts:read", "tags:write")
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=6)
LATER, SOONER = SOON + timedelta(seconds=1), SOON - timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """What bounds a key, by column; inputs that go beyond that, and inputs within it; columns of a wider key."""

    maker: Mapping[str, Any]
    beyond: tuple[Mapping[str, Any], ...]
    within: tuple[Mapping[str, Any], ...]
    wider: Mapping[str, Any]


LIMITS = {
    "scopes": Limit(
        {"scopes": OWN},
        tuple({"scopes": [scope]} for scope in SCOPES if not expand([scope]) <= expand(OWN)),
        ({"scopes": list(OWN)}, *({"scopes": [scope]} for scope in SCOPES if expand([scope]) <= expand(OWN))),
        {"scopes": ("contacts:read", "messages:read")},
    ),
    "life": Limit(
        {"expires_at": SOON},
        ({"expiresAt": None}, {"expiresAt": LATER.isoformat()}),
        ({}, {"expiresAt": SOON.isoformat()}, {"expiresAt": SOONER.isoformat()}),
        {"expires_at": LATER},
    ),
    "mode": Limit({"mode": "test"}, ({"mode": "LIVE"},), ({}, {"mode": "TEST"}), {"mode": "live"}),
    "networks": Limit(
        {"allowed_ips": ["127.0.0.0/8", "2001:db8::/32"]},
        tuple(
            {"allowedIps": networks}
            for networks in ([], ["0.0.0.0/0"], ["126.0.0.0/7"], ["::/0"], ["127.0.0.1", "10.0.0.1"], ["2001:db9::1"])
        ),
        ({}, {"allowedIps": ["127.0.0.1"]}, {"allowedIps": ["127.0.0.0/8", "2001:db8:1::/48"]}),
        {"allowed_ips": []},
    ),
}
each_limit = pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)


@pytest.fixture
async def open_client(client: Client) -> Client:
    """A workspace in which every way is open: test keys work on its rows, revoked keys can come back."""
    await client.change_workspace("acme", test_key_policy="shared", revocation_policy="reversible")
    return client


async def limited(client: Client, limit: Limit) -> None:
    await client.add_key("maker", **{"scopes": OWN, **limit.maker})


def refused(told: list[dict[str, Any]]) -> bool:
    return {each["code"] for each in told} == {"EXCEEDS_AUTHORITY"}


@each_limit
async def test_a_key_makes_none_that_can_do_more(open_client: Client, limit: Limit) -> None:
    await limited(open_client, limit)
    for given in limit.beyond:
        new = {"name": "CI", "scopes": ["contacts:read"], **given}
        told = await errors(open_client, CREATE, key="maker", input=new)
        assert refused(told)
        assert [each["field"] for each in told] == [["input", next(iter(given))]]
    for given in limit.within:
        made = await done(open_client, CREATE, key="maker", input={"name": "CI", "scopes": ["contacts:read"], **given})
        assert made["key"]


@each_limit
async def test_a_key_widens_none(open_client: Client, limit: Limit) -> None:
    """Neither by editing nor by rotating it, what it has made itself."""
    await limited(open_client, limit)
    made = await done(open_client, CREATE, key="maker", input={"name": "CI", "scopes": ["contacts:read"]})
    id_ = made["apiKey"]["id"]
    for given in limit.beyond:
        if "expiresAt" not in given and "mode" not in given:
            assert refused(await errors(open_client, UPDATE, key="maker", id=id_, input=given))
        elif given.get("expiresAt"):
            assert refused(await errors(open_client, ROTATE, key="maker", id=id_, **given))
    for given in limit.within:
        if "expiresAt" not in given and "mode" not in given:
            await done(open_client, UPDATE, key="maker", id=id_, input=given)


@each_limit
async def test_a_key_gets_hold_of_none_that_can_do_more(open_client: Client, limit: Limit) -> None:
    """Not of its secret by rotating it, not of its powers by editing or reviving it; it can be renamed and stopped."""
    await limited(open_client, limit)
    wider = {"scopes": ("contacts:read",), **limit.maker, **limit.wider}
    for name in ("wider", "revoked"):
        await open_client.add_key(name, **wider)
    await open_client.revoke("revoked")
    ids, number = open_client.app.ids, CATALOG.nouns["ApiKey"].number
    active, revoked = (ids.encode(ids.base(number) + open_client.key_rows[name]) for name in ("wider", "revoked"))
    assert refused(await errors(open_client, ROTATE, key="maker", id=active))
    assert refused(await errors(open_client, REACTIVATE, key="maker", id=revoked))
    for powers in ({"scopes": ["tags:read"]}, {"allowedIps": ["127.0.0.2"]}, {"registeredDocumentsOnly": True}):
        assert refused(await errors(open_client, UPDATE, key="maker", id=active, input=powers))
    if "mode" not in limit.wider:
        await done(open_client, UPDATE, key="maker", id=active, input={"name": "renamed"})


async def test_a_key_that_gave_way_to_another_makes_none_that_outlives_it(open_client: Client) -> None:
    """HARDENING 7: who keeps a leaked key for its overlap does not keep what he can do."""
    client = open_client
    record = await done(client, CREATE, input={"name": "old", "scopes": list(OWN)})
    client.keys["old"] = record["key"]
    rotated = await done(client, ROTATE, id=record["apiKey"]["id"], overlap=3600)
    new = {"name": "CI", "scopes": ["contacts:read"]}
    made = await done(client, CREATE, key="old", input=new)
    assert made["apiKey"]["expiresAt"] == rotated["apiKey"]["previousUntil"]
    assert refused(await errors(client, CREATE, key="old", input=new | {"expiresAt": None}))
    client.keys["new"] = rotated["key"]
    assert (await done(client, CREATE, key="new", input=new))["apiKey"]["expiresAt"] is None


@pytest.mark.parametrize("document", [REVOKE, DELETE, RENAME], ids=["revoke", "delete", "rename"])
async def test_a_test_key_has_power_over_test_keys_only(open_client: Client, document: str) -> None:
    """X4: what is only tried out stops nothing that is live."""
    await open_client.add_key("maker", mode="test", scopes=OWN)
    for mode, name in (("LIVE", "live"), ("TEST", "tried")):
        given = {"name": name, "scopes": ["contacts:read"], "mode": mode}
        id_ = (await done(open_client, CREATE, input=given))["apiKey"]["id"]
        if mode == "LIVE":
            told = await errors(open_client, document, key="maker", id=id_)
            assert refused(told)
        else:
            assert await done(open_client, document, key="maker", id=id_)


async def test_a_playground_key_does_not_exceed_its_maker(open_client: Client) -> None:
    """X27"""
    await open_client.add_key("maker", scopes=OWN)
    for limit in LIMITS["scopes"].beyond:
        assert refused(await errors(open_client, PLAYGROUND, key="maker", **limit))


async def test_a_member_key_is_held_to_what_both_may(open_client: Client) -> None:
    """S4-16: what a key makes on behalf of a member does not exceed the member either."""
    await open_client.add_key("gateway", scopes=("*",))
    open_client.http.headers["x-on-behalf-of"] = open_client.ids["linus"]
    response = await open_client.send(CREATE, {"input": {"name": "CI", "scopes": ["contacts:read"]}}, key="gateway")
    assert response.status_code == 403


async def test_an_isolated_test_key_makes_no_keys(client: Client) -> None:
    """X4: keys of a sandbox would be live keys of it."""
    await client.add_key("test", mode="test")
    await client.change_workspace("acme", sandbox_id=client.rows["globex"])
    for document, given in ((CREATE, {"input": {"name": "CI", "scopes": ["contacts:read"]}}), (PLAYGROUND, {})):
        [told] = await errors(client, document, key="test", **given)
        assert told["code"] == "NOT_ALLOWED"


def test_registered_documents_only_is_passed_on() -> None:
    held = Authority(expand(["*"]), registered_documents_only=True)
    key: dict[str, Any] = {
        "scopes": [],
        "mode": "live",
        "expires_at": None,
        "allowed_ips": [],
        "registered_documents_only": False,
    }
    assert [column for column, _ in exceeding(held, key)] == ["registered_documents_only"]
    assert not list(exceeding(held, {**key, "registered_documents_only": True}))


def test_everything_at_once_is_told_at_once() -> None:
    least = Authority(frozenset(), "test", SOON, (ip_network("10.0.0.0/8"),), registered_documents_only=True)
    key = {"scopes": ["*"], "mode": "live", "expires_at": None, "allowed_ips": [], "registered_documents_only": False}
    assert {column for column, _ in exceeding(least, key)} == set(key)
    assert not list(exceeding(Authority(expand(["*"])), key))


@pytest.mark.parametrize("granted", [["*"], ["contacts:write"], ["contacts:read", "tags:write", "webhooks:manage"], []])
def test_the_widest_names_say_the_same(granted: list[str]) -> None:
    assert expand(widest(expand(granted))) == expand(granted)
    assert len(widest(expand(granted))) == len(granted)
