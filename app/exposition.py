"""`/metrics`: the numbers of this process for Prometheus, and who may read them.

They tell of all workspaces together, so they are for operators: whoever has the token, or, where none is set, whoever
asks on this very machine. Several processes are several targets.
"""

import hmac
import platform
from collections.abc import Iterable, Iterator, Sized
from importlib.metadata import version
from ipaddress import ip_address
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client import exposition as text
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from app.errors import Unauthenticated
from app.metrics import Histogram, Metrics

Headers = Iterable[tuple[bytes, bytes]]

_PROXIED = {b"forwarded", b"via", b"x-real-ip", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}


class Exposition(Collector):
    """The numbers of a process in the formats of Prometheus, read when they are asked for."""

    def __init__(self, metrics: Metrics, *, database: str) -> None:
        self._metrics = metrics
        self._build = {"version": version("leadgraph"), "python": platform.python_version(), "database": database}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The exposition and its media type: OpenMetrics for who asks for it."""
        if "application/openmetrics-text" in accept:
            body: bytes = openmetrics.generate_latest(self._registry)  # type: ignore[no-untyped-call]
            return body, openmetrics.CONTENT_TYPE_LATEST
        return text.generate_latest(self._registry), text.CONTENT_TYPE_PLAIN_0_0_4

    def collect(self) -> Iterator[Metric]:
        """For the registry: one family after the other."""
        yield InfoMetricFamily("leadgraph_build", "What is running.", self._build)
        yield from self._requests()
        yield from self._database()
        yield from self._caches()

    def _requests(self) -> Iterator[Metric]:
        count = CounterMetricFamily("leadgraph_requests", "Requests answered.", labels=("surface", "method", "status"))
        kinds: dict[str, list[Histogram]] = {}
        counted: dict[tuple[str, str, str], int] = {}
        for (surface, method, status, kind), histogram in self._metrics.requests.items():
            place = surface, method, str(status)
            counted[place] = counted.get(place, 0) + sum(histogram.buckets)
            kinds.setdefault(kind, []).append(histogram)
        for place, number in counted.items():
            count.add_metric(place, number)
        yield count
        seconds = HistogramMetricFamily(
            "leadgraph_request_duration_seconds",
            "Time to answer: operations by their type, refused and failed requests, clients that went away, the rest.",
            labels=("kind",),
        )
        for kind, histograms in kinds.items():
            seconds.add_metric((kind,), *_cumulated(histograms))
        yield seconds
        cost = HistogramMetricFamily("leadgraph_operation_cost", "Records that an operation asked for at most.")
        cost.add_metric((), *_cumulated([self._metrics.costs]))
        yield cost
        errors = CounterMetricFamily("leadgraph_errors", "Requests answered with an error.", labels=("code", "reason"))
        for error, number in self._metrics.errors.items():
            errors.add_metric(error, number)
        yield errors

    def _database(self) -> Iterator[Metric]:
        load = self._metrics.load
        if load is None:
            return
        yield SummaryMetricFamily(
            "leadgraph_statement_duration_seconds",
            "Time that SQL statements for readers took.",
            count_value=load.statements,
            sum_value=load.seconds,
        )
        yield GaugeMetricFamily("leadgraph_pool_size", "Readings that this process can run at a time.", load.limit)
        yield GaugeMetricFamily("leadgraph_pool_in_use", "Readings that run now.", min(load.readings, load.limit))
        yield GaugeMetricFamily("leadgraph_pool_waiting", "Readings that wait.", max(load.readings - load.limit, 0))

    def _caches(self) -> Iterator[Metric]:
        hits = CounterMetricFamily("leadgraph_cache_hits", "Look-ups that a cache answered.", labels=("cache",))
        misses = CounterMetricFamily("leadgraph_cache_misses", "Look-ups that no cache answered.", labels=("cache",))
        entries = GaugeMetricFamily("leadgraph_cache_entries", "Entries that a cache holds.", labels=("cache",))
        for name, cache in self._metrics.caches.items():
            hits.add_metric((name,), cache.hits)
            misses.add_metric((name,), cache.misses)
            if isinstance(cache, Sized):
                entries.add_metric((name,), len(cache))
        yield from (hits, misses, entries)


def _cumulated(histograms: list[Histogram]) -> tuple[list[tuple[str, float]], float]:
    """The sum of histograms with the same bounds, as Prometheus counts: a bucket holds all that is smaller."""
    bounds = [*(str(float(bound)) for bound in histograms[0].bounds), "+Inf"]
    totals = accumulate(sum(each) for each in zip(*(one.buckets for one in histograms), strict=True))
    return list(zip(bounds, totals, strict=True)), sum(one.total for one in histograms)


def admit(headers: Headers, client: tuple[str, int] | None, token: str | None) -> None:
    """Refuses whoever is no operator: without the token or, where none is set, from another machine.

    A request that a proxy sends on comes from this machine, too, but says so, or brings the public name as its Host.
    """
    sent = [value for name, value in headers if name == b"authorization"]
    if token is not None:
        if len(sent) != 1 or not hmac.compare_digest(sent[0], b"Bearer " + token.encode()):
            reason = "UNKNOWN" if sent else "MISSING"
            raise Unauthenticated("Send LEADGRAPH_METRICS_TOKEN as `Authorization: Bearer …`.", reason=reason)
        return
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    near = client is not None and _is_here(client[0]) and all(_is_here(_name_in(host)) for host in hosts)
    if not near or any(name in _PROXIED for name, _ in headers):
        raise Unauthenticated(
            "Without LEADGRAPH_METRICS_TOKEN, only this machine is told the metrics.", reason="MISSING"
        )


def _name_in(host: str) -> str:
    """The host of `host`, `host:port`, `[address]:port`."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
