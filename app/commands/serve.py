"""`serve`: the HTTP server of one process."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of LEADGRAPH_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, instead of LEADGRAPH_PORT.")] = None,
    database: Annotated[str | None, typer.Option(help="Database URL, instead of LEADGRAPH_DATABASE.")] = None,
) -> None:
    """Serve the database, which must have been migrated, until SIGTERM."""
    from app.commands.database import refusals
    from app.settings import load

    given: dict[str, Any] = {"host": host, "port": port, "database": database}
    with refusals():
        settings = load(**{name: value for name, value in given.items() if value is not None})
        run_server(settings)


class _Server(uvicorn.Server):
    """Uvicorn that exits 0 after a graceful stop: its own way of raising the signal again ends in its status."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield


def run_server(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is in flight; exit code 3 when it cannot start."""
    from app.application import create_app
    from app.logs import configure, log_warning
    from app.settings import Settings

    configure(as_json=settings.log_json)
    if settings.secret == Settings.model_fields["secret"].default:
        log_warning("LEADGRAPH_SECRET is not set: ids and cursors are made with a key that everybody knows.")
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.shutdown_grace,
        timeout_keep_alive=75,
    )
    server = _Server(config)
    server.run()
    if not server.started:
        raise typer.Exit(3)
