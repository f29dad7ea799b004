"""Commands: parameters by name and rows as Python values, alike on both databases."""

import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Float, Integer, MetaData, Table, bindparam, delete, func, select, update

from app.domain.contact import ContactSource
from app.domain.workspace import Workspace
from app.errors import Conflict
from app.resource import table_of
from app.store.command import among, command_of
from app.store.dialect import POSTGRESQL, SQLITE, Dialect
from app.store.reading import Database, Statement
from app.store.types import BigInt, Json, LongText, Timestamp, varchar
from app.store.writing import Writer
from tests.seeding import opened

WORKSPACE = table_of(Workspace)
THING = Table(
    "thing",
    MetaData(),
    Column("id", BigInt, primary_key=True),
    Column("name", varchar(50)),
    Column("story", LongText),
    Column("size", Integer),
    Column("weight", Float),
    Column("hidden", Boolean),
    Column("made_at", Timestamp),
    Column("details", Json),
    Column("version", Integer, default=1),
    sqlite_autoincrement=True,
)
FULL = {
    "id": 2**53,
    "name": "Ünïcode 𝕏",
    "story": "long " * 3,
    "size": -(2**31),
    "weight": 0.1,
    "hidden": True,
    "made_at": datetime(2026, 2, 8, 14, 30, 0, 123000, tzinfo=UTC),
    "details": {"b": 1, "a": [None, True, {"ü": "𝕏"}], "c": 1.5},
    "version": 3,
}
EMPTY = dict.fromkeys(FULL) | {"id": 1}
INSERT = THING.insert()
ALL = select(THING).order_by(THING.c.id)
DIALECTS = pytest.mark.parametrize("dialect", [POSTGRESQL, SQLITE], ids=lambda dialect: str(dialect.name))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(THING.metadata.create_all)
        yield database


async def things(database: Database) -> list[dict[str, Any]]:
    async def read(writer: Writer) -> list[dict[str, Any]]:
        return [dict(zip(THING.columns.keys(), row, strict=True)) for row in await writer.execute(ALL)]

    return await database.write(read)


@pytest.mark.parametrize("bulk", [False, True])
async def test_values_of_every_type_come_back_as_they_were_given(database: Database, bulk: bool) -> None:
    async def write(writer: Writer) -> list[tuple[Any, ...]]:
        await writer.execute(INSERT, EMPTY)
        return await writer.execute(INSERT.returning(*THING.columns), FULL)

    assert await database.write(write, bulk=bulk) == [tuple(FULL.values())]
    found = await things(database)
    assert found == [EMPTY, FULL]
    assert [type(value) for value in found[1].values()] == [type(value) for value in FULL.values()]


async def test_times_of_other_zones_come_back_in_utc(database: Database) -> None:
    moment = datetime(2026, 2, 8, 16, 30, tzinfo=timezone(timedelta(hours=2)))

    async def write(writer: Writer) -> list[tuple[Any, ...]]:
        return await writer.execute(INSERT.returning(THING.c.made_at), FULL | {"made_at": moment})

    [(found,)] = await database.write(write)
    assert found.isoformat() == "2026-02-08T14:30:00+00:00"


async def test_enum_members_are_stored_as_their_values(database: Database) -> None:
    async def write(writer: Writer) -> list[tuple[Any, ...]]:
        return await writer.execute(INSERT.returning(THING.c.name), FULL | {"name": ContactSource.WEB})

    assert [(type(name), name) for (name,) in await database.write(write)] == [(str, "web")]


async def test_updates_and_deletes_tell_what_they_changed(database: Database) -> None:
    raised = update(THING).where(THING.c.id == bindparam("key"), THING.c.size < 3, THING.c.id > bindparam("least"))
    raised_by = raised.values(size=THING.c.size + 7, version=bindparam("to")).returning(THING.c.size, THING.c.details)
    dropped = delete(THING).where(THING.c.size == bindparam("size")).returning(THING.c.hidden)

    async def write(writer: Writer) -> list[list[tuple[Any, ...]]]:
        await writer.execute(INSERT, FULL | {"size": 1})
        return [
            await writer.execute(raised_by, {"key": FULL["id"], "least": 0, "to": 5}),
            await writer.execute(raised_by, {"key": FULL["id"], "least": 0, "to": 5}),
            await writer.execute(dropped, {"size": 8}),
        ]

    assert await database.write(write) == [[(8, FULL["details"])], [], [(True,)]]


async def test_a_missing_parameter_is_a_defect_and_undoes_the_work(database: Database) -> None:
    """A column with a default of SQLAlchemy's own is to be given, too."""

    async def write(writer: Writer) -> None:
        await writer.execute(INSERT, FULL)
        await writer.execute(THING.insert().values(id=7, name=bindparam("name")), {"name": "without version"})

    with pytest.raises(KeyError, match="version"):
        await database.write(write)
    assert await things(database) == []


