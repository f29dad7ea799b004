"""`workspaces create`, `workspaces list`, `workspaces update`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.database import find_workspace, run
from app.commands.operating import operate

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.reading import Database
    from app.store.writing import Writer

commands = typer.Typer(help="Make, list and change workspaces.", no_args_is_help=True)


class Dialect(StrEnum):
    """Whose documented conventions a workspace follows."""

    SPROOTAL = "sprootal"
    LEADTERRA = "leadterra"
    COMPACT = "compact"
    LEADRON = "leadron"
    SPREEFLO = "spreeflo"
    CUSTOM = "custom"


class Plan(StrEnum):
    """What a workspace pays for."""

    FREE = "free"
    STARTER = "starter"
    PRO = "pro"
    TEAM = "team"
    ENTERPRISE = "enterprise"


class TestKeys(StrEnum):
    """Where test keys work."""

    ISOLATED = "isolated"
    SHARED = "shared"


class Revocation(StrEnum):
    """Whether a revoked key can come back."""

    PERMANENT = "permanent"
    REVERSIBLE = "reversible"


class PlaygroundMode(StrEnum):
    """The mode of temporary playground keys."""

    TEST = "test"
    LIVE = "live"


class ResponseProfile(StrEnum):
    """What REST answers unless a request says otherwise."""

    ENVELOPE = "envelope"
    BARE = "bare"


@commands.command()
def create(
    name: Annotated[str, typer.Option(help="Name shown to people.")],
    slug: Annotated[str, typer.Option(help="Name in addresses: lower-case letters, digits and hyphens.")],
    dialect: Annotated[Dialect, typer.Option(help="Whose conventions it follows.")] = Dialect.CUSTOM,
) -> None:
    """Make a workspace; `keys create --workspace SLUG` then makes its first key, `members add` its first member."""

    async def work(_: Settings, database: Database) -> None:
        from app.domain.workspace import Dialect as Stored
        from app.domain.workspace_verbs import create_workspace

        async def make(writer: Writer) -> int:
            return await create_workspace(writer, name=name, slug=slug, dialect=Stored(dialect.value))

        await database.write(make)

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


@commands.command()
def update(
    workspace: Annotated[str, typer.Argument(help="Slug of the workspace.")],
    name: Annotated[str | None, typer.Option(help="Name shown to people.")] = None,
    plan: Annotated[Plan | None, typer.Option(help="Decides its rate limits, and whether keys work at all.")] = None,
    dialect: Annotated[Dialect | None, typer.Option(help="Whose conventions new keys follow.")] = None,
    api: Annotated[bool | None, typer.Option("--api/--no-api", help="Whether keys work.")] = None,
    sandbox: Annotated[
        bool | None, typer.Option("--sandbox/--no-sandbox", help="Whether test keys can be made.")
    ] = None,
    test_keys: Annotated[TestKeys | None, typer.Option(help="Where test keys work.")] = None,
    revocation: Annotated[Revocation | None, typer.Option(help="Whether a revoked key can come back.")] = None,
    playground: Annotated[PlaygroundMode | None, typer.Option(help="The mode of playground keys.")] = None,
    response_profile: Annotated[
        ResponseProfile | None, typer.Option(help="Whether REST answers data in their envelope or alone.")
    ] = None,
    rate_limit: Annotated[
        str | None, typer.Option(help="In the plan enterprise: requests/seconds/at once; '' for the server's own.")
    ] = None,
) -> None:
    """Change a workspace; it holds from the next request on, in every process."""

    async def work(settings: Settings, database: Database) -> None:
        from app.domain import workspace as stored

        given: dict[str, Any] = {
            "name": name,
            "plan": plan and stored.Plan(plan.value),
            "dialect": dialect and stored.Dialect(dialect.value),
            "apiEnabled": api,
            "sandboxEnabled": sandbox,
            "testKeyPolicy": test_keys and stored.TestKeyPolicy(test_keys.value),
            "revocationPolicy": revocation and stored.RevocationPolicy(revocation.value),
            "playgroundMode": playground and stored.PlaygroundMode(playground.value),
            "responseProfile": response_profile and stored.ResponseProfile(response_profile.value),
        }
        async with database.engine.connect() as connection:
            found = await find_workspace(connection, workspace)
        changes = {field: value for field, value in given.items() if value is not None}
        if rate_limit is not None:
            changes["rateLimit"] = rate_limit or None
        await operate(settings, database, "updateWorkspace", found["id"], {"input": changes})

    run(work)
    typer.echo(f"The workspace {workspace} has been changed.")
