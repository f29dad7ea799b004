"""The OpenAPI document: valid, whole, cut down to what a key can use."""

from openapi_spec_validator import validate

from tests.serving import Client


async def test_the_document_is_valid_and_has_every_route(sqlite_client: Client) -> None:
    response = await sqlite_client.http.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    validate(document)
    places = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert places == {(route.path, route.method.lower()) for route in sqlite_client.app.routes}
    for path in ("/v1/openapi.json", "/api/v1/openapi.json"):
        assert (await sqlite_client.http.get(path)).json() == document


async def test_a_key_is_told_of_what_it_can_use(sqlite_client: Client) -> None:
    document = (await sqlite_client.http.get("/openapi.json", headers=sqlite_client.bearer("tags"))).json()
    assert set(document["paths"]) == {"/me", "/ping", "/tags", "/tags/{id}"}
    assert set(document["paths"]["/tags"]) == {"get"}
    answer = await sqlite_client.http.get("/openapi.json", headers={"x-api-key": "lgk_live_" + "x" * 32})
    assert answer.status_code == 401
