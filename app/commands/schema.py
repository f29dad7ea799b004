"""`schema`: the SDL of a scope set's view, or what one scope set adds to another."""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.access.views import Views
    from app.graph.schema import View


def schema(
    scopes: Annotated[
        str | None, typer.Option(help="Scopes with commas between them; the whole schema without this option.")
    ] = None,
    diff: Annotated[
        tuple[str, str] | None, typer.Option(help="Two sets of scopes: show what the second adds to the first.")
    ] = None,
) -> None:
    """Print the schema that a key with some scopes sees."""
    from app.commands.database import refusals

    with refusals():
        typer.echo(difference(*diff) if diff else sdl(scopes), nl=False)


def sdl(scopes: str | None) -> str:
    """What a key with these comma-separated scopes sees; all for None. `BadUserInput` for what is no scope."""
    from app.access.scopes import SCOPES, canonical, expand

    if scopes is None:
        return _views().view(frozenset(SCOPES)).sdl
    return _views().view(expand(canonical(name.strip()) for name in scopes.split(",") if name.strip())).sdl


def difference(first: str, second: str) -> str:
    """A unified diff of the views of two scope sets: what the second adds to the first, and lacks of it."""
    before, after = sdl(first).splitlines(keepends=True), sdl(second).splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, first, second, n=2))


@cache
def _views() -> Views[View]:
    from app.domain import CATALOG, VERBS
    from app.graph.schema import assemble, views_of

    return views_of(assemble(CATALOG, VERBS), size=2)
