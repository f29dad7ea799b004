"""Structured logs: one line a request, one with the cause for each failure of ours; never a key, only its prefix."""

import logging
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
import structlog

from app.errors import Unavailable


class Traced(Protocol):
    """What the access log tells of a request beyond HTTP."""

    prefix: str | None
    operation: str | None
    cost: int | None


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


_KEY = re.compile(r"([0-9A-Za-z_]{14})[0-9A-Za-z_]{6,}")


def new_request_id() -> str:
    """16 letters and digits, told in the answer and in every log line and event of a request."""
    return os.urandom(8).hex()


def without_keys(text: str) -> str:
    """A text from outside, short, and with no more than the beginning of any word in it that might be a key."""
    return _KEY.sub(r"\1…", text[:200])


def log_request(method: str, path: str, status: int, started: float, request_id: str, trace: Traced) -> None:
    """The access log: one line a request, written past structlog, which takes as long as a small request."""
    facts = {
        "event": "request",
        "level": "info",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": method[:14],
        "path": path,
        "status": status,
        "ms": round((time.perf_counter() - started) * 1000, 2),
        "request_id": request_id,
        "key": trace.prefix,
        "operation": trace.operation and without_keys(trace.operation),
        "cost": trace.cost,
    }
    sys.stderr.write(_render(facts))


def _as_json(facts: dict[str, Any]) -> str:
    return orjson.dumps(facts).decode() + "\n"


def _as_text(facts: dict[str, Any]) -> str:
    told = " ".join(f"{name}={value!r}" for name, value in list(facts.items())[3:] if value is not None)
    return f"{facts['timestamp']} [info     ] request {told}\n"


_render: Callable[[dict[str, Any]], str] = _as_text


def log_failure(request_id: str, error: BaseException) -> None:
    """What went wrong on our side; the client got the request id. A database that is away is no defect: one line."""
    if isinstance(error, Unavailable):
        _log.warning("unavailable", request_id=request_id, told=error.message, cause=repr(error.__cause__)[:500])
    else:
        _log.error("failure", request_id=request_id, exc_info=error)


def log_notice(event: str, **facts: object) -> None:
    """Something an operator should know, such as a database that is away."""
    _log.info(event, **facts)
