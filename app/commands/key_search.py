"""The keys that a command means, and those that it lists."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.keys import hash_key, prefix
from app.domain import CATALOG
from app.domain.api_key import ApiKey, KeyState
from app.errors import BadUserInput, NotFound
from app.resource import table_of
from app.store.identity import IdCodec

_KEYS = table_of(ApiKey)
_NUMBER = CATALOG.nouns["ApiKey"].number


async def find_key(connection: AsyncConnection, ids: IdCodec, text: str, workspace_id: int | None) -> RowMapping:
    """The key with this prefix or id, or whose full text it is, in one workspace or in any.

    `NotFound`, or `BadUserInput` where several keys begin like this (X21: the prefix can be shared).
    """
    meant = or_(_KEYS.c.id == ids.key(_NUMBER, text), _KEYS.c.prefix == text, _KEYS.c.key_hash == hash_key(text))
    found = select(_KEYS).where(meant).order_by(_KEYS.c.id)
    if workspace_id is not None:
        found = found.where(_KEYS.c.workspace_id == workspace_id)
    rows = (await connection.execute(found)).mappings().all()
    if not rows:
        raise NotFound(f"There is no key {prefix(text)}…")
    if len(rows) > 1:
        choice = ", ".join(id_of(ids, row["id"]) for row in rows)
        raise BadUserInput(f"{len(rows)} keys start with {text}; give the id of one: {choice}.")
    return rows[0]


async def list_keys(connection: AsyncConnection, workspace_id: int, *, revoked: bool = True) -> Sequence[RowMapping]:
    """The keys of a workspace, newest first; revoked ones stay for audit (S3-22)."""
    listed = select(_KEYS).where(_KEYS.c.workspace_id == workspace_id)
    if not revoked:
        listed = listed.where(_KEYS.c.state != KeyState.REVOKED)
    return (await connection.execute(listed.order_by(_KEYS.c.created_at.desc(), _KEYS.c.id.desc()))).mappings().all()


def id_of(ids: IdCodec, key: int) -> str:
    """The id of a key as the API shows it."""
    return ids.encode(ids.base(_NUMBER) + key)
