"""Test keys on the rows of live ones (SHARED): they are told as such, and nothing that they write leaves the server."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from app import logs
from app.domain import CATALOG, VERBS
from app.verb import Verb
from tests.changing import change, snapshot
from tests.mutations import Arguments, Maker, document, errors_of
from tests.serving import Client
from tests.test_automation_verbs import automation, verb
from tests.test_enrollment_verbs import ENROLL, UNENROLL
from tests.test_every_mutation import EVENT, records
from tests.test_message_verbs import CREATE, SCHEDULE, UPDATE, hence

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAPTURING = [noun for noun in CATALOG.nouns.values() if "captured" in noun.table.c]
LISTED = "{ messages(filter: { captured: { eq: true } }) { nodes { id } } }"
# A test key has power over test keys only, and no sandbox where it shares records.
SHARING = [verb for verb in VERBS if verb.requires != (("api_keys:manage",),)]
each_verb = pytest.mark.parametrize("verb", SHARING, ids=[verb.name for verb in SHARING])


@pytest_asyncio.fixture(loop_scope="module")
async def shared(standing: Client) -> Client:
    """The application with a key `test` that works in acme itself."""
    if "test" not in standing.keys:
        await standing.change_workspace("acme", test_key_policy="shared")
        await standing.add_key("test", mode="test")
    return standing


async def sent(client: Client, verb: Verb, arguments: Arguments, key: str) -> Any:
    return await client.ask(document(verb, arguments), arguments, key=key)


@each_verb
async def test_whatever_a_test_key_does_is_told_as_that_and_captured(
    shared: Client, verb: Verb, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """X4, S1-17, S1-55: each verb, with all that it takes; live keys leave neither."""
    monkeypatch.setattr(logs, "_form", logs._as_json)
    for key, mode in (("test", "test"), ("all", "live")):
        arguments = await Maker(shared).arguments(verb, full=True)
        before = await snapshot(shared)
        capfd.readouterr()
        assert not errors_of(await sent(shared, verb, arguments, key))
        [line] = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
        assert (line["event"], line["mode"]) == ("request", mode)
        after = await snapshot(shared)
        old_events = records(before, EVENT)
        modes = {event["mode"] for key, event in records(after, EVENT).items() if key not in old_events}
        assert modes == {mode}
        for noun in CAPTURING:
            old = records(before, noun)
            touched = [row for key, row in records(after, noun).items() if _content(old.get(key)) != _content(row)]
            assert {row["captured"] for row in touched} <= {mode == "test"}


def _content(row: Mapping[str, Any] | None) -> Any:
    """Of a record, what it is changed in by whoever writes it, and not by what it belongs to."""
    return row and {name: value for name, value in row.items() if name in {"version", "status", "body", "next_run_at"}}


async def test_what_a_test_key_has_changed_stays_here_until_a_live_key_schedules_it(shared: Client) -> None:
    """X4: a live key that only edits it does not send what another has written to try things out."""
    written = await change(shared, CREATE, input={"contactId": shared.ids["ada"], "body": "Hello"})
    message = {"id": written["message"]["id"]}
    assert message not in await captured(shared)
    await change(shared, UPDATE, key="test", **message, input={"body": "Hello, hello"})
    assert message in await captured(shared)
    await change(shared, SCHEDULE, key="test", **message, at=hence(days=1))
    await change(shared, UPDATE, **message, input={"body": "Hello, you"})
    assert message in await captured(shared)
    at = hence(days=1)
    for key, stays in (("all", False), ("test", True), ("all", False)):
        await change(shared, SCHEDULE, key=key, **message, at=at)
        assert (message in await captured(shared)) is stays


async def captured(client: Client) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = (await client.ask(LISTED))["messages"]["nodes"]
    return listed


async def test_a_run_is_captured_if_a_test_key_has_begun_it(shared: Client) -> None:
    made = await automation(shared)
    await change(shared, verb("activate"), id=made)
    contact: dict[str, Any] = {"a": made, "c": [shared.ids["bob"]]}
    asked = "query ($a: ID!) { enrollments(filter: { automation: { is: { id: { eq: $a } } } }) { nodes { captured } } }"
    for key, is_captured in (("test", True), ("all", False), ("test", True)):
        await change(shared, ENROLL, key=key, **contact, r="RESTART")
        assert (await shared.ask(asked, {"a": made}))["enrollments"]["nodes"] == [{"captured": is_captured}]
    await change(shared, UNENROLL, **contact)
    assert (await shared.ask(asked, {"a": made}))["enrollments"]["nodes"] == [{"captured": True}]


@pytest.mark.parametrize("form", ["CreateMessageInput", "UpdateMessageInput"])
async def test_nobody_says_what_is_captured(shared: Client, form: str) -> None:
    asked = "query ($form: String!) { __type(name: $form) { inputFields { name } } }"
    fields = {field["name"] for field in (await shared.ask(asked, {"form": form}))["__type"]["inputFields"]}
    assert "body" in fields
    assert "captured" not in fields
