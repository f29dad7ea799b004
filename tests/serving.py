"""A served application over a small hand-made world: fixtures `client` and `sqlite_client`, and what they can do.

    async def test_names(client: Client) -> None:
        data = await client.ask("query ($id: ID!) { contact(id: $id) { firstName } }", {"id": client.ids["ada"]})

`client` runs a test on SQLite and on PostgreSQL; `sqlite_client` once, for what no database can change. Requests go
through ASGI in this process. The world is two workspaces, `acme` and `globex`, in which every record has a name of one
word (`WORLD`); `client.ids` tells its id by that name, `client.keys` the API keys by theirs (`KEYS`).
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import URL, make_url, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.application import Application, create_app
from app.domain import CATALOG
from app.domain.api_key import ApiKey
from app.domain.workspace import Workspace
from app.resource import table_of
from app.settings import Settings, sqlite_path
from app.store.fold import search_text
from app.store.reading import Database
from app.store.session import transaction
from tests.databases import fresh_database, render
from tests.keys import delete_key, insert_key, revoke_key
from tests.secrecy import SECRETS
from tests.seeding import opened

KEYS = {
    "all": ("acme", ("*",)),
    "nothing": ("acme", ()),
    "contacts": ("acme", ("contacts:read",)),
    "companies": ("acme", ("companies:read",)),
    "tags": ("acme", ("tags:read",)),
    "people": ("acme", ("contacts:read", "companies:read", "tags:read", "lists:read")),
    "messages": ("acme", ("messages:read",)),
    "pipelines": ("acme", ("contacts:read", "pipelines:read")),
    "analytics": ("acme", ("analytics:read",)),
    "capture": ("acme", ("contacts:create",)),
    "audit": ("acme", ("audit_log:read",)),
    "manager": ("acme", ("api_keys:manage", "contacts:read")),
    "foreign": ("globex", ("*",)),
    "foreign contacts": ("globex", ("contacts:read",)),
}
"""Every key by name: its workspace and its scopes."""

# Noun, then each record's name and values; a value that starts with @ is the record of that name.
WORLD: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "acme": {
        "User": {
            "grace": {"name": "Grace Hopper", "email": "grace@acme.test", "role": "owner"},
            "linus": {"name": "Linus Berg", "email": "linus@acme.test", "role": "member"},
        },
        "Company": {
            "initech": {"name": "Initech", "domain": "initech.test", "industry": "software", "size": 250},
            "umbrella": {"name": "Umbrella Ürün", "domain": "umbrella.test", "industry": "pharma", "size": None},
            "empty": {"name": "Nobody Works Here", "industry": "software"},
        },
        "Pipeline": {"sales": {"name": "Sales"}},
        "Stage": {
            "lead": {"name": "Lead", "position": 0, "probability": 10, "kind": "open", "pipeline_id": "@sales"},
            "won": {"name": "Won", "position": 1, "probability": 100, "kind": "won", "pipeline_id": "@sales"},
        },
        "Project": {"spring": {"name": "Spring fair"}},
        "Tag": {
            "hot": {"name": "hot", "color": "#ff0000"},
            "cold": {"name": "cold", "color": None},
            "unused": {"name": "unused", "color": "#00ff00"},
        },
        "ContactList": {"newsletter": {"name": "Newsletter"}},
        "Contact": {
            "ada": {
                "first_name": "Ada",
                "last_name": "Lovelace",
                "email": "ada@initech.test",
                "phone": "+44 20 7946 0000",
                "status": "qualified",
                "score": 90,
                "source": "web",
                "custom_fields": {"budget": 5000, "shoe": {"size": 38}},
                "company_id": "@initech",
                "stage_id": "@won",
                "assigned_to_id": "@grace",
                "project_id": "@spring",
            },
            "bob": {
                "first_name": "Bob",
                "last_name": "Żółty",
                "email": "bob@initech.test",
                "status": "contacted",
                "score": 40,
                "company_id": "@initech",
                "stage_id": "@lead",
                "assigned_to_id": "@linus",
            },
            "cy": {"first_name": "Cy", "email": "cy@umbrella.test", "score": 40, "company_id": "@umbrella"},
            "dee": {"first_name": "Dee", "last_name": "O'Hara", "status": "unqualified"},
            "blank": {},
        },
        "Message": {
            "hello": {
                "direction": "outbound",
                "status": "replied",
                "subject": "Hello Ada",
                "body": "How is the engine?",
                "sent_at": datetime(2026, 1, 2, 9, tzinfo=UTC),
                "delivered_at": datetime(2026, 1, 2, 9, 1, tzinfo=UTC),
                "opened_at": datetime(2026, 1, 2, 10, tzinfo=UTC),
                "replied_at": datetime(2026, 1, 3, 8, tzinfo=UTC),
                "contact_id": "@ada",
            },
            "answer": {
                "direction": "inbound",
                "status": "delivered",
                "subject": "Re: Hello",
                "body": "It weaves algebraic patterns.",
                "sent_at": datetime(2026, 1, 3, 8, tzinfo=UTC),
                "contact_id": "@ada",
            },
            "bounced": {
                "direction": "outbound",
                "channel": "sms",
                "status": "bounced",
                "body": "Are you there?",
                "sent_at": datetime(2026, 2, 1, 9, tzinfo=UTC),
                "bounced_at": datetime(2026, 2, 1, 9, 2, tzinfo=UTC),
                "contact_id": "@bob",
            },
        },
        "Task": {
            "call": {"title": "Call Ada", "contact_id": "@ada", "assignee_id": "@grace"},
        },
    },
    "globex": {
        "User": {"hank": {"name": "Hank Scorpio", "email": "hank@globex.test", "role": "owner"}},
        "Company": {"doom": {"name": "Doom Works", "domain": "doom.test", "industry": "software", "size": 3}},
        "Tag": {"secret": {"name": "secret", "color": "#000000"}},
        "Contact": {
            "eve": {"first_name": "Eve", "email": "eve@doom.test", "score": 99, "company_id": "@doom"},
            "mallory": {"first_name": "Mallory", "email": "mallory@doom.test", "score": 1},
        },
        "Message": {
            "plot": {"subject": "The plot", "body": "At dawn.", "direction": "outbound", "contact_id": "@eve"},
        },
    },
}

# Pairs of a link through a table of its own: noun, link, from which record to which.
PAIRS = (
    ("Contact", "tags", (("ada", "hot"), ("ada", "cold"), ("bob", "cold"), ("eve", "secret"))),
    ("Contact", "lists", (("ada", "newsletter"), ("cy", "newsletter"))),
)


@dataclass
class Client:
    """A running application, its world, and a way to ask it."""

    app: Application
    http: httpx2.AsyncClient
    ids: Mapping[str, str]  # of every record in WORLD and of both workspaces, by name
    rows: Mapping[str, int]  # their primary keys
    keys: dict[str, str]
    key_rows: dict[str, int]

    @property
    def database(self) -> Database:
        assert self.app.database is not None
        return self.app.database

    async def send(
        self, query: str, variables: Mapping[str, Any] | None = None, *, key: str | None = "all", **more: Any
    ) -> httpx2.Response:
        """The response to a POST; `key` is a name of `KEYS`, None sends none; `more` are members of the body."""
        body = {"query": query, "variables": variables, **more}
        return await self.http.post("/graphql", json=body, headers=self.bearer(key) if key else {})

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None, *, key: str = "all") -> Any:
        """The `data` of a request that must succeed."""
        response = await self.send(query, variables, key=key)
        answer = response.json()
        assert response.status_code == 200, answer
        assert list(answer) == ["data"], answer
        return answer["data"]

    async def refused(
        self, query: str, variables: Mapping[str, Any] | None = None, *, key: str | None = "all"
    ) -> dict[str, Any]:
        """The first error of a request that must fail: its `extensions`, with `message` and `status` beside them."""
        response = await self.send(query, variables, key=key)
        answer = response.json()
        assert response.status_code != 200, answer
        assert list(answer) == ["errors"], answer
        first = answer["errors"][0]
        return {**first["extensions"], "message": first["message"], "status": response.status_code}

    def bearer(self, key: str) -> dict[str, str]:
        """The header that sends a key of `KEYS`."""
        return {"authorization": f"Bearer {self.keys[key]}"}

    async def add_key(self, name: str, workspace: str = "acme", scopes: tuple[str, ...] = ("*",), **more: Any) -> str:
        """Makes a key that is known by `name` from now on; its text."""
        async with transaction(self.database) as tx:
            made = await insert_key(tx.connection, self.rows[workspace], name=name, scopes=scopes, **more)
        SECRETS.handed_out(made.key)
        self.keys[name], self.key_rows[name] = made.key, made.id
        return made.key

    async def revoke(self, key: str) -> None:
        """Revokes a key as another process would: this one's caches are not told."""
        async with transaction(self.database) as tx:
            await revoke_key(tx.connection, self.key_rows[key])

    async def delete_key(self, key: str) -> None:
        """Deletes a key as another process would."""
        async with transaction(self.database) as tx:
            await delete_key(tx.connection, self.key_rows[key])

    async def change_key(self, key: str, **values: Any) -> None:
        """Edits a key's row and counts its version up, as another process would."""
        table = table_of(ApiKey)
        async with transaction(self.database) as tx:
            this = update(table).where(table.c.id == self.key_rows[key])
            await tx.connection.execute(this.values(version=table.c.version + 1, **values))

    async def change_workspace(self, workspace: str, **values: Any) -> None:
        """Edits a workspace's row and counts its version up, as another process would."""
        table = table_of(Workspace)
        async with transaction(self.database) as tx:
            this = update(table).where(table.c.id == self.rows[workspace])
            await tx.connection.execute(this.values(version=table.c.version + 1, **values))


