"""Documents named instead of sent: Apollo's automatic persisted queries, and documents registered with the server."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.graph.persisted import Persisted, read_documents
from app.settings import Settings
from tests.serving import Client, World, serving

TAGS = "query Tags { tags(first: 2) { nodes { name } } }"
CONTACTS = "{ contacts(first: 1) { totalCount } }"
INTROSPECTION = "{ __schema { queryType { name } } }"
APOLLO = "apollo-persisted-query-manifest"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apollo(document_id: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": document_id}}


async def post(client: Client, key: str = "all", **body: Any) -> Any:
    """Status and body of a POST, without the parts of errors that say nothing here."""
    response = await client.http.post("/graphql", json=body, headers=client.bearer(key))
    return response.status_code, response.json()


def refusal(answered: Any) -> tuple[int, str, str | None]:
    """Status, code and reason."""
    status, answer = answered
    assert list(answer) == ["errors"], answer
    told = answer["errors"][0]["extensions"]
    return status, told["code"], told.get("reason")


NOT_FOUND = (200, "PERSISTED_QUERY_NOT_FOUND", None)
UNREGISTERED = (403, "FORBIDDEN", "UNREGISTERED_DOCUMENT")


# Automatic persisted queries


async def test_a_client_leaves_a_document_and_names_it(client: Client) -> None:
    """Apollo's protocol: the hash alone, then hash and text, from then on the hash."""
    extensions = apollo(sha256(TAGS))
    status, unknown = await post(client, extensions=extensions)
    assert refusal((status, unknown)) == NOT_FOUND
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
    sent = await post(client, query=TAGS, extensions=extensions)
    assert sent == (200, {"data": await client.ask(TAGS)})
    assert await post(client, extensions=extensions) == sent
    assert await post(client, documentId=f"sha256:{sha256(TAGS)}") == sent
    for name in ({"extensions": json.dumps(extensions)}, {"documentId": f"sha256:{sha256(TAGS)}"}):
        got = await client.http.get("/graphql", params=name, headers=client.bearer("all"))
        assert (got.status_code, got.json()) == sent


async def test_a_document_is_left_by_get_as_well(client: Client) -> None:
    extensions = json.dumps(apollo(sha256(TAGS)))
    for parameters in ({"query": TAGS, "extensions": extensions}, {"extensions": extensions}):
        got = await client.http.get("/graphql", params=parameters, headers=client.bearer("tags"))
        assert got.json() == {"data": await client.ask(TAGS)}


async def test_a_named_document_takes_variables_and_an_operation_name(client: Client) -> None:
    text = "query One($id: ID!) { tag(id: $id) { name } } query Two { ping }"
    variables = {"id": client.ids["hot"]}
    for sent in ({"query": text}, {}):
        named: dict[str, Any] = {"variables": variables, "extensions": apollo(sha256(text)), **sent}
        assert await post(client, operationName="One", **named) == (200, {"data": {"tag": {"name": "hot"}}})


async def test_a_named_document_is_no_way_around_a_view(client: Client) -> None:
    extensions = apollo(sha256(TAGS))
    await post(client, query=TAGS, extensions=extensions)
    status, answer = await post(client, "contacts", extensions=extensions)
    assert refusal((status, answer)) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE")
    assert answer["errors"][0]["extensions"]["requiredScopes"] == ["tags:read"]


async def test_what_one_workspace_left_is_unknown_to_others(client: Client) -> None:
    await post(client, query=TAGS, extensions=apollo(sha256(TAGS)))
    assert refusal(await post(client, "foreign", extensions=apollo(sha256(TAGS)))) == NOT_FOUND


@pytest.mark.parametrize("query", ["{ nope }", "{ tags", CONTACTS])
async def test_nothing_is_kept_that_does_not_fit_the_view(client: Client, query: str) -> None:
    extensions = apollo(sha256(query))
    assert refusal(await post(client, "tags", query=query, extensions=extensions))[0] != 200
    assert refusal(await post(client, extensions=extensions)) == NOT_FOUND


