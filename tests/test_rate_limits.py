"""Rate limits of the whole server: whose bucket a request is taken from, what it costs, and what every answer tells."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import rate
from app.access.limits.store import StoreAway
from app.verb import Rejected
from tests.processes import started
from tests.serving import Client, World, serving
from tests.signing import let_in, signed_in
from tests.test_sandbox import operate

PING = "{ ping }"
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
NOW = 1_700_000_000  # the clock of these tests stands still


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "now", lambda: NOW * 1_000_000)


@pytest.fixture
async def limited(sqlite_world: World) -> AsyncIterator[Client]:
    """The application with its limits, the plan of `acme` being free."""
    async with serving(sqlite_world, rate_limits="memory", ip_rate="600/60/60") as client:
        await client.change_workspace("acme", plan="free")
        yield client


def told(response: httpx2.Response) -> list[int]:
    return [int(response.headers[name]) for name in LIMITS]


def reason_of(response: httpx2.Response) -> str:
    assert response.status_code == 429
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert response.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    return str(error["extensions"]["reason"])


async def spend(client: Client, key: str, count: int) -> None:
    for _ in range(count):
        assert (await client.send(PING, key=key)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("POST", "/graphql", {"json": {"query": PING}}, 200),
        ("GET", "/graphql?query={ping}", {}, 200),
        ("OPTIONS", "/graphql", {}, 204),
        ("POST", "/graphql", {"json": {"query": "{"}}, 400),
        ("POST", "/graphql", {"json": {"query": PING}, "headers": {"authorization": "Bearer unknown"}}, 401),
        ("POST", "/graphql", {"json": {"query": "{ messages { totalCount } }"}}, 403),
        ("DELETE", "/graphql", {}, 405),
        ("POST", "/graphql", {"json": {"query": PING}, "headers": {"accept": "text/plain"}}, 406),
        ("POST", "/graphql", {"content": b" " * 2_000_000, "headers": {"content-type": "application/json"}}, 413),
        ("POST", "/graphql", {"content": b"query={ping}"}, 415),
        ("GET", "/v1/leads", {}, 200),
        ("POST", "/v1/leads", {"content": b"{"}, 415),
        ("GET", "/v1/leads", {"headers": {"authorization": "Bearer unknown"}}, 401),
        ("GET", "/v1/tags", {}, 403),
        ("GET", "/v1/leads/0", {}, 404),
        ("DELETE", "/v1/leads", {}, 405),
        ("GET", "/v1/leads?limit=0", {}, 422),
        ("OPTIONS", "/v1/leads", {}, 204),
        ("GET", "/schema.graphql", {}, 200),
        ("POST", "/schema.graphql", {}, 405),
        ("GET", "/nothing", {}, 404),
        ("GET", "/", {}, 307),
        ("GET", "/playground", {}, 200),
        ("GET", "/healthz", {}, 200),
        ("GET", "/readyz", {}, 200),
        ("GET", "/metrics", {"headers": {"host": "elsewhere"}}, 401),
    ],
)
async def test_every_answer_tells_the_limit(
    method: str, path: str, more: dict[str, Any], status: int, limited: Client
) -> None:
    """S4-53, X26."""
    headers = limited.bearer("contacts") | more.pop("headers", {})
    response = await limited.http.request(method, path, headers=headers, **more)
    assert response.status_code == status, response.text
    limit, remaining, reset = told(response)
    assert (limit, remaining) in {(60, 9), (600, 59), (600, 60)}
    assert NOW <= reset <= NOW + 1
    kind = "workspace" if limit == 60 else "ip"
    assert response.headers["ratelimit-policy"] == f'"{kind}";q={limit};w=60'
    assert response.headers["ratelimit"] == f'"{kind}";r={remaining};t={1 if remaining in {9, 59} else 0}'


async def test_a_defect_of_ours_tells_the_limit(limited: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4-53, X26."""

    async def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(limited.app.executor, "execute", fail)
    response = await limited.send(PING)
    assert response.status_code == 500
    assert told(response) == [600, 59, NOW + 1]


