"""Accounts that send: addresses, states, and the pools they are in."""

from typing import Any

import pytest
from sqlalchemy import update

from app.domain.sender_profile import SenderProfile
from app.resource import table_of
from app.store.session import transaction
from tests.changing import change, events, refusals
from tests.serving import Client

PROFILE = "senderProfile { id status channel address pool { name } } userErrors { field code }"
CREATE = f"mutation ($input: CreateSenderProfileInput!) {{ createSenderProfile(input: $input) {{ {PROFILE} }} }}"
UPDATE = f"""mutation ($id: ID!, $input: UpdateSenderProfileInput!) {{
    updateSenderProfile(id: $id, input: $input) {{ {PROFILE} }} }}"""
ACTIVATE = f"mutation ($id: ID!) {{ activateSenderProfile(id: $id) {{ {PROFILE} }} }}"
PAUSE = f"mutation ($id: ID!) {{ pauseSenderProfile(id: $id) {{ {PROFILE} }} }}"
POOL = 'mutation { createSenderPool(input: {name: "Outreach"}) { senderPool { id } userErrors { field code } } }'
MEMBERS = """mutation ($pool: ID!, $profiles: [ID!]!) { setPoolMembers(poolId: $pool, profileIds: $profiles) {
    senderPool { version profiles { nodes { address } } } userErrors { field code } } }"""
MADE = ("sender_profile.created", "sender_pool.created")


async def profile(client: Client, address: str = "grace@acme.test", **given: Any) -> str:
    payload = await change(client, CREATE, input={"name": "Grace", "address": address, **given})
    made: str = payload["senderProfile"]["id"]
    return made


async def pool(client: Client) -> str:
    made: str = (await change(client, POOL))["senderPool"]["id"]
    return made


def addresses(payload: dict[str, Any]) -> set[str]:
    return {each["address"] for each in payload["senderPool"]["profiles"]["nodes"]}


async def test_an_account_is_held_back_and_used_again(client: Client) -> None:
    made = await profile(client)
    for document, status in ((PAUSE, "PAUSED"), (PAUSE, "PAUSED"), (ACTIVATE, "ACTIVE"), (ACTIVATE, "ACTIVE")):
        assert (await change(client, document, id=made))["senderProfile"]["status"] == status
    assert await events(client, *MADE) == [
        ("sender_profile.paused", {"status": {"old": "ACTIVE", "new": "PAUSED"}}),
        ("sender_profile.activated", {"status": {"old": "PAUSED", "new": "ACTIVE"}}),
    ]


async def test_a_disconnected_account_is_not_activated(client: Client) -> None:
    made = await profile(client)
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(table_of(SenderProfile)).values(status="disconnected"))
    for document in (ACTIVATE, PAUSE):
        assert await refusals(client, document, id=made) == [("NOT_ALLOWED", "id")]


@pytest.mark.parametrize(
    ("channel", "address", "code"),
    [
        ("EMAIL", "+1-555-0199", "INVALID"),
        ("SMS", "grace@acme.test", "INVALID"),
        ("WHATSAPP", "12", "INVALID"),
        ("LINKEDIN", " ", "BLANK"),
    ],
)
async def test_an_address_is_one_of_its_channel(client: Client, channel: str, address: str, code: str) -> None:
    """S4-33, S4-43."""
    given = {"name": "Grace", "channel": channel, "address": address}
    assert await refusals(client, CREATE, input=given) == [(code, "input.address")]


async def test_an_address_is_changed_within_its_channel(client: Client) -> None:
    made = await profile(client, "+1-555-0199", channel="SMS")
    assert await refusals(client, UPDATE, id=made, input={"address": "grace@acme.test"}) == [
        ("INVALID", "input.address")
    ]
    payload = await change(client, UPDATE, id=made, input={"address": "+1-555-0100"})
    assert payload["senderProfile"]["address"] == "+1-555-0100"
    handle = await profile(client, "grace-hopper", channel="LINKEDIN")
    assert (await change(client, UPDATE, id=handle, input={"name": "G"}))["senderProfile"]["channel"] == "LINKEDIN"


async def test_a_pool_has_the_members_that_were_set_last(client: Client) -> None:
    first, second = await pool(client), await pool(client)
    ada = await profile(client, "ada@acme.test", poolId=second)
    bob = await profile(client, "bob@acme.test", poolId=first)
    payload = await change(client, MEMBERS, pool=first, profiles=[ada, ada])
    assert addresses(payload) == {"ada@acme.test"}
    assert await change(client, MEMBERS, pool=first, profiles=[ada]) == payload
    assert payload["senderPool"]["version"] == 2
    told = sorted(await events(client, *MADE), key=repr)
    assert told == sorted(
        [
            ("sender_profile.updated", {"poolId": {"old": second, "new": first}}),
            ("sender_profile.updated", {"poolId": {"old": first, "new": None}}),
            ("sender_pool.members_changed", {"profileIds": {"old": [bob], "new": [ada]}}),
        ],
        key=repr,
    )
    assert addresses(await change(client, MEMBERS, pool=first, profiles=[])) == set()


async def test_only_accounts_of_the_workspace_come_into_a_pool(client: Client) -> None:
    """HARDENING 24."""
    there, made = await pool(client), await profile(client)
    assert await refusals(client, MEMBERS, pool=there, profiles=[made, client.ids["ada"], "x"]) == [
        ("NOT_FOUND", "profileIds.1"),
        ("NOT_FOUND", "profileIds.2"),
    ]
    foreign = await refusals(client, MEMBERS, key="foreign", pool=there, profiles=[])
    assert foreign == [("NOT_FOUND", "poolId")]
