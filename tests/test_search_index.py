"""The search index says what `search_text` contains, at any moment and to the letter."""

from random import Random

import pytest
from sqlalchemy import Connection, bindparam, insert, text

from app.domain.contact import Contact
from app.domain.message import Message
from app.resource import table_of
from app.store.reading import Database
from tests.seeding import add_workspace, opened

CONTACT, MESSAGE = table_of(Contact), table_of(Message)
LETTERS = [
    *" ab\"'*^-+():{}.,@%_\\AB",
    "é",
    "ß",
    "王",
    "李",
    "ж",
    "😀",
    "İ",
    "ſ",
    "K",
    "Å",
    "\u0301",
    "Ａ",
    "’",
    "\u200d",
]


def found(connection: Connection, pattern: str) -> set[int]:
    """What the index of the database finds, which takes three characters on SQLite."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT rowid FROM contact_search WHERE contact_search MATCH :pattern")
        return set(connection.scalars(query, {"pattern": f'"{pattern.replace(chr(34), chr(34) * 2)}"'}))
    escaped = "".join(f"\\{char}" if char in "\\%_" else char for char in pattern)
    query = text("SELECT id FROM contact WHERE search_text LIKE :pattern")
    return set(connection.scalars(query, {"pattern": f"%{escaped}%"}))


async def add_contact(database: Database, workspace_id: int, search_text: str) -> int:
    row = Contact(workspace_id=workspace_id, search_text=search_text).model_dump(exclude={"id"})
    async with database.engine.begin() as connection:
        added = await connection.execute(insert(CONTACT).values(row).returning(CONTACT.c.id))
        return int(added.scalar_one())


async def test_any_substring_is_found_and_nothing_else(database_url: str) -> None:
    random = Random(7)
    texts = ["".join(random.choices(LETTERS, k=random.randrange(30))) for _ in range(300)]
    parts = [t[at : at + random.randrange(3, 8)] for t in texts for at in range(len(t) - 3)][::4]
    parts += ["".join(random.choices(LETTERS, k=4)) for _ in range(300)]
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        rows = [Contact(workspace_id=workspace, search_text=t).model_dump(exclude={"id"}) for t in texts]
        async with database.engine.begin() as connection:
            await connection.execute(insert(CONTACT), rows)
            for part in parts:
                hits = await connection.run_sync(found, part)
                texts_hit = select_texts(hits, texts)
                assert texts_hit == {t for t in texts if part in t}, part


def select_texts(ids: set[int], texts: list[str]) -> set[str]:
    return {texts[number - 1] for number in ids}


async def test_the_index_follows_every_change(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        ada = await add_contact(database, workspace, " ada lovelace")
        bob = await add_contact(database, workspace, " bob lovelace")
        change = CONTACT.update().where(CONTACT.c.id == bindparam("of"))
        async with database.engine.begin() as connection:
            assert await connection.run_sync(found, "lovelace") == {ada, bob}
            await connection.execute(change.values(search_text=" ada king"), {"of": ada})
            assert await connection.run_sync(found, "lovelace") == {bob}
            assert await connection.run_sync(found, "king") == {ada}
            await connection.execute(change.values(score=7), {"of": ada})
            assert await connection.run_sync(found, "king") == {ada}
            await connection.execute(CONTACT.delete().where(CONTACT.c.id == ada))
            assert await connection.run_sync(found, "king") == set()


async def test_the_index_forgets_what_is_rolled_back(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        ada = await add_contact(database, workspace, " ada lovelace")
        async with database.engine.connect() as connection:
            await connection.execute(CONTACT.update().values(search_text=" somebody else"))
            await connection.rollback()
        async with database.engine.connect() as connection:
            assert await connection.run_sync(found, "lovelace") == {ada}
            assert await connection.run_sync(found, "somebody") == set()


async def test_what_goes_with_its_parent_leaves_the_index(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        workspace = await add_workspace(database, "acme")
        contact = await add_contact(database, workspace, " ada")
        row = Message(workspace_id=workspace, contact_id=contact, search_text=" hello").model_dump(exclude={"id"})
        query = text("SELECT count(*) FROM message_search WHERE message_search MATCH '\"hello\"'")
        async with database.engine.begin() as connection:
            await connection.execute(insert(MESSAGE).values(row))
            assert await connection.scalar(query) == 1
            await connection.execute(CONTACT.delete())
            assert await connection.scalar(query) == 0
            await connection.exec_driver_sql("INSERT INTO message_search(message_search) VALUES ('integrity-check')")


@pytest.mark.parametrize("table", ["contact", "company", "message"])
async def test_postgresql_can_use_its_trigrams(postgresql_url: str, table: str) -> None:
    async with opened(postgresql_url) as database, database.engine.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.scalars(text(f"EXPLAIN SELECT id FROM {table} WHERE search_text LIKE '%lovelace%'"))
        assert f"ix_{table}_search" in "\n".join(plan)
