"""The catalog: all nouns with what is derived from their declarations; the engine and every surface start from it.

Refuses a column without exposure, a link to nothing, an order, search or link that would show what is guarded.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Table

from app.errors import ConfigurationError
from app.resource import Analytics, Exposure, Link, One, Requirement, Resource, Summary, camel, table_of
from app.review import Review


@dataclass(frozen=True)
class Attribute:
    """One public field of a noun: a column under its API name."""

    name: str
    column: Column[Any]
    exposure: Exposure

    @property
    def nullable(self) -> bool:
        return bool(self.column.nullable)


@dataclass(frozen=True)
class Noun:
    """A resource with what is derived from it: attributes and links by API name."""

    resource: Resource
    number: int
    attributes: Mapping[str, Attribute]
    links: Mapping[str, Link]
    summaries: Mapping[str, Summary]
    reviews: Mapping[str, Review]

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def reading(self) -> Requirement:
        """The scopes that reach it from anywhere."""
        return self.resource.reading

    @cached_property
    def table(self) -> Table:
        return table_of(self.resource.table)

    @property
    def workspace_column(self) -> str:
        """The column the workspace rule compares: the workspace itself is its own."""
        return "id" if self.table.name == "workspace" else "workspace_id"

    def refers_to(self, attribute: Attribute) -> str | None:
        """The table of the records whose ids an attribute holds; None where they are of any type."""
        return self.table.name if attribute.name == "id" else attribute.exposure.refers_to


@dataclass(frozen=True)
class Catalog:
    """All nouns, by name, checked once: every column exposed or private, every link leading somewhere."""

    nouns: Mapping[str, Noun]
    analytics: tuple[Analytics, ...] = ()
    by_table: Mapping[str, Noun] = field(init=False)
    by_number: Mapping[int, Noun] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_table", {noun.table.name: noun for noun in self.nouns.values()})
        object.__setattr__(self, "by_number", {noun.number: noun for noun in self.nouns.values()})
        for noun in self.nouns.values():
            _check(noun, self)
        for analytics in self.analytics:
            _check_analytics(analytics, self)

    def requires(self, link: Link) -> Requirement:
        """The scopes that following a link takes: its own, or those that reach what it leads to."""
        return link.requires if link.requires is not None else self.nouns[link.to].resource.reading


def build_catalog(
    resources: Iterable[Resource], analytics: Iterable[Analytics] = (), reviews: Collection[Review] = ()
) -> Catalog:
    """The catalog of an explicit list of resources; their order numbers the id types, so append only."""
    nouns: dict[str, Noun] = {}
    for number, resource in enumerate(resources, start=1):
        nouns[resource.name] = Noun(
            resource,
            number,
            {attribute.name: attribute for attribute in _attributes(resource)},
            {link.name: link for link in resource.links},
            {summary.name: summary for summary in resource.summaries},
            {review.name: review for review in reviews if review.of == resource.name},
        )
    return Catalog(nouns, tuple(analytics))


def _attributes(resource: Resource) -> Iterable[Attribute]:
    for column in table_of(resource.table).columns:
        exposure = column.info.get("exposure")
        if not isinstance(exposure, Exposure):
            raise ConfigurationError(f"{resource.name}.{column.name} must be declared public or private")
        if exposure.public:
            yield Attribute(camel(column.name), column, exposure)


def _check(noun: Noun, catalog: Catalog) -> None:
    for link in noun.links.values():
        _check_link(noun, link, catalog)
    for summary in noun.summaries.values():
        if summary.of not in catalog.nouns:
            raise ConfigurationError(f"{noun.name}.{summary.name} counts {summary.of}, which is no resource")
    # The order of a list tells of what it is sorted by, and a search of what it looks in, whatever a filter refuses.
    told = {"is sorted by": [column for column, _ in noun.resource.order], "searches": noun.resource.search}
    for does, columns in told.items():
        for column in columns:
            if camel(column) not in noun.attributes or _requirement_on(noun, column):
                raise ConfigurationError(f"{noun.name} {does} {column}, which not everyone may read who reads it")


def _check_link(noun: Noun, link: Link, catalog: Catalog) -> None:
    if link.to not in catalog.nouns:
        raise ConfigurationError(f"{noun.name}.{link.name} links to {link.to}, which is no resource")
    if link.name in noun.attributes:
        raise ConfigurationError(f"{noun.name}.{link.name} is both a field and a link")
    if link.column is None:
        return
    holder = noun if isinstance(link, One) else catalog.nouns[link.to]
    if link.column not in holder.table.columns:
        raise ConfigurationError(f"{noun.name}.{link.name} follows {holder.name}.{link.column}, which is no column")
    guarded = _requirement_on(holder, link.column)
    if guarded and not _implies(catalog.requires(link), guarded):  # whoever follows the link learns the foreign key
        raise ConfigurationError(f"{noun.name}.{link.name} shows {holder.name}.{link.column} without its requirement")


def _check_analytics(analytics: Analytics, catalog: Catalog) -> None:
    noun = catalog.nouns.get(analytics.of)
    if noun is None:
        raise ConfigurationError(f"{analytics.name} counts {analytics.of}, which is no resource")
    for group in analytics.groups:
        link = noun.links.get(group)
        if group not in noun.attributes and not isinstance(link, One):
            raise ConfigurationError(f"{analytics.name} groups by {group}, which {noun.name} does not have")
        if link is not None and "name" not in catalog.nouns[link.to].attributes:
            raise ConfigurationError(f"{analytics.name} labels {group} by its name, which {link.to} does not have")


def _requirement_on(noun: Noun, column: str) -> Requirement:
    exposure: Exposure = noun.table.columns[column].info["exposure"]
    return exposure.requires if exposure.public else ()


def _implies(requirement: Requirement, other: Requirement) -> bool:
    """Whether whoever meets a requirement meets the other as well."""
    return bool(requirement) and all(any(set(group) <= set(given) for group in other) for given in requirement)
