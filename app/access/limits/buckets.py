"""Takes requests from buckets, wherever these are kept, and goes on where their store is away."""

import time
from collections.abc import Sequence

from app.access.limits.store import Store, StoreAway
from app.errors import RateLimited, Unavailable
from app.logs import log_notice
from app.rate import Bucket, Standing, Standings, cost

_PAUSE = 1.0  # seconds for which a store that failed is left alone: waiting for it would hold every request up
_WHO = {"ip": "Your address", "workspace": "This workspace", "key": "This key"}


class Buckets:
    """What the rest of the server takes from. A store that is away grants everything or, if told to, nothing."""

    def __init__(self, store: Store, *, fail_open: bool) -> None:
        self._store = store
        self._fail_open = fail_open
        self._away_until = 0.0

    async def take(self, buckets: Sequence[Bucket], standings: Standings, units: int = 1, paid: int = 0) -> None:
        """Takes units, some of which are paid already, from all buckets, or `RateLimited`; notes how these stand."""
        names, amounts, tolerances = [], [], []
        for _, name, rate in buckets:
            names.append(name)
            amounts.append(cost(rate, units, paid))
            tolerances.append(rate.tolerance)
        debts = await self._ask(names, amounts, tolerances)
        granted = True
        for debt, amount, tolerance in zip(debts, amounts, tolerances, strict=True):
            granted = granted and debt + amount <= tolerance
        for bucket, debt, amount in zip(buckets, debts, amounts, strict=True):
            after = debt + amount
            standings[bucket.kind] = (
                Standing(bucket, after, 0) if granted else Standing(bucket, debt, max(0, after - bucket.rate.tolerance))
            )
        if not granted:
            raise _refusal(standings)

    async def close(self) -> None:
        """Closes the store."""
        await self._store.close()

    async def _ask(self, names: list[str], amounts: list[int], tolerances: list[int]) -> list[int]:
        if not self._away_until or time.monotonic() >= self._away_until:
            try:
                return await self._store.take(names, amounts, tolerances)
            except StoreAway as error:
                self._away_until = time.monotonic() + _PAUSE
                log_notice("rate limits away", cause=repr(error.__cause__)[:500], fails_open=self._fail_open)
        if not self._fail_open:
            raise Unavailable("Rate limits cannot be counted at this moment; try again shortly.")
        return [0] * len(names)


def _refusal(standings: Standings) -> RateLimited:
    refusing = standings.tightest()
    assert refusing is not None
    kind, _, rate = refusing.bucket
    told = f"{_WHO.get(kind, 'You')} may make {rate}; try again in {refusing.retry_after} s."
    return RateLimited(told, reason=kind.upper(), retry_after=refusing.retry_after)
