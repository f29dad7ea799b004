"""`demo`: a server with demo data and keys to try, from nothing, in one command.

Everything it makes stands in one folder: database, secret, and `demo.json` with the address, the keys and a member's
password, readable by the owner alone. A second run keeps the data, and the others as long as `demo.json` is there.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.settings import Settings


@dataclass(frozen=True)
class DemoKey:
    """A key of the demo: what it shows, and a query or mutation that it can run."""

    title: str
    scopes: tuple[str, ...]
    query: str
    workspace: str = "acme"


def _all_but(*resources: str) -> tuple[str, ...]:
    """Every scope but those of some resources, as few as say it."""
    from app.access.scopes import SCOPES

    implied = {name for scope in SCOPES.values() for name in scope.implies}
    return tuple(
        name for name in SCOPES if name != "*" and name not in implied and name.partition(":")[0] not in resources
    )


def demo_keys() -> dict[str, DemoKey]:
    """The keys of the demo, by their name in `demo.json`."""
    contacts = "{ contacts(first: 3) { nodes { id firstName lastName email status } totalCount } }"
    return {
        "all": DemoKey(
            "everything",
            ("*",),
            "{ contacts(first: 3) { nodes { email tags { nodes { name } } messages { totalCount } } } }",
        ),
        "read_contacts": DemoKey("reads contacts and nothing else", ("contacts:read",), contacts),
        "lead_capture": DemoKey(
            "may create contacts, and sees only what it has just created",
            ("contacts:create",),
            'mutation { createContact(input: { email: "ada@example.com", firstName: "Ada" })'
            " { contact { id createdAt } userErrors { field message } } }",
        ),
        "no_messages": DemoKey(
            "everything but messages, and analytics, which count them",
            _all_but("messages", "analytics"),
            "{ contactsAggregate(groupBy: [STATUS]) { key { status } count } tasks(first: 2) { nodes { title } } }",
        ),
        "other_workspace": DemoKey("everything in the second workspace", ("*",), contacts, "globex"),
    }


def demo(
    port: Annotated[int, typer.Option(help="Port to serve on; 0 for any.", min=0, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(help="Folder for the database, the secret and demo.json.")] = Path("demo-data"),
    database: Annotated[str | None, typer.Option(help="Database URL instead of an SQLite file in the folder.")] = None,
    contacts: Annotated[int, typer.Option(help="Contacts to make, the first time.", min=1, max=5_000_000)] = 1_000,
) -> None:
    """Make demo data and keys, print both, and serve."""
    from app.commands.database import reaching, refusals
    from app.commands.demo_member import let_in
    from app.commands.serve import bind, run_server
    from app.settings import load
    from app.store.migrate import migrate

    with refusals(), bind(load(port=port)) as bound:
        data = data.absolute()
        _make_folder(data)
        url = database or f"sqlite+aiosqlite:///{(data / 'leadgraph.db').resolve()}"
        settings = load(database=url, port=port, secret=_secret(data / "secret"))
        url = settings.database
        with reaching():
            migrate(url)
            _load(settings, contacts)
        earlier = _earlier(data / "demo.json")
        keys = asyncio.run(_keys(settings, earlier.get("keys", {})))
        member = asyncio.run(let_in(settings, earlier.get("member", {}).get("password", "")))
        address = f"http://{settings.host}:{bound.getsockname()[1]}"
        told = {"url": address, "keys": keys, "member": member}
        _write_private(data / "demo.json", json.dumps(told, indent=2) + "\n")
        _show(address, keys, member, data / "demo.json")
        run_server(settings, bound)


def _make_folder(path: Path) -> None:
    from app.errors import ConfigurationError

    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path} is not a folder.")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret(path: Path) -> str:
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)  # the file may have been there with other rights
        file.write(text)


def _earlier(path: Path) -> dict[str, Any]:
    try:
        earlier: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return earlier


def _load(settings: Settings, contacts: int) -> None:
    from rich.console import Console

    from app.demo.load import load_demo
    from app.demo.progress import show_progress

    with show_progress(Console(stderr=True)) as progress:
        asyncio.run(load_demo(settings, contacts, progress))


async def _keys(settings: Settings, earlier: dict[str, str]) -> dict[str, str]:
    """The keys of an earlier run as far as the database still knows them; new ones instead of the rest."""
    from sqlalchemy import select

    from app.access.keys import hash_key
    from app.commands.key_search import id_of
    from app.commands.operating import operate
    from app.domain.api_key import ApiKey
    from app.domain.workspace import Workspace
    from app.resource import table_of
    from app.store.engine import open_database
    from app.store.identity import IdCodec

    stored, workspaces = table_of(ApiKey), table_of(Workspace)
    keys: dict[str, str] = {}
    database = await open_database(settings)
    try:
        async with database.engine.connect() as connection:
            rows = (await connection.execute(select(stored).where(stored.c.state == "active"))).all()
            slugs = await connection.execute(select(workspaces.c.slug, workspaces.c.id))
            ids = dict(slugs.tuples().all())
        known = {row.key_hash for row in rows}
        for name, wanted in demo_keys().items():
            if name in earlier and hash_key(earlier[name]) in known:
                keys[name] = earlier[name]
                continue
            workspace_id, title = ids[wanted.workspace], f"Demo: {wanted.title}"
            for lost in rows:
                if (lost.workspace_id, lost.name) == (workspace_id, title):
                    which = {"id": id_of(IdCodec(settings.secret), lost.id)}
                    await operate(settings, database, "revokeApiKey", workspace_id, which)
            new = {"input": {"name": title, "scopes": list(wanted.scopes)}}
            keys[name] = (await operate(settings, database, "createApiKey", workspace_id, new))["key"]
    finally:
        await database.close()
    return keys


def _show(address: str, keys: dict[str, str], member: dict[str, str], path: Path) -> None:
    for name, wanted in demo_keys().items():
        body = json.dumps({"query": wanted.query})
        typer.echo(f"\n{name}: {wanted.title}\n  {keys[name]}")
        typer.echo(
            f"  curl -s {address}/graphql -H 'Authorization: Bearer {keys[name]}'"
            f" -H 'Content-Type: application/json' -d '{body}'"
        )
    typer.echo(f"\nDocs        {address}/docs\nGraphQL     {address}/graphql\nPlayground  {address}/playground")
    typer.echo(f"Metrics     {address}/metrics")
    typer.echo(f"Key page    {address}/settings/api-keys\nSign in as  {member['email']} with {member['password']}")
    typer.echo(f"All this    {path}\n")