@dataclass(frozen=True)
class World:
    """A database that holds the world, and what is where in it."""

    url: str
    rows: Mapping[str, tuple[str, int]]  # noun and primary key of each record, by name
    keys: Mapping[str, tuple[str, int]]  # text and primary key of each API key, by name


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    """The application over a fresh world; the test runs once for each database."""
    async with serving(world) as served:
        yield served


@pytest.fixture
async def sqlite_client(sqlite_world: World) -> AsyncIterator[Client]:
    async with serving(sqlite_world) as served:
        yield served


@asynccontextmanager
async def serving(world: World, **settings: Any) -> AsyncIterator[Client]:
    """An application of its own over a world, for tests that need other settings, or two of them."""
    usual: dict[str, Any] = {
        "database": world.url,
        "rate_limits": "off",
        "acquire_timeout": 60,
    }  # a machine under load is no failure
    app = create_app(Settings(**usual | settings))
    await app.start()
    try:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://leadgraph.test") as http:
            yield Client(
                app,
                http,
                ids={
                    name: app.ids.encode(app.ids.base(CATALOG.nouns[noun].number) + row)
                    for name, (noun, row) in world.rows.items()
                },
                rows={name: row for name, (_, row) in world.rows.items()},
                keys={name: text for name, (text, _) in world.keys.items()},
                key_rows={name: row for name, (_, row) in world.keys.items()},
            )
    finally:
        await app.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """A fresh database with the world in it; the test runs once for each kind."""
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made


