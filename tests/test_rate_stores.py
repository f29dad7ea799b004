"""Every store of buckets keeps the rule of app/rate.py, for however many ask it at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import uuid4

import pytest

from app import rate
from app.access.limits.buckets import Buckets
from app.access.limits.memory import Memory
from app.access.limits.postgresql import PostgreSQL
from app.access.limits.redis import Redis
from app.access.limits.store import Store, StoreAway
from app.errors import RateLimited, Unavailable
from app.rate import Bucket, Rate, Standings
from app.settings import Settings
from tests.postgres import find_port

SLOW = Rate.of(limit=1, window=3_600, burst=10)  # nothing comes back while a test runs
QUICK = Rate.of(limit=1_000, window=1, burst=2)


@pytest.fixture(params=["memory", "redis", "postgresql"])
def open_store(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Opens each store in turn."""
    if request.param == "memory":
        return Memory
    url: str = request.getfixturevalue(f"{request.param}_url")
    return lambda: Redis(url) if request.param == "redis" else PostgreSQL(Settings(database=url))


@pytest.fixture
async def store(open_store: Callable[[], Store]) -> AsyncIterator[Store]:
    opened = open_store()
    yield opened
    await opened.close()


def new_bucket(kind: str = "key", rate: Rate = SLOW) -> Bucket:
    return Bucket(kind, f"{kind}:{uuid4()}", rate)


async def granted(buckets: Buckets, *asked: Bucket, units: int = 1) -> bool:
    try:
        await buckets.take(list(asked), Standings(), units)
    except RateLimited:
        return False
    return True


async def test_a_bucket_grants_its_burst_and_no_more(store: Store) -> None:
    buckets, bucket = Buckets(store, fail_open=False), new_bucket()
    assert [await granted(buckets, bucket) for _ in range(12)] == [True] * 10 + [False] * 2


async def test_many_at_once_are_granted_exactly_the_burst(store: Store) -> None:
    """HARDENING 31, within one process."""
    buckets, bucket = Buckets(store, fail_open=False), new_bucket()
    answers = await asyncio.gather(*(granted(buckets, bucket, new_bucket()) for _ in range(50)))
    assert sum(answers) == 10


async def test_who_is_refused_by_one_bucket_takes_nothing_from_another(store: Store) -> None:
    buckets, key, workspace = Buckets(store, fail_open=False), new_bucket(), new_bucket("workspace")
    assert await granted(buckets, key, units=10)
    assert not await granted(buckets, workspace, key)
    standings = Standings()
    await buckets.take([workspace], standings)
    assert standings["workspace"].remaining == 9


async def test_a_bucket_fills_again(store: Store) -> None:
    buckets, bucket = Buckets(store, fail_open=False), new_bucket(rate=QUICK)
    async with asyncio.timeout(60):
        for _ in range(20):
            while not await granted(buckets, bucket, units=2):  # noqa: ASYNC110 (time is what it waits for)
                await asyncio.sleep(0.001)


async def test_what_was_taken_can_be_looked_at_without_taking(store: Store) -> None:
    buckets, bucket = Buckets(store, fail_open=False), new_bucket()
    for taken, remaining in ((3, 7), (0, 7), (7, 0), (0, 0)):
        standings = Standings()
        await buckets.take([bucket], standings, taken)
        assert standings["key"].remaining == remaining


async def test_a_request_costs_a_full_bucket_at_most(store: Store) -> None:
    buckets, small, large = Buckets(store, fail_open=False), new_bucket(), new_bucket("ip", Rate.of(1, 3_600, 100))
    standings = Standings()
    await buckets.take([small, large], standings)
    await buckets.take([small, large], standings, units=40, paid=1)
    assert (standings["key"].remaining, standings["ip"].remaining) == (0, 60)


async def test_a_rate_that_was_lowered_holds_at_once_and_is_not_waited_for_longer(store: Store) -> None:
    bucket = new_bucket(rate=Rate.of(1, 3_600, 100))
    buckets, lower = Buckets(store, fail_open=False), Bucket("key", bucket.name, Rate.of(1, 60, 2))
    assert await granted(buckets, bucket, units=100)
    with pytest.raises(RateLimited) as refused:
        await buckets.take([lower], Standings())
    assert refused.value.retry_after == 60


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.milliseconds = 1_700_000_000_000
        monkeypatch.setattr(rate, "now", lambda: self.milliseconds * 1_000)


