"""`python -m app serve`, a process of its own: starting, stopping, its log, and connections that misbehave.

HARDENING 10, 13, 14, 28, 29, 39; promises (e) and (f).
"""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from app.graph import playground
from app.settings import sqlite_path
from tests.outages import relayed
from tests.processes import PATIENCE, PING, locked, request, spawn, started
from tests.serving import World

PLAYGROUND = Path(playground.__file__).parent / "static" / "playground.js"


async def refusal(log: Path, *options: str, **settings: str) -> tuple[int, str]:
    """The exit code and the output of a server that does not start."""
    process = await spawn(log, *options, **settings)
    code = await asyncio.wait_for(process.wait(), PATIENCE)
    return code, log.read_text()  # noqa: ASYNC240 (nothing else runs)


async def test_sigterm_lets_finish_what_is_in_flight(sqlite_world: World, tmp_path: Path) -> None:
    """Promise (e), HARDENING 39: not ready first, still serving, then closed for new ones, then exit 0."""
    body = json.dumps(PING).encode()
    async with started(sqlite_world, tmp_path, LEADGRAPH_SHUTDOWN_DELAY="1.5") as server:
        await server.becomes("/readyz", 200)
        reader, writer = await server.send(request(sqlite_world, body[:5], length=len(body)))
        server.stop()
        await server.becomes("/readyz", 503)
        late = await server.http.post("/graphql", json=PING, headers={"x-api-key": sqlite_world.keys["all"][0]})
        assert (late.json(), late.headers["connection"]) == ({"data": {"ping": "pong"}}, "close")
        await server.accepts_no_more()
        assert server.process.returncode is None
        writer.write(body[5:])
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close\r\n" in answer
        assert answer.endswith(b'{"data":{"ping":"pong"}}')
        writer.close()
        assert await server.ended() == 0


async def test_sigterm_lets_a_request_arrive_that_has_begun_to(sqlite_world: World, tmp_path: Path) -> None:
    """HARDENING 39: also as the second one of its connection."""
    whole = request(sqlite_world, json.dumps(PING).encode())
    async with started(sqlite_world, tmp_path, LEADGRAPH_SHUTDOWN_DELAY="0") as server:
        first, second = await server.send(whole[:40]), await server.send(whole + whole[:40])
        assert b"200 OK" in await second[0].readuntil(b'"pong"}}')
        server.stop()
        await server.accepts_no_more()
        for reader, writer in (first, second):
            writer.write(whole[40:])
            answer = await asyncio.wait_for(reader.read(), PATIENCE)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"connection: close\r\n" in answer
            writer.close()
        assert await server.ended() == 0


async def test_sigterm_lets_a_slow_statement_finish(postgresql_world: World, tmp_path: Path) -> None:
    """Promise (e)"""
    async with started(postgresql_world, tmp_path, LEADGRAPH_SHUTDOWN_DELAY="0") as server:
        async with locked(postgresql_world) as waiting:
            reader, writer = await server.send(request(postgresql_world, b'{"query":"{ contacts { totalCount } }"}'))
            await waiting(1)
            server.stop()
            await asyncio.sleep(0.5)
            assert server.process.returncode is None
        assert (await asyncio.wait_for(reader.read(), PATIENCE)).endswith(b'{"data":{"contacts":{"totalCount":5}}}')
        writer.close()
        assert await server.ended() == 0


async def test_the_grace_time_ends(sqlite_world: World, tmp_path: Path) -> None:
    """Promise (e): a request that never ends keeps no server from stopping."""
    settings = {"LEADGRAPH_SHUTDOWN_GRACE": "1", "LEADGRAPH_SHUTDOWN_DELAY": "0"}
    async with started(sqlite_world, tmp_path, **settings) as server:
        _, writer = await server.send(request(sqlite_world, b"{", length=100))
        await server.http.get("/healthz")
        server.stop()
        assert await server.ended() == 0
        writer.close()


async def test_a_key_in_a_trailer_is_none(sqlite_world: World, tmp_path: Path) -> None:
    """HARDENING 2, 14: no proxy in front has looked at what comes after the body."""
    async with started(sqlite_world, tmp_path) as server:
        body = b'{"query": "{ ping }"}'
        head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(body), body)
        trailer = b"X-API-Key: " + sqlite_world.keys["all"][0].encode() + b"\r\n\r\n"
        answer = await server.exchange(head + chunked + trailer)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b'"reason":"MISSING"' in answer


