"""Whether an answer is still worth working for: a request is stopped when its client goes, so that nothing is read in
vain (HARDENING 28), and when it takes longer than an operation may.

Most answers are there before a task for the watch would pay, and even a timer for each would cost too much. So there is
one timer: a request that it finds twice is watched.
"""

import asyncio
from types import TracebackType

from app.errors import Unavailable
from app.graph.incoming import ClientGone, Receive

_INTERVAL = 0.1  # seconds


class Presence:
    """Watches the clients of all requests of an endpoint."""

    def __init__(self, limit: float) -> None:
        self.limit = limit  # seconds
        self.waiting: set[_Client] = set()
        self._timer: asyncio.TimerHandle | None = None

    def of_client(self, receive: Receive) -> "_Client":
        """Stops its block, with `ClientGone` when the client goes, and `Unavailable` when it takes too long."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look)
        return _Client(self, receive)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_INTERVAL, self._look) if self.waiting else None
        for client in self.waiting:
            client.look(loop.time())


class _Client:
    __slots__ = ("_deadline", "_presence", "_receive", "_stopped", "_task", "_watch")

    def __init__(self, presence: Presence, receive: Receive) -> None:
        self._presence = presence
        self._receive = receive
        self._deadline: float | None = None
        self._stopped: Exception | None = None
        self._watch: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._presence.waiting.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._presence.waiting.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        if self._stopped is not None and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise self._stopped

    def look(self, now: float) -> None:
        if self._deadline is None:
            self._deadline = now + self._presence.limit
        elif now > self._deadline:
            limit = self._presence.limit
            self._stop(Unavailable(f"The operation took longer than {limit:g} seconds.", reason="OPERATION_TIMEOUT"))
        elif self._watch is None:
            self._watch = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self._stop(ClientGone())

    def _stop(self, why: Exception) -> None:
        if self._stopped is None and self._task is not None:
            self._stopped = why
            self._task.cancel()
