"""The GraphiQL playground, served from our own files (built by scripts/playground/build) under a strict policy.

Pure: it reads nothing but its own directory, knows no key and no schema. The page asks the reader for an API key, keeps
it in memory and sends it to /graphql itself. No asset, worker or request leaves the origin.
"""

import gzip
import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC: Final = Path(__file__).parent / "static"

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

WORKER_POLICY: Final = "default-src 'none'"
"""The policy of the assets. A worker takes it from its own response: it can reach nothing but the page."""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leadgraph playground</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/playground/static/playground.css?v={version}">
<script type="module" nonce="{nonce}" src="/playground/static/playground.js?v={version}"></script>
</head>
<body>
<div id="playground"><noscript>The playground needs JavaScript.</noscript></div>
</body>
</html>
"""


@cache
def build_version() -> str:
    """Sixteen hex digits that change with any asset. They are part of the assets' addresses."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def page(nonce: str) -> str:
    """The HTML page. Send it with CONTENT_SECURITY_POLICY for the same nonce, or use `respond`, which does both."""
    return _PAGE.format(nonce=nonce, version=build_version())


def respond() -> HTMLResponse:
    """The page under a fresh nonce, with all headers. It says Vary: Accept, because /graphql also answers with it."""
    nonce = secrets.token_urlsafe(16)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY.format(nonce=nonce),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page(nonce), headers=headers)


class _Assets(StaticFiles):
    """StaticFiles with an ETag on all, and a year in the cache for an address that names this very build.

    Each file is compressed once and kept: compressing the page's module takes a quarter of a second.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        request = Request(scope)
        if isinstance(response, FileResponse) and "gzip" in request.headers.get("accept-encoding", ""):
            headers = {name: response.headers[name] for name in ("content-type", "etag", "last-modified")}
            body = await run_in_threadpool(_compressed, str(response.path))
            response = Response(body, headers=headers | {"Content-Encoding": "gzip"})
        current = request.query_params.get("v") == build_version()
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        response.headers["Content-Security-Policy"] = WORKER_POLICY
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@cache
def _compressed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), compresslevel=6)


async def _show_page(_request: Request) -> HTMLResponse:
    return respond()


routes: Final[list[BaseRoute]] = [
    Route("/playground", _show_page, methods=["GET"]),
    Mount("/playground/static", _Assets(directory=STATIC)),
]
