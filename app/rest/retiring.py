"""Routes that are about to go (S4-54): since when, until when, in favour of what, as answers tell it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import quote

_PARAMETER = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Retirement:
    """When a route was deprecated and when it goes, in UTC; the path, below the mount, of what comes after it."""

    since: datetime
    sunset: datetime | None
    successor: str | None

    @classmethod
    def declared(cls, given: Mapping[str, Any]) -> Self | None:
        """What the arguments of `@rest` say; `ValueError` where they make no sense."""
        since, sunset = (_moment(name, given.get(name)) for name in ("deprecated", "sunset"))
        if since is None:
            if sunset is not None or "successor" in given:
                raise ValueError("a route that has a sunset or a successor must say since when it is deprecated")
            return None
        if sunset is not None and sunset < since:
            raise ValueError("its sunset lies before its deprecation")
        return cls(since, sunset, given.get("successor"))

    def headers(self, mount: str, values: Sequence[str]) -> list[tuple[bytes, bytes]]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594), and where the successor is, for what a request asked."""
        told = [(b"deprecation", b"@%d" % self.since.timestamp())]
        if self.sunset is not None:
            told.append((b"sunset", format_datetime(self.sunset, usegmt=True).encode()))
        if self.successor is not None:
            given = iter(values)
            path = _PARAMETER.sub(lambda match: quote(next(given, match[0]), safe=""), self.successor)
            told.append((b"link", f'<{mount}{path}>; rel="successor-version"'.encode()))
        return [*told, (b"link", b'</docs>; rel="deprecation"; type="text/html"')]

    @property
    def told(self) -> str:
        """The same for people."""
        until = f" and goes on {self.sunset:%Y-%m-%d}" if self.sunset is not None else ""
        instead = f"; use `{self.successor}`" if self.successor is not None else ""
        return f"Deprecated since {self.since:%Y-%m-%d}{until}{instead}."


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} must be a date such as 2026-12-31, not {text}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
