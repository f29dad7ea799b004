"""Object types that are no records, made from their reports: in payloads of verbs, and in reviews of records."""

from collections.abc import Iterable, Iterator
from typing import Any

from strawberry.types.field import StrawberryField

from app.catalog import Catalog
from app.graph.build import Types, field, listed, optional
from app.graph.scalars import annotation_of
from app.resource import Choice, Requirement
from app.store.types import Kind
from app.verb import Report, Shown


def reports_in(shown: Iterable[Shown]) -> Iterator[Report]:
    """The reports among what is shown, and those in them."""
    for each in shown:
        if isinstance(each.type, Report):
            yield each.type
            yield from reports_in(each.type.fields)


def shown_field(types: Types, catalog: Catalog, shown: Shown) -> StrawberryField:
    """The field that shows something."""
    requirement: Requirement = shown.requires or ()
    if isinstance(shown.type, str):
        made: Any = types[shown.type]
        if shown.requires is None:
            requirement = catalog.nouns[shown.type].resource.reading
    elif isinstance(shown.type, Report):
        made = types[shown.type.name]
    else:
        made = leaf(types, shown.type)
    if shown.many:
        made = listed(optional(made) if isinstance(shown.type, str) else made)
    made = made if shown.required else optional(made)
    return field(shown.name, made, shown.description, requirement=requirement)


def leaf(types: Types, type_: Kind | type[Choice]) -> Any:
    """The annotation of a kind or an enum."""
    return annotation_of(type_) if isinstance(type_, Kind) else types.known_enum(type_)
