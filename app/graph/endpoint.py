"""`/graphql` over HTTP: our own small ASGI application, because a framework's view costs more than a whole request may.

Reads the request, hands it to the executor, writes JSON. Every refusal is GraphQL JSON with a code and the request id;
statuses follow the graphql-http audits: a client that asks for `application/json` alone gets 200 for a document that
cannot be parsed, validated or given its variables, as that media type's legacy demands; everybody else gets 400.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, TypeAlias

import orjson

from app.access.credentials import read_credentials
from app.access.limits.admission import Admission
from app.errors import Internal, LeadgraphError, MethodNotAllowed, ResponseTooLarge, Unavailable
from app.graph.errors import formatted, headers_of
from app.graph.executor import Executor
from app.graph.incoming import (
    GRAPHQL_RESPONSE,
    JSON,
    ClientGone,
    Headers,
    Receive,
    by_name,
    from_body,
    from_query,
    negotiate,
    read_body,
    read_idempotency_key,
    require_json,
)
from app.graph.presence import Presence
from app.logs import TRACE, Trace, log_failure
from app.observing import Observer
from app.settings import Settings

Scope: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ALLOW = "GET, POST, OPTIONS"

_CONTENT_TYPES = {each: (b"content-type", f"{each}; charset=utf-8".encode()) for each in (JSON, GRAPHQL_RESPONSE)}
_NO_STORE = (b"cache-control", b"no-store")
_REPLAYED = ((b"idempotency-replayed", b"true"),)

_LEGACY_200 = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
_CLIENT_GONE = 499  # nobody is sent it; the access log says it, as that of nginx does


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`."""

    def __init__(
        self, executor: Callable[[], Executor], observer: Observer, admission: Admission, settings: Settings
    ) -> None:
        self._executor = executor
        self._observer = observer
        self._admission = admission
        self._max_body_bytes = settings.max_body_bytes
        self._max_response_bytes = settings.max_response_bytes
        self._presence = Presence(settings.operation_timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        trace: Trace = scope[TRACE]
        request_id = trace.request_id
        if method == "OPTIONS":
            await _tell_methods(send, request_id)
            self._observer.tell(trace, "graphql", method, "/graphql", 204)
            return
        media_type, legacy = JSON, False
        extra: Sequence[tuple[bytes, bytes]] = ()
        try:
            headers = by_name(scope["headers"])
            media_type, legacy = negotiate(headers)
            status, body = 200, await self._answer(scope, headers, receive, trace)
            if trace.replayed:
                extra = _REPLAYED
        except ClientGone:
            trace.kind = "gone"
            self._observer.tell(trace, "graphql", method, "/graphql", _CLIENT_GONE)
            return
        except LeadgraphError as error:
            status = 200 if legacy and error.code in _LEGACY_200 else error.status
            trace.code, trace.reason = error.code, error.reason
            body, extra = orjson.dumps({"errors": formatted(error, request_id)}), headers_of(error)
            if error.status >= 500:
                log_failure(request_id, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a defect of ours must not become an empty answer)
            log_failure(request_id, error)
            trace.code = Internal.code
            status, body = 500, orjson.dumps({"errors": formatted(Internal(), request_id)})
        await _respond(send, status, media_type, body, request_id, extra)
        self._observer.tell(trace, "graphql", method, "/graphql", status)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, trace: Trace) -> bytes:
        await self._admission.of_address(trace)
        method = scope["method"]
        if method == "POST":
            credentials = read_credentials(headers)
            require_json(headers)
            request = from_body(await read_body(receive, headers, self._max_body_bytes))
            request.idempotency_key = read_idempotency_key(headers, scope["headers"])
        elif method == "GET":
            credentials = read_credentials(headers)
            request = from_query(scope["query_string"])
        else:
            raise MethodNotAllowed(f"/graphql takes GET and POST, not {method[:20]}.", allow=ALLOW)
        try:
            with self._presence.of_client(receive):
                answer = await self._executor().execute(credentials, request, trace)
        except Unavailable as error:
            if trace.done is None:
                raise
            answer = {"data": trace.done, "errors": formatted(error, trace.request_id)}
        body = orjson.dumps(answer)
        if len(body) > self._max_response_bytes and trace.kind != "mutation":  # which was measured before its COMMIT
            raise ResponseTooLarge(len(body), self._max_response_bytes)
        return body


async def _tell_methods(send: Send, request_id: str) -> None:
    headers = [(b"allow", ALLOW.encode()), (b"x-request-id", request_id.encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _respond(
    send: Send, status: int, media_type: str, body: bytes, request_id: str, extra: Sequence[tuple[bytes, bytes]]
) -> None:
    headers = [
        _CONTENT_TYPES[media_type],
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        _NO_STORE,
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def wants_page(scope: Scope) -> bool:
    """Whether a browser opens `/graphql`: the playground is for it, an error would not be."""
    if scope["method"] != "GET" or b"query=" in scope["query_string"]:
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
