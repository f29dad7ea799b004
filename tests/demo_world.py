"""The demo as documentation shows it: the same ids every time, keys that can be rotated and revoked, drafts to work on.

async with demonstrated(path) as demo:  # a fresh copy of a world that was built once
    await demo.http.get("/v1/contacts/" + demo.ids["Contact/7"], headers=demo.headers)
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from app.application import Application, create_app
from app.demo import load_demo
from app.domain import CATALOG
from app.domain.workspace import Workspace
from app.resource import table_of
from app.settings import Settings
from app.store.session import transaction
from tests.keys import insert_key
from tests.secrecy import SECRETS
from tests.seeding import opened

SECRET = "x7Qd2vT9mK4rW8pLc3Zs"  # what makes the ids; like no text, for it is searched for as one that leaked
CONTACTS = 40
TODAY = datetime(2026, 11, 21, tzinfo=UTC)

# Key: name, scopes. The first is what the examples are asked with, the others what they are about.
_KEYS = {
    "all": ("Production", ("*",)),
    "contacts": ("Website", ("contacts:read",)),
    "rotated": ("Zapier", ("contacts:read", "contacts:create")),
    "revoked": ("Warehouse", ("contacts:read", "companies:read")),
    "deleted": ("Old integration", ("*",)),
}
_AUTOMATION = "mutation ($name: String!) { createAutomation(input: {name: $name}) { automation { id } } }"
_STEP = """mutation ($id: ID!) {
  createAutomationStep(input: {automationId: $id, kind: WAIT, settings: {minutes: 60}}) { userErrors { message } }
}"""


@dataclass(frozen=True)
class Built:
    """A database with the demo, its keys, and the ids of what was made besides."""

    path: Path
    keys: Mapping[str, str]
    made: Mapping[str, str]


@dataclass(frozen=True)
class Demo:
    """An application over a copy of it."""

    app: Application
    http: httpx2.AsyncClient
    keys: Mapping[str, str]
    made: Mapping[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return self.bearer("all")

    def bearer(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[key]}"}

    def id(self, name: str) -> str:
        """The id of `Contact/7`, or of something that was made and has a name."""
        noun, _, key = name.partition("/")
        ids = self.app.ids
        return ids.encode(ids.base(CATALOG.nouns[noun].number) + int(key)) if key else self.made[name]


def settings_of(path: Path, **more: Any) -> Settings:
    """Those with which a database of the documentation is served."""
    return Settings(**{"database": f"sqlite+aiosqlite:///{path}", "secret": SECRET} | more)


async def build(path: Path) -> Built:
    """Writes the demo into a migrated, empty database."""
    settings = settings_of(path)
    assert await load_demo(settings, CONTACTS, today=TODAY)
    keys, rows = {}, {}
    workspaces = table_of(Workspace)
    async with opened(settings.database) as database, transaction(database) as tx:
        acme = (await tx.connection.execute(select(workspaces.c.id).where(workspaces.c.slug == "acme"))).scalar_one()
        await tx.connection.execute(
            update(workspaces).where(workspaces.c.id == acme).values(revocation_policy="reversible")
        )
        for name, (title, scopes) in _KEYS.items():
            issued = await insert_key(tx.connection, acme, name=title, scopes=scopes)
            SECRETS.handed_out(issued.key)
            keys[name], rows[name] = issued.key, issued.id
    made: dict[str, str] = {}
    async with demonstrated(Built(path, keys, {})) as demo:
        made |= {f"key {name}": demo.id(f"ApiKey/{row}") for name, row in rows.items()}
        for name in ("Webinar", "Trade fair", "Reminder"):
            answer = (await _ask(demo, _AUTOMATION, {"name": name}))["createAutomation"]
            made[name] = answer["automation"]["id"]
            await _ask(demo, _STEP, {"id": made[name]})
        draft = {"contactId": demo.id("Contact/8"), "channel": "email", "subject": "Your trial", "body": "How is it?"}
        for name in ("draft", "discarded"):
            response = await demo.http.post("/v1/messages", json=draft, headers=demo.headers)
            made[name] = response.json()["data"]["id"]
    return Built(path, keys, made)


async def _ask(demo: Demo, query: str, variables: Mapping[str, Any]) -> Any:
    body = {"query": query, "variables": variables}
    return (await demo.http.post("/graphql", json=body, headers=demo.headers)).json()["data"]


@asynccontextmanager
async def demonstrated(built: Built, **settings: Any) -> AsyncIterator[Demo]:
    """An application over a built world, which it changes."""
    app = create_app(settings_of(built.path, **settings))
    await app.start()
    try:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://leadgraph.test") as http:
            yield Demo(app, http, built.keys, built.made)
    finally:
        await app.stop()


def copied(built: Built, path: Path) -> Built:
    """The same in a file of its own."""
    shutil.copy(built.path, path)
    return Built(path, built.keys, built.made)


@pytest.fixture(scope="session")
def built_demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The world, built once; to be copied, not changed."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("documented") / "demo.db")
    return asyncio.run(build(Path(path)))


@pytest.fixture
async def demo(built_demo: Built, tmp_path: Path) -> AsyncIterator[Demo]:
    """An application over a fresh copy."""
    async with demonstrated(copied(built_demo, tmp_path / "demo.db")) as served:
        yield served
