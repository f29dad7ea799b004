"""What a set of scopes makes readable, by table and column: the model that answers are held against.

Derived from the catalog by these rules, and from nothing that the server does with it:

- A noun whose `reading` the scopes meet is *shown*: its rows, and each public column whose own requirement they meet.
- A link from a shown noun, whose requirement they meet, shows the noun it leads to, and the pairing itself: the foreign
  key on either side, or the rows of the table of pairs.
- A summary on a shown noun, or analytics, whose requirement they meet, shows how many rows there are of the noun it
  counts, and the columns it counts by; where these are links, id and name of what they lead to.
- An event whose type is about a noun whose `reading` the scopes meet is *told*, if events are not shown anyway: the
  columns of `FEED`.
- Search text is what it was made of. All other private columns are readable to nobody.
- Every key may know the columns of `KEY` of itself, and of `WORKSPACE` of its workspace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column
from sqlalchemy.sql import visitors

from app.catalog import Catalog, Noun
from app.resource import Analytics, Many, Measure, One, Requirement, Through

KEY = frozenset({"name", "mode", "prefix", "scopes", "expires_at"})
WORKSPACE = frozenset({"id", "name", "slug"})
FEED = frozenset({"id", "workspace_id", "type", "at", "subject_type", "subject_id"})


@dataclass(frozen=True)
class Readable:
    """Nouns whose rows are known to exist, the readable columns of each, the readable tables of pairs, and the types of
    events that are told."""

    columns: Mapping[str, frozenset[str]]
    pairs: frozenset[str]
    told: frozenset[str] = frozenset()

    def tells(self, noun: Noun, row: Mapping[str, Any]) -> bool:
        """Whether a row of the key's workspace is an event that is told."""
        return noun.name == "Event" and row["type"] in self.told


def readable(catalog: Catalog, scopes: frozenset[str]) -> Readable:
    """What may be read of the workspace by a key with exactly these scopes, `*` and `write` spelled out."""
    shown = _shown(catalog, scopes)
    columns: dict[str, set[str]] = {}
    pairs: set[str] = set()
    for noun, column in (*_fields(catalog, scopes, shown), *_counted(catalog, scopes, shown)):
        columns.setdefault(noun, {"workspace_id"}).add(column)
    for link in _links(catalog, scopes, shown):
        if isinstance(link, Many) and link.through is not None:
            pairs.add(link.through.table.name)
    told = frozenset[str]() if "Event" in columns else frozenset(_told(catalog, scopes))
    return Readable({noun: frozenset(names) for noun, names in columns.items()}, frozenset(pairs), told)


def _told(catalog: Catalog, scopes: frozenset[str]) -> Iterable[str]:
    if "Event" in catalog.nouns:
        for type_ in catalog.nouns["Event"].attributes["type"].exposure.enum or ():
            about = catalog.by_table.get(type_.value.partition(".")[0])
            if about is not None and meets(scopes, about.resource.reading):
                yield type_.value


def meets(scopes: frozenset[str], requirement: Requirement) -> bool:
    return requirement == () or any(set(group) <= scopes for group in requirement)


def _shown(catalog: Catalog, scopes: frozenset[str]) -> set[str]:
    shown = {noun.name for noun in catalog.nouns.values() if meets(scopes, noun.resource.reading)}
    while True:
        further = {link.to for link in _links(catalog, scopes, shown)} - shown
        if not further:
            return shown
        shown |= further


def _links(catalog: Catalog, scopes: frozenset[str], shown: set[str]) -> Iterable[One | Many]:
    for name in shown:
        for link in catalog.nouns[name].links.values():
            if meets(scopes, _following(catalog, link)):
                yield link


def _following(catalog: Catalog, link: One | Many) -> Requirement:
    return catalog.nouns[link.to].resource.reading if link.requires is None else link.requires


def _fields(catalog: Catalog, scopes: frozenset[str], shown: set[str]) -> Iterable[tuple[str, str]]:
    for name in shown:
        noun = catalog.nouns[name]
        yield name, "id"
        for attribute in noun.attributes.values():
            if meets(scopes, attribute.exposure.requires):
                yield name, attribute.column.name
        if noun.resource.search:
            yield name, "search_text"
        for link in noun.links.values():
            if not meets(scopes, _following(catalog, link)):
                continue
            if isinstance(link, One):
                yield name, link.column
            elif link.column is not None:
                yield link.to, link.column


def _counted(catalog: Catalog, scopes: frozenset[str], shown: set[str]) -> Iterable[tuple[str, str]]:
    for name in shown:
        for summary in catalog.nouns[name].summaries.values():
            if meets(scopes, summary.requires):
                yield summary.of, summary.column
                yield from ((summary.of, column) for column in _measured(catalog.nouns[summary.of], summary.measures))
    for analytics in catalog.analytics:
        if meets(scopes, analytics.requires):
            yield from _analysed(catalog, analytics)


def _analysed(catalog: Catalog, analytics: Analytics) -> Iterable[tuple[str, str]]:
    noun = catalog.nouns[analytics.of]
    yield noun.name, analytics.time
    yield from ((noun.name, column) for column in _measured(noun, analytics.measures))
    for group in analytics.groups:
        link = noun.links.get(group)
        if isinstance(link, One):
            yield noun.name, link.column
            yield link.to, "id"
            yield link.to, "name"
        else:
            yield noun.name, noun.attributes[group].column.name


def _measured(noun: Noun, measures: Iterable[Measure]) -> Iterable[str]:
    for measure in measures:
        if measure.latest is not None:
            yield measure.latest
        if measure.where is not None:
            for element in visitors.iterate(measure.where(noun.table)):
                if isinstance(element, Column):
                    yield element.name


def tables_of_pairs(catalog: Catalog) -> Mapping[str, Through]:
    """Every table of pairs, once, seen from one of its sides."""
    return {
        link.through.table.name: link.through
        for noun in catalog.nouns.values()
        for link in noun.links.values()
        if isinstance(link, Many) and link.through is not None
    }
