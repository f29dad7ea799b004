"""`members add`, `members list`, `members update`, `members remove`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.database import find_workspace, refusals, run
from app.commands.operating import operate, read_password

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.reading import Database

commands = typer.Typer(help="Add, list, change and remove the members of a workspace.", no_args_is_help=True)


class Role(StrEnum):
    """What a member may do."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


Workspace = Annotated[str | None, typer.Option(help="Slug of the workspace; not needed when there is only one.")]
Email = Annotated[str, typer.Argument(help="E-mail address of the member.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File with the password, which is asked for otherwise.")]


@commands.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="Full name.")],
    role: Annotated[Role, typer.Option(help="What the member may do.")] = Role.MEMBER,
    developer: Annotated[bool, typer.Option("--developer", help="May manage API keys.")] = False,
    password_file: PasswordFile = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in with the identity provider alone.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Add a member, who can then sign in."""
    hashed = None if no_password else _hash(password_file)

    async def work(settings: Settings, database: Database) -> None:
        from app.domain.user import Role as Stored

        given = {"email": email, "name": name, "role": Stored(role.value), "developer": developer}
        async with database.engine.connect() as connection:
            found = await find_workspace(connection, workspace)
        arguments = {"input": given, "passwordHash": hashed}
        await operate(settings, database, "createUser", found["id"], arguments)

    run(work)
    typer.echo(f"{email} has been added.")


@commands.command("list")
def list_all(workspace: Workspace = None) -> None:
    """List the members of a workspace."""

    async def work(_: Settings, database: Database) -> list[tuple[str, ...]]:
        from sqlalchemy import select

        from app.domain.user import User
        from app.resource import table_of

        table = table_of(User)
        async with database.engine.connect() as connection:
            found = await find_workspace(connection, workspace)
            mine = select(table).where(table.c.workspace_id == found["id"]).order_by(table.c.email)
            return [
                (row.email, row.name, row.role, _yes(row.developer), _yes(row.password_hash is not None))
                for row in await connection.execute(mine)
            ]

    lines = [("E-MAIL", "NAME", "ROLE", "DEVELOPER", "PASSWORD"), *run(work)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@commands.command()
def update(
    email: Email,
    name: Annotated[str | None, typer.Option(help="Full name.")] = None,
    new_email: Annotated[str | None, typer.Option(help="Another e-mail address.")] = None,
    role: Annotated[Role | None, typer.Option(help="What the member may do.")] = None,
    developer: Annotated[bool | None, typer.Option("--developer/--no-developer", help="May manage API keys.")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password; ends all sessions.")] = False,
    password_file: PasswordFile = None,
    workspace: Workspace = None,
) -> None:
    """Change a member; it holds from his next request on."""
    hashed = _hash(password_file) if password or password_file else None

    async def work(settings: Settings, database: Database) -> None:
        from app.domain.user import Role as Stored

        given = {
            "email": new_email,
            "name": name,
            "role": None if role is None else Stored(role.value),
            "developer": developer,
        }
        arguments = {
            "input": {field: value for field, value in given.items() if value is not None},
            "passwordHash": hashed,
        }
        await _operate_on(settings, database, "updateUser", email, workspace, arguments)

    run(work)
    typer.echo(f"{email} has been changed.")


@commands.command()
def remove(email: Email, workspace: Workspace = None) -> None:
    """Remove a member: his sessions end, keys that he made go on."""

    async def work(settings: Settings, database: Database) -> None:
        await _operate_on(settings, database, "deleteUser", email, workspace, {})

    run(work)
    typer.echo(f"{email} has been removed.")


async def _operate_on(
    settings: Settings, database: Database, verb: str, email: str, slug: str | None, given: dict[str, Any]
) -> None:
    from sqlalchemy import select

    from app.domain import CATALOG
    from app.domain.user import User
    from app.errors import NotFound
    from app.resource import table_of
    from app.store.identity import IdCodec

    table, codec = table_of(User), IdCodec(settings.secret)
    async with database.engine.connect() as connection:
        workspace = await find_workspace(connection, slug)
        this = select(table.c.id).where(table.c.workspace_id == workspace["id"], table.c.email == email)
        key = await connection.scalar(this)
    if key is None:
        raise NotFound(f"{email} is no member of {workspace['slug']}.")
    id_ = codec.encode(codec.base(CATALOG.nouns["User"].number) + key)
    await operate(settings, database, verb, workspace["id"], {"id": id_, **given})


def _hash(file: Path | None) -> str:
    from app.access.passwords import hash_password

    with refusals():
        return hash_password(read_password(file))


def _yes(value: object) -> str:
    return "yes" if value else "no"
