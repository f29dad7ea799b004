"""A statement of a writer: SQLAlchemy's, compiled once, with parameters by name and rows of Python values.

Both databases take and answer the same values: aware datetimes, objects of JSON columns, enum members as text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Delete,
    Float,
    Insert,
    Integer,
    Select,
    Text,
    TypeDecorator,
    Update,
    bindparam,
)
from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from app.store.dialect import Dialect, dialect_named
from app.store.reading import Row
from app.store.types import Json, Kind, Timestamp, json_text, timestamp_text

Convert: TypeAlias = Callable[[Any], Any] | None
SQL: TypeAlias = Select[Any] | Insert | Update | Delete
Params: TypeAlias = Mapping[str, Any]

_DOUBLE = 701  # PostgreSQL's number of the only floats we have: nothing is to convert


@dataclass(frozen=True, slots=True)
class Command:
    """A statement as the driver takes it."""

    text: str
    places: Sequence[tuple[str, Convert]]  # by the driver's order
    constants: Params  # what the statement itself holds
    columns: Sequence[tuple[int, Callable[[Any], Any]]]  # places in a row that need it

    def values(self, params: Params) -> list[Any]:
        """Parameters in the driver's order; one that is missing is a KeyError."""
        if self.constants:
            params = {**self.constants, **params}
        return [params[name] if convert is None else convert(params[name]) for name, convert in self.places]

    def rows(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """The driver's rows as Python values."""
        if not self.columns:
            return [tuple(row) for row in rows]
        return [self._row(list(row)) for row in rows]

    def _row(self, row: list[Any]) -> tuple[Any, ...]:
        for place, convert in self.columns:
            row[place] = convert(row[place])
        return tuple(row)


_COMMANDS: Mapping[str, WeakKeyDictionary[SQL, Command]] = {
    "postgresql": WeakKeyDictionary(),
    "sqlite": WeakKeyDictionary(),
}


def command_of(statement: SQL, dialect: Dialect) -> Command:
    """The statement's command, made once while the statement lives: declare statements at the head of a module."""
    known = _COMMANDS[dialect.name]
    command = known.get(statement)
    if command is None:
        command = known[statement] = _compile(statement, dialect.sqlalchemy)
    return command


def _compile(statement: SQL, dialect: SQLAlchemyDialect) -> Command:
    # As for many rows, because otherwise SQLAlchemy has PostgreSQL return ids that nobody asked for.
    compiled = statement.compile(dialect=dialect, for_executemany=True)
    assert isinstance(compiled, SQLCompiler)
    converts = {name: into_driver(bind.type, dialect) for bind, name in compiled.bind_names.items()}
    # Columns that SQLAlchemy would fill in by itself are to be given, too.
    given = {column.key for column in (*compiled.insert_prefetch, *compiled.update_prefetch)}
    for bind, name in compiled.bind_names.items():
        if bind.required:
            if bind.expanding:
                raise TypeError(f"The list {name!r} has no fixed length: use among().")
            given.add(name)
    expanded = compiled.construct_expanded_state(dict.fromkeys(given), escape_names=False)
    # `exported_columns` of a statement made from another one may be those of the other.
    columns = [_from_driver(column.type, dialect) for column in compiled._result_columns]
    return Command(
        expanded.statement,
        [(name, converts.get(name)) for name in expanded.positiontup or ()],
        {name: value for name, value in expanded.parameters.items() if name not in given},
        [(place, convert) for place, convert in enumerate(columns) if convert is not None],
    )


def into_driver(type_: TypeEngine[Any], dialect: SQLAlchemyDialect) -> Convert:
    """What turns a Python value of a type, None included, into one that the driver takes; None if nothing has to."""
    if isinstance(type_, Timestamp):  # most of what there is to convert
        return None if dialect.name == "postgresql" else _timestamp_text
    if isinstance(type_, Json):
        return _json_text
    return type_.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=1_024)  # a transaction writes the same moment again and again
def _timestamp_text(moment: Any) -> str | None:
    return None if moment is None else timestamp_text(moment)


def _json_text(value: Any) -> str | None:
    return None if value is None else json_text(value)


def _from_driver(type_: TypeEngine[Any], dialect: SQLAlchemyDialect) -> Convert:
    if isinstance(type_, Timestamp) and dialect.name == "postgresql":
        return None
    return type_.dialect_impl(dialect).result_processor(dialect, _DOUBLE if isinstance(type_, Float) else None)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column is in a list that is given as the parameter `name`, however long."""
    return _Among(column, name)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        super().__init__(column)
        self.parameter = name

    def self_group(self, against: Any = None) -> Self:
        return self  # SQLAlchemy would compare it with 1 for SQLite, which then uses no index


@compiles(_Among)
def _compile_among(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = element.clauses

    def bind(type_: Any, form: Convert) -> BindParameter[Any]:
        return bindparam(element.parameter, type_=type_ if form is None else _Formed(form))

    kind = Kind.INT if isinstance(column.type, Integer) else Kind.STRING
    return compiler.process(dialect_named(compiler.dialect.name).among(column, bind, kind), **options)


class _Formed(TypeDecorator[Any]):
    """A parameter that is sent as a text made of it."""

    impl = Text
    cache_ok = False

    def __init__(self, form: Callable[[Any], str]) -> None:
        super().__init__()
        self._form = form

    def process_bind_param(self, value: Any, dialect: SQLAlchemyDialect) -> str:
        return self._form(value)