@pytest.mark.parametrize("size", [0, 1, 3_000])
async def test_lists_of_any_length_are_one_parameter(database: Database, size: int) -> None:
    by_id = select(func.count()).where(among(THING.c.id, "ids"))
    by_size = select(func.count()).select_from(THING.alias()).where(among(THING.c.size, "sizes"))
    by_name = update(THING).where(among(THING.c.name, "names"), THING.c.size >= 0).values(size=-1)
    rows = [FULL | {"id": n, "name": f"thing {n}", "size": n} for n in range(1, 11)]

    async def write(writer: Writer) -> list[list[tuple[Any, ...]]]:
        await writer.run_many(command_of(INSERT, writer.dialect), rows)
        wanted = range(1, size + 1)
        return [
            await writer.execute(by_id, {"ids": list(wanted)}),
            await writer.execute(by_size, {"sizes": list(wanted)}),
            await writer.execute(by_name.returning(THING.c.id), {"names": [f"thing {n}" for n in wanted] + ["'\"ü"]}),
        ]

    ids, sizes, changed = await database.write(write)
    assert ids == [(min(size, 10),)]
    assert sizes[0][0] % min(size, 10) == 0 if size else sizes == [(0,)]
    assert sorted(changed) == [(n,) for n in range(1, min(size, 10) + 1)]


async def test_sqlite_looks_lists_up_in_an_index(sqlite_url: str) -> None:
    """It scans the table where the condition is compared with 1, as SQLAlchemy does with conditions of its own."""
    command = command_of(select(WORKSPACE.c.name).where(among(WORKSPACE.c.id, "ids")), SQLITE)
    async with opened(sqlite_url) as database:
        explained = Statement(f"EXPLAIN QUERY PLAN {command.text}", command.values({"ids": [1]}))
        plan = await database.write(lambda writer: writer.fetch(*explained))
    assert plan[0][3] == "SEARCH workspace USING INTEGER PRIMARY KEY (rowid=?)"


async def test_rows_are_inserted_in_one_go(database: Database) -> None:
    async def write(writer: Writer) -> None:
        ids = await writer.take_ids(THING, 2)
        rows = [FULL | {"id": ids[0]}, EMPTY | {"id": ids[1]}]
        await writer.insert_many(THING, list(FULL), rows)
        [(last,)] = await writer.execute(
            THING.insert().values({name: bindparam(name) for name in FULL if name != "id"}).returning(THING.c.id), FULL
        )
        assert [*ids, last] == [1, 2, 3]

    await database.write(write)
    assert await things(database) == [FULL | {"id": 1}, EMPTY | {"id": 2}, FULL | {"id": 3}]


async def test_more_rows_than_one_statement_takes_are_inserted(database: Database) -> None:
    rows = [FULL | {"id": number, "name": f"thing {number}"} for number in range(1, 251)]
    await database.write(lambda writer: writer.insert_many(THING, list(FULL), rows), bulk=True)
    assert await things(database) == rows


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("dry_run", [False, True])
async def test_inserting_many_collides_as_one_insert_does(database: Database, bulk: bool, dry_run: bool) -> None:
    async def write(writer: Writer) -> None:
        await writer.insert_many(THING, list(FULL), [FULL, FULL])

    with pytest.raises(Conflict):
        await database.write(write, bulk=bulk, dry_run=dry_run)
    assert await things(database) == []


async def test_work_that_fails_behind_rows_leaves_nothing_of_them(database: Database) -> None:
    rows = [FULL | {"id": number} for number in range(1, 1_001)]

    async def write(writer: Writer) -> None:
        await writer.insert_many(THING, list(FULL), rows)
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            await database.write(write, bulk=True)
    assert await things(database) == []
    await database.write(lambda writer: writer.insert_many(THING, list(FULL), rows), bulk=True)
    assert len(await things(database)) == 1_000


async def test_a_reading_sees_what_its_transaction_wrote(database: Database) -> None:
    def reading() -> Any:
        rows = yield Statement("SELECT name FROM thing")
        return [row[0] for row in rows]

    async def write(writer: Writer) -> Any:
        await writer.execute(INSERT, FULL)
        return await writer.read(reading())

    assert await database.write(write, dry_run=True) == [FULL["name"]]
    assert await database.read(reading()) == []


@DIALECTS
def test_a_statement_is_compiled_once_while_it_lives(dialect: Dialect) -> None:
    statement = select(THING.c.id).where(THING.c.id == 3)
    command = command_of(statement, dialect)
    assert command is command_of(statement, dialect)
    assert command.values({}) == [3]
    from app.store import command as module

    known = module._COMMANDS[dialect.name]
    assert statement in known
    count = len(known)
    del statement
    gc.collect()
    assert len(known) < count


@DIALECTS
def test_an_insert_returns_only_what_is_asked_for(dialect: Dialect) -> None:
    assert "RETURNING" not in command_of(THING.insert().values(id=bindparam("id")), dialect).text


@DIALECTS
def test_fixed_lists_are_allowed_and_open_ones_refused(dialect: Dialect) -> None:
    fixed = select(THING.c.id).where(THING.c.name.in_(["a", "b"]), THING.c.size == bindparam("size"))
    assert sorted(map(str, command_of(fixed, dialect).values({"size": 1}))) == ["1", "a", "b"]
    with pytest.raises(TypeError, match="among"):
        command_of(select(THING.c.id).where(THING.c.id.in_(bindparam("ids"))), dialect)


def test_only_postgresql_locks_rows() -> None:
    statement = select(THING.c.id).with_for_update()
    assert "FOR UPDATE" in command_of(statement, POSTGRESQL).text
    assert "FOR UPDATE" not in command_of(statement, SQLITE).text
