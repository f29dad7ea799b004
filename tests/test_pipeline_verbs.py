"""Stages: a new one comes last, all of a pipeline are put in another order at once, contacts leave what is deleted."""

import asyncio
from typing import Any

import pytest

from app.write import clearing
from tests.changing import change, events, refusals
from tests.serving import Client

CREATE = """mutation ($input: CreateStageInput!) {
    createStage(input: $input) { stage { id name position } userErrors { field code } } }"""
CREATE_PIPELINE = """mutation ($input: CreatePipelineInput!) { createPipeline(input: $input) {
    pipeline { name stages { nodes { name position probability kind } } } userErrors { field code } } }"""
REORDER = """mutation ($pipeline: ID!, $stages: [ID!]!) { reorderStages(pipelineId: $pipeline, stageIds: $stages) {
    pipeline { stages { nodes { name position version } } } userErrors { field code } } }"""

DELETE = "mutation ($id: ID!) {{ delete{noun}(id: $id) {{ deletedId userErrors {{ field code }} }} }}"
MOVE = """mutation ($c: [ID!]!, $s: ID) { moveContacts(contactIds: $c, stageId: $s) {
    results { id } userErrors { code } } }"""
CONTACTS = "{ contacts { nodes { id version stage { id } stageMoves { totalCount } } } }"


async def create(client: Client, **given: Any) -> Any:
    payload = await change(client, CREATE, input={"pipelineId": client.ids["sales"], **given})
    return payload["stage"]


async def test_a_new_stage_comes_last_unless_it_is_given_a_position(client: Client) -> None:
    assert (await create(client, name="Paid"))["position"] == 2
    assert (await create(client, name="Early", position=0))["position"] == 0
    assert (await create(client, name="Never", position=1000))["position"] == 1000
    assert (await create(client, name="Beyond"))["position"] == 1000
    data = await client.ask("{ pipelines { nodes { stages { nodes { name } } } } }")
    names = [stage["name"] for stage in data["pipelines"]["nodes"][0]["stages"]["nodes"]]
    assert names == ["Lead", "Early", "Won", "Paid", "Never", "Beyond"]


async def test_the_first_stage_of_a_pipeline_is_at_0(client: Client) -> None:
    made = await client.ask('mutation { createPipeline(input: {name: "New"}) { pipeline { id } } }')
    stage = await create(client, name="First", pipelineId=made["createPipeline"]["pipeline"]["id"])
    assert stage["position"] == 0


async def test_stages_are_put_in_another_order(client: Client) -> None:
    paid = (await create(client, name="Paid"))["id"]
    order = [client.ids["won"], client.ids["lead"], paid]
    payload = await change(client, REORDER, pipeline=client.ids["sales"], stages=order)
    assert payload["pipeline"]["stages"]["nodes"] == [
        {"name": "Won", "position": 0, "version": 2},
        {"name": "Lead", "position": 1, "version": 2},
        {"name": "Paid", "position": 2, "version": 1},
    ]
    assert await change(client, REORDER, pipeline=client.ids["sales"], stages=order) == payload
    assert await events(client, "stage.created") == [
        ("stage.updated", {"position": {"old": 1, "new": 0}}),
        ("stage.updated", {"position": {"old": 0, "new": 1}}),
    ]


async def test_an_order_has_every_stage_of_the_pipeline_once(client: Client) -> None:
    """HARDENING 24: a stage of another workspace is as unknown as one of no workspace."""
    lead, won, sales = (client.ids[name] for name in ("lead", "won", "sales"))
    assert await refusals(client, REORDER, pipeline=sales, stages=[lead]) == [("REQUIRED", "stageIds")]
    assert await refusals(client, REORDER, pipeline=sales, stages=[lead, lead, client.ids["ada"], "x"]) == [
        ("DUPLICATE", "stageIds.1"),
        ("NOT_FOUND", "stageIds.2"),
        ("NOT_FOUND", "stageIds.3"),
        ("REQUIRED", "stageIds"),
    ]
    foreign = await refusals(client, REORDER, key="foreign", pipeline=sales, stages=[lead, won])
    assert foreign == [("NOT_FOUND", "pipelineId")]
    other = await client.ask('mutation { createPipeline(input: {name: "New"}) { pipeline { id } } }')
    there = other["createPipeline"]["pipeline"]["id"]
    assert await refusals(client, REORDER, pipeline=there, stages=[lead]) == [("NOT_FOUND", "stageIds.0")]


