"""`schema`: the SDL of a scope set's view, or what only one of two scope sets sees."""

from __future__ import annotations

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
        tuple[str, str] | None, typer.Option(help="Two sets of scopes: show what only one of them sees.")
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
    return _views().view(expand(map(canonical, _names(scopes)))).sdl


def difference(first: str, second: str) -> str:
    """A line for each thing that only one of two scope sets shows: `+ field Contact.tags: Tags on the contact.`"""
    from app.graph.difference import SchemaChangeType, difference_of

    signs = {SchemaChangeType.ADDED: "+", SchemaChangeType.REMOVED: "-"}
    changes = difference_of(_views(), _names(first), _names(second))
    return "".join(f"{signs[each.change]} {each.kind.value} {each.path}: {each.description}\n" for each in changes)


def _names(scopes: str) -> list[str]:
    return [name.strip() for name in scopes.split(",") if name.strip()]


@cache
def _views() -> Views[View]:
    from app.domain import CATALOG, VERBS
    from app.graph.schema import assemble, views_of

    return views_of(assemble(CATALOG, VERBS), size=2)
