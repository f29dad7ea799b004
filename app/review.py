"""The vocabulary that reviews are declared with: what is worked out about a record from rows that tell of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select

from app.verb import Report


@dataclass(frozen=True)
class About:
    """What the statements of a review are made with."""

    records: FromClause  # those that are reviewed
    workspace: ColumnElement[int]  # the key of the one that they are in
    base: int  # what is added to the key of one where ids of any type stand
    since: ColumnElement[str]  # the moment from which on it looks, as text
    moment: ColumnElement[Any]  # the same, to be compared with times
    time: Callable[[ColumnElement[Any]], ColumnElement[str]]  # a time as text


@dataclass(frozen=True)
class Review:
    """An object on each record of a noun: worked out when it is read, so never stale; whoever reads the noun sees it.

    Each of `rows` is a statement for all records of a page at once, whose first column is the record's key. `tell` gets
    what each of them found of one record and answers the report. It looks `days` back.
    """

    name: str
    of: str
    description: str
    report: Report
    days: int
    rows: tuple[Callable[[About], Select[Any]], ...]
    tell: Callable[..., Mapping[str, Any]]