async def test_a_stage_stays_in_its_pipeline(client: Client) -> None:
    fields = await client.ask('{ __type(name: "UpdateStageInput") { inputFields { name } } }')
    assert [field["name"] for field in fields["__type"]["inputFields"]] == ["kind", "name", "position", "probability"]


async def test_a_pipeline_is_created_with_its_stages(client: Client) -> None:
    created = await change(
        client,
        CREATE_PIPELINE,
        input={"name": "Hiring", "stages": [{"name": "Talk", "probability": 50}, {"name": "Hired", "kind": "WON"}]},
    )
    assert created["pipeline"] == {
        "name": "Hiring",
        "stages": {
            "nodes": [
                {"name": "Talk", "position": 0, "probability": 50, "kind": "OPEN"},
                {"name": "Hired", "position": 1, "probability": 0, "kind": "WON"},
            ]
        },
    }
    assert [type_ for type_, _ in await events(client)] == ["pipeline.created", "stage.created", "stage.created"]


async def test_a_pipeline_with_a_wrong_stage_is_not_created(client: Client) -> None:
    given = {"name": " ", "stages": [{"name": "Talk"}, {"name": "", "probability": 101}]}
    assert await refusals(client, CREATE_PIPELINE, input=given) == [
        ("BLANK", "input.name"),
        ("BLANK", "input.stages.1.name"),
        ("OUT_OF_RANGE", "input.stages.1.probability"),
    ]
    many = {"name": "Hiring", "stages": [{"name": "Talk"}] * 101}
    assert await refusals(client, CREATE_PIPELINE, input=many) == [("TOO_LONG", "input.stages")]


@pytest.mark.parametrize(("noun", "name"), [("Stage", "won"), ("Pipeline", "sales")])
async def test_contacts_leave_a_stage_that_is_deleted(client: Client, noun: str, name: str) -> None:
    """Each with its event and its move, before the stage is told to be gone; those in other stages stay."""
    stages = await stages_of(client)
    leaving = [contact for contact, stage in stages.items() if noun == "Pipeline" or stage == client.ids["won"]]
    assert leaving
    payload = await change(client, DELETE.format(noun=noun), id=client.ids[name])
    assert payload["deletedId"] == client.ids[name]
    assert await stages_of(client) == {contact: stage for contact, stage in stages.items() if contact not in leaving}
    told = await events(client)
    assert sorted(told[:-1], key=str) == sorted(
        [("contact.stage_changed", {"stageId": {"old": stages[contact], "new": None}}) for contact in leaving], key=str
    )
    assert told[-1][0] == f"{noun.lower()}.deleted"
    data = await client.ask(CONTACTS)
    moved = {node["id"]: node for node in data["contacts"]["nodes"] if node["id"] in leaving}
    assert all(node["version"] == 2 and node["stageMoves"]["totalCount"] == 1 for node in moved.values())


async def test_a_stage_of_too_many_contacts_is_not_deleted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "MOST_CLEARED", 0)
    for noun, name in (("Stage", "won"), ("Pipeline", "sales")):
        refused = await refusals(client, DELETE.format(noun=noun), id=client.ids[name])
        assert refused == [("NOT_ALLOWED", "id")]


@pytest.mark.parametrize("noun", ["Stage", "Pipeline"])
async def test_who_comes_into_a_stage_that_is_deleted_leaves_it_or_is_refused(client: Client, noun: str) -> None:
    target = {"Stage": client.ids["won"], "Pipeline": client.ids["sales"]}[noun]
    moving = client.ask(MOVE, {"c": [client.ids["dee"]], "s": client.ids["won"]})
    deleting = client.ask(DELETE.format(noun=noun), {"id": target})
    moved, deleted = await asyncio.gather(moving, deleting)
    assert deleted[f"delete{noun}"]["userErrors"] == []
    assert client.ids["won"] not in (await stages_of(client)).values()
    told = [changes["stageId"] for type_, changes in await events(client) if type_ == "contact.stage_changed"]
    came, left = ([each for each in told if each[side] is not None] for side in ("new", "old"))
    assert len(came) == (not moved["moveContacts"]["userErrors"])
    there = {"Stage": 1, "Pipeline": 2}[noun]
    assert len(left) == there + len(came)


async def stages_of(client: Client) -> dict[str, str]:
    """The stages of the contacts that are in one, by their ids."""
    data = await client.ask(CONTACTS)
    return {node["id"]: node["stage"]["id"] for node in data["contacts"]["nodes"] if node["stage"]}
