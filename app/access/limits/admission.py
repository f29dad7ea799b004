"""Which buckets a request is taken from: its address's, its workspace's, and its key's if that has one (X26)."""

from functools import lru_cache

from app.access.address import subscriber
from app.access.limits.buckets import Buckets
from app.access.principal import Principal
from app.logs import Trace
from app.rate import Bucket, Rate, Standing
from app.settings import Settings

PLANS = {
    "free": Rate.of(60, 60, 10),
    "starter": Rate.of(300, 60, 30),
    "pro": Rate.of(1_000, 60, 100),
    "team": Rate.of(5_000, 60, 500),
}
"""What the plans grant (S4-48 to S4-51); that of `enterprise` is a setting, of each workspace or of all (S4-52)."""
_ENTERPRISE = "enterprise"

_PER_UNIT = 1_000  # records that an operation may bring
_LEAST_BURST = 10  # of a key: a page that opens asks several things at once


class Admission:
    """Takes each request from its buckets. Without any, which is for tests and commands, all are admitted."""

    def __init__(self, buckets: Buckets | None, settings: Settings) -> None:
        self._buckets = buckets
        self._ip = Rate.parse(settings.ip_rate)
        self._plans = PLANS | {_ENTERPRISE: Rate.parse(settings.enterprise_rate)}

    async def of_address(self, trace: Trace) -> None:
        """Before anything is looked up: guessing keys costs as much as using them."""
        if self._buckets is not None:
            await self._buckets.take((_of_address(trace.ip, self._ip),), trace.standings)

    async def of_principal(self, principal: Principal, trace: Trace) -> None:
        """Before the document is looked at."""
        if self._buckets is not None:
            await self._buckets.take(self._of_principal(principal), trace.standings)

    async def of_operation(self, principal: Principal, trace: Trace, *, fields: int, cost: int) -> None:
        """Before it is run: what an operation costs beyond the one request that it is. Aliases are no way around."""
        units = max(fields, -(-cost // _PER_UNIT))
        if units > 1 and self._buckets is not None:
            buckets = (_of_address(trace.ip, self._ip), *self._of_principal(principal))
            await self._buckets.take(buckets, trace.standings, units, paid=1)

    def uncounted(self) -> Standing | None:
        """What is told where nothing is counted: to probes, and of what is no request at all."""
        return None if self._buckets is None else Standing(_of_address("", self._ip), 0, 0)

    def _of_principal(self, principal: Principal) -> tuple[Bucket, ...]:
        rate = self._plans[principal.plan]
        if principal.plan == _ENTERPRISE and principal.enterprise_rate is not None:
            rate = Rate.parse(principal.enterprise_rate)
        if principal.key_id is None:
            return (_of_members(principal.workspace_id, rate),)
        # An isolated test key works in the sandbox, so that tests never use up what live keys need.
        workspace = _of_workspace(principal.workspace_id, rate)
        return (
            (workspace,)
            if principal.rate_limit is None
            else (workspace, _of_key(principal.key_id, principal.rate_limit))
        )


@lru_cache(10_000)
def _of_address(ip: str, rate: Rate) -> Bucket:
    return Bucket("ip", f"ip:{subscriber(ip)}", rate)


@lru_cache(10_000)
def _of_workspace(workspace_id: int, rate: Rate) -> Bucket:
    return Bucket("workspace", f"workspace:{workspace_id}", rate)


@lru_cache(10_000)
def _of_members(workspace_id: int, rate: Rate) -> Bucket:
    """Besides that of the keys: whoever floods with a stolen one must not keep members from revoking it."""
    return Bucket("workspace", f"members:{workspace_id}", rate)


@lru_cache(10_000)
def _of_key(key_id: int, per_minute: int) -> Bucket:
    burst = min(per_minute, max(_LEAST_BURST, per_minute // 10))
    return Bucket("key", f"key:{key_id}", Rate.of(per_minute, 60, burst))
