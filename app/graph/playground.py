"""The GraphiQL playground, served from our own files (built by scripts/playground/build) under a strict policy.

Pure: it reads nothing but its own directory, knows no key and no schema. The page asks the reader for an API key, keeps
it in memory and sends it to /graphql itself. No asset, worker or request leaves the origin.
"""

import secrets
from html import escape
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount, Route

from app.graph.assets import Assets

STATIC: Final = Path(__file__).parent / "static"

_ASSETS: Final = Assets(STATIC)

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'nonce-{nonce}'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Monaco writes style elements and attributes, without a nonce
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The page's policy; `{nonce}` stands for the nonce that was given to `page`."""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leadgraph playground</title>
<link rel="icon" href="data:,">
{key}<link rel="stylesheet" href="/playground/static/playground.css?v={version}">
<script type="module" nonce="{nonce}" src="/playground/static/playground.js?v={version}"></script>
</head>
<body>
<div id="playground"><noscript>The playground needs JavaScript.</noscript></div>
</body>
</html>
"""


def page(nonce: str, key: str = "") -> str:
    """The HTML page. Send it with CONTENT_SECURITY_POLICY for the same nonce, or use `respond`, which does both."""
    handed = f'<meta name="leadgraph-key" content="{escape(key)}">\n' if key else ""
    return _PAGE.format(nonce=nonce, version=_ASSETS.version, key=handed)


def respond(key: str = "") -> HTMLResponse:
    """The page under a fresh nonce, with all headers. It says Vary: Accept, because /graphql also answers with it.

    With a key it opens as that key, which the page takes out of itself before it does anything else.
    """
    nonce = secrets.token_urlsafe(16)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.format(nonce=nonce),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page(nonce, key), headers=headers)


async def _show_page(_request: Request) -> HTMLResponse:
    return respond()


routes: Final[list[BaseRoute]] = [
    Route("/playground", _show_page, methods=["GET"]),
    Mount("/playground/static", _ASSETS),
]
