"""Toy nouns on a metadata of their own: the engine without any of the real ones, and what these do not have.

A `Maker` makes `Toy`s. A toy's price, secret and dates are guarded columns: reading toys is not enough to read them.
Makers can be listed from the workspace with a scope that opens no other way to them.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData, select
from sqlalchemy.orm import registry

from app.access.credentials import Credentials
from app.access.guard import Guard
from app.access.keys import hash_key
from app.access.limits.admission import Admission
from app.access.principal import Principal
from app.access.recognition import Principals
from app.access.views import Views
from app.catalog import build_catalog
from app.domain.api_key import KeyMode
from app.graph.changes import Changes
from app.graph.documents import Documents
from app.graph.executor import Executor
from app.graph.explaining import Explaining
from app.graph.persisted import Persisted
from app.graph.query import COMPUTED
from app.graph.schema import View, assemble, views_of
from app.read.cursor import CursorCodec
from app.read.planner import Planner
from app.read.planning import Engine
from app.resource import (
    Choice,
    Entity,
    Many,
    Measure,
    One,
    Record,
    Requirement,
    Resource,
    Summary,
    choice,
    decimal,
    flag,
    integer,
    json_object,
    moment,
    private,
    reference,
    strings,
    table_of,
    text,
)
from app.settings import Settings
from app.store.dialect import dialect_named
from app.store.engine import open_database
from app.store.identity import IdCodec
from app.store.reading import Database
from app.store.search import create_search
from app.store.types import LongText, varchar
from app.write.denials import Denials
from app.write.transaction import Actor, Writes
from app.write.usage import Usage

METADATA = MetaData()
_REGISTRY = registry(metadata=METADATA)
SECRETS = (("secrets:read",),)
PRICES = (("prices:read", "toys:audit"), ("secrets:read", "toys:audit"))


class Secrecy(Choice):
    """How secret a toy is."""

    OPEN = "open", "Everybody may know."
    SEALED = "sealed", "Nobody may know."


class ToyEntity(Entity, registry=_REGISTRY):
    """An entity of the toys' metadata."""


class ToyRecord(Record, registry=_REGISTRY):
    """A record of the toys' metadata."""


class Workspace(ToyEntity, table=True):
    __tablename__ = "workspace"

    name: str = text("Name.", max_length=50)
    slug: str = text("Slug.", max_length=50)
    api_enabled: bool = flag("Whether keys work.", default=True)


class Key(ToyRecord, table=True):
    __tablename__ = "api_key"

    name: str = text("Name.", max_length=100)
    mode: KeyMode = choice(KeyMode, "Mode.", default=KeyMode.LIVE)
    prefix: str = text("Prefix.", max_length=14)
    key_hash: str = private(varchar(64), "Hash.", unique=True)
    scopes: list[str] = strings("Scopes.")
    registered_documents_only: bool = flag("Whether texts are refused.", default=False)
    state: str = text("State.", max_length=20, default="active")
    expires_at: datetime | None = moment("Expiry.", default=None)


class Maker(ToyRecord, table=True):
    __tablename__ = "maker"

    name: str = text("Name.", max_length=50)
    rating: int = integer("Nobody but auditors knows it, and a maker has no other number.", requires=SECRETS)


class Toy(ToyRecord, table=True):
    __tablename__ = "toy"

    name: str = text("Name.", max_length=50)
    price: float = decimal("Price.", requires=PRICES)
    secret: str | None = text("Secret name.", max_length=50, default=None, group=True, requires=SECRETS)
    secrecy: Secrecy = choice(Secrecy, "Secrecy.", requires=SECRETS)
    hidden: bool = flag("Whether it is hidden.", requires=SECRETS)
    sold_at: datetime | None = moment("When it was sold.", default=None, group=True, requires=SECRETS)
    tags: list[str] = strings("Tags.", requires=SECRETS)
    details: dict[str, Any] = json_object("Details.", requires=SECRETS)
    owner_id: int | None = reference(
        "maker", on_delete="SET NULL", default=None, description="Id of its owner.", requires=SECRETS, group=True
    )
    maker_id: int | None = reference("maker", on_delete="SET NULL", default=None)
    search_text: str = private(LongText, "What search looks in: name.", default="")


