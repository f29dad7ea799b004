"""Which scopes meet requirements, and which are the least that do."""

from collections.abc import Iterable
from functools import lru_cache

from app.resource import Requirement


def satisfied(requirement: Requirement, scopes: frozenset[str]) -> bool:
    """Whether scopes meet an OR of ANDs; an empty one is met by anybody."""
    return not requirement or any(scopes.issuperset(group) for group in requirement)


def least(requirements: Iterable[Requirement], scopes: frozenset[str] = frozenset()) -> list[str]:
    """Scopes that meet requirements together with those given, none of which could be left out."""
    unmet = [requirement for requirement in requirements if not satisfied(requirement, scopes)]
    chosen: list[str] = []
    for requirement in sorted(unmet, key=len):  # first what leaves no choice: it may do for what does
        chosen += _cheapest(requirement, scopes.union(chosen))
    for name in chosen[:]:  # what was chosen early may be had with what had to be chosen later
        others = scopes.union(chosen) - {name}
        if all(satisfied(requirement, others) for requirement in unmet):
            chosen.remove(name)
    return chosen


def _cheapest(requirement: Requirement, scopes: frozenset[str]) -> list[str]:
    """Of the alternatives, the one with the fewest scopes missing."""
    return min(([name for name in group if name not in scopes] for group in requirement), key=len)


@lru_cache(10_000)
def used_of(scopes: frozenset[str], requirements: frozenset[Requirement]) -> tuple[str, ...]:
    """Which of the scopes that meet requirements were needed for them: the least that would have done."""
    met = (tuple(group for group in each if scopes.issuperset(group)) for each in sorted(requirements))
    return tuple(least(each for each in met if each))
