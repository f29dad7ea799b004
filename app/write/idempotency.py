"""Idempotency keys: a request that is sent again has its effect once, and is answered as it was the first time.

What each step of a request (each field of a mutation) has answered is kept for a day, by the transaction of its effect:
both are there or neither is. A step that finds itself answered does nothing, so a retry completes what was cut off.
What had no effect is not kept: its retry is a fresh attempt. (draft-ietf-httpapi-idempotency-key-header-07)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from app.errors import Conflict, IdempotencyKeyReused
from app.resource import Entity
from app.store.types import BigInt, LongText, Timestamp, now, varchar
from app.store.writing import Work, Writer
from app.verb import Secret

KEPT = timedelta(hours=24)

IDEMPOTENCY = Table(
    "idempotency",
    Entity.metadata,
    Column("key_id", BigInt, primary_key=True, autoincrement=False),  # 0 for none
    Column("user_id", BigInt, primary_key=True, autoincrement=False),  # 0 for none
    Column("workspace_id", BigInt, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    Column("key", varchar(255), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("fingerprint", varchar(64), nullable=False),
    Column("answer", LongText, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Index("ix_idempotency_oldest", "workspace_id", "created_at"),
)

_KEPT = IDEMPOTENCY.c
_IDENTITY = tuple_(_KEPT.key_id, _KEPT.user_id, _KEPT.workspace_id, _KEPT.key, _KEPT.step)
_OWN = and_(
    _KEPT.key_id == bindparam("key_id"),
    _KEPT.user_id == bindparam("user_id"),
    _KEPT.workspace_id == bindparam("workspace_id"),
    _KEPT.key == bindparam("key"),
)
_TOO_OLD = _KEPT.created_at <= bindparam("before")
_TAKE_TURN = select(func.pg_try_advisory_xact_lock(bindparam("turn", type_=BigInteger)))
# The step itself, otherwise any other of the same request: what was asked for is the same in all.
_FIND = (
    select(_KEPT.step, _KEPT.fingerprint, _KEPT.answer, _KEPT.created_at)
    .where(_OWN)
    .order_by(_KEPT.step != bindparam("step"))
    .limit(1)
)
_FORGET = delete(IDEMPOTENCY).where(_OWN, _TOO_OLD)
_KEEP = insert(IDEMPOTENCY).values({column.name: bindparam(column.name, type_=column.type) for column in _KEPT})
_CLEAN_UP = delete(IDEMPOTENCY).where(
    _IDENTITY.in_(
        select(*_IDENTITY)
        .where(_KEPT.workspace_id == bindparam("workspace_id"), _TOO_OLD)
        .order_by(_KEPT.created_at)
        .limit(10)
        .with_for_update(skip_locked=True)
    )
)
_TURNS = 0x6C68 << 48
"""The advisory locks of idempotency keys: this and 48 bits of a hash."""


@dataclass(slots=True)
class Once:
    """A request that is to have its effect once: whose it is, the key it names, and a hash of all it asks for."""

    workspace_id: int
    key_id: int
    user_id: int
    key: str
    fingerprint: str
    replayed: bool = False  # whether anything was answered from what is kept

    def step(self, number: int, work: Work[Any]) -> Work[Any]:
        """The work of a step, to be done only if it was not; otherwise the JSON that was answered then."""

        async def work_once(writer: Writer) -> Any:
            kept = await self._find(writer, number)
            if kept is not None:
                self.replayed = True
                return orjson.Fragment(kept)
            answer = await work(writer)
            await self._keep(writer, number, _without_secrets(answer))
            return answer

        return work_once

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "workspace_id": self.workspace_id,
            "key_id": self.key_id,
            "user_id": self.user_id,
            "key": self.key,
        }

    async def _find(self, writer: Writer, step: int) -> str | None:
        if writer.dialect.name == "postgresql":  # SQLite has one writer at a time
            [(alone,)] = await writer.execute(_TAKE_TURN, {"turn": self._turn()})
            if not alone:
                raise _in_use()
        before = now() - KEPT
        for found, fingerprint, answer, created_at in await writer.execute(_FIND, self.identity | {"step": step}):
            if created_at <= before:
                await writer.execute(_FORGET, self.identity | {"before": before})
            elif fingerprint != self.fingerprint:
                raise IdempotencyKeyReused
            elif found == step:
                return str(answer)
        return None

    async def _keep(self, writer: Writer, step: int, answer: str) -> None:
        moment = now()
        row = {"step": step, "fingerprint": self.fingerprint, "answer": answer, "created_at": moment}
        await writer.execute(_KEEP, self.identity | row)
        await writer.execute(_CLEAN_UP, {"workspace_id": self.workspace_id, "before": moment - KEPT})

    def _turn(self) -> int:
        return _TURNS + int.from_bytes(sha256(repr(self.identity).encode()).digest()[:6])


def _without_secrets(answer: Any) -> str:
    return orjson.dumps(answer, _kept, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


def _kept(value: Any) -> Any:
    """What is kept of a text of a kind of its own: nothing of a secret."""
    return None if isinstance(value, Secret) else str.__str__(value)


class Running:
    """The requests with an idempotency key that this process is working at."""

    def __init__(self) -> None:
        self._keys: set[tuple[int, int, int, str]] = set()

    @contextmanager
    def alone(self, once: Once) -> Iterator[None]:
        """Refuses a request while another with its key runs."""
        key = once.workspace_id, once.key_id, once.user_id, once.key
        if key in self._keys:
            raise _in_use()
        self._keys.add(key)
        try:
            yield
        finally:
            self._keys.discard(key)


def fingerprint(*parts: Any) -> str:
    """A hash of what a request asks for; the order of the members of objects does not matter."""
    return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _in_use() -> Conflict:
    return Conflict("A request with this Idempotency-Key is still running.", reason="IDEMPOTENCY_KEY_IN_USE")
