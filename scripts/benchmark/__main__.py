"""Runs every workload against the server and its references, on both databases, and prints one table.

CPU is what counts: microseconds a request of the server and of PostgreSQL together, which do not change with how many
cores there are or what else they do. Ratios are of one run, so they carry over to other machines better than times.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from sqlalchemy.engine import make_url

from app.domain import CATALOG
from app.settings import Settings
from app.store.identity import IdCodec
from scripts.benchmark import client, cold, dataset, memory, processes, rest
from scripts.benchmark.workloads import WORKLOADS, Workload
from tests import postgres

CONTESTANTS = ("limit", "leadgraph", "plain")

_SECONDS = 1.0  # of a round, at most


@dataclass(frozen=True)
class Result:
    """One workload of one contestant at one concurrency."""

    per_second: float
    p50: float
    p99: float
    server: float
    database: float

    @property
    def cpu(self) -> float:
        return self.server + self.database


@dataclass(frozen=True)
class Server:
    """A contestant that runs, and the process that PostgreSQL's others descend from, if it reads from PostgreSQL."""

    pid: int
    port: int
    database: int | None


def main() -> None:
    arguments = _arguments()
    if arguments.memory:
        memory.run(arguments.memory)
        return
    if not arguments.rest:
        cold.run()
    if arguments.cold:
        return
    with ExitStack() as stack:
        for name in arguments.databases.split(","):
            if name == "postgresql":
                url = stack.enter_context(postgres.running())
            else:
                path = Path(arguments.data) / f"bench-{arguments.contacts}.db"
                path.parent.mkdir(parents=True, exist_ok=True)
                url = f"sqlite+aiosqlite:///{path.resolve()}"
            dataset.prepare(url)
            data = asyncio.run(dataset.load(url, arguments.contacts))
            if arguments.rest:
                rest.run(name, url, data, rounds=arguments.rounds, count=arguments.requests)
            else:
                _run_database(name, url, data, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--contestants", default=",".join(CONTESTANTS))
    parser.add_argument("--workloads", default=",".join(each.name for each in WORKLOADS))
    parser.add_argument("--concurrency", help="requests at once, instead of each workload's own")
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=1_000, help="requests in a round, or what a second takes")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of which the quietest is shown")
    parser.add_argument("--data", default="demo-data/bench", help="folder of the SQLite file, kept between runs")
    parser.add_argument("--cold", action="store_true", help="only what a document costs that was never seen")
    parser.add_argument("--rest", action="store_true", help="only what routes cost beside the same as GraphQL")
    parser.add_argument(
        "--memory", type=int, nargs="?", const=100_000, help="only whether memory stays flat, over so many requests"
    )
    return parser.parse_args()


def _run_database(name: str, url: str, data: dataset.Dataset, arguments: argparse.Namespace) -> None:
    print(f"\n{name}, {data.contacts} contacts, CPU in µs a request as server + database\n")
    print("| workload | concurrency | contestant | requests/s (W7: rows) | p50 ms | p99 ms | CPU | × limit |")
    print("|---|---|---|---|---|---|---|---|")
    chosen = arguments.workloads.split(",")
    contestants = arguments.contestants.split(",")
    database = asyncio.run(_postmaster(url))
    with ExitStack() as stack:
        servers = {each: Server(*stack.enter_context(processes.server(each, url)), database) for each in contestants}
        for workload in (each for each in WORKLOADS if each.name in chosen):
            asked = {each: (server, _requests(each, workload, data, server.port)) for each, server in servers.items()}
            for concurrency in map(int, (arguments.concurrency or workload.concurrency).split(",")):
                forget = partial(dataset.forget, url, data) if workload.rows else None
                _report(workload, concurrency, _rounds(arguments, workload, concurrency, asked, forget))


def _rounds(
    arguments: argparse.Namespace,
    workload: Workload,
    concurrency: int,
    asked: Mapping[str, tuple[Server, list[bytes]]],
    forget: Callable[[], Coroutine[Any, Any, None]] | None,
) -> dict[str, Result]:
    """The quietest round of each contestant."""

    def measure(contestant: str, count: int) -> Result:
        result = _measure(*asked[contestant], concurrency, count)
        if forget is not None:
            asyncio.run(forget())
        return result

    fewest = 8 if workload.rows > 1 else 50
    warm = {each: measure(each, 2 * fewest) for each in asked}
    rounds: dict[str, list[Result]] = {each: [] for each in asked}
    # In turn, so that what else the machine does falls on all alike.
    for _ in range(arguments.rounds):
        for each in asked:
            count = min(arguments.requests, max(fewest, int(warm[each].per_second * _SECONDS)))
            rounds[each].append(measure(each, count))
    return {each: _quietest(results) for each, results in rounds.items()}


def _measure(server: Server, requests: list[bytes], concurrency: int, count: int) -> Result:
    before = processes.cpu(_processes(server))
    load = asyncio.run(client.run(server.port, requests, concurrency, count))
    after = processes.cpu(_processes(server))
    used = (after.pop(server.pid) - before.pop(server.pid)) / count
    by_database = processes.spent(before, after) / count
    return Result(load.per_second, load.percentile(0.5), load.percentile(0.99), used, by_database)


def _processes(server: Server) -> list[int]:
    return [server.pid, *(processes.family(server.database) if server.database else [])]


def _quietest(results: list[Result]) -> Result:
    """What others do on the machine only ever adds."""
    return min(results, key=lambda each: each.cpu)


def _report(workload: Workload, concurrency: int, results: dict[str, Result]) -> None:
    limit = results.get("limit")
    for contestant, result in results.items():
        ratio = f"{result.cpu / limit.cpu:.2f}" if limit else ""
        print(
            f"| {workload.name} | {concurrency} | {contestant} | {result.per_second * max(1, workload.rows):,.0f} "
            f"| {result.p50 * 1e3:.2f} | {result.p99 * 1e3:.2f} "
            f"| {result.server * 1e6:,.0f} + {result.database * 1e6:,.0f} | {ratio} |",
            flush=True,
        )


def _requests(contestant: str, workload: Workload, data: dataset.Dataset, port: int) -> list[bytes]:
    codec = IdCodec(Settings().secret)
    path = workload.path if contestant == "limit" else "/graphql"

    def identify(noun: str, key: int) -> Any:
        if contestant == "leadgraph":
            return codec.encode(codec.base(CATALOG.nouns[noun].number) + key)
        return str(key) if contestant == "plain" else key

    bodies = []
    for number in range(8 if workload.rows > 1 else 100):
        contact = identify("Contact", number * (data.contacts // 100) + 1)
        variables = workload.variables(number, contact, identify("Tag", data.tag_id))
        bodies.append(orjson.dumps({"query": workload.query, "variables": variables}))
    return [client.request(port, path, dataset.KEY, body) for body in dict.fromkeys(bodies)]


async def _postmaster(url: str) -> int | None:
    """The process of PostgreSQL that all others descend from; None for SQLite."""
    if not url.startswith("postgresql"):
        return None
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    found = processes.parent(backend)
    await connection.close()
    return found


if __name__ == "__main__":
    main()
