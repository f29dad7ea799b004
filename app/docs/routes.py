"""Where the documentation is served, with what address it is written, and under which policy."""

import gzip
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.answering import trace_of
from app.console import showing
from app.console.guarding import HEADERS
from app.docs.operations import Document
from app.docs.pages import BASE, HOME, STATIC, Pages
from app.errors import NotFound

_HEADERS: Final = {**HEADERS, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?").fullmatch
_KEPT: Final = 128  # pages of some 20 KiB, compressed
_MOST_CHARACTERS: Final = 100  # of a search


class Docs:
    """The documentation of an application, whose OpenAPI document is made when a page is first asked for."""

    def __init__(self, document: Callable[[], Document], *, console: bool, playground: bool, hidden: bool) -> None:
        self._pages = Pages(document, console=console, playground=playground, hidden=hidden)
        self._compressed = lru_cache(_KEPT)(self._compress)
        self.routes: list[BaseRoute] = [
            Mount(f"{HOME}/static", STATIC),
            Mount(f"{HOME}/shared", showing.STATIC),
            Route(HOME, self._show, methods=["GET"]),
            Route(f"{HOME}/search", self._search, methods=["GET"]),
            Route(f"{HOME}/{{path:path}}", self._show, methods=["GET"]),
        ]

    async def _show(self, request: Request) -> Response:
        path, base = request.path_params.get("path", ""), base_of(request)
        try:
            body = await run_in_threadpool(self._compressed, path, base)
        except NotFound as error:
            trace_of(request).code = error.code
            return await self._found(request, " ".join(re.findall(r"\w+", path)), error.status)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return HTMLResponse(body, headers=_HEADERS | {"Content-Encoding": "gzip"})
        return HTMLResponse(gzip.decompress(body), headers=_HEADERS)

    async def _search(self, request: Request) -> Response:
        return await self._found(request, request.query_params.get("q", ""))

    async def _found(self, request: Request, text: str, status: int = 200) -> Response:
        """What a text finds; where there is no page, instead of it."""
        page = await run_in_threadpool(self._pages.search, text[:_MOST_CHARACTERS])
        return HTMLResponse(page.replace(BASE, base_of(request)), status, _HEADERS)

    def _compress(self, path: str, base: str) -> bytes:
        return gzip.compress(self._pages.page(path).replace(BASE, base).encode(), compresslevel=6)


def base_of(request: Request) -> str:
    """The address that the reader's browser asked, as it and a proxy say.

    It is printed for this reader alone, so neither has to be believed; it must only look like an address.
    """
    host = request.headers.get("host", "")
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else request.url.scheme
    return f"{scheme}://{host if _HOST(host) else 'localhost'}"
