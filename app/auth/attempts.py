"""Attempts to sign in: slowed down while they are made, counted in the audit log when they fail.

Guessing takes from three buckets: few attempts for an e-mail address from one client, more for a client, more still for
an address from anywhere. The last could keep a member out while others guess, so it does not count for a client from
which the member is signed in already.
"""

import asyncio
import hashlib
from dataclasses import dataclass

from app.access.address import subscriber
from app.access.limits.buckets import Buckets
from app.errors import RateLimited
from app.logs import log_failure
from app.rate import Bucket, Rate, Standings
from app.store.reading import Database
from app.store.types import now
from app.store.writing import Writer
from app.write.event import count_event, write_events
from app.write.transaction import Actor, Transaction, Writes

SAME_CLIENT = Rate.of(20, 1_200, 10)
CLIENT = Rate.of(120, 1_200, 40)
ADDRESS = Rate.of(200, 3_600, 100)


@dataclass(frozen=True, slots=True)
class Client:
    """Who signs in: as much as is known of the device."""

    ip: str
    user_agent: str
    request_id: str


class Attempts:
    """The attempts that a process sees."""

    def __init__(self, database: Database, writes: Writes, buckets: Buckets) -> None:
        self._database = database
        self._writes = writes
        self._buckets = buckets
        self._telling: set[asyncio.Task[None]] = set()

    async def slow_down(self, email: str, client: Client, *, known: bool) -> None:
        """Counts an attempt before it is made; `RateLimited` when there were too many."""
        address = hashlib.sha256(folded(email).encode(errors="surrogatepass")).hexdigest()
        who = subscriber(client.ip)
        buckets = [
            Bucket("same client", f"sign-in {address} {who}", SAME_CLIENT),
            Bucket("client", f"sign-in {who}", CLIENT),
        ]
        if not known:
            buckets.append(Bucket("address", f"sign-in {address}", ADDRESS))
        try:
            await self._buckets.take(buckets, Standings())
        except RateLimited as error:
            message = f"There were too many attempts to sign in; try again in {error.retry_after} s."
            raise RateLimited(message, reason="SIGN_IN", retry_after=error.retry_after) from None

    def note_failure(self, workspace_id: int, user_id: int, client: Client) -> None:
        """Tells a failed attempt, one entry a minute, after it is answered: it must not take longer than others."""
        task = asyncio.create_task(self._count(workspace_id, user_id, client))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def close(self) -> None:
        """Waits for what is to be told."""
        await asyncio.gather(*self._telling)

    async def _count(self, workspace_id: int, user_id: int, client: Client) -> None:
        aggregate = f"sign-in {user_id} {now():%Y-%m-%dT%H:%M}"

        async def count(writer: Writer) -> None:
            tx = Transaction(self._writes, writer, Actor(workspace_id, request_id=client.request_id))
            if not await count_event(tx, aggregate, 1):
                tx.emit("access.sign_in_failed", tx.noun("User"), user_id, {"ip": client.ip}, aggregate=aggregate)
                await write_events(tx)

        try:
            await self._database.write(count)
        except Exception as error:  # noqa: BLE001 (whatever it is, the refusal stands)
            log_failure(client.request_id, error)


def folded(email: str) -> str:
    """An e-mail address as most are stored, however it was typed."""
    return email.lower()
