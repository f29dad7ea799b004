"""The vocabulary a noun is declared with, and the catalog that the engine and the surfaces derive everything from.

A noun is an `Entity` table whose every column is declared public (it is an API field) or private (with the reason), and
a `Resource` that names it, its scope and its links. Links carry the scopes: whoever may follow a link may read what it
leads to. Building the catalog refuses a column without exposure, a link to nothing, a search over a guarded field.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Self, TypeAlias

from sqlalchemy import Boolean, Column, Float, Integer, Table
from sqlmodel import Field, SQLModel

from app.errors import ConfigurationError
from app.store.types import BigInt, Json, Kind, LongText, Timestamp, now, varchar

# Every constraint has a name, the same on both databases, so that a migration can drop it again.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Requirement: TypeAlias = tuple[tuple[str, ...], ...]
"""Scopes as an OR of ANDs, as `@requiresScopes` prints them; empty means open."""


class Choice(StrEnum):
    """Values declared as `NEW = "new", "What it means."`: the value is stored, the meaning is printed for API users."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


@dataclass(frozen=True)
class Exposure:
    """What the API shows of one column; `public` False means that no surface may ever show it."""

    kind: Kind
    description: str
    public: bool = True
    enum: type[Choice] | None = None
    filter: bool = True
    sort: bool = True
    group: bool = False
    requires: Requirement = ()
    refers_to: str | None = None


def _column(sa_type: Any, exposure: Exposure, default: Any = ..., **kwargs: Any) -> Any:
    if default is not ...:
        kwargs["default"] = default
    column_kwargs = {"info": {"exposure": exposure}}
    return Field(sa_type=sa_type, sa_column_kwargs=column_kwargs, **kwargs)


def text(description: str, *, max_length: int | None = None, default: Any = ..., **exposure: Any) -> Any:
    """A public String of at most `max_length` characters; without it, of any length and not sorted by."""
    if max_length is None:
        exposure = {"sort": False} | exposure
        return _column(LongText, Exposure(Kind.STRING, description, **exposure), default)
    described = f"{description} At most {max_length} characters."
    return _column(varchar(max_length), Exposure(Kind.STRING, described, **exposure), default, max_length=max_length)


def integer(
    description: str, *, low: int | None = None, high: int | None = None, default: Any = ..., **exposure: Any
) -> Any:
    """A public Int, from `low` to `high`."""
    limits = {"ge": low, "le": high}
    if low is not None and high is not None:
        description = f"{description} From {low} to {high}."
    return _column(
        Integer,
        Exposure(Kind.INT, description, **exposure),
        default,
        **{name: value for name, value in limits.items() if value is not None},
    )


