"""Beginning and ending the sessions of members. Their end raises the member's version, so that no token outlives it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from app.access.session import SESSION, RefreshToken
from app.domain.user import User
from app.resource import table_of
from app.store.types import BigInt, Timestamp, varchar
from app.write.transaction import Transaction

MOST = 50
"""Sessions of a member: one more ends the oldest."""

_USERS = table_of(User)
_SESSION = SESSION.c
_OF_USER = _SESSION.user_id == bindparam("user", type_=BigInt)
_MINE = _SESSION.workspace_id == bindparam("workspace", type_=BigInt)
_THIS = _SESSION.handle == bindparam("session", type_=varchar(64))

_START = insert(SESSION).values({column.name: bindparam(column.name, type_=column.type) for column in _SESSION})
_KEPT = select(_SESSION.handle).where(_OF_USER, _SESSION.expires_at > bindparam("now", type_=Timestamp))
_LAST = _KEPT.order_by(_SESSION.created_at.desc(), _SESSION.handle).limit(MOST).scalar_subquery()
_CLEAN_UP = delete(SESSION).where(_OF_USER, _SESSION.handle.not_in(_LAST)).returning(_SESSION.handle)
_REFRESH = (
    update(SESSION)
    .where(_MINE, _THIS)
    .values(
        secret_hash=bindparam("new_hash", type_=varchar(64)),
        refreshed_at=bindparam("now", type_=Timestamp),
        ip=bindparam("new_ip", type_=varchar(45)),
    )
)
_END = delete(SESSION).where(_MINE, _OF_USER, _THIS).returning(_SESSION.handle)
_END_ALL = delete(SESSION).where(_MINE, _OF_USER)
_CHANGED = {"version": _USERS.c.version + 1}
_THIS_USER = (_USERS.c.id == bindparam("user", type_=BigInt), _USERS.c.workspace_id == bindparam("workspace"))
_RAISE = update(_USERS).where(*_THIS_USER).values(_CHANGED)
_SIGN_OUT = update(_USERS).where(*_THIS_USER).values(_CHANGED | {"signed_out_at": bindparam("now", type_=Timestamp)})


async def start_session(
    tx: Transaction, user_id: int, token: RefreshToken, *, lifetime: timedelta, ip: str, user_agent: str
) -> datetime:
    """Begins a session of a member; when it ends if nobody ends it earlier."""
    expires_at = tx.now + lifetime
    row: dict[str, Any] = {
        "handle": token.handle,
        "secret_hash": token.secret_hash,
        "user_id": user_id,
        "workspace_id": tx.workspace_id,
        "created_at": tx.now,
        "refreshed_at": tx.now,
        "expires_at": expires_at,
        "ip": ip[:45],
        "user_agent": user_agent,
    }
    await tx.execute(_START, row)
    if await tx.execute(_CLEAN_UP, {"user": user_id}):
        await tx.execute(_RAISE, {"user": user_id})
    _tell(tx, "access.signed_in", user_id, ip=ip, userAgent=user_agent)
    return expires_at


async def refresh_session(tx: Transaction, token: RefreshToken, *, ip: str) -> RefreshToken:
    """Gives a session another secret; the one before it works no more."""
    renewed = token.renewed()
    await tx.execute(_REFRESH, {"session": token.handle, "new_hash": renewed.secret_hash, "new_ip": ip[:45]})
    return renewed


async def end_session(tx: Transaction, user_id: int, handle: str, *, ip: str, replayed: bool = False) -> None:
    """Ends one session: signed out, or because a refresh token of it was used twice."""
    if await tx.execute(_END, {"user": user_id, "session": handle}):
        await tx.execute(_RAISE, {"user": user_id})
        _tell(tx, "access.session_revoked" if replayed else "access.signed_out", user_id, ip=ip)


async def end_sessions(tx: Transaction, user_id: int, *, ip: str) -> None:
    """Signs a member out everywhere, also of what an identity provider has signed him in to."""
    await forget_sessions(tx, user_id)
    await tx.execute(_SIGN_OUT, {"user": user_id})
    _tell(tx, "access.signed_out", user_id, ip=ip, everywhere=True)


async def forget_sessions(tx: Transaction, user_id: int) -> None:
    """Deletes a member's sessions; whoever calls it changes the member, too, or their tokens go on for minutes."""
    await tx.execute(_END_ALL, {"user": user_id})


def _tell(tx: Transaction, type_: str, user_id: int, **facts: object) -> None:
    tx.emit(type_, tx.noun("User"), user_id, facts)
