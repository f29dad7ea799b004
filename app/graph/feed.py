"""The feed of changes: its types, and what it takes to see each type of event."""

from collections.abc import Iterator

from strawberry.types.field import StrawberryField

from app.catalog import Catalog, Noun
from app.graph.build import Types, argument, field, listed, optional
from app.graph.objects import any_of, attribute_annotation
from app.read.feed import CHANGE, FEED, MOST, NOW, SHOWN, events_of, types_of
from app.resource import Requirement


def declare_feed(types: Types, catalog: Catalog) -> None:
    """Makes the types of the feed, and the enum of the types of events."""
    events = events_of(catalog)
    if events is not None:
        types.known_enum(types_of(events), _requirements(catalog, events))
        types.object(CHANGE, "One change of a record, whose id and type are told; read the record for what it is now.")
        types.object(FEED, "A page of changes in the order in which they were made.")


def _requirements(catalog: Catalog, events: Noun) -> dict[str, Requirement]:
    """Of `CONTACT_CREATED`: what reading contacts takes, or else what reading all events takes."""
    about = {type_.name: catalog.by_table.get(type_.partition(".")[0]) for type_ in types_of(events)}
    return {
        name: (*(noun.resource.reading if noun is not None else ()), *events.resource.reading)
        for name, noun in about.items()
    }


def feed_fields(types: Types, catalog: Catalog) -> Iterator[StrawberryField]:
    """The field of the root; gives the types of the feed theirs."""
    events = events_of(catalog)
    if events is None:
        return
    shown = [events.attributes[name] for name in SHOWN]
    types.extend(
        CHANGE,
        [
            *(
                field(
                    each.name,
                    optional(attribute_annotation(types, each)) if each.nullable else attribute_annotation(types, each),
                    each.exposure.description,
                )
                for each in shown
            ),
            field("deleted", bool, "Whether the record is gone since this change."),
        ],
    )
    types.extend(
        FEED,
        [
            field("cursor", str, "What `since` takes to go on from here, also where there was nothing."),
            field("hasMore", bool, "Whether there is more after the cursor by now."),
            field("nodes", listed(types[CHANGE]), "The changes, the oldest first."),
        ],
    )
    first = argument("first", int, f"How many changes at most, {MOST} at most.")
    first.default = 100
    since = f'A cursor; the first change of all unless given, and `"{NOW}"` for what is yet to come.'
    wanted = argument("types", optional(listed(types[types_of(events).__name__])), "Of which types; all unless given.")
    yield field(
        "changes",
        types[FEED],
        "What has changed, each change once, in order; of records of the types that the key may read. Ask again with "
        "`cursor`: nothing is left out, however many write at once.",
        requirement=any_of(_requirements(catalog, events).values()),
        arguments=[first, argument("since", optional(str), since), wanted],
    )
