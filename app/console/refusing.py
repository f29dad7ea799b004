"""What is shown where something is refused: a page that says why, and what can be done about it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.answering import trace_of
from app.console.guarding import ForeignForm
from app.console.showing import render
from app.console.visit import HOME
from app.errors import LeadgraphError, NotFound
from app.graph.errors import headers_of
from app.logs import log_failure

CLOSED: Final = {
    "API_DISABLED": (
        "The API is switched off",
        "Keys of this workspace do not work. Whoever runs this platform can switch the API on.",
    ),
    "PLAN_REQUIRED": (
        "Your plan has no API",
        "API keys come with a larger plan. Whoever looks after your plan can change it.",
    ),
    "INSUFFICIENT_SCOPE": (
        "You may not manage API keys",
        "It takes the developer permission, whatever your role is. Whoever runs this platform can give it to you.",
    ),
}
"""Why a member cannot manage keys, by reason: title and text."""


def show_refusal(request: Request, error: LeadgraphError) -> Response:
    """The page for an error, with its status."""
    trace = trace_of(request)
    trace.code, trace.reason = error.code, error.reason
    if error.status >= 500:
        log_failure(trace.request_id, error)
    title, text = _words(error)
    context = {"title": title, "text": text, "icon": "warn", "action": (HOME, "Back to the keys")}
    shown = render(request, "message", context, layout="alone.html", status=error.status)
    if "hx-request" in request.headers:
        shown.headers["HX-Retarget"] = "#content"
    for name, value in headers_of(error):
        shown.headers[name.decode()] = value.decode()
    return shown


def _words(error: LeadgraphError) -> tuple[str, str]:
    if isinstance(error, ForeignForm):
        return "This form is out of date", error.message
    if isinstance(error, NotFound):
        return "Not found", error.message
    if error.status < 500:
        return "That did not work", error.message
    return "Something went wrong", f"{error.message} Try again in a moment."
