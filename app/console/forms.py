"""What a form says, as it was typed: nothing is judged here but that it is a form."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from app.errors import BadRequest, UnsupportedMediaType
from app.graph.incoming import ClientGone, by_name, read_body
from app.store.types import now

_MOST_BYTES: Final = 65_536
_MOST_FIELDS: Final = 500
_FORM: Final = "application/x-www-form-urlencoded"

EXPIRIES: Final = (("", "Never"), ("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))
OVERLAPS: Final = (
    ("0", "stops at once"),
    ("3600", "works for another hour"),
    ("86400", "works for another day"),
    ("604800", "works for another 7 days"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; one may stand there several times."""

    fields: tuple[tuple[str, str], ...] = ()

    def one(self, name: str) -> str:
        """The text of a field; nothing where it is missing."""
        return next((value for each, value in self.fields if each == name), "")

    def all(self, name: str) -> list[str]:
        """All texts of a field."""
        return [value for each, value in self.fields if each == name]

    def lines(self, name: str) -> list[str]:
        """The lines of a field, and what commas part in them, that say something."""
        return [line for line in re.split(r"[\s,]+", self.one(name)) if line]

    def number(self, name: str) -> int | None:
        """The number in a field of ours."""
        text = self.one(name)
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None

    def expiry(self) -> datetime | None:
        """When a new key is to expire: at the end of a day that was picked, or after some days."""
        try:
            day = datetime.fromisoformat(f"{self.one('date')}T23:59:59Z") if self.one("date") else None
        except ValueError:
            raise BadRequest("The date is none; pick one from the calendar.") from None
        days = self.one("expiry") if self.one("expiry") in dict(EXPIRIES) else ""
        return day or (now() + timedelta(days=int(days)) if days else None)


async def read_form(request: Request) -> Form:
    """The form in a request."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise UnsupportedMediaType(f"The Content-Type must be {_FORM}.")
    try:
        body = await read_body(request.receive, by_name(request.scope["headers"]), _MOST_BYTES)
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ClientGone:
        raise BadRequest("The connection was closed.") from None
    except ValueError:
        raise BadRequest("The form cannot be read.") from None
    return Form(tuple(fields))


def tomorrow() -> str:
    """The first day that a key can expire on."""
    return (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
