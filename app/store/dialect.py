"""All that differs between SQLite and PostgreSQL when reading; everything else is written once.

Each method answers with a SQLAlchemy expression that means the same on both: same rows, same order, same text.
"""

from collections.abc import Callable
from typing import Any, Protocol

import orjson
from sqlalchemy import (
    Alias,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    FromClause,
    Select,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect as SQLAlchemyDialect

from app.store.types import Kind, Timestamp

Bind = Callable[[Any, Callable[[Any], Any] | None], ColumnElement[Any]]
"""Makes a parameter of a SQLAlchemy type; the function turns the API's value into the driver's."""

BUCKETS = ("hour", "day", "week", "month", "quarter", "year")


_ZERO: ColumnElement[int] = literal_column("0")


class Dialect(Protocol):
    """What the read engine asks of a database."""

    name: str
    sqlalchemy: SQLAlchemyDialect

    def output(self, expression: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        """A column as it is selected: times as text, the rest as it is."""

    def time(self, bind: Bind) -> ColumnElement[Any]:
        """A time given in its text form, comparable with a column."""

    def among(self, expression: ColumnElement[Any], bind: Bind, kind: Kind) -> ColumnElement[bool]:
        """Whether a column is in a list given as one parameter."""

    def contains(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a text contains another, case and accents included."""

    def starts_with(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a text starts with another."""

    def ends_with(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a text ends with another."""

    def found(self, source: FromClause, bind: Bind, indexed: bool) -> ColumnElement[bool]:
        """Whether the search text of a row contains a folded pattern; `indexed` if it has three characters."""

    def bucket(self, expression: ColumnElement[Any], unit: str) -> ColumnElement[Any]:
        """The beginning of the hour, day, ISO week, month, quarter or year in UTC, in text form."""

    def json_member(self, document: ColumnElement[Any], key: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        """A member of a JSON object if it is a string, number or boolean, as asked; NULL otherwise."""

    def json_has(self, document: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a JSON object has a member that is not null."""

    def json_holds(self, array: ColumnElement[Any], item: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a JSON array of strings holds one."""

    ordered_per_parent: bool
    """Whether `per_parent` brings the rows of a parent together and in their order."""

    def parents(self, bind: Bind) -> tuple[FromClause, ColumnElement[Any]]:
        """A relation of ids given as one parameter, with its id column."""

    def per_parent(
        self, parents: FromClause, inner: Select[Any], target: FromClause, columns: list[str]
    ) -> tuple[FromClause, FromClause]:
        """Parents joined to at most so many rows each: `inner` is correlated to a parent, ordered and limited."""


class _PostgreSQL:
    name = "postgresql"
    sqlalchemy: SQLAlchemyDialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]

    def output(self, expression: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        # The session is in UTC; text made by the database is cheaper than a datetime object made by the driver.
        if kind is Kind.DATETIME:
            return func.to_char(expression, literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'"""), type_=Text())
        return expression

    def time(self, bind: Bind) -> ColumnElement[Any]:
        return cast(bind(Text(), None), Timestamp())

    def among(self, expression: ColumnElement[Any], bind: Bind, kind: Kind) -> ColumnElement[bool]:
        items: dict[Kind, Any] = {Kind.ID: BigInteger(), Kind.INT: BigInteger(), Kind.FLOAT: Float(53)}
        values = bind(ARRAY(items.get(kind, Text())), None)
        if kind is Kind.DATETIME:
            values = cast(values, ARRAY(postgresql.TIMESTAMP(timezone=True, precision=3)))
        return expression == func.any(values)

    def contains(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.strpos(expression, part) > _ZERO

    def starts_with(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.starts_with(expression, part, type_=postgresql.BOOLEAN())

    def ends_with(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.right(expression, func.length(part)) == part

    def found(self, source: FromClause, bind: Bind, indexed: bool) -> ColumnElement[bool]:
        return source.c.search_text.like(bind(Text(), _like_pattern))

    def bucket(self, expression: ColumnElement[Any], unit: str) -> ColumnElement[Any]:
        return self.output(func.date_trunc(literal_column(f"'{unit}'"), expression), Kind.DATETIME)

    def json_member(self, document: ColumnElement[Any], key: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        name = {Kind.STRING: "string", Kind.FLOAT: "number", Kind.BOOLEAN: "boolean"}[kind]
        text = document.op("->>", return_type=Text())(key)
        value: ColumnElement[Any] = text.collate("C")
        if kind is Kind.FLOAT:
            value = cast(text, Float(53))
        elif kind is Kind.BOOLEAN:
            value = cast(text, postgresql.BOOLEAN())
        is_kind = func.json_typeof(document.op("->")(key)) == literal_column(f"'{name}'")
        return case((is_kind, value))

    def json_has(self, document: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[bool]:
        return document.op("->>", return_type=Text())(key).is_not(None)

    def json_holds(self, array: ColumnElement[Any], item: ColumnElement[Any]) -> ColumnElement[bool]:
        items = func.json_array_elements_text(array).table_valued(column("value", Text), name="items")
        return select(literal_column("1")).select_from(items).where(items.c.value == item).exists()

    # The nested loop that a lateral sub-select takes goes through the parents one by one.
    ordered_per_parent = True

    def parents(self, bind: Bind) -> tuple[FromClause, ColumnElement[Any]]:
        ids = func.unnest(bind(ARRAY(BigInteger()), None)).table_valued(column("id", BigInteger), name="parents")
        ids = ids.render_derived()
        return ids, ids.c.id

    def per_parent(
        self, parents: FromClause, inner: Select[Any], target: FromClause, columns: list[str]
    ) -> tuple[FromClause, FromClause]:
        limited = inner.with_only_columns(*(target.c[name] for name in columns)).lateral("page")
        return parents.join(limited, literal_column("true")), limited


class _SQLite:
    name = "sqlite"
    sqlalchemy: SQLAlchemyDialect = sqlite.pysqlite.dialect()

    def output(self, expression: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        # Times are stored as the text that is answered.
        return type_coerce(expression, String()) if kind is Kind.DATETIME else expression

    def time(self, bind: Bind) -> ColumnElement[Any]:
        return bind(Text(), None)

    def among(self, expression: ColumnElement[Any], bind: Bind, kind: Kind) -> ColumnElement[bool]:
        items = func.json_each(bind(Text(), _json_text)).table_valued("value", name="items")
        return expression.in_(select(items.c.value))

    def contains(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.instr(expression, part) > _ZERO

    def starts_with(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.substr(expression, 1, func.length(part)) == part

    def ends_with(self, expression: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
        # substr(x, -0) is the whole text, so the empty ending is a case of its own.
        return case(
            (func.length(part) == 0, expression.is_not(None)), else_=func.substr(expression, -func.length(part)) == part
        )

    def found(self, source: FromClause, bind: Bind, indexed: bool) -> ColumnElement[bool]:
        if not indexed:
            return func.instr(source.c.search_text, bind(Text(), None)) > _ZERO
        name = f"{_table_behind(source).name}_search"
        index = table(name, column("rowid", BigInteger), column(name, Text))
        found = index.c[name].op("MATCH", return_type=Boolean())(bind(Text(), _match_phrase))
        return source.c.id.in_(select(index.c.rowid).where(found))

    def bucket(self, expression: ColumnElement[Any], unit: str) -> ColumnElement[Any]:
        if unit == "week":
            day = func.date(expression, literal_column("'weekday 0'"), literal_column("'-6 days'"))
            return day.op("||")(literal_column("'T00:00:00.000Z'"))
        if unit == "quarter":
            month = func.substr(expression, 6, 2)
            starts: list[Any] = [
                (month <= literal_column(f"'{3 * n:02}'"), literal_column(f"'{3 * n - 2:02}'")) for n in (1, 2, 3, 4)
            ]
            year = func.substr(expression, 1, 5)
            return year.op("||")(case(*starts)).op("||")(literal_column("'-01T00:00:00.000Z'"))
        length, rest = {
            "hour": (13, ":00:00.000Z"),
            "day": (10, "T00:00:00.000Z"),
            "month": (7, "-01T00:00:00.000Z"),
            "year": (4, "-01-01T00:00:00.000Z"),
        }[unit]
        return func.substr(expression, 1, length).op("||")(literal_column(f"'{rest}'"))

    def json_member(self, document: ColumnElement[Any], key: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        members = _members(document)
        kinds = {Kind.STRING: ("text",), Kind.FLOAT: ("integer", "real"), Kind.BOOLEAN: ("true", "false")}[kind]
        of_kind = members.c.type.in_([literal_column(f"'{name}'") for name in kinds])
        value: ColumnElement[Any] = members.c.value
        if kind is Kind.FLOAT:
            value = cast(value, Float(53))  # also an integer that no float is equal to
        return select(value).where(and_(members.c.key == key, of_kind)).limit(literal_column("1")).scalar_subquery()

    def json_has(self, document: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[bool]:
        members = _members(document)
        return (
            select(literal_column("1"))
            .select_from(members)
            .where(and_(members.c.key == key, members.c.type != literal_column("'null'")))
            .exists()
        )

    def json_holds(self, array: ColumnElement[Any], item: ColumnElement[Any]) -> ColumnElement[bool]:
        items = func.json_each(array).table_valued("value", name="items")
        return select(literal_column("1")).select_from(items).where(items.c.value == item).exists()

    ordered_per_parent = False

    def parents(self, bind: Bind) -> tuple[FromClause, ColumnElement[Any]]:
        ids = func.json_each(bind(Text(), _json_text)).table_valued("value", name="parents")
        return ids, ids.c.value

    def per_parent(
        self, parents: FromClause, inner: Select[Any], target: FromClause, columns: list[str]
    ) -> tuple[FromClause, FromClause]:
        page = _table_behind(target).alias("page")
        return parents.join(page, page.c.id.in_(inner.with_only_columns(target.c.id))), page


def _table_behind(source: FromClause) -> Table:
    element = source.element if isinstance(source, Alias) else source
    assert isinstance(element, Table)
    return element


def _members(document: ColumnElement[Any]) -> Any:
    return func.json_each(document).table_valued("key", "value", "type", name="members")


def _like_pattern(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _match_phrase(pattern: str) -> str:
    return '"' + pattern.replace('"', '""') + '"'


def _json_text(values: Any) -> str:
    return orjson.dumps(values).decode()


POSTGRESQL: Dialect = _PostgreSQL()
SQLITE: Dialect = _SQLite()


def dialect_named(name: str) -> Dialect:
    """The dialect of a `Database.name`."""
    return {"postgresql": POSTGRESQL, "sqlite": SQLITE}[name]
