"""`workspaces create`, `workspaces list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.database import run

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.reading import Database

commands = typer.Typer(help="Make and list workspaces.", no_args_is_help=True)


@commands.command()
def create(
    name: Annotated[str, typer.Option(help="Name shown to people.")],
    slug: Annotated[str, typer.Option(help="Name in addresses: lower-case letters, digits and hyphens.")],
) -> None:
    """Make a workspace; `keys create --workspace SLUG` then makes its first key."""

    async def work(_: Settings, database: Database) -> None:
        from app.domain.workspace_verbs import create_workspace
        from app.store.session import transaction

        async with transaction(database) as tx:
            await create_workspace(tx.connection, name=name, slug=slug)

    run(work)
    typer.echo(f"The workspace {slug} has been made.")


@commands.command("list")
def list_all() -> None:
    """List the workspaces by their slugs."""

    async def work(_: Settings, database: Database) -> list[tuple[str, str]]:
        from sqlalchemy import select

        from app.domain.workspace import Workspace
        from app.resource import table_of
        from app.write.trash_workspace import TRASH_SLUG

        table = table_of(Workspace)
        real = table.c.slug.not_like(f"{TRASH_SLUG}%")
        async with database.engine.connect() as connection:
            rows = await connection.execute(select(table).where(real).order_by(table.c.slug))
            return [(row.slug, row.name) for row in rows]

    for slug, name in run(work):
        typer.echo(f"{slug}  {name}")
