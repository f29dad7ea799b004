"""What it costs to limit a request: CPU of its three buckets and of the headers that tell of them, in memory.

    .venv/bin/python -m scripts.benchmark.rate_limits

The least of many rounds: what else the machine does only adds.
"""

import asyncio
import time

from app.access.limits.buckets import Buckets
from app.access.limits.memory import Memory
from app.rate import Bucket, Rate, Standings, headers

ROUNDS, REQUESTS = 200, 1_000
IP = [Bucket("ip", "ip:192.0.2.1", Rate.of(60_000_000, 60, 6_000_000))]
REST = [
    Bucket("workspace", "workspace:1", Rate.of(60_000_000, 60, 5_000_000)),
    Bucket("key", "key:1", Rate.of(60_000_000, 60, 4_000_000)),
]


async def main() -> None:
    buckets = Buckets(Memory(), fail_open=False)
    checks, tellings = [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(REQUESTS):
            standings = Standings()
            await buckets.take(IP, standings)
            await buckets.take(REST, standings)
        checked = time.process_time()
        for _ in range(REQUESTS):
            tightest = standings.tightest()
            assert tightest is not None
            headers(tightest)
        checks.append(checked - started)
        tellings.append(time.process_time() - checked)
    print(f"three buckets  {min(checks) / REQUESTS * 1e6:4.1f} µs a request")
    print(f"headers        {min(tellings) / REQUESTS * 1e6:4.1f} µs")


if __name__ == "__main__":
    asyncio.run(main())
