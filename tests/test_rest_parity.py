"""Every route answers what its GraphQL operation does, but for the envelope and the differences its document declares.

The operations are sent to `/graphql` as anybody could send them; their results are shaped here a second time, by
walking them, where the server does it while it writes rows. Mutations are done twice, to two copies of one database.
"""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    print_ast,
)

from app.access.scopes import SCOPES, expand
from app.domain.contact import ContactStatus
from app.graph.stored import without_directives
from app.rest.route import Route
from app.settings import sqlite_path
from tests.mutations import NAMED, Maker
from tests.serving import Client, World, serving

MASKED = re.compile(
    r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|lgk_\w+|whsec_[\w+/=]+|(?<="secret":")[^"]+|(?<="requestId":")\w+'
)


def operation_of(node: Any) -> OperationDefinitionNode:
    [operation] = node.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def root_of(route: Route) -> FieldNode:
    [root] = operation_of(route.stored.node).selection_set.selections
    assert isinstance(root, FieldNode)
    return root


# What the documents declare, a second time


def has(node: FieldNode, directive: str) -> bool:
    return any(each.name.value == directive for each in node.directives or ())


def shaped(node: FieldNode, value: Any, type_: Any, tenant: str) -> Any:
    """A value of a result as a route shows it."""
    if value is None:
        return None
    if has(node, "tenant"):
        return tenant
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLList):
        return [shaped(node, item, type_.of_type, tenant) for item in value]
    if isinstance(type_, GraphQLEnumType):
        return type_.values[value].value
    if node.name.value == "filter":
        return stored(value, {status.name: status.value for status in ContactStatus})
    if not isinstance(type_, GraphQLObjectType):
        return value
    members: dict[str, Any] = {}
    assert node.selection_set is not None
    for inner in node.selection_set.selections:
        assert isinstance(inner, FieldNode)
        key = (inner.alias or inner.name).value
        if key in value:
            members[key] = shaped(inner, value[key], type_.fields[inner.name.value].type, tenant)
    return next(iter(members.values())) if has(node, "lift") else members


