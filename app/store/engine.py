"""Opens the database of a process, by the URL in its settings."""

from app.errors import ConfigurationError
from app.settings import Settings, sqlite_path
from app.store.postgresql import PostgreSQL
from app.store.reading import Database
from app.store.sqlite import SQLite


async def open_database(settings: Settings) -> Database:
    """Opens the database that the settings name."""
    if settings.database.startswith("postgresql+asyncpg://"):
        return await PostgreSQL.open(settings)
    if sqlite_path(settings.database) is not None:
        return SQLite(settings)
    raise ConfigurationError("LEADGRAPH_DATABASE must start with sqlite+aiosqlite:/// or postgresql+asyncpg://")
