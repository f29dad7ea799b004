"""Automations: how they come into use and out of it, and what their steps hold."""

from typing import Any

import pytest

from tests.changing import change, events, refusals
from tests.serving import Client

CREATE = 'mutation { createAutomation(input: {name: "Welcome"}) { automation { id } userErrors { field code } } }'
ADD_STEP = """mutation ($input: CreateAutomationStepInput!) { createAutomationStep(input: $input) {
    automationStep { id position kind settings } userErrors { field code } } }"""
CHANGE_STEP = """mutation ($id: ID!, $input: UpdateAutomationStepInput!) {
    updateAutomationStep(id: $id, input: $input) {
        automationStep { kind settings } userErrors { field code } } }"""
SEND = {"body": "Hello {{firstName}}"}


def verb(name: str) -> str:
    return (
        f"mutation ($id: ID!) {{ {name}Automation(id: $id) {{ automation {{ status }} userErrors {{ field code }} }} }}"
    )


async def automation(client: Client, *, steps: int = 1) -> str:
    """The id of a draft with some steps."""
    made: str = (await change(client, CREATE))["automation"]["id"]
    for _ in range(steps):
        await change(client, ADD_STEP, input={"automationId": made, "kind": "SEND", "settings": SEND})
    return made


async def step(client: Client, kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {"automationId": await automation(client, steps=0), "kind": kind, "settings": settings}


async def test_an_automation_is_activated_paused_resumed_and_archived(client: Client) -> None:
    """S1-40"""
    draft = await automation(client)
    states = {"activate": "ACTIVE", "pause": "PAUSED", "resume": "ACTIVE", "archive": "ARCHIVED"}
    for name, state in states.items():
        for _ in range(2):  # the second one changes nothing
            assert await change(client, verb(name), id=draft) == {"automation": {"status": state}}
    assert await events(client, "automation.created", "automation_step.created") == [
        ("automation.activated", {"status": {"old": "DRAFT", "new": "ACTIVE"}}),
        ("automation.paused", {"status": {"old": "ACTIVE", "new": "PAUSED"}}),
        ("automation.resumed", {"status": {"old": "PAUSED", "new": "ACTIVE"}}),
        ("automation.archived", {"status": {"old": "ACTIVE", "new": "ARCHIVED"}}),
    ]


async def test_no_other_way_leads_from_state_to_state(client: Client) -> None:
    draft = await automation(client)
    not_allowed = [("NOT_ALLOWED", "id")]
    assert await refusals(client, verb("pause"), id=draft) == not_allowed
    assert await refusals(client, verb("resume"), id=draft) == not_allowed
    await change(client, verb("activate"), id=draft)
    await change(client, verb("pause"), id=draft)
    assert await refusals(client, verb("activate"), id=draft) == not_allowed
    await change(client, verb("archive"), id=draft)
    for name in ("activate", "pause", "resume"):
        assert await refusals(client, verb(name), id=draft) == not_allowed


async def test_an_automation_without_steps_is_not_activated(client: Client) -> None:
    assert await refusals(client, verb("activate"), id=await automation(client, steps=0)) == [("NOT_ALLOWED", "id")]


async def test_steps_come_last_and_are_put_in_another_order(client: Client) -> None:
    made = await automation(client, steps=2)
    steps = "steps { nodes { id position } }"
    data = await client.ask(f"query ($id: ID!) {{ automation(id: $id) {{ {steps} }} }}", {"id": made})
    first, second = data["automation"]["steps"]["nodes"]
    assert (first["position"], second["position"]) == (0, 1)
    reorder = f"""mutation ($id: ID!, $ids: [ID!]!) {{
        reorderAutomationSteps(automationId: $id, automationStepIds: $ids) {{
            automation {{ {steps} }} userErrors {{ field code }} }} }}"""
    payload = await change(client, reorder, id=made, ids=[second["id"], first["id"]])
    assert payload["automation"]["steps"]["nodes"] == [
        {"id": second["id"], "position": 0},
        {"id": first["id"], "position": 1},
    ]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("SEND", {"body": "Hello", "subject": "Hi", "channel": "EMAIL"}),
        ("WAIT", {"days": 2, "hours": 12}),
        ("ADD_TAG", {"tagId": "hot"}),
        ("REMOVE_TAG", {"tagId": "hot"}),
        ("MOVE_STAGE", {"stageId": "won"}),
        ("ADD_TO_LIST", {"listId": "newsletter"}),
        ("CREATE_TASK", {"title": "Call", "dueInDays": 3}),
        ("WEBHOOK", {"url": "https://hooks.acme.test/new"}),
        ("BRANCH", {"filter": {"score": {"gte": 50}}, "else": 4}),
    ],
)
async def test_a_step_has_the_settings_of_its_kind(client: Client, kind: str, settings: dict[str, Any]) -> None:
    given = {key: client.ids.get(value, value) if key.endswith("Id") else value for key, value in settings.items()}
    payload = await change(client, ADD_STEP, input=await step(client, kind, given))
    assert (payload["automationStep"]["kind"], payload["automationStep"]["settings"]) == (kind, given)