def stored(value: Any, names: Mapping[str, str]) -> Any:
    """A filter with values of enums as they are stored."""
    if isinstance(value, dict):
        return {name: stored(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [stored(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def expected(client: Client, route: Route, result: Mapping[str, Any], tenant: str = "acme") -> Any:
    """The `data` that a route must have for the result of its operation."""
    operation = operation_of(route.stored.node)
    root_type = client.app.full.schema.get_root_type(operation.operation)
    assert root_type is not None
    root = root_of(route)
    [value] = result.values()
    shown = shaped(root, value, root_type.fields[root.name.value].type, tenant)
    if route.writes:
        assert shown.pop("userErrors") == []
        if route.method == "DELETE":
            return None
        shown = next(iter(shown.values())) if len(shown) == 1 else shown
    elif isinstance(shown, dict) and shown.keys() >= {"nodes", "pageInfo"}:
        return shown["nodes"]
    if isinstance(shown, dict):
        shown.pop("etag", None)
    return shown


# Queries


async def records(client: Client, routes: Sequence[Route]) -> dict[str, str]:
    """An id for each noun whose records routes show by id: one of the world, or a new one."""
    maker, ids = Maker(client), {}
    for route in routes:
        field = client.app.full.schema.query_type.fields[root_of(route).name.value]  # type: ignore[union-attr]
        noun = get_named_type(field.type).name
        if route.segments and noun not in ids:
            known = {"Contact": "ada", "Company": "initech", "Tag": "hot", "Pipeline": "sales", "Stage": "won"}
            ids[noun] = client.ids[known[noun]] if noun in known else await maker.id(noun)
    return ids


async def test_every_route_that_reads_answers_as_its_operation_does(client: Client) -> None:
    """X34, S4-22: with all scopes, with none, and with some that are drawn; refusals name the same scopes."""
    routes = [route for route in client.app.routes if not route.writes]
    ids, random = await records(client, routes), Random(7)
    names = sorted(SCOPES)
    granted = {"every": ("*",), "none": ()} | {f"drawn {n}": tuple(random.sample(names, 12)) for n in range(3)}
    answered = 0
    for name, scopes in granted.items():
        await client.add_key(name, scopes=scopes)
        view = client.app.views.view(expand(scopes))
        for route in routes:
            field = client.app.full.schema.query_type.fields[root_of(route).name.value]  # type: ignore[union-attr]
            given = {segment: ids[get_named_type(field.type).name] for segment in route.segments}
            operation = without_directives(route.stored.within(view.schema))
            document = print_ast(operation)
            if document.count("$expandTags") == 1:  # where tags are not shown
                document = document.replace("$expandTags: Boolean! = false, ", "")
            response = await client.send(document, given, key=name)
            path = re.sub(r"\{(\w+)\}", lambda match: given[match[1]], route.path)  # noqa: B023
            answer = (await client.http.get(f"/v1{path}", headers=client.bearer(name))).json()
            shown = "data" if answer["success"] else "errors"
            assert list(answer) == ["success", "status", "message", shown, "meta"]
            if response.status_code == 200:
                result = response.json()["data"]
                assert answer["data"] == expected(client, route, result), (name, route.name)
                answered += 1
            else:
                assert answer["status"] == 403, (name, route.name, response.text)
                missing = set(answer["errors"][0]["requiredScopes"])
                assert missing == {scope for scope in route.scopes if scope not in expand(scopes)}
    assert answered > len(routes)


# Mutations


def stored_values(type_: Any, value: Any) -> Any:
    """A value of a variable as a REST client sends it: enum values as they are stored."""
    type_ = get_nullable_type(type_)
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        return [stored_values(type_.of_type, item) for item in value]
    if isinstance(type_, GraphQLEnumType):
        return type_.values[value].value
    if isinstance(type_, GraphQLInputObjectType):
        return {name: stored_values(type_.fields[name].type, item) for name, item in value.items()}
    return value


def variables_of(route: Route, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a route's operation that give its verb these arguments."""
    variables = {}
    for path, name in route.arguments.items():
        value: Any = arguments
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            variables[name] = value
    return variables


async def request(client: Client, route: Route, variables: Mapping[str, Any]) -> Any:
    """The response to a request that gives a route these variables."""
    path = re.sub(r"\{(\w+)\}", lambda match: variables[match[1]], route.path)
    given = {
        name: stored_values(each.type, variables[name]) for name, each in route.parameters.items() if name in variables
    }
    body = given[route.body] if route.body else given
    if route.when is not None:
        body = {**body, route.when[0]: route.when[1]}
    headers = client.bearer("all") | ({"prefer": "handling=strict"} if route.strict else {})
    if "ifVersion" in variables:
        headers["if-match"] = f'"{variables["ifVersion"]}"'
    sent = None if route.method == "DELETE" else body
    return await client.http.request(route.method, f"/v1{path}", json=sent, headers=headers)


def masked(value: Any) -> str:
    """JSON without what differs each time: times and secrets."""
    return MASKED.sub("…", json.dumps(value, separators=(",", ":"), sort_keys=True))


async def test_every_route_that_writes_does_and_answers_as_its_operation_does(
    sqlite_world: World, tmp_path: Path
) -> None:
    """X34, S4-22: the same call over both surfaces, each to a copy of one database."""
    async with serving(sqlite_world) as one:
        routes = [route for route in one.app.routes if route.writes]
        calls = []
        for route in routes:
            arguments = await Maker(one).arguments(NAMED[root_of(route).name.value], full=True)
            calls.append((route, variables_of(route, arguments)))
        source = sqlite_path(sqlite_world.url)
        assert source is not None
        with sqlite3.connect(source) as opened, sqlite3.connect(tmp_path / "copy.db") as copied:
            opened.backup(copied)
        async with serving(replace(sqlite_world, url=f"sqlite+aiosqlite:///{tmp_path / 'copy.db'}")) as other:
            for route, variables in calls:
                response = await request(one, route, variables)
                assert response.status_code == route.status, (route.name, response.text)
                assert list(response.json()) == ["success", "status", "message", "data", "meta"]
                result = await other.ask(route.stored.text, variables)
                told = expected(one, route, result)
                assert masked(response.json()["data"]) == masked(told), route.name
