"""Column types that hold and compare the same way on SQLite and PostgreSQL.

Text sorts by code point on both (collation "C"), times have millisecond precision in UTC, JSON keeps the text that was
sent (PostgreSQL's `jsonb` would reorder the keys of `customFields`, contract S4-37).
"""

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy import types as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Kind(Enum):
    """What a field holds; decides its scalar, its filter operators, and how it is written to JSON."""

    ID = "ID"
    STRING = "String"
    INT = "Int"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    ENUM = "enum"
    STRINGS = "[String!]"
    JSON = "JSON"


BigInt = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's rowid alias must be spelled INTEGER


def varchar(length: int) -> TypeEngine[str]:
    """Text of at most `length` characters, ordered by code point."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


LongText = Text().with_variant(Text(collation="C"), "postgresql")


def now() -> datetime:
    """The current time in UTC, cut to the millisecond that is stored."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def timestamp_text(moment: datetime) -> str:
    """The one text form of a time: `2026-02-08T14:30:00.000Z` (S4-25); sorts like the time itself."""
    utc = moment.astimezone(UTC)
    date = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 1000)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % date  # noqa: UP031 (twice as fast as isoformat or an f-string)


class Timestamp(TypeDecorator[datetime]):
    """A moment in UTC with milliseconds: `timestamptz(3)` on PostgreSQL, fixed-width text on SQLite."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True, precision=3))
        return dialect.type_descriptor(String(24))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return timestamp_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        assert value is None or isinstance(value, datetime)
        return value


def unstorable(text: str) -> str | None:
    """What keeps a text from being held by both databases; None for all but a few."""
    if "\0" in text:
        return "the NUL character (U+0000)"  # PostgreSQL cannot
    try:
        text.encode()
    except UnicodeEncodeError:
        return "unpaired surrogates"
    return None


def json_text(value: Any) -> str:
    """The one text form of a JSON document: compact, characters as they are, keys in their order."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer of more than 64 bits, for instance; this takes 15 times as long
        return _any_json_text(value)


_any_json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Json(TypeDecorator[Any]):
    """A JSON document kept as the text that was sent: `json` on PostgreSQL, text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_PlainJson())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(value) if isinstance(value, str) else value


class _PlainJson(postgresql.JSON):
    """PostgreSQL `json` without SQLAlchemy's own (de)serialisation: `Json` above does it on both databases."""

    def bind_processor(self, dialect: Dialect) -> None:
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None
