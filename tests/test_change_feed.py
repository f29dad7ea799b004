"""`changes(since:)`: every change once, in the order of commits, whoever writes at the same time (HARDENING 23)."""

import asyncio
import random
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import literal_column, select

from app.domain import CATALOG
from app.domain.event import Event
from app.resource import table_of
from app.store.writing import Writer
from app.write import event
from app.write.event import write_events
from app.write.transaction import Actor, Transaction, Writes
from tests.changing import change
from tests.serving import Client

CREATE = "mutation ($name: String!) { createTag(input: { name: $name }) { tag { id } userErrors { message } } }"
DELETE = "mutation ($id: ID!) { deleteTag(id: $id) { deletedId userErrors { message } } }"
CHANGES = """
query ($since: String, $types: [EventType!], $first: Int! = 100) {
  changes(since: $since, types: $types, first: $first) {
    nodes { id type at subjectType subjectId deleted }
    cursor
    hasMore
  }
}
"""


async def page(client: Client, key: str = "all", **variables: Any) -> Any:
    return (await client.ask(CHANGES, variables, key=key))["changes"]


async def tag(client: Client, name: str) -> str:
    made = await change(client, CREATE, name=name)
    return str(made["tag"]["id"])


# What it tells


async def test_changes_come_in_order_and_once(client: Client) -> None:
    ids = [await tag(client, f"tag {number}") for number in range(5)]
    await change(client, DELETE, id=ids[0])
    seen: list[Any] = []
    cursor = None
    while True:
        found = await page(client, since=cursor, first=2)
        seen += found["nodes"]
        cursor = found["cursor"]
        if not found["hasMore"]:
            break
    told = [(node["type"], node["subjectType"], node["subjectId"], node["deleted"]) for node in seen]
    assert told == [*(("TAG_CREATED", "Tag", id_, False) for id_ in ids), ("TAG_DELETED", "Tag", ids[0], True)]
    audit = await client.ask("{ auditLog(orderBy: [{ field: AT }]) { nodes { id at } } }")
    assert [{"id": node["id"], "at": node["at"]} for node in seen] == audit["auditLog"]["nodes"]


async def test_an_empty_page_has_a_cursor_to_go_on_from(client: Client) -> None:
    empty = await page(client)
    assert (empty["nodes"], empty["hasMore"]) == ([], False)
    again = await page(client, since=empty["cursor"])
    assert again == empty
    id_ = await tag(client, "late")
    assert [node["subjectId"] for node in (await page(client, since=empty["cursor"]))["nodes"]] == [id_]


async def test_a_cursor_does_not_tell_of_changes_that_the_key_cannot_read(client: Client) -> None:
    before = [await page(client, "contacts"), await page(client, "contacts", since="now")]
    await tag(client, "hidden")
    assert [await page(client, "contacts"), await page(client, "contacts", since="now")] == before


async def test_it_can_start_now(client: Client) -> None:
    await tag(client, "early")
    now = await page(client, since="now")
    assert (now["nodes"], now["hasMore"]) == ([], False)
    id_ = await tag(client, "late")
    assert [node["subjectId"] for node in (await page(client, since=now["cursor"]))["nodes"]] == [id_]


async def test_it_brings_the_types_that_are_asked_for(client: Client) -> None:
    await change(client, DELETE, id=await tag(client, "short-lived"))
    for types, expected in [
        (["TAG_DELETED"], ["TAG_DELETED"]),
        (["TAG_DELETED", "TAG_CREATED", "TAG_DELETED"], ["TAG_CREATED", "TAG_DELETED"]),
        (None, ["TAG_CREATED", "TAG_DELETED"]),
        ([], []),
    ]:
        assert [node["type"] for node in (await page(client, types=types))["nodes"]] == expected
    literal = await client.ask(
        "{ changes(types: TAG_DELETED, first: 1) { a: nodes { type } b: nodes { id __typename } } }"
    )
    assert [node["type"] for node in literal["changes"]["a"]] == ["TAG_DELETED"]
    assert [node["__typename"] for node in literal["changes"]["b"]] == ["Change"]


# Who sees what


async def test_a_key_is_told_of_what_it_may_read(client: Client) -> None:
    id_ = await tag(client, "fresh")
    made = await change(client, "mutation { createContact(input: {}) { contact { id } userErrors { message } } }")
    contact = made["contact"]["id"]
    for key, expected in [
        ("tags", [id_]),
        ("contacts", [contact]),
        ("people", [id_, contact]),
        ("audit", [id_, contact]),
        ("companies", []),
        ("foreign", []),
    ]:
        assert [node["subjectId"] for node in (await page(client, key))["nodes"]] == expected, key
    assert (await client.refused("{ changes { cursor } }", key="nothing"))["code"] == "FORBIDDEN"
    refused = await client.refused("{ changes(types: [TAG_CREATED]) { cursor } }", key="contacts")
    assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["tags:read"])


async def test_a_revoked_key_is_told_nothing(client: Client) -> None:
    await page(client, "tags")
    await client.revoke("tags")
    assert (await client.refused(CHANGES, key="tags"))["code"] == "UNAUTHENTICATED"


# What it refuses


@pytest.mark.parametrize("first", [0, -1, 1001, 2**31 - 1])
async def test_a_size_out_of_range_is_refused(sqlite_client: Client, first: int) -> None:
    assert (await sqlite_client.refused(CHANGES, {"first": first}))["code"] == "BAD_USER_INPUT"


