"""Keys put into a test's database past the verbs, as records of its world are: without events, of any scopes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.keys import hash_key, mint, prefix
from app.domain.api_key import ApiKey, KeyMode
from app.domain.workspace import Workspace
from app.resource import table_of

KEYS = table_of(ApiKey)
_WORKSPACES = table_of(Workspace)


@dataclass(frozen=True)
class IssuedKey:
    """A key's text and its row."""

    id: int
    key: str = field(repr=False)


async def insert_key(
    connection: AsyncConnection,
    workspace_id: int,
    *,
    name: str = "CI",
    scopes: Iterable[str] = ("*",),
    mode: str = "live",
    **values: Any,
) -> IssuedKey:
    """A key in the dialect of its workspace."""
    of = select(_WORKSPACES.c.dialect).where(_WORKSPACES.c.id == workspace_id)
    key = mint((await connection.execute(of)).scalar_one(), "live" if mode == "live" else "test")
    row = ApiKey(
        workspace_id=workspace_id,
        name=name,
        mode=KeyMode(mode),
        prefix=prefix(key),
        key_hash=hash_key(key),
        scopes=list(scopes),
        **values,
    ).model_dump(exclude={"id"})
    inserted = await connection.execute(KEYS.insert().values(row).returning(KEYS.c.id))
    return IssuedKey(inserted.scalar_one(), key)


async def revoke_key(connection: AsyncConnection, key_id: int) -> None:
    """Ends a key, as another process would."""
    revoked = update(KEYS).where(KEYS.c.id == key_id).values(state="revoked", version=KEYS.c.version + 1)
    assert (await connection.execute(revoked)).rowcount == 1


async def delete_key(connection: AsyncConnection, key_id: int) -> None:
    """Removes a key, as another process would."""
    assert (await connection.execute(delete(KEYS).where(KEYS.c.id == key_id))).rowcount == 1
