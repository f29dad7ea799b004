"""What a CSV cell may hold, by the field or custom field it goes to: text to value, or the rule that it breaks."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from annotated_types import Ge, Le

from app.catalog import Attribute, Noun
from app.store.types import Kind, unstorable
from app.verb import Rule
from app.write.custom_fields import Definition
from app.write.rules import Broken, email, json_value

Convert = Callable[[str], Any]
"""Makes a value of a trimmed cell that is not empty; `ValueError` ends the sentence that says which rule it breaks."""

_INT32 = 2**31 - 1
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}").fullmatch
_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?").fullmatch
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def can_hold(attribute: Attribute) -> bool:
    """Whether a cell can hold a value of the field."""
    return attribute.exposure.kind in _CONVERTERS


def converter(noun: Noun, attribute: Attribute) -> Convert:
    """The conversion for a field that a cell can hold."""
    return _CONVERTERS[attribute.exposure.kind](noun, attribute)


def custom_converter(definition: Definition | None) -> Convert:
    """The conversion for a custom field: as it is defined, else text. Whether it fits is checked when it is written."""
    return _CUSTOM.get(definition.type, check_text) if definition else check_text


def check_text(text: str) -> str:
    """The text; `ValueError` for what a database cannot hold."""
    reason = unstorable(text)
    if reason:
        raise ValueError(f"contains {reason}")
    return text


def _text(_: Noun, attribute: Attribute) -> Convert:
    most: int | None = getattr(attribute.column.type, "length", None)

    def convert(text: str) -> str:
        if most is not None and len(text) > most:
            raise ValueError(f"has {len(text)} characters; {most} are allowed")
        return check_text(text)

    rule = attribute.exposure.rule
    return convert if rule is None else lambda text: _ruled(rule, convert(text))


def _ruled(rule: Rule, text: str) -> str:
    try:
        return rule(text)
    except Broken as broken:
        if rule is email:
            raise ValueError(f"is not an e-mail address: {broken.__cause__ or broken}") from None
        raise ValueError(f"is refused: {broken}") from None


def _integer(noun: Noun, attribute: Attribute) -> Convert:
    limits = noun.resource.table.model_fields[attribute.column.name].metadata
    low = next((int(limit.ge) for limit in limits if isinstance(limit, Ge)), -_INT32)  # type: ignore[call-overload]
    high = next((int(limit.le) for limit in limits if isinstance(limit, Le)), _INT32)  # type: ignore[call-overload]

    def convert(text: str) -> int:
        if not _WHOLE_NUMBER(text):
            raise ValueError("is not a whole number")
        if not low <= (value := int(text)) <= high:
            raise ValueError(f"is not from {low} to {high}")
        return value

    return convert


def _boolean(_: Noun, __: Attribute) -> Convert:
    return _true_or_false


def _true_or_false(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("is neither true nor false") from None


def _number(text: str) -> int | float:
    if not _NUMBER(text):
        raise ValueError("is not a number")
    return int(text) if _WHOLE_NUMBER(text) else float(text)


def _several(text: str) -> list[str]:
    return [item.strip() for item in check_text(text).split(";") if item.strip()]


def _moment(_: Noun, __: Attribute) -> Convert:
    def convert(text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("is not a time such as 2026-02-08T14:30:00Z") from None
        if moment.tzinfo is None:
            raise ValueError("has no time zone, such as the Z of 2026-02-08T14:30:00Z")
        moment = moment.astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    return convert


def _choice(_: Noun, attribute: Attribute) -> Convert:
    members: Iterable[StrEnum] = attribute.exposure.enum or ()
    values = {member.value: member.value for member in members}

    def convert(text: str) -> str:
        try:
            return values[text.lower().replace(" ", "_").replace("-", "_")]
        except KeyError:
            raise ValueError(f"is none of {', '.join(values)}") from None

    return convert


def _object(_: Noun, __: Attribute) -> Convert:
    def convert(text: str) -> dict[str, Any]:
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ValueError("is not JSON") from None
        if not isinstance(value, dict):
            raise ValueError("is not a JSON object")
        try:
            json_value(value)
        except Broken as broken:
            raise ValueError(f"is refused: {broken}") from None
        return value

    return convert


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_CONVERTERS: dict[Kind, Callable[[Noun, Attribute], Convert]] = {
    Kind.STRING: _text,
    Kind.INT: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.DATETIME: _moment,
    Kind.ENUM: _choice,
    Kind.JSON: _object,
}

_CUSTOM: dict[str, Convert] = {"number": _number, "boolean": _true_or_false, "multi": _several}
