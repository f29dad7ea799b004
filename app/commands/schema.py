"""`schema`: the SDL of a scope set's view, or what one scope set adds to another."""

import difflib

from app.access.scopes import SCOPES, canonical, expand
from app.domain import CATALOG
from app.graph.schema import assemble, views_of


def sdl(scopes: str | None) -> str:
    """The SDL that a key with these comma-separated scopes sees; the whole schema without any."""
    views = views_of(assemble(CATALOG), size=2)
    granted = frozenset(SCOPES) if scopes is None else expand(_names(scopes))
    return views.view(granted).sdl()


def diff(first: str, second: str) -> str:
    """A unified diff of the views of two scope sets: what the second adds to the first, and lacks of it."""
    before, after = sdl(first).splitlines(), sdl(second).splitlines()
    return "\n".join(difflib.unified_diff(before, after, first, second, lineterm="", n=2))


def _names(scopes: str) -> list[str]:
    return [canonical(name.strip()) for name in scopes.split(",") if name.strip()]
