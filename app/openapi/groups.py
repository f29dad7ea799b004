"""How operations are grouped: a tag for each noun of the paths, in the order of the scopes (S1-26)."""

from collections.abc import Iterable
from itertools import groupby

from app.access.scopes import SCOPES
from app.openapi.components import Schema
from app.rest.route import Route

_GENERAL = "General"
_RESOURCES = list(dict.fromkeys(name.partition(":")[0] for name in SCOPES))


class Noun:
    """The routes below one first segment of a path."""

    def __init__(self, segment: str, routes: list[Route]) -> None:
        self.segment = segment
        self.routes = routes
        words = segment.replace("-", " ").capitalize()
        self.tag = words.replace("Api", "API")
        scope = routes[0].scopes[0] if routes[0].scopes else ""
        self._resource = scope.partition(":")[0]
        self.group = SCOPES[scope].group if scope else _GENERAL

    @property
    def singular(self) -> str:
        """`sender-profiles` → `SenderProfile`."""
        words = self.segment.replace("-", " ").title().replace(" ", "")
        return f"{words[:-3]}y" if words.endswith("ies") else words.removesuffix("s")

    @property
    def paths(self) -> dict[str, dict[str, list[Route]]]:
        """The routes by path and method, in the order of the document."""
        found: dict[str, dict[str, list[Route]]] = {}
        for route in self.routes:
            found.setdefault(route.path, {}).setdefault(route.method, []).append(route)
        return found

    @property
    def place(self) -> tuple[int, str]:
        """What nouns are sorted by: their resource, then the one that the resource is named after, then the others."""
        if not self._resource:
            return -1, self.segment
        named_after = self._resource.replace("_", "-") == self.segment
        return _RESOURCES.index(self._resource), "" if named_after else self.segment


def nouns_of(routes: Iterable[Route]) -> list[Noun]:
    """The nouns of routes, in order."""
    found: dict[str, list[Route]] = {}
    for route in routes:
        found.setdefault(route.path.split("/")[1], []).append(route)
    nouns = [Noun(segment, sorted(own, key=_depth)) for segment, own in found.items()]
    return sorted(nouns, key=lambda noun: noun.place)


def _depth(route: Route) -> int:
    """First the collection, then one record, then what else can be done with them."""
    _, _, *below = route.path.split("/")
    return 0 if not below else 1 if len(below) == 1 and below[0].startswith("{") else 2


def tag_groups(nouns: Iterable[Noun]) -> list[Schema]:
    """`x-tagGroups`: the tags below the groups of their scopes."""
    grouped = groupby(nouns, key=lambda noun: noun.group)
    return [{"name": name, "tags": [noun.tag for noun in members]} for name, members in grouped]
