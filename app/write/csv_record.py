"""A row of a CSV file as values for a record, or everything that is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.write.csv_columns import CUSTOM_FIELDS, Columns
from app.write.csv_file import Row
from app.write.rules import Broken, json_value

Refuse = Callable[[int, str, str], None]
"""Told the line, the column and the reason, once for each thing that is wrong with a row."""

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Record:
    """A row that can be read: values by column of the table."""

    line: int
    values: dict[str, Any]


def read_record(row: Row, columns: Columns, refuse: Refuse) -> Record | None:
    """What the row says; None when it is refused. White space around a cell is no part of it."""
    if row.flaw or len(row.cells) > columns.width:
        refuse(row.line, "", row.flaw or f"has {len(row.cells)} cells; the header has {columns.width}")
        return None
    cells = [cell.strip() for cell in row.cells] + [""] * (columns.width - len(row.cells))
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    is_good = True
    for column in columns.fields:
        if text := cells[column.place]:
            try:
                values[column.column] = column.convert(text)
            except ValueError as error:
                refuse(row.line, column.header, f"{shown(text)} {error}")
                is_good = False
    for further in columns.custom:
        if text := cells[further.place]:
            try:
                custom[further.key] = further.convert(text)
            except ValueError as error:
                refuse(row.line, further.header, f"{shown(text)} {error}")
                is_good = False
    if columns.key and not cells[columns.key.place]:
        refuse(row.line, columns.key.header, "is empty; it is the key")
    elif is_good and not values and not custom:
        refuse(row.line, "", "has no values")
    elif is_good and (not custom or _add(custom, values, columns, row.line, refuse)):
        return Record(row.line, values)
    return None


def _add(custom: dict[str, Any], values: dict[str, Any], columns: Columns, line: int, refuse: Refuse) -> bool:
    """Adds further custom fields to those of a cell of their own; whether that can be stored."""
    assert columns.custom_column is not None
    fields = {**values.get(columns.custom_column, {}), **custom}
    try:
        values[columns.custom_column] = json_value(fields)
    except Broken as broken:
        refuse(line, CUSTOM_FIELDS, f"are refused: {broken}")
        return False
    return True


def shown(text: str) -> str:
    """A text as it may stand in a message: short, and without characters that act on a terminal."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
