"""Buckets in an unlogged table of PostgreSQL, shared by all processes on that database."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg

from app.access.limits.store import StoreAway
from app.errors import Unavailable
from app.settings import Settings
from app.store.postgresql_pool import AWAY, Pool

# The rule of app/rate.py. Rows that are there are locked before they are judged, all in one order, and written only if
# each of them holds what is asked. Requests that come upon a new bucket at once find no row to lock: they judge it once
# more as they write it, and who is not written is told that the bucket is empty.
_TAKE = """
WITH clock AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now),
asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS _ (bucket, amount, tolerance, place)
),
known AS MATERIALIZED (
    SELECT bucket, full_at FROM rate_limit WHERE bucket = ANY ($1::text[]) ORDER BY bucket FOR UPDATE
),
found AS MATERIALIZED (
    SELECT asked.*, now, least(greatest(full_at - now, 0), tolerance) AS debt
    FROM asked CROSS JOIN clock LEFT JOIN known USING (bucket)
),
verdict AS MATERIALIZED (SELECT bool_and(debt + amount <= tolerance) AS granted FROM found),
taken AS (
    INSERT INTO rate_limit AS kept (bucket, full_at)
    SELECT bucket, now + debt + amount FROM found, verdict WHERE granted ORDER BY bucket
    ON CONFLICT (bucket) DO UPDATE SET full_at = (
        SELECT least(greatest(kept.full_at, now), now + tolerance) + amount
        FROM found WHERE found.bucket = excluded.bucket
    ) WHERE (
        SELECT least(greatest(kept.full_at - now, 0), tolerance) + amount <= tolerance
        FROM found WHERE found.bucket = excluded.bucket
    ) RETURNING bucket, full_at
)
SELECT coalesce(taken.full_at - now - amount, CASE WHEN granted THEN tolerance ELSE debt END)
FROM verdict, found LEFT JOIN taken USING (bucket) ORDER BY place
"""
_SWEEP = """
DELETE FROM rate_limit WHERE bucket IN (
    SELECT bucket FROM rate_limit WHERE full_at < extract(epoch FROM clock_timestamp()) * 1000000 FOR UPDATE SKIP LOCKED
)
"""
_SWEPT_EVERY = 60.0  # seconds


class PostgreSQL:
    """One statement for each request, on connections of its own: no transaction that takes long is waited for."""

    def __init__(self, settings: Settings) -> None:
        self._pool = Pool(settings, read_only=False)
        self._sweep_at = time.monotonic() + _SWEPT_EVERY

    async def take(self, names: Sequence[str], amounts: Sequence[int], tolerances: Sequence[int]) -> list[int]:
        """As `Store` says. Once a minute rows of buckets that are full are removed."""
        try:
            connection = await self._pool.take()
        except Unavailable as error:
            raise StoreAway from error
        try:
            rows = await connection.fetch(_TAKE, names, amounts, tolerances)
            if time.monotonic() > self._sweep_at:
                self._sweep_at = time.monotonic() + _SWEPT_EVERY
                await connection.execute(_SWEEP)
        except asyncio.CancelledError:
            self._pool.clear(connection, "SELECT 1")
            raise
        except (*AWAY, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            connection.terminate()
            self._pool.give(connection)
            raise StoreAway from error
        self._pool.give(connection)
        return [debt for (debt,) in rows]

    async def close(self) -> None:
        """Closes every connection."""
        await self._pool.close()
