"""`/metrics`: what is counted, in which formats it is told, and to whom."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.serving import Client, World, serving
from tests.test_slow_operations import ENDLESS, ask

NONE: frozenset[tuple[str, str]] = frozenset()
HERE = {"host": "localhost:8000"}
TOKEN = "a token of the operators"


async def scrape(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels."""
    response = await client.http.get("/metrics", headers=HERE)
    assert response.status_code == 200, response.text
    families = text_string_to_metric_families(response.text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


async def sample(client: Client, name: str, **labels: str) -> float:
    """One sample; 0 where there is none."""
    return (await scrape(client)).get((name, frozenset(labels.items())), 0)


async def test_requests_are_counted_by_surface_method_and_status(sqlite_client: Client) -> None:
    await sqlite_client.ask("{ ping }")
    await sqlite_client.http.get("/graphql?query={ping}", headers=sqlite_client.bearer("all"))
    await sqlite_client.send("{ nothing }")
    await sqlite_client.http.options("/graphql")
    await sqlite_client.http.request("BREW", "/graphql")
    await sqlite_client.http.get("/nowhere")
    await sqlite_client.http.get("/readyz")
    found = await scrape(sqlite_client)
    counted = {
        tuple(dict(labels)[name] for name in ("surface", "method", "status")): value
        for (name, labels), value in found.items()
        if name == "leadgraph_requests_total"
    }
    assert counted == {
        ("graphql", "POST", "200"): 1,
        ("graphql", "GET", "200"): 1,
        ("graphql", "POST", "400"): 1,
        ("graphql", "OPTIONS", "204"): 1,
        ("graphql", "other", "405"): 1,
        ("other", "GET", "404"): 1,
        ("probe", "GET", "200"): 1,
    }


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("{ ping }", "query"),
        ("query Named { contacts { totalCount } }", "query"),
        ("{ __schema { __typename } }", "introspection"),
        ("{ __schema { __typename } ping }", "introspection"),
        ("{ nothing }", "refused"),
        ("mutation { nothing }", "refused"),
        ("{", "refused"),
    ],
)
async def test_times_are_told_by_what_was_asked(sqlite_client: Client, query: str, kind: str) -> None:
    await sqlite_client.send(query)
    found = await scrape(sqlite_client)
    name = "leadgraph_request_duration_seconds"
    assert found[f"{name}_count", frozenset({("kind", kind)})] == 1
    assert 0 < found[f"{name}_sum", frozenset({("kind", kind)})] < 60
    buckets = {
        float(dict(labels)["le"]): value
        for (each, labels), value in found.items()
        if each == f"{name}_bucket" and dict(labels)["kind"] == kind
    }
    assert buckets[float("inf")] == 1
    assert list(buckets.values()) == sorted(buckets.values()), "a bucket holds all that is smaller"


async def test_a_defect_is_a_failure(sqlite_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sqlite_client.app.executor, "execute", break_down)
    assert (await sqlite_client.send("{ ping }")).status_code == 500
    assert await sample(sqlite_client, "leadgraph_request_duration_seconds_count", kind="failed") == 1
    assert await sample(sqlite_client, "leadgraph_errors_total", code="INTERNAL_SERVER_ERROR", reason="") == 1


