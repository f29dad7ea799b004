"""Structured logs: one line a request, one with the cause for each failure of ours; never a key, only its prefix."""

import logging
import os
import sys
import time
from base64 import b32encode
from typing import Any, Protocol

import structlog


class Traced(Protocol):
    """What the access log tells of a request beyond HTTP."""

    prefix: str | None
    operation: str | None
    cost: int | None


def configure(*, as_json: bool) -> None:
    """Sends every log line of the process, libraries included, through one renderer to standard error."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
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
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _unchanged(logger: object, method: str, event: Any) -> Any:
    return event


_log = structlog.get_logger("leadgraph")


def new_request_id() -> str:
    """16 letters and digits, told in the answer and in every log line and event of a request."""
    return b32encode(os.urandom(10)).decode().lower()


def log_request(method: str, path: str, status: int, started: float, request_id: str, trace: Traced) -> None:
    """The access log: one line a request."""
    _log.info(
        "request",
        method=method,
        path=path,
        status=status,
        ms=round((time.perf_counter() - started) * 1000, 2),
        request_id=request_id,
        key=trace.prefix,
        operation=trace.operation,
        cost=trace.cost,
    )


def log_warning(message: str) -> None:
    """Something that the operator should mend."""
    _log.warning(message)


def log_failure(request_id: str, error: BaseException) -> None:
    """What went wrong on our side; the client got the request id."""
    _log.error("failure", request_id=request_id, exc_info=error)
