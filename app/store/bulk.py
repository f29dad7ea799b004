"""Loading many rows at once: COPY on PostgreSQL, one prepared INSERT on SQLite, in the caller's transaction.

Rows go past the ORM, so nothing is filled in or checked: every column that has no default in the database is given, ids
come from `take_ids`, and `search_text` is the caller's to fill.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy import Integer, Table, bindparam, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.command import into_driver
from app.store.dialect import POSTGRESQL, Dialect, dialect_named
from app.store.reading import Reading, Statement
from app.store.search import rebuild_statements

CHUNK = 5_000

Row = Sequence[Any]


async def take_ids(connection: AsyncConnection, table: Table, count: int) -> range:
    """As `taking_ids`."""
    taking = taking_ids(dialect_named(connection.dialect.name), table, count)
    try:
        statement = next(taking)
        while True:
            found = await connection.exec_driver_sql(statement.text, tuple(statement.values))
            statement = taking.send(found.all() if found.returns_rows else ())
    except StopIteration as taken:
        return taken.value  # type: ignore[no-any-return]


def taking_ids(dialect: Dialect, table: Table, count: int) -> Reading[range]:
    """Ids for `count` new rows that nobody else will get, rising without a gap; what is not used is lost."""
    if count == 0:
        return range(0)
    if dialect.name == "postgresql":
        while True:
            [(first, last)] = yield Statement(_drawing(table), (count,))
            if last - first == count - 1:  # nobody drew in between
                return range(first, last + 1)
    # SQLite's own record of AUTOINCREMENT; this transaction is the only one that writes.
    taken = yield Statement(
        "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ? RETURNING seq", (count, table.name)
    )
    if not taken:
        yield Statement("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, count))
    last = taken[0][0] if taken else count
    return range(last - count + 1, last + 1)


@cache
def _drawing(table: Table) -> str:
    named = func.pg_get_serial_sequence(literal_column(f"'\"{table.name}\"'"), literal_column("'id'"))
    drawn = select(func.nextval(select(named).scalar_subquery()).label("id"))  # looked up once, not for each id
    series = func.generate_series(literal_column("1"), bindparam("count", type_=Integer()))
    numbers = drawn.select_from(series).cte().prefix_with("MATERIALIZED")
    return str(select(func.min(numbers.c.id), func.max(numbers.c.id)).compile(dialect=POSTGRESQL.sqlalchemy))


async def copy_rows(connection: AsyncConnection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Writes rows, each the Python values of `columns` in their order, the id among them."""
    await connection.exec_driver_sql("SELECT 1")  # begins the transaction, of which the driver alone knows nothing
    driver: Any = (await connection.get_raw_connection()).driver_connection
    convert = rows_into_driver(connection.dialect, table, columns)
    if connection.dialect.name == "postgresql":
        await driver.copy_records_to_table(table.name, columns=columns, records=convert(rows))
    else:
        await driver.executemany(insert_text(table, columns), convert(rows))


def insert_text(table: Table, columns: Sequence[str], rows: int = 1, shared: int = 0) -> str:
    """SQLite's INSERT of the values of `columns`, row by row; those of the first `shared` come once, for all rows."""
    names = ", ".join(f'"{name}"' for name in columns)
    marks = [*(f"?{place}" for place in range(1, shared + 1)), *"?" * (len(columns) - shared)]
    values = ", ".join(["(" + ", ".join(marks) + ")"] * rows)
    return f'INSERT INTO "{table.name}" ({names}) VALUES {values}'  # noqa: S608 (names from a Table)


def insert_all(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> tuple[str, list[Any]]:
    """SQLite's INSERT of some rows, and its parameters: what is the same in all rows, as most is, is bound once."""
    values = dict(zip(columns, zip(*rows, strict=True), strict=True))
    shared = {name: first for name, (first, *others) in values.items() if others.count(first) == len(others)}
    varying = {name: each for name, each in values.items() if name not in shared}
    text = insert_text(table, [*shared, *varying], len(rows), len(shared))
    return text, [*shared.values(), *chain.from_iterable(zip(*varying.values(), strict=True))]


async def analyze(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    """Tells the query planner what the tables hold now, which it would find out late or, on SQLite, never."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
    for table in tables:
        await connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def rows_into_driver(
    dialect: SQLAlchemyDialect, table: Table, columns: Sequence[str]
) -> Callable[[Iterable[Row]], Iterator[Row]]:
    """What turns rows of the Python values of `columns` into rows that the driver takes."""
    processors = [into_driver(table.columns[name].type, dialect) for name in columns]

    def convert(rows: Iterable[Row]) -> Iterator[Row]:
        remaining = iter(rows)
        while chunk := list(islice(remaining, CHUNK)):
            # By column, because most columns need nothing and `map` is quick with those that do.
            values = zip(*chunk, strict=True)
            yield from zip(*(map(p, v) if p else v for p, v in zip(processors, values, strict=True)), strict=True)

    return convert


@asynccontextmanager
async def without_indexes(connection: AsyncConnection, tables: Sequence[Table]) -> AsyncIterator[None]:
    """Secondary indexes, search indexes and, on PostgreSQL, foreign keys are dropped, and made again afterwards.

    For filling an empty database: nobody else can use the tables meanwhile, and checks come at the end.
    """
    if connection.dialect.name == "postgresql":
        drops, makes = await _postgresql_indexes(connection, [table.name for table in tables])
    else:
        drops, makes = await _sqlite_indexes(connection, [table.name for table in tables])
    for statement in drops:
        await connection.exec_driver_sql(statement)
    yield
    for statement in makes:
        await connection.exec_driver_sql(statement)


async def _postgresql_indexes(connection: AsyncConnection, tables: list[str]) -> tuple[list[str], list[str]]:
    quoted = [f'"{table}"' for table in tables]
    indexes = await connection.execute(
        text(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[])) "
            "AND NOT indisprimary AND NOT indisunique ORDER BY 1"
        ),
        {"tables": quoted},
    )
    keys = await connection.execute(
        text(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[])) AND contype = 'f' ORDER BY 1, 2"
        ),
        {"tables": quoted},
    )
    drops = ["SET LOCAL maintenance_work_mem = '512MB'"]
    makes = []
    for name, definition in indexes:
        drops.append(f"DROP INDEX {name}")
        makes.append(definition)
    for table, name, definition in keys:
        drops.append(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        makes.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    return drops, makes


async def _sqlite_indexes(connection: AsyncConnection, tables: list[str]) -> tuple[list[str], list[str]]:
    drops, makes = ["PRAGMA cache_size = -262144"], []
    for table in tables:
        parts = await connection.execute(
            text(
                "SELECT type, name, sql FROM sqlite_master "
                "WHERE tbl_name = :table AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
            ),
            {"table": table},
        )
        for kind, name, definition in parts:
            drops.append(f'DROP {kind} "{name}"')
            makes.append(definition)
            if name == f"{table}_search_insert":
                makes += rebuild_statements(table)
    makes.append("PRAGMA cache_size = -2000")
    return drops, makes
