"""The ASGI application: what is served where, and what is opened and closed around it."""

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.access.address import Addresses
from app.access.credentials import read_credentials
from app.access.guard import Guard
from app.access.limits.admission import Admission
from app.access.limits.buckets import Buckets
from app.access.limits.opening import open_store
from app.access.provider import open_provider
from app.access.recognition import Principals
from app.access.scopes import SCOPES
from app.access.tokens import Tokens
from app.access.views import Views
from app.answering import HANDLERS, Answering, telling_limits, trace_of
from app.auth.attempts import Attempts
from app.auth.routes import auth_routes
from app.auth.signing_in import SigningIn
from app.console.routes import Console
from app.docs.routes import Docs
from app.domain import CATALOG, VERBS
from app.domain.api_key import ApiKey
from app.domain.event import Event
from app.domain.user import User
from app.domain.workspace import Plan, Workspace
from app.errors import ConfigurationError, Unavailable
from app.exposition import Exposition, admit
from app.graph import playground
from app.graph.changes import Changes
from app.graph.documents import Documents
from app.graph.endpoint import GraphQLEndpoint, Scope, Send, wants_page
from app.graph.executor import Executor
from app.graph.explaining import Explaining
from app.graph.incoming import JSON, Receive, by_name
from app.graph.persisted import Persisted, read_documents
from app.graph.query import COMPUTED
from app.graph.schema import View, assemble, views_of
from app.logs import TRACE, Trace, log_notice
from app.observing import Observer
from app.openapi import serving as openapi
from app.read.cursor import CursorCodec
from app.read.planner import Planner
from app.read.planning import Engine, Limits
from app.resource import table_of
from app.rest.compiling import OWN, read_routes
from app.rest.endpoint import RestEndpoint
from app.rest.route import Route as RestRoute
from app.rest.router import PREFIXES, Router
from app.settings import Settings, sqlite_path
from app.store.dialect import dialect_named
from app.store.engine import open_database
from app.store.identity import IdCodec
from app.store.migrate import CURRENT
from app.store.reading import Database, Reading, Statement
from app.write.denials import Denials
from app.write.run import Runner
from app.write.transaction import Writes
from app.write.usage import Usage

if TYPE_CHECKING:
    from app.tracing import Tracing

GRAPHQL = "/graphql"

_RETRY_AFTER = 1.0  # seconds


