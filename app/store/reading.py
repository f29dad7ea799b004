"""How the rest of the server uses a database, whichever it is, and how it reads it; `writing.py` is about changes.

Readers are sans-IO: a `Reading` generator yields statements and is sent their rows, so that each database can run them
its own way: PostgreSQL awaits each one, SQLite runs the short ones at once.
"""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from app.metrics import Load

if TYPE_CHECKING:
    from app.store.writing import Work

Row: TypeAlias = Sequence[Any]
T = TypeVar("T")


class Statement(NamedTuple):
    """SQL in the driver's own parameter style, with the values in its order."""

    text: str
    values: Sequence[Any] = ()


Reading: TypeAlias = Generator[Statement, Sequence[Row], T]
"""A piece of reading: yields statements, is sent rows, returns what it made of them."""


class Database(Protocol):
    """What the rest of the server knows of a database."""

    name: str  # "sqlite" or "postgresql"
    url: str
    engine: AsyncEngine
    load: Load

    async def read(self, reading: Reading[T]) -> T:
        """Runs a reading on one connection; `Unavailable` when none can be had."""

    async def write(self, work: "Work[T]", *, bulk: bool = False, dry_run: bool = False) -> T:
        """Does the work in one transaction: commits when it returns, rolls back when it raises, and on a dry run.

        It is begun again, five times at most, when it collides with another or breaks a constraint, of which work makes
        sure by SELECTs: a breach means that somebody else was quicker. Then `Conflict`; `Unavailable` when the database
        is away or busy. `bulk` says that its statements take long.
        """

    async def close(self) -> None:
        """Closes every connection."""
