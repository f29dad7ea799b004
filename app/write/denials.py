"""Attempts that a key's scopes do not allow, told as events: counted by key, missing scopes and minute.

The first of a minute is written while its refusal waits, shortly; the others are counted in memory and written some
seconds later, so that refusals stay cheap and cannot flood the table. Nothing here makes a refusal anything else.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import TypeAlias

from app.errors import Unavailable
from app.logs import log_failure
from app.store.reading import Database
from app.store.types import now
from app.store.writing import Writer
from app.write.event import count_event, write_events
from app.write.transaction import Actor, Transaction, Writes

TYPE = "access.denied"
INTERVAL = 5.0  # seconds that counts are kept back
SETS = 20
"""Sets of missing scopes that are told apart for a key in a minute; those of further ones are not told."""

_PATIENCE = 1.0  # seconds that a refusal waits for its event
_MOST = 10_000  # events not yet written


_Who: TypeAlias = tuple[int | None, int | None]


@dataclass(slots=True)
class _Denial:
    actor: Actor
    missing: tuple[str, ...]
    operation: str | None
    minute: datetime
    count: int = 0

    @property
    def aggregate(self) -> str:
        """What is counted as the same, in all processes."""
        scopes = hashlib.blake2b(" ".join(self.missing).encode(), digest_size=16).hexdigest()
        who = f"{self.actor.key_id or ''}/{self.actor.user_id or ''}"
        return f"{who} {self.minute:%Y-%m-%dT%H:%M} {scopes}"


class Denials:
    """The denied attempts of a process."""

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes
        self._minute: datetime | None = None
        self._known: dict[_Who, set[tuple[str, ...]]] = {}  # of this minute
        self._counted: dict[str, _Denial] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def note(self, actor: Actor, missing: Iterable[str], operation: str | None) -> None:
        """Counts an attempt; the first of a kind in this minute is written when this returns, if all is well."""
        minute = now().replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._known = minute, defaultdict(set)
        known, scopes = self._known[actor.key_id, actor.user_id], tuple(sorted(missing))
        if scopes not in known and len(known) >= SETS:
            scopes = ()
        is_first = scopes not in known
        known.add(scopes)
        self._count(_Denial(actor, scopes, operation, minute), 1)
        if is_first:
            await asyncio.wait([self._begin()], timeout=_PATIENCE)
        else:
            self._write_later()

    async def close(self) -> None:
        """Writes what is counted."""
        await asyncio.gather(*self._writing, self._begin())
        if self._timer is not None:
            self._timer.cancel()

    def _count(self, denial: _Denial, times: int) -> None:
        if len(self._counted) < _MOST:
            self._counted.setdefault(denial.aggregate, denial).count += times

    def _write_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._begin)

    def _begin(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self._write())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    async def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        counted, self._counted = sorted(self._counted.values(), key=_workspace), {}
        for _, denials in groupby(counted, _workspace):
            await self._write_all(list(denials))

    async def _write_all(self, denials: list[_Denial]) -> None:
        try:
            await self._database.write(partial(self._work, denials))
        except Exception as error:  # noqa: BLE001 (whatever it is, the refusal stands)
            log_failure(denials[0].actor.request_id or "", error)
            if isinstance(error, Unavailable):
                for denial in denials:
                    times, denial.count = denial.count, 0
                    self._count(denial, times)
                self._write_later()

    async def _work(self, denials: list[_Denial], writer: Writer) -> None:
        for denial in denials:
            tx = Transaction(self._writes, writer, denial.actor)
            if not await count_event(tx, denial.aggregate, denial.count):
                changes = {"missingScopes": list(denial.missing), "operation": denial.operation}
                noun, key = _subject(denial.actor)
                tx.emit(TYPE, tx.noun(noun), key, changes, count=denial.count, aggregate=denial.aggregate)
                await write_events(tx)


def _subject(actor: Actor) -> tuple[str, int]:
    """The key that was refused, or the member who is signed in."""
    if actor.key_id is not None:
        return "ApiKey", actor.key_id
    assert actor.user_id is not None
    return "User", actor.user_id


def _workspace(denial: _Denial) -> int:
    return denial.actor.workspace_id
