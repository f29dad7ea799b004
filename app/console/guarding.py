"""What keeps other sites out: a strict content policy, and three proofs that a form was sent by our own page.

The session's cookie is SameSite=Strict, the browser says from where a form was sent, and the form holds a token that
only the page of this session was given.
"""

import hmac
from typing import Final

from starlette.requests import Request

from app.errors import Forbidden

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser does not say either from where a form was sent
    "Vary": "Cookie, HX-Request",
    "X-Content-Type-Options": "nosniff",
}
"""Of every page."""


class ForeignForm(Forbidden):
    """The form was not sent by this page, or by an older session: open the page anew and try again."""


def form_token(session: str, secret: str) -> str:
    """What the forms of a session carry."""
    return hmac.digest(secret.encode(), b"form of " + session.encode(), "sha256").hex()


def require_own_form(request: Request) -> None:
    """Refuses a form that another site made this browser send; `ForeignForm`."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin", "").partition("://")[2]
    if not host or origin != host or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ForeignForm


def require_token(given: str, session: str, secret: str) -> None:
    """Refuses a form without the token of its session; `ForeignForm`."""
    if not hmac.compare_digest(given.encode(), form_token(session, secret).encode()):
        raise ForeignForm


def is_private(request: Request) -> bool:
    """Whether a browser reached us by https, perhaps through a proxy: its cookie must not travel otherwise."""
    return request.headers.get("origin", "").startswith("https:")
