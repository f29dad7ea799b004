"""The OpenAPI document: valid, whole, in the words of a dialect, cut down to what a key can use."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLSchema, NoUnusedVariablesRule, parse, specified_rules, validate
from openapi_spec_validator import validate as validate_document

from app.access.derive import members_of
from app.access.scopes import SCOPES, expand
from app.application import Application, create_app
from app.openapi.envelopes import envelopes
from app.settings import Settings
from tests.serving import Client, World, serving

_RULES = [rule for rule in specified_rules if rule is not NoUnusedVariablesRule]


@pytest.fixture(scope="module")
def application() -> Application:
    """One whose database nobody asks."""
    return create_app(Settings())


async def test_the_document_is_valid_and_has_every_route(sqlite_client: Client) -> None:
    response = await sqlite_client.http.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    validate_document(document)
    places = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert places == {(route.path, route.method.lower()) for route in sqlite_client.app.routes}
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_operation_names_the_scopes_of_its_route(application: Application) -> None:
    """S1-20…26: in the groups of the scopes and their order."""
    document = application.openapi.document()
    for route in application.routes:
        assert document["paths"][route.path][route.method.lower()]["x-scopes"] == list(route.scopes)
    groups = [group["name"] for group in document["x-tagGroups"]]
    assert groups == ["General", *dict.fromkeys(scope.group for scope in SCOPES.values())]
    assert [tag for group in document["x-tagGroups"] for tag in group["tags"]] == [
        tag["name"] for tag in document["tags"]
    ]


async def test_a_key_is_told_of_what_it_can_use(sqlite_client: Client) -> None:
    document = (await sqlite_client.http.get("/openapi.json", headers=sqlite_client.bearer("tags"))).json()
    assert set(document["paths"]) == {"/me", "/ping", "/tags", "/tags/{id}"}
    assert set(document["paths"]["/tags"]) == {"get"}
    answer = await sqlite_client.http.get("/openapi.json", headers={"x-api-key": "lgk_live_" + "x" * 32})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("dialect", "title"),
    [
        ("sprootal", "LeadGen Public API"),
        ("leadterra", "Leadterra API"),
        ("compact", "Public REST API"),
        ("leadron", "Leadron API"),
        ("spreeflo", "Spreeflo API"),
        ("custom", "Leadgraph API"),
    ],
)
def test_each_dialect_has_a_title(application: Application, dialect: str, title: str) -> None:
    """S1-3, S5-14."""
    info = application.openapi.document(frozenset(), dialect)["info"]
    assert info["title"] == title
    assert info.get("contact") == ({"email": "support@spreeflo.com"} if dialect == "spreeflo" else None)


async def test_a_workspace_sees_the_title_of_its_dialect(sqlite_client: Client) -> None:
    await sqlite_client.change_workspace("acme", dialect="sprootal")
    document = (await sqlite_client.http.get("/openapi.json", headers=sqlite_client.bearer("all"))).json()
    assert document["info"]["title"] == "LeadGen Public API"


async def test_a_hidden_schema_is_not_told_by_the_document(sqlite_world: World) -> None:
    async with serving(sqlite_world, hide_schema=True) as client:
        assert (await client.http.get("/openapi.json")).status_code == 401
        refused = await client.http.get("/openapi.json", headers=client.bearer("contacts"))
        assert refused.json()["errors"][0]["extensions"]["requiredScopes"] == ["schema:read"]
        assert (await client.http.get("/openapi.json", headers=client.bearer("all"))).status_code == 200


@pytest.mark.parametrize("seed", range(4))
def test_the_document_of_a_key_names_nothing_that_its_schema_does_not_have(application: Application, seed: int) -> None:
    """No field, argument or value, in schemas and examples; GraphQL operations are valid under the view."""
    scopes = expand(Random(seed).sample(sorted(SCOPES), 4 * seed))
    schema, document = application.views.view(scopes).schema, application.openapi.document(scopes)
    hidden = names_in(application.full.schema) - names_in(schema) - _AROUND
    assert document["paths"]
    for operation in operations(document):
        assert not validate(schema, parse(operation["x-graphql"]["query"]), _RULES), operation["operationId"]
        told = {each["name"] for each in operation["parameters"] if each.get("in") == "query"}
        assert not told & hidden, operation["operationId"]
    for part in (document["paths"], document["components"]["schemas"]):
        assert not set(told_in(part)) & hidden


def operations(document: Any) -> Iterator[Any]:
    for methods in document["paths"].values():
        yield from methods.values()


def names_in(schema: GraphQLSchema) -> set[str]:
    """Names of fields, input fields and arguments; values of enums as they are stored."""
    found: set[str] = set()
    for type_ in schema.type_map.values():
        for name, member in members_of(type_).items():
            found |= {member.value} if isinstance(type_, GraphQLEnumType) else {name, *getattr(member, "args", ())}
    return found


def told_in(value: Any) -> Iterator[str]:
    """Names of properties, values of enums and names of members in examples, as far as they are not free JSON."""
    if isinstance(value, dict):
        yield from value.get("properties", ())
        yield from map(str, value.get("enum", ()))
        for name, inner in value.items():
            if name == "value":
                yield from inner.get("data") or () if isinstance(inner.get("data"), dict) else inner
            elif name not in {"example", "x-graphql"}:
                yield from told_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from told_in(inner)


_AROUND = {*told_in(envelopes()), "data"}
"""What stands around data, whatever they are."""
