"""What it costs to tell of a request: CPU of `{ __typename }` in this process, log and metrics on and off in turns.

    .venv/bin/python -m scripts.benchmark.observability

Differences of rounds that follow one another, and their median: what else the machine does cancels out. SQLite is read
in the thread that asks, because what two threads cost depends on when they meet.
"""

import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from app.application import Application, create_app
from app.logs import Trace, configure
from app.observing import Observer
from app.settings import Settings
from app.store.reading import Reading
from scripts.benchmark import dataset
from scripts.benchmark.workloads import W6

ROUNDS, REQUESTS = 200, 200
BODY = b'{"query":"%s"}' % W6.encode()
HEADERS = [(b"authorization", b"Bearer " + dataset.KEY.encode()), (b"content-type", b"application/json")]


def read_here(database: Any) -> None:
    """Lets a database of SQLite read in the thread that asks."""
    connection = sqlite3.connect(database.url.removeprefix("sqlite+aiosqlite:///"))

    async def read(reading: Reading[Any]) -> Any:
        try:
            statement = next(reading)
            while True:
                statement = reading.send(connection.execute(statement.text, statement.values).fetchall())
        except StopIteration as finished:
            return finished.value

    database.read = read


class Silent(Observer):
    """Tells nobody anything."""

    def tell(self, trace: Trace, surface: str, method: str, path: str, status: int) -> None:
        pass


async def ask(app: Application, count: int) -> float:
    """CPU seconds for so many requests."""

    async def receive() -> dict[str, Any]:
        if not bodies:
            await asyncio.Event().wait()  # the client stays
        return {"type": "http.request", "body": bodies.pop()}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message

    started = time.process_time()
    for _ in range(count):
        bodies = [BODY]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": HEADERS}
        await app(scope | {"client": None}, receive, send)
    return time.process_time() - started


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        await asyncio.to_thread(dataset.prepare, url)
        await dataset.load(url, 1_000)
        app = create_app(Settings(database=url, rate_limits="off"))
        await app.start()
        read_here(app.database)
        spent = await _spent(app, Path(folder) / "log")
        await app.stop()
    silent = spent.pop("nothing told")
    print(f"nothing told          {statistics.median(silent) / REQUESTS * 1e6:5.1f} µs a request")
    for name, told in spent.items():
        more = statistics.median(each - without for each, without in zip(told, silent, strict=True))
        print(f"{name:20s} {more / REQUESTS * 1e6:+6.1f} µs")


async def _spent(app: Application, log: Path) -> dict[str, list[float]]:
    """CPU seconds of each round, by what is told and where to."""
    silent = Silent(None)
    nowhere, file = (os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for path in (os.devnull, log))
    ways: dict[str, tuple[Observer, bool, int]] = {
        "nothing told": (silent, False, nowhere),
        "text to /dev/null": (app.observer, False, nowhere),
        "JSON to /dev/null": (app.observer, True, nowhere),
        "text to a file": (app.observer, False, file),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    endpoint: Any = app.graphql
    terminal = os.dup(2)
    for _ in range(ROUNDS):
        for name, (observer, as_json, to) in ways.items():
            endpoint._observer = observer
            configure(as_json=as_json)
            os.dup2(to, 2)
            spent[name].append(await ask(app, REQUESTS))
            os.dup2(terminal, 2)
    return spent


if __name__ == "__main__":
    asyncio.run(main())