async def test_who_asks_too_often_is_refused_until_the_bucket_fills(
    limited: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S2-4, S4-45, S4-46, S4-47, S4-48: a workspace has one bucket for all its keys, and its own."""
    await spend(limited, "all", 5)
    await spend(limited, "contacts", 5)
    response = await limited.send(PING)
    assert reason_of(response) == "WORKSPACE"
    assert told(response) == [60, 0, NOW + 10]
    assert response.headers["retry-after"] == "1"
    assert (await limited.http.get("/schema.graphql", headers=limited.bearer("all"))).status_code == 429
    await spend(limited, "foreign", 5)
    monkeypatch.setattr(rate, "now", lambda: NOW * 1_000_000 + 1_000_000)
    await spend(limited, "all", 1)
    assert reason_of(await limited.send(PING)) == "WORKSPACE"


async def test_every_route_is_limited(sqlite_world: World) -> None:
    """S1-4, S4-45, X14: of a workspace that has spent all it has, at both mounts."""
    async with serving(sqlite_world, rate_limits="memory", ip_rate="60000/60/60000") as client:
        await client.change_workspace("acme", plan="free")
        await spend(client, "all", 10)
        for mount in ("/v1", "/api/v1"):
            for route in client.app.routes:
                url = mount + re.sub(r"{\w+}", client.ids["ada"], route.path)
                response = await client.http.request(route.method, url, headers=client.bearer("all"))
                assert (response.status_code, response.json()["errors"][0]["reason"]) == (429, "WORKSPACE"), url


async def test_a_refused_mutation_changes_nothing(limited: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await spend(limited, "all", 10)
    made = 'mutation { createTag(input: { name: "late" }) { tag { id } } }'
    assert reason_of(await limited.send(made)) == "WORKSPACE"
    monkeypatch.setattr(rate, "now", lambda: (NOW + 1) * 1_000_000)
    found = await limited.ask('{ tags(filter: { name: { eq: "late" } }) { totalCount } }')
    assert found == {"tags": {"totalCount": 0}}


async def test_the_plan_that_holds_is_that_of_the_next_request(limited: Client) -> None:
    """S4-48, S4-50, S4-51, S4-52."""
    for plan, limit in (("pro", 1_000), ("team", 5_000), ("enterprise", 10_000), ("free", 60)):
        await limited.change_workspace("acme", plan=plan)
        await limited.send(PING)  # finds the workspace changed
        assert (await limited.ask("{ rateLimit { buckets { bucket limit } } }"))["rateLimit"]["buckets"] == [
            {"bucket": "IP", "limit": 600},
            {"bucket": "WORKSPACE", "limit": limit},
        ]


async def test_an_enterprise_has_a_limit_a_window_and_a_burst_of_its_own(limited: Client) -> None:
    """S4-52: in that plan only, where none is set what the server grants all of them."""
    for plan, window in (("pro", 60), ("enterprise", 10)):
        await limited.change_workspace("acme", plan=plan, rate_limit="70/10/7")
        await limited.send(PING)  # finds the workspace changed
        bucket = (await limited.send(PING)).headers["ratelimit-policy"]
        assert bucket == ('"workspace";q=70;w=10' if window == 10 else '"ip";q=600;w=60')
    asked = await limited.ask("{ workspaces { nodes { rateLimit } } }")
    assert asked["workspaces"]["nodes"] == [{"rateLimit": "70/10/7"}]
    with pytest.raises(Rejected, match="is no rate"):
        await operate(limited, "updateWorkspace", input={"rateLimit": "70 a minute"})


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ("{ ping }", 1),
        ("{ viewer { name } ping }", 2),
        ("{ a: ping b: ping c: ping d: ping }", 4),
        ("{ ...f } fragment f on Query { a: ping ... { b: ping } }", 2),
        ("{ contacts(first: 200) { nodes { id } } }", 1),
        ("{ contacts(first: 200) { nodes { messages(first: 10) { nodes { id } } } } }", 3),
        ("{ contacts(first: 200) { nodes { messages(first: 200) { nodes { id } } } } }", 10),
        ('mutation { a: createTag(input: {name: "a"}) { tag { id } } b: deleteTag(id: "0") { deletedId } }', 2),
        ("{ __typename }", 1),
        ("{ nonsense }", 1),
    ],
)
async def test_what_an_operation_costs(document: str, cost: int, limited: Client) -> None:
    """HARDENING 31: aliases are no way around the limit. X29: neither costs ping more than one."""
    response = await limited.send(document)
    assert told(response)[1] == 10 - cost


async def test_what_costs_more_than_remains_is_refused_and_what_is_cheaper_is_not(limited: Client) -> None:
    dear = "{ contacts(first: 200) { nodes { messages(first: 200) { nodes { id } } } } }"
    await spend(limited, "all", 1)
    response = await limited.send(dear)
    assert reason_of(response) == "WORKSPACE"
    assert response.headers["retry-after"] == "1"
    await spend(limited, "all", 8)
    assert reason_of(await limited.send(PING)) == "WORKSPACE"


async def test_guessing_keys_uses_up_the_address(sqlite_world: World) -> None:
    """S4-46: before any key is looked up; who comes from elsewhere is not touched, and all of a /64 comes from one."""
    async with serving(sqlite_world, rate_limits="memory", ip_rate="60/60/5", trusted_proxies="127.0.0.1") as client:

        async def send(address: str, **headers: str) -> httpx2.Response:
            body = {"query": PING}
            return await client.http.post("/graphql", json=body, headers={"x-forwarded-for": address} | headers)

        for number in range(5):
            assert (await send("2001:db8::1", authorization=f"Bearer guess{number}")).status_code == 401
        assert reason_of(await send("2001:db8::1", authorization="Bearer guess")) == "IP"
        assert reason_of(await send("2001:db8::ffff:1", **client.bearer("all"))) == "IP"
        assert (await client.http.get("/nothing", headers={"x-forwarded-for": "2001:db8::2"})).status_code == 429
        for elsewhere in ("2001:db8:0:1::1", "192.0.2.1"):
            assert (await send(elsewhere, **client.bearer("all"))).status_code == 200
        assert (await client.http.get("/healthz", headers={"x-forwarded-for": "2001:db8::1"})).status_code == 200


async def test_a_key_can_have_a_limit_of_its_own(limited: Client) -> None:
    """S2-4, X26: what it refuses takes nothing from the workspace's other keys."""
    await limited.change_key("contacts", rate_limit=3)
    await spend(limited, "contacts", 3)
    response = await limited.send(PING, key="contacts")
    assert reason_of(response) == "KEY"
    assert told(response) == [3, 0, NOW + 60]
    assert response.headers["retry-after"] == "20"
    for _ in range(5):
        assert reason_of(await limited.send(PING, key="contacts")) == "KEY"
    await spend(limited, "all", 7)
    assert reason_of(await limited.send(PING)) == "WORKSPACE"


CREATE = """mutation ($limit: Int) {
  createApiKey(input: { name: "n", scopes: ["contacts:read"], rateLimit: $limit }) {
    apiKey { id rateLimit }
    userErrors { field }
  }
}"""
LIFT = """mutation ($id: ID!) {
  updateApiKey(id: $id, input: { rateLimit: null }) { apiKey { id rateLimit } userErrors { field } }
}"""
REFUSED = {"apiKey": None, "userErrors": [{"field": ["input", "rateLimit"]}]}


async def test_a_key_that_is_limited_makes_no_key_that_is_less(client: Client) -> None:
    """HARDENING 5: nor does it lift the limit of one; a key that has none may do both."""
    await client.change_key("manager", rate_limit=30)
    for wider in (31, None):
        assert (await client.ask(CREATE, {"limit": wider}, key="manager"))["createApiKey"] == REFUSED
    for given in ({"limit": 30}, {}):
        made = (await client.ask(CREATE, given, key="manager"))["createApiKey"]["apiKey"]
        assert made["rateLimit"] == 30
    assert (await client.ask(LIFT, {"id": made["id"]}, key="manager"))["updateApiKey"] == REFUSED
    lifted = (await client.ask(LIFT, {"id": made["id"]}))["updateApiKey"]
    assert lifted == {"apiKey": {"id": made["id"], "rateLimit": None}, "userErrors": []}


async def test_test_keys_use_up_their_sandbox_alone(limited: Client) -> None:
    """X4: an isolated test key is under the plan of its own workspace; globex serves as the sandbox of acme here."""
    await limited.change_workspace("acme", sandbox_id=limited.rows["globex"])
    await limited.add_key("test", mode="test")
    await spend(limited, "test", 10)
    response = await limited.send(PING, key="test")
    assert reason_of(response) == "WORKSPACE"
    assert told(response)[0] == 60
    await spend(limited, "all", 10)


async def test_who_floods_with_a_key_does_not_keep_members_from_revoking_it(limited: Client) -> None:
    """HARDENING 31: members have a bucket of their own, of the same size."""
    await let_in(limited, "grace")
    await signed_in(limited)
    await spend(limited, "contacts", 10)
    assert reason_of(await limited.send(PING, key="contacts")) == "WORKSPACE"
    await spend(limited, "grace", 10)
    assert reason_of(await limited.send(PING, key="grace")) == "WORKSPACE"


async def test_both_headers_take_from_one_bucket(limited: Client) -> None:
    """HARDENING 31."""
    body, key = {"query": PING}, limited.keys["all"]
    ways = [{"authorization": f"Bearer {key}"}, {"x-api-key": key}] * 10
    answers = await asyncio.gather(*(limited.http.post("/graphql", json=body, headers=way) for way in ways))
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 10


async def test_nothing_is_told_of_limits_where_there_are_none(sqlite_client: Client) -> None:
    response = await sqlite_client.send("{ rateLimit { limit } }")
    assert response.json() == {"data": {"rateLimit": None}}
    assert not {*LIMITS, "ratelimit", "ratelimit-policy"} & set(response.headers)


async def test_an_operation_can_ask_how_its_limits_stand(limited: Client) -> None:
    data = await limited.ask(
        "{ rateLimit { bucket limit window burst remaining resetAt buckets { bucket remaining } } }"
    )
    assert data["rateLimit"] == {
        "bucket": "WORKSPACE",
        "limit": 60,
        "window": 60,
        "burst": 10,
        "remaining": 9,
        "resetAt": "2023-11-14T22:13:21.000Z",
        "buckets": [{"bucket": "IP", "remaining": 59}, {"bucket": "WORKSPACE", "remaining": 9}],
    }


class Away:
    """A store that cannot be asked."""

    async def take(self, *_: object) -> list[int]:
        raise StoreAway from OSError("nobody listens")

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_store_that_is_away_is_no_outage_unless_it_shall_be(sqlite_world: World) -> None:
    for fails_open, status in ((True, 200), (False, 503)):
        async with serving(sqlite_world, rate_limits="memory", rate_limits_fail_open=fails_open) as client:
            client.app.buckets._store = Away()
            response = await client.send(PING)
            assert response.status_code == status
            assert response.headers["x-ratelimit-limit"] == ("1000" if fails_open else "6000")
            assert ("retry-after" in response.headers) is not fails_open


@pytest.mark.parametrize("store", ["database", "redis"])
async def test_processes_that_share_a_store_grant_the_quota_once(
    store: str, postgresql_world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """HARDENING 31: two processes, both headers, three times the burst at once."""
    where = store
    if store == "redis":
        where = f"{request.getfixturevalue('redis_url')}?socket_timeout=60&socket_connect_timeout=60"
    settings = {"LEADGRAPH_RATE_LIMITS": where, "LEADGRAPH_IP_RATE": "1/3600/50", "LEADGRAPH_ACQUIRE_TIMEOUT": "60"}
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    async with (
        started(postgresql_world, folders[0], **settings) as one,
        started(postgresql_world, folders[1], **settings) as two,
    ):
        key, _ = postgresql_world.keys["all"]
        ways: list[dict[str, str]] = [{"authorization": f"Bearer {key}"}, {"x-api-key": key}]
        answers = await asyncio.gather(
            *(
                server.http.post("/graphql", json={"query": PING}, headers=way)
                for server in (one, two)
                for way in ways
                for _ in range(38)
            )
        )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 50
    assert statuses.count(429) == len(statuses) - 50
    assert {reason_of(answer) for answer in answers if answer.status_code == 429} == {"IP"}


async def test_what_is_no_request_at_all_is_told_the_limit(world: World, tmp_path: Path) -> None:
    """S4-53, X26: what the connection itself refuses counts nowhere, and is told a full bucket."""
    async with started(world, tmp_path, LEADGRAPH_RATE_LIMITS="memory", LEADGRAPH_IP_RATE="60/60/10") as server:
        answer = await server.exchange(b"nonsense\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nx-ratelimit-limit: 60\r\nx-ratelimit-remaining: 10\r\nx-ratelimit-reset: " in answer
