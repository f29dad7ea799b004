"""Values of custom fields against the workspace's definitions: what no definition speaks of is kept as it was sent
(S4-37), unless the workspace is strict."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
).fullmatch
_SHOWN = 10  # options in a message


@dataclass(frozen=True, slots=True)
class Definition:
    """What one custom field takes: `type` is a stored `CustomFieldType`, `options` are those of enum and multi."""

    type: str
    options: Sequence[str] = ()


def check_custom_fields(
    values: Mapping[str, Any], definitions: Mapping[str, Definition], strict: bool
) -> list[tuple[str, str, str]]:
    """What is wrong, as (key, message, code); a null fits every definition."""
    return list(_problems(values, definitions, strict)) if definitions or strict else []


def _problems(
    values: Mapping[str, Any], definitions: Mapping[str, Definition], strict: bool
) -> Iterator[tuple[str, str, str]]:
    for key, value in values.items():
        definition = definitions.get(key)
        if definition is None:
            if strict:
                yield (
                    key,
                    "This workspace takes only custom fields that are defined, and this is none.",
                    "UNKNOWN_FIELD",
                )
        elif value is not None:
            fits, rule = _TYPES[definition.type]
            if not fits(value, definition.options):
                yield key, f"This must be {rule}{_listed(definition.options)}.", "INVALID"


def _listed(options: Sequence[str]) -> str:
    more = f" and {len(options) - _SHOWN} more" if len(options) > _SHOWN else ""
    return f" {', '.join(options[:_SHOWN])}{more}" if options else ""


def _is_number(value: Any, _: Sequence[str]) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any, _: Sequence[str]) -> bool:
    if not isinstance(value, str):
        return False
    try:
        if _DATE(value):
            date.fromisoformat(value)
        elif _TIME(value):
            datetime.fromisoformat(value.upper())
        else:
            return False
    except ValueError:
        return False
    return True


def _are_options(value: Any, options: Sequence[str]) -> bool:
    if not isinstance(value, list) or not all(isinstance(item, str) and item in options for item in value):
        return False
    return len(set(value)) == len(value)


_TYPES: Mapping[str, tuple[Callable[[Any, Sequence[str]], bool], str]] = {
    "text": (lambda value, _: isinstance(value, str), "text"),
    "number": (_is_number, "a number"),
    "boolean": (lambda value, _: isinstance(value, bool), "true or false"),
    "date": (_is_date, "a date such as 2026-02-08, or a time with its zone such as 2026-02-08T14:30:00Z"),
    "enum": (lambda value, options: isinstance(value, str) and value in options, "one of"),
    "multi": (_are_options, "a list of different ones of"),
}
