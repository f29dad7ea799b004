"""What aggregates can group by and compute over a noun; the schema and the planner both read it here."""

from dataclasses import dataclass

from app.catalog import Attribute, Noun
from app.resource import One
from app.store.dialect import BUCKETS
from app.store.types import Kind


@dataclass(frozen=True)
class Group:
    """One way to group: by a field, by a bucket of a time, or by a to-one link."""

    name: str
    attribute: Attribute | None = None
    bucket: str | None = None
    link: One | None = None

    @property
    def origin(self) -> str:
        """The field or link that is grouped by, whatever the bucket."""
        found = self.attribute or self.link
        assert found is not None
        return found.name


def groups_of(noun: Noun) -> dict[str, Group]:
    """Every group of a noun by its name, for instance `status`, `createdAtMonth`, `company`."""
    groups: dict[str, Group] = {}
    for attribute in noun.attributes.values():
        kind = attribute.exposure.kind
        if kind is Kind.DATETIME and attribute.exposure.group:
            for bucket in BUCKETS:
                name = f"{attribute.name}{bucket.title()}"
                groups[name] = Group(name, attribute=attribute, bucket=bucket)
        elif kind is Kind.BOOLEAN or (attribute.exposure.group and kind is not Kind.DATETIME):
            groups[attribute.name] = Group(attribute.name, attribute=attribute)
    for link in noun.links.values():
        if isinstance(link, One) and link.group:
            groups[link.name] = Group(link.name, link=link)
    return groups


def numbers_of(noun: Noun) -> list[Attribute]:
    """The fields that can be added up and averaged."""
    return [a for a in noun.attributes.values() if a.exposure.kind in {Kind.INT, Kind.FLOAT} and a.name != "version"]


def extremes_of(noun: Noun) -> list[Attribute]:
    """The fields that have a smallest and a largest value worth asking for."""
    times = [a for a in noun.attributes.values() if a.exposure.kind is Kind.DATETIME]
    return [*numbers_of(noun), *times]
