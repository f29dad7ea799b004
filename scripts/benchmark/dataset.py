"""The data that is measured on: 200,000 contacts, 1,000,000 messages, 3 tags each, in one workspace with one key."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import CATALOG
from app.domain.contact import contact_tag
from app.settings import Settings
from app.store.bulk import copy_rows, take_ids, without_indexes
from app.store.engine import open_database
from app.store.migrate import migrate

KEY = "lg_live_0123456789abcdefghijklmnopqrstuv"
MESSAGES = 5
TAGS = 3
_START = datetime(2025, 1, 1, tzinfo=UTC)
_STATUSES = ("new", "contacted", "qualified", "unqualified")


@dataclass(frozen=True)
class Dataset:
    """What the workloads have to know of the data."""

    workspace_id: int
    contacts: int
    tag_id: int


async def load(url: str, contacts: int) -> Dataset:
    """Migrates and fills the database, unless it has been filled before."""
    database = await open_database(Settings(database=url))
    try:
        async with database.engine.begin() as connection:
            workspace = _table("Workspace")
            found = await connection.scalar(select(workspace.c.id).where(workspace.c.slug == "bench"))
            if found is None:
                found = await _fill(connection, contacts)
        async with database.engine.connect() as connection:
            if database.name == "postgresql":
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(text("VACUUM ANALYZE"))
            else:
                await connection.execute(text("ANALYZE"))
                await connection.commit()
    finally:
        await database.close()
    return Dataset(found, contacts, tag_id=7)


async def forget(url: str, data: Dataset) -> None:
    """Takes away what was written, so that the next who writes finds what the one before has found."""
    database = await open_database(Settings(database=url))
    contact = _table("Contact")
    try:
        async with database.engine.begin() as connection:
            await connection.execute(delete(contact).where(contact.c.id > data.contacts))
            await connection.execute(delete(_table("Event")))
    finally:
        await database.close()


def prepare(url: str) -> None:
    """Migrates; outside any event loop."""
    migrate(url)


def describe(dataset: Dataset) -> str:
    return json.dumps(asdict(dataset))


def _table(noun: str) -> Table:
    return CATALOG.nouns[noun].table


async def _fill(connection: AsyncConnection, contacts: int) -> int:
    random = Random(1)
    workspace_id: int = (
        await connection.execute(
            insert(_table("Workspace"))
            .values(
                _row(
                    name="Bench",
                    slug="bench",
                    plan="enterprise",
                    dialect="custom",
                    test_key_policy="shared",
                    revocation_policy="permanent",
                    playground_mode="test",
                    custom_field_policy="lenient",
                    api_enabled=True,
                    sandbox_enabled=False,
                )
            )
            .returning(_table("Workspace").c.id)
        )
    ).scalar_one()
    of = {"workspace_id": workspace_id}
    await connection.execute(
        insert(_table("ApiKey")).values(
            _row(
                **of,
                name="Bench",
                mode="live",
                prefix=KEY[:14],
                key_hash=hashlib.sha256(KEY.encode()).hexdigest(),
                scopes=["*"],
                request_count=0,
                state="active",
                temporary=False,
                allowed_ips=[],
                registered_documents_only=False,
            )
        )
    )
    for number in range(1, 4):
        await connection.execute(insert(_table("Pipeline")).values(_row(**of, id=number, name=f"Pipeline {number}")))
        for place in range(5):
            await connection.execute(
                insert(_table("Stage")).values(
                    _row(
                        **of,
                        id=number * 10 + place,
                        position=place,
                        name=f"Stage {place}",
                        probability=place * 20,
                        kind="open",
                        pipeline_id=number,
                    )
                )
            )
    for number in range(1, 41):
        await connection.execute(insert(_table("Tag")).values(_row(**of, id=number, name=f"Tag {number:02}")))
    tables = [_table("Company"), _table("Contact"), _table("Message"), contact_tag]
    async with without_indexes(connection, tables):
        await _copy(
            connection,
            _table("Company"),
            (
                _row(
                    **of,
                    id=n,
                    name=f"Company {n}",
                    domain=f"company{n}.example",
                    industry="Software",
                    size=n,
                    custom_fields={},
                    search_text=f" company {n}",
                )
                for n in range(1, 5001)
            ),
        )
        numbers = await take_ids(connection, _table("Contact"), contacts)  # from 1, and none of them comes again
        await _copy(connection, _table("Contact"), (_contact(random, n, of) for n in numbers))
        pairs = ((n, tag) for n in range(1, contacts + 1) for tag in random.sample(range(1, 41), TAGS))
        await copy_rows(connection, contact_tag, ["contact_id", "tag_id"], pairs)
        await _copy(
            connection,
            _table("Message"),
            (_message(n * MESSAGES + place, n, place, of) for n in range(1, contacts + 1) for place in range(MESSAGES)),
        )
    return workspace_id


def _row(**values: Any) -> dict[str, Any]:
    return {"created_at": _START, "updated_at": _START, "version": 1, **values}


def _contact(random: Random, number: int, of: dict[str, int]) -> dict[str, Any]:
    created = _START + timedelta(seconds=number)
    return {
        **of,
        "id": number,
        "created_at": created,
        "updated_at": created,
        "version": 1,
        "email": f"contact{number}@company{number % 5000}.example",
        "first_name": f"First{number % 997}",
        "last_name": f"Last{number % 4999}",
        "phone": f"+1-555-{number:07}",
        "source": "web",
        "status": random.choice(_STATUSES),
        "score": random.randrange(101),
        "custom_fields": {"role": "Buyer", "number": number},
        "duplicate_status": "unique",
        "company_id": number % 5000 + 1,
        "stage_id": random.randrange(1, 4) * 10 + random.randrange(5),
        "search_text": f" first{number % 997} last{number % 4999}",
    }


def _message(number: int, contact: int, place: int, of: dict[str, int]) -> dict[str, Any]:
    created = _START + timedelta(seconds=contact, days=place)
    return {
        **of,
        "id": number,
        "created_at": created,
        "updated_at": created,
        "version": 1,
        "direction": "outbound",
        "channel": "email",
        "status": "delivered",
        "subject": f"Subject {number}",
        "body": "Hello, how are you?",
        "sent_at": created,
        "delivered_at": created,
        "captured": False,
        "contact_id": contact,
        "search_text": f" subject {number}",
    }


async def _copy(connection: AsyncConnection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = list(first)

    def values() -> Iterator[list[Any]]:
        yield [first[name] for name in names]
        for row in rows:
            yield [row[name] for name in names]

    await copy_rows(connection, table, names, values())
