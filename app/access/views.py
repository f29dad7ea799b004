"""Key-scoped views: the schema without what a set of scopes may not use, as a `GraphQLSchema` of its own.

A refused field, argument, input field, enum value or interface membership does not exist in a view; what only refused
things lead to does not exist either. So validation, introspection, coercion, suggestions and SDL obey the scopes with
no code of theirs. Derived once for each distinct set of unmet requirements and kept in a bounded LRU.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from graphql import GraphQLSchema

from app.access.derive import Whole
from app.resource import Requirement

RequirementOf = Callable[[Any], Requirement]
"""Reads the requirement off a definition: a type, field, argument, input field or enum value."""

V = TypeVar("V")


def satisfied(requirement: Requirement, scopes: frozenset[str]) -> bool:
    """Whether scopes meet an OR of ANDs; an empty one is met by anybody."""
    return not requirement or any(scopes.issuperset(group) for group in requirement)


class Views(Generic[V]):
    """The views of a schema: `make` turns a derived schema into what is kept for it."""

    def __init__(
        self, schema: GraphQLSchema, requirement_of: RequirementOf, make: Callable[[GraphQLSchema], V], size: int
    ) -> None:
        self._whole = Whole(schema)
        self._make = make
        self._size = size
        self._guarded: dict[Requirement, list[int]] = {}
        for definition in self._whole.definitions:
            if requirement := requirement_of(definition):
                self._guarded.setdefault(requirement, []).append(id(definition))
        self._by_scopes: dict[frozenset[str], V] = {}
        self._cache: OrderedDict[frozenset[Requirement], V] = OrderedDict()

    def view(self, scopes: frozenset[str]) -> V:
        """What is kept for a set of scopes, derived when it is first asked for."""
        found = self._by_scopes.get(scopes)
        if found is None:
            if len(self._by_scopes) >= 8 * self._size:
                self._by_scopes.clear()
            found = self._by_scopes[scopes] = self._derived(scopes)
        return found

    def _derived(self, scopes: frozenset[str]) -> V:
        unmet = frozenset(requirement for requirement in self._guarded if not satisfied(requirement, scopes))
        if unmet not in self._cache:
            refused = (id_ for requirement in unmet for id_ in self._guarded[requirement])
            self._cache[unmet] = self._make(self._whole.without(refused))
            if len(self._cache) > self._size:
                self._cache.popitem(last=False)
                self._by_scopes.clear()
        self._cache.move_to_end(unmet)
        return self._cache[unmet]
