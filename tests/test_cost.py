"""What an operation costs is known before it is run, and told to who asks for it: HARDENING 21."""

import json
from typing import Any

import pytest
from graphql import get_introspection_query

from tests.recording import record
from tests.serving import Client, World, serving

ASKED = {"cost": True}
NESTED = """{ contacts(first: 100) { nodes { company { contacts(first: 100) { nodes { company {
  contacts(first: 100) { nodes { id } } } } } } } } }"""
COSTS = [
    ("{ __typename }", 0, 0),
    ("{ viewer { name } }", 0, 0),
    ('{ contact(id: "7") { id } }', 1, 1),
    ("{ contacts(first: 10) { nodes { id } } }", 10, 1),
    ("{ contacts { totalCount nodes { id } } }", 25, 2),
    ("{ contacts(first: 10) { nodes { id tags(first: 3) { nodes { id } } } } }", 40, 2),
    ("{ __schema { queryType { name } } }", 150, 0),
    ('{ __type(name: "Tag") { name } contacts(first: 10) { nodes { id } } }', 260, 1),
]


async def cost_of(client: Client, query: str, **more: Any) -> Any:
    answer = (await client.send(query, extensions=ASKED, **more)).json()
    assert list(answer) == ["data", "extensions"], answer
    assert list(answer["extensions"]) == ["cost"]
    return answer["extensions"]["cost"]


@pytest.mark.parametrize(("query", "requested", "statements"), COSTS)
async def test_the_cost_is_told_on_request(client: Client, query: str, requested: int, statements: int) -> None:
    expected = {"requested": requested, "limit": client.app.settings.max_cost, "statements": statements}
    assert await cost_of(client, query) == expected


async def test_the_cost_of_a_mutation_is_that_of_its_answer(client: Client) -> None:
    create = """mutation { createTag(input: { name: "Costly" }) {
      tag { contacts(first: 3) { nodes { id } } } userErrors { code } } }"""
    limit = client.app.settings.max_cost
    for _created_then_refused in range(2):
        assert await cost_of(client, create) == {"requested": 1 + 1 + 3, "limit": limit}


async def test_the_cost_follows_the_variables(client: Client) -> None:
    query = "query ($n: Int!) { contacts(first: $n) { nodes { id } } }"
    assert [(await cost_of(client, query, variables={"n": n}))["requested"] for n in (3, 7, 3)] == [3, 7, 3]


@pytest.mark.parametrize("extensions", [None, {}, {"cost": False}, {"cost": "true"}, {"cost": 1}, {"tracing": True}])
async def test_nobody_is_told_who_does_not_ask(client: Client, extensions: Any) -> None:
    for query in ("{ contacts { totalCount } }", "{ __schema { queryType { name } } }"):
        assert list((await client.send(query, extensions=extensions)).json()) == ["data"]


async def test_the_cost_can_be_asked_by_get(client: Client) -> None:
    parameters = {"query": "{ tags(first: 4) { totalCount } }", "extensions": json.dumps(ASKED)}
    answer = await client.http.get("/graphql", params=parameters, headers=client.bearer("all"))
    assert answer.json()["extensions"]["cost"]["requested"] == 4


async def test_what_costs_too_much_is_refused_before_any_sql_and_told(client: Client) -> None:
    """HARDENING 21"""
    await client.ask("{ ping }")
    recorded = record(client.database)
    refused = await client.refused(NESTED)
    assert (refused["status"], refused["code"], refused["reason"]) == (400, "BAD_REQUEST", "COST_LIMIT")
    assert refused["cost"]["limit"] == client.app.settings.max_cost < refused["cost"]["requested"]
    for number in refused["cost"].values():
        assert str(number) in refused["message"]
    assert len(recorded) == 1, "the key alone is checked"


async def test_the_limit_is_a_setting(sqlite_world: World) -> None:
    async with serving(sqlite_world, max_cost=100) as client:
        assert (await cost_of(client, "{ contacts(first: 100) { nodes { id } } }"))["limit"] == 100
        refused = await client.refused("{ contacts(first: 100) { nodes { company { name } } } }")
        assert refused["cost"] == {"requested": 200, "limit": 100}
        assert (await cost_of(client, get_introspection_query()))["requested"] > 100, "what it selects is limited"