async def test_a_client_that_went_away_is_counted(sqlite_client: Client) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Mapping[str, Any]) -> None:
        raise AssertionError("nobody is there")

    headers = [
        (b"authorization", b"Bearer " + sqlite_client.keys["all"].encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await sqlite_client.app(scope, receive, send)
    assert await sample(sqlite_client, "leadgraph_request_duration_seconds_count", kind="gone") == 1
    place = {"surface": "graphql", "method": "POST", "status": "499"}
    assert await sample(sqlite_client, "leadgraph_requests_total", **place) == 1


async def test_errors_are_counted_by_code_and_reason(sqlite_client: Client) -> None:
    await sqlite_client.send("{ ping }", key=None)
    await sqlite_client.send("{ ping }", key=None)
    await sqlite_client.refused("{ contacts { totalCount } }", key="tags")
    await sqlite_client.http.get("/schema.graphql")
    name = "leadgraph_errors_total"
    assert await sample(sqlite_client, name, code="UNAUTHENTICATED", reason="MISSING") == 3
    assert await sample(sqlite_client, name, code="FORBIDDEN", reason="INSUFFICIENT_SCOPE") == 1


async def test_an_error_is_one_also_when_its_status_is_200(sqlite_client: Client) -> None:
    headers = sqlite_client.bearer("all") | {"accept": "application/json"}
    response = await sqlite_client.http.post("/graphql", json={"query": "{"}, headers=headers)
    assert response.status_code == 200
    assert await sample(sqlite_client, "leadgraph_errors_total", code="GRAPHQL_PARSE_FAILED", reason="") == 1
    assert await sample(sqlite_client, "leadgraph_request_duration_seconds_count", kind="refused") == 1


async def test_costs_are_told(sqlite_client: Client) -> None:
    await sqlite_client.ask("{ contacts(first: 20) { nodes { id } } }")
    assert await sample(sqlite_client, "leadgraph_operation_cost_count") == 1
    cost = await sample(sqlite_client, "leadgraph_operation_cost_sum")
    assert 20 <= cost <= 30
    assert await sample(sqlite_client, "leadgraph_operation_cost_bucket", le="10.0") == 0
    assert await sample(sqlite_client, "leadgraph_operation_cost_bucket", le="30.0") == 1


async def test_statements_are_told(client: Client) -> None:
    await client.ask("{ ping }")
    before = await scrape(client)
    await client.ask("{ contacts(first: 5) { nodes { id tags { nodes { name } } } } }")
    after = await scrape(client)
    count, total = (("leadgraph_statement_duration_seconds_" + end, NONE) for end in ("count", "sum"))
    assert after[count] - before[count] == 2
    assert 0 < after[total] - before[total] < 60


async def test_the_pool_is_told(postgresql_world: World) -> None:
    async def becomes(*state: float) -> None:
        """Returns when the pool has this size, so many in use and so many waiting."""
        async with asyncio.timeout(60):
            found: tuple[float, ...] = ()
            while found != state:
                samples = await scrape(client)
                found = tuple(samples[f"leadgraph_pool_{name}", NONE] for name in ("size", "in_use", "waiting"))
                await asyncio.sleep(0.01)

    async with serving(postgresql_world, pool_size=2, acquire_timeout=60) as client:
        await client.ask("{ ping }")
        await becomes(2, 0, 0)
        async with client.database.engine.begin() as blocking:
            await blocking.exec_driver_sql("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
            asked = [asyncio.create_task(client.send("{ contacts { totalCount } }")) for _ in range(3)]
            await becomes(2, 2, 1)
            asked.pop().cancel()
            await becomes(2, 2, 0)
            asked.pop().cancel()
            await becomes(2, 1, 0)
        assert (await asked.pop()).status_code == 200
        await becomes(2, 0, 0)


async def test_readings_of_sqlite_are_told(sqlite_client: Client) -> None:
    """Also those that were given up."""
    reading = asyncio.create_task(sqlite_client.database.read(ask(ENDLESS["sqlite"])))
    await asyncio.sleep(0)  # it begins, and goes on in a thread
    assert await sample(sqlite_client, "leadgraph_pool_in_use") == 1
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert await sample(sqlite_client, "leadgraph_pool_in_use") == 0


async def test_caches_are_told(sqlite_client: Client) -> None:
    async def cache(name: str) -> tuple[float, ...]:
        found = await scrape(sqlite_client)
        kinds = ("leadgraph_cache_hits_total", "leadgraph_cache_misses_total", "leadgraph_cache_entries")
        return tuple(found.get((kind, frozenset({("cache", name)})), -1) for kind in kinds)

    query = "query ($n: Int) { tags(first: $n) { nodes { name } } }"
    for number, key in ((1, "tags"), (1, "tags"), (2, "tags"), (2, "all")):
        await sqlite_client.ask(query, {"n": number}, key=key)
    assert await cache("principals") == (2, 2, 2)
    assert await cache("documents") == (2, 2, 2)
    assert await cache("plans") == (1, 3, -1), "one for each size of a page, under each view"
    hits, misses, entries = await cache("views")
    assert hits == 3, "the first view is made with the application"
    assert misses == entries == 2


async def test_the_process_and_the_build_are_told(client: Client) -> None:
    found = await scrape(client)
    assert found["process_resident_memory_bytes", frozenset()] > 1e6
    assert found["process_cpu_seconds_total", frozenset()] > 0
    [build] = [dict(labels) for name, labels in found if name == "leadgraph_build_info"]
    assert build["database"] == client.database.name


async def test_openmetrics_is_told_to_who_asks_for_it(sqlite_client: Client) -> None:
    await sqlite_client.ask("{ ping }")
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    response = await sqlite_client.http.get("/metrics", headers=HERE | {"accept": accept})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    families = openmetrics.text_string_to_metric_families(response.text)  # type: ignore[no-untyped-call]
    names = [family.name for family in families]
    assert "leadgraph_requests" in names
    plain = await sqlite_client.http.get("/metrics", headers=HERE)
    assert plain.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("accept", ["application/openmetrics-text;version=x", "text/plain;version=", "\xff", "*/*"])
async def test_any_accept_header_is_answered(sqlite_client: Client, accept: str) -> None:
    headers = [(b"host", b"localhost"), (b"accept", accept.encode("latin-1"))]
    response = await sqlite_client.http.get("/metrics", headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "leads.example"},
        {"host": "localhost.leads.example"},
        {"host": ""},
        HERE | {"x-forwarded-for": "127.0.0.1"},
        HERE | {"forwarded": "for=127.0.0.1"},
        HERE | {"x-real-ip": "127.0.0.1"},
        HERE | {"via": "1.1 proxy"},
    ],
)
async def test_without_a_token_nobody_is_told_through_a_proxy(sqlite_client: Client, headers: dict[str, str]) -> None:
    """HARDENING 8: a header only ever shuts out."""
    response = await sqlite_client.http.get("/metrics", headers=headers | sqlite_client.bearer("all"))
    refused(response)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.2:80", "[::1]", "[::1]:8000"])
async def test_without_a_token_this_machine_is_told(sqlite_client: Client, host: str) -> None:
    assert (await sqlite_client.http.get("/metrics", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1", "not an address"])
async def test_without_a_token_no_other_machine_is_told(sqlite_client: Client, address: str) -> None:
    transport = httpx2.ASGITransport(app=sqlite_client.app, client=(address, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        refused(await http.get("/metrics"))


async def test_with_a_token_whoever_has_it_is_told(sqlite_world: World) -> None:
    """HARDENING 1, 2: nobody else, this machine included."""
    async with serving(sqlite_world, metrics_token=TOKEN) as client:
        good = ("authorization", f"Bearer {TOKEN}")
        assert (await client.http.get("/metrics", headers=[good, ("x-forwarded-for", "192.0.2.1")])).status_code == 200
        for headers in (
            [("host", "localhost")],
            [("authorization", f"Bearer {TOKEN}x")],
            [("authorization", TOKEN)],
            [("authorization", "Bearer ÿ".encode("latin-1"))],
            [("authorization", f"Bearer {client.keys['all']}")],
            [good, ("authorization", "Bearer other")],
            [good, good],
        ):
            response = await client.http.get("/metrics", headers=headers)  # type: ignore[arg-type]
            refused(response)
            assert TOKEN not in response.text


def refused(response: httpx2.Response) -> None:
    assert response.status_code == 401
    assert response.headers["www-authenticate"]
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "leadgraph_requests" not in response.text


async def test_no_label_comes_from_a_client(sqlite_client: Client) -> None:
    """HARDENING 10, 20: nothing grows, and no key, name or address is told."""
    marks = ["Marked" + letter for letter in "abcdefgh"]
    await asyncio.gather(*(sqlite_client.send(f"query {mark} {{ ping }}") for mark in marks))
    before = len(await scrape(sqlite_client))
    for mark in marks:
        await sqlite_client.send(f"query {mark} {{ {mark} }}")
        await sqlite_client.http.get(f"/{mark}")
        await sqlite_client.http.request(mark, "/graphql")
        await sqlite_client.http.post(f"/graphql?{mark}", headers={"x-api-key": mark})
    response = await sqlite_client.http.get("/metrics", headers=HERE)
    assert "Marked" not in response.text
    for key in sqlite_client.keys.values():
        assert key[:14] not in response.text
    assert len(await scrape(sqlite_client)) < before + 60
