"""Buckets in Redis (the extra `redis`), shared by all processes that name the same one."""

import asyncio
from collections.abc import Sequence

from redis.asyncio import Redis as Client
from redis.exceptions import RedisError

from app.access.limits.store import StoreAway

_CONNECTIONS = 8  # Redis answers one after the other: more would only wait there
_TIMEOUT = 0.5  # seconds; who asks Redis wants to be answered in less than a millisecond

# The rule of app/rate.py. Redis runs a script alone, so that all buckets are judged before any is charged. Its own
# clock counts: machines need not agree on the time. %.0f because Lua writes numbers of this size with 14 digits.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local debts, granted = {}, true
for i, key in ipairs(KEYS) do
    local amount, tolerance = tonumber(ARGV[i]), tonumber(ARGV[#KEYS + i])
    local debt = math.min(math.max((tonumber(redis.call('GET', key)) or now) - now, 0), tolerance)
    debts[i] = debt
    granted = granted and debt + amount <= tolerance
end
for i, key in ipairs(KEYS) do
    local debt = debts[i] + ARGV[i]
    if granted and debt > 0 then
        redis.call('SET', key, string.format('%.0f', now + debt), 'PX', math.ceil(debt / 1000))
    end
end
return debts
"""


class Redis:
    """One script for each request; keys expire when their bucket is full again."""

    def __init__(self, url: str) -> None:
        self._client: Client = Client.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        options = self._client.connection_pool.connection_kwargs  # the URL may say otherwise
        self._timeout: float = options["socket_timeout"]
        self._places = asyncio.Semaphore(_CONNECTIONS)  # fair, unlike a pool of redis-py that blocks
        self._take = self._client.register_script(_TAKE)

    async def take(self, names: Sequence[str], amounts: Sequence[int], tolerances: Sequence[int]) -> list[int]:
        """As `Store` says."""
        try:
            async with asyncio.timeout(self._timeout), self._places:
                return await self._take([f"leadgraph:rate:{name}" for name in names], [*amounts, *tolerances])  # type: ignore[no-any-return]
        except (RedisError, OSError) as error:  # a TimeoutError is one
            raise StoreAway from error

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.aclose()