async def test_a_hash_of_another_text_is_refused_and_not_kept(client: Client) -> None:
    extensions = apollo(sha256(CONTACTS))
    assert refusal(await post(client, query=TAGS, extensions=extensions)) == (400, "BAD_USER_INPUT", None)
    assert refusal(await post(client, extensions=extensions)) == NOT_FOUND


@pytest.mark.parametrize(
    "body",
    [
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": sha256(TAGS)}}},
        {"extensions": {"persistedQuery": {"sha256Hash": sha256(TAGS)}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": ""}}},
        {"extensions": {"persistedQuery": True}},
        {"extensions": {"persistedQuery": None}},
        {"extensions": {}},
        {"extensions": apollo(sha256(TAGS)), "query": 7},
        {"extensions": apollo(sha256(TAGS)), "documentId": sha256(TAGS)},
        {"documentId": 7},
        {"documentId": ""},
        {"documentId": None},
        {"documentId": "x", "query": ["{ ping }"]},
    ],
)
async def test_a_malformed_name_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert refusal(await post(client, **body)) == (400, "BAD_REQUEST", None)


async def test_a_revoked_key_learns_nothing_of_what_is_kept(client: Client) -> None:
    await post(client, query=TAGS, extensions=apollo(sha256(TAGS)))
    await client.revoke("all")
    for text in (TAGS, CONTACTS):
        assert refusal(await post(client, extensions=apollo(sha256(text)))) == (401, "UNAUTHENTICATED", "REVOKED")


def test_what_clients_leave_is_bounded() -> None:
    persisted = Persisted({}, budget=10_000, only=False)
    texts = [f"{{ a{number}: ping }}" for number in range(100)]
    found = []
    for text in texts:
        persisted.keep(1, sha256(text), text)
        found.append(persisted.find(1, sha256(texts[0]), None, only=False))  # what is used stays
    assert found == texts[:1] * 100
    assert persisted._weight <= 10_000
    assert 20 < len(persisted._left) < 40
    assert (1, sha256(texts[1])) not in persisted._left


# Registered documents


@pytest.fixture(params=["apollo", "map"])
def registered(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A file with `TAGS` under its SHA-256 and `CONTACTS` under an id of its own."""
    documents = {sha256(TAGS): TAGS, "contacts-v1": CONTACTS}
    operations = [{"id": id_, "body": text, "name": "x", "type": "query"} for id_, text in documents.items()]
    manifest = {"format": APOLLO, "version": 1, "operations": operations}
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(manifest if request.param == "apollo" else documents))
    return str(path)


async def test_everybody_may_name_registered_documents(world: World, registered: str) -> None:
    async with serving(world, documents=registered) as client:
        tags = await client.ask(TAGS)
        assert await post(client, extensions=apollo(sha256(TAGS))) == (200, {"data": tags})
        assert await post(client, documentId=f"sha256:{sha256(TAGS)}") == (200, {"data": tags})
        assert await post(client, documentId="contacts-v1") == (200, {"data": {"contacts": {"totalCount": 5}}})
        assert await post(client, "foreign", documentId="contacts-v1") == (
            200,
            {"data": {"contacts": {"totalCount": 2}}},
        )
        assert refusal(await post(client, "tags", documentId="contacts-v1"))[1:] == ("FORBIDDEN", "INSUFFICIENT_SCOPE")
        assert refusal(await post(client, documentId="contacts-v2")) == NOT_FOUND
        assert await client.ask("{ ping }") == {"ping": "pong"}, "others are run as well"


async def only_registered_documents_are_run(client: Client, key: str) -> None:
    tags = {"data": await client.ask(TAGS, key=key)}
    for named in ({"extensions": apollo(sha256(TAGS))}, {"query": TAGS, "extensions": apollo(sha256(TAGS))}):
        assert await post(client, key, **named) == (200, tags)
    assert (await post(client, key, query=CONTACTS, documentId="contacts-v1"))[0] == 200
    for text in ("{ ping }", "{ __typename }", INTROSPECTION, "{ nope }", "{", TAGS + " "):
        assert refusal(await post(client, key, query=text)) == UNREGISTERED
        assert refusal(await post(client, key, query=text, extensions=apollo(sha256(text)))) == UNREGISTERED
        assert refusal(await post(client, key, extensions=apollo(sha256(text)))) == NOT_FOUND
        got = await client.http.get("/graphql", params={"query": text}, headers=client.bearer(key))
        assert refusal((got.status_code, got.json())) == UNREGISTERED
    sdl = await client.http.get("/schema.graphql", headers=client.bearer(key))
    assert refusal((sdl.status_code, sdl.json())) == UNREGISTERED


async def test_a_server_can_be_held_to_registered_documents(world: World, registered: str) -> None:
    async with serving(world, documents=registered, only_registered_documents=True) as client:
        await only_registered_documents_are_run(client, "all")
        assert refusal(await post(client, "contacts", query=TAGS))[1:] == ("FORBIDDEN", "INSUFFICIENT_SCOPE")


async def test_a_key_can_be_held_to_registered_documents(world: World, registered: str) -> None:
    async with serving(world, documents=registered) as client:
        await client.add_key("held", registered_documents_only=True)
        assert (await post(client, query="{ ping }", extensions=apollo(sha256("{ ping }"))))[0] == 200
        await only_registered_documents_are_run(client, "held")
        assert await client.ask("{ ping }") == {"ping": "pong"}, "another key is not held"
        keys = (
            "{ apiKeys(filter: { registeredDocumentsOnly: { eq: true } }) { nodes { name registeredDocumentsOnly } } }"
        )
        assert await client.ask(keys) == {"apiKeys": {"nodes": [{"name": "held", "registeredDocumentsOnly": True}]}}
        await client.change_key("held", registered_documents_only=False)
        assert await client.ask("{ ping }", key="held") == {"ping": "pong"}


async def test_a_held_key_is_held_from_the_next_request_on(client: Client) -> None:
    assert await client.ask("{ ping }", key="tags") == {"ping": "pong"}
    await client.change_key("tags", registered_documents_only=True)
    assert refusal(await post(client, "tags", query="{ ping }")) == UNREGISTERED


async def test_registered_introspection_is_run(sqlite_world: World, tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"schema": INTROSPECTION}))
    async with serving(sqlite_world, documents=str(path), only_registered_documents=True) as client:
        for body in ({"documentId": "schema"}, {"query": INTROSPECTION}):
            assert await post(client, **body) == (200, {"data": {"__schema": {"queryType": {"name": "Query"}}}})


# The file


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not JSON"),
        ("[]", "neither an object of texts nor"),
        ('{"format": "other", "version": 1, "operations": []}', "is not apollo-persisted-query-manifest of version 1"),
        (f'{{"format": "{APOLLO}", "version": 2, "operations": []}}', "of version 1"),
        (f'{{"format": "{APOLLO}", "version": 1, "operations": [{{"id": "a"}}]}}', "lacks id or body"),
        (f'{{"format": "{APOLLO}", "version": 1, "operations": [7]}}', "lacks id or body"),
        (f'{{"format": "{APOLLO}", "version": 1, "operations": {{"a": "b"}}}}', "is not apollo"),
        (
            f'{{"format": "{APOLLO}", "version": 1, "operations": [{{"id": 7, "body": "{{ ping }}"}}]}}',
            "lacks id or body",
        ),
        ('{"a": 7}', "a in .* is not a text"),
        ('{"a": "{ tags "}', "a in .* does not parse: Syntax Error"),
    ],
)
def test_a_bad_file_is_refused_at_start(tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=told) as refused:
        read_documents(str(path), max_tokens=2_000)
    assert str(refused.value).startswith("LEADGRAPH_DOCUMENTS: ")


def test_only_registered_documents_need_a_file() -> None:
    with pytest.raises(ValueError, match="LEADGRAPH_DOCUMENTS"):
        Settings(only_registered_documents=True)


async def test_a_server_does_not_start_with_a_bad_file(sqlite_world: World, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="LEADGRAPH_DOCUMENTS"):
        async with serving(sqlite_world, documents=str(tmp_path / "none.json")):
            raise AssertionError
