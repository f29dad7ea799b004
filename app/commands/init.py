"""`init`: the first run. Makes the database's tables, a workspace and its first administrator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.operating import operate_in, read_password
from app.commands.workspaces import Dialect

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.reading import Database
    from app.store.writing import Writer

PASSWORD = "LEADGRAPH_ADMIN_PASSWORD"


def init(
    workspace: Annotated[str, typer.Option(prompt="Name of the workspace", help="Name shown to people.")],
    slug: Annotated[
        str, typer.Option(prompt="Name in addresses (a-z, 0-9, -)", help="Lower-case letters, digits and hyphens.")
    ],
    email: Annotated[str, typer.Option(prompt="Your e-mail address", help="E-mail address of the administrator.")],
    name: Annotated[str, typer.Option(prompt="Your name", help="Full name of the administrator.")],
    dialect: Annotated[Dialect, typer.Option(help="Whose conventions the workspace follows.")] = Dialect.CUSTOM,
    password_file: Annotated[
        Path | None, typer.Option(help=f"File with the password; else {PASSWORD}, or it is asked for.")
    ] = None,
) -> None:
    """Make the first workspace and its administrator, who can then sign in."""
    from app.access.passwords import hash_password
    from app.commands.database import reaching, refusals, run
    from app.settings import load
    from app.store.migrate import migrate

    with refusals():
        with reaching():
            migrate(load().database)
        run(_refuse_if_there_is_one)
        hashed = hash_password(read_password(password_file, PASSWORD))

    async def work(settings: Settings, database: Database) -> None:
        from app.domain.user import Role
        from app.domain.workspace import Dialect as Stored
        from app.domain.workspace_verbs import create_workspace

        async def make(writer: Writer) -> None:
            workspace_id = await create_workspace(writer, name=workspace, slug=slug, dialect=Stored(dialect.value))
            owner = {"email": email, "name": name, "role": Role.OWNER, "developer": True}
            await operate_in(writer, settings, "createUser", workspace_id, {"input": owner, "passwordHash": hashed})

        await database.write(make)

    run(work)
    typer.echo(f"The workspace {slug} has been made; {email} can sign in once `python -m app serve` runs.")


async def _refuse_if_there_is_one(_: Settings, database: Database) -> None:
    from sqlalchemy import select

    from app.domain.workspace import Workspace
    from app.errors import BadUserInput
    from app.resource import table_of

    async with database.engine.connect() as connection:
        slugs = (await connection.execute(select(table_of(Workspace).c.slug).limit(10))).scalars().all()
    if slugs:
        known = ", ".join(sorted(slugs))
        raise BadUserInput(f"There is a workspace already: {known}. `python -m app members add` adds people to it.")
