"""OpenTelemetry: which spans a request has, what they tell, what they never tell, and that none costs anything."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app import logs, tracing
from app.application import create_app
from app.errors import ConfigurationError
from app.settings import Settings
from tests.processes import started
from tests.serving import Client, World, serving

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Keeps the spans of applications that trace."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing, "open_provider", lambda: provider)
    return kept


@pytest.fixture
async def traced(world: World, exporter: InMemorySpanExporter) -> AsyncIterator[Client]:
    async with serving(world, tracing=True) as client:
        yield client


def spans(exporter: InMemorySpanExporter) -> tuple[ReadableSpan, Sequence[ReadableSpan]]:
    """The one span of a request, and those of its statements in order."""
    finished = exporter.get_finished_spans()
    exporter.clear()
    [server] = [span for span in finished if span.kind is SpanKind.SERVER]
    return server, [span for span in finished if span.kind is SpanKind.CLIENT]


def facts(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_an_operation_has_a_span_and_each_statement_one_below_it(
    traced: Client, exporter: InMemorySpanExporter
) -> None:
    await traced.ask("{ ping }")
    spans(exporter)  # with the statement that recognised the key
    query = "query Named { contacts(first: 5) { nodes { id tags { nodes { name } } } } }"
    response = await traced.send(query)
    server, statements = spans(exporter)
    assert (server.name, server.status.status_code) == ("query", StatusCode.UNSET)
    told = facts(server)
    assert told.pop("leadgraph.cost") > 5
    assert told == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": "/graphql",
        "graphql.operation.type": "query",
        "graphql.operation.name": "Named",
        "leadgraph.key": traced.keys["all"][:14],
        "leadgraph.request_id": response.headers["x-request-id"],
    }
    assert len(statements) == 2
    for statement in statements:
        assert statement.parent == server.context
        assert statement.name == facts(statement)["db.system.name"] == traced.database.name
        assert str(facts(statement)["db.query.text"]).startswith(("SELECT", "WITH"))
        assert statement.start_time
        assert statement.end_time
        assert server.start_time
        assert server.end_time
        assert server.start_time <= statement.start_time < statement.end_time <= server.end_time
    assert facts(statements[0])["db.response.returned_rows"] == 5


async def test_fields_have_no_spans(traced: Client, exporter: InMemorySpanExporter) -> None:
    await traced.ask("{ ping }")
    spans(exporter)
    for query in ("{ a: ping b: ping c: ping }", "{ __schema { types { name fields { name } } } }"):
        await traced.ask(query)
        _, statements = spans(exporter)
        assert len(statements) == 1, "the guard"


async def test_the_trace_of_the_client_is_continued(traced: Client, exporter: InMemorySpanExporter) -> None:
    headers = traced.bearer("all") | {"traceparent": TRACEPARENT, "tracestate": "vendor=1"}
    await traced.http.post("/graphql", json={"query": "{ ping }"}, headers=headers)
    server, _ = spans(exporter)
    assert server.context
    assert server.parent
    assert f"{server.context.trace_id:032x}" == TRACE
    assert f"{server.parent.span_id:016x}" == PARENT


@pytest.mark.parametrize(
    "headers",
    [
        [("traceparent", "junk")],
        [("traceparent", f"00-{'0' * 32}-{PARENT}-01")],
        [("traceparent", "x" * 50_000), ("tracestate", "," * 50_000)],
        [("traceparent", TRACEPARENT), ("tracestate", "\xff=\xff" * 1000)],
        [("tracestate", "vendor=1"), ("baggage", "a=b")],
    ],
)
async def test_any_trace_header_is_answered(
    sqlite_world: World, exporter: InMemorySpanExporter, headers: list[tuple[str, str]]
) -> None:
    async with serving(sqlite_world, tracing=True) as client:
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        sent.append((b"authorization", f"Bearer {client.keys['all']}".encode()))
        response = await client.http.post("/graphql", json={"query": "{ ping }"}, headers=sent)
        assert response.json() == {"data": {"ping": "pong"}}
        assert spans(exporter)[0].name == "query"


async def test_a_trace_that_the_client_does_not_sample_is_not_told(
    traced: Client, exporter: InMemorySpanExporter
) -> None:
    headers = traced.bearer("all") | {"traceparent": TRACEPARENT[:-2] + "00"}
    response = await traced.http.post("/graphql", json={"query": "{ ping }"}, headers=headers)
    assert response.status_code == 200
    assert exporter.get_finished_spans() == ()


async def test_a_refusal_is_told_and_no_failure_of_ours(traced: Client, exporter: InMemorySpanExporter) -> None:
    await traced.refused("{ contacts { totalCount } }", key="tags")
    server, _ = spans(exporter)
    assert server.name == "GraphQL Operation", "nothing is known of what the document says"
    assert facts(server)["error.type"] == "FORBIDDEN"
    assert facts(server)["leadgraph.error.reason"] == "INSUFFICIENT_SCOPE"
    assert server.status.status_code is StatusCode.UNSET
    await traced.refused("{ ping }", key=None)
    server, statements = spans(exporter)
    assert (facts(server)["http.response.status_code"], statements) == (401, [])


async def test_a_failure_is_one(
    traced: Client, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(traced.app.executor, "execute", break_down)
    await traced.send("{ ping }")
    server, _ = spans(exporter)
    assert server.status.status_code is StatusCode.ERROR
    assert facts(server)["error.type"] == "INTERNAL_SERVER_ERROR"


async def test_a_statement_that_fails_is_told(postgresql_world: World, exporter: InMemorySpanExporter) -> None:
    async with serving(postgresql_world, tracing=True, statement_timeout=0.2) as client:
        await client.ask("{ ping }")
        spans(exporter)
        async with client.database.engine.begin() as blocking:
            await blocking.exec_driver_sql("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
            response = await client.send("{ contacts { totalCount } }")
        assert response.status_code == 503
        server, [statement, *_] = spans(exporter)
        assert statement.status.status_code is StatusCode.ERROR
        assert server.status.status_code is StatusCode.ERROR


async def test_no_value_and_no_key_is_told(traced: Client, exporter: InMemorySpanExporter) -> None:
    """HARDENING 10: nothing of what a document or its variables hold."""
    key = traced.keys["all"]
    found = 'contacts(first: 3, search: $text, filter: { email: { eq: "secret@literal.test" } }) { totalCount }'
    query = f'query Q($text: String!) {{ {found} contact(id: "{traced.ids["ada"]}") {{ id }} }}'
    await traced.ask(query, {"text": "secretword"})
    await traced.send(f"query {key} {{ ping }}")
    await traced.send(f'{{ contact(id: "{key}") {{ id }} }}')
    text = " ".join(span.to_json() for span in exporter.get_finished_spans())
    assert "contact" in text, "statements are told"
    for hidden in ("secret", traced.ids["ada"], key[:20]):
        assert hidden not in text


async def test_the_line_of_the_log_names_the_trace(
    traced: Client, exporter: InMemorySpanExporter, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_form", logs._as_text)
    await traced.ask("{ ping }")
    server, _ = spans(exporter)
    assert server.context
    assert f" trace_id={server.context.trace_id:032x}\n" in capfd.readouterr().err
    await traced.http.get("/nowhere")
    assert "trace_id" not in capfd.readouterr().err, "it has no span"


async def test_probes_have_no_spans(traced: Client, exporter: InMemorySpanExporter) -> None:
    assert (await traced.http.get("/readyz")).status_code == 200
    assert exporter.get_finished_spans() == ()


async def test_nothing_is_traced_unless_it_is_wanted(sqlite_client: Client) -> None:
    assert sqlite_client.app.tracing is None
    headers = sqlite_client.bearer("all") | {"traceparent": TRACEPARENT}
    response = await sqlite_client.http.post("/graphql", json={"query": "{ ping }"}, headers=headers)
    assert response.status_code == 200


def test_a_server_that_cannot_trace_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "app.tracing")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match=r"pip install --editable '\.\[otel\]'"):
        create_app(Settings(tracing=True))


async def test_spans_are_sent_where_the_environment_says(sqlite_world: World, tmp_path: Path) -> None:
    """And a server that stops sends the last ones first."""
    received: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        received.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    collector = await asyncio.start_server(collect, "127.0.0.1", 0)
    port = collector.sockets[0].getsockname()[1]
    wanted = {"LEADGRAPH_TRACING": "true", "LEADGRAPH_SHUTDOWN_DELAY": "0"}
    wanted |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
    async with collector, started(sqlite_world, tmp_path, **wanted) as server:
        bearer = {"x-api-key": sqlite_world.keys["all"][0]}
        await server.http.post("/graphql", json={"query": "query Named { ping }"}, headers=bearer)
        server.stop()
        assert await server.ended() == 0
    assert b"POST /v1/traces" in received[0]
    assert b"Named" in b"".join(received)
    assert b"leadgraph" in b"".join(received)


async def test_a_collector_that_is_away_stops_nobody_from_stopping(sqlite_world: World, tmp_path: Path) -> None:
    """Promise (e)"""
    wanted = {"LEADGRAPH_TRACING": "true", "LEADGRAPH_SHUTDOWN_DELAY": "0"}
    wanted |= {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    async with started(sqlite_world, tmp_path, **wanted) as server:
        bearer = {"x-api-key": sqlite_world.keys["all"][0]}
        response = await server.http.post("/graphql", json={"query": "{ ping }"}, headers=bearer)
        assert response.status_code == 200
        server.stop()
        assert await server.ended() == 0
