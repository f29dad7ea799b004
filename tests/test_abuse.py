"""What one request may cost, and what it leaves behind: HARDENING 15 to 21, and what a hostile client found."""

import gc
import weakref
from typing import Any

import pytest
from graphql import get_introspection_query

from app.access.scopes import SCOPES
from app.graph.errors import Refused
from tests.recording import record
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
    "introspection of lists in lists": (
        "{ __schema { types { inputFields { type { inputFields { ...I } } } } } }"
        f" fragment I on __InputValue {{ {aliased(190, 'type { name }')} }}",
        {},
        "BAD_REQUEST",
    ),
    "introspection of any type": (
        "query ($n: String!) { __type(name: $n) { fields { args { type { inputFields { ...I } } } } } }"
        f" fragment I on __InputValue {{ {aliased(300, 'name')} }}",
        {"n": "Query"},
        "BAD_REQUEST",
    ),
    "order": (
        "query ($o: [ContactOrder!]) { contacts(orderBy: $o) { totalCount } }",
        {"o": [{"field": "EMAIL"}] * 35_000},
        "BAD_USER_INPUT",
    ),
}


async def test_all_that_a_tool_can_ask_of_the_whole_schema_is_told(client: Client) -> None:
    asked = get_introspection_query(specified_by_url=True, schema_description=True, input_value_deprecation=True)
    schema = (await client.ask(asked))["__schema"]
    assert schema["mutationType"]["name"] == "Mutation"
    assert "UpsertContactsPayload" in {type_["name"] for type_ in schema["types"]}


@pytest.mark.parametrize("kind", EXPENSIVE)
async def test_what_costs_too_much_is_refused(client: Client, kind: str) -> None:
    query, variables, code = EXPENSIVE[kind]
    refused = await client.refused(query, variables)
    assert (refused["status"], refused["code"]) == (400, code)


def chained(count: int, type_: str, last: str, *, twice: bool = False) -> str:
    """`...f0` and its fragments, each of which spreads the next one, once or twice."""
    spreads = [f"...f{number + 1} " * (1 + twice) for number in range(count)] + [last]
    fragments = (f"fragment f{number} on {type_} {{ {spread} }}" for number, spread in enumerate(spreads))
    return " ".join(fragments)


def many_fragments(count: int, fields: str) -> str:
    """Fields in so many fragments; `%d` in them is the fragment's number."""
    spreads = " ".join(f"...f{number}" for number in range(count))
    return f"{{ {spreads} }} " + " ".join(
        f"fragment f{number} on Query {{ {fields.replace('%d', str(number))} }}" for number in range(count)
    )