async def test_a_server_without_work_stops_at_once(sqlite_world: World, tmp_path: Path) -> None:
    async with started(sqlite_world, tmp_path, LEADGRAPH_SHUTDOWN_DELAY="600") as server:
        _, idle = await server.send(b"")
        await server.http.get("/healthz")  # and one that is kept alive
        server.stop()
        await server.becomes("/readyz", 503)
        server.stop()  # asked twice: without the delay
        assert await server.ended() == 0
        idle.close()


async def test_the_log_tells_each_request_and_no_key(postgresql_world: World, tmp_path: Path) -> None:
    """HARDENING 10, X33: request id, prefix, status; and whatever a client does, no key."""
    world = postgresql_world
    key = world.keys["all"][0]
    bearer = {"authorization": f"Bearer {key}"}
    async with started(world, tmp_path, LEADGRAPH_STATEMENT_TIMEOUT="0.3") as server:
        http = server.http
        named = await http.post("/graphql", json={"query": "query Named { contacts { totalCount } }"}, headers=bearer)
        refused = await http.post("/graphql", json=PING, headers={"authorization": f"Bearer {key}."})
        await http.get(f"/graphql?query={key}", headers=bearer)
        await http.get(f"/{key}?key={key}")
        for cut in range(200 - len(key), 200):
            await http.get(f"/{'x/' * (cut // 2)}{'x' * (cut % 2)}/{key}")
        await http.get(f"/graphql/{key}", headers={"cookie": f"key={key}", "referer": key, "user-agent": key})
        await http.post("/graphql", content=key, headers=bearer | {"content-type": "application/json"})
        await http.post("/graphql", json={"query": f'{{ contact(id: "{key}") {{ id }} }}'}, headers=bearer)
        await http.post("/graphql", json={"query": "{ ping }", "operationName": key}, headers=bearer)
        await http.post("/graphql", json={"query": f"query {key} {{ ping }}"}, headers=bearer)
        await http.request(key, "/graphql", headers=bearer)
        await server.exchange(f"GET /{key}\r\n{key}\r\n\r\n".encode())
        async with locked(world):
            failed = await http.post("/graphql", json={"query": "{ contacts { totalCount } }"}, headers=bearer)
        assert failed.status_code == 503
        server.stop()
        assert await server.ended() == 0
        text = (tmp_path / "server.log").read_text()
        lines = {line["request_id"]: line for line in server.logged() if line["event"] == "request"}
    assert key[:15] not in text
    assert key[15:] not in text
    assert world.url.split("@")[0] not in text
    line = lines[named.headers["x-request-id"]]
    assert line.items() >= {"method": "POST", "path": "/graphql", "status": 200, "key": key[:14]}.items()
    assert (line["operation"], line["level"]) == ("Named", "info")
    assert line["ms"] > 0
    assert lines[refused.headers["x-request-id"]].items() >= {"status": 401, "key": None}.items()
    assert lines[failed.headers["x-request-id"]]["status"] == 503


async def test_the_log_as_text_shows_no_local_variables(sqlite_world: World, tmp_path: Path) -> None:
    """HARDENING 10: a traceback is where a key would be printed."""
    path = sqlite_path(sqlite_world.url)
    assert path is not None
    key = sqlite_world.keys["all"][0]
    async with started(sqlite_world, tmp_path, LEADGRAPH_LOG_JSON="false") as server:
        path.write_bytes(b"no database " * 1000)
        response = await server.http.post("/graphql", json=PING, headers={"x-api-key": key})
        assert response.status_code == 500
        assert str(path) not in response.text
    log = tmp_path / "server.log"
    assert "Traceback" in log.read_text()
    assert key[15:] not in log.read_text()


async def test_a_server_waits_for_its_database(postgresql_world: World, tmp_path: Path) -> None:
    """Promise (f): alive, not ready, one clear line in the log, and no restart when the database is there."""
    key = postgresql_world.keys["all"][0]
    async with (
        relayed(postgresql_world) as (world, relay),
        started(world, tmp_path) as server,
    ):
        assert (await server.http.get("/healthz")).status_code == 200
        assert (await server.http.get("/readyz")).status_code == 503
        response = await server.http.post("/graphql", json=PING, headers={"x-api-key": key})
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert [line for line in server.logged() if line["event"] == "database away"]
        assert "Traceback" not in (tmp_path / "server.log").read_text()
        await relay.up()
        await server.becomes("/readyz", 200)
        response = await server.http.post("/graphql", json=PING, headers={"x-api-key": key})
        assert response.json() == {"data": {"ping": "pong"}}
        server.stop()
        assert await server.ended() == 0


async def test_a_server_that_waits_for_its_database_can_be_stopped(postgresql_world: World, tmp_path: Path) -> None:
    async with relayed(postgresql_world) as (world, _), started(world, tmp_path) as server:
        server.stop()
        assert await server.ended() == 0