WORKSPACE = Resource(
    Workspace,
    "Workspace",
    "workspaces",
    "The workspace.",
    "workspace",
    links=(Many("makers", "Maker", "Its makers.", column="workspace_id", requires=(("makers:list",),)),),
)
KEY = Resource(Key, "ApiKey", "apiKeys", "A key.", "api_keys", read=(("api_keys:manage",),))
MAKER = Resource(
    Maker,
    "Maker",
    "makers",
    "Makes toys.",
    "makers",
    links=(
        Many("toys", "Toy", "What it makes.", column="maker_id"),
        Many("owned", "Toy", "What it owns.", column="owner_id", requires=(("secrets:read", "toys:read"),)),
    ),
    summaries=(
        Summary(
            "numbers",
            "MakerNumbers",
            of="Toy",
            column="maker_id",
            measures=(
                Measure("sold", "Toys sold.", where=lambda table: table.c.sold_at.is_not(None)),
                Measure("lastSoldAt", "When the last one was sold.", latest="sold_at"),
            ),
            description="Numbers of the maker's toys.",
            requires=SECRETS,
        ),
    ),
)
TOY = Resource(
    Toy,
    "Toy",
    "toys",
    "A toy.",
    "toys",
    search=("name",),
    links=(
        One("maker", "Maker", "maker_id", "Who makes it.", group=True),
        One("owner", "Maker", "owner_id", "Who owns it.", group=True, requires=(("secrets:read", "makers:read"),)),
    ),
)
CATALOG = build_catalog((WORKSPACE, KEY, MAKER, TOY))

SCOPES = (
    "toys:read",
    "makers:read",
    "makers:list",
    "secrets:read",
    "prices:read",
    "toys:audit",
    "workspace:read",
    "api_keys:manage",
)
"""Scopes that mean something here; there is no `write` and no `*`."""


def views() -> Views[View]:
    """The key-scoped views of the toys."""
    return views_of(assemble(CATALOG), 2 ** len(SCOPES))


def create(connection: Connection) -> None:
    """Makes the toys' tables, and the search index."""
    METADATA.create_all(connection)
    create_search(connection, ["toy"])


class _Principals(Principals):
    """Grants what is granted: the real ones know only real scopes, and keys with more columns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recognise(self, credentials: Credentials, address: str) -> Principal:
        async with self._database.engine.connect() as connection:
            keys, workspaces = table_of(Key), table_of(Workspace)
            found = select(*keys.c, workspaces.c.version.label("home_version")).join_from(keys, workspaces)
            of_key = found.where(keys.c.key_hash == hash_key(credentials.text))
            key = (await connection.execute(of_key)).one()
        return Principal(
            home_id=key.workspace_id,
            home_version=key.home_version,
            workspace_id=key.workspace_id,
            workspace_ref="",
            workspace_name="",
            workspace_slug="",
            plan="",
            dialect="",
            test_key_policy="",
            name=key.name,
            scopes=frozenset(key.scopes),
            granted=tuple(key.scopes),
            key_id=key.id,
            key_version=key.version,
            prefix=key.prefix,
        )

    def forget(self, credentials: Credentials) -> None:
        pass


class _Untold(Denials):
    """Toys have no events."""

    async def note(self, actor: Actor, missing: Iterable[str], operation: str | None) -> None:
        pass


class _Unused(Usage):
    """Their keys count nothing, and have no columns for it."""

    def __init__(self) -> None:
        pass

    def note(self, principal: Principal, ip: str, needs: frozenset[Requirement]) -> None:
        pass


@asynccontextmanager
async def executor(url: str, known: Views[View]) -> AsyncIterator[tuple[Executor, Database]]:
    """The engine over the toys, put together as the application does it with its nouns."""
    settings = Settings(database=url)
    database = await open_database(settings)
    ids = IdCodec(settings.secret)
    cursors = CursorCodec(settings.secret)
    full = known.view(frozenset(SCOPES))
    documents = Documents(full.schema, known, max_tokens=2000, budget=2**24, plans=10)
    computed = COMPUTED | Explaining(known, full, documents, hides_schema=False).computed
    guard = Guard(table_of(Workspace), table_of(Key), table_of(Maker))  # whose id and version will do
    engine = Engine(CATALOG, dialect_named(database.name), ids, cursors, guard, computed)
    principals = _Principals(database)
    try:
        persisted = Persisted({}, budget=2**20, only=False)
        changes = Changes(database, {}, settings.max_response_bytes)
        parts = (database, Planner(engine), known, documents, persisted, principals)
        admission = Admission(None, settings)
        denials = _Untold(database, Writes(CATALOG, ids, table_of(Toy)))
        usage = _Unused()
        yield Executor(*parts, admission=admission, changes=changes, denials=denials, usage=usage), database
    finally:
        await database.close()
