"""Making, finding and revoking keys. The key itself leaves this server once, as the result of `create_key`."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import RowMapping, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.keys import hash_key, mint, prefix
from app.access.scopes import canonical
from app.domain.api_key import ApiKey, KeyMode, KeyState
from app.domain.workspace import Workspace
from app.errors import BadUserInput, NotFound
from app.resource import table_of
from app.store.types import now

_KEYS = table_of(ApiKey)
_WORKSPACES = table_of(Workspace)


@dataclass(frozen=True)
class IssuedKey:
    """A new key; `key` is its only plaintext."""

    id: int
    key: str = field(repr=False)
    prefix: str
    name: str
    mode: KeyMode
    scopes: tuple[str, ...]
    expires_at: datetime | None


async def create_key(
    connection: AsyncConnection,
    *,
    workspace_id: int,
    name: str,
    scopes: Iterable[str],
    mode: Literal["live", "test"] = "live",
    expires_at: datetime | None = None,
    registered_documents_only: bool = False,
    created_by_id: int | None = None,
) -> IssuedKey:
    """Makes a key in the workspace's dialect.

    `BadUserInput` for a name, a scope or an expiry that breaks its rule (X24, X9, S3-7), with the reason
    SANDBOX_DISABLED for a test key where the workspace allows none (X3); `NotFound` for the workspace.
    """
    found = select(_WORKSPACES.c.dialect, _WORKSPACES.c.sandbox_enabled).where(_WORKSPACES.c.id == workspace_id)
    workspace = (await connection.execute(found)).first()
    if workspace is None:
        raise NotFound("There is no such workspace.")
    if mode == "test" and not workspace.sandbox_enabled:
        raise BadUserInput("This workspace has no sandbox, so it has no test keys.", reason="SANDBOX_DISABLED")
    key = mint(workspace.dialect, mode)
    made = ApiKey(
        workspace_id=workspace_id,
        name=check_name(name),
        mode=KeyMode(mode),
        prefix=prefix(key),
        key_hash=hash_key(key),
        scopes=list(dict.fromkeys(canonical(scope) for scope in scopes)),
        expires_at=check_expiry(expires_at),
        allowed_ips=[],
        registered_documents_only=registered_documents_only,
        created_by_id=created_by_id,
    )
    inserted = await connection.execute(_KEYS.insert().values(made.model_dump(exclude={"id"})).returning(_KEYS.c.id))
    return IssuedKey(
        id=inserted.scalar_one(),
        key=key,
        prefix=made.prefix,
        name=made.name,
        mode=made.mode,
        scopes=tuple(made.scopes),
        expires_at=made.expires_at,
    )


async def revoke_key(connection: AsyncConnection, key_id: int, *, workspace_id: int) -> bool:
    """Ends a key: the new version makes it dead on the next request in every process. False when it was dead already.

    `NotFound` for a key of another workspace, as for none.
    """
    this = (_KEYS.c.id == key_id, _KEYS.c.workspace_id == workspace_id, _KEYS.c.state != KeyState.DELETED)
    revoked = {"state": KeyState.REVOKED, "version": _KEYS.c.version + 1, "updated_at": now()}
    changed = await connection.execute(update(_KEYS).where(*this, _KEYS.c.state == KeyState.ACTIVE).values(revoked))
    if changed.rowcount:
        return True
    if await connection.scalar(select(_KEYS.c.id).where(*this)) is None:
        raise NotFound("There is no such key.")
    return False


async def find_keys(connection: AsyncConnection, text: str, *, key_id: int = 0) -> Sequence[RowMapping]:
    """The keys with this prefix, or with this id, or the one whose full text it is; deleted ones are not found."""
    meant = or_(_KEYS.c.id == key_id, _KEYS.c.prefix == text, _KEYS.c.key_hash == hash_key(text))
    found = select(_KEYS).where(meant, _KEYS.c.state != KeyState.DELETED).order_by(_KEYS.c.id)
    return (await connection.execute(found)).mappings().all()


async def list_keys(connection: AsyncConnection, *, workspace_id: int) -> Sequence[RowMapping]:
    """The keys of a workspace, newest first; revoked ones stay for audit (S3-22)."""
    listed = select(_KEYS).where(_KEYS.c.workspace_id == workspace_id, _KEYS.c.state != KeyState.DELETED)
    newest_first = listed.order_by(_KEYS.c.created_at.desc(), _KEYS.c.id.desc())
    return (await connection.execute(newest_first)).mappings().all()


def check_name(name: str) -> str:
    """The name without white space around it; `BadUserInput` unless that has 1 to 100 printable characters (X24)."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= 100:
        raise BadUserInput(f"The name of a key has 1 to 100 characters, not {len(trimmed)}.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in trimmed):
        raise BadUserInput("The name of a key has no control characters.")
    return trimmed


def check_expiry(expires_at: datetime | None) -> datetime | None:
    """The moment a new key stops working; `BadUserInput` unless it lies in the future and says its time zone."""
    if expires_at is None:
        return None
    if expires_at.tzinfo is None:
        raise BadUserInput("The expiry of a key needs a time zone, for instance 2030-12-31T18:00:00Z.")
    if expires_at <= now():
        raise BadUserInput("The expiry of a key lies in the future.")
    return expires_at
