"""Every statement that a database runs for readers, in order: what a request really asked, whatever it answered."""

from collections.abc import Sequence
from typing import Any, TypeVar

from app.store.reading import Database, Reading, Row, Statement

T = TypeVar("T")


def record(database: Database) -> list[Statement]:
    """A list to which each statement is added from now on, before it is run."""
    statements: list[Statement] = []
    run = database.read

    def noting(reading: Reading[T]) -> Reading[T]:
        rows: Sequence[Row] | None = None
        while True:
            try:
                statement = next(reading) if rows is None else reading.send(rows)
            except StopIteration as finished:
                return finished.value  # type: ignore[no-any-return]
            statements.append(Statement(statement.text, list(statement.values)))
            rows = yield statement

    async def read(reading: Reading[Any]) -> Any:
        return await run(noting(reading))

    database.read = read  # type: ignore[method-assign]
    return statements
