"""`keys`: create, list, update, rotate, revoke, reactivate, delete. The same verbs as through the API."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.database import find_workspace, run
from app.commands.operating import operate

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from app.settings import Settings
    from app.store.identity import IdCodec
    from app.store.reading import Database
    from app.verb import Outcome

commands = typer.Typer(help="Make, list, change, rotate, revoke and delete API keys.", no_args_is_help=True)


class Mode(StrEnum):
    """What a key is for."""

    LIVE = "live"
    TEST = "test"
    SANDBOX = "sandbox"


Workspace = Annotated[str | None, typer.Option(help="Slug of the workspace; not needed when there is only one.")]
Within = Annotated[str | None, typer.Option("--workspace", help="Slug of the workspace; else the key of any is found.")]
Key = Annotated[str, typer.Argument(help="Prefix or id of the key, as the list shows them.")]
Expires = Annotated[
    str | None,
    typer.Option(help="When it stops working: 2030-12-31 (its last day, UTC), 2030-12-31T18:00:00Z, or 90d, 12h, 30m."),
]
Networks = Annotated[
    str | None,
    typer.Option(help="Addresses or networks, commas between them, that it may be used from; '' for all."),
]
RateLimit = Annotated[
    int | None,
    typer.Option(min=0, help="Requests a minute, besides what its workspace may; 0 for no limit of its own."),
]
_REGISTERED = "--registered-documents-only"


@commands.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for, in 1 to 100 characters.")],
    scopes: Annotated[
        str | None,
        typer.Option(
            help="Scopes with commas between them, for instance contacts:read,tags:write. Some dialects have a default."
        ),
    ] = None,
    mode: Annotated[Mode, typer.Option(help="A test key works in the sandbox; sandbox means test.")] = Mode.LIVE,
    expires: Expires = None,
    allowed_ips: Networks = None,
    registered_documents_only: Annotated[
        bool, typer.Option(_REGISTERED, help="Run no GraphQL document but those of LEADGRAPH_DOCUMENTS.")
    ] = False,
    rate_limit: RateLimit = None,
    workspace: Workspace = None,
) -> None:
    """Make a key and print it: this once, it is not kept."""

    async def work(settings: Settings, database: Database) -> tuple[str, str]:
        from app.domain.api_key import KeyMode

        input_ = {
            "name": name,
            "mode": KeyMode.LIVE if mode is Mode.LIVE else KeyMode.TEST,
            "registeredDocumentsOnly": registered_documents_only,
            **_given(scopes=scopes, allowedIps=allowed_ips),
            **_expiry(expires),
            "rateLimit": rate_limit or None,
        }
        async with database.engine.connect() as connection:
            workspace_id = (await find_workspace(connection, workspace))["id"]
        made = await operate(settings, database, "createApiKey", workspace_id, {"input": input_})
        return await _described(settings, database, made)

    _show(run(work))


@commands.command("list")
def list_(
    workspace: Workspace = None,
    all_: Annotated[bool, typer.Option("--all", help="Revoked keys, too, where they are hidden.")] = False,
) -> None:
    """List the keys of a workspace; revoked ones too, unless its dialect hides them."""

    async def work(settings: Settings, database: Database) -> list[tuple[str, ...]]:
        from app.access.dialect import DIALECTS
        from app.commands.key_search import list_keys
        from app.store.identity import IdCodec

        ids = IdCodec(settings.secret)
        async with database.engine.connect() as connection:
            found = await find_workspace(connection, workspace)
            revoked = all_ or not DIALECTS[found["dialect"]].hides_revoked
            return [_line(row, ids) for row in await list_keys(connection, found["id"], revoked=revoked)]

    lines = [("PREFIX", "NAME", "MODE", "STATE", "SCOPES", "EXPIRES", "LAST USED", "ID"), *run(work)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@commands.command()
def update(
    key: Key,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    scopes: Annotated[str | None, typer.Option(help="All scopes that it has from now on, with commas.")] = None,
    allowed_ips: Networks = None,
    registered_documents_only: Annotated[
        bool | None, typer.Option(f"{_REGISTERED}/--any-documents", help="Which GraphQL documents it may run.")
    ] = None,
    rate_limit: RateLimit = None,
    workspace: Within = None,
) -> None:
    """Rename a key, or change its scopes or restrictions; the key itself stays the same, and its expiry too."""
    changes = _given(scopes=scopes, allowedIps=allowed_ips)
    changes |= {"name": name} if name is not None else {}
    if registered_documents_only is not None:
        changes["registeredDocumentsOnly"] = registered_documents_only
    if rate_limit is not None:
        changes["rateLimit"] = rate_limit or None
    _change(key, workspace, "updateApiKey", "has been changed", input=changes)


@commands.command()
def rotate(
    key: Key,
    overlap: Annotated[str, typer.Option(help="How long the old one works beside the new one: 2h, 7d at most.")] = "0m",
    expires: Expires = None,
    workspace: Within = None,
) -> None:
    """Make a key anew and print it, this once; the old one is refused from the next request on."""

    async def work(settings: Settings, database: Database) -> tuple[str, str]:
        from app.commands.expiry import parse_span

        seconds = int(parse_span(overlap).total_seconds())
        id_, row = await _found(settings, database, key, workspace)
        given = {"id": id_, "overlap": seconds, **_expiry(expires)}
        made = await operate(settings, database, "rotateApiKey", row["workspace_id"], given)
        return await _described(settings, database, made)

    _show(run(work))


@commands.command()
def revoke(key: Key, workspace: Within = None) -> None:
    """Revoke a key: it is refused from the next request on, by every process."""
    _change(key, workspace, "revokeApiKey", "is revoked")


@commands.command()
def reactivate(key: Key, workspace: Within = None) -> None:
    """Take a revoked key into use again, where the workspace's policy allows that."""
    _change(key, workspace, "reactivateApiKey", "works again")


