"""Counts over the records of a to-many link: one more statement, grouped by parent, so they are never stale."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.read.output import Constant, Node, Object, Value, compile_rows
from app.read.plan import Numbers
from app.read.planning import Planning
from app.read.selection import Selected
from app.resource import Measure, Summary
from app.store.dialect import Dialect
from app.store.types import Kind


def plan_summary(planning: Planning, summary: Summary, selected: Selected, slot: int) -> Numbers:
    """The statement for a summary of the records whose keys stand in `slot` of their statement."""
    engine = planning.engine
    target = engine.catalog.nouns[summary.of]
    binder = planning.binder()
    source = target.table.alias("r")
    key = source.c[summary.column]
    measures = {measure.name: measure for measure in summary.measures}
    columns: list[ColumnElement[Any]] = []
    nothing: list[Any] = [None]
    fields: list[tuple[str, Node]] = []
    for inner in planning.fields_of(planning.type(summary.type_name), selected.selections):
        if inner.name == "__typename":
            fields.append((inner.key, Constant(summary.type_name)))
            continue
        measure = measures[inner.name]
        columns.append(measured(measure, source, engine.dialect))
        fields.append((inner.key, Value(len(columns), Kind.INT, nullable=True)))
        nothing.append(None if measure.latest else 0)
    among = engine.dialect.among(key, binder.parents, Kind.ID)
    counted = select(key, *columns).where(binder.workspace_rule(target, source), among).group_by(key)
    build = compile_rows(Object(tuple(fields)), engine.ids, len(columns) + 1)
    return Numbers(slot, binder.compile(counted), build, tuple(nothing))


def measured(measure: Measure, source: Any, dialect: Dialect) -> ColumnElement[Any]:
    """The column of a measure."""
    counted: Any = func.max(source.c[measure.latest]) if measure.latest is not None else func.count()
    if measure.where is not None:
        counted = counted.filter(measure.where(source))
    return dialect.output(counted, Kind.DATETIME) if measure.latest is not None else counted
