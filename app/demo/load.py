"""Loads the demo: two workspaces with their sandboxes, in one transaction, the same every time."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from app.demo.calendar import REFERENCE
from app.demo.chance import Chance
from app.demo.companies import companies
from app.demo.follow_up import enrollment, events, stage_moves, tasks
from app.demo.messages import messages
from app.demo.people import Person, people
from app.demo.scene import Scene, set_scene
from app.demo.write import Writer
from app.domain import CATALOG
from app.domain.automation import Enrollment
from app.domain.company import Company
from app.domain.contact import Contact, contact_tag
from app.domain.contact_list import contact_list_member
from app.domain.event import Event
from app.domain.message import Message
from app.domain.pipeline import StageMove
from app.domain.task import Task
from app.domain.workspace import Workspace
from app.resource import table_of
from app.settings import Settings
from app.store.bulk import analyze, without_indexes
from app.store.engine import open_database
from app.store.identity import IdCodec
from app.write.transaction import Writes

Progress = Callable[[int, int], None]
"""Is told how many of how many contacts are written."""

SEED = "leadgraph"
BATCH = 2_000
MANY = 10_000
ADVISORY_LOCK = 0x1EADDE30


LARGE: tuple[type[SQLModel], ...] = (Company, Contact, StageMove, Task, Enrollment, Message, Event)


@dataclass(frozen=True)
class Tenant:
    """A workspace of the demo, with its share of the contacts."""

    slug: str
    name: str
    plan: str
    share: float
    sandbox_of: str | None = None


TENANTS = (
    Tenant("acme", "Acme", "enterprise", 1),
    Tenant("globex", "Globex Corporation", "pro", 0.1),
    Tenant("acme-sandbox", "Acme (sandbox)", "enterprise", 0.01, sandbox_of="acme"),
    Tenant("globex-sandbox", "Globex Corporation (sandbox)", "pro", 0.01, sandbox_of="globex"),
)


async def load_demo(
    settings: Settings, contacts: int = 1_000, progress: Progress | None = None, *, today: datetime | None = None
) -> bool:
    """Fills the migrated database of some settings; False, and nothing is touched, where a workspace `acme` exists.

    `contacts` is the number in `acme`; `globex` gets a tenth, their sandboxes a hundredth. `today` is the day that open
    tasks, scheduled messages and running enrollments are counted from; the rest is the same whenever it is loaded.
    """
    today = today or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    database = await open_database(settings)
    try:
        async with database.engine.begin() as connection:
            if database.name == "postgresql":  # two loaders at once load once; on SQLite BEGIN IMMEDIATE sees to it
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            workspace = table_of(Workspace)
            if await connection.scalar(select(workspace.c.id).where(workspace.c.slug == "acme")):
                return False
            # Indexes are dropped for a large load, and never those of data that somebody works with.
            anybody = await connection.scalar(select(workspace.c.id).limit(1))
            fast = contacts >= MANY and anybody is None
            tables = [contact_tag, contact_list_member, *map(table_of, LARGE)]
            async with without_indexes(connection, tables) if fast else nullcontext():
                writes = Writes(CATALOG, IdCodec(settings.secret), table_of(Event))
                await _load(connection, contacts, progress or _silently, today, writes)
            await analyze(connection, tables)
    finally:
        await database.close()
    return True


async def _load(
    connection: AsyncConnection, contacts: int, progress: Progress, today: datetime, writes: Writes
) -> None:
    writer = Writer(connection)
    ids = await _workspaces(connection, writer)
    counts = {tenant.slug: max(20, int(contacts * tenant.share)) for tenant in TENANTS}
    done = 0
    for tenant in TENANTS:
        scene = Scene(ids[tenant.slug], tenant.slug, Chance(f"{SEED}/{tenant.slug}"))
        await set_scene(writer, scene)
        await _companies(writer, scene, max(5, counts[tenant.slug] // 10))
        everybody = people(scene, counts[tenant.slug])
        while batch := list(islice(everybody, BATCH)):
            await _contacts(writer, scene, batch, today, writes)
            done += len(batch)
            progress(done, sum(counts.values()))


def _silently(_done: int, _total: int) -> None:
    """Progress of which nothing is shown."""


async def _workspaces(connection: AsyncConnection, writer: Writer) -> dict[str, int]:
    founded = REFERENCE - timedelta(days=770)
    rows: list[dict[str, Any]] = [
        {
            "created_at": founded,
            "updated_at": founded,
            "name": tenant.name,
            "slug": tenant.slug,
            "plan": tenant.plan,
            "dialect": "custom",
            "test_key_policy": "isolated",
            "revocation_policy": "permanent",
            "playground_mode": "test",
            "api_enabled": True,
            "sandbox_enabled": tenant.sandbox_of is None,
            "sandbox_id": None,
        }
        for tenant in TENANTS
    ]
    ids = dict(zip((tenant.slug for tenant in TENANTS), await writer.add(Workspace, rows), strict=True))
    workspace = table_of(Workspace)
    for tenant in TENANTS:
        if tenant.sandbox_of:
            paired = workspace.update().where(workspace.c.id == ids[tenant.sandbox_of])
            await connection.execute(paired.values(sandbox_id=ids[tenant.slug]))
    return ids


async def _companies(writer: Writer, scene: Scene, count: int) -> None:
    scene.companies = [row | {"workspace_id": scene.workspace_id} for row in companies(scene.chance, count)]
    await writer.add(Company, scene.companies)


async def _contacts(writer: Writer, scene: Scene, batch: list[Person], today: datetime, writes: Writes) -> None:
    await writer.add(Contact, [person.row for person in batch])
    await writer.pair(contact_tag, [(p.row["id"], scene.tags[tag]) for p in batch for tag in p.tags])
    await writer.pair(contact_list_member, [pair for person in batch for pair in _memberships(scene, person)])
    await writer.add(StageMove, [move for person in batch for move in stage_moves(scene, person)])
    await writer.add(Task, [task for person in batch for task in tasks(scene, person, today)])
    runs = [enrollment(scene, person, today) for person in batch]
    await writer.add(Enrollment, [run for run in runs if run])
    sent_by = [run["automation_id"] if run else None for run in runs]
    talks = [messages(scene, person, sender, today) for person, sender in zip(batch, sent_by, strict=True)]
    await writer.add(Message, [message for talk in talks for message in talk])
    await writer.add(Event, [event for person in batch for event in events(scene, person, writes)])


def _memberships(scene: Scene, person: Person) -> list[tuple[int, int]]:
    contact, tags = person.row["id"], set(person.tags)
    found = [number for number, belongs in scene.dynamic_lists if belongs(person.row, tags)]
    put = [number for number in scene.static_lists if scene.chance.likely(0.08)]
    return [(number, contact) for number in found + put]
