"""What an answer's pieces become on the wire: one write, in order, none of them lost."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from app.gathering import Gathering


class Wire(asyncio.Transport):
    """Notes each call of the system that a transport would make."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes | str] = []
        self.closing = False

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.calls.append(b"".join(list_of_data))

    def write_eof(self) -> None:
        self.calls.append("eof")

    def close(self) -> None:
        self.closing = True
        self.calls.append("close")

    def is_closing(self) -> bool:
        return self.closing


@pytest.fixture
async def wire() -> Wire:
    return Wire()


@pytest.fixture
async def gathering(wire: Wire) -> Gathering:
    return Gathering(wire, asyncio.get_running_loop())


async def test_head_and_body_are_written_together(gathering: Gathering, wire: Wire) -> None:
    gathering.write(b"head ")
    gathering.write(b"body")
    assert wire.calls == []
    await asyncio.sleep(0)
    assert wire.calls == [b"head body"]
    gathering.write(b"next")
    await asyncio.sleep(0)
    assert wire.calls == [b"head body", b"next"]


@pytest.mark.parametrize("end", ["close", "write_eof"])
async def test_what_is_held_goes_out_before_the_end(gathering: Gathering, wire: Wire, end: str) -> None:
    gathering.write(b"last")
    getattr(gathering, end)()
    await asyncio.sleep(0)
    assert wire.calls == [b"last", end.removeprefix("write_")]


async def test_much_is_not_held_back(gathering: Gathering, wire: Wire) -> None:
    """A client that does not keep up must be noticed while the answer is written (HARDENING 29)."""
    gathering.write(b"head")
    gathering.write(b"x" * 100_000)
    assert wire.calls == [b"head" + b"x" * 100_000]
    for _ in range(1_000):
        gathering.write(b"y")
    await asyncio.sleep(0)
    assert len(wire.calls) > 50
    assert b"".join(each for each in wire.calls if isinstance(each, bytes)).count(b"y") == 1_000


async def test_nothing_is_written_to_a_client_that_has_gone(gathering: Gathering, wire: Wire) -> None:
    gathering.write(b"too late")
    wire.close()
    await asyncio.sleep(0)
    assert wire.calls == ["close"]
