"""The paging arguments of a list: first and after, or last and before, within the limits."""

from collections.abc import Mapping
from typing import Any

from app.errors import BadUserInput
from app.read.plan import Page
from app.read.planning import Limits


def page_of(arguments: Mapping[str, Any], limits: Limits, *, probing: bool) -> Page:
    """The page that the arguments ask for; `BadUserInput` for a size out of range or arguments that contradict."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadUserInput("Give first or last, not both.")
    after, before = arguments.get("after"), arguments.get("before")
    backwards = last is not None
    if (after is not None and (backwards or before is not None)) or (before is not None and not backwards):
        raise BadUserInput("Page forwards with first and after, backwards with last and before.")
    size = last if backwards else first
    if size is None:
        size = limits.default_page_size
    if not 0 <= size <= limits.max_page_size:
        name = "last" if backwards else "first"
        raise BadUserInput(f"{name} must be from 0 to {limits.max_page_size}, not {size}.")
    return Page(size, backwards, continued=after is not None or before is not None, probing=probing)


def cursor_of(arguments: Mapping[str, Any], page: Page) -> Any:
    """The cursor that the page starts beyond, None for the beginning of the list."""
    return arguments.get("before" if page.backwards else "after")