async def test_a_cursor_of_something_else_is_refused(client: Client) -> None:
    await tag(client, "fresh")
    good = (await page(client))["cursor"]
    foreign = (await page(client, "foreign"))["cursor"]
    tags = await client.ask("{ tags { pageInfo { endCursor } } }")
    flipped = ("B" if good[0] == "A" else "A") + good[1:]
    forged = urlsafe_b64encode(b"x" * 12 + b'["0000000000000000"]').decode().rstrip("=")
    for cursor in (
        foreign,
        tags["tags"]["pageInfo"]["endCursor"],
        flipped,
        forged,
        good + "A",
        "",
        "NOW",
        "\0",
        "é",
        "x" * 5000,
    ):
        refused = await client.refused(CHANGES, {"since": cursor})
        assert refused["code"] == "BAD_USER_INPUT", cursor
        assert refused["message"].startswith("The cursor is not one"), cursor


# Writers at the same time


class Undone(Exception):
    """A writer gives up."""


class Journal:
    """Writes events of one workspace past the API; each is known by the number of its subject."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.noun = CATALOG.nouns["Contact"]
        self._writes = Writes(CATALOG, client.app.ids, table_of(Event))
        self._actor = Actor(client.rows["acme"])

    async def write(
        self, *subjects: int, pause: float = 0, held: asyncio.Event | None = None, fails: bool = False
    ) -> None:
        """One transaction, which lies open for some time after its events are written."""

        async def work(writer: Writer) -> None:
            tx = Transaction(self._writes, writer, self._actor)
            for subject in subjects:
                tx.emit("contact.updated", self.noun, subject, {})
            await write_events(tx)
            await asyncio.sleep(pause)
            if held is not None:
                await held.wait()
            if fails:
                raise Undone

        await self.client.database.write(work)

    async def read_on(self, cursor: str | None, size: int = 100) -> tuple[list[int], str]:
        """The subjects from a cursor to the end, and the next cursor."""
        found: list[int] = []
        more = True
        while more:
            told = await page(self.client, since=cursor, first=size)
            found += [self.client.app.ids.decode(node["subjectId"])[1] for node in told["nodes"]]
            cursor, more = told["cursor"], told["hasMore"]
        assert cursor is not None
        return found, cursor


WRITERS, ROUNDS = 8, 12


async def test_eight_writers_and_a_reader_miss_nothing(client: Client) -> None:
    journal, chance = Journal(client), random.Random(4)
    committed: set[int] = set()

    async def write(number: int) -> None:
        for turn in range(ROUNDS):
            first = (number * ROUNDS + turn) * 4 + 1
            subjects = range(first, first + chance.randint(1, 4))
            try:
                await journal.write(*subjects, pause=chance.choice([0, 0, 0.005]), fails=chance.random() < 0.2)
            except Undone:
                continue
            committed.update(subjects)

    writing = asyncio.gather(*(write(number) for number in range(WRITERS)))
    seen: list[int] = []
    cursor = None
    while not writing.done():
        found, cursor = await journal.read_on(cursor, size=7)
        seen += found
        await asyncio.sleep(0)  # short readings of SQLite never let go of the loop
    await writing
    found, cursor = await journal.read_on(cursor)
    seen += found
    assert sorted(seen) == sorted(committed)
    assert WRITERS * ROUNDS < len(committed) < WRITERS * ROUNDS * 4
    assert (await journal.read_on(cursor))[0] == []


async def read_while_one_holds_back(journal: Journal) -> list[int]:
    """What a reader sees that looks when a second writer had the time to overtake a first one, and again at the end."""
    held = asyncio.Event()
    first = asyncio.create_task(journal.write(1, 2, held=held))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(journal.write(3))
    await asyncio.wait([second], timeout=0.5)
    seen, cursor = await journal.read_on(None)
    held.set()
    await asyncio.gather(first, second)
    return seen + (await journal.read_on(cursor))[0]


async def test_a_writer_waits_for_one_that_took_its_turn(client: Client) -> None:
    assert await read_while_one_holds_back(Journal(client)) == [1, 2, 3]


@pytest.fixture
def without_turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = (event._insert_in_turn, event._take_turn)
    for cached in made:
        cached.cache_clear()
    monkeypatch.setattr(event, "_turn", lambda: select(literal_column("1").label("taken")).subquery("turn"))
    yield
    for cached in made:
        cached.cache_clear()


@pytest.mark.usefixtures("without_turns")
@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
async def test_without_turns_a_reader_would_miss_what_was_overtaken(client: Client) -> None:
    """The proof that the two tests above would notice: on PostgreSQL it is the lock alone that keeps the order."""
    assert await read_while_one_holds_back(Journal(client)) == [3]


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
async def test_a_dry_run_takes_no_turn(client: Client) -> None:
    """It tells nothing, so that it neither waits for others nor holds them up."""
    held = asyncio.Event()
    other = asyncio.create_task(Journal(client).write(1, held=held))
    await asyncio.sleep(0.2)
    shown = await change(client, CREATE.replace("createTag(", "createTag(dryRun: true, "), name="fresh")
    assert shown["tag"]["id"]
    assert not other.done()
    held.set()
    await other
