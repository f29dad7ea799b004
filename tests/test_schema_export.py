"""`GET /schema.graphql`: the SDL of the caller's own view, and all of it without a key only where a setting says so."""

import pytest
from graphql import GraphQLObjectType, build_schema, introspection_from_schema
from graphql.utilities import get_introspection_query

from tests.serving import KEYS, Client, World, serving

OF_EVERYBODY = {"node", "nodes", "ping", "rateLimit", "schemaDiff", "scopes", "scopesFor", "viewer"}


async def sdl(client: Client, key: str | None) -> str:
    response = await client.http.get("/schema.graphql", headers=client.bearer(key) if key else {})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    return response.text


def root_fields(text: str) -> set[str]:
    query = build_schema(text).query_type
    assert isinstance(query, GraphQLObjectType)
    return set(query.fields)


async def test_a_key_is_given_its_own_view(client: Client) -> None:
    """DESIGN: a refused field does not exist in the view."""
    assert root_fields(await sdl(client, "all")) > {"contacts", "companies", "apiKeys", "ping"}
    assert {name for name in root_fields(await sdl(client, "tags")) if name.startswith(("tag", "contact"))} == {
        "tag",
        "tags",
        "tagsAggregate",
    }
    assert root_fields(await sdl(client, "nothing")) == OF_EVERYBODY


@pytest.mark.parametrize("key", KEYS)
async def test_the_text_is_the_schema_that_introspection_shows(sqlite_client: Client, key: str) -> None:
    """One source of truth: what is printed, what is introspected, what documents are validated against."""
    built = introspection_from_schema(build_schema(await sdl(sqlite_client, key)))
    asked = await sqlite_client.ask(get_introspection_query(), key=key)

    def types(introspection: object) -> dict[str, object]:
        assert isinstance(introspection, dict)
        listed = introspection["__schema"]["types"]
        return {
            each["name"]: sorted(
                member["name"] for kind in ("fields", "inputFields", "enumValues") for member in each[kind] or ()
            )
            for each in listed
            if not each["name"].startswith("__")
        }

    assert types(built) == types(asked)


async def test_keys_of_equal_scopes_are_given_the_same_text_in_any_workspace(sqlite_client: Client) -> None:
    assert await sdl(sqlite_client, "all") == await sdl(sqlite_client, "foreign")
    assert await sdl(sqlite_client, "contacts") == await sdl(sqlite_client, "foreign contacts")


async def test_the_whole_schema_needs_a_key(sqlite_client: Client) -> None:
    """S2-24"""
    response = await sqlite_client.http.get("/schema.graphql")
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["reason"] == "MISSING"
    assert "type " not in response.text


async def test_a_setting_opens_the_whole_schema(sqlite_world: World) -> None:
    """Without a key only: one that is sent is checked as ever, and gets its own view."""
    async with serving(sqlite_world, public_schema=True) as client:
        assert await sdl(client, None) == await sdl(client, "all")
        assert root_fields(await sdl(client, "nothing")) == OF_EVERYBODY
        for headers in ({"authorization": "Bearer wrong"}, {"x-api-key": ""}):
            assert (await client.http.get("/schema.graphql", headers=headers)).status_code == 401
        await client.revoke("tags")
        assert (await client.http.get("/schema.graphql", headers=client.bearer("tags"))).status_code == 401
        assert (await client.send("{ ping }", key=None)).status_code == 401
