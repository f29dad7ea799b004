"""`python -m app serve` as a process of its own, for tests of what only a real server does."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import create_async_engine

from tests.secrecy import SECRETS, search_response
from tests.serving import World

PATIENCE = 60  # seconds for what takes one or two on a machine that has nothing else to do
PING = {"query": "{ ping }"}


class Server:
    """A server process that listens."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, port: int) -> None:
        self.process = process
        self.port = port
        self._log = log
        # What certificates to trust is 50 ms of reading, for a connection that has none.
        self.http = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, verify=False)
        self.http.event_hooks = {"response": [search_response]}

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def becomes(self, path: str, status: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self.http.get(path)).status_code != status:  # noqa: ASYNC110 (the event is in another process)
                await asyncio.sleep(0.02)

    async def accepts_no_more(self) -> None:
        async with asyncio.timeout(PATIENCE):
            with suppress(OSError):
                while True:
                    _, writer = await self.send(b"")
                    writer.close()
                    await asyncio.sleep(0.05)

    async def send(self, data: bytes, *, small: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which something has been sent; a `small` one takes little before it is read."""
        connection = socket.socket()
        if small:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        except OSError:
            connection.close()
            raise
        reader, writer = await asyncio.open_connection(sock=connection, limit=1024 if small else 65_536)
        writer.write(data)
        await writer.drain()
        return reader, writer

    async def exchange(self, data: bytes) -> bytes:
        """All that comes back until the server closes the connection."""
        reader, writer = await self.send(data)
        with closing(writer):
            try:
                answer = await asyncio.wait_for(reader.read(), PATIENCE)
            except ConnectionResetError:  # it did not read what it had refused
                return b""
        SECRETS.search_answer(answer, "an answer")
        return answer


@asynccontextmanager
async def started(world: World, directory: Path, **settings: str) -> AsyncIterator[Server]:
    log = directory / "server.log"
    process = await spawn(log, LEADGRAPH_DATABASE=world.url, **settings)
    try:
        async with asyncio.timeout(PATIENCE):
            while (said := re.search(r"\bport\W+(\d+)", log.read_text())) is None:
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        server = Server(process, log, int(said[1]))
        async with server.http:
            yield server
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def spawn(log: Path, *options: str, **settings: str) -> asyncio.subprocess.Process:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("LEADGRAPH_")}
    with log.open("wb") as file:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "serve", "--port", "0", *options),
            env=outside | {"LEADGRAPH_LOG_JSON": "true", "LEADGRAPH_RATE_LIMITS": "off"} | settings,
            stdout=file,
            stderr=file,
        )


def request(world: World, body: bytes, *, key: str = "all", length: int | None = None) -> bytes:
    text, _ = world.keys[key]
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {text}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[Any]:
    """Keeps every statement that reads contacts waiting; gives a function that returns when so many wait."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    engine = create_async_engine(world.url)

    async def until(count: int) -> None:
        async with asyncio.timeout(PATIENCE), engine.connect() as connection:
            while (await connection.exec_driver_sql(waiting)).scalar() != count:
                await asyncio.sleep(0.02)
                await connection.rollback()  # statistics stay the same within a transaction

    try:
        async with engine.begin() as blocking:
            await blocking.exec_driver_sql("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE")
            yield until
    finally:
        await engine.dispose()