async def test_what_cannot_be_served_is_told_in_a_line(tmp_path: Path) -> None:
    """Exit code 2 and no traceback: whoever starts it again gets the same answer."""
    empty = tmp_path / "empty.db"
    empty.touch()
    for told, options in (
        ("There is no database", ["--database", f"sqlite+aiosqlite:///{tmp_path / 'missing.db'}"]),
        ("python -m app migrate", ["--database", f"sqlite+aiosqlite:///{empty}"]),
        ("LEADGRAPH_DATABASE", ["--database", "mysql://localhost/x"]),
    ):
        code, output = await refusal(tmp_path / "server.log", *options)
        assert (code, len(output.splitlines())) == (2, 1), output
        assert told in output
    assert not (tmp_path / "missing.db").exists()


async def test_what_is_no_http_is_refused_once(sqlite_world: World, tmp_path: Path) -> None:
    """HARDENING 14: 400 as JSON, connection closed, one answer; HARDENING 11: also for targets of other forms."""
    key = sqlite_world.keys["all"][0]
    head = f"Host: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    post = f"POST /graphql HTTP/1.1\r\n{head}"
    rest = f"POST /v1/leads HTTP/1.1\r\n{head}"
    hostile = {
        "garbage": "garbage\r\n\r\n",
        "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "length and chunks": f"{post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": f"{post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "length of no number": f"{post}Content-Length: -1\r\n\r\n",
        "bad chunk": f"{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "length and chunks of a route": f"{rest}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths of a route": f"{rest}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}",
        "bad chunk of a route": f"{rest}Transfer-Encoding: chunked\r\n\r\n-2\r\n{{}}\r\n0\r\n\r\n",
        "no path": "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n",
        "path outside ASCII": "GET /graphql\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        "no host": f"POST /graphql HTTP/1.1\r\nX-API-Key: {key}\r\nContent-Length: 19\r\n\r\n" + '{"query":"{ping}"} ',
        "two hosts": f"GET /graphql?query={{ping}} HTTP/1.1\r\nHost: x\r\n{head}\r\n",
        "two hosts of old": "GET /healthz HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n",
        "NUL in a header": f"GET /healthz HTTP/1.1\r\n{head}X: \0\r\n\r\n",
        "another protocol": f"{post}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 18\r\n\r\n"
        + '{"query":"{ping}"}',
        "header without colon": f"GET /healthz HTTP/1.1\r\n{head}X\r\n\r\n",
    }
    async with started(sqlite_world, tmp_path) as server:
        for name, text in hostile.items():
            answer = await server.exchange(text.encode("latin-1"))
            assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), name
            assert answer.count(b"HTTP/1.1") == 1, name
            status, _, body = answer.partition(b"\r\n\r\n")
            assert b"connection: close" in status, name
            [error] = json.loads(body)["errors"]
            assert error.get("extensions", error)["code"] == "BAD_REQUEST", name
        for target in ("http://evil.test/v1/leads", "/%76%31/leads", "/v1%2Fleads", "/v1/./leads", "/v1//leads"):
            answer = await server.exchange(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert answer[9:12] in {b"401", b"404"}, target
        for target in ("http://evil.test/graphql", "//graphql", "/%67raphql", "/graphql/", "/./graphql", "*"):
            answer = await server.exchange(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert answer[9:12] in {b"401", b"404"}, target
        for text, told in (
            (f"GET /v1/contacts?q={'x' * 70_000} HTTP/1.1\r\n{head}\r\n", b"414 "),
            (f"GET /graphql?query={'x' * 300_000} HTTP/1.1\r\n{head}\r\n", b"414 "),
            (f"GET /graphql?query={'x' * 2_000_000} HTTP/1.1\r\n{head}\r\n", b"414 "),
            (f"GET /healthz HTTP/1.1\r\n{head}X: {'x' * 300_000}\r\n\r\n", b"431 "),
            (f"GET /healthz HTTP/1.1\r\n{head}{'X: x' * 500_000}\r\n\r\n", b"431 "),
        ):
            answer = await server.exchange(text.encode())
            assert answer.startswith(b"HTTP/1.1 " + told)
            assert (b"65535" if told == b"414 " else b"262144") + b" bytes at most" in answer
            # S4-26: below REST's paths what is refused before there is a request has REST's one shape, too.
            in_envelope = answer.partition(b"\r\n\r\n")[2].startswith(b'{"success":false,"status":%s,' % told.strip())
            assert in_envelope == text.startswith("GET /v1/")
        answer = await server.exchange(
            f"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {'x' * 100_000}\r\n\r\n".encode()
        )
        assert answer.startswith(b"HTTP/1.1 401 ")
        bearer = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        large = await server.http.post("/graphql", content=b" " * 10_000_000, headers=bearer)
        assert (large.status_code, large.json()["errors"][0]["extensions"]["code"]) == (413, "BAD_REQUEST")
        assert (await server.http.get("/readyz")).status_code == 200


async def test_a_request_that_does_not_arrive_is_given_up(sqlite_world: World, tmp_path: Path) -> None:
    """HARDENING 29: idle, half a head, half a body, one byte at a time; whoever is quick is served meanwhile."""
    async with started(sqlite_world, tmp_path, LEADGRAPH_READ_TIMEOUT="1") as server:

        async def drip() -> bytes:
            reader, writer = await server.send(b"GET /healthz HTTP/1.1\r\nX: ")
            answer = asyncio.create_task(reader.read())
            while not answer.done():
                writer.write(b"x")
                await asyncio.sleep(0.05)
            writer.close()
            return answer.result()

        given_up = asyncio.gather(
            drip(),
            server.exchange(b"GET /healthz HTTP/1.1\r\n"),
            server.exchange(request(sqlite_world, b"{", length=10)),
            server.exchange(request(sqlite_world, b"{", length=10).replace(b" /graphql ", b" /api/v1/leads ")),
            server.exchange(b""),
            server.exchange(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz"),
        )
        assert (await server.http.get("/healthz")).status_code == 200
        dripped, head, body, rest, idle, second = await given_up
        for answer in (dripped, head, body):
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        assert rest.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert json.loads(rest.partition(b"\r\n\r\n")[2])["status"] == 408
        assert idle == b""
        assert second.startswith(b"HTTP/1.1 200 OK\r\n")
        assert second.count(b"HTTP/1.1 408 ") == 1


async def test_hundreds_who_do_not_send_or_read_keep_nobody_from_being_served(
    sqlite_world: World, tmp_path: Path
) -> None:
    """HARDENING 29: 200 half-sent requests, 200 idle sockets, 200 slow readers, all closed at the read limit."""
    limit = 4
    size = PLAYGROUND.stat().st_size
    headers = {"x-api-key": sqlite_world.keys["all"][0]}
    async with started(sqlite_world, tmp_path, LEADGRAPH_READ_TIMEOUT=str(limit)) as server, AsyncExitStack() as crowd:
        half_sent, idle, slow = [], [], []
        for _ in range(200):
            half_sent.append(await server.send(b"POST /graphql HTTP/1.1\r\nHost: x\r\n"))
            idle.append(await server.send(b""))
            slow.append(
                await server.send(b"GET /playground/static/playground.js HTTP/1.1\r\nHost: x\r\n\r\n", small=True)
            )
        for _, writer in half_sent + idle + slow:
            crowd.callback(writer.transport.abort)
        for _ in range(50):
            assert (await server.http.post("/graphql", json=PING, headers=headers)).json() == {"data": {"ping": "pong"}}
        async with asyncio.timeout(PATIENCE):
            for reader, _ in half_sent:
                assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            for reader, _ in idle:
                assert await reader.read() == b""
            await asyncio.sleep(limit)  # whoever begins to read earlier is none of the slow ones
            for reader, _ in slow:
                with suppress(ConnectionResetError):
                    assert len(await reader.read()) < size
        assert (await server.http.post("/graphql", json=PING, headers=headers)).status_code == 200


async def test_a_connection_may_idle_between_requests_longer_than_a_request_may_take(
    sqlite_world: World, tmp_path: Path
) -> None:
    async with started(sqlite_world, tmp_path, LEADGRAPH_READ_TIMEOUT="0.3") as server:
        reader, writer = await server.send(b"")
        for _ in range(3):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"ok\n"), PATIENCE)
            await asyncio.sleep(0.5)
        writer.close()


@pytest.mark.parametrize("requests", [1, 3])
async def test_a_statement_nobody_waits_for_is_cancelled(
    postgresql_world: World, tmp_path: Path, requests: int
) -> None:
    """HARDENING 28: and its connection serves the next request. Also where others were sent behind it."""
    body = b'{"query":"{ contacts { totalCount } }"}'
    async with started(postgresql_world, tmp_path, LEADGRAPH_POOL_SIZE="1") as server:
        async with locked(postgresql_world) as waiting:
            _, writer = await server.send(request(postgresql_world, body) * requests)
            await waiting(1)
            writer.close()
            await waiting(0)
            headers = {"x-api-key": postgresql_world.keys["all"][0]}
            assert (await server.http.post("/graphql", json=PING, headers=headers)).status_code == 200
        assert 499 in [line.get("status") for line in server.logged()]
