"""Finds what is served at a path: one step a segment, a written segment before a parameter (S1-28)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.errors import ConfigurationError
from app.rest.route import Route

MOUNTS = ("/v1", "/api/v1")
"""The same routes at both (X14)."""
PREFIXES = tuple(f"{each}/" for each in MOUNTS)


@dataclass
class Place:
    """What is served at one path, by method; several routes of one differ in `when` or `strict`."""

    routes: dict[str, list[Route]] = field(default_factory=dict)
    below: dict[str, "Place"] = field(default_factory=dict)
    parameter: "Place | None" = None

    @property
    def allow(self) -> str:
        """The value of `Allow`."""
        head = {"HEAD"} if "GET" in self.routes else set()
        return ", ".join(sorted({*self.routes, *head, "OPTIONS"}))


class Router:
    """All paths, made once."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._top = Place()
        taken: dict[tuple[str, str, object, bool], Route] = {}
        for route in routes:
            shape = "/".join("{}" if part.startswith("{") else part for part in route.path.split("/"))
            other = taken.setdefault((route.method, shape, route.when, route.strict), route)
            if other is not route:
                raise ConfigurationError(f"{route.name} and {other.name} both serve {route.method} {route.path}.")
            self._place(route)

    def _place(self, route: Route) -> None:
        place = self._top
        for segment in route.path.split("/")[1:]:
            if segment.startswith("{"):
                place.parameter = place = place.parameter or Place()
            else:
                place = place.below.setdefault(segment, Place())
        place.routes.setdefault(route.method, []).append(route)

    def find(self, path: str) -> tuple[Place, list[str]] | None:
        """What is served at a path below the mount, and the values of its parameters."""
        place, values = self._top, []
        for segment in path.split("/")[1:]:
            inner = place.below.get(segment)
            if inner is None:
                if place.parameter is None or not segment:
                    return None
                inner = place.parameter
                values.append(segment)
            place = inner
        return (place, values) if place.routes else None
