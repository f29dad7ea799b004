"""The one shape of all answers (S4-22 to S4-26), of errors in RFC 9457 to who asks for that."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from app.errors import LeadgraphError
from app.rest.reading import MOST_WRONG

_LONGEST_NAME = 200
_MESSAGES = {200: "Success", 201: "Resource created successfully"}


class Invalid(LeadgraphError):
    """Validation failed"""

    # The words of S4-43.
    code = "BAD_USER_INPUT"
    status = 422

    def __init__(self, places: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        # Of which field, what is wrong, and a code where there is one; a client chose the names, and how many.
        self.places = [{**each, "field": each["field"][:_LONGEST_NAME]} for each in places[:MOST_WRONG]]


class Refusal(LeadgraphError):
    """What a verb refused as a whole: its subject is not there, or was changed by somebody else."""

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def success(status: int, data: Any, **more: Any) -> dict[str, Any]:
    """The envelope of an answer. What has just been created was created at the time of the answer (S4-42)."""
    created = data.get("createdAt") if status == 201 and isinstance(data, dict) else None
    meta = {"timestamp": created or _now(), "version": "v1", **more}
    return {"success": True, "status": status, "message": _MESSAGES[status], "data": data, "meta": meta}


def failure(error: LeadgraphError) -> dict[str, Any]:
    """The envelope of an error: `errors` tell of each field what is wrong, or else the codes of the error."""
    if isinstance(error, Invalid):
        errors: list[dict[str, Any]] = [
            {"field": place["field"], "message": place["message"]} for place in error.places
        ]
    else:
        errors = [dict(error.extensions)]
    meta = {"timestamp": _now(), "version": "v1"}
    return {"success": False, "status": error.status, "message": error.message, "errors": errors, "meta": meta}


def _now() -> str:
    """S4-25."""
    second, millisecond = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{_second(second)}.{millisecond:03}Z"


@lru_cache(1)
def _second(seconds: int) -> str:
    """Kept for whoever comes in the same second."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def problem(error: LeadgraphError, request_id: str) -> dict[str, Any]:
    """An error as RFC 9457 has it, with the code of every field that is wrong."""
    title = HTTPStatus(error.status).phrase
    told = {"type": "about:blank", "title": title, "status": error.status, "detail": error.message}
    told |= error.extensions | {"requestId": request_id}
    if isinstance(error, Invalid):
        told["errors"] = list(error.places)
    return told
