"""The rule of the rate limits: GCRA, a bucket that fills again at an even rate and is one number.

That number is the moment at which the bucket will be full again. Whoever takes from it moves the moment on, and may do
so as long as it stays within `tolerance` of now. All times here are whole microseconds, so that every store of buckets,
in whatever language it counts, comes to the same answer.
"""

import re
import time
from functools import lru_cache
from typing import NamedTuple

_RATE = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,6})/([1-9]\d{0,8})")
_MICROSECONDS = 1_000_000


def now() -> int:
    """Microseconds since the epoch; tests put their own clock in its place."""
    return time.time_ns() // 1_000


class Rate(NamedTuple):
    """So many requests in a window of seconds, so many of them at once at most."""

    limit: int
    window: int
    burst: int
    interval: int  # until one more request may be made
    tolerance: int  # until an empty bucket is full

    @classmethod
    def of(cls, limit: int, window: int, burst: int) -> "Rate":
        interval = max(1, window * _MICROSECONDS // limit)
        return cls(limit, window, burst, interval, burst * interval)

    @classmethod
    @lru_cache(1_000)
    def parse(cls, text: str) -> "Rate":
        """A rate as settings have it, `limit/window/burst`; ValueError for anything else."""
        parts = _RATE.fullmatch(text)
        if parts is None:
            raise ValueError(f"{text[:50]!r} is no rate: write requests/seconds/burst, for instance 1000/60/100")
        return cls.of(*map(int, parts.groups()))

    def __str__(self) -> str:
        return f"{self.limit} requests in {self.window} seconds, {self.burst} at once"


class Bucket(NamedTuple):
    """What requests are taken from: of which kind it is, and a name of its own among all kinds."""

    kind: str
    name: str
    rate: Rate


class Standing(NamedTuple):
    """How a bucket stands after a request was taken from it, or refused."""

    bucket: Bucket
    debt: int  # until it is full again
    wait: int  # until it holds what was refused; 0 where that was granted

    @property
    def remaining(self) -> int:
        """Requests that may be made at once."""
        rate = self.bucket.rate
        return max(0, rate.tolerance - self.debt) // rate.interval

    @property
    def reset_at(self) -> float:
        """When the bucket will be full again, in seconds since the epoch."""
        return (now() + self.debt) / _MICROSECONDS

    @property
    def retry_after(self) -> int:
        """Whole seconds after which what was refused will be granted."""
        return -(-self.wait // _MICROSECONDS)


class Standings(dict[str, Standing]):
    """The buckets of one request, by kind, as far as they are known."""

    def tightest(self) -> Standing | None:
        """The one that refuses, or else the one of which the least remains."""
        return min(self.values(), key=_room, default=None)


def _room(standing: Standing) -> tuple[int, int]:
    return -standing.wait, standing.remaining


def cost(rate: Rate, units: int, paid: int = 0) -> int:
    """What units cost of which some are paid already, in time; nothing costs more than a full bucket holds."""
    if units > rate.burst:
        units = rate.burst
    return (units - paid) * rate.interval if units > paid else 0


def headers(standing: Standing) -> list[tuple[bytes, bytes]]:
    """How a bucket stands, as HTTP tells it: as S4-53 wants it, and as the IETF's draft does.

    Of the latter's parameters, `q` requests may be made in `w` seconds, and `r` at once; in `t` seconds all is as new.
    """
    rate, seconds = standing.bucket.rate, -(-standing.debt // _MICROSECONDS)
    limit, policy = _constant(standing.bucket.kind, rate)
    remaining = standing.remaining
    reset = -(-(now() + standing.debt) // _MICROSECONDS)
    return [
        (b"x-ratelimit-limit", limit),
        (b"x-ratelimit-remaining", b"%d" % remaining),
        (b"x-ratelimit-reset", b"%d" % reset),
        (b"ratelimit-policy", policy),
        (b"ratelimit", b'"%s";r=%d;t=%d' % (standing.bucket.kind.encode(), remaining, seconds)),
    ]


@lru_cache(1_000)
def _constant(kind: str, rate: Rate) -> tuple[bytes, bytes]:
    return b"%d" % rate.limit, f'"{kind}";q={rate.limit};w={rate.window}'.encode()
