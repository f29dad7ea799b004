"""What every answer besides `/graphql`'s own carries: a request id, JSON errors, no caching, a line in the log."""

import time
from collections.abc import MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from app.errors import BadRequest, Internal, LeadgraphError, NotFound
from app.graph.errors import formatted, headers_of
from app.graph.executor import Trace
from app.logs import log_failure, log_request, new_request_id, without_keys

_REQUEST_ID = "leadgraph.request_id"
_PROBES = {"/healthz", "/readyz"}  # asked every few seconds: logged when they fail


class Answering:
    """Wraps the routes: gives each request its id, logs it, and has the last word on what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = scope[_REQUEST_ID] = new_request_id()
        status = 0

        async def send_with_id(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            log_failure(request_id, error)
            if not status:
                raise
        if scope["path"] not in _PROBES or status != 200:
            log_request(scope["method"], without_keys(scope["path"]), status, started, request_id, Trace())


def answer_refusal(request: Request, error: LeadgraphError) -> Response:
    """An error in the shape that GraphQL has, with its status and headers."""
    request_id = request.scope[_REQUEST_ID]
    if error.status >= 500:
        log_failure(request_id, error)
    headers = {name.decode(): value.decode() for name, value in headers_of(error)}
    return JSONResponse({"errors": formatted(error, request_id)}, status_code=error.status, headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LeadgraphError)
    return answer_refusal(request, error)


async def _http_refused(request: Request, error: Exception) -> Response:
    """What Starlette refuses itself: unknown paths, methods a route does not take."""
    assert isinstance(error, HTTPException)
    if error.status_code == NotFound.status:
        refusal: LeadgraphError = NotFound(f"There is nothing at {without_keys(request.scope['path'])}.")
    else:
        refusal = BadRequest(f"{request.method[:20]} {without_keys(request.scope['path'])}: {error.detail}.")
        refusal.status = error.status_code
    response = answer_refusal(request, refusal)
    response.headers.update(error.headers or {})
    return response


async def _failed(request: Request, _: Exception) -> Response:
    # Starlette raises the error again after this answer, so that `Answering` logs it.
    body = {"errors": formatted(Internal(), request.scope[_REQUEST_ID])}
    return JSONResponse(body, status_code=Internal.status)


HANDLERS: dict[Any, ExceptionHandler] = {
    LeadgraphError: _refused,
    HTTPException: _http_refused,
    Exception: _failed,
}
"""For Starlette: which errors become which answers."""
