"""One statement while it is planned: a base table access, to-one links joined to it, the columns asked for.

The SQL shapes that were fastest: the page limited in a sub-select with the to-one tables joined outside it; a to-many
edge as one statement for all parents, limited for each (DESIGN, "Reading").
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, literal_column, select

from app.catalog import Noun
from app.read.binding import Binder
from app.read.order import Order
from app.read.plan import Load
from app.store.types import Kind


@dataclass(eq=False)
class Access:
    """One access to a noun's table within a statement: the base, or the far end of a to-one link."""

    noun: Noun
    joins: dict[str, "Join"] = field(default_factory=dict)


@dataclass(eq=False)
class Join:
    """A to-one link followed from an access, through its column `near`."""

    origin: Access
    near: str
    target: Access


class Draft:
    """Collects what one statement has to bring."""

    def __init__(self, binder: Binder, noun: Noun, offset: int = 0) -> None:
        self.binder = binder
        self.base = Access(noun)
        self.children: list[Load] = []
        self._joins: list[Join] = []
        self._slots: dict[tuple[Access, str, Kind], int] = {}
        self._offset = offset

    def slot(self, access: Access, column: str, kind: Kind) -> int:
        """The place of a column in the row."""
        return self._slots.setdefault((access, column, kind), len(self._slots) + self._offset)

    def join(self, access: Access, name: str, near: str, noun: Noun) -> Access:
        """The far end of a to-one link; joined once however often it is selected."""
        if name not in access.joins:
            access.joins[name] = Join(access, near, Access(noun))
            self._joins.append(access.joins[name])
        return access.joins[name].target

    def child(self, load: Load) -> int:
        """Adds a statement that is run for the keys of this one's rows; gives its index."""
        self.children.append(load)
        return len(self.children) - 1

    @property
    def width(self) -> int:
        """How many columns the rows have."""
        return (len(self._slots) or 1) + self._offset

    def base_columns(self, order: Order | None = None) -> list[str]:
        """The columns of the base that leave the page: shown, sorted by, or joined on."""
        columns = [column for access, column, _ in self._slots if access is self.base]
        columns += [join.near for join in self._joins if join.origin is self.base]
        columns += [key.column for key in order.keys] if order else []
        return list(dict.fromkeys(columns))

    def outputs(self, froms: dict[Access, FromClause]) -> list[ColumnElement[Any]]:
        """The selected columns, in the order of their slots; SQLite wants one where none is selected."""
        dialect = self.binder.dialect
        outputs = [dialect.output(froms[access].c[column], kind) for access, column, kind in self._slots]
        return outputs or [literal_column("1")]

    def joined_to(self, base: FromClause, origin: FromClause) -> tuple[FromClause, dict[Access, FromClause]]:
        """`origin` with every to-one link joined to it, each under the workspace rule."""
        froms: dict[Access, FromClause] = {self.base: base}
        for number, join in enumerate(self._joins):
            target = join.target.noun
            alias = target.table.alias(f"t{number}")
            froms[join.target] = alias
            on = and_(alias.c.id == froms[join.origin].c[join.near], self.binder.workspace_rule(target, alias))
            origin = origin.outerjoin(alias, on)
        return origin, froms

    def select_page(
        self, rows: Select[Any], source: FromClause, order: Order | None, *, backwards: bool = False
    ) -> Any:
        """The statement for a page: `rows` says which rows of `source`, ordered and limited."""
        if not self._joins:
            return rows.with_only_columns(*self.outputs({self.base: source}))
        page = rows.with_only_columns(*(source.c[column] for column in self.base_columns(order))).subquery("page")
        origin, froms = self.joined_to(page, page)
        statement = select(*self.outputs(froms)).select_from(origin)
        return statement.order_by(*order.by(page, backwards=backwards)) if order else statement

    def select_per_parent(
        self, rows: Select[Any], source: FromClause, order: Order, parents: Any, *, backwards: bool
    ) -> Any:
        """The statement for a to-many edge, a page for each parent: the parent's key first, then as `select_page`."""
        relation, key = parents
        joined, page = self.binder.dialect.per_parent(relation, rows, source, self.base_columns(order))
        origin, froms = self.joined_to(page, joined)
        statement = select(key, *self.outputs(froms)).select_from(origin)
        if self.binder.dialect.ordered_per_parent and not self._joins:
            return statement
        return statement.order_by(key, *order.by(page, backwards=backwards))

    def select_all(
        self,
        rows: Select[Any],
        source: FromClause,
        origin: FromClause,
        key: ColumnElement[Any],
        order: Order,
        **how: bool,
    ) -> Select[Any]:
        """The statement that reads `rows`, those of all parents: the parent's key first, then as `select_page`."""
        joined, froms = self.joined_to(source, origin)
        statement = rows.with_only_columns(key, *self.outputs(froms)).select_from(joined)
        return statement.order_by(key, *order.by(source, **how))
