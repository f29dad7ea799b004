"""Taking contacts into automations and out of them: each contact once, each change in one event."""

from typing import Any

import pytest

from tests.changing import change, events, refusals
from tests.serving import Client
from tests.test_automation_verbs import automation, verb

RESULTS = """results {
    action reason contact { firstName } enrollment { status step reason nextRunAt } userErrors { field code } }"""
ENROLL = f"""mutation ($a: ID!, $c: [ID!]!, $r: Reenroll = NEVER, $e: OnError! = ABORT) {{
    enrollContacts(automationId: $a, contactIds: $c, reenroll: $r, onError: $e) {{
        {RESULTS} createdCount updatedCount unchangedCount refusedCount userErrors {{ field code }} }} }}"""
UNENROLL = f"""mutation ($a: ID!, $c: [ID!]!, $reason: String, $e: OnError! = ABORT) {{
    unenrollContacts(automationId: $a, contactIds: $c, reason: $reason, onError: $e) {{
        {RESULTS} userErrors {{ field code }} }} }}"""
BEFORE = ("automation.created", "automation_step.created", "automation.activated")


async def active(client: Client) -> str:
    made = await automation(client)
    await change(client, verb("activate"), id=made)
    return made


def ids(client: Client, *names: str) -> list[str]:
    return [client.ids[name] for name in names]


def outcomes(payload: dict[str, Any]) -> list[str]:
    """What was done to each, or why nothing was."""
    return [result["reason"] or result["action"] for result in payload["results"]]


async def types(client: Client) -> list[str]:
    return [type_ for type_, _ in await events(client, *BEFORE)]


async def test_contacts_are_enrolled_once_with_a_result_for_each(client: Client) -> None:
    """HARDENING 24: `eve` is in another workspace. S1-38."""
    there = await active(client)
    given: dict[str, Any] = {"a": there, "c": [*ids(client, "bob", "eve", "ada", "bob"), "x"]}
    wrong = [("NOT_FOUND", "contactIds.1"), ("DUPLICATE", "contactIds.3"), ("NOT_FOUND", "contactIds.4")]
    assert await refusals(client, ENROLL, **given) == wrong
    payload = await change(client, ENROLL, **given, e="SKIP")
    assert outcomes(payload) == ["CREATED", "REFUSED", "CREATED", "REFUSED", "REFUSED"]
    assert [payload[f"{name}Count"] for name in ("created", "updated", "unchanged", "refused")] == [2, 0, 0, 3]
    bob, eve = payload["results"][:2]
    assert bob["contact"] == {"firstName": "Bob"}
    assert {**bob["enrollment"], "nextRunAt": ""} == {"status": "ACTIVE", "step": 0, "reason": None, "nextRunAt": ""}
    assert bob["enrollment"]["nextRunAt"] is not None
    assert bob["userErrors"] == []
    assert (eve["contact"], eve["enrollment"]) == (None, None)
    assert eve["userErrors"] == [{"field": ["contactIds", "1"], "code": "NOT_FOUND"}]
    assert await types(client) == ["enrollment.created"] * 2
    again = await change(client, ENROLL, **given, e="SKIP")
    assert outcomes(again) == ["ALREADY_ENROLLED", "REFUSED", "ALREADY_ENROLLED", "REFUSED", "REFUSED"]
    assert [result["action"] for result in again["results"]][::2] == ["UNCHANGED", "UNCHANGED", "REFUSED"]
    assert again["results"][0]["enrollment"] == bob["enrollment"]
    assert await types(client) == ["enrollment.created"] * 2


async def test_contacts_are_unenrolled_once(client: Client) -> None:
    """S1-39."""
    there = await active(client)
    await change(client, ENROLL, a=there, c=ids(client, "bob"))
    given: dict[str, Any] = {"a": there, "c": ids(client, "bob", "ada", "eve"), "reason": "Bought."}
    assert await refusals(client, UNENROLL, **given) == [("NOT_FOUND", "contactIds.2")]
    payload = await change(client, UNENROLL, **given, e="SKIP")
    assert outcomes(payload) == ["UPDATED", "NOT_ENROLLED", "REFUSED"]
    stopped = {"status": "STOPPED", "step": 0, "reason": "Bought.", "nextRunAt": None}
    assert payload["results"][0]["enrollment"] == stopped
    assert outcomes(await change(client, UNENROLL, **given, e="SKIP")) == ["NOT_ENROLLED", "NOT_ENROLLED", "REFUSED"]
    assert await types(client) == ["enrollment.created", "enrollment.stopped"]


@pytest.mark.parametrize(
    ("policy", "under_way", "ended"),
    [
        ("NEVER", "ALREADY_ENROLLED", "ENROLLED_BEFORE"),
        ("IF_ENDED", "ALREADY_ENROLLED", "UPDATED"),
        ("RESTART", "UPDATED", "UPDATED"),
    ],
)
async def test_who_was_enrolled_before_begins_anew_as_the_caller_says(
    client: Client, policy: str, under_way: str, ended: str
) -> None:
    there = await active(client)
    await change(client, ENROLL, a=there, c=ids(client, "ada", "bob"))
    await change(client, UNENROLL, a=there, c=ids(client, "bob"), reason="Answered.")
    payload = await change(client, ENROLL, a=there, c=ids(client, "ada", "bob"), r=policy)
    assert outcomes(payload) == [under_way, ended]
    bob = payload["results"][1]["enrollment"]
    assert (bob["status"], bob["reason"]) == (("ACTIVE", None) if ended == "UPDATED" else ("STOPPED", "Answered."))
    restarted = [under_way, ended].count("UPDATED")
    assert (await types(client))[3:] == ["enrollment.restarted"] * restarted


@pytest.mark.parametrize("ways", [(), ("activate", "pause"), ("archive",)])
async def test_only_an_active_automation_takes_contacts_on(client: Client, ways: tuple[str, ...]) -> None:
    there = await automation(client)
    for way in ways:
        await change(client, verb(way), id=there)
    assert await refusals(client, ENROLL, a=there, c=ids(client, "ada")) == [("NOT_ALLOWED", "automationId")]


async def test_an_automation_of_another_workspace_is_not_found(client: Client) -> None:
    """HARDENING 24."""
    there = await active(client)
    for document in (ENROLL, UNENROLL):
        refused = await refusals(client, document, key="foreign", a=there, c=ids(client, "eve"))
        assert refused == [("NOT_FOUND", "automationId")]


async def test_at_most_1000_contacts_are_enrolled_at_once(client: Client) -> None:
    there = await active(client)
    many = ids(client, "ada") * 1_001
    assert await refusals(client, ENROLL, a=there, c=many) == [("TOO_LONG", "contactIds")]


async def test_enrolling_takes_reading_contacts_too(client: Client) -> None:
    """Whether a contact exists is told by its result."""
    await client.add_key("automations", scopes=("automations:write",))
    refused = await client.refused(ENROLL, {"a": "x", "c": []}, key="automations")
    assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["contacts:read"])
