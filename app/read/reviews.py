"""Reviews of records: a statement for each kind of rows, for all records of a page at once, then told in Python."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Text

from app.catalog import Noun
from app.read.binding import Prepared, Run
from app.read.cutting import cutter
from app.read.output import Found
from app.read.plan import Context
from app.read.planning import Planning
from app.read.selection import Selected
from app.review import About, Review
from app.store.reading import Reading
from app.store.types import Kind, now, timestamp_text


@dataclass(frozen=True)
class Reviewed:
    """A review of the rows of its parent's statement."""

    slot: int
    statements: tuple[Prepared, ...]
    tell: Callable[..., Mapping[str, Any]]
    cut: Callable[[Any], Any]

    def load(self, keys: Sequence[Any], context: Context) -> Reading[Found]:
        found: list[Mapping[Any, list[tuple[Any, ...]]]] = []
        for statement in self.statements if keys else ():
            context.run.parents = keys
            rows: defaultdict[Any, list[tuple[Any, ...]]] = defaultdict(list)
            for key, *row in (yield statement.of(context.run)):
                rows[key].append(tuple(row))
            found.append(rows)
        return {key: self.cut(self.tell(*(rows[key] for rows in found))) for key in keys}, None


def plan_review(planning: Planning, noun: Noun, review: Review, selected: Selected, slot: int) -> Reviewed:
    """The statements of a review of the records whose keys stand in `slot` of their statement."""
    statements = tuple(_statement(planning, noun, review.days, rows) for rows in review.rows)
    return Reviewed(
        slot, statements, review.tell, cutter(planning, planning.type(review.report.name), selected.selections)
    )


def _statement(planning: Planning, noun: Noun, days: int, rows: Callable[[About], Select[Any]]) -> Prepared:
    engine, binder = planning.engine, planning.binder()
    dialect = engine.dialect
    records = noun.table.alias("r")

    def since(_: Run) -> str:
        return timestamp_text(now() - timedelta(days=days))

    about = About(
        records,
        binder.workspace,
        engine.ids.base(noun.number),
        binder.bind(Text(), since),
        dialect.time(lambda type_, _: binder.bind(type_, since)),
        lambda moment: dialect.output(moment, Kind.DATETIME),
    )
    wanted = dialect.among(records.c.id, binder.parents, Kind.ID)
    return binder.compile(rows(about).where(binder.workspace_rule(noun, records), wanted))
