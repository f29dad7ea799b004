"""The expiry of a key as it is typed: a date, a moment with its time zone, or a span of time from now; and spans."""

import re
from datetime import UTC, date, datetime, time, timedelta

from app.errors import BadUserInput

_SPAN = re.compile(r"(\d{1,6})([mhdw])").fullmatch
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_expiry(text: str, now: datetime) -> datetime:
    """When a key stops working. A date is its last whole day, in UTC (S3-7 leaves the zone open)."""
    try:
        if _SPAN(text):
            return now + parse_span(text)
        if len(text) == len("2030-12-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadUserInput(
            f"{text!r} is no expiry: give a date (2030-12-31), a moment (2030-12-31T18:00:00Z) or a span (90d, 12h)."
        ) from None
    if moment.tzinfo is None:
        raise BadUserInput(f"{text!r} has no time zone: add Z for UTC, or an offset such as +02:00.")
    return moment.astimezone(UTC)


def parse_span(text: str) -> timedelta:
    """A span of time: 30m, 12h, 90d, 2w."""
    span = _SPAN(text)
    if span is None:
        raise BadUserInput(f"{text!r} is no span of time, such as 30m, 12h or 7d.")
    return timedelta(**{_UNITS[span[2]]: int(span[1])})
