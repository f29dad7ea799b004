"""Fixtures that give a test a migrated database of its own: SQLite, PostgreSQL, or each in turn.

PostgreSQL is the server whose URL stands in LEADGRAPH_TEST_POSTGRES, otherwise one from a wheel. Where neither can be
had, its tests are skipped. The URLs have the form `postgresql+asyncpg://…` and `sqlite+aiosqlite:///…`.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import URL, make_url

from app.store.migrate import migrate
from tests import postgres
from tests.secrecy import SECRETS


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; the test runs once for each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'leadgraph.db')}"


@pytest.fixture
def postgresql_url(postgresql_server: URL, postgresql_template: str) -> Iterator[str]:
    with fresh_database(postgresql_server, template=postgresql_template) as database:
        yield render(database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL) -> Iterator[str]:
    with fresh_database(postgresql_server) as database:
        migrate(render(database))
        yield str(database.database)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """One server for the whole run, however many workers it has."""
    if url := os.environ.get("LEADGRAPH_TEST_POSTGRES"):
        yield make_url(url).set(drivername="postgresql+asyncpg")
        return
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parent
    try:
        with postgres.shared(directory) as url:
            yield make_url(url)
    except postgres.Unavailable as error:
        pytest.skip(f"PostgreSQL cannot be run here: {error}")


@contextmanager
def fresh_database(server: URL, *, template: str = "template0") -> Iterator[URL]:
    name = f"leadgraph_test_{uuid4().hex}"
    asyncio.run(execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
    database = server.set(database=name)
    yield database
    try:
        asyncio.run(SECRETS.search_postgresql(database))
    finally:
        asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def execute(server: URL, statement: str) -> None:
    connection = await asyncpg.connect(render(server.set(drivername="postgresql")))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def render(url: URL) -> str:
    return url.render_as_string(hide_password=False)
