"""The index behind search: substrings of a table's `search_text`, on whichever database it lives.

On SQLite an FTS5 trigram table `<table>_search` without content of its own, kept in step by triggers; on PostgreSQL a
trigram GIN index `ix_<table>_search` where pg_trgm can be had, and none where it cannot: answers are the same, slower.
A migration that has SQLite copy a searched table (alembic's batch mode) drops its triggers: it must create them again.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

# "case_sensitive 1": the text is folded already, and SQLite's own folding would find more than PostgreSQL does.
# "columnsize=0": lengths of texts are for ranking, which nobody asks for, and a table more to write.
_SQLITE_INDEX = (
    """
CREATE VIRTUAL TABLE {table}_search USING fts5(
    search_text, content='{table}', content_rowid='id', tokenize='trigram case_sensitive 1', columnsize=0
)""",
    """
CREATE TRIGGER {table}_search_insert AFTER INSERT ON "{table}" BEGIN
    INSERT INTO {table}_search(rowid, search_text) VALUES (new.id, new.search_text);
END""",
    """
CREATE TRIGGER {table}_search_delete AFTER DELETE ON "{table}" BEGIN
    INSERT INTO {table}_search({table}_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
END""",
    """
CREATE TRIGGER {table}_search_update AFTER UPDATE OF search_text ON "{table}"
WHEN old.search_text IS NOT new.search_text BEGIN
    INSERT INTO {table}_search({table}_search, rowid, search_text) VALUES ('delete', old.id, old.search_text);
    INSERT INTO {table}_search(rowid, search_text) VALUES (new.id, new.search_text);
END""",
)
_SQLITE_REBUILD = (
    "INSERT INTO {table}_search({table}_search, rank) VALUES ('hashsize', 67108864)",  # bytes; twice as fast
    "INSERT INTO {table}_search({table}_search) VALUES ('rebuild')",
    "INSERT INTO {table}_search({table}_search, rank) VALUES ('hashsize', 1048576)",
)
_POSTGRESQL_INDEX = 'CREATE INDEX ix_{table}_search ON "{table}" USING gin (search_text gin_trgm_ops)'


def create_search(connection: Connection, tables: Sequence[str]) -> None:
    """Makes the search index of each table, for a migration."""
    statements: tuple[str, ...] = _SQLITE_INDEX
    if connection.dialect.name == "postgresql":
        statements = (_POSTGRESQL_INDEX,) if _has_trigrams(connection) else ()
    for table in tables:
        for statement in statements:
            connection.exec_driver_sql(statement.format(table=table))


def rebuild_statements(table: str) -> list[str]:
    """Statements that make SQLite's index of `table` anew from its rows."""
    return [statement.format(table=table) for statement in _SQLITE_REBUILD]


def _has_trigrams(connection: Connection) -> bool:
    available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if not connection.scalar(text(available)):
        return False
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError:  # this role may not
        return False
    return True
