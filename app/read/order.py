"""Orders and keyset pages: every order ends in the id, so it is total; a page starts after a row, not at an offset."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, UnaryExpression, and_, false, nulls_first, nulls_last, or_, tuple_

from app.catalog import Attribute, Noun
from app.errors import BadCursor, BadUserInput
from app.read.arguments import Bound
from app.read.binding import Binder, Run
from app.read.cursor import CursorCodec, null_pattern
from app.read.operators import bound
from app.store.types import Kind

_MAX_KEYS = 20


@dataclass(frozen=True)
class SortKey:
    """One column of an order."""

    column: str
    kind: Kind
    nullable: bool
    descending: bool
    nulls_last: bool

    def expression(self, source: FromClause, *, backwards: bool) -> UnaryExpression[Any]:
        column: ColumnElement[Any] = source.c[self.column]
        ordered: UnaryExpression[Any] = column.desc() if self.descending != backwards else column.asc()
        if not self.nullable:
            return ordered
        placed: UnaryExpression[Any] = (nulls_last if self.nulls_last != backwards else nulls_first)(ordered)
        return placed


@dataclass(frozen=True)
class Order:
    """A total order of a noun: the last key is always the id."""

    noun: str
    keys: tuple[SortKey, ...]

    @property
    def signature(self) -> bytes:
        """What a cursor is sealed with: a cursor is good for its noun and order only."""
        keys = (f"{key.column} {key.descending:d}{key.nulls_last:d}" for key in self.keys)
        return f"{self.noun}|{'|'.join(keys)}".encode()

    def by(self, source: FromClause, *, backwards: bool) -> list[UnaryExpression[Any]]:
        return [key.expression(source, backwards=backwards) for key in self.keys]


def order_of(noun: Noun, given: Sequence[dict[str, Any]] | None) -> Order:
    """The order that `orderBy` asks for, the noun's own when it asks for none; nulls come last unless it says first."""
    if given is not None and len(given) > _MAX_KEYS:
        raise BadUserInput(f"orderBy may name {_MAX_KEYS} fields, not {len(given)}.", argument="orderBy")
    keys: list[SortKey] = []
    for item in given or ():
        attribute = noun.attributes[item["field"].value]
        descending = _name(item.get("direction")) == "DESC"
        key = _key(attribute, descending=descending, nulls_last=_name(item.get("nulls")) != "FIRST")
        if all(key.column != earlier.column for earlier in keys):  # a column sorted by twice decides nothing more
            keys.append(key)
    if not keys:
        for column, direction in noun.resource.order:
            attribute = next(a for a in noun.attributes.values() if a.column.name == column)
            keys.append(_key(attribute, descending=direction == "DESC", nulls_last=True))
    last = SortKey("id", Kind.ID, nullable=False, descending=keys[-1].descending, nulls_last=True)
    return Order(noun.name, (*keys, last))


def _name(value: Any) -> str | None:
    return None if value is None else str(value.value)


def _key(attribute: Attribute, *, descending: bool, nulls_last: bool) -> SortKey:
    # Where there are no nulls it means the same wherever they were to come, also to a cursor.
    last = nulls_last or not attribute.nullable
    return SortKey(attribute.column.name, attribute.exposure.kind, attribute.nullable, descending, last)


class Keyset:
    """The condition that a row lies after (or before) a cursor in an order."""

    def __init__(self, order: Order, cursors: CursorCodec, binder: Binder) -> None:
        self._order = order
        self._cursors = cursors
        self._binder = binder

    def beyond(self, noun: Noun, source: FromClause, given: Any, *, backwards: bool) -> ColumnElement[bool]:
        sample = given.sample if isinstance(given, Bound) else given
        nulls = null_pattern(sample)
        keys = self._order.keys
        if len(nulls) != len(keys) or any(null and not key.nullable for null, key in zip(nulls, keys, strict=True)):
            raise BadCursor
        values = [self._value(given, place, key, noun) for place, key in enumerate(keys)]
        ahead = [key.descending == backwards for key in keys]  # whether "beyond" means greater
        if not any(key.nullable for key in keys) and len(set(ahead)) == 1:
            columns = tuple_(*(source.c[key.column] for key in keys))
            row = tuple_(*(value() for value in values))
            return columns > row if ahead[0] else columns < row
        return or_(false(), *self._steps(source, keys, values, nulls, backwards))

    def _steps(
        self, source: FromClause, keys: Sequence[SortKey], values: list[Any], nulls: Sequence[bool], backwards: bool
    ) -> Iterable[ColumnElement[bool]]:
        """Equal in the first n columns and beyond in the next, for every n."""
        for place, key in enumerate(keys):
            beyond = _past(source.c[key.column], key, values[place], null=nulls[place], backwards=backwards)
            if beyond is None:
                continue
            equal = (
                source.c[earlier.column].is_(None) if nulls[n] else source.c[earlier.column] == values[n]()
                for n, earlier in enumerate(keys[:place])
            )
            yield and_(*equal, beyond)

    def _value(self, given: Any, place: int, key: SortKey, noun: Noun) -> Any:
        signature = self._order.signature
        get = given.get if isinstance(given, Bound) else lambda _: given
        binder = self._binder

        def read(run: Run) -> Any:
            value = self._cursors.decode(signature, run.workspace_id, get(run.variables))[place]
            return binder.codec.key(noun.number, value) if key.kind is Kind.ID else value

        def bind(type_: Any, _: object = None) -> ColumnElement[Any]:
            return binder.bind(type_, read)

        return lambda: bound(binder.dialect, bind, key.kind)


def _past(
    column: ColumnElement[Any], key: SortKey, value: Any, *, null: bool, backwards: bool
) -> ColumnElement[bool] | None:
    """The condition of lying strictly beyond a value in one column; None where nothing can."""
    nulls_at_end = key.nulls_last != backwards
    if null:
        return None if nulls_at_end else column.is_not(None)
    compared = column > value() if key.descending == backwards else column < value()
    return or_(compared, column.is_(None)) if key.nullable and nulls_at_end else compared
