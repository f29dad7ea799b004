"""What is told of each request when it has been answered: a count, a line in the log, a span where there are any."""

import time
from typing import Protocol

from app.logs import Trace, log_request
from app.metrics import Metrics


class Spans(Protocol):
    """What traces requests."""

    def tell(self, trace: Trace, method: str, path: str, status: int) -> str | None:
        """Completes the span of a request; the id of its trace, None where it has no span."""


class Observer:
    """Everything that wants to know of requests."""

    def __init__(self, spans: Spans | None) -> None:
        self.metrics = Metrics()
        self._spans = spans

    def tell(self, trace: Trace, surface: str, method: str, path: str, status: int) -> None:
        """A request has been answered. `path` must not hold a key; probes are only logged when they fail."""
        seconds = time.perf_counter() - trace.started
        self.metrics.count(trace, surface, method, status, seconds)
        trace_id = None if self._spans is None else self._spans.tell(trace, method, path, status)
        if surface != "probe" or status != 200:
            log_request(trace, method, path, status, seconds, trace_id)
