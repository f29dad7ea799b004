"""The load: so many connections that each send the next request when the last answer is there."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a run of requests showed: latencies in seconds, and how long it took in all."""

    latencies: Sequence[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return sorted(self.latencies)[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


def request(port: int, path: str, key: str, body: bytes | None) -> bytes:
    """The bytes of one HTTP request: a POST if it has a body."""
    if body is None:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(port: int, requests: Sequence[bytes], concurrency: int, count: int) -> Load:
    """Sends `count` requests in turn over `concurrency` connections; an answer without data ends the run."""
    latencies: list[float] = []
    numbers = iter(range(count))

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            started = time.perf_counter()
            writer.write(requests[number % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            latencies.append(time.perf_counter() - started)
            if not body.startswith((b'{"data":{', b'{"success":true')) or b":null}}" in body[-10:]:
                raise RuntimeError(f"not an answer: {body[:500]!r}")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return Load(latencies, time.perf_counter() - started)


async def ask(port: int, path: str, key: str, body: bytes) -> bytes:
    """One answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(port, path, key, body))
    head = await reader.readuntil(b"\r\n\r\n")
    answer = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
    writer.close()
    return answer
