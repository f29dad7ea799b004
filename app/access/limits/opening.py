"""Opens the store of buckets that the settings name."""

from app.access.limits.memory import Memory
from app.access.limits.postgresql import PostgreSQL
from app.access.limits.store import Store
from app.errors import ConfigurationError
from app.settings import Settings


def open_store(settings: Settings) -> Store:
    """The store of a process; it connects when it is first asked."""
    if settings.rate_limits == "database":
        return PostgreSQL(settings)
    if "://" not in settings.rate_limits:  # off, too: whoever guesses passwords is slowed down all the same
        return Memory()
    try:
        from app.access.limits.redis import Redis
    except ImportError as error:
        raise ConfigurationError(
            f"LEADGRAPH_RATE_LIMITS needs the extra redis, `pip install --editable '.[redis]'`: {error}."
        ) from None
    return Redis(settings.rate_limits)
