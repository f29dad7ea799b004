"""What commands share: the database that the settings name, and refusals as a line on the terminal with exit code 2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.settings import Settings
    from app.store.reading import Database

T = TypeVar("T")


def run(work: Callable[[Settings, Database], Coroutine[Any, Any, T]]) -> T:
    """Runs `work` with the open database."""
    from app.settings import load

    async def with_database() -> T:
        settings = load()
        async with open_migrated(settings) as database:
            return await work(settings, database)

    with refusals():
        return asyncio.run(with_database())


@contextmanager
def refusals() -> Iterator[None]:
    """Prints what was refused and ends the command with exit code 2; defects go through."""
    from pydantic import ValidationError

    from app.errors import ConfigurationError, LeadgraphError

    try:
        yield
    except LeadgraphError as error:
        refuse(error.message)
    except ConfigurationError as error:
        refuse(str(error))
    except ValidationError as error:  # of the settings; the values stay out of the message, one may be a secret
        for wrong in error.errors():
            typer.echo(f"LEADGRAPH_{'_'.join(map(str, wrong['loc'])).upper()}: {wrong['msg']}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        if error.filename is None:
            raise
        refuse(f"{error.filename}: {error.strerror}.")


def refuse(message: str) -> NoReturn:
    """Ends the command."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2) from None


@contextmanager
def reaching() -> Iterator[None]:
    """Says that the database cannot be reached, when that is why it failed."""
    from asyncpg import PostgresError
    from sqlalchemy.exc import DBAPIError

    from app.errors import Unavailable

    try:
        yield
    except (OSError, PostgresError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and error.statement is not None:  # it was reached
            raise
        raise Unavailable(f"The database cannot be reached: {getattr(error, 'orig', error)}") from error


@asynccontextmanager
async def open_migrated(settings: Settings) -> AsyncIterator[Database]:
    """The database, of the schema that this version works with; `ConfigurationError` otherwise."""
    from app.errors import ConfigurationError
    from app.settings import sqlite_path
    from app.store.engine import open_database

    path = sqlite_path(settings.database)
    if path is not None and not path.exists():  # SQLite would make an empty one
        raise ConfigurationError(f"There is no database {path}; `python -m app migrate` makes it.")
    with reaching():
        database = await open_database(settings)
    try:
        await _check_revision(database)
        yield database
    finally:
        await database.close()


async def _check_revision(database: Database) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    from app.errors import ConfigurationError
    from app.store.migrate import CURRENT, head_revision

    async with database.engine.connect() as connection:
        try:
            revision = await connection.scalar(text(CURRENT))
        except DBAPIError:
            revision = None
    if revision != head_revision():
        raise ConfigurationError(
            f"The database has the schema {revision or 'of no version'}, this version works with {head_revision()}:"
            " run `python -m app migrate`."
        )


async def find_workspace(connection: AsyncConnection, slug: str | None) -> RowMapping:
    """The workspace with this slug; without one, the only workspace there is. `BadUserInput` names the choice."""
    from sqlalchemy import select

    from app.domain.workspace import Workspace
    from app.errors import BadUserInput
    from app.resource import table_of
    from app.write.trash_workspace import TRASH_SLUG

    table = table_of(Workspace)
    rows = (await connection.execute(select(table).order_by(table.c.slug))).mappings().all()
    rows = [row for row in rows if not row["slug"].startswith(TRASH_SLUG)]
    sandboxes = {row["sandbox_id"] for row in rows}
    matching = [row for row in rows if (row["slug"] == slug if slug else row["id"] not in sandboxes)]
    if len(matching) == 1:
        return matching[0]
    if not rows:
        raise BadUserInput("There is no workspace yet; `python -m app init` makes one.")
    known = ", ".join(row["slug"] for row in rows)
    asked = f"There is no workspace {slug!r}" if slug else "Say which workspace, with --workspace"
    raise BadUserInput(f"{asked}; there are: {known}.")
