"""Brings a database to the schema of this version: one chain of migrations for SQLite and PostgreSQL.

Each run is one transaction and has the database to itself, so an interrupted one leaves nothing behind and two starters
migrate once. Refuses a database that a newer version has migrated. alembic is imported only when there is work to do.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from app.errors import ConfigurationError
from app.settings import sqlite_path

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x1EAD64A9
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code for lock_timeout
LOCK_ATTEMPTS = 60

CURRENT = "SELECT version_num FROM alembic_version"


def head_revision() -> str:
    """The revision this version works with: the highest number in the folder of migrations."""
    return max(_revisions())


def migrate(url: str) -> None:
    """Creates or updates the schema of the database at `url`; cheap when there is nothing to do.

    An SQLite file is made where there is none, and copied to `<name>.before-<revision>.db` before its schema changes.
    Not for a thread with a running event loop: call it through `asyncio.to_thread` there.
    """
    path = sqlite_path(url)
    if path is not None:
        _migrate_sqlite(path)
    elif url.startswith("postgresql+asyncpg://"):
        asyncio.run(_migrate_postgresql(url))
    else:
        raise ConfigurationError("A database URL starts with sqlite+aiosqlite:/// or postgresql+asyncpg://")


def write_migration(message: str) -> Path:
    """Writes the next migration from what SQLModel's metadata, filled by the caller, has and the last one does not."""
    from alembic import command
    from alembic.script import Script

    with TemporaryDirectory() as directory:
        path = Path(directory) / "scratch.db"
        _migrate_sqlite(path)
        with create_engine(f"sqlite:///{path}", poolclass=NullPool).connect() as connection:
            number = f"{int(head_revision()) + 1:04}"
            script = command.revision(_config(connection), message, autogenerate=True, rev_id=number)
    assert isinstance(script, Script)
    return Path(script.path)


def _revisions() -> set[str]:
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def _is_current(revision: str | None) -> bool:
    if revision is not None and revision not in _revisions():
        raise ConfigurationError(
            f"The database is at revision {revision}, this version knows none after {head_revision()}: it is too old."
        )
    return revision == head_revision()


def _migrate_sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=LOCK_ATTEMPTS)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        known = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = file.execute(CURRENT).fetchone() if known else None
        if _is_current(row and row[0]):
            return
        if row:
            copy = path.with_name(f"{path.stem}.before-{head_revision()}{path.suffix}")
            with closing(sqlite3.connect(copy)) as target:
                file.backup(target)
    options = {"timeout": LOCK_ATTEMPTS, "isolation_level": None}
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args=options)
    event.listen(engine, "begin", _begin_alone)
    # Foreign keys are not enforced meanwhile: a table that is copied must not take along what refers to it.
    with engine.begin() as connection:
        _upgrade(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise ConfigurationError(f"The migration would leave a row of {broken[0]} without its {broken[2]}.")


def _begin_alone(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _migrate_postgresql(url: str) -> None:
    # Nobody queues for longer than the lock_timeout behind a change of a table in use.
    session = {"application_name": "leadgraph-migrate", "lock_timeout": "1000"}
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"server_settings": session})
    async with engine.connect() as connection:
        if _is_current(await _current_postgresql(connection)):
            return
        # Tried, not waited for: a waiting statement would hold up a CREATE INDEX CONCURRENTLY of the other starter.
        while not await connection.scalar(text(f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})")):
            await connection.rollback()
            await asyncio.sleep(0.1)
        await connection.rollback()
        for attempt in range(LOCK_ATTEMPTS):
            try:
                await connection.run_sync(_upgrade)
                await connection.commit()
                return
            except DBAPIError as error:
                await connection.rollback()
                if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or attempt == LOCK_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.5)


async def _current_postgresql(connection: AsyncConnection) -> str | None:
    known = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    revision: str | None = await connection.scalar(text(CURRENT)) if known else None
    await connection.rollback()
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
