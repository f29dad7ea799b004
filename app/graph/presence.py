"""Whether the client still waits: its request is stopped when it goes, so that nothing is read in vain (HARDENING 28).

Most answers are there before a task for the watch would pay, and even a timer for each would cost too much. So there is
one timer: a request that it finds twice is watched.
"""

import asyncio
from types import TracebackType

from app.graph.incoming import ClientGone, Receive

_INTERVAL = 0.1  # seconds


class Presence:
    """Watches the clients of all requests of an endpoint."""

    def __init__(self) -> None:
        self.waiting: set[_Client] = set()
        self._timer: asyncio.TimerHandle | None = None

    def of_client(self, receive: Receive) -> "_Client":
        """Stops its block, with `ClientGone`, when the client goes."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look)
        return _Client(self, receive)

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look) if self.waiting else None
        for client in self.waiting:
            client.look()


class _Client:
    __slots__ = ("_gone", "_presence", "_receive", "_seen", "_task", "_watch")

    def __init__(self, presence: Presence, receive: Receive) -> None:
        self._presence = presence
        self._receive = receive
        self._gone = self._seen = False
        self._watch: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._presence.waiting.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._presence.waiting.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        if self._gone and kind is asyncio.CancelledError and self._task is not None:
            self._task.uncancel()
            raise ClientGone

    def look(self) -> None:
        if self._seen and self._watch is None:
            self._watch = asyncio.create_task(self._wait())
        self._seen = True

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self._gone = True
        if self._task is not None:
            self._task.cancel()
