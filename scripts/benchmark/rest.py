"""What a route costs beside the same operation as GraphQL: one server, asked by both in turns (`--rest`).

The operation is that of the route, as anybody could send it. What else the machine does falls on both alike, so it is
the median of the ratios of neighbouring rounds that is told.
"""

import asyncio
from statistics import median
from typing import Any

import orjson

from app.application import create_app
from app.domain import CATALOG
from app.settings import Settings
from scripts.benchmark import client, dataset, processes

ASKED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("W1", "GetLead", "/v1/leads/{id}", {}),
    ("W2", "ListContacts", "/v1/contacts?limit=50&expand=tags", {"limit": 50, "expandTags": True}),
)
"""Workload, route, how it is asked, and the variables that this gives it."""


def run(database: str, url: str, data: dataset.Dataset, *, rounds: int, count: int) -> None:
    """Prints CPU in µs a request, of the server alone: what the database does is the same."""
    print(f"\n{database}, {data.contacts} contacts, CPU of the server in µs a request\n")
    print("| workload | concurrency | GraphQL | REST | REST ÷ GraphQL |\n|---|---|---|---|---|")
    with processes.server("leadgraph", url) as (pid, port):
        for workload, route, path, variables in ASKED:
            asked = _requests(port, data, route, path, variables)
            for concurrency in (1, 32):
                pairs = [[_measure(pid, port, each, concurrency, count) for each in asked] for _ in range(rounds + 1)][
                    1:
                ]  # the first warms up
                graphql, rest = (median(each) * 1e6 for each in zip(*pairs, strict=True))
                ratio = median(second / first for first, second in pairs)
                print(f"| {workload} | {concurrency} | {graphql:,.0f} | {rest:,.0f} | {ratio:.2f} |", flush=True)


def _requests(
    port: int, data: dataset.Dataset, route: str, path: str, variables: dict[str, Any]
) -> tuple[list[bytes], list[bytes]]:
    """The same as GraphQL and as REST, of 100 contacts where it is of one."""
    app = create_app(Settings())
    text = next(each.stored.text for each in app.routes if each.name == route)
    graphql, rest = [], []
    for number in range(100):
        key = number * (data.contacts // 100) + 1
        id_ = app.ids.encode(app.ids.base(CATALOG.nouns["Contact"].number) + key)
        given = variables or {"id": id_}
        body = orjson.dumps({"query": text, "variables": given})
        graphql.append(client.request(port, "/graphql", dataset.KEY, body))
        rest.append(client.request(port, path.format(id=id_), dataset.KEY, None))
    return graphql, rest


def _measure(pid: int, port: int, requests: list[bytes], concurrency: int, count: int) -> float:
    before = processes.cpu([pid])[pid]
    asyncio.run(client.run(port, requests, concurrency, count))
    return (processes.cpu([pid])[pid] - before) / count
