"""Which pages of other origins may call the API from a browser (CORS): those that the operator names, or all."""

from collections.abc import Sequence
from typing import TypeAlias

from app.graph.incoming import Headers

Added: TypeAlias = Sequence[tuple[bytes, bytes]]

_VARY = (b"vary", b"origin")
_EXPOSED = (
    b"access-control-expose-headers",
    b"deprecation, etag, idempotency-replayed, link, location, ratelimit, ratelimit-policy, retry-after, sunset, "
    b"x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-request-id",
)
_TAKEN = (
    b"access-control-allow-headers",
    b"accept, authorization, content-type, idempotency-key, if-match, prefer, x-api-key, x-on-behalf-of, "
    b"x-response-profile",
)
_MAX_AGE = (b"access-control-max-age", b"600")


class Cors:
    """Keys are sent in headers and never by the browser itself, so that credentials need not be allowed."""

    def __init__(self, origins: str) -> None:
        self._origins = frozenset(each.strip().encode() for each in origins.split(",") if each.strip())

    def headers(self, headers: Headers, allow: str | None = None) -> Added:
        """What is added to an answer; to that of a preflight, the methods that are allowed."""
        if not self._origins:
            return ()
        origin = headers.get(b"origin")
        if origin is None or not (origin in self._origins or b"*" in self._origins):
            return (_VARY,)
        added = [_VARY, _EXPOSED, (b"access-control-allow-origin", origin)]
        if allow is not None and b"access-control-request-method" in headers:
            added += [(b"access-control-allow-methods", allow.encode()), _TAKEN, _MAX_AGE]
        return added