@commands.command()
def delete(key: Key, workspace: Within = None) -> None:
    """Delete a key for good; only the audit log tells of it then."""
    _change(key, workspace, "deleteApiKey", "is deleted")


def _change(key: str, workspace: str | None, verb: str, done: str, **given: Any) -> None:
    async def work(settings: Settings, database: Database) -> str:
        id_, row = await _found(settings, database, key, workspace)
        await operate(settings, database, verb, row["workspace_id"], {"id": id_, **given})
        return f"{row['prefix']}… ({row['name']}) {done}."

    typer.echo(run(work))


async def _found(settings: Settings, database: Database, text: str, workspace: str | None) -> tuple[str, RowMapping]:
    """The id and the row of the key that is meant."""
    from app.commands.key_search import find_key, id_of
    from app.store.identity import IdCodec

    ids = IdCodec(settings.secret)
    async with database.engine.connect() as connection:
        within = (await find_workspace(connection, workspace))["id"] if workspace is not None else None
        row = await find_key(connection, ids, text, within)
    return id_of(ids, row["id"]), row


async def _described(settings: Settings, database: Database, made: Outcome) -> tuple[str, str]:
    """A key that was made, and what is told of it."""
    from app.store.types import timestamp_text

    _, row = await _found(settings, database, made["key"], None)
    expires = timestamp_text(row["expires_at"]) if row["expires_at"] else "never"
    scopes = ", ".join(row["scopes"])
    told = f"Name: {row['name']}. Mode: {row['mode']}. Scopes: {scopes}. Prefix: {row['prefix']}. Expires: {expires}."
    return made["key"], told


def _show(made: tuple[str, str]) -> None:
    key, told = made
    typer.echo(key)
    typer.echo(f"Keep it now, it is not shown again. {told}", err=True)


def _line(row: RowMapping, ids: IdCodec) -> tuple[str, ...]:
    from app.commands.key_search import id_of
    from app.store.types import now, timestamp_text

    expires, used = row["expires_at"], row["last_used_at"]
    return (
        row["prefix"],
        row["name"],
        row["mode"],
        "expired" if row["state"] == "active" and expires and expires <= now() else row["state"],
        ",".join(row["scopes"]),
        timestamp_text(expires) if expires else "never",
        timestamp_text(used) if used else "never",
        id_of(ids, row["id"]),
    )


def _given(**lists: str | None) -> dict[str, Any]:
    """Lists that were given with commas; what was left out is missing."""
    return {
        name: [item.strip() for item in text.split(",") if item.strip()]
        for name, text in lists.items()
        if text is not None
    }


def _expiry(text: str | None) -> dict[str, str]:
    from app.commands.expiry import parse_expiry
    from app.store.types import now

    return {"expiresAt": parse_expiry(text, now()).isoformat()} if text else {}
