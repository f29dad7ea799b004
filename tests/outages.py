"""PostgreSQL that can go away and come back: a relay between the application and the server of the tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from sqlalchemy import make_url

from tests.databases import render
from tests.serving import World


class Relay:
    """Forwards connections to PostgreSQL while it is up; when it goes down, all end and new ones are refused."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            behind_reader, behind_writer = await asyncio.open_connection(*self._target)
            self._writers |= {writer, behind_writer}
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, behind_writer))
                both.create_task(_pump(behind_reader, writer))
        except asyncio.CancelledError:
            pass  # nobody waits for this task but `down`


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def relayed(world: World) -> AsyncIterator[tuple[World, Relay]]:
    """A PostgreSQL world behind a relay that is not up yet."""
    url = make_url(world.url)
    assert url.host
    assert url.port
    relay = Relay(url.host, url.port)
    await relay.up()
    await relay.down()
    try:
        yield replace(world, url=render(url.set(host="127.0.0.1", port=relay.port))), relay
    finally:
        await relay.down()
