"""What a process counts for `/metrics`: plain numbers, because a metrics library takes microseconds for each of them.

No label comes from a client, and none tells of a key or a workspace.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.logs import Trace

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COSTS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
"""Upper bounds of the buckets of a `Histogram`, here and above."""

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Histogram:
    """How many values fell between which bounds, the last bucket being beyond all, and their sum."""

    __slots__ = ("bounds", "buckets", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.buckets[bisect_left(self.bounds, value)] += 1
        self.total += value


class Cache(Protocol):
    """Something that remembers; its size is told where it has one."""

    hits: int
    misses: int


@dataclass(slots=True)
class Load:
    """How much a database is asked by this process."""

    limit: int  # readings that can run at a time
    readings: int = 0  # that run or wait, now
    statements: int = 0
    seconds: float = 0.0  # that the statements took


@dataclass
class Metrics:
    """The numbers of a process."""

    requests: dict[tuple[str, str, int, str], Histogram] = field(default_factory=dict)
    """Seconds by surface, method, status and kind: that of the operation, or how a request without one ended."""
    costs: Histogram = field(default_factory=lambda: Histogram(COSTS))
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By code and reason, which is empty where there is none."""
    load: Load | None = None
    caches: Mapping[str, Cache] = field(default_factory=dict)

    def count(self, trace: Trace, surface: str, method: str, status: int, seconds: float) -> None:
        """Counts a request that has been answered."""
        kind = trace.kind or "other"
        if trace.code is not None:
            kind = "refused" if status < 500 else "failed"
            self.errors[trace.code, trace.reason or ""] += 1
        found = self.requests.get((surface, method, status, kind))
        if found is None:
            place = (surface, method if method in _METHODS else "other", status, kind)
            found = self.requests.setdefault(place, Histogram(SECONDS))
        found.add(seconds)
        if trace.cost is not None:
            self.costs.add(trace.cost)
