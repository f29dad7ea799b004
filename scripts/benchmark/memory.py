"""Whether memory stays flat: 100,000 requests of 10,000 different documents under 200 different scope sets.

In this process, against the ASGI application on SQLite with the demo's data. Documents and scope sets are drawn at
random and hardly ever meet twice, so the caches are full soon and everything is prepared anew; one document in ten is
refused. Memory is flat if it no longer grows once they are full.
"""

import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import httpx2
import orjson
from sqlalchemy import select

from app.access.scopes import SCOPES
from app.application import Application, create_app
from app.commands.operating import operate
from app.demo.load import load_demo
from app.domain.workspace import Workspace
from app.resource import table_of
from app.settings import Settings
from app.store.migrate import migrate

DOCUMENTS, SCOPE_SETS = 10_000, 200
_FIELDS = ("id", "email", "firstName", "lastName", "phone", "status", "score", "createdAt", "source", "customFields")


def run(requests: int) -> None:
    """Prints a line for every tenth of the requests."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'memory.db'}"
        migrate(url)
        asyncio.run(_measure(url, requests))


async def _measure(url: str, requests: int) -> None:
    random = Random(1)
    await load_demo(url, 1_000)
    app = create_app(Settings(database=url, rate_limits="off"))
    await app.start()
    keys = await _keys(app, random)
    documents = [_document(random) for _ in range(DOCUMENTS)]
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # the log
    print(f"{DOCUMENTS} documents of {sum(map(len, documents)) // DOCUMENTS} bytes, {SCOPE_SETS} scope sets\n")
    print("| requests | RSS MiB | documents MiB | documents | views | answers by status |\n|---|---|---|---|---|---|")
    statuses: Counter[int] = Counter()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://leadgraph") as client:
        for number in range(requests + 1):
            if number % (requests // 10) == 0:
                print(_line(app, number, statuses))
                sys.stdout.flush()
            key = random.choice(keys)
            answer = await client.post("/graphql", content=random.choice(documents), headers=key)
            statuses[answer.status_code] += 1
    await app.stop()
    os.dup2(terminal, 2)


def _line(app: Application, number: int, statuses: Mapping[int, int]) -> str:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    views = app.views.kept
    weight = sum(view.weight for view in views) / 2**20
    count = sum(len(view.documents) for view in views)
    told = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    return f"| {number:,} | {resident:.0f} | {weight:.1f} | {count:,} | {len(views)} | {told} |"


async def _keys(app: Application, random: Random) -> list[dict[str, str]]:
    """Headers with keys that all read contacts, each with further scopes of its own."""
    assert app.database is not None
    others = sorted(name for name in SCOPES if name.endswith(":read") and name != "contacts:read")
    sets: set[tuple[str, ...]] = set()
    while len(sets) < SCOPE_SETS:
        sets.add(("contacts:read", *sorted(random.sample(others, random.randint(2, len(others))))))
    async with app.database.engine.connect() as connection:
        workspace_id = await connection.scalar(select(table_of(Workspace).c.id).where(Workspace.slug == "acme"))
    made = [
        await operate(
            app.settings, app.database, "createApiKey", workspace_id, {"input": {"name": "Memory", "scopes": scopes}}
        )
        for scopes in sorted(sets)
    ]
    return [{"authorization": f"Bearer {each['key']}", "content-type": "application/json"} for each in made]


def _document(random: Random) -> bytes:
    """A request: one or two lists, or thirty, of random fields; sometimes with a variable, sometimes wrong."""
    number = random.randrange(10**9)
    lists = []
    for place in range(30 if random.random() < 0.01 else random.randint(1, 2)):
        fields = random.sample(_FIELDS, random.randint(1, len(_FIELDS)))
        if random.random() < 0.3:
            fields.append("company { name }")
        if random.random() < 0.2:
            fields.append("tags(first: 2) { nodes { name } }")
        size = "$first" if place == 0 else random.randint(1, 5)
        lists.append(f"l{place}_{number}: contacts(first: {size}) {{ nodes {{ {' '.join(fields)} }} }}")
    if random.random() < 0.1:
        lists.append(f"nope{number}")
    query = f"query ($first: Int = 3) {{ {' '.join(lists)} }}"
    return orjson.dumps({"query": query, "variables": {"first": random.randint(1, 8)}})
