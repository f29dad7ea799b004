"""`serve`: the HTTP server of one process."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.application import create_app
from app.logs import configure
from app.settings import Settings


class _Server(uvicorn.Server):
    """Uvicorn that exits 0 after a graceful stop: its own way of raising the signal again ends in its status."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is in flight."""
    configure(as_json=settings.log_json)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        ws="none",
        timeout_graceful_shutdown=settings.shutdown_grace,
        timeout_keep_alive=75,
    )
    _Server(config).run()