def decimal(description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public Float."""
    return _column(Float, Exposure(Kind.FLOAT, description, **exposure), default)


def flag(description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public Boolean."""
    return _column(Boolean, Exposure(Kind.BOOLEAN, description, **exposure), default)


def moment(description: str, *, default: Any = ..., default_factory: Any = None, **exposure: Any) -> Any:
    """A public DateTime in UTC with milliseconds; with `group`, aggregates can bucket it by day, week, month …"""
    declared = Exposure(Kind.DATETIME, description, **exposure)
    if default_factory is not None:
        return _column(Timestamp, declared, default_factory=default_factory)
    return _column(Timestamp, declared, default)


def choice(enum: type[Choice], description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public enum, stored as the member's lower-case value; aggregates can group by it."""
    exposure = {"group": True} | exposure
    return _column(varchar(32), Exposure(Kind.ENUM, description, enum=enum, **exposure), default)


def strings(description: str, **exposure: Any) -> Any:
    """A public list of strings."""
    return _column(Json, Exposure(Kind.STRINGS, description, **({"sort": False} | exposure)), default_factory=list)


def json_object(description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public JSON object, given back as it was sent; filtered by key."""
    exposure = {"sort": False} | exposure
    if default is ...:
        return _column(Json, Exposure(Kind.JSON, description, **exposure), default_factory=dict)
    return _column(Json, Exposure(Kind.JSON, description, **exposure), default)


def reference(target: str, *, on_delete: str, default: Any = ..., description: str = "", **exposure: Any) -> Any:
    """A foreign key to the table `target`; private (a `One` link shows it) unless it has a description."""
    shown = Exposure(
        Kind.ID,
        description or f"Followed by a link to {target}.",
        public=bool(description),
        sort=False,
        refers_to=target,
        **exposure,
    )
    return _column(BigInt, shown, default, foreign_key=f"{target}.id", ondelete=on_delete)


def private(sa_type: Any, reason: str, *, default: Any = ..., **kwargs: Any) -> Any:
    """A column that no surface shows; `reason` says why."""
    return _column(sa_type, Exposure(Kind.STRING, reason, public=False), default, **kwargs)


class Entity(SQLModel):
    """What every noun has: identity, times, version."""

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInt,
        sa_column_kwargs={
            "info": {
                "exposure": Exposure(Kind.ID, "Opaque id of 16 letters and digits, unique over all types.", sort=False)
            }
        },
    )
    created_at: datetime = _column(
        Timestamp, Exposure(Kind.DATETIME, "When the record was created.", group=True), default_factory=now
    )
    updated_at: datetime = _column(
        Timestamp,
        Exposure(Kind.DATETIME, "When the record was last changed; createdAt until then."),
        default_factory=now,
    )
    version: int = _column(
        Integer, Exposure(Kind.INT, "Counts the changes of the record, from 1; guards concurrent edits."), 1
    )


class Record(Entity):
    """An entity of one workspace: every noun but the workspace itself."""

    workspace_id: int = private(
        BigInt,
        "The workspace rule: added to every statement, never shown.",
        foreign_key="workspace.id",
        ondelete="CASCADE",
    )


@dataclass(frozen=True)
class One:
    """A link to at most one record, through the foreign key `column` of this noun's table."""

    name: str
    to: str
    column: str
    description: str
    requires: Requirement | None = None
    group: bool = False


@dataclass(frozen=True)
class Many:
    """A link to many records: those whose foreign key `column` points here, or those joined by `through`."""

    name: str
    to: str
    description: str
    column: str | None = None
    through: "Through | None" = None
    requires: Requirement | None = None


@dataclass(frozen=True)
class Through:
    """A table of pairs: `near` points to the noun that declares the link, `far` to the one it leads to."""

    table: Table
    near: str
    far: str


@dataclass(frozen=True)
class Measure:
    """A number counted over records: those for which `where` holds; or, with `latest`, the newest value of a column."""

    name: str
    description: str
    where: Callable[[Table], Any] | None = None
    latest: str | None = None


@dataclass(frozen=True)
class Summary:
    """Counts over the records of a `Many` link, as one object on each record: computed when read, so never stale."""

    name: str
    type_name: str
    of: str
    column: str
    measures: tuple[Measure, ...]
    description: str
    requires: Requirement


Link: TypeAlias = One | Many


@dataclass(frozen=True)
class Resource:
    """One noun: its table, names, scope, links. `read` is what reaching it takes, else `<scope>:read`."""

    table: type[Entity]
    name: str
    plural: str
    description: str
    scope: str
    links: tuple[Link, ...] = ()
    summaries: tuple[Summary, ...] = ()
    search: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = (("created_at", "DESC"),)
    read: Requirement = ()

    @property
    def reading(self) -> Requirement:
        """The scopes that reach this noun from anywhere."""
        return self.read or ((f"{self.scope}:read",),)

    @property
    def singular(self) -> str:
        """The name of the query for one record: `contactList`."""
        return self.name[0].lower() + self.name[1:]


@dataclass(frozen=True)
class Analytics:
    """Ready-made counts over a noun under a scope of their own: no filter, no rows, only groups and a time range."""

    name: str
    of: str
    description: str
    requires: Requirement
    groups: tuple[str, ...]
    time: str
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """One public field of a noun: a column under its API name."""

    name: str
    column: Column[Any]
    exposure: Exposure

    @property
    def nullable(self) -> bool:
        return bool(self.column.nullable)


def camel(name: str) -> str:
    """`first_name` → `firstName`."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


@dataclass(frozen=True)
class Noun:
    """A resource with what is derived from it: attributes and links by API name."""

    resource: Resource
    number: int
    attributes: Mapping[str, Attribute]
    links: Mapping[str, Link]
    summaries: Mapping[str, Summary]

    @property
    def name(self) -> str:
        return self.resource.name

    @cached_property
    def table(self) -> Table:
        return table_of(self.resource.table)

    @property
    def workspace_column(self) -> str:
        """The column the workspace rule compares: the workspace itself is its own."""
        return "id" if self.table.name == "workspace" else "workspace_id"


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a model."""
    table = getattr(model, "__table__")  # noqa: B009 (SQLModel sets it, the type checker does not know)
    assert isinstance(table, Table)
    return table


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


def build_catalog(resources: Iterable[Resource], analytics: Iterable[Analytics] = ()) -> Catalog:
    """The catalog of an explicit list of resources; their order numbers the id types, so append only."""
    nouns: dict[str, Noun] = {}
    for number, resource in enumerate(resources, start=1):
        nouns[resource.name] = Noun(
            resource,
            number,
            {attribute.name: attribute for attribute in _attributes(resource)},
            {link.name: link for link in resource.links},
            {summary.name: summary for summary in resource.summaries},
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
