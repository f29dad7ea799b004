"""Structured logs: one line a request, one with the cause for each failure of ours; never a key, only its prefix."""

import logging
import os
import random
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from app.errors import Unavailable


class Trace:
    """What is known of a request: filled while it is answered, told in log, metrics and spans when it has been."""

    prefix: str | None = None  # of the key
    mode: str | None = None  # of the key
    operation: str | None = None
    kind: str | None = None
    cost: int | None = None
    code: str | None = None  # of the error it was answered with
    reason: str | None = None

    def __init__(self) -> None:
        self.request_id = new_request_id()
        self.started = time.perf_counter()


def configure(*, as_json: bool) -> None:
    """Sends every log line of the process, libraries included, to standard error, in one form."""
    global _render  # noqa: PLW0603 (how a process logs is a fact of the process)
    _render = _as_json if as_json else _as_text
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        # Not structlog's own way with tracebacks: that prints local variables, a key among them.
        formatter = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=formatter)
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if as_json else _unchanged,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _unchanged(_logger: object, _method: str, event: Any) -> Any:
    return event


_log = structlog.get_logger("leadgraph")
_ids = random.Random()  # an id has to be different, not secret
_KEY = re.compile(r"([0-9A-Za-z_]{14})[0-9A-Za-z_]{6,}")


def new_request_id() -> str:
    """16 letters and digits, told in the answer and in every log line and event of a request."""
    return f"{_ids.getrandbits(64):016x}"


def without_keys(text: str) -> str:
    """A text from outside, short, and with no more than the beginning of any word in it that might be a key."""
    return _KEY.sub(r"\1…", text[:200])


def log_request(trace: Trace, method: str, path: str, status: int, seconds: float, trace_id: str | None = None) -> None:
    """The access log: one line a request, written past structlog, which takes as long as a small request.

    Each line is one write, and none is kept back: nothing is lost when the process ends, however it does, and lines of
    several processes in one file stay whole. Collecting them would save half a microsecond.
    """
    facts = {
        "event": "request",
        "level": "info",
        "timestamp": _timestamp(),
        "method": method[:14],
        "path": path,
        "status": status,
        "ms": round(seconds * 1000, 2),
        "request_id": trace.request_id,
        "key": trace.prefix,
        "mode": trace.mode,
        "operation": trace.operation,
        "kind": trace.kind,
        "cost": trace.cost,
        "code": trace.code,
        "reason": trace.reason,
    }
    if trace_id is not None:
        facts["trace_id"] = trace_id
    try:  # noqa: SIM105 (`suppress` costs as much as the write)
        os.write(_STANDARD_ERROR, _render(facts))
    except OSError:  # a full disk, a reader that went away: no reason not to answer
        pass


def _as_json(facts: dict[str, Any]) -> bytes:
    return orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE)


def _as_text(facts: dict[str, Any]) -> bytes:
    line = (
        f"{facts['timestamp']} [info     ] request method={facts['method']!r} path={facts['path']!r}"
        f" status={facts['status']} ms={facts['ms']} request_id={facts['request_id']!r}"
    )
    for name in _OPTIONAL:
        value = facts.get(name)
        if value is not None:
            line += f" {name}={value!r}"
    return f"{line}\n".encode(errors="backslashreplace")


def _timestamp() -> str:
    """The time in ISO 8601; made once a millisecond, since that takes longer than all the rest of a line."""
    global _millisecond, _stamp
    now = int(time.time() * 1000)
    if now != _millisecond:
        _millisecond, _stamp = now, datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds")
    return _stamp


_OPTIONAL = ("key", "mode", "operation", "kind", "cost", "code", "reason", "trace_id")
_STANDARD_ERROR = 2
_millisecond, _stamp = 0, ""
_render: Callable[[dict[str, Any]], bytes] = _as_text


def log_failure(request_id: str, error: BaseException) -> None:
    """What went wrong on our side; the client got the request id. A database that is away is no defect: one line."""
    if isinstance(error, Unavailable):
        _log.warning("unavailable", request_id=request_id, told=error.message, cause=repr(error.__cause__)[:500])
    else:
        _log.error("failure", request_id=request_id, exc_info=error)


def log_notice(event: str, **facts: object) -> None:
    """Something an operator should know, such as a database that is away."""
    _log.info(event, **facts)
