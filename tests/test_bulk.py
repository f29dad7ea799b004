"""Rows copied past the ORM read back as they were written, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.contact import Contact, contact_tag
from app.domain.tag import Tag
from app.domain.user import User
from app.domain.workspace import Workspace
from app.resource import table_of
from app.store.bulk import CHUNK, copy_rows, take_ids, without_indexes
from tests.seeding import add_workspace, opened

CONTACT, TAG, USER, WORKSPACE = table_of(Contact), table_of(Tag), table_of(User), table_of(Workspace)
COLUMNS = CONTACT.columns.keys()
MOMENT = datetime(2026, 2, 8, 14, 30, 1, 123000, UTC)


def contact(number: int, workspace_id: int, **values: Any) -> tuple[Any, ...]:
    row = Contact(id=number, workspace_id=workspace_id, created_at=MOMENT, updated_at=MOMENT).model_dump() | values
    return tuple(row[name] for name in COLUMNS)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"first_name": "Zoë 王伟 \N{PARTY POPPER}", "last_name": 'O\'Connor\t"x"\n\\N'},
        {"custom_fields": {"b": 1, "a": [None, True, 1.5, "é"], "nested": {"z": {}, "y": []}, "": ""}},
        {"created_at": datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)},
        {"created_at": datetime(2026, 2, 8, 16, 30, tzinfo=timezone(timedelta(hours=2)))},
        {"email": None, "score": 100, "search_text": " zoe"},
    ],
)
async def test_values_come_back_as_they_were_written(database_url: str, values: dict[str, Any]) -> None:
    """S4-37: custom fields keep the order of their keys."""
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        async with database.engine.begin() as connection:
            [number] = await take_ids(connection, CONTACT, 1)
            await copy_rows(connection, CONTACT, COLUMNS, [contact(number, workspace, **values)])
            written = (await connection.execute(select(CONTACT))).one()
    assert tuple(written) == contact(number, workspace, **values)
    assert list(written.custom_fields) == list(values.get("custom_fields", {}))


async def test_copied_text_equals_inserted_text(database_url: str) -> None:
    """What is compared and sorted as text is written in one form, whichever way it came in."""
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        async with database.engine.begin() as connection:
            first, second = await take_ids(connection, CONTACT, 2)
            values = {"custom_fields": {"b": "é", "a": 1.0}}
            await copy_rows(connection, CONTACT, COLUMNS, [contact(first, workspace, **values)])
            inserted = dict(zip(COLUMNS, contact(second, workspace, **values), strict=True))
            await connection.execute(insert(CONTACT).values(inserted))
            raw = text("SELECT CAST(created_at AS text), CAST(custom_fields AS text) FROM contact ORDER BY id")
            one, other = await connection.execute(raw)
    assert one == other


async def test_many_rows_arrive_from_an_iterator(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        async with database.engine.begin() as connection:
            ids = await take_ids(connection, CONTACT, 2 * CHUNK + 1)
            await copy_rows(connection, CONTACT, COLUMNS, (contact(number, workspace) for number in ids))
            assert await connection.scalar(select(func.count()).select_from(CONTACT)) == 2 * CHUNK + 1


async def test_no_rows_are_no_error(database_url: str) -> None:
    async with opened(database_url) as database, database.engine.begin() as connection:
        assert list(await take_ids(connection, CONTACT, 0)) == []
        await copy_rows(connection, CONTACT, COLUMNS, [])


async def test_ids_are_given_out_once(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        async with database.engine.begin() as connection:
            taken = [*await take_ids(connection, USER, 3), *await take_ids(connection, USER, 2)]
            row = User(workspace_id=workspace, email="a@acme.example", name="A").model_dump(exclude={"id"})
            inserted = (await connection.execute(insert(USER).values(row).returning(USER.c.id))).scalar_one()
            taken += [inserted, *await take_ids(connection, USER, 1)]
    assert taken == list(range(1, 8))


async def test_a_rolled_back_copy_leaves_nothing(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        async with database.engine.connect() as connection:
            await copy_rows(connection, CONTACT, COLUMNS, [contact(1, workspace)])
            await connection.rollback()
        async with database.engine.connect() as connection:
            assert await connection.scalar(select(func.count()).select_from(CONTACT)) == 0


async def test_a_reference_to_nothing_is_refused(database_url: str) -> None:
    async with opened(database_url) as database, database.engine.connect() as connection:
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await copy_rows(connection, contact_tag, ["contact_id", "tag_id"], [(1, 2)])


async def schema_of(connection: AsyncConnection) -> list[Any]:
    listed = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
    if connection.dialect.name == "postgresql":
        listed = (
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL SELECT conrelid::regclass || conname"
            " || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1"
        )
    return list(await connection.execute(text(listed)))


async def test_indexes_dropped_for_a_load_are_there_afterwards(database_url: str) -> None:
    tables = [CONTACT, TAG, USER, contact_tag]
    async with opened(database_url) as database:
        workspace = await add_workspace(database, "acme")
        async with database.engine.begin() as connection:
            before = await schema_of(connection)
            async with without_indexes(connection, tables):
                assert len(await schema_of(connection)) < len(before)
                await copy_rows(connection, CONTACT, COLUMNS, [contact(1, workspace, search_text=" ada")])
            assert await schema_of(connection) == before
            if database.name == "sqlite":
                hits = text("SELECT count(*) FROM contact_search WHERE contact_search MATCH '\" ada\"'")
                assert await connection.scalar(hits) == 1
                check = "INSERT INTO contact_search(contact_search) VALUES ('integrity-check')"
                await connection.exec_driver_sql(check)
