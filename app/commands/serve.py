"""`serve`: the HTTP server of one process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from contextlib import contextmanager, suppress
from functools import partial
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.application import Application
    from app.settings import Settings

_COLLECT = (20_000, 20, 20)  # a page of 50 contacts makes some 500 objects, none of them in a cycle


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of LEADGRAPH_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on, instead of LEADGRAPH_PORT.", min=0, max=65535)
    ] = None,
    database: Annotated[str | None, typer.Option(help="Database URL, instead of LEADGRAPH_DATABASE.")] = None,
) -> None:
    """Serve the database, which must have been migrated, until SIGTERM."""
    from app.commands.database import open_migrated, refusals
    from app.errors import Unavailable
    from app.settings import load

    async def check() -> None:
        with suppress(Unavailable):  # it is waited for
            async with open_migrated(settings):
                pass

    given: dict[str, Any] = {"host": host, "port": port, "database": database}
    with refusals():
        settings = load(**{name: value for name, value in given.items() if value is not None})
        with bind(settings) as bound:
            asyncio.run(check())
            run_server(settings, bound)


class _Server(uvicorn.Server):
    """Uvicorn that says it is about to stop before it does, and exits 0 after a graceful stop.

    Its own way loses connections that a balancer is still sending to, and raises the signal again at the end.
    """

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application = application

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Says where it listens, which is news when any free port was asked for; settles the memory used so far."""
        from app.logs import log_notice

        await super().startup(sockets)
        if self.started:
            # What is there now stays: the collector need not look at it again, nor after every few hundred objects.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*_COLLECT)
            host, port, *_ = self.servers[0].sockets[0].getsockname()
            log_notice("listening", host=host, port=port)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Takes in whoever has connected already: closing the listener alone would reset them."""
        loop = asyncio.get_running_loop()
        for server in self.servers:
            waiting: list[socket] = []
            for listener in [socket(fileno=os.dup(each.fileno())) for each in server.sockets]:
                server.close()
                with listener, suppress(OSError):
                    while True:
                        waiting.append(listener.accept()[0])
            for accepted in waiting:
                await loop.connect_accepted_socket(self._connection, accepted)
        await super().shutdown(sockets)

    def _connection(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        connection: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return connection

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked_to_stop)
        yield

    def _asked_to_stop(self) -> None:
        if not self._application.draining:
            self._application.draining = True
            asyncio.get_running_loop().call_later(self._application.settings.shutdown_delay, self._stop)
        elif not self.should_exit:  # asked twice: without the delay
            self._stop()
        else:  # three times: without waiting for anybody
            self.force_exit = True

    def _stop(self) -> None:
        self.should_exit = True


def bind(settings: Settings) -> socket:
    """The socket to listen on, taken before anything else is done; `ConfigurationError` if it cannot be had."""
    from app.errors import ConfigurationError

    kind = AF_INET6 if ":" in settings.host else AF_INET
    taken = socket(kind)
    taken.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
    except OSError as error:
        taken.close()
        raise ConfigurationError(
            f"Cannot listen on port {settings.port} of {settings.host}: {error.strerror}; choose another with --port."
        ) from None
    return taken


def run_server(settings: Settings, bound: socket) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is in flight; exit code 3 when it cannot start."""
    from app.application import create_app
    from app.connection import Connection
    from app.logs import configure, log_notice

    configure(as_json=settings.log_json)
    if settings.secret == type(settings).model_fields["secret"].default:
        log_notice("LEADGRAPH_SECRET is not set: ids and cursors are made with a key that everybody knows")
    application = create_app(settings)
    protocol = partial(
        Connection,
        read_limit=settings.read_timeout,
        observer=application.observer,
        uncounted=application.admission.uncounted,
    )
    config = uvicorn.Config(
        application,
        http=protocol,  # type: ignore[arg-type]
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=settings.shutdown_grace,
        timeout_keep_alive=75,
    )
    server = _Server(config, application)
    server.run(sockets=[bound])
    if not server.started:
        raise typer.Exit(3)