ALIASES = " ".join(f"x%d_{place}: ping" for place in range(15))
DEEP = "[" * 20_000, "]" * 20_000
REFUSED: dict[str, tuple[str, str, str | None]] = {
    "15: 500 aliases": (f"{{ {aliased(500, 'ping')} }}", "BAD_REQUEST", "TOO_MANY_FIELDS"),
    "15: 300 lists": (f"{{ {aliased(300, 'tags { totalCount }')} }}", "BAD_REQUEST", "TOO_MANY_FIELDS"),
    "15: 25 x 15 in fragments": (many_fragments(25, ALIASES), "BAD_REQUEST", "TOO_MANY_FIELDS"),
    "15: 40 x 25 in fragments": (many_fragments(40, ALIASES * 2), "GRAPHQL_PARSE_FAILED", None),
    "15: 100 nodes": (f"{{ {aliased(100, 'node(id: 7) { id }')} }}", "BAD_REQUEST", "TOO_MANY_FIELDS"),
    "17: cycle": (
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    "17: chain of 3,000": (f"{{ ...f0 }} {chained(3000, 'Query', 'ping')}", "GRAPHQL_PARSE_FAILED", None),
    "17: chain of 220": (f"{{ ...f0 }} {chained(220, 'Query', 'ping')}", "GRAPHQL_VALIDATION_FAILED", None),
    "17: unknown spread": ("{ ...nope }", "GRAPHQL_VALIDATION_FAILED", None),
    "17: two of a name": ("query A { ping } query A { ping }", "GRAPHQL_VALIDATION_FAILED", None),
    "18: selections": (f"{'{ a ' * 3000}{'}' * 3000}", "GRAPHQL_PARSE_FAILED", None),
    "18: list": (f"{{ nodes(ids: {DEEP[0]}{DEEP[1]}) {{ id }} }}", "GRAPHQL_PARSE_FAILED", None),
    "18: variable type": (f"query ($v: {DEEP[0]}Int{DEEP[1]}) {{ ping }}", "GRAPHQL_PARSE_FAILED", None),
    "19: 40 kB of fragments": (f"{{ {'... on Query { ping } ' * 2000} }}", "GRAPHQL_PARSE_FAILED", None),
    "19: 300 fragments": (f"{{ {'... on Query { ping } ' * 300} }}", "GRAPHQL_VALIDATION_FAILED", None),
    "19: a long comment": (f"# {'x' * 1_000_000}\n{{ ping }}", "GRAPHQL_PARSE_FAILED", None),
    "19: many comments": ("#\n" * 40_000 + "{ ping }", "GRAPHQL_PARSE_FAILED", None),
    "19: 20,000 fields": (f"{{ {'ping ' * 20_000} }}", "GRAPHQL_PARSE_FAILED", None),
    "19: 1,900 fields": (f"{{ {'ping ' * 1_900} }}", "GRAPHQL_VALIDATION_FAILED", None),
    "19: 1,000 operations": (" ".join(f"query q{n} {{ ping }}" for n in range(1000)), "GRAPHQL_PARSE_FAILED", None),
    "19: 300 operations": (
        " ".join(f"query q{n} {{ ping }}" for n in range(300)),
        "OPERATION_RESOLUTION_FAILURE",
        None,
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_hostile_document_gets_one_error_before_any_sql(client: Client, kind: str) -> None:
    """HARDENING 15, 17, 18, 19: the key is checked, and nothing else is asked of the database."""
    query, code, reason = REFUSED[kind]
    await client.ask("{ ping }")
    recorded = record(client.database)
    response = await client.send(query)
    answer = response.json()
    assert (response.status_code, list(answer)) == (400, ["errors"])
    assert {(each["extensions"]["code"], each["extensions"].get("reason")) for each in answer["errors"]} == {
        (code, reason)
    }
    assert len(recorded) == 1
    assert len(response.content) < 64_000


async def test_a_fragment_bomb_is_no_more_than_what_it_selects(client: Client) -> None:
    """HARDENING 16: two spreads in each of 25 fragments are 2^25, and one field."""
    assert await client.ask(f"{{ ...f0 }} {chained(25, 'Query', 'ping', twice=True)}") == {"ping": "pong"}
    bomb = f"{{ contacts(first: 1) {{ nodes {{ ...f0 }} }} }} {chained(25, 'Contact', 'firstName', twice=True)}"
    assert await client.ask(bomb) == {"contacts": {"nodes": [{"firstName": None}]}}


async def test_a_fragment_bomb_under_fields_is_refused_by_its_cost(client: Client) -> None:
    """HARDENING 16"""
    fragments = " ".join(
        f"fragment f{number} on Contact {{ a: company {{ ...g{number} }} b: company {{ ...g{number} }} }}"
        f" fragment g{number} on Company {{ contacts {{ nodes {{ ...f{number + 1} }} }} }}"
        for number in range(25)
    )
    bomb = f"{{ contacts {{ nodes {{ ...f0 }} }} }} {fragments} fragment f25 on Contact {{ id }}"
    assert (await client.refused(bomb))["reason"] == "COST_LIMIT"


async def test_unknown_fields_get_a_short_answer_and_leave_little(client: Client) -> None:
    """HARDENING 20"""
    view = client.app.views.view(frozenset(SCOPES))
    for number in range(30):
        unknown = " ".join(f"contactz{number}_{place}" for place in range(1_500))
        response = await client.send(f"{{ {unknown} }}")
        assert response.status_code == 400
        assert len(response.content) < 16_000
    assert view.weight < 30 * 80_000


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
