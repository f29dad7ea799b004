"""What is told of each request when it has been answered: it is counted, and it gets its line in the log."""

import time

from app.logs import Trace, log_request
from app.metrics import Metrics


class Observer:
    """Everything that wants to know of requests."""

    def __init__(self) -> None:
        self.metrics = Metrics()

    def tell(self, trace: Trace, surface: str, method: str, path: str, status: int) -> None:
        """A request has been answered. `path` must not hold a key; probes are only logged when they fail."""
        seconds = time.perf_counter() - trace.started
        self.metrics.count(trace, surface, method, status, seconds)
        if surface != "probe" or status != 200:
            log_request(trace, method, path, status, seconds)
