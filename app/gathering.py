"""Writing to a connection when all requests that have arrived are answered, not amid them.

Uvicorn writes head and body of an answer one after the other. Each write calls the system and wakes a client that waits
for it, which together took a third of a short request. Here they go out as one, and those of all connections in a row.
"""

import asyncio
from typing import Any

_LARGE = 65_536  # bytes: what is not held back
_MANY = 16  # pieces


class Gathering:
    """A transport that sends in the loop's next turn what it is given in this one, unless that is much."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        if len(data) > _LARGE or len(self._held) > _MANY:
            self._send()  # so that the transport can tell whether the client keeps up

    def write_eof(self) -> None:
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        held, self._held = self._held, []
        if held and not self.is_closing():
            self._transport.writelines(held)