@pytest.fixture
def sqlite_world(sqlite_world_template: World, tmp_path: Path) -> World:
    path = sqlite_path(sqlite_world_template.url)
    assert path is not None
    return replace(sqlite_world_template, url=f"sqlite+aiosqlite:///{shutil.copy(path, tmp_path / 'world.db')}")


@pytest.fixture
def postgresql_world(postgresql_server: URL, postgresql_world_template: World) -> Iterator[World]:
    template = make_url(postgresql_world_template.url).database
    assert template
    with fresh_database(postgresql_server, template=template) as database:
        yield replace(postgresql_world_template, url=render(database))


@pytest.fixture(scope="session")
def sqlite_world_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("sqlite") / "world.db")
    return asyncio.run(populate(f"sqlite+aiosqlite:///{path}"))


@pytest.fixture(scope="session")
def postgresql_world_template(postgresql_server: URL, postgresql_template: str) -> Iterator[World]:
    with fresh_database(postgresql_server, template=postgresql_template) as database:
        yield asyncio.run(populate(render(database)))


async def populate(url: str) -> World:
    """Writes the world into a migrated, empty database."""
    async with opened(url) as database, transaction(database) as tx:
        rows = await _write_world(tx.connection)
        keys = {}
        for name, (workspace, scopes) in KEYS.items():
            made = await insert_key(tx.connection, rows[workspace][1], name=name, scopes=scopes)
            SECRETS.handed_out(made.key)
            keys[name] = (made.key, made.id)
    return World(url, rows, keys)


async def _write_world(connection: AsyncConnection) -> dict[str, tuple[str, int]]:
    rows: dict[str, tuple[str, int]] = {}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for workspace, nouns in WORLD.items():
        rows[workspace] = ("Workspace", await _insert(connection, "Workspace", name=workspace.title(), slug=workspace))
        for noun, records in nouns.items():
            for name, values in records.items():
                moment += timedelta(hours=1)  # the order of WORLD is the order of creation
                given = {key: _resolved(value, rows) for key, value in values.items()}
                given |= {"workspace_id": rows[workspace][1], "created_at": moment, "updated_at": moment}
                rows[name] = (noun, await _insert(connection, noun, **given))
    for noun, link, pairs in PAIRS:
        through = CATALOG.nouns[noun].links[link].through  # type: ignore[union-attr]
        assert through is not None
        for near, far in pairs:
            await connection.execute(
                through.table.insert().values({through.near: rows[near][1], through.far: rows[far][1]})
            )
    return rows


def _resolved(value: Any, rows: Mapping[str, tuple[str, int]]) -> Any:
    return rows[value[1:]][1] if isinstance(value, str) and value.startswith("@") else value


async def _insert(connection: AsyncConnection, noun: str, **values: Any) -> int:
    resource = CATALOG.nouns[noun].resource
    row = resource.table().model_dump(exclude={"id"}, warnings=False) | values
    if resource.search:
        row["search_text"] = search_text(*(row[name] for name in resource.search))
    table = table_of(resource.table)
    return int((await connection.execute(table.insert().values(row).returning(table.c.id))).scalar_one())