@pytest.mark.parametrize(
    ("kind", "settings", "refused"),
    [
        ("SEND", {}, [("REQUIRED", "body")]),
        (
            "SEND",
            {"body": " ", "subject": 1, "channel": "PIGEON"},
            ["BLANK body", "INVALID subject", "INVALID channel"],
        ),
        ("SEND", {"body": "x" * 50_001}, [("TOO_LONG", "body")]),
        ("WAIT", {}, [("REQUIRED", "")]),
        ("WAIT", {"hours": 0}, [("OUT_OF_RANGE", "hours")]),
        ("WAIT", {"hours": True, "days": 1.5, "weeks": 1}, ["INVALID hours", "INVALID days", "INVALID weeks"]),
        ("ADD_TAG", {"tag": "hot"}, ["INVALID tag", "REQUIRED tagId"]),
        ("ADD_TAG", {"tagId": "won"}, [("NOT_FOUND", "tagId")]),
        ("REMOVE_TAG", {"tagId": "secret"}, [("NOT_FOUND", "tagId")]),
        ("MOVE_STAGE", {"stageId": 7}, [("INVALID", "stageId")]),
        ("ADD_TO_LIST", {"listId": "none"}, [("NOT_FOUND", "listId")]),
        ("CREATE_TASK", {"title": "x" * 201}, [("TOO_LONG", "title")]),
        ("WEBHOOK", {"url": "file:///etc/passwd"}, [("INVALID", "url")]),
        ("BRANCH", {"filter": [], "else": -1}, ["INVALID filter", "OUT_OF_RANGE else"]),
    ],
)
async def test_settings_of_another_kind_are_refused(
    client: Client, kind: str, settings: dict[str, Any], refused: list[Any]
) -> None:
    """HARDENING 24: `secret` is a tag of another workspace."""
    given = {
        key: client.ids.get(value, value) if key.endswith("Id") and isinstance(value, str) else value
        for key, value in settings.items()
    }
    wanted = [tuple(each.split()) if isinstance(each, str) else each for each in refused]
    paths = [(code, f"input.settings.{key}" if key else "input.settings") for code, key in wanted]
    assert await refusals(client, ADD_STEP, input=await step(client, kind, given)) == paths


async def test_a_step_keeps_fitting_settings_when_it_is_changed(client: Client) -> None:
    made = (await change(client, ADD_STEP, input=await step(client, "SEND", SEND)))["automationStep"]["id"]
    assert await refusals(client, CHANGE_STEP, id=made, input={"kind": "WAIT"}) == [
        ("INVALID", "input.settings.body"),
    ]
    payload = await change(client, CHANGE_STEP, id=made, input={"kind": "WAIT", "settings": {"minutes": 5}})
    assert payload["automationStep"] == {"kind": "WAIT", "settings": {"minutes": 5}}
