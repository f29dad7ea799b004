"""`migrate`: brings the database to the schema of this version."""

import typer

from app.commands.database import reaching, refusals


def migrate() -> None:
    """Create or update the database that LEADGRAPH_DATABASE names."""
    from app.settings import load
    from app.store.migrate import head_revision
    from app.store.migrate import migrate as bring_up_to_date

    with refusals(), reaching():
        bring_up_to_date(load().database)
    typer.echo(f"The database has the schema {head_revision()}.")
