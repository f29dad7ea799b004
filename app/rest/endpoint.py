"""All routes over HTTP: one small ASGI application, met before the framework, as that of `/graphql` is.

Finds the route, binds what the request brings to the variables of its operation, has the executor run it, and writes
the envelope around the result. Every refusal has the same shape, those of unknown paths and methods too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from app.access.credentials import read_credentials
from app.access.limits.admission import Admission
from app.errors import BadUserInput, Internal, LeadgraphError, MethodNotAllowed, NotFound, ResponseTooLarge
from app.graph.endpoint import Scope, Send
from app.graph.errors import headers_of
from app.graph.executor import Executor, Request
from app.graph.incoming import (
    JSON,
    ClientGone,
    Headers,
    Receive,
    by_name,
    read_body,
    read_idempotency_key,
    require_json,
)
from app.graph.presence import Presence
from app.logs import TRACE, Trace, log_failure, without_keys
from app.observing import Observer
from app.rest.answer import Reply, answer, invalid
from app.rest.binding import bind, choose, read_object, read_query
from app.rest.cors import Cors
from app.rest.envelope import failure, problem
from app.rest.router import MOUNTS, Place, Router
from app.rest.wishes import BARE, PROBLEM, Wishes, takes_problem, wishes_of
from app.settings import Settings

_NO_STORE = (b"cache-control", b"no-store")
_CONTENT_TYPES = {each: (b"content-type", each.encode()) for each in (JSON, PROBLEM)}
_CLIENT_GONE = 499
_SHORTEST_KEY = 20  # characters: in paths whose parameters have fewer, none needs to be looked for
_LONGEST_PATH = 200  # characters, where a message names it
_V1, _API = MOUNTS
_BODIES = {"POST", "PUT", "PATCH"}


class RestEndpoint:
    """The ASGI application behind `/v1` and `/api/v1`."""

    def __init__(
        self,
        executor: Callable[[], Executor],
        router: Router,
        observer: Observer,
        admission: Admission,
        settings: Settings,
    ) -> None:
        self._executor = executor
        self._router = router
        self._observer = observer
        self._admission = admission
        self._cors = Cors(settings.cors_origins)
        self._max_body_bytes = settings.max_body_bytes
        self._max_response_bytes = settings.max_response_bytes
        self._presence = Presence(settings.operation_timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace: Trace = scope[TRACE]
        headers = by_name(scope["headers"])
        media_type, allow, path = JSON, None, ""
        retiring: Sequence[tuple[bytes, bytes]] = ()
        try:
            if scope["method"] != "OPTIONS":
                await self._admission.of_address(trace)
            wishes = wishes_of(headers)
            place, values = self._find(scope["path"])
            if not values or max(map(len, values)) < _SHORTEST_KEY:
                path = scope["path"]
            retiring = self._retiring(scope, place, values)
            if scope["method"] == "OPTIONS":
                allow = place.allow
                reply, body = Reply(204, None, [(b"allow", allow.encode())]), b""
            else:
                reply = await self._reply(scope, headers, receive, trace, (place, values), wishes)
                body = b"" if reply.body is None else orjson.dumps(reply.body)
                if len(body) > self._max_response_bytes and trace.kind != "mutation":
                    raise ResponseTooLarge(len(body), self._max_response_bytes)
        except ClientGone:
            trace.kind = "gone"
            self._tell(trace, scope, path, _CLIENT_GONE)
            return
        except LeadgraphError as error:
            if error.status >= 500:
                log_failure(trace.request_id, error)
            reply, body, media_type = _refusal(error, trace, headers)
        except Exception as error:  # noqa: BLE001 (the last resort: a defect of ours must not become an empty answer)
            log_failure(trace.request_id, error)
            reply, body, media_type = _refusal(Internal(), trace, headers)
        added = [*reply.headers, *retiring, *self._cors.headers(headers, allow)]
        await _respond(send, reply.status, media_type, body, trace, added, head=scope["method"] == "HEAD")
        self._tell(trace, scope, path, reply.status)

    def _find(self, path: str) -> tuple[Place, list[str]]:
        mount = _V1 if path.startswith(_V1) else _API
        found = self._router.find(path[len(mount) :])
        if found is None:
            raise NotFound(f"There is nothing at {_told(path)}.")
        return found

    def _retiring(self, scope: Scope, place: Place, values: Sequence[str]) -> Sequence[tuple[bytes, bytes]]:
        routes = place.routes.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if routes is None or routes[0].retirement is None:
            return ()
        return routes[0].retirement.headers(_mount_of(scope["path"]), values)

    async def _reply(
        self,
        scope: Scope,
        headers: Headers,
        receive: Receive,
        trace: Trace,
        found: tuple[Place, list[str]],
        wishes: Wishes,
    ) -> Reply:
        place, values = found
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        routes = place.routes.get(method)
        if routes is None:
            message = f"{_told(scope['path'])} takes {place.allow}, not {method[:20]}."
            raise MethodNotAllowed(message, allow=place.allow)
        credentials = read_credentials(headers)
        query = read_query(scope["query_string"])
        given: dict[str, Any] = {}
        if method in _BODIES:
            sent = await read_body(receive, headers, self._max_body_bytes)
            if sent:  # of a request without a body some clients say that it is a form
                require_json(headers)
            given = read_object(sent)
        route, refusal, variables = routes[0], None, {}
        try:
            route = choose(routes, given, strict=wishes.strict)
            variables = bind(route, values, query, given, headers)
        except LeadgraphError as error:
            refusal = error  # told once the key is known to be one
        request = Request(None, variables, stored=route.stored, refusal=refusal)
        if route.writes:
            request.idempotency_key = read_idempotency_key(headers, scope["headers"])
        try:
            with self._presence.of_client(receive):
                result: Mapping[str, Any] = (await self._executor().execute(credentials, request, trace))["data"]
        except BadUserInput as error:
            raise invalid(route, error) from None
        if wishes.bare is None and trace.profile == BARE:
            wishes = replace(wishes, bare=True)
        reply = answer(route, result, query, variables, wishes)
        if reply.created is not None:
            reply.headers.append((b"location", f"{scope['path']}/{reply.created}".encode()))
        if trace.replayed:
            reply.headers.append((b"idempotency-replayed", b"true"))
        return reply

    def _tell(self, trace: Trace, scope: Scope, path: str, status: int) -> None:
        self._observer.tell(trace, "rest", scope["method"], path or without_keys(scope["path"]), status)


def _told(path: str) -> str:
    """A path in a message."""
    told = without_keys(path)
    return told if len(told) <= _LONGEST_PATH else f"{told[:_LONGEST_PATH]}…"


def _mount_of(path: str) -> str:
    return next(each for each in MOUNTS if f"{path}/".startswith(f"{each}/"))


def _refusal(error: LeadgraphError, trace: Trace, headers: Headers) -> tuple[Reply, bytes, str]:
    trace.code, trace.reason = error.code, error.reason
    reply = Reply(error.status, None, headers_of(error))
    if takes_problem(headers):
        return reply, orjson.dumps(problem(error, trace.request_id)), PROBLEM
    return reply, orjson.dumps(failure(error)), JSON


async def _respond(
    send: Send,
    status: int,
    media_type: str,
    body: bytes,
    trace: Trace,
    added: list[tuple[bytes, bytes]],
    *,
    head: bool,
) -> None:
    headers = [(b"x-request-id", trace.request_id.encode()), _NO_STORE, *added]
    if status != 204:
        headers += [_CONTENT_TYPES[media_type], (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})
