"""What one request may cost, and what it leaves behind: HARDENING 15, 19, 20, 21, and what a hostile client found."""

import gc
import weakref
from typing import Any

import pytest

from app.graph.errors import Refused
from tests.serving import Client


def aliased(count: int, field: str) -> str:
    """`a0: field a1: field …`"""
    return " ".join(f"a{number}: {field}" for number in range(count))


FILTERED = "query ($f: ContactFilter) {{ {} }}"
MARKS = "a" + "\u0300\u0316" * 9000
EXISTS = {"customFields": [{"key": "k", "exists": True}] * 2000}
COMPARES = {"customFields": [{"key": "k", "text": {"eq": "x"}}] * 60}
EXPENSIVE: dict[str, tuple[str, dict[str, Any], str]] = {
    "marks": ("query ($s: String) { contacts(search: $s) { totalCount } }", {"s": MARKS}, "BAD_USER_INPUT"),
    "overlap": (f"{{ {'viewer { name } ' * 450} }}", {}, "GRAPHQL_VALIDATION_FAILED"),
    "lookups": (f"{{ {aliased(150, 'contact(id: 7) { id }')} }}", {}, "BAD_REQUEST"),
    "filters": (
        FILTERED.format(aliased(20, "contacts(filter: $f, first: 0) { totalCount }")),
        {"f": COMPARES},
        "BAD_USER_INPUT",
    ),
    "custom fields": (FILTERED.format("contacts(filter: $f) { totalCount }"), {"f": EXISTS}, "BAD_USER_INPUT"),
    "values": (
        "{ contacts(first: 200) { nodes { tags(first: 3) { nodes { contacts(first: 150) { nodes { "
        + aliased(60, "email")
        + " } } } } } } }",
        {},
        "BAD_REQUEST",
    ),
    "introspection": (
        f"{{ {aliased(90, '__schema { types { ...T } }')} }} fragment T on __Type {{ fields {{ type {{ name }} }} }}",
        {},
        "BAD_REQUEST",
    ),
    "order": (
        "query ($o: [ContactOrder!]) { contacts(orderBy: $o) { totalCount } }",
        {"o": [{"field": "EMAIL"}] * 35_000},
        "BAD_USER_INPUT",
    ),
}


@pytest.mark.parametrize("kind", EXPENSIVE)
async def test_what_costs_too_much_is_refused(client: Client, kind: str) -> None:
    query, variables, code = EXPENSIVE[kind]
    refused = await client.refused(query, variables)
    assert (refused["status"], refused["code"]) == (400, code)


async def test_a_remembered_refusal_keeps_nothing_of_the_request(sqlite_client: Client) -> None:
    caught: list[weakref.ref[BaseException]] = []
    for _ in range(3):
        try:
            scopes = frozenset({"contacts:read"})
            assert sqlite_client.app.executor is not None
            sqlite_client.app.executor._documents.get(sqlite_client.app.views.view(scopes), scopes, "{ nope }")
        except Refused as error:
            caught.append(weakref.ref(error))
    gc.collect()
    assert [each() for each in caught] == [None] * 3


async def test_a_variable_used_in_two_ways_has_one_plan_for_each_shape(client: Client) -> None:
    query = "query ($s: String) { contacts(search: $s, filter: { email: { ne: $s } }) { nodes { firstName } } }"
    for name in ("Ada", "Bob", "Ada"):
        found = await client.ask(query, {"s": name})
        assert found["contacts"]["nodes"] == [{"firstName": name}]
    assert (await client.ask(query, {"s": "ada@initech.test"}))["contacts"]["nodes"] == []


async def test_a_cursor_over_booleans_is_the_same_on_both_databases(client: Client) -> None:
    query = """query ($c: String) { users(first: 1, after: $c, orderBy: [{ field: DEVELOPER }, { field: NAME }]) {
      nodes { name } pageInfo { endCursor hasNextPage } } }"""
    names: list[str] = []
    cursor = None
    while True:
        page = (await client.ask(query, {"c": cursor}))["users"]
        names += [user["name"] for user in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == ["Grace Hopper", "Linus Berg"]
