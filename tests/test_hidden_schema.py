"""A server that hides its schema: guessing names as clairvoyance does recovers nothing (HARDENING 26)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import get_introspection_query

from app.settings import Settings
from tests.serving import Client, World, serving

UNIFORM = {"message": "The document does not fit the schema of this key.", "code": "GRAPHQL_VALIDATION_FAILED"}
WORDS = {
    "fields": (
        "contacts",
        "contact",
        "tags",
        "tasks",
        "apiKeys",
        "node",
        "viewer",
        "contactts",
        "leads",
        "users",
        "zzz",
    ),
    "scalars": ("id", "email", "firstName", "emial", "first_name", "password", "score", "zzz"),
    "arguments": ("first", "filter", "orderBy", "search", "frist", "limit", "where", "zzz"),
    "types": ("Contact", "Company", "Task", "ContactFilter", "Contacts", "Customer", "String", "Zzz"),
    "enums": ("EMAIL", "SCORE", "EMIAL", "zzz"),
    "inputs": ("email", "score", "and", "tags", "company", "emial", "zzz"),
}
# Documents that do not fit whatever the word is; none of the answers must depend on the word.
PROBES = (
    ("fields", "{ %s(zzz: 1) { zzz } }"),
    ("fields", "{ %s { id nodes { id } } __typename { zzz } }"),
    ("fields", "query ($zzz: Zzz) { %s }"),
    ("fields", "mutation { %s }"),
    ("fields", "subscription { %s }"),
    ("scalars", "{ contacts { nodes { %s { zzz } zzz } } }"),
    ("scalars", "{ contacts { %s nodes } }"),
    ("arguments", '{ contacts(%s: "zzz", zzz: {}) { totalCount } }'),
    ("arguments", "{ contact(%s: {}) { id } }"),
    ("types", "{ node(id: 7) { ... on %s { zzz } } }"),
    ("types", "query ($v: %s) { zzz(v: $v) }"),
    ("types", "fragment f on %s { zzz } { ...f }"),
    ("enums", "{ contacts(orderBy: [{ field: %s, zzz: 1 }]) { totalCount } }"),
    ("inputs", "{ contacts(filter: { %s: { zzz: 1 } }) { totalCount } }"),
    ("inputs", "{ contacts(filter: { %s: zzz }) { totalCount } }"),
)


@pytest.fixture
async def hiding(sqlite_world: World) -> AsyncIterator[Client]:
    async with serving(sqlite_world, hide_schema=True) as client:
        await client.add_key("explorer", scopes=("contacts:read", "schema:read"))
        yield client


async def told(client: Client, query: str, variables: dict[str, Any] | None = None) -> Any:
    """Status and error without what differs from request to request."""
    response = await client.send(query, variables, key="contacts")
    [error] = response.json()["errors"]
    extensions = error.pop("extensions")
    assert len(extensions.pop("requestId")) == 16
    return response.status_code, {**error, **extensions}


@pytest.mark.parametrize(("kind", "probe"), PROBES)
async def test_a_wordlist_recovers_nothing(hiding: Client, kind: str, probe: str) -> None:
    for word in WORDS[kind]:
        assert await told(hiding, probe % word) == (400, UNIFORM), word


async def test_what_scopes_would_open_does_not_exist(hiding: Client) -> None:
    """`tags` needs a scope that this key lacks, `zzz` is nothing: nobody can tell."""
    for field in ("tags", "zzz"):
        assert await told(hiding, f"{{ {field} {{ totalCount }} }}") == (400, UNIFORM)
        assert await told(hiding, f"{{ contacts {{ nodes {{ {field} {{ totalCount }} }} }} }}") == (400, UNIFORM)


async def test_variables_recover_nothing(hiding: Client) -> None:
    query = "query ($f: ContactFilter) { contacts(filter: $f) { totalCount } }"
    for word in WORDS["inputs"]:
        for value in (7, {"zzz": 1}, {word: {"zzz": 7}}):
            refused = await told(hiding, query, {"f": {word: value}})
            assert refused == (400, {"message": "A variable does not fit its type.", "code": "BAD_USER_INPUT"}), word


async def test_variables_that_scopes_would_allow_are_refused_like_any_other(hiding: Client) -> None:
    query = "query ($f: ContactFilter) { contacts(filter: $f) { totalCount } }"
    answers = [await told(hiding, query, {"f": {field: {"some": {}}}}) for field in ("tags", "zzz")]
    assert answers[0] == answers[1]
    refused = await hiding.refused(query, {"f": {"tags": {"some": {}}}}, key="explorer")
    assert refused["requiredScopes"] == ["tags:read"]


async def test_introspection_takes_the_scope(hiding: Client) -> None:
    queries = (
        get_introspection_query(),
        '{ __type(name: "Contact") { name } }',
        "{ contacts { totalCount } ...f } fragment f on Query { __schema { queryType { name } } }",
    )
    for query in queries:
        refused = await hiding.refused(query, key="contacts")
        assert (refused["code"], refused["reason"], refused["requiredScopes"]) == (
            "FORBIDDEN",
            "INSUFFICIENT_SCOPE",
            ["schema:read"],
        )
        assert await hiding.ask(query, key="explorer")
        assert await hiding.ask(query, key="all")


async def test_the_sdl_takes_the_scope(hiding: Client) -> None:
    for key, status in (("contacts", 403), ("explorer", 200), ("all", 200)):
        shown = await hiding.http.get("/schema.graphql", headers=hiding.bearer(key))
        assert (shown.status_code, "type Contact" in shown.text) == (status, status == 200)
    assert (await hiding.http.get("/schema.graphql")).status_code == 401


async def test_keys_with_the_scope_are_helped_as_ever(hiding: Client) -> None:
    assert (
        "Did you mean 'contacts'" in (await hiding.refused("{ contactts { totalCount } }", key="explorer"))["message"]
    )
    refused = await hiding.refused("{ tags { totalCount } }", key="explorer")
    assert refused["requiredScopes"] == ["tags:read"]
    # The same view, the same documents: what one key is told the other is not.
    assert await told(hiding, "{ contactts { totalCount } }") == (400, UNIFORM)


async def test_what_fits_is_answered_as_ever(hiding: Client) -> None:
    query = "{ __typename contacts(first: 1) { __typename totalCount } }"
    assert await hiding.ask(query, key="contacts") == {
        "__typename": "Query",
        "contacts": {"__typename": "ContactConnection", "totalCount": 5},
    }
    syntax = await hiding.refused("{ contacts", key="contacts")
    assert syntax["code"] == "GRAPHQL_PARSE_FAILED"


def test_a_schema_is_not_hidden_and_public() -> None:
    with pytest.raises(ValueError, match="exclude one another"):
        Settings(hide_schema=True, public_schema=True)
