"""The pages, rendered by Jinja, which escapes all: each once, and once more for each address it is served at.

They are the same for everybody: what only some may see or do is asked of the server by the reader's browser.
"""

import gzip
import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from app.console import showing
from app.docs.guides import FACTS, GUIDES
from app.docs.highlighting import highlight
from app.docs.operations import Document, Group, groups_of
from app.docs.samples import LANGUAGES, VARIABLE, Call
from app.docs.searching import find
from app.errors import NotFound
from app.graph.assets import Assets

HOME: Final = "/docs"
BASE: Final = "http://leadgraph.invalid"
"""Stands in what is kept of a page for the address that it is served at."""

_HERE: Final = Path(__file__).parent
_KEPT: Final = 256  # pages

STATIC: Final = Assets(_HERE / "static")


class Pages:
    """All pages of a document, which is asked for when the first of them is. Rendering takes long: not to be called on
    the event loop."""

    def __init__(self, document: Callable[[], Document], *, console: bool, playground: bool, hidden: bool) -> None:
        self._document = document
        self._served = {"console": console, "playground": playground, "hidden": hidden}
        self._kept = lru_cache(_KEPT)(self._compressed)

    def page(self, path: str) -> str:
        """The page at a path below `/docs`; `NotFound` for any other."""
        return gzip.decompress(self._kept(path)).decode()

    def search(self, text: str) -> str:
        """What is found by a text."""
        return self._render("found", "Search", text=text, finds=find(text, self._groups))

    def _compressed(self, path: str) -> bytes:
        return gzip.compress(self._page(path).encode(), compresslevel=6)

    def _page(self, path: str) -> str:
        if not path:
            return self._render("overview", "Overview", ping=Call("GET", f"{BASE}/v1/ping"))
        guide = next((each for each in GUIDES if path == f"guides/{each.name}"), None)
        if guide is not None:
            return self._render(f"guides/{guide.name}", guide.title, layout="guide.html", guide=guide)
        group = next((each for each in self._groups if path == each.slug), None)
        if group is not None:
            return self._render("group", group.name, group=group)
        raise NotFound("There is no such page in the documentation.")

    @cached_property
    def _groups(self) -> tuple[Group, ...]:
        return tuple(each for each in groups_of(self._document()) if each.operations)

    def _render(self, view: str, title: str, *, layout: str = "page.html", **context: Any) -> str:
        known = {
            "title": title,
            "view": f"{view}.html",
            "groups": self._groups,
            "api": self._document()["info"],
            "base": BASE,
            "guides": GUIDES,
            "languages": LANGUAGES,
            "variable": VARIABLE,
            "text": "",
            "guide": None,
            "group": None,
        }
        return _TEMPLATES.get_template(layout).render(known | self._served | FACTS | context)


def marked(text: str) -> Markup:
    """What is written in `backticks` as code, and all else as text."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def by(items: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Items that are in order, by an attribute of theirs."""
    return [(value, list(members)) for value, members in groupby(items, attrgetter(attribute))]


_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader([_HERE / "templates", Path(showing.__file__).parent / "templates"]),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"by": by, "highlight": highlight, "marked": marked}
_TEMPLATES.globals |= {
    "asset": lambda name: f"{HOME}/static/{name}?v={STATIC.version}",
    "shared": lambda name: f"{HOME}/shared/{name}?v={showing.STATIC.version}",
}
