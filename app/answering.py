"""What every answer besides `/graphql`'s own carries: a request id, JSON errors, no caching, a line in the log."""

from collections.abc import MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from app import rate
from app.access.limits.admission import Admission
from app.errors import BadRequest, Internal, LeadgraphError, NotFound
from app.graph.errors import formatted, headers_of
from app.logs import TRACE, Trace, log_failure, without_keys
from app.observing import Observer

_PROBES = {"/healthz", "/readyz", "/metrics"}


class Answering:
    """Wraps the routes: admits each request, gives it its id, tells of it, has the last word on what nobody caught."""

    def __init__(self, app: ASGIApp, observer: Observer, admission: Admission) -> None:
        self._app = app
        self._admission = admission
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace: Trace = scope[TRACE]
        request_id = trace.request_id
        surface = "probe" if scope["path"] in _PROBES else "other"
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
            if surface != "probe":
                await self._admission.of_address(trace)
            await self._app(scope, receive, send_with_id)
        except LeadgraphError as error:
            await answer_refusal(Request(scope), error)(scope, receive, send_with_id)
        except Exception as error:
            log_failure(request_id, error)
            trace.code = Internal.code
            if not status:
                raise
        self._observer.tell(trace, surface, scope["method"], without_keys(scope["path"]), status)


def telling_limits(send: Send, trace: Trace, admission: Admission) -> Send:
    """Has the tightest limit of the request told by whatever answers it (S4-53, X26)."""

    async def send_with_limits(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            standing = trace.standings.tightest() or admission.uncounted()
            if standing is not None:
                message["headers"] = [*message.get("headers", ()), *rate.headers(standing)]
        await send(message)

    return send_with_limits


def trace_of(request: Request) -> Trace:
    """What is known of a request."""
    trace: Trace = request.scope[TRACE]
    return trace


def answer_refusal(request: Request, error: LeadgraphError) -> Response:
    """An error in the shape that GraphQL has, with its status and headers."""
    trace = trace_of(request)
    trace.code, trace.reason = error.code, error.reason
    if error.status >= 500:
        log_failure(trace.request_id, error)
    headers = {name.decode(): value.decode() for name, value in headers_of(error)}
    return JSONResponse({"errors": formatted(error, trace.request_id)}, status_code=error.status, headers=headers)


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
    body = {"errors": formatted(Internal(), trace_of(request).request_id)}
    return JSONResponse(body, status_code=Internal.status)


HANDLERS: dict[Any, ExceptionHandler] = {
    LeadgraphError: _refused,
    HTTPException: _http_refused,
    Exception: _failed,
}
"""For Starlette: which errors become which answers."""
