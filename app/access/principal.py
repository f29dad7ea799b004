"""Who asks: a key as it was recognised, cached by its hash, and checked again inside each request's first statement."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Table, bindparam, select

from app.access.credentials import unknown_key
from app.access.scopes import expand
from app.errors import Forbidden, Unauthenticated
from app.store.dialect import dialect_named
from app.store.reading import Database, Reading, Row, Statement
from app.store.types import Kind


@dataclass(frozen=True, slots=True)
class Principal:
    """A key, what it may do, and where."""

    key_id: int
    key_version: int
    name: str
    mode: str
    prefix: str
    granted: tuple[str, ...]
    scopes: frozenset[str]
    registered_documents_only: bool
    expires_at: str | None
    expires_timestamp: float | None
    workspace_id: int
    workspace_ref: str
    workspace_name: str
    workspace_slug: str


class Principals:
    """Recognises keys. Bounded memory; `forget` what the guard of a statement found changed."""

    def __init__(
        self, database: Database, keys: Table, workspaces: Table, encode_workspace: Callable[[int], str], size: int
    ) -> None:
        self._database = database
        self._encode = encode_workspace
        self._size = size
        self._cache: OrderedDict[bytes, Principal] = OrderedDict()
        self.hits = self.misses = 0
        self._statement = _statement(database.name, keys, workspaces)

    async def recognise(self, key: str) -> Principal:
        """The principal of a key; `Unauthenticated` (UNKNOWN, REVOKED, EXPIRED) or `Forbidden` (API_DISABLED)."""
        digest = hashlib.sha256(key.encode())
        cached = self._cache.get(digest.digest())
        if cached is not None:
            self.hits += 1
        else:
            self.misses += 1
            cached = await self._database.read(self._load(digest.hexdigest()))
            self._cache[digest.digest()] = cached
            if len(self._cache) > self._size:
                self._cache.popitem(last=False)
        if cached.expires_timestamp is not None and time.time() >= cached.expires_timestamp:
            raise Unauthenticated(f"The key {cached.prefix}… expired at {cached.expires_at}.", reason="EXPIRED")
        return cached

    def __len__(self) -> int:
        return len(self._cache)

    def forget(self, key: str) -> None:
        """Makes the next request with the key load it again."""
        self._cache.pop(hashlib.sha256(key.encode()).digest(), None)

    def _load(self, digest: str) -> Reading[Principal]:
        rows = yield Statement(self._statement, [digest])
        if not rows:
            raise unknown_key()
        return self._principal(rows[0])

    def _principal(self, row: Row) -> Principal:
        (
            key_id,
            version,
            name,
            mode,
            prefix,
            scopes,
            registered_only,
            expires_at,
            state,
            enabled,
            policy,
            *workspaces,
        ) = row
        if state == "revoked":
            raise Unauthenticated(f"The key {prefix}… has been revoked; create a new one.", reason="REVOKED")
        if state != "active":
            raise unknown_key()
        if not enabled:
            raise Forbidden("The API is switched off for this workspace.", reason="API_DISABLED")
        # X4: an isolated test key works in the paired sandbox, so that no other table needs a mode.
        workspace_id, workspace, slug = workspaces[3:] if (mode, policy) == ("test", "isolated") else workspaces[:3]
        if workspace_id is None:
            raise Forbidden("The workspace of this test key has no sandbox.", reason="SANDBOX_DISABLED")
        granted = tuple(orjson.loads(scopes))
        return Principal(
            key_id=key_id,
            key_version=version,
            name=name,
            mode=mode,
            prefix=prefix,
            granted=granted,
            scopes=expand(granted),
            registered_documents_only=bool(registered_only),
            expires_at=expires_at,
            expires_timestamp=datetime.fromisoformat(expires_at).timestamp() if expires_at else None,
            workspace_id=workspace_id,
            workspace_ref=self._encode(workspace_id),
            workspace_name=workspace,
            workspace_slug=slug,
        )


def _statement(dialect_name: str, keys: Table, workspaces: Table) -> str:
    dialect = dialect_named(dialect_name)
    sandboxes = workspaces.alias("sandbox")
    key, workspace, sandbox = keys.c, workspaces.c, sandboxes.c
    statement = (
        select(
            key.id,
            key.version,
            key.name,
            key.mode,
            key.prefix,
            key.scopes,
            key.registered_documents_only,
            dialect.output(key.expires_at, Kind.DATETIME),
            key.state,
            workspace.api_enabled,
            workspace.test_key_policy,
            workspace.id,
            workspace.name,
            workspace.slug,
            sandbox.id,
            sandbox.name,
            sandbox.slug,
        )
        .join_from(keys, workspaces, workspace.id == key.workspace_id)
        .outerjoin(sandboxes, sandbox.id == workspace.sandbox_id)
        .where(key.key_hash == bindparam("digest"))
    )
    return str(statement.compile(dialect=dialect.sqlalchemy))
