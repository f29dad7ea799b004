"""How the page is rendered: Jinja that escapes all, whole or as the part that htmx asks for, under our own headers."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.console.guarding import HEADERS
from app.graph.assets import Assets
from app.store.types import now

_HERE: Final = Path(__file__).parent
STATIC: Final = Assets(_HERE / "static")

_UNITS: Final = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600), ("minute", 60))
_SOON: Final = 7 * 86_400  # seconds within which an expiry is worth a warning


def render(
    request: Request, view: str, context: Mapping[str, Any], *, layout: str = "page.html", status: int = 200
) -> HTMLResponse:
    """A view in its layout, or by itself where htmx will put it into a page that is there."""
    template = "fragment.html" if is_part(request) else layout
    body = _TEMPLATES.get_template(template).render(context, view=f"{view}.html")
    return HTMLResponse(body, status, HEADERS)


def is_part(request: Request) -> bool:
    """Whether htmx asks, which puts the answer into the page."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def initials(name: str) -> str:
    """At most two letters for a name."""
    words = name.split()
    return "".join(word[0] for word in dict.fromkeys((*words[:1], *words[-1:]))).upper()


def relative(text: str) -> str:
    """`3 hours ago`, `in 2 days`."""
    seconds = (datetime.fromisoformat(text) - now()).total_seconds()
    unit, size = next(((unit, size) for unit, size in _UNITS if abs(seconds) >= size), ("", 0))
    if not size:
        return "just now" if seconds <= 0 else "in a moment"
    amount = int(abs(seconds) // size)
    told = f"{amount} {unit}{'s' if amount > 1 else ''}"
    return f"{told} ago" if seconds < 0 else f"in {told}"


def absolute(text: str) -> str:
    """`21 Nov 2026, 19:04 UTC`."""
    return f"{datetime.fromisoformat(text):%-d %b %Y, %H:%M} UTC"


def day(text: str) -> str:
    """`21 Nov 2026`."""
    return f"{datetime.fromisoformat(text):%-d %b %Y}"


def is_ahead(text: str) -> bool:
    """Whether a moment is yet to come."""
    return datetime.fromisoformat(text) > now()


def standing(key: Mapping[str, Any]) -> tuple[str, str]:
    """How a key stands, for programs and for people."""
    if key["state"] != "ACTIVE":
        return "revoked", "Revoked"
    if key["expiresAt"] is None:
        return "active", "Active"
    left = (datetime.fromisoformat(key["expiresAt"]) - now()).total_seconds()
    if left <= 0:
        return "expired", "Expired"
    return ("expiring", f"Expires {relative(key['expiresAt'])}") if left < _SOON else ("active", "Active")


def named(scope: str, names: Mapping[str, str]) -> str:
    """What people call a scope."""
    return names.get(scope, scope)


def _visible(value: Any) -> Any:
    """Marks where a text would turn the direction of what is read: a name must not look like another.

    What a template has escaped itself, with `e`, is for a field that sends it back, and stays as it is.
    """
    return _DIRECTIONS.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TEMPLATES: Final = jinja2.Environment(
    finalize=_visible,
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "absolute": absolute,
    "day": day,
    "initials": initials,
    "is_ahead": is_ahead,
    "named": named,
    "relative": relative,
    "standing": standing,
}
_TEMPLATES.globals["asset"] = lambda name: f"/settings/static/{name}?v={STATIC.version}"
