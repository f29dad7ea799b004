"""What all stores of buckets have in common."""

from collections.abc import Sequence
from typing import Protocol


class StoreAway(Exception):
    """The store cannot be asked; its cause is the store's own error."""


class Store(Protocol):
    """Keeps the buckets of all processes that share it."""

    async def take(self, names: Sequence[str], amounts: Sequence[int], tolerances: Sequence[int]) -> list[int]:
        """Takes its amount from each bucket, or nothing from any if one would owe more than its tolerance then.

        Answers what each owed before; at most its tolerance, also where a clock was set back or a rate lowered.
        `StoreAway` if it cannot be asked.
        """

    async def close(self) -> None:
        """Closes every connection."""
