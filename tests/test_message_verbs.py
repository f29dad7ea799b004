"""Messages: drafts are written, scheduled and called back; what came in is logged; what was sent stays as it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.changing import change, events, refusals
from tests.serving import Client

MESSAGE = """message { id direction channel status subject body scheduledAt sentAt deliveredAt contact { firstName }
    senderProfile { name } }"""
CREATE = f"""mutation ($input: CreateMessageInput!) {{
    createMessage(input: $input) {{ {MESSAGE} userErrors {{ field code }} }} }}"""
UPDATE = f"""mutation ($id: ID!, $input: UpdateMessageInput!) {{
    updateMessage(id: $id, input: $input) {{ {MESSAGE} userErrors {{ field code }} }} }}"""
SCHEDULE = f"""mutation ($id: ID!, $at: DateTime!) {{
    scheduleMessage(id: $id, at: $at) {{ {MESSAGE} userErrors {{ field code }} }} }}"""
CANCEL = f"mutation ($id: ID!) {{ cancelMessage(id: $id) {{ {MESSAGE} userErrors {{ field code }} }} }}"
DELETE = "mutation ($id: ID!) { deleteMessage(id: $id) { deletedId userErrors { field code } } }"
LOG = f"""mutation ($input: LogInboundMessageInput!) {{
    logInboundMessage(input: $input) {{ {MESSAGE} userErrors {{ field code }} }} }}"""
SENDER = """mutation ($input: CreateSenderProfileInput!) {
    createSenderProfile(input: $input) { senderProfile { id } userErrors { field code } } }"""


def hence(**given: int) -> str:
    return (datetime.now(UTC) + timedelta(**given)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def draft(client: Client, **given: Any) -> str:
    payload = await change(client, CREATE, input={"contactId": client.ids["ada"], "body": "Hello", **given})
    made: str = payload["message"]["id"]
    return made


async def sender(client: Client, **given: Any) -> str:
    payload = await change(client, SENDER, input={"name": "Grace", **given})
    made: str = payload["senderProfile"]["id"]
    return made


async def test_a_draft_is_scheduled_called_back_and_deleted(client: Client) -> None:
    """S1-35."""
    profile = await sender(client, address="grace@acme.test")
    made = await draft(client, subject="Hi", senderProfileId=profile)
    first, then = hence(days=1), hence(days=2)
    for at in (first, first, then):  # the second one changes nothing
        message = (await change(client, SCHEDULE, id=made, at=at))["message"]
        assert (message["status"], message["scheduledAt"]) == ("SCHEDULED", at)
    for _ in range(2):
        message = (await change(client, CANCEL, id=made))["message"]
        assert (message["status"], message["scheduledAt"]) == ("DRAFT", None)
    assert (message["direction"], message["channel"], message["senderProfile"]) == (
        "OUTBOUND",
        "EMAIL",
        {"name": "Grace"},
    )
    await change(client, DELETE, id=made)
    created, *changes, deleted = await events(client, "sender_profile.created")
    assert (created[0], deleted[0]) == ("message.created", "message.deleted")
    assert changes == [
        (
            "message.scheduled",
            {"status": {"old": "DRAFT", "new": "SCHEDULED"}, "scheduledAt": {"old": None, "new": first}},
        ),
        ("message.scheduled", {"scheduledAt": {"old": first, "new": then}}),
        (
            "message.cancelled",
            {"status": {"old": "SCHEDULED", "new": "DRAFT"}, "scheduledAt": {"old": then, "new": None}},
        ),
    ]


async def test_a_message_is_scheduled_for_a_time_to_come_and_with_a_text(client: Client) -> None:
    made = await draft(client, body=" ")
    assert await refusals(client, SCHEDULE, id=made, at=hence(minutes=-1)) == [
        ("OUT_OF_RANGE", "at"),
        ("NOT_ALLOWED", "id"),
    ]
    await change(client, UPDATE, id=made, input={"body": "Hello"})
    assert await refusals(client, SCHEDULE, id=made, at=hence(days=400)) == [("OUT_OF_RANGE", "at")]
    assert await refusals(client, SCHEDULE, id=made, at="9999-12-31T23:59:59Z") == [("OUT_OF_RANGE", "at")]


async def test_a_scheduled_message_can_be_changed_but_not_emptied(client: Client) -> None:
    made = await draft(client)
    await change(client, SCHEDULE, id=made, at=hence(days=1))
    message = (await change(client, UPDATE, id=made, input={"body": "Good day", "channel": "SMS"}))["message"]
    assert (message["body"], message["channel"], message["status"]) == ("Good day", "SMS", "SCHEDULED")
    assert await refusals(client, UPDATE, id=made, input={"body": "\n"}) == [("BLANK", "input.body")]


async def test_what_was_sent_stays_as_it_is(client: Client) -> None:
    for name in ("hello", "answer", "bounced"):
        sent = client.ids[name]
        not_allowed = [("NOT_ALLOWED", "id")]
        assert await refusals(client, UPDATE, id=sent, input={"body": "Never said that."}) == not_allowed
        assert await refusals(client, SCHEDULE, id=sent, at=hence(days=1)) == not_allowed
        assert await refusals(client, CANCEL, id=sent) == not_allowed
        assert await change(client, DELETE, id=sent) == {"deletedId": sent}


@pytest.mark.parametrize("form", ["CreateMessageInput", "UpdateMessageInput"])
async def test_what_sending_brings_about_is_not_written(client: Client, form: str) -> None:
    fields = await client.ask(f'{{ __type(name: "{form}") {{ inputFields {{ name }} }} }}')
    names = {field["name"] for field in fields["__type"]["inputFields"]}
    assert names - {"contactId"} == {"body", "channel", "senderProfileId", "subject"}
    assert ("contactId" in names) == (form == "CreateMessageInput")


async def test_a_message_goes_through_an_account_of_its_channel(client: Client) -> None:
    profile = await sender(client, address="+1-555-0199", channel="SMS")
    mine = {"contactId": client.ids["ada"], "senderProfileId": profile}
    wrong = [("INVALID", "input.senderProfileId")]
    assert await refusals(client, CREATE, input=mine) == wrong
    made = await draft(client, channel="SMS", senderProfileId=profile)
    assert await refusals(client, UPDATE, id=made, input={"channel": "WHATSAPP"}) == wrong
    message = (await change(client, UPDATE, id=made, input={"channel": "WHATSAPP", "senderProfileId": None}))["message"]
    assert (message["channel"], message["senderProfile"]) == ("WHATSAPP", None)
    assert await refusals(client, UPDATE, id=made, input={"senderProfileId": profile}) == wrong


async def test_an_inbound_message_is_logged(client: Client) -> None:
    at = hence(hours=-1)
    given = {"contactId": client.ids["bob"], "channel": "SMS", "body": "Call me", "receivedAt": at}
    message = (await change(client, LOG, input=given))["message"]
    assert message.pop("id")
    assert message == {
        "direction": "INBOUND",
        "channel": "SMS",
        "status": "DELIVERED",
        "subject": None,
        "body": "Call me",
        "scheduledAt": None,
        "sentAt": at,
        "deliveredAt": at,
        "contact": {"firstName": "Bob"},
        "senderProfile": None,
    }
    [(type_, changes)] = await events(client)
    assert (type_, changes["direction"]) == ("message.received", {"old": None, "new": "INBOUND"})
    found = await client.ask('{ messages(search: "call me") { nodes { direction } } }')
    assert found["messages"]["nodes"] == [{"direction": "INBOUND"}]


async def test_an_inbound_message_has_arrived_already_and_from_a_contact(client: Client) -> None:
    """HARDENING 24: `eve` is in another workspace."""
    profile = await sender(client, address="grace@acme.test")
    given = {"contactId": client.ids["bob"], "channel": "SMS", "body": "?"}
    assert await refusals(client, LOG, input={**given, "receivedAt": hence(hours=1), "senderProfileId": profile}) == [
        ("OUT_OF_RANGE", "input.receivedAt"),
        ("INVALID", "input.senderProfileId"),
    ]
    assert await refusals(client, LOG, input={**given, "contactId": client.ids["eve"]}) == [
        ("NOT_FOUND", "input.contactId")
    ]
