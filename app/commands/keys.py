"""`keys create`, `keys list`, `keys revoke`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.database import find_workspace, run

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from app.domain.api_key_verbs import IssuedKey
    from app.settings import Settings
    from app.store.reading import Database

commands = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


class Mode(StrEnum):
    """What a key is for."""

    LIVE = "live"
    TEST = "test"


Workspace = Annotated[str | None, typer.Option(help="Slug of the workspace; not needed when there is only one.")]


@commands.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for, in 1 to 100 characters.")],
    scopes: Annotated[
        str, typer.Option(help="Scopes with commas between them, for instance contacts:read,tags:write.")
    ],
    mode: Annotated[Mode, typer.Option(help="A test key works in the sandbox.")] = Mode.LIVE,
    expires: Annotated[
        str | None,
        typer.Option(
            help="When it stops working: 2030-12-31 (its last day, UTC), 2030-12-31T18:00:00Z, or 90d, 12h, 30m."
        ),
    ] = None,
    registered_documents_only: Annotated[
        bool,
        typer.Option("--registered-documents-only", help="Run no GraphQL document but those of LEADGRAPH_DOCUMENTS."),
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Make a key and print it: this once, it is not kept."""

    async def work(_: Settings, database: Database) -> IssuedKey:
        from app.commands.expiry import parse_expiry
        from app.domain.api_key_verbs import create_key
        from app.errors import BadUserInput
        from app.store.session import transaction
        from app.store.types import now

        granted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        if not granted:
            raise BadUserInput("Name at least one scope.")
        async with transaction(database) as tx:
            found = await find_workspace(tx.connection, workspace)
            return await create_key(
                tx.connection,
                workspace_id=found["id"],
                name=name,
                scopes=granted,
                mode="live" if mode is Mode.LIVE else "test",
                expires_at=parse_expiry(expires, now()) if expires else None,
                registered_documents_only=registered_documents_only,
            )

    issued = run(work)
    typer.echo(issued.key)
    typer.echo(f"Keep it now, it is not shown again. {_described(issued)}", err=True)


@commands.command("list")
def list_(workspace: Workspace = None) -> None:
    """List the keys of a workspace, revoked ones too."""

    async def work(settings: Settings, database: Database) -> list[tuple[str, ...]]:
        from app.domain.api_key_verbs import list_keys

        async with database.engine.connect() as connection:
            found = await find_workspace(connection, workspace)
            return [_line(row, settings) for row in await list_keys(connection, workspace_id=found["id"])]

    lines = [("PREFIX", "NAME", "MODE", "STATE", "SCOPES", "EXPIRES", "LAST USED", "ID"), *run(work)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@commands.command()
def revoke(key: Annotated[str, typer.Argument(help="Prefix or id of the key, as the list shows them.")]) -> None:
    """Revoke a key: it is refused from the next request on, by every process."""

    async def work(settings: Settings, database: Database) -> str:
        from app.access.keys import prefix
        from app.domain.api_key_verbs import find_keys, revoke_key
        from app.errors import BadUserInput, NotFound
        from app.store.session import transaction

        codec, number = _codec(settings)
        async with transaction(database) as tx:
            found = await find_keys(tx.connection, key, key_id=codec.key(number, key))
            if not found:
                raise NotFound(f"There is no key {prefix(key)}…")
            if len(found) > 1:
                ids = ", ".join(codec.encode(codec.base(number) + row["id"]) for row in found)
                raise BadUserInput(f"{len(found)} keys start with {key}; give the id of one: {ids}.")
            [row] = found
            revoked = await revoke_key(tx.connection, row["id"], workspace_id=row["workspace_id"])
        return f"{row['prefix']}… ({row['name']}) {'is revoked' if revoked else 'was revoked before'}."

    typer.echo(run(work))


def _described(issued: IssuedKey) -> str:
    from app.store.types import timestamp_text

    expires = timestamp_text(issued.expires_at) if issued.expires_at else "never"
    scopes = ", ".join(issued.scopes)
    return f"Name: {issued.name}. Mode: {issued.mode}. Scopes: {scopes}. Prefix: {issued.prefix}. Expires: {expires}."


def _line(row: RowMapping, settings: Settings) -> tuple[str, ...]:
    from app.store.types import now, timestamp_text

    expires, used = row["expires_at"], row["last_used_at"]
    codec, number = _codec(settings)
    return (
        row["prefix"],
        row["name"],
        row["mode"],
        "expired" if row["state"] == "active" and expires and expires <= now() else row["state"],
        ",".join(row["scopes"]),
        timestamp_text(expires) if expires else "never",
        timestamp_text(used) if used else "never",
        codec.encode(codec.base(number) + row["id"]),
    )


def _codec(settings: Settings) -> tuple[Any, int]:
    """The id codec, and the number of keys in it."""
    from app.domain import CATALOG
    from app.store.identity import IdCodec

    return IdCodec(settings.secret), CATALOG.nouns["ApiKey"].number
