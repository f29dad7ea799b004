"""Files that a page of ours is made of, compressed once and kept by browsers as long as they are the same."""

import gzip
import hashlib
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WORKER_POLICY: Final = "default-src 'none'"
"""The policy of the files. A worker takes it from its own response: it can reach nothing but the page."""


class Assets(StaticFiles):
    """StaticFiles with an ETag on all, and a year in the cache for an address that names this very build.

    Each file is compressed once and kept: compressing the playground's module takes a quarter of a second.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._folder = folder

    @cached_property
    def version(self) -> str:
        """Sixteen hex digits that change with any file. They are part of the files' addresses."""
        digest = hashlib.sha256()
        for path in sorted(self._folder.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:16]

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        request = Request(scope)
        if isinstance(response, FileResponse) and "gzip" in request.headers.get("accept-encoding", ""):
            headers = {name: response.headers[name] for name in ("content-type", "etag", "last-modified")}
            body = await run_in_threadpool(_compressed, str(response.path))
            response = Response(body, headers=headers | {"Content-Encoding": "gzip"})
        current = request.query_params.get("v") == self.version
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        response.headers["Content-Security-Policy"] = WORKER_POLICY
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@cache
def _compressed(path: str) -> bytes:
    return gzip.compress(Path(path).read_bytes(), compresslevel=6)
