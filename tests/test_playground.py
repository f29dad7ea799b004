"""How the playground's files are served. What they do in a browser is for test_playground_page.py."""

import re

from app.graph.assets import WORKER_POLICY
from app.graph.playground import STATIC
from tests.serving import Client


async def test_every_file_of_the_page_is_served_as_it_is_and_compressed(sqlite_client: Client) -> None:
    for file in STATIC.iterdir():
        path = f"/playground/static/{file.name}"
        plain = await sqlite_client.http.get(path, headers={"accept-encoding": "identity"})
        small = await sqlite_client.http.get(path, headers={"accept-encoding": "gzip"})
        assert plain.content == small.content == file.read_bytes()
        assert "content-encoding" not in plain.headers
        assert small.headers["content-encoding"] == "gzip"
        for response in (plain, small):
            assert response.headers["vary"] == "Accept-Encoding"
            assert response.headers["content-security-policy"] == WORKER_POLICY
            assert response.headers["x-content-type-options"] == "nosniff"
            again = await sqlite_client.http.get(path, headers={"if-none-match": response.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


async def test_only_an_address_that_names_the_build_is_kept_for_a_year(sqlite_client: Client) -> None:
    page = (await sqlite_client.http.get("/playground")).text
    addresses = re.findall(r"/playground/static/[\w.?=]+", page)
    assert len(addresses) == 2
    for address in addresses:
        assert "immutable" in (await sqlite_client.http.get(address)).headers["cache-control"]
        other = await sqlite_client.http.get(address[:-1] + "x")
        assert other.headers["cache-control"] == "no-cache"


async def test_nothing_else_is_served_beside_them(sqlite_client: Client) -> None:
    for path in ("none.js", "..%2fplayground.py", "%2e%2e/playground.py", "", "%00"):
        response = await sqlite_client.http.get(f"/playground/static/{path}")
        assert response.status_code == 404, path
        assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
