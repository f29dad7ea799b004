"""Key-scoped views: the schema without what a set of scopes may not use, as a `GraphQLSchema` of its own.

A refused field, argument, input field, enum value or interface membership does not exist in a view; what only refused
things lead to does not exist either. So validation, introspection, coercion, suggestions and SDL obey the scopes with
no code of theirs. Derived once for each distinct set of unmet requirements and kept in a bounded LRU.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, Generic, TypeVar

from graphql import GraphQLSchema

from app.access.derive import Whole
from app.access.requirements import satisfied
from app.resource import Requirement

RequirementOf = Callable[[Any], Requirement]
"""Reads the requirement off a definition: a type, field, argument, input field or enum value."""

V = TypeVar("V")


class Guarded:
    """A whole schema, and which of its definitions each requirement guards."""

    def __init__(self, schema: GraphQLSchema, requirement_of: RequirementOf) -> None:
        self._whole = Whole(schema)
        self._guarded: dict[Requirement, list[int]] = {}
        for definition in self._whole.definitions:
            if requirement := requirement_of(definition):
                self._guarded.setdefault(requirement, []).append(id(definition))

    def unmet_by(self, scopes: frozenset[str]) -> frozenset[Requirement]:
        """The requirements that a set of scopes does not satisfy."""
        return frozenset(requirement for requirement in self._guarded if not satisfied(requirement, scopes))

    def without(self, unmet: frozenset[Requirement]) -> GraphQLSchema:
        """The schema without what these requirements guard."""
        return self._whole.without(id_ for requirement in unmet for id_ in self._guarded[requirement])


class Views(Generic[V]):
    """The views of a schema: `make` turns a derived schema into what is kept for it."""

    def __init__(self, guarded: Guarded, make: Callable[[GraphQLSchema], V], size: int) -> None:
        self._guarded = guarded
        self._make = make
        self._size = size
        self._unmet: dict[frozenset[str], frozenset[Requirement]] = {}
        self._views: OrderedDict[frozenset[Requirement], V] = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._views)

    @property
    def kept(self) -> Collection[V]:
        """All that is kept now."""
        return self._views.values()

    def derive(self, scopes: frozenset[str]) -> GraphQLSchema:
        """The schema for any set of scopes, which is not kept: whoever asks for many drives out no view in use."""
        return self._guarded.without(self._guarded.unmet_by(scopes))

    def view(self, scopes: frozenset[str]) -> V:
        """What is kept for a set of scopes, derived when it is first asked for."""
        unmet = self._unmet.get(scopes)
        if unmet is None:
            if len(self._unmet) >= 8 * self._size:
                self._unmet.clear()
            unmet = self._unmet[scopes] = self._guarded.unmet_by(scopes)
        found = self._views.get(unmet)
        if found is None:
            self.misses += 1
            found = self._views[unmet] = self._make(self._guarded.without(unmet))
            if len(self._views) > self._size:
                self._views.popitem(last=False)
        else:
            self.hits += 1
            self._views.move_to_end(unmet)
        return found
