"""What keys are used for: counted in memory, written every some seconds, so that no request pays for it.

A key's row tells when and from where it was last used, and how often; a table tells the scopes that its requests
needed, by day. All counts are added to what is there, so several processes count together; the version of a key stays.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from app.access.principal import Principal
from app.access.requirements import used_of
from app.errors import Conflict, Unavailable
from app.logs import log_failure
from app.resource import Entity, Requirement
from app.store.command import command_of
from app.store.reading import Database
from app.store.types import BigInt, varchar
from app.store.writing import Writer

INTERVAL = 20.0  # seconds that counts are kept back
KEPT = timedelta(days=35)
ON_BEHALF = "users:impersonate"

_MAY_ACT = frozenset({ON_BEHALF, "*"})

KEY_USAGE = Table(
    "key_usage",
    Entity.metadata,
    Column("key_id", BigInt, ForeignKey("api_key.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("day", varchar(10), primary_key=True),
    Column("scope", varchar(64), primary_key=True),
    Column("requests", Integer, nullable=False),
    Index("ix_key_usage_day", "day"),
)

_GIVEN = {name: bindparam(f"the_{name}", type_=KEY_USAGE.c[name].type) for name in ("key_id", "day", "scope")}
_ROW = and_(*(KEY_USAGE.c[name] == given for name, given in _GIVEN.items()))
_REQUESTS = bindparam("count", type_=Integer)
_ADD = update(KEY_USAGE).where(_ROW).values(requests=KEY_USAGE.c.requests + _REQUESTS)
_FORGET = delete(KEY_USAGE).where(KEY_USAGE.c.day < bindparam("before", type_=KEY_USAGE.c.day.type))
_MOST = 2**31 - 1  # an Int of GraphQL


@dataclass(slots=True)
class _Used:
    """The requests of one key that are not written yet."""

    requests: int = 0
    at: float = 0.0
    ip: str = ""
    scopes: Counter[str] = field(default_factory=Counter)

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


class Usage:
    """The use of keys in a process. `keys` is their table."""

    def __init__(self, database: Database, keys: Table) -> None:
        self._database = database
        self._used: dict[int, _Used] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()
        self._count = _count(keys)
        self._begin_row = _begin_row(keys)

    def note(self, principal: Principal, ip: str, needs: frozenset[Requirement]) -> None:
        """Counts a request of a key: from where, and the scopes that met what it needed."""
        key_id = principal.key_id
        if key_id is None:
            return
        used = self._used.get(key_id)
        if used is None:
            used = self._used[key_id] = _Used()
            self._write_later()
        used.requests += 1
        used.at = time.time()
        used.ip = ip
        counted = used.scopes
        for scope in used_of(principal.scopes, needs):
            counted[scope] += 1
        if principal.user_id is not None and _MAY_ACT.intersection(principal.granted):
            counted[ON_BEHALF] += 1

    async def flush(self) -> None:
        """Writes what is counted."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        used, self._used = self._used, {}
        if not used:
            return
        try:
            await self._database.write(partial(self._write, dict(sorted(used.items()))))
        except Exception as error:  # noqa: BLE001 (whatever it is, the requests were answered)
            log_failure("", error)
            if isinstance(error, Unavailable | Conflict):
                self._take_back(used)

    async def close(self) -> None:
        """Writes what is counted, for the last time."""
        await asyncio.gather(*self._writing, self.flush())
        if self._timer is not None:
            self._timer.cancel()

    def _write_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._begin)

    def _begin(self) -> None:
        task = asyncio.create_task(self.flush())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    def _take_back(self, unwritten: Mapping[int, _Used]) -> None:
        for key_id, earlier in unwritten.items():
            used = self._used.setdefault(key_id, earlier)
            if used is not earlier:
                used.requests += earlier.requests
                used.scopes += earlier.scopes
        self._write_later()

    async def _write(self, used: Mapping[int, _Used], writer: Writer) -> None:
        counts = [
            {"key": key_id, "at": each.moment, "ip": each.ip, "count": each.requests} for key_id, each in used.items()
        ]
        rows = [
            {"the_key_id": key_id, "the_day": day_of(each.moment), "the_scope": scope, "count": count}
            for key_id, each in used.items()
            for scope, count in sorted(each.scopes.items())
        ]
        await writer.run_many(command_of(self._count, writer.dialect), counts)
        await writer.run_many(command_of(self._begin_row, writer.dialect), rows)
        await writer.run_many(command_of(_ADD, writer.dialect), rows)
        await writer.execute(_FORGET, {"before": day_of(datetime.now(UTC) - KEPT)})


def day_of(moment: datetime) -> str:
    """The day of a moment in UTC: `2026-02-08`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _count(keys: Table) -> Any:
    """Adds to the count of a key; the last use is the last of all processes."""
    at = bindparam("at", type_=keys.c.last_used_at.type)
    count = bindparam("count", type_=keys.c.request_count.type)
    ip = bindparam("ip", type_=keys.c.last_used_ip.type)
    is_last = or_(keys.c.last_used_at.is_(None), keys.c.last_used_at <= at)
    values = {
        keys.c.last_used_at: case((is_last, at), else_=keys.c.last_used_at),
        keys.c.last_used_ip: case((is_last, ip), else_=keys.c.last_used_ip),
        keys.c.request_count: case((keys.c.request_count < _MOST - count, keys.c.request_count + count), else_=_MOST),
    }
    return update(keys).where(keys.c.id == bindparam("key", type_=keys.c.id.type)).values(values)


def _begin_row(keys: Table) -> Any:
    """Makes the row of a key, day and scope, if there is none, and the key is still there."""
    row = select(keys.c.id, _GIVEN["day"], _GIVEN["scope"], literal_column("0"))
    is_new = ~exists(select(literal_column("1")).select_from(KEY_USAGE).where(_ROW))
    found = row.where(keys.c.id == _GIVEN["key_id"], is_new)
    return insert(KEY_USAGE).from_select(["key_id", "day", "scope", "requests"], found)
