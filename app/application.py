"""The ASGI application: what is served where, and what is opened and closed around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.access.credentials import read_credentials
from app.access.principal import Principals
from app.access.scopes import SCOPES
from app.access.views import Views
from app.domain import CATALOG
from app.domain.api_key import ApiKey
from app.domain.workspace import Workspace
from app.errors import LeadgraphError, NotFound
from app.graph import playground
from app.graph.documents import Documents
from app.graph.endpoint import GraphQLEndpoint, Receive, Scope, Send, headers_of
from app.graph.errors import formatted
from app.graph.executor import Executor
from app.graph.query import COMPUTED
from app.graph.schema import View, assemble, views_of
from app.logs import log_failure, new_request_id
from app.read.cursor import CursorCodec
from app.read.planner import Planner
from app.read.planning import Engine, Limits
from app.resource import table_of
from app.settings import Settings
from app.store.dialect import dialect_named
from app.store.engine import Database, Statement, open_database
from app.store.identity import IdCodec


class Application:
    """Everything one process serves with. `/graphql` is met first; all else goes through Starlette."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ids = IdCodec(settings.secret)
        self.views: Views[View] = views_of(_whole_schema(), settings.view_cache_size)
        self.full = self.views.view(frozenset(SCOPES))
        self.database: Database | None = None
        self.executor: Executor | None = None
        self.graphql = GraphQLEndpoint(
            self._running, max_body_bytes=settings.max_body_bytes, page=playground.respond if settings.playground else None
        )
        self.other = Starlette(
            routes=[
                Route("/healthz", self._alive),
                Route("/readyz", self._ready),
                Route("/schema.graphql", self._schema),
                *(playground.routes if settings.playground else []),
            ],
            exception_handlers={LeadgraphError: _refused, HTTPException: _http_refused, Exception: _failed},
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The path as the server decoded it, never the URL: Host and absolute-form targets decide nothing.
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self.graphql(scope, receive, send)
        else:
            await self.other(scope, receive, send)

    async def start(self) -> None:
        """Opens the database and builds what needs it."""
        settings = self.settings
        self.database = database = await open_database(settings)
        engine = Engine(
            CATALOG,
            dialect_named(database.name),
            self.ids,
            CursorCodec(settings.secret),
            table_of(ApiKey),
            COMPUTED,
            Limits(settings.default_page_size, settings.max_page_size, settings.max_cost, settings.max_depth),
        )
        workspace = CATALOG.nouns["Workspace"]
        principals = Principals(
            database,
            table_of(ApiKey),
            table_of(Workspace),
            lambda key: self.ids.encode(self.ids.base(workspace.number) + key),
            settings.principal_cache_size,
        )
        documents = Documents(
            self.full.schema,
            max_tokens=settings.max_tokens,
            size=settings.document_cache_size,
            plans=settings.plan_cache_size,
        )
        self.executor = Executor(database, Planner(engine), self.views, documents, principals)

    async def stop(self) -> None:
        """Closes the database."""
        if self.database is not None:
            await self.database.close()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.start()
        yield
        await self.stop()

    def _running(self) -> Executor:
        assert self.executor is not None, "the application has not been started"
        return self.executor

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _ready(self, request: Request) -> Response:
        assert self.database is not None
        await self.database.read(_ask_for_one())
        return PlainTextResponse("ready\n")

    async def _schema(self, request: Request) -> Response:
        """The SDL of the caller's own view; all of it without a key only where a setting says so."""
        headers = request.scope["headers"]
        if self.settings.public_schema and not any(name in {b"authorization", b"x-api-key"} for name, _ in headers):
            return PlainTextResponse(self.full.sdl())
        principal = await self._running().principal(read_credentials(headers))
        return PlainTextResponse(self.views.view(principal.scopes).sdl())


def create_app(settings: Settings) -> Application:
    """The application for some settings; the database is opened by its lifespan."""
    return Application(settings)


@cache
def _whole_schema() -> strawberry.Schema:
    """The schema, the same for all applications of a process."""
    return assemble(CATALOG)


def _ask_for_one() -> Any:
    yield Statement("SELECT 1")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LeadgraphError)
    request_id = new_request_id()
    if error.status >= 500:
        log_failure(request_id, error)
    headers = {name.decode(): value.decode() for name, value in headers_of(error)} | {"x-request-id": request_id}
    return JSONResponse({"errors": formatted(error, request_id)}, status_code=error.status, headers=headers)


async def _http_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = LeadgraphError(f"{request.method} {request.scope['path'][:200]}: {error.detail}.")
    if error.status_code == NotFound.status:
        refusal = NotFound(f"There is nothing at {request.scope['path'][:200]}.")
    else:
        refusal.code, refusal.status = "BAD_REQUEST", error.status_code
    response = await _refused(request, refusal)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _failed(request: Request, error: Exception) -> Response:
    request_id = new_request_id()
    log_failure(request_id, error)
    body = {"errors": formatted(LeadgraphError("An internal error occurred."), request_id)}
    return JSONResponse(body, status_code=500, headers={"x-request-id": request_id})


