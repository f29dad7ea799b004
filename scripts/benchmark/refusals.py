"""Whether the time of a 401 tells anything (HARDENING 9): the prefix of a key that exists, against one that nobody has.

    .venv/bin/python -m scripts.benchmark.refusals

10,000 requests of each kind in turn, through the application in this process, on both databases. Each has a secret of
its own; only the prefix is known, which is what lists, logs and messages show of a key.
"""

import asyncio
import os
import statistics
import tempfile
import time
from typing import Any

from app.access.keys import mint, prefix
from app.application import Application, create_app
from app.settings import Settings
from scripts.benchmark import dataset
from tests import postgres

REQUESTS = 10_000
BODY = {"type": "http.request", "body": b'{"query":"{ ping }"}'}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, postgres.running() as url:
        for each in (f"sqlite+aiosqlite:///{folder}/bench.db", url):
            dataset.prepare(each)
            known, unknown = asyncio.run(_measure(each))
            print(
                f"{each.partition('+')[0]:10s} known prefix {known:6.1f} µs, unknown {unknown:6.1f} µs, "
                f"{known / unknown - 1:+.1%}"
            )


async def _measure(url: str) -> tuple[float, float]:
    """The medians, in microseconds."""
    await dataset.load(url, 1_000)
    app = create_app(Settings(database=url, rate_limits="off"))
    await app.start()
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # the log
    times: tuple[list[float], list[float]] = ([], [])
    try:
        for number in range(REQUESTS):
            unknown = mint("sprootal", "live")
            both = (prefix(dataset.KEY) + unknown[len(prefix(unknown)) :], mint("sprootal", "live"))
            for kind in (0, 1) if number % 2 else (1, 0):
                times[kind].append(await _refused(app, both[kind]))
    finally:
        os.dup2(terminal, 2)
        await app.stop()
    return statistics.median(times[0]) * 1e6, statistics.median(times[1]) * 1e6


async def _refused(app: Application, key: str) -> float:
    """Seconds until the answer was there."""

    async def receive() -> dict[str, Any]:
        return BODY

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 401, message

    headers = [(b"authorization", b"Bearer " + key.encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    started = time.perf_counter()
    await app(scope | {"client": None}, receive, send)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
