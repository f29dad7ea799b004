"""kill -9 of a server under writes: what it has acknowledged is there, and a retry of anything has one effect.

HARDENING 32 and 37, promises (a) to (d), as far as they concern writing.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Select, Table, select

from app.domain.contact import Contact
from app.domain.event import Event
from app.resource import table_of
from app.store.reading import Database
from tests.processes import PATIENCE, Server, request, started
from tests.seeding import opened
from tests.serving import World, serving

ROUNDS = 5
WRITERS = 16
ACKNOWLEDGED = 48  # writes of a round, when its server is killed
CREATE = """mutation ($name: String!, $dry: Boolean!) {
  createContact(input: {firstName: $name}, dryRun: $dry) { contact { id createdAt } userErrors { message } }
}"""

CONTACTS: Table = table_of(Contact)
EVENTS: Table = table_of(Event)


def asked(name: str) -> dict[str, object]:
    """The request that creates a contact."""
    return {"query": CREATE, "variables": {"name": name, "dry": name.endswith("dry")}}


def asked_of(name: str) -> tuple[str, dict[str, object]]:
    """The same over REST for every third, with where it is sent."""
    if not name.split()[2:] or int(name.split()[2]) % 3:
        return "/graphql", asked(name)
    return f"/v1/contacts?dryRun={str(name.endswith('dry')).lower()}", {"firstName": name}


class Writing:
    """What clients have asked for, under a key each, and what they were answered."""

    def __init__(self, world: World) -> None:
        self.bearer = {"authorization": f"Bearer {world.keys['all'][0]}"}
        self.sent: list[str] = []
        self.answers: dict[str, bytes] = {}

    async def send(self, http: httpx2.AsyncClient, name: str) -> httpx2.Response:
        """The answer to a request, which is sent again while it runs, or the database is kept by who was killed."""
        headers = self.bearer | {"idempotency-key": name}
        path, body = asked_of(name)
        async with asyncio.timeout(PATIENCE):
            while True:
                response = await http.post(path, json=body, headers=headers)
                if response.status_code not in {409, 503}:
                    assert response.status_code in {200, 201}, response.text
                    return response
                await asyncio.sleep(float(response.headers["retry-after"]) / 10)

    async def go_on(self, http: httpx2.AsyncClient, prefix: str, told: Callable[[], None]) -> None:
        """Writes one contact after the other until the server is dead, also over REST; every fourth is a dry run."""
        for number in count():
            name = f"{prefix} {number}" if number % 4 else f"{prefix} {number} dry"
            self.sent.append(name)
            try:
                response = await self.send(http, name)
            except httpx2.TransportError:
                return
            self.answers[name] = response.content
            told()

    async def retry(self, http: httpx2.AsyncClient, names: Sequence[str]) -> None:
        await asyncio.gather(*(self._retry(http, name) for name in names))

    async def _retry(self, http: httpx2.AsyncClient, name: str) -> None:
        response = await self.send(http, name)
        if name in self.answers and not name.endswith("dry"):
            assert (response.content, response.headers["idempotency-replayed"]) == (self.answers[name], "true")
        self.answers[name] = response.content


async def column(database: Database, statement: Select[tuple[Any]]) -> list[Any]:
    async with database.engine.connect() as connection:
        return list(await connection.scalars(statement))


async def until_committed(database: Database, name: str) -> None:
    async with asyncio.timeout(PATIENCE):
        statement = select(CONTACTS.c.first_name).where(CONTACTS.c.first_name == name)
        while not await column(database, statement):  # noqa: ASYNC110 (the event is in another process)
            await asyncio.sleep(0.001)


async def kill_under_writes(server: Server, world: World, database: Database, writing: Writing, number: int) -> None:
    """Kills a server while some write, and just when the write of another is committed, who has read no answer."""
    enough = asyncio.Semaphore(0)
    writers = [
        asyncio.create_task(writing.go_on(server.http, f"{number} {writer}", enough.release))
        for writer in range(WRITERS)
    ]
    for _ in range(ACKNOWLEDGED):
        await enough.acquire()
    unread = f"unread {number}"
    writing.sent.append(unread)
    raw = request(world, json.dumps(asked(unread)).encode())
    _, writer = await server.send(raw.replace(b"\r\n\r\n", f"\r\nIdempotency-Key: {unread}\r\n\r\n".encode(), 1))
    await until_committed(database, unread)
    server.process.kill()
    await server.ended()
    writer.transport.abort()
    await asyncio.gather(*writers)


async def test_what_was_acknowledged_is_there_and_retries_have_one_effect(world: World, tmp_path: Path) -> None:
    """HARDENING 32, 37: 16 writers, the server killed 5 times, everything retried with its key."""
    writing = Writing(world)
    killed: list[str] = []
    async with opened(world.url) as database:
        before = await column(database, select(CONTACTS.c.first_name).order_by(CONTACTS.c.id))
        for number in range(ROUNDS):
            async with started(world, tmp_path) as server:
                await writing.retry(server.http, killed)
                known = len(writing.sent)
                await kill_under_writes(server, world, database, writing, number)
                killed = writing.sent[known:]
        async with serving(world) as client:
            await writing.retry(client.http, killed)
        names = await column(database, select(CONTACTS.c.first_name).order_by(CONTACTS.c.id))
        events = await column(database, select(EVENTS.c.changes).where(EVENTS.c.type == "contact.created"))
    assert len(writing.sent) > ROUNDS * ACKNOWLEDGED
    assert set(writing.answers) == set(writing.sent)
    done = (b'"userErrors":[]', b'"success":true')
    assert all(any(told in answer for told in done) for answer in writing.answers.values())
    written = Counter(name for name in writing.sent if not name.endswith("dry"))
    assert Counter(names[len(before) :]) == written
    assert Counter(changes["firstName"]["new"] for changes in events) == written
    assert set(written.values()) == {1}
