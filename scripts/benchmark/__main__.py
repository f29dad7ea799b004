"""Runs every workload against the server and its references, on both databases, and prints one table.

CPU is what counts: microseconds a request of the server and of PostgreSQL together, which do not change with how many
cores there are or what else they do. Ratios are of one run, so they carry over to other machines better than times.
"""

import argparse
import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from sqlalchemy.engine import make_url

from app.domain import CATALOG
from app.settings import Settings
from app.store.identity import IdCodec
from scripts.benchmark import client, dataset, processes
from scripts.benchmark.workloads import WORKLOADS, Workload
from tests import postgres

CONTESTANTS = ("limit", "subject", "plain")
TITLES = {"limit": "limit", "subject": "Leadgraph", "plain": "plain"}


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


def main() -> None:
    arguments = _arguments()
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
            _run_database(name, url, data, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--contestants", default=",".join(CONTESTANTS))
    parser.add_argument("--workloads", default=",".join(each.name for each in WORKLOADS))
    parser.add_argument("--concurrency", default="1,32")
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=2_000, help="requests in a round; fewer for slow contestants")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median is shown")
    parser.add_argument("--data", default="demo-data/bench", help="folder of the SQLite file, kept between runs")
    return parser.parse_args()


def _run_database(name: str, url: str, data: dataset.Dataset, arguments: argparse.Namespace) -> None:
    print(f"\n{name}, {data.contacts} contacts, CPU in µs a request as server + database\n")
    print("| workload | concurrency | contestant | requests/s | p50 ms | p99 ms | CPU | × limit |")
    print("|---|---|---|---|---|---|---|---|")
    chosen = arguments.workloads.split(",")
    results: dict[tuple[str, int, str], Result] = {}
    for contestant in arguments.contestants.split(","):
        with processes.server(contestant, url) as (pid, port):
            for workload in WORKLOADS:
                if workload.name in chosen:
                    for concurrency in map(int, arguments.concurrency.split(",")):
                        key = (workload.name, concurrency, contestant)
                        results[key] = asyncio.run(
                            _measure(contestant, workload, concurrency, url, data, pid, port, arguments)
                        )
    for (workload_name, concurrency, contestant), result in sorted(results.items(), key=lambda item: item[0][:2]):
        limit = results.get((workload_name, concurrency, "limit"))
        ratio = f"{result.cpu / limit.cpu:.2f}" if limit and limit.cpu else ""
        print(
            f"| {workload_name} | {concurrency} | {TITLES[contestant]} | {result.per_second:,.0f} "
            f"| {result.p50 * 1e3:.2f} | {result.p99 * 1e3:.2f} "
            f"| {result.server * 1e6:,.0f} + {result.database * 1e6:,.0f} | {ratio} |"
        )


async def _measure(
    contestant: str,
    workload: Workload,
    concurrency: int,
    url: str,
    data: dataset.Dataset,
    pid: int,
    port: int,
    arguments: argparse.Namespace,
) -> Result:
    requests = _requests(contestant, workload, data, port)
    count = arguments.requests // (10 if contestant == "plain" else 1)
    await client.run(port, requests, concurrency, max(count // 10, 20))
    database = await _postmaster(url)
    rounds: list[Result] = []
    for _ in range(arguments.rounds):
        processes_of_database = processes.family(database) if database else []
        server_before, database_before = processes.cpu([pid]), processes.cpu(processes_of_database)
        load = await client.run(port, requests, concurrency, count)
        server = (processes.cpu([pid]) - server_before) / count
        used = (processes.cpu(processes_of_database) - database_before) / count
        rounds.append(Result(load.per_second, load.percentile(0.5), load.percentile(0.99), server, used))
    return sorted(rounds, key=lambda each: each.cpu)[len(rounds) // 2]


def _requests(contestant: str, workload: Workload, data: dataset.Dataset, port: int) -> list[bytes]:
    codec = IdCodec(Settings().secret)
    path = workload.path if contestant == "limit" else "/graphql"

    def identify(noun: str, key: int) -> Any:
        if contestant == "subject":
            return codec.encode(codec.base(CATALOG.nouns[noun].number) + key)
        return str(key) if contestant == "plain" else key

    bodies = []
    for number in range(100):
        contact = identify("Contact", number * (data.contacts // 100) + 1)
        variables = workload.variables(contact, identify("Tag", data.tag_id))
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
