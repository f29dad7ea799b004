"""Changes through the API: what they answer, the events they leave, and that refusals leave nothing."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlmodel import SQLModel

from app.domain.event import Event
from app.resource import table_of
from app.store.session import transaction
from app.store.writing import Writer
from tests.serving import Client

Rows: TypeAlias = dict[str, list[tuple[Any, ...]]]

_EVENT = table_of(Event)
_ALL = {name: select(table).order_by(*table.primary_key) for name, table in SQLModel.metadata.tables.items()}


async def change(client: Client, document: str, key: str = "all", **variables: Any) -> Any:
    """The payload of a mutation's only field, which must succeed, without its userErrors."""
    data = await client.ask(document, variables, key=key)
    [payload] = data.values()
    assert payload.pop("userErrors") == []
    return payload


async def refusals(client: Client, document: str, key: str = "all", **variables: Any) -> list[tuple[str, str]]:
    """The codes of a mutation's user errors, each with its path joined by dots; nothing else may be told or changed."""
    before = await snapshot(client)
    data = await client.ask(document, variables, key=key)
    [payload] = data.values()
    errors = payload.pop("userErrors")
    assert errors
    assert set(payload.values()) <= {None}
    assert await snapshot(client) == before
    return [(error["code"], ".".join(error["field"])) for error in errors]


async def events(client: Client, *skipped: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The type and the changes of every event, oldest first, but for those of the `skipped` types."""
    async with transaction(client.database) as tx:
        rows = await tx.connection.execute(select(_EVENT.c.type, _EVENT.c.changes).order_by(_EVENT.c.id))
        return [(row.type, row.changes) for row in rows if row.type not in skipped]


async def snapshot(client: Client) -> Rows:
    """All rows of all tables."""

    async def read(writer: Writer) -> Rows:
        return {name: await writer.execute(statement) for name, statement in _ALL.items()}

    return await client.database.write(read)


def without_denials(rows: Rows) -> Rows:
    """The rows of a snapshot but for the events of attempts that were denied."""
    return {**rows, "event": [row for row in rows["event"] if "access.denied" not in row]}
