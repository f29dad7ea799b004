"""Seeded chance. Quicker than `random.Random`, whose `choice` and `randrange` are slow."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """The same seed draws the same lots, on every machine."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)
        self._draw = self._random.random

    def likely(self, probability: float) -> bool:
        """True so often in 1."""
        return self._draw() < probability

    def draw(self) -> float:
        """A number from 0 to below 1."""
        return self._draw()

    def below(self, limit: int) -> int:
        """A whole number from 0 to below `limit`."""
        return int(self._draw() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to below `high`."""
        return low + int(self._draw() * (high - low))

    def pick(self, things: Sequence[T]) -> T:
        """One of the things, all alike."""
        return things[int(self._draw() * len(things))]

    def sample(self, things: Sequence[T], count: int) -> list[T]:
        """Some of the things, none twice."""
        return self._random.sample(things, count)

    def before(self, end: datetime, days: float) -> datetime:
        """A moment in the `days` before `end`."""
        return end - timedelta(milliseconds=1 + int(self._draw() * days * 86_400_000))

    def after(self, start: datetime, hours: float) -> datetime:
        """A moment in the `hours` after `start`."""
        return start + timedelta(milliseconds=1 + int(self._draw() * hours * 3_600_000))
