"""`PUT` with `Prefer: handling=strict` (X20), of every noun: a record is then as a new one that was given the same."""

from typing import Any

from app.rest.route import Route
from tests.mutations import NAMED, Maker
from tests.serving import Client
from tests.test_rest import call, data, refused
from tests.test_rest_parity import request, root_of, variables_of

STRICT = {"prefer": "handling=strict"}
MERGED = {"customFields"}  # by key, in a replacement, too
# What its noun asks for besides.
NEEDED: dict[str, dict[str, Any]] = {
    "/lists/{id}": {"filter": {"score": {"gte": 1}}},
    "/webhooks/{id}": {"events": ["contact.created"]},
}
CREATED = {"/lists/{id}": {"kind": "dynamic"}}


def shown(route: Route, record: dict[str, Any]) -> dict[str, Any]:
    """Of a record what the route can set, links by what they lead to."""
    names = {each for name in route.parameters for each in (name, name.removesuffix("Id"))}
    return {name: record[name] for name in record if name in names - MERGED}


def required(route: Route, given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in route.required} | NEEDED.get(route.path, {})


async def test_a_replaced_record_is_as_a_new_one(client: Client) -> None:
    """X20: whatever has a PUT; what it needs is named, and nothing is changed without it."""
    routes = {(each.method, each.path, each.strict): each for each in client.app.routes if each.when is None}
    strict = [route for route in routes.values() if route.strict]
    assert len(strict) == sum(method == "PUT" and not strict for method, _, strict in routes)
    for route in strict:
        arguments = await Maker(client).arguments(NAMED[root_of(route).name.value], full=True)
        merging = routes["PUT", route.path, False]
        filled = await request(client, merging, variables_of(merging, arguments))
        assert filled.status_code == 200, filled.text
        path = route.path.replace("{id}", arguments["id"])
        given = required(route, shown(route, filled.json()["data"]))
        if route.required:
            answer = await refused(client, "PUT", path, json={}, headers=STRICT)
            wrong = [{"field": name, "message": "This field is required"} for name in route.required]
            assert (answer["status"], answer["errors"]) == (422, wrong)
            assert (await call(client, "GET", path)).headers["etag"] == filled.headers["etag"]
        response = await call(client, "PUT", path, json=given, headers=STRICT)
        assert response.status_code == 200, (path, response.text)
        assert response.headers["preference-applied"] == "handling=strict"
        before, replaced = filled.json()["data"], response.json()["data"]
        assert [replaced.get(name) for name in MERGED] == [before.get(name) for name in MERGED]
        told = shown(route, await new(client, routes, route, given))
        assert shown(route, replaced) == told | given, route.path


async def new(client: Client, routes: Any, route: Route, given: dict[str, Any]) -> dict[str, Any]:
    """A record that was created with these fields, and the least else that it takes."""
    creating: Route = routes["POST", route.path.removesuffix("/{id}"), False]
    verb = NAMED[root_of(creating).name.value]
    least = variables_of(creating, await Maker(client).arguments(verb))
    sent = least.get(creating.body or "", least)
    created = await data(client, "POST", creating.path, json=given | sent | CREATED.get(route.path, {}))
    return created if "id" in created else next(each for each in created.values() if isinstance(each, dict))


async def test_what_a_key_does_not_see_is_not_replaced(client: Client) -> None:
    """Nor does replacing the rest take a scope more."""
    await client.add_key("narrow", scopes=("contacts:read", "contacts:update"))
    path = f"/contacts/{client.ids['ada']}"
    before = await data(client, "GET", path)
    changed = await data(client, "PUT", path, key="narrow", json={"score": 3}, headers=STRICT)
    assert (changed["score"], changed["email"], changed["assignedTo"]) == (3, None, None)
    after = await data(client, "GET", path)
    assert before["company"]
    assert (after["company"], after["stage"]) == (before["company"], before["stage"])


async def test_both_preferences_can_be_applied(sqlite_client: Client) -> None:
    headers = {"prefer": "return=minimal, handling=strict"}
    path = f"/tags/{sqlite_client.ids['hot']}"
    response = await call(sqlite_client, "PUT", path, json={"name": "warm"}, headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["preference-applied"] == "handling=strict, return=minimal"
    assert (await data(sqlite_client, "GET", path))["color"] is None
