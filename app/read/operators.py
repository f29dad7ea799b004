"""The filter operators of every kind of field: name, operand, meaning, SQL; inputs and plans are derived from here.

All are two-valued: a NULL field satisfies `ne`, `notIn` and `isNull: true` and nothing else, so that `not` is exactly
the complement. `eq: null` is `isNull: true`, `ne: null` its opposite; any other operator refuses null.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, Text, true
from sqlalchemy.types import Boolean

from app.store.dialect import Bind, Dialect
from app.store.types import BigInt, Kind


class Operand(Enum):
    """What an operator is given."""

    ONE = "a value of the field's type"
    MANY = "a list of values of the field's type"
    FLAG = "true or false"


@dataclass(frozen=True)
class Operator:
    """One operator: `apply` makes its condition from the column and the bound operand."""

    name: str
    operand: Operand
    description: str
    apply: Callable[[Dialect, ColumnElement[Any], Bind, Kind], ColumnElement[bool]]


def bound(dialect: Dialect, bind: Bind, kind: Kind) -> ColumnElement[Any]:
    """One value of a kind as a parameter."""
    if kind is Kind.DATETIME:
        return dialect.time(bind)
    types: dict[Kind, Any] = {Kind.ID: BigInt, Kind.INT: Integer(), Kind.FLOAT: Float(53), Kind.BOOLEAN: Boolean()}
    return bind(types.get(kind, Text()), None)


_Compare = Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]


def _one(name: str, description: str, compare: _Compare) -> Operator:
    return Operator(name, Operand.ONE, description, lambda d, c, bind, kind: compare(c, bound(d, bind, kind)))


def _text(name: str, description: str) -> Operator:
    method = {"contains": "contains", "startsWith": "starts_with", "endsWith": "ends_with"}[name]
    return Operator(
        name, Operand.ONE, description, lambda d, c, bind, kind: getattr(d, method)(c, bound(d, bind, Kind.STRING))
    )


_EQ = _one("eq", "Equal to; null finds records without a value.", lambda c, value: c == value)
_NE = _one(
    "ne",
    "Not equal to, records without a value included; null finds those with one.",
    lambda c, v: c.is_distinct_from(v),
)
_IN = Operator("in", Operand.MANY, "Equal to one of these.", lambda d, c, bind, kind: d.among(c, bind, kind))
_NOT_IN = Operator(
    "notIn",
    Operand.MANY,
    "Equal to none of these, records without a value included.",
    lambda d, c, bind, kind: d.among(c, bind, kind).is_not(true()),
)
_IS_NULL = Operator(
    "isNull", Operand.FLAG, "Whether the record has no value here.", lambda d, c, bind, kind: c.is_(None)
)
_ORDERED = (
    _one("lt", "Less than.", lambda c, value: c < value),
    _one("lte", "Less than or equal to.", lambda c, value: c <= value),
    _one("gt", "Greater than.", lambda c, value: c > value),
    _one("gte", "Greater than or equal to.", lambda c, value: c >= value),
)
_TEXT = (
    _text("contains", "Contains this text, case included; use search to fold case and accents."),
    _text("startsWith", "Starts with this text, case included."),
    _text("endsWith", "Ends with this text, case included."),
)
_SAME = (_EQ, _NE, _IN, _NOT_IN, _IS_NULL)

OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    Kind.ID: _SAME,
    Kind.STRING: (*_SAME, *_ORDERED, *_TEXT),
    Kind.INT: (*_SAME, *_ORDERED),
    Kind.FLOAT: (*_SAME, *_ORDERED),
    Kind.DATETIME: (*_SAME, *_ORDERED),
    Kind.ENUM: _SAME,
    Kind.BOOLEAN: (_EQ, _NE, _IS_NULL),
    Kind.STRINGS: (
        Operator(
            "has",
            Operand.ONE,
            "Holds this string.",
            lambda d, c, bind, kind: d.json_holds(c, bind(Text(), None)),
        ),
    ),
}

CUSTOM_KINDS = {"text": Kind.STRING, "number": Kind.FLOAT, "boolean": Kind.BOOLEAN}
"""The operators that a custom field can be filtered with, by the kind of value it is compared as."""
