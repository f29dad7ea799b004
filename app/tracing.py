"""OpenTelemetry: a span for every operation and, below it, one for every statement. The optional extra `otel`.

Nothing here is imported unless LEADGRAPH_TRACING is on. Neither documents nor variables are told, since both may hold
personal data; the text of a statement holds none, because values are parameters.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, TypeAlias, TypeVar

from opentelemetry.context import Context, get_current
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Table

from app.logs import Trace
from app.store.reading import Database, Reading, Row
from app.store.writing import Work, Writer

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
T = TypeVar("T")

_W3C = TraceContextTextMapPropagator()
_CONTEXT = {b"traceparent", b"tracestate"}
_TYPES = {"query": "query", "introspection": "query", "mutation": "mutation", "subscription": "subscription"}


def open_provider() -> TracerProvider:
    """Sends spans where the OTEL_… variables say, over HTTP; the service is called leadgraph unless they say else."""
    named = {"service.name": "leadgraph", "service.version": version("leadgraph")}
    provider = TracerProvider(resource=Resource.create(named | dict(OTELResourceDetector().detect().attributes)))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Tracing:
    """The spans of an application."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("leadgraph", version("leadgraph"))

    def around(self, app: App) -> App:
        """The application with a span around each request, which continues the trace that the client names."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            sent = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CONTEXT}
            with self._tracer.start_as_current_span("GraphQL Operation", _W3C.extract(sent), SpanKind.SERVER):
                await app(scope, receive, send)

        return traced

    def of_database(self, database: Database) -> Database:
        """The database with a span around each statement of a request that has one."""
        return _TracedDatabase(database, self._tracer)

    def tell(self, trace: Trace, method: str, path: str, status: int) -> str | None:
        """Completes the span of a request that has been answered; the id of its trace, None where it has no span.

        Names are those of OpenTelemetry's conventions; a span is not named after the operation, as clients choose that.
        """
        span = get_current_span()
        if not span.get_span_context().is_valid:
            return None
        type_ = _TYPES.get(trace.kind or "")
        facts: dict[str, Any] = {
            "http.request.method": method,
            "http.response.status_code": status,
            "url.path": path,
            "graphql.operation.type": type_,
            "graphql.operation.name": trace.operation,
            "error.type": trace.code,
            "leadgraph.error.reason": trace.reason,
            "leadgraph.key": trace.prefix,
            "leadgraph.cost": trace.cost,
            "leadgraph.request_id": trace.request_id,
        }
        span.set_attributes({name: value for name, value in facts.items() if value is not None})
        if type_ is not None:
            span.update_name(type_)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        return format_trace_id(span.get_span_context().trace_id)

    def close(self) -> None:
        """Sends what has not been sent yet; gives up after OTEL_EXPORTER_OTLP_TIMEOUT."""
        self._provider.shutdown()


class _TracedDatabase:
    def __init__(self, database: Database, tracer: Tracer) -> None:
        self.name = database.name
        self.url = database.url
        self.engine = database.engine
        self.load = database.load
        self._database = database
        self._tracer = tracer

    async def read(self, reading: Reading[T]) -> T:
        if not get_current_span().is_recording():
            return await self._database.read(reading)
        # Told, because SQLite's readings run in other threads, whose current span is none.
        return await self._database.read(self._followed(reading, get_current()))

    def _followed(self, reading: Reading[T], context: Context) -> Reading[T]:
        rows: Sequence[Row] | None = None
        try:
            while True:
                try:
                    statement = next(reading) if rows is None else reading.send(rows)
                except StopIteration as finished:
                    return finished.value  # type: ignore[no-any-return]
                facts = {"db.system.name": self.name, "db.query.text": statement.text}
                span = self._tracer.start_span(self.name, context, SpanKind.CLIENT, facts)
                try:
                    rows = yield statement
                    span.set_attribute("db.response.returned_rows", len(rows))
                except GeneratorExit:  # whoever runs the reading has given it up
                    span.set_status(StatusCode.ERROR)
                    raise
                finally:
                    span.end()
        finally:
            reading.close()

    async def write(self, work: Work[T], *, bulk: bool = False, dry_run: bool = False) -> T:
        if not get_current_span().is_recording():
            return await self._database.write(work, bulk=bulk, dry_run=dry_run)

        async def followed(writer: Writer) -> T:
            return await work(_TracedWriter(writer, self._tracer))

        return await self._database.write(followed, bulk=bulk, dry_run=dry_run)

    async def close(self) -> None:
        await self._database.close()


class _TracedWriter(Writer):
    def __init__(self, writer: Writer, tracer: Tracer) -> None:
        super().__init__(writer.dialect)
        self._writer = writer
        self._tracer = tracer

    async def fetch(self, text: str, values: Sequence[Any] = ()) -> Sequence[Row]:
        with self._span(text) as span:
            rows = await self._writer.fetch(text, values)
            span.set_attribute("db.response.returned_rows", len(rows))
            return rows

    async def repeat(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._span(text):
            await self._writer.repeat(text, rows)

    async def insert_many(self, table: Table, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        with self._span(f"INSERT INTO {table.name}"):
            await self._writer.insert_many(table, columns, rows)

    @contextmanager
    def _span(self, text: str) -> Iterator[Span]:
        name = self.dialect.name
        facts = {"db.system.name": name, "db.query.text": text}
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=facts)
        try:
            yield span
        except BaseException:  # whose text may hold values
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()
