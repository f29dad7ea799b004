"""Checks what a verb is given, all of it, before anything is asked of the database: forms, lengths, ranges, rules.

What is checked here comes out as Python values by column: keys for ids, `datetime` for times, stored values for enums.
Ids of records are collected, to be looked up with one statement for each noun.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from app.catalog import Catalog
from app.resource import Choice
from app.store.identity import IdCodec
from app.store.types import Kind
from app.verb import MOST, Form, Given, Problem, UserErrorCode
from app.write.rules import Broken, json_value, printable

Path: TypeAlias = tuple[str, ...]
Convert: TypeAlias = Callable[[Any], Any]


@dataclass(slots=True)
class Entry:
    """What was given for a form: a record that is about to be written, or another group of values.

    `before` is the record as it is; None while it is new. `names` are the fields by the columns they fill.
    """

    path: Path
    values: dict[str, Any]
    names: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    before: Mapping[str, Any] | None = None
    id: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    def reject(self, column: str, message: str, code: UserErrorCode) -> None:
        """Notes what is wrong with one of the values, or with the whole where `column` is empty."""
        path = (*self.path, self.names.get(column, column)) if column else self.path
        self.problems.append(Problem(path, message, code))

    def stand_for(self, record: Mapping[str, Any]) -> None:
        """Makes it the change of a record that has been found."""
        self.before, self.id = record, record["id"]

    def value(self, column: str) -> Any:
        """The value that the record is going to have."""
        if column in self.values:
            return self.values[column]
        return self.before[column] if self.before is not None else None


@dataclass(slots=True)
class Reference:
    """An id that was given and must be that of a record."""

    key: int
    path: Path
    problems: list[Problem]


@dataclass(slots=True)
class Checking:
    """What came out of checking one call."""

    problems: list[Problem] = field(default_factory=list)
    references: dict[str, list[Reference]] = field(default_factory=lambda: defaultdict(list))


class Reader:
    """Reads the values given for a form, or for the arguments of a verb."""

    def __init__(self, fields: Iterable[Given], catalog: Catalog, ids: IdCodec) -> None:
        self._places = {given.name: _Place(given, catalog, ids) for given in fields}
        self.names = {place.target: name for name, place in self._places.items()}

    def read(self, given: Mapping[str, Any], path: Path, checking: Checking, problems: list[Problem]) -> dict[str, Any]:
        """The values by their targets; those that are wrong are missing, and told in `problems`."""
        values: dict[str, Any] = {}
        for name, value in given.items():
            place = self._places[name]
            try:
                if value is not None and place.is_plain:  # what most are
                    values[place.target] = place.convert(value)
                else:
                    values[place.target] = place.read(value, path, checking, problems)
            except Broken as broken:
                problems.append(Problem((*path, name), broken.message, broken.code))
        return values


class _Place:
    """One field of a form."""

    def __init__(self, given: Given, catalog: Catalog, ids: IdCodec) -> None:
        self.name = given.name
        self.target = given.target
        self._nullable = given.nullable
        self._many = given.many
        self._each = given.each
        self._most = given.most or MOST
        self._noun = None if given.subject else given.refers_to
        self._form = Reader(given.type.fields, catalog, ids) if isinstance(given.type, Form) else None
        self.convert = _converter(given, catalog, ids)
        self.is_plain = not self._many and self._form is None and self._noun is None

    def read(self, value: Any, path: Path, checking: Checking, problems: list[Problem]) -> Any:
        if value is None:
            if self._nullable:
                return None
            raise Broken(f"{self.name} must not be null.", "REQUIRED")
        if not self._many:
            return self._one(value, path, self.name, checking, problems)
        if len(value) > self._most:
            raise Broken(f"{self.name} takes {self._most} items at most, not {len(value)}.", "TOO_LONG")
        inner = (*path, self.name)
        return [self._item(item, inner, str(place), checking, problems) for place, item in enumerate(value)]

    def _item(self, value: Any, path: Path, place: str, checking: Checking, problems: list[Problem]) -> Any:
        try:
            return self._one(value, path, place, checking, problems)
        except Broken as broken:
            problems.append(Problem((*path, place), broken.message, broken.code))
            return None

    def _one(self, value: Any, path: Path, name: str, checking: Checking, problems: list[Problem]) -> Any:
        if self._form is not None:
            entry = Entry((*path, name), {}, self._form.names, [] if self._each else problems)
            entry.values = self._form.read(value, entry.path, checking, entry.problems)
            return entry
        made = self.convert(value)
        if self._noun is not None:
            checking.references[self._noun].append(Reference(made, (*path, name), problems))
        return made


def _converter(given: Given, catalog: Catalog, ids: IdCodec) -> Convert:
    kind = given.type
    if isinstance(kind, type) and issubclass(kind, Choice):
        return lambda member: member.value
    if kind is Kind.ID:
        if given.refers_to is None:
            return _text(given)
        number = catalog.nouns[given.refers_to].number
        return lambda text: ids.key(number, text)
    if kind is Kind.STRING:
        return _text(given)
    if kind in {Kind.INT, Kind.FLOAT}:
        return _number(given)
    if kind is Kind.DATETIME:
        return datetime.fromisoformat
    if kind is Kind.STRINGS:
        return _texts(given)
    if kind is Kind.JSON:
        return _filter if given.filter_of is not None else _object
    return lambda value: value


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Broken("This must be a JSON object.")
    return json_value(value)


def _filter(value: Any) -> Any:
    return _object(_as_sent(value))


def _as_sent(value: Any) -> Any:
    """A value of an input type as it stands in a variable: enums by their names."""
    if isinstance(value, Choice):
        return value.name
    if isinstance(value, dict):
        return {name: _as_sent(inner) for name, inner in value.items()}
    return [_as_sent(inner) for inner in value] if isinstance(value, list) else value


def _text(given: Given) -> Convert:
    name, longest, rule = given.name, given.max_length, given.rule

    def read(value: str) -> str:
        if longest is not None and len(value) > longest:
            raise Broken(f"{name} has {longest} characters at most, not {len(value)}.", "TOO_LONG")
        printable(value)
        return rule(value) if rule is not None else value

    return read


def _texts(given: Given) -> Convert:
    longest = given.max_length or 200

    def read(values: list[str]) -> list[str]:
        if len(values) > MOST:
            raise Broken(f"{given.name} takes {MOST} items at most, not {len(values)}.", "TOO_LONG")
        for value in values:
            if len(value) > longest:
                raise Broken(f"An item of {given.name} has {longest} characters at most, not {len(value)}.", "TOO_LONG")
            printable(value)
            if given.rule is not None:
                given.rule(value)
        return values

    return read


def _number(given: Given) -> Convert:
    low = -math.inf if given.low is None else given.low
    high = math.inf if given.high is None else given.high

    def read(value: float) -> float:
        if not low <= value <= high:
            raise Broken(f"{given.name} must be from {low} to {high}, not {value}.", "OUT_OF_RANGE")
        if not math.isfinite(value):
            raise Broken(f"{given.name} must be a finite number.", "OUT_OF_RANGE")
        return value

    return read
