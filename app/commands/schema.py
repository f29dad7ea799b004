"""`schema`: the SDL of a scope set's view, or what one scope set adds to another."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer


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
    """The SDL that a key with these comma-separated scopes sees; the whole schema without any."""
    from app.access.scopes import SCOPES, canonical, expand
    from app.domain import CATALOG
    from app.graph.schema import assemble, views_of

    names = None if scopes is None else [canonical(name.strip()) for name in scopes.split(",") if name.strip()]
    return views_of(assemble(CATALOG), size=1).view(frozenset(SCOPES) if names is None else expand(names)).sdl()


def difference(first: str, second: str) -> str:
    """A unified diff of the views of two scope sets: what the second adds to the first, and lacks of it."""
    before, after = sdl(first).splitlines(keepends=True), sdl(second).splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, first, second, n=2))
