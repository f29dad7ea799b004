"""One chain of migrations gives both databases the declared schema, once, however many start at the same time."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Column, Connection, Index, Table, text
from sqlmodel import SQLModel

from app.domain import CATALOG
from app.errors import ConfigurationError
from app.settings import Settings, sqlite_path
from app.store import migrate as migrations
from app.store.engine import open_database
from app.store.migrate import head_revision, migrate, write_migration
from app.store.types import BigInt, LongText, Timestamp
from tests.databases import fresh_database, render


def include(name: str | None, kind: str, _parents: object) -> bool:
    """The declared tables without the search indexes, which no model declares."""
    if kind == "table":
        return name in SQLModel.metadata.tables
    return kind != "index" or not str(name).endswith("_search")


def differences(connection: Connection) -> list[Any]:
    options = {"include_name": include, "target_metadata": SQLModel.metadata, "compare_type": True}
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    return found


async def run(url: str, *statements: str) -> list[Any]:
    """Runs statements, and gives the rows of the last."""
    database = await open_database(Settings(database=url))
    try:
        async with database.engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
            return list(result) if result.returns_rows else []
    finally:
        await database.close()


async def compare(url: str) -> list[Any]:
    database = await open_database(Settings(database=url))
    try:
        async with database.engine.connect() as connection:
            return await connection.run_sync(differences)
    finally:
        await database.close()


@pytest.fixture
def empty_postgresql_url(postgresql_server: URL) -> Iterator[str]:
    with fresh_database(postgresql_server) as database:
        yield render(database)


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A version with one more migration, whose body is what the test writes to the returned file."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.MIGRATIONS, folder)
    monkeypatch.setattr(migrations, "MIGRATIONS", folder)
    number = f"{int(head_revision()) + 1:04}"
    path = folder / "versions" / f"{number}_next.py"
    path.write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = '{number}'\n"
        f"down_revision = '{head_revision()}'\n\ndef upgrade() -> None:\n"
        "    op.add_column('tag', sa.Column('emoji', sa.String(8), nullable=True))\n"
    )
    return path


def number_of(migration: Path) -> str:
    return migration.name.partition("_")[0]


async def test_migrations_give_the_declared_schema(database_url: str) -> None:
    assert await compare(database_url) == []


async def test_a_missing_index_would_be_noticed(database_url: str) -> None:
    await run(database_url, "DROP INDEX ix_contact_email")
    assert len(await compare(database_url)) == 1


async def test_every_searched_table_has_a_search_index(database_url: str) -> None:
    searched = {noun.table.name for noun in CATALOG.nouns.values() if "search_text" in noun.table.columns}
    listed = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if database_url.startswith("postgresql"):
        listed = "SELECT substr(indexname, 4) FROM pg_indexes"
    names = {row[0] for row in await run(database_url, listed)}
    assert {f"{table}_search" for table in searched} <= names


async def test_sqlite_never_gives_an_id_out_twice(sqlite_url: str) -> None:
    """S4-20: an id names one record forever; SQLite would hand the highest one out again after its deletion."""
    tables = await run(sqlite_url, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    counted = {name for name, sql in tables if "AUTOINCREMENT" in sql}
    assert {noun.table.name for noun in CATALOG.nouns.values()} == counted


def test_the_chain_is_one_and_its_head_is_the_highest_number() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [head_revision()]


def test_migrating_again_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "leadgraph.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    before = path.read_bytes()
    migrate(f"sqlite+aiosqlite:///{path}")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["leadgraph.db"]


def test_migrating_again_does_nothing_on_postgresql(postgresql_url: str) -> None:
    state = "SELECT count(*), max(oid) FROM pg_class"
    before = asyncio.run(run(postgresql_url, state))
    migrate(postgresql_url)
    assert asyncio.run(run(postgresql_url, state)) == before


def test_a_current_database_is_recognised_without_alembic(database_url: str) -> None:
    code = (
        f"import sys; from app.store.migrate import migrate; migrate({database_url!r}); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_sqlite_is_left_in_wal_mode(sqlite_url: str) -> None:
    with closing(sqlite3.connect(str(sqlite_path(sqlite_url)))) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_two_starters_migrate_postgresql_once(empty_postgresql_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, empty_postgresql_url) for _ in range(3)))
    assert await compare(empty_postgresql_url) == []


async def test_two_starters_migrate_sqlite_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/leadgraph.db"
    code = f"from app.store.migrate import migrate; migrate({url!r})"
    starters = [await asyncio.create_subprocess_exec(sys.executable, "-c", code) for _ in range(3)]
    assert [await starter.wait() for starter in starters] == [0, 0, 0]
    assert await compare(url) == []


def test_an_sqlite_file_is_copied_before_it_is_migrated(sqlite_url: str, next_release: Path) -> None:
    path = sqlite_path(sqlite_url)
    assert path is not None
    with closing(sqlite3.connect(path)) as connection:
        row = "7, '', '', 1, 'Acme', 'acme', '', '', '', '', '', '', 1, 1, NULL, NULL, '', NULL"
        connection.execute(f"INSERT INTO workspace VALUES ({row})")
        connection.commit()
    migrate(sqlite_url)
    with (
        closing(sqlite3.connect(path)) as new,
        closing(sqlite3.connect(path.with_name(f"leadgraph.before-{number_of(next_release)}.db"))) as old,
    ):
        assert new.execute("SELECT slug FROM workspace").fetchall() == [("acme",)]
        assert old.execute("SELECT slug FROM workspace").fetchall() == [("acme",)]
        assert new.execute("SELECT count(*) FROM pragma_table_info('tag') WHERE name = 'emoji'").fetchone() == (1,)
        assert old.execute("SELECT count(*) FROM pragma_table_info('tag') WHERE name = 'emoji'").fetchone() == (0,)


def test_a_failed_migration_leaves_nothing_behind(database_url: str, next_release: Path) -> None:
    before = f"{int(number_of(next_release)) - 1:04}"
    next_release.write_text(next_release.read_text() + "    op.execute('SELECT no_such_column')\n")
    with pytest.raises(Exception, match="no_such_column"):
        migrate(database_url)
    with pytest.raises(Exception, match="emoji"):
        asyncio.run(run(database_url, "SELECT emoji FROM tag"))
    assert asyncio.run(run(database_url, "SELECT version_num FROM alembic_version")) == [(before,)]


def test_a_database_of_a_newer_version_is_refused(
    database_url: str, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(database_url)
    monkeypatch.undo()
    with pytest.raises(ConfigurationError, match=f"revision {number_of(next_release)}"):
        migrate(database_url)


def test_a_migration_waits_for_its_turn_without_holding_others_up(postgresql_url: str, next_release: Path) -> None:
    """A change of a table in use gives up after a second and tries again, so that what queues behind it can run."""

    async def scenario() -> None:
        database = await open_database(Settings(database=postgresql_url))
        async with database.engine.connect() as reader:
            await reader.execute(text("SELECT count(*) FROM tag"))
            migration = asyncio.create_task(asyncio.to_thread(migrate, postgresql_url))
            await asyncio.sleep(1.5)
            assert not migration.done()
            await asyncio.wait_for(run(postgresql_url, "SELECT count(*) FROM tag"), 2)
        await asyncio.wait_for(migration, 10)
        await database.close()

    asyncio.run(scenario())
    assert asyncio.run(run(postgresql_url, "SELECT emoji FROM tag")) == []


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="sqlite"):
        migrate("mysql://localhost/leadgraph")


def test_the_next_migration_is_written_from_the_models(sqlite_url: str, next_release: Path) -> None:
    next_release.unlink()
    number, moment = Column("id", BigInt, primary_key=True), Column("at", Timestamp, nullable=False)
    gadget = Table("gadget", SQLModel.metadata, number, moment, Column("note", LongText), Index("ix_gadget_at", "at"))
    try:
        path = write_migration("Add gadgets")
        migrate(sqlite_url)
        assert asyncio.run(compare(sqlite_url)) == []
    finally:
        SQLModel.metadata.remove(gadget)
    assert path.name == f"{number_of(next_release)}_add_gadgets.py"
    assert "sqlite_autoincrement=True" in path.read_text()
    assert "Column('at', Timestamp(), nullable=False)" in path.read_text()
