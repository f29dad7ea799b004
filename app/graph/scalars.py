"""The scalars: times as RFC 3339 text, JSON as it is stored, ids as opaque text."""

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

from app.store.types import Kind, timestamp_text

DateTime = NewType("DateTime", str)
JSON = NewType("JSON", object)


def parse_time(value: Any) -> str:
    """A time in the one text form of the server, from RFC 3339 with a zone; `GraphQLError` otherwise."""
    if isinstance(value, str) and len(value) <= 40 and len(value) >= 20 and value[10] in "Tt ":
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            try:
                return timestamp_text(moment.astimezone(UTC))
            except OverflowError:
                pass
    raise GraphQLError(
        f"DateTime must be RFC 3339 text with a time zone, for instance 2026-02-08T14:30:00.000Z, not {shown(value)}."
    )


def shown(value: Any) -> str:
    """A value as an error message shows it: short."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: dict[object, Any] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC as RFC 3339 text: `2026-02-08T14:30:00.000Z`. Input may be in any time zone.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_as_it_is,
        parse_value=parse_time,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, given back as it was sent. A number has 64 bits at most; send others as text.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_as_it_is,
        parse_value=_as_it_is,
    ),
}

_PYTHON: dict[Kind, Any] = {
    Kind.ID: strawberry.ID,
    Kind.STRING: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: DateTime,
    Kind.STRINGS: list[str],
    Kind.JSON: JSON,
}


def annotation_of(kind: Kind, enum: Any = None) -> Any:
    """The annotation of a kind of field."""
    return enum if kind is Kind.ENUM else _PYTHON[kind]
