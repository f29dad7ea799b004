"""What was really asked of the demo and answered, one example for every operation and error (`scripts/examples`)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import orjson

FILE = Path(__file__).parent / "examples.json"

RECORDED = date(2026, 11, 21)
"""The day on which all of it is said to have happened."""

Example: TypeAlias = dict[str, Any]
"""`path` with the values of its `parameters`, `query`, `headers` and `body` of a request; `status` and `answer`.

`tried` is what a request that creates is answered with `dryRun`. Of an error, `problem` is the answer as RFC 9457 has
it, and `of` the operation whose fields it names.
"""

_DAY = re.compile(r"(?<=\")(\d{4}-\d\d-\d\d)(?=T\d\d:)")


@dataclass(frozen=True)
class Examples:
    """Examples by `GET /contacts/{id}`, and of errors, the best first."""

    operations: dict[str, Example]
    errors: list[Example]


@cache
def recorded() -> Examples:
    """Those that are kept in this package."""
    return Examples(**orjson.loads(ahead(FILE.read_text())))


def ahead(text: str) -> str:
    """JSON in which the days after the recording still lie ahead: some times must, or are refused."""
    passed = datetime.now(UTC).date() - RECORDED

    def later(match: re.Match[str]) -> str:
        day = date.fromisoformat(match[1])
        return str(day + max(passed, timedelta())) if day > RECORDED else match[1]

    return _DAY.sub(later, text)
