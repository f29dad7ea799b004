"""One HTTP connection: uvicorn's, with the limits it lacks (HARDENING 14, 29) and with JSON for what is no HTTP at all,
below REST's paths in its envelope.

A request must have arrived within the read limit, a response must be taken within it, and a head has a size. Nothing is
set up for a request that comes in one piece, as nearly all do.
"""

import asyncio
from collections.abc import Callable
from itertools import chain
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app import rate
from app.errors import BadRequest
from app.gathering import Gathering
from app.graph.errors import formatted
from app.logs import Trace
from app.observing import Observer
from app.rate import Standing
from app.rest.envelope import failure
from app.rest.router import PREFIXES

MAX_HEAD_BYTES = 262_144
_MAX_TARGET_BYTES = 65_535  # the parser's

_REST = tuple(each.encode() for each in PREFIXES)
_LAST_CALL = 1.0  # seconds for a client that has just connected when the server stops, or that has been refused


class Connection(HttpToolsProtocol):
    """`read_limit`: seconds from the first byte of a request to its last, and for a response to be taken.

    `uncounted` is the rate limit that is told with what is no request; None where there are none.
    """

    def __init__(
        self,
        *args: Any,
        read_limit: float,
        observer: Observer,
        uncounted: Callable[[], Standing | None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._observer = observer
        self._uncounted = uncounted
        self._limit = read_limit
        self._used = False  # a request has begun
        self._arriving = False  # a request has begun and not ended
        self._in_head = False
        self._head_bytes = 0  # of a head that comes in several pieces
        self._refused = False
        self._stopping = False
        self._answering: Any = None  # the cycle that is answered while `cycle` waits for its turn
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]
        self._read_timer = self.loop.call_later(self._limit, self._read_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_reading_timer()
        self._stop_writing_timer()
        if self._answering is not None:  # uvicorn tells only the last of several requests that the client has gone
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if not self._arriving:
            if self._read_timer is not None:
                self._stop_reading_timer()
            return
        if self._read_timer is None:
            self._read_timer = self.loop.call_later(self._limit, self._read_too_slow)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse_head()

    def on_message_begin(self) -> None:
        self._used = self._arriving = self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._check_head()
        last = self.cycle
        super().on_headers_complete()
        if len(self.pipeline) == 1:
            self._answering = last
        self.headers = []  # takes the trailer: no proxy has looked at what stands in it
        if self._stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._arriving = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answering = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self._limit, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_writing_timer()

    def shutdown(self) -> None:
        """Lets the request finish that has arrived, is arriving, or is about to: uvicorn resets the latter two."""
        self._stopping = True
        if not self._used or self._in_head:
            self.loop.call_later(_LAST_CALL, self._close_unused)
        else:
            super().shutdown()

    def _check_head(self) -> None:
        """Raises, which ends the parsing, when a head has been refused."""
        hosts = 0
        for name, _ in self.headers:
            if name == b"host":
                hosts += 1
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            self._refuse(400, "A request must have one Host header.")  # RFC 9112, 3.2
        elif self._head_bytes and len(self.url) + sum(map(len, chain(*self.headers))) > MAX_HEAD_BYTES:
            self._refuse_head()
        if self._refused:
            raise ValueError

    def _refuse_head(self) -> None:
        if 2 * len(self.url) > self._head_bytes:
            self._refuse_target()
        else:
            self._refuse(431, f"The head of a request may have {MAX_HEAD_BYTES} bytes at most.")

    def _refuse_target(self) -> None:
        self._refuse(414, f"The target of a request may have {_MAX_TARGET_BYTES} bytes at most.")

    def _unsupported_upgrade_warning(self) -> None:
        """Answers and closes: once asked to change protocols, the parser takes nothing more of this connection."""
        self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        if len(self.url) > _MAX_TARGET_BYTES:
            self._refuse_target()
        else:
            self._refuse(400, "This is not a valid HTTP request.")

    def _close_unused(self) -> None:
        if not self._arriving and (not self._used or self.cycle.response_complete):
            self.transport.close()

    def _read_too_slow(self) -> None:
        if self._arriving and (self._in_head or not self.cycle.response_started):
            self._refuse(408, f"The request did not arrive within {self._limit:g} seconds.")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._arriving = False
        trace = Trace()
        error = BadRequest(message)
        error.status = status
        trace.code = error.code
        # Of what is no HTTP no more is known for sure than how a target began that was read.
        rest = bytes(self.url).startswith(_REST)
        body = orjson.dumps(failure(error) if rest else {"errors": formatted(error, trace.request_id)})
        standing = self._uncounted()
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", trace.request_id.encode()),
            *(() if standing is None else rate.headers(standing)),
            (b"connection", b"close"),
        ]
        head = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self._close_gently()
        self._observer.tell(trace, "connection", "-", "-", status)  # what method and path are is not known for sure

    def _close_gently(self) -> None:
        """Ends the connection so that the client, which may still be sending, is not reset before it has read."""
        cycle: Any = self.cycle  # None before the first head is complete
        if cycle is not None and not cycle.response_complete:
            self.transport.close()  # nothing else may be written
            return
        self.transport.write_eof()
        self.loop.call_later(_LAST_CALL, self.transport.close)

    def _stop_reading_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _stop_writing_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
