"""Buckets in the memory of one process."""

from collections.abc import Sequence

from app import rate

_GENERATION = 50_000  # buckets; some 10 MB


class Memory:
    """Keeps the buckets that were used last, twice `generation` of them at most.

    They are in two generations: when the young one is full it becomes the old one, and that is forgotten. What is taken
    from is young again, so only a bucket that is left alone while many thousands are used is forgotten before its time.
    """

    def __init__(self, generation: int = _GENERATION) -> None:
        self._generation = generation
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)  # a bucket may be in both

    async def take(self, names: Sequence[str], amounts: Sequence[int], tolerances: Sequence[int]) -> list[int]:
        """As `Store` says; it waits for nothing."""
        now, young = rate.now(), self._young
        debts, granted = [], True
        for name, amount, tolerance in zip(names, amounts, tolerances, strict=True):
            full_at = young.get(name) or self._old.get(name, 0)
            debt = 0 if full_at <= now else min(full_at - now, tolerance)
            granted = granted and debt + amount <= tolerance
            debts.append(debt)
        if granted:
            for name, amount, debt in zip(names, amounts, debts, strict=True):
                young[name] = now + debt + amount
            if len(young) > self._generation:
                self._young, self._old = {}, young
        return debts

    async def close(self) -> None:
        """There is nothing to close."""
