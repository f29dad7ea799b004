"""The vocabulary a noun is declared with.

A noun is an `Entity` table whose every column is declared public (it is an API field) or private (with the reason), and
a `Resource` that names it, its scope and its links. Links carry the scopes: whoever may follow a link may read what it
leads to. `app/catalog.py` checks the declarations and derives from them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self, TypeAlias

from sqlalchemy import Boolean, Float, Integer, Table
from sqlmodel import Field, SQLModel

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


Written: TypeAlias = Literal["always", "once", "never"]
"""Whether create and update set a field, only create, or neither: it is then changed by verbs of its own."""


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
    written: Written = "always"
    event: str = "updated"  # what a change of it is told as: `contact.stage_changed`
    rule: Callable[[str], str] | None = None  # see app/write/rules.py
    low: int | None = None
    high: int | None = None
    filter_of: str | None = None  # of a JSON object: the noun whose filter it is


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
        Exposure(Kind.INT, description, low=low, high=high, **exposure),
        default,
        **{name: value for name, value in limits.items() if value is not None},
    )


def decimal(description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public Float."""
    return _column(Float, Exposure(Kind.FLOAT, description, **exposure), default)


def flag(description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public Boolean."""
    return _column(Boolean, Exposure(Kind.BOOLEAN, description, **exposure), default)


def captured() -> Any:
    """The flag of what would leave the server and must not: `write/records.py` sets it where a test key writes (X4)."""
    described = "Whether it stays on this server, because a test key has made or changed it."
    return flag(described, default=False, written="never")


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


def former(target: str, description: str, *, default: Any = ...) -> Any:
    """A public ID of a record in the table `target` that may be gone by now: no foreign key holds it."""
    shown = Exposure(Kind.ID, description, sort=False, refers_to=target)
    return _column(BigInt, shown, default)


def any_id(description: str, *, default: Any = ..., **exposure: Any) -> Any:
    """A public ID of a record of any type, there or gone: type and key in one number (`IdCodec.number`)."""
    return _column(BigInt, Exposure(Kind.ID, description, sort=False, **exposure), default)


def private(sa_type: Any, reason: str, *, kind: Kind = Kind.STRING, default: Any = ..., **kwargs: Any) -> Any:
    """A column that no surface shows; `reason` says why."""
    return _column(sa_type, Exposure(kind, reason, public=False), default, **kwargs)


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
    written: Written = "always"


@dataclass(frozen=True)
class Many:
    """A link to many records: those whose foreign key `column` points here, or those joined by `through`.

    Say `few` where a record has some dozens of them at most: they are then read for all parents at once, which takes a
    third of the time, and not as a page for each, from an index.
    """

    name: str
    to: str
    description: str
    column: str | None = None
    through: "Through | None" = None
    few: bool = False
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
class Writing:
    """How a noun is written: which of the verbs that every noun has, and what happens beside them.

    `prepare(tx, rows)` looks at what is about to be written, refuses or completes it; `done(tx, rows)` follows up.
    `soft` nouns can be restored after they were deleted; `bulk` ones have verbs for many at once, found by `keys`.
    """

    create: bool = True
    update: bool = True
    delete: bool = True
    soft: bool = False
    bulk: bool = False
    keys: tuple[str, ...] = ()
    prepare: Callable[..., Awaitable[None]] | None = None
    done: Callable[..., Awaitable[None]] | None = None
    requires: Requirement | None = None  # for all of them, where a noun has no scopes by verb


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
    write: Writing | None = None
    merged: Table | None = None  # records that are part of others now: old_id, new_id, workspace_id

    @property
    def reading(self) -> Requirement:
        """The scopes that reach this noun from anywhere."""
        return self.read or ((f"{self.scope}:read",),)

    def changing(self, verb: str) -> Requirement:
        """The scopes that create, update or delete takes."""
        if self.write is not None and self.write.requires is not None:
            return self.write.requires
        return ((f"{self.scope}:{verb}",),)

    @property
    def soft(self) -> bool:
        """Whether its records can be restored after they were deleted."""
        return self.write is not None and self.write.soft

    @property
    def event(self) -> str:
        """What its events begin with: `sender_profile` of `sender_profile.created`."""
        return self.table.__tablename__  # type: ignore[return-value]

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


def camel(name: str) -> str:
    """`first_name` → `firstName`."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a model."""
    table = getattr(model, "__table__")  # noqa: B009 (SQLModel sets it, the type checker does not know)
    assert isinstance(table, Table)
    return table