class Application:
    """Everything one process serves with. `/graphql` is met first; all else goes through Starlette."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ids = IdCodec(settings.secret)
        self.views: Views[View] = views_of(_whole_schema(), settings.view_cache_size)
        self.full = self.views.view(frozenset(SCOPES))
        self.database: Database | None = None
        self.executor: Executor | None = None
        self.denials: Denials | None = None
        self.signing_in: SigningIn | None = None
        self.tokens = Tokens(settings.secret, open_provider(settings))
        self.usage: Usage | None = None
        self.draining = False  # set when the process is about to stop: no balancer should send anything more
        self.tracing = _open_tracing() if settings.tracing else None
        self.observer = Observer(self.tracing)
        self.exposition = Exposition(self.observer.metrics, database=settings.database.partition("+")[0])
        self.addresses = Addresses(settings.trusted_networks)
        self.buckets = Buckets(open_store(settings), fail_open=settings.rate_limits_fail_open)
        self.admission = Admission(None if settings.rate_limits == "off" else self.buckets, settings)
        graphql = GraphQLEndpoint(self._running, self.observer, self.admission, settings)
        self.graphql = graphql if self.tracing is None else self.tracing.around(graphql)
        self.routes = (*_own_routes(), *(read_routes(self.full.schema, settings.routes) if settings.routes else ()))
        rest = RestEndpoint(self._running, Router(self.routes), self.observer, self.admission, settings)
        self.openapi = openapi.OpenApi(self.routes, self.views)
        self.rest = rest if self.tracing is None else self.tracing.around(rest)
        routes: list[BaseRoute] = [
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
            Route("/schema.graphql", self._schema),
            Route(openapi.PATH, self._openapi),
            *auth_routes(self._signing_in),
        ]
        if settings.playground:
            routes += [Route("/", _to_playground), Route(GRAPHQL, self._playground), *playground.routes]
        if settings.console:
            console = Console(self._running, self._signing_in, settings.secret, playground=settings.playground)
            routes += console.routes
        # Where the schema is hidden, the documentation tells what every key can use, and nothing else.
        scopes = frozenset[str]() if settings.hide_schema else frozenset(SCOPES)
        docs = Docs(
            partial(self.openapi.document, scopes),
            console=settings.console,
            playground=settings.playground,
            hidden=settings.hide_schema,
        )
        routes += docs.routes
        starlette = Starlette(routes=routes, exception_handlers=HANDLERS)
        starlette.router.redirect_slashes = False  # it would redirect to whatever the Host header says
        self.other = Answering(starlette, self.observer, self.admission)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self.draining:
            send = _closing(send)
        trace = scope[TRACE] = Trace(self.addresses.client(scope))
        send = telling_limits(send, trace, self.admission)
        # The path as the server decoded it, never the URL: Host and absolute-form targets decide nothing.
        if scope["path"] == GRAPHQL and not (self.settings.playground and wants_page(scope)):
            await self.graphql(scope, receive, send)
        elif f"{scope['path']}/".startswith(PREFIXES):
            await self.rest(scope, receive, send)
        else:
            await self.other(scope, receive, send)

    async def start(self) -> None:
        """Opens the database and builds what needs it."""
        settings = self.settings
        registered = read_documents(settings.documents, max_tokens=settings.max_tokens)
        database = await open_database(settings)
        if self.tracing is not None:
            database = self.tracing.of_database(database)
        self.database = database
        documents = Documents(
            self.full.schema,
            self.views,
            max_tokens=settings.max_tokens,
            budget=settings.document_cache_mib * 2**20,
            plans=settings.plan_cache_size,
        )
        explaining = Explaining(self.views, self.full, documents, hides_schema=settings.hide_schema)
        guard = Guard(table_of(Workspace), table_of(ApiKey), table_of(User))
        engine = Engine(
            CATALOG,
            dialect_named(database.name),
            self.ids,
            CursorCodec(settings.secret),
            guard,
            COMPUTED | explaining.computed,
            Limits(settings.default_page_size, settings.max_page_size, settings.max_cost, settings.max_depth),
        )
        numbers = {noun.name: noun.number for noun in CATALOG.nouns.values()}
        principals = Principals(
            database,
            guard,
            self.ids,
            numbers,
            settings.principal_cache_size,
            tokens=self.tokens,
            plans=frozenset([*Plan][[*Plan].index(Plan(settings.api_plan)) :]),
        )
        persisted = Persisted(
            registered, budget=settings.persisted_cache_mib * 2**20, only=settings.only_registered_documents
        )
        planner = Planner(engine)
        writes = Writes(CATALOG, self.ids, table_of(Event), settings.restore_days, settings.secret)
        self.denials = Denials(database, writes)
        attempts = Attempts(database, writes, self.buckets)
        lifetime = timedelta(days=settings.session_days)
        self.signing_in = SigningIn(database, writes, principals, self.tokens, attempts, lifetime=lifetime)
        self.usage = Usage(database, table_of(ApiKey))
        self.executor = Executor(
            database,
            planner,
            self.views,
            documents,
            persisted,
            principals,
            admission=self.admission,
            denials=self.denials,
            usage=self.usage,
            changes=Changes(database, {verb.name: Runner(verb, writes) for verb in VERBS}, settings.max_response_bytes),
            hides_schema=settings.hide_schema,
        )
        self.observer.metrics.load = database.load
        self.observer.metrics.caches = {
            "views": self.views,
            "documents": documents,
            "plans": planner,
            "principals": principals,
        }

    async def stop(self) -> None:
        """Closes the database and sends the last spans."""
        if self.signing_in is not None:
            await self.signing_in.close()
        if self.denials is not None:
            await self.denials.close()
        if self.usage is not None:
            await self.usage.close()
        await self.buckets.close()
        if self.database is not None:
            await self.database.close()
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol. A database that is away is no reason not to start: it is waited for, with 503s."""
        await receive()
        reaching: asyncio.Task[None] | None = None
        try:
            await self.start()
        except Unavailable as error:
            log_notice("database away", told=error.message)
            reaching = asyncio.create_task(self._keep_reaching())
        except ConfigurationError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if reaching is not None:
            reaching.cancel()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep_reaching(self) -> None:
        while self.executor is None:
            await asyncio.sleep(_RETRY_AFTER)
            with suppress(Unavailable):
                await self.start()
        log_notice("database reached")

    def _running(self) -> Executor:
        if self.executor is None:
            raise Unavailable
        return self.executor

    def _signing_in(self) -> SigningIn:
        if self.signing_in is None:
            raise Unavailable
        return self.signing_in

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, request: Request) -> Response:
        """Whether requests should be sent here: the database answers, has been migrated, and no stop is under way."""
        if self.draining:
            raise Unavailable("This server is about to stop.")
        if self.database is None:
            raise Unavailable
        await self.database.read(_ask_for_revision(self.database.url))
        return PlainTextResponse("ready\n")

    async def _metrics(self, request: Request) -> Response:
        admit(request.scope["headers"], request.scope["client"], self.settings.metrics_token)
        body, media_type = self.exposition.render(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": media_type})

    async def _playground(self, request: Request) -> Response:
        return playground.respond()

    async def _schema(self, request: Request) -> Response:
        """The SDL of the caller's own view; all of it without a key only where a setting says so."""
        headers = request.scope["headers"]
        if self.settings.public_schema and not any(name in {b"authorization", b"x-api-key"} for name, _ in headers):
            return PlainTextResponse(self.full.sdl)
        principal = await self._running().explore(read_credentials(by_name(headers)), trace_of(request))
        return PlainTextResponse(self.views.view(principal.scopes).sdl)

    async def _openapi(self, request: Request) -> Response:
        """The REST routes that the caller's key can use; without a key all of them, unless the schema is hidden."""
        headers = request.scope["headers"]
        if self.settings.hide_schema or any(name in {b"authorization", b"x-api-key"} for name, _ in headers):
            principal = await self._running().explore(read_credentials(by_name(headers)), trace_of(request))
            document = await asyncio.to_thread(self.openapi.document, principal.scopes, principal.dialect)
        else:
            document = await asyncio.to_thread(self.openapi.document)
        return Response(orjson.dumps(document), media_type=JSON)


async def _to_playground(_: Request) -> Response:
    return RedirectResponse("/playground")


def _open_tracing() -> "Tracing":
    try:
        from app.tracing import Tracing, open_provider
    except ImportError as error:
        raise ConfigurationError(
            f"LEADGRAPH_TRACING needs the extra otel, `pip install --editable '.[otel]'`: {error}."
        ) from None
    return Tracing(open_provider())


def create_app(settings: Settings) -> Application:
    """The application for some settings; the database is opened by its lifespan."""
    return Application(settings)


@cache
def _whole_schema() -> strawberry.Schema:
    """The schema, the same for all applications of a process."""
    return assemble(CATALOG, VERBS)


@cache
def _own_routes() -> tuple[RestRoute, ...]:
    """Our own routes, the same for all applications of a process, too."""
    return tuple(read_routes(views_of(_whole_schema(), 1).view(frozenset(SCOPES)).schema, OWN))


def _ask_for_revision(url: str) -> Reading[None]:
    path = sqlite_path(url)
    if path is not None and not path.exists():  # SQLite goes on reading a file that was removed
        raise Unavailable(f"The database {path.name} does not exist.")
    yield Statement(CURRENT)


def _closing(send: Send) -> Send:
    """Tells the client to open a new connection for its next request, which another process will get."""

    async def send_last(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return send_last