async def test_refusals_tell_exactly_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, buckets = Clock(monkeypatch), Buckets(Memory(), fail_open=False)
    bucket = new_bucket(rate=Rate.of(60, 60, 10))
    assert await granted(buckets, bucket, units=10)
    with pytest.raises(RateLimited) as refused:
        await buckets.take([bucket], Standings(), units=3)
    assert refused.value.retry_after == 3
    assert refused.value.reason == "KEY"
    clock.milliseconds += 2_999
    assert not await granted(buckets, bucket, units=3)
    clock.milliseconds += 1
    assert await granted(buckets, bucket, units=3)


@pytest.mark.parametrize(("limit", "burst"), [(60, 10), (300, 30), (1_000, 100), (5_000, 500)])
async def test_the_plans_grant_burst_and_limit(limit: int, burst: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4-48, S4-49, S4-50, S4-51: whoever never stops asking gets the burst, and the limit in each minute after it."""
    clock, buckets = Clock(monkeypatch), Buckets(Memory(), fail_open=False)
    bucket = new_bucket(rate=Rate.of(limit, 60, burst))
    assert await granted_in_a_row(buckets, bucket) == burst
    for _ in range(3):
        grants = 0
        for _ in range(600):
            clock.milliseconds += 100
            grants += await granted_in_a_row(buckets, bucket)
        assert grants == limit


async def granted_in_a_row(buckets: Buckets, bucket: Bucket) -> int:
    count = 0
    while await granted(buckets, bucket):
        count += 1
    return count


async def test_a_clock_that_is_set_back_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, buckets = Clock(monkeypatch), Buckets(Memory(), fail_open=False)
    bucket = new_bucket(rate=Rate.of(60, 60, 10))
    assert await granted(buckets, bucket, units=10)
    clock.milliseconds -= 86_400_000
    with pytest.raises(RateLimited) as refused:
        await buckets.take([bucket], Standings())
    assert refused.value.retry_after == 1


async def test_memory_is_bounded_and_forgets_what_was_left_alone_first() -> None:
    memory = Memory(generation=100)
    assert await memory.take(["used"], [SLOW.interval], [SLOW.tolerance]) == [0]
    for number in range(1_000):
        await memory.take([f"ip:{number}"], [1], [10])
        (owed,) = await memory.take(["used"], [0], [SLOW.tolerance])
        assert owed > SLOW.interval * 0.9
        assert len(memory) <= 202


async def test_rows_of_full_buckets_are_removed(postgresql_url: str) -> None:
    store = PostgreSQL(Settings(database=postgresql_url))
    await store.take(["short", "long"], [1, SLOW.interval], [10, SLOW.tolerance])
    store._sweep_at = 0.0
    await store.take(["other"], [SLOW.interval], [SLOW.tolerance])
    connection = await store._pool.take()
    assert [row[0] for row in await connection.fetch("SELECT bucket FROM rate_limit ORDER BY 1")] == ["long", "other"]
    store._pool.give(connection)
    await store.close()


class Away:
    """A store that cannot be asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def take(self, names: Sequence[str], amounts: Sequence[int], tolerances: Sequence[int]) -> list[int]:
        self.asked += 1
        raise StoreAway from ConnectionRefusedError("nobody listens")

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("kind", ["redis", "postgresql"])
async def test_a_store_that_is_away_says_so(kind: str) -> None:
    nowhere = f"127.0.0.1:{find_port()}"
    store: Store = Redis(f"redis://{nowhere}")
    if kind == "postgresql":
        store = PostgreSQL(Settings(database=f"postgresql+asyncpg://leadgraph@{nowhere}/leadgraph"))
    with pytest.raises(StoreAway):
        await store.take(["key:1"], [1], [1])
    await store.close()


async def test_a_store_that_is_away_grants_everything_if_it_shall(capsys: pytest.CaptureFixture[str]) -> None:
    store = Away()
    buckets, bucket = Buckets(store, fail_open=True), new_bucket()
    assert [await granted(buckets, bucket) for _ in range(20)] == [True] * 20
    assert store.asked == 1  # nobody waits for it again in the next second
    assert capsys.readouterr().out.count("rate limits away") == 1


async def test_a_store_that_is_away_grants_nothing_if_it_shall_not() -> None:
    buckets = Buckets(Away(), fail_open=False)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await buckets.take([new_bucket()], Standings())


@pytest.mark.parametrize("text", ["", "60", "60/60", "0/60/10", "60/0/10", "60/60/0", "-1/60/1", "60/60/10/1", "a/b/c"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        Rate.parse(text)
