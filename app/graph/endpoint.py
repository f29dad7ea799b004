"""`/graphql` over HTTP: our own small ASGI application, because a framework's view costs more than a whole request may.

Reads the request, hands it to the executor, writes JSON. Every refusal is GraphQL JSON with a code and the request id;
statuses follow the graphql-http audits: a client that asks for `application/json` alone gets 200 for a document that
cannot be parsed, validated or given its variables, as that media type's legacy demands; everybody else gets 400.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

import orjson

from app.access.credentials import read_credentials
from app.errors import (
    BadRequest,
    BodyTooLarge,
    Internal,
    LeadgraphError,
    MethodNotAllowed,
    NotAcceptable,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from app.graph.errors import formatted
from app.graph.executor import Executor, Request, Trace
from app.logs import log_failure, log_request, new_request_id

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
_LEGACY_200 = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}


class Page(Protocol):
    """What a browser gets instead of an error, made anew for each request: the playground."""

    def __call__(self) -> Callable[[Scope, Receive, Send], Awaitable[None]]: ...


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`."""

    def __init__(self, executor: Callable[[], Executor], *, max_body_bytes: int, page: Page | None) -> None:
        self._executor = executor
        self._max_body_bytes = max_body_bytes
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = scope["headers"]
        if self._page is not None and scope["method"] == "GET" and _wants_page(headers, scope["query_string"]):
            await self._page()(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = new_request_id()
        trace = Trace()
        media_type, legacy = JSON, False
        extra: Headers = []
        try:
            media_type, legacy = _negotiate(headers)
            status, answer = 200, await self._answer(scope, headers, receive, trace)
        except ClientGone:
            return
        except LeadgraphError as error:
            status = 200 if legacy and error.code in _LEGACY_200 else error.status
            answer, extra = {"errors": formatted(error, request_id)}, headers_of(error)
            if error.status >= 500:
                log_failure(request_id, error)
        except Exception as error:  # noqa: BLE001 (the last resort: a defect of ours must not become an empty answer)
            log_failure(request_id, error)
            status, answer = 500, {"errors": formatted(Internal(), request_id)}
        body = orjson.dumps(answer)
        await _respond(send, status, media_type, body, request_id, extra)
        log_request(scope["method"], "/graphql", status, started, request_id, trace)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, trace: Trace) -> dict[str, Any]:
        method = scope["method"]
        if method == "POST":
            key = read_credentials(headers)
            _require_json(headers)
            request = _from_body(await read_body(receive, headers, self._max_body_bytes))
        elif method == "GET":
            key = read_credentials(headers)
            request = _from_query(scope["query_string"])
        else:
            raise MethodNotAllowed(f"/graphql takes GET and POST, not {method[:20]}.", allow="GET, POST")
        return {"data": await self._executor().execute(key, request, trace)}


def headers_of(error: LeadgraphError) -> Headers:
    """What HTTP asks to be said beside an error."""
    if isinstance(error, Unauthenticated):
        return [(b"www-authenticate", b'Bearer realm="leadgraph"')]
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", error.allow.encode())]
    if isinstance(error, Unavailable):
        return [(b"retry-after", b"1")]
    return []


async def read_body(receive: Receive, headers: Iterable[tuple[bytes, bytes]], limit: int) -> bytes:
    """The whole body; `BodyTooLarge` as soon as it is known to be larger than `limit` bytes."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise BodyTooLarge(f"The request body may have {limit} bytes at most.")
        if name == b"content-encoding" and value.lower() != b"identity":
            raise UnsupportedMediaType("The request body must not be compressed.")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(f"The request body may have {limit} bytes at most.")
        if not message.get("more_body"):
            return b"".join((*chunks, chunk)) if chunks else chunk
        chunks.append(chunk)


async def _respond(send: Send, status: int, media_type: str, body: bytes, request_id: str, extra: Headers) -> None:
    headers = [
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _negotiate(headers: Headers) -> tuple[str, bool]:
    """The media type to answer with, and whether it is the legacy one asked for by name."""
    accept = b",".join(value for name, value in headers if name == b"accept").decode("latin-1").lower()
    if not accept or accept == "*/*":
        return JSON, False
    wanted: dict[str, float] = {}
    for item in accept.split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        wanted[name] = next((_quality(each) for each in parameters if each.startswith("q=")), 1.0)
    modern = wanted.get(GRAPHQL_RESPONSE, wanted.get("application/*", 0.0))
    legacy = wanted.get(JSON, wanted.get("application/*", wanted.get("*/*", 0.0)))
    if modern <= 0 and legacy <= 0:
        raise NotAcceptable(f"This endpoint answers {GRAPHQL_RESPONSE} or {JSON}.")
    if modern >= legacy:
        return GRAPHQL_RESPONSE, False
    return JSON, JSON in wanted


def _quality(parameter: str) -> float:
    try:
        return float(parameter[2:])
    except ValueError:
        return 0.0


def _wants_page(headers: Headers, query_string: bytes) -> bool:
    return b"query=" not in query_string and any(name == b"accept" and b"text/html" in value for name, value in headers)


def _require_json(headers: Headers) -> None:
    for name, value in headers:
        if name == b"content-type":
            media_type, _, parameters = value.decode("latin-1").lower().partition(";")
            charset = parameters.replace(" ", "").replace('"', "")
            if media_type.strip() == JSON and charset in {"", "charset=utf-8", "charset=utf8"}:
                return
    raise UnsupportedMediaType("The Content-Type must be application/json, in UTF-8.")


def _from_body(body: bytes) -> Request:
    try:
        parameters = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from None
    if not isinstance(parameters, dict):
        raise BadRequest("The request body must be a JSON object.")
    return _request(parameters, read_only=False)


def _from_query(query_string: bytes) -> Request:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise BadRequest("The query string is not valid UTF-8 in percent-encoding.") from None
    parameters: dict[str, Any] = {}
    for name, text in pairs:
        if name in parameters:
            raise BadRequest(f"The parameter {name[:50]} is given twice.")
        parameters[name] = _json_parameter(name, text) if name in {"variables", "extensions"} else text
    return _request(parameters, read_only=True)


def _json_parameter(name: str, text: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        raise BadRequest(f"The parameter {name} must be a JSON object.") from None


def _request(parameters: dict[str, Any], *, read_only: bool) -> Request:
    query = parameters.get("query")
    if not isinstance(query, str):
        raise BadRequest("The parameter query must be given, as a string.")
    variables = parameters.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("The parameter variables must be a JSON object.")
    name = parameters.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadRequest("The parameter operationName must be a string.")
    extensions = parameters.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("The parameter extensions must be a JSON object.")
    return Request(query, variables or {}, name or None, read_only)
