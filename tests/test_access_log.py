"""The access log: one line for every request, true to what was answered, on every route and for every refusal."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import logs
from tests.processes import started
from tests.serving import Client, World

Line = dict[str, Any]
LineOf = Callable[[httpx2.Response], Line]


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Line]]:
    """What has been logged of requests since the last call, of a server that logs JSON."""
    monkeypatch.setattr(logs, "_form", logs._as_json)

    def read() -> list[Line]:
        logged = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
        return [line for line in logged if line["event"] == "request"]

    return read


@pytest.fixture
def line_of(lines: Callable[[], list[Line]]) -> LineOf:
    """The line of a response: there is exactly one since the last call, with its request id."""

    def read(response: httpx2.Response) -> Line:
        [line] = lines()
        assert line["request_id"] == response.headers["x-request-id"]
        assert line["status"] == response.status_code
        return line

    return read


async def test_an_operation_is_told_with_its_key_name_and_cost(client: Client, line_of: LineOf) -> None:
    line = line_of(await client.send("query Newest { contacts(first: 20) { nodes { id } } }", key="contacts"))
    assert abs(datetime.fromisoformat(line.pop("timestamp")) - datetime.now(UTC)) < timedelta(minutes=1)
    assert 0 < line.pop("ms") < 60_000
    assert 20 <= line.pop("cost") <= 30
    del line["request_id"]
    assert line == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "key": client.keys["contacts"][:14],
        "mode": "live",
        "operation": "Newest",
        "kind": "query",
        "code": None,
        "reason": None,
    }


async def test_the_mode_of_a_key_is_told(sqlite_client: Client, line_of: LineOf) -> None:
    await sqlite_client.change_workspace("acme", test_key_policy="shared")
    await sqlite_client.add_key("test", mode="test")
    line = line_of(await sqlite_client.send("{ ping }", key="test"))
    assert (line["key"], line["mode"]) == (sqlite_client.keys["test"][:14], "test")


async def test_a_refusal_is_told_with_its_code_and_reason(sqlite_client: Client, line_of: LineOf) -> None:
    def refusal(response: httpx2.Response) -> tuple[Any, ...]:
        line = line_of(response)
        return line["status"], line["code"], line["reason"], line["key"], line["operation"]

    key = sqlite_client.keys["tags"][:14]
    send = sqlite_client.send
    assert refusal(await send("{ ping }", key=None)) == (401, "UNAUTHENTICATED", "MISSING", None, None)
    assert refusal(await send("{", key="tags")) == (400, "GRAPHQL_PARSE_FAILED", None, key, None)
    assert refusal(await send("{ nothing }", key="tags")) == (400, "GRAPHQL_VALIDATION_FAILED", None, key, None)
    missing = await send("query Q { contacts { totalCount } }", key="tags")
    assert refusal(missing) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE", key, None)
    value = await send("query Q($a: Int) { tags(first: $a) { totalCount } }", {"a": "x"}, key="tags")
    assert refusal(value) == (400, "BAD_USER_INPUT", None, key, "Q")
    assert refusal(await sqlite_client.http.put("/graphql")) == (405, "BAD_REQUEST", None, None, None)
    assert refusal(await sqlite_client.http.get("/nowhere")) == (404, "NOT_FOUND", None, None, None)
    assert refusal(await sqlite_client.http.get("/schema.graphql")) == (401, "UNAUTHENTICATED", "MISSING", None, None)


async def test_a_defect_is_told_as_one(sqlite_client: Client, line_of: LineOf, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sqlite_client.app.executor, "execute", break_down)
    monkeypatch.setattr(sqlite_client.app.executor, "explore", break_down)
    assert line_of(await sqlite_client.send("{ ping }"))["code"] == "INTERNAL_SERVER_ERROR"
    response = await sqlite_client.http.get("/schema.graphql", headers=sqlite_client.bearer("all"))
    assert line_of(response)["code"] == "INTERNAL_SERVER_ERROR"


async def test_other_routes_are_told(sqlite_client: Client, line_of: LineOf) -> None:
    http = sqlite_client.http
    bearer = sqlite_client.bearer("all")
    assert line_of(await http.get("/schema.graphql", headers=bearer))["key"] == sqlite_client.keys["all"][:14]
    assert line_of(await http.get("/playground"))["path"] == "/playground"
    assert line_of(await http.get("/graphql", headers={"accept": "text/html"}))["status"] == 200
    assert line_of(await http.options("/graphql"))["method"] == "OPTIONS"
    assert line_of(await http.get("/graphql?query={ping}", headers=bearer))["path"] == "/graphql"


async def test_a_probe_is_told_when_it_fails(sqlite_client: Client, lines: Callable[[], list[Line]]) -> None:
    for path in ("/healthz", "/readyz"):
        await sqlite_client.http.get(path)
    await sqlite_client.http.get("/metrics", headers={"host": "localhost"})
    assert lines() == []
    sqlite_client.app.draining = True
    await sqlite_client.http.get("/readyz")
    await sqlite_client.http.get("/metrics")
    assert [(line["path"], line["status"]) for line in lines()] == [("/readyz", 503), ("/metrics", 401)]


async def test_a_client_that_went_away_is_told(sqlite_client: Client, lines: Callable[[], list[Line]]) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Mapping[str, Any]) -> None:
        raise AssertionError("nobody is there")

    headers = [(b"x-api-key", sqlite_client.keys["all"].encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await sqlite_client.app(scope, receive, send)
    [line] = lines()
    assert (line["status"], line["kind"], line["code"]) == (499, "gone", None)


async def test_what_is_no_http_is_told(sqlite_world: World, tmp_path: Path) -> None:
    """HARDENING 14: with the request id that the client was given."""
    async with started(sqlite_world, tmp_path) as server:
        answer = await server.exchange(b"garbage\r\n\r\n")
        [line] = [line for line in server.logged() if line["event"] == "request"]
        assert f"x-request-id: {line['request_id']}\r\n".encode() in answer
        assert (line["status"], line["code"], line["method"], line["path"]) == (400, "BAD_REQUEST", "-", "-")
        metrics = await server.http.get("/metrics")
        assert 'leadgraph_requests_total{method="other",status="400",surface="connection"} 1.0' in metrics.text


async def test_every_line_tells_the_time_alike(sqlite_world: World, tmp_path: Path) -> None:
    async with started(sqlite_world, tmp_path) as server:
        await server.http.get("/nowhere")
        logged = server.logged()
    assert {line["event"] for line in logged} >= {"listening", "request"}
    for line in logged:
        assert len(line["timestamp"]) == len("2026-01-31T12:00:00.000+00:00")
        assert datetime.fromisoformat(line["timestamp"]).tzinfo is UTC


async def test_no_line_is_lost_when_the_process_is_killed(sqlite_world: World, tmp_path: Path) -> None:
    async with started(sqlite_world, tmp_path) as server:
        answered = [(await server.http.get("/nowhere")).headers["x-request-id"] for _ in range(20)]
        server.process.kill()
        await server.ended()
        assert [line["request_id"] for line in server.logged() if line["event"] == "request"] == answered


async def test_a_line_is_one_line_whatever_is_sent(sqlite_client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    """HARDENING 25: nobody writes lines of their own into the log, as text or as JSON."""
    for form in (logs._as_text, logs._as_json):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logs, "_form", form)
            await sqlite_client.http.get("/a%0Astatus=200%1B%00%22%F0%9F%98%80")
        text = capfd.readouterr().err
        assert text.count("\n") == 1
        assert "\x1b" not in text
        assert "\0" not in text


async def test_the_text_tells_what_is_known(sqlite_client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    response = await sqlite_client.send("query Named { ping }")
    timestamp, _, told = capfd.readouterr().err.partition(" [info     ] request ")
    assert datetime.fromisoformat(timestamp).tzinfo is UTC
    facts = dict(part.split("=", 1) for part in told.split())
    assert float(facts.pop("ms")) > 0
    assert facts == {
        "method": "'POST'",
        "path": "'/graphql'",
        "status": "200",
        "request_id": response.headers["x-request-id"],
        "key": repr(sqlite_client.keys["all"][:14]),
        "mode": "'live'",
        "operation": "'Named'",
        "kind": "'query'",
        "cost": "0",
    }


async def test_a_log_that_cannot_be_written_keeps_nobody_from_being_answered(
    sqlite_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(logs, "_STANDARD_ERROR", writer)
    assert await sqlite_client.ask("{ ping }") == {"ping": "pong"}
    os.close(writer)
