"""Guessing passwords is slow (by address and client), costs little, and keeps nobody out who is signed in already."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from app import rate
from app.access.passwords import MOST_WAITING, Passwords, hash_password
from app.auth.attempts import ADDRESS, CLIENT, SAME_CLIENT
from app.errors import Unavailable
from tests.serving import Client
from tests.signing import PASSWORD, let_in, sign_in

GRACE = "grace@acme.test"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What buckets take for the time, in microseconds, as the only item."""
    moment = [1_000_000_000_000_000]
    monkeypatch.setattr(rate, "now", lambda: moment[0])
    return moment


@asynccontextmanager
async def coming_from(client: Client, address: str) -> AsyncIterator[None]:
    """Has the client's requests come from another address."""
    usual = client.http
    transport = httpx2.ASGITransport(app=client.app, client=(address, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://leadgraph.test") as client.http:
        yield
    client.http = usual


async def guess(client: Client, times: int, email: str = GRACE) -> list[int]:
    """The statuses of attempts with passwords that are too long to be hashed, which is what takes time."""
    return [(await sign_in(client, email, "x" * 201)).status_code for _ in range(times)]


async def test_a_client_tries_an_address_some_times_and_then_slowly(client: Client, clock: list[int]) -> None:
    await let_in(client, "grace")
    assert await guess(client, SAME_CLIENT.burst) == [401] * SAME_CLIENT.burst
    refused = await sign_in(client, GRACE)  # the right one, too: who guesses must not know when he is there
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["code"], error["extensions"]["reason"]) == (
        429,
        "RATE_LIMITED",
        "SIGN_IN",
    )
    assert int(refused.headers["retry-after"]) == 60
    clock[0] += 60_000_000
    assert (await sign_in(client, "Grace@acme.test")).status_code == 200, "capitals are no other address"


async def test_who_guesses_from_one_address_keeps_the_member_out_nowhere_else(client: Client, clock: list[int]) -> None:
    await let_in(client, "grace")
    async with coming_from(client, "203.0.113.9"):
        for _ in range(60):
            await guess(client, 5)
            clock[0] += 60_000_000
        assert (await sign_in(client, GRACE)).status_code in {200, 429}
    assert (await sign_in(client, GRACE)).status_code == 200


async def test_who_guesses_from_everywhere_keeps_nobody_out_who_is_signed_in(client: Client, clock: list[int]) -> None:
    await let_in(client, "grace")
    assert (await sign_in(client, GRACE)).status_code == 200
    for number in range(ADDRESS.burst):
        async with coming_from(client, f"203.0.113.{number}"):
            await guess(client, 1)
    async with coming_from(client, "198.51.100.1"):
        assert (await sign_in(client, GRACE)).status_code == 429
    assert (await sign_in(client, GRACE)).status_code == 200


async def test_a_client_cannot_try_many_addresses(sqlite_client: Client, clock: list[int]) -> None:
    statuses = [(await guess(sqlite_client, 1, f"{n}@acme.test"))[0] for n in range(CLIENT.burst + 1)]
    assert statuses == [401] * CLIENT.burst + [429]


async def test_an_ipv6_subscriber_is_one_client(sqlite_client: Client, clock: list[int]) -> None:
    await let_in(sqlite_client, "grace")
    statuses = []
    for number in range(SAME_CLIENT.burst + 1):
        async with coming_from(sqlite_client, f"2001:db8:0:1::{number + 1:x}"):
            statuses += await guess(sqlite_client, 1)
    assert statuses == [401] * SAME_CLIENT.burst + [429]


async def test_a_flood_of_passwords_is_hashed_one_after_the_other() -> None:
    """The server answers others meanwhile: nothing is hashed in its own thread."""
    passwords, stored = Passwords(), hash_password(PASSWORD)
    try:
        came = asyncio.gather(
            *(passwords.is_right(PASSWORD, stored) for _ in range(MOST_WAITING + 3)), return_exceptions=True
        )
        turns = 0
        while not came.done():
            await asyncio.sleep(0)
            turns += 1
        found = came.result()
    finally:
        passwords.close()
    assert found[:MOST_WAITING] == [True] * MOST_WAITING
    assert [type(each) for each in found[MOST_WAITING:]] == [Unavailable] * 3
    assert turns > MOST_WAITING


async def test_who_gives_up_waiting_makes_room() -> None:
    passwords, stored = Passwords(), hash_password(PASSWORD)
    try:
        waiting = [asyncio.create_task(passwords.is_right("wrong", stored)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        assert await passwords.is_right(PASSWORD, stored)
    finally:
        passwords.close()
