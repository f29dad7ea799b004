"""Structured logs: one line a request, one with the cause for each failure of ours; never a key, only its prefix."""

import logging
import os
import random
import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import structlog

from app.errors import Unavailable
from app.rate import Standings

TRACE = "leadgraph.trace"
"""Where an ASGI scope has the `Trace` of its request."""

_ids = random.Random()  # an id has to be different, not secret


def new_request_id() -> str:
    """16 letters and digits, told in the answer and in every log line and event of a request."""
    return f"{_ids.getrandbits(64):016x}"


@dataclass(slots=True)
class Trace:
    """What is known of a request: filled while it is answered, told in log, metrics and spans when it has been."""

    ip: str = ""  # of the client, behind declared proxies
    prefix: str | None = None  # of the key
    mode: str | None = None  # of the key
    profile: str | None = None  # of REST's answers, as the workspace has it
    operation: str | None = None
    kind: str | None = None
    cost: int | None = None
    code: str | None = None  # of the error it was answered with
    reason: str | None = None
    replayed: bool = False  # whether some of the answer was kept from an earlier request
    done: dict[str, Any] | None = None  # what is to be answered of a mutation that was stopped after some of its fields
    standings: Standings = field(default_factory=Standings)  # of the buckets that the request was taken from
    request_id: str = field(default_factory=new_request_id)
    started: float = field(default_factory=time.perf_counter)


def configure(*, as_json: bool) -> None:
    """Sends every log line of the process, libraries included, to standard error, in one form."""
    global _form  # noqa: PLW0603 (how a process logs is a fact of the process)
    _form = _as_json if as_json else _as_text
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        # Not structlog's own way with tracebacks: that prints local variables, a key among them.
        formatter = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=formatter)
    shared: list[Any] = [
        structlog.processors.add_log_level,
        _stamped,
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


def _stamped(_logger: object, _method: str, event: Any) -> Any:
    second, millisecond = _now()
    event["timestamp"] = _TIMESTAMP % (second.decode(), millisecond)
    return event


def _unchanged(_logger: object, _method: str, event: Any) -> Any:
    return event


_log = structlog.get_logger("leadgraph")
_STANDARD_ERROR = 2
_TIMESTAMP = "%s.%03d+00:00"  # ISO 8601
_FACTS = ("method", "path", "status", "key", "mode", "operation", "kind", "cost", "code", "reason")
_FORMS = 1_000  # kept in memory
_KEY = re.compile(r"([0-9A-Za-z_]{14})[0-9A-Za-z_]{6,}")


def without_keys(text: str) -> str:
    """A text from outside, short, and with no more than the beginning of any word in it that might be a key."""
    return _KEY.sub(r"\1…", text)[:200]  # in this order: no key is cut into what looks like none


def log_request(trace: Trace, method: str, path: str, status: int, seconds: float, trace_id: str | None = None) -> None:
    """The access log: one line a request, written past structlog, which takes as long as a small request.

    Each line is one write, and none is kept back: nothing is lost when the process ends, however it does, and lines of
    several processes in one file stay whole.
    """
    form = _form(
        method[:14],
        path,
        status,
        trace.prefix,
        trace.mode,
        trace.operation,
        trace.kind,
        trace.cost,
        trace.code,
        trace.reason,
        trace_id is not None,
    )
    told = (*_now(), seconds * 1000, trace.request_id.encode())
    line = form % (told if trace_id is None else (*told, trace_id.encode()))
    try:  # noqa: SIM105 (`suppress` costs as much as the write)
        os.write(_STANDARD_ERROR, line)
    except OSError:  # a full disk, a reader that went away: no reason not to answer
        pass


@lru_cache(_FORMS)
def _as_json(*told: Any) -> bytes:
    """The lines of all requests that differ in nothing but when they were, how long they took, and their ids."""
    *known, traced = told
    facts = orjson.dumps(dict(zip(_FACTS, known, strict=True))).decode().replace("%", "%%")
    ids = '"request_id":"%s","trace_id":"%s"' if traced else '"request_id":"%s"'
    return f'{{"event":"request","level":"info","timestamp":"{_TIMESTAMP}","ms":%.2f,{ids},{facts[1:]}\n'.encode()


@lru_cache(_FORMS)
def _as_text(*told: Any) -> bytes:
    *known, traced = told
    facts = [f"{name}={value!r}" for name, value in zip(_FACTS, known, strict=True) if value is not None]
    ids = "request_id=%s trace_id=%s" if traced else "request_id=%s"
    return f"{_TIMESTAMP} [info     ] request {' '.join(facts).replace('%', '%%')} ms=%.2f {ids}\n".encode()


def _now() -> tuple[bytes, int]:
    """What `_TIMESTAMP` is filled with."""
    second, millisecond = divmod(time.time_ns() // 1_000_000, 1000)
    return _second(second), millisecond


@lru_cache(1)
def _second(seconds: int) -> bytes:
    """Kept for whoever comes in the same second: it takes longer than the rest of a line."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}".encode()


_form: Callable[..., bytes] = _as_text


def log_failure(request_id: str, error: BaseException) -> None:
    """What went wrong on our side; the client got the request id. A database that is away is no defect: one line."""
    if isinstance(error, Unavailable):
        _log.warning("unavailable", request_id=request_id, told=error.message, cause=repr(error.__cause__)[:500])
    else:
        # As text: what prints tracebacks at its own discretion may print local variables, a key among them.
        _log.error("failure", request_id=request_id, exception="".join(traceback.format_exception(error)).rstrip())


def log_notice(event: str, **facts: object) -> None:
    """Something an operator should know, such as a database that is away."""
    _log.info(event, **facts)
