"""SQLite's connections, for reading and for writing."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.errors import Unavailable


def connect(path: Path, interrupted: Callable[[], bool], steps: int, *, wait: int) -> sqlite3.Connection:
    """A connection that asks after `steps` whether it shall stop, and waits so many milliseconds for a lock."""
    if not path.exists():  # sqlite3 would make an empty database of it
        raise Unavailable(f"The database {path.name} does not exist; run `python -m app migrate`.")
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout = {wait}")
    connection.execute("PRAGMA mmap_size = 268435456")
    connection.set_progress_handler(interrupted, steps)
    return connection


def prepare_writer(connection: Any) -> None:
    """Makes a connection, ours or SQLAlchemy's, one that writes."""
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
