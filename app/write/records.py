"""Records written: created, found, updated, deleted, one or many at a time, each change with its event.

References, uniqueness and what the noun itself demands are checked before anything is written, so that all that is
wrong is told at once. A constraint of the database that is hit nevertheless means that somebody else was faster: the
whole transaction is then run again, and finds what is there (store/writing.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    Delete,
    Insert,
    Select,
    Table,
    UniqueConstraint,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from app.catalog import Noun
from app.store.command import among
from app.store.fold import search_text
from app.store.types import BigInt
from app.verb import UserErrorCode
from app.write.checking import Entry
from app.write.transaction import Transaction

Values: TypeAlias = tuple[Any, ...]


async def create(tx: Transaction, noun: Noun, entries: Sequence[Entry], *, event: str = "created") -> None:
    """Writes new records, which get their ids, and tells of each. Entries with problems must be gone by now."""
    if not entries:
        return
    defaults = {name: make(tx) for name, make in _defaults(noun)}
    rows = [defaults | entry.values for entry in entries]
    for row in rows:
        _derive(noun, row)
    if len(rows) == 1:
        [(entries[0].id,)] = await tx.execute(_insert(noun.table), rows[0])
    else:
        for row, entry, key in zip(rows, entries, await tx.writer.take_ids(noun.table, len(rows)), strict=True):
            row["id"] = entry.id = key
        await tx.writer.insert_many(noun.table, list(rows[0]), rows)
    created = f"{noun.resource.event}.{event}"
    for row, entry in zip(rows, entries, strict=True):
        assert entry.id is not None
        changes = tx.told(noun, None, row)
        tx.emit(created, noun, entry.id, changes | entry.changes if entry.changes else changes)


async def find(
    tx: Transaction, noun: Noun, keys: Collection[int], *, alone: bool = False
) -> dict[int, Mapping[str, Any]]:
    """The records with these keys as they are, by column; locked until the transaction ends.

    Others may refer to them meanwhile, unless they are found `alone`.
    """
    return {record["id"]: record for record in await find_by(tx, noun, "id", keys, alone=alone)}


async def find_by(
    tx: Transaction, noun: Noun, column: str, values: Collection[Any], *, alone: bool = False
) -> list[Mapping[str, Any]]:
    """The records that have one of the values in a column, as `find` gives them."""
    if not values:
        return []
    statement, columns = _locked(noun.table, column, alone)
    rows = await tx.execute(statement, {"wanted": list(values)})
    return [dict(zip(columns, row, strict=True)) for row in rows]


async def lock_workspace(tx: Transaction, noun: Noun) -> None:
    """Has others who ask for the same wait until the transaction ends."""
    await tx.execute(_workspace(noun.table))


async def merged_into(tx: Transaction, noun: Noun, keys: Collection[int]) -> dict[int, int]:
    """Of keys of records that are part of others now: the keys of these."""
    if noun.resource.merged is None or not keys:
        return {}
    return dict(await tx.execute(_merged(noun.resource.merged), {"ids": list(keys)}))


async def update_all(tx: Transaction, noun: Noun, entries: Iterable[Entry], *, event: str | None = None) -> list[Entry]:
    """Writes what differs from `before`, and tells it; what is equal is not touched. Gives those that were changed.

    All of it is told as `event`, or, without one, as each field says.
    """
    changed: list[Entry] = []
    columns: set[str] = set()
    for entry in entries:
        before = entry.before
        assert before is not None
        differing = {name: value for name, value in entry.values.items() if before[name] != value}
        if not differing and not entry.changes:
            continue
        if tx.actor.is_testing and not before.get("captured", True):
            entry.values["captured"] = differing["captured"] = True
        changed.append(entry)
        columns |= differing.keys()
        _tell(tx, noun, entry, differing, event)
    if changed:
        await _write(tx, noun, changed, columns)
    return changed


async def _write(tx: Transaction, noun: Noun, entries: Sequence[Entry], columns: set[str]) -> None:
    """Writes columns of records by one statement for all of them: some get what they have."""
    rows = [
        {"new_id": entry.value("id"), **{f"new_{name}": entry.value(name) for name in columns}} for entry in entries
    ]
    if _is_searched(noun) and not columns.isdisjoint(noun.resource.search):
        columns = {*columns, "search_text"}
        for row, entry in zip(rows, entries, strict=True):
            row["new_search_text"] = search_text(*map(entry.value, noun.resource.search))
    statement = _update(noun.table, tuple(sorted(columns)))
    if len(rows) == 1:
        await tx.execute(statement, rows[0])
    else:
        await tx.execute_many(statement, rows)


async def delete_all(tx: Transaction, noun: Noun, befores: Iterable[Mapping[str, Any]]) -> None:
    """Deletes records for good, and tells of each with what it was."""
    befores = list(befores)
    tell_deleted(tx, noun, befores)
    await tx.execute(_delete(noun.table), {"ids": [before["id"] for before in befores]})


def tell_deleted(tx: Transaction, noun: Noun, befores: Iterable[Mapping[str, Any]]) -> None:
    """Tells of records that are deleted, with what they were."""
    deleted = f"{noun.resource.event}.deleted"
    for before in befores:
        tx.emit(deleted, noun, before["id"], tx.told(noun, before, None), called=called(before))


def called(record: Mapping[str, Any]) -> str | None:
    """What people call a record, for the events that outlive it."""
    names = (record.get(name) for name in ("name", "title", "label", "email", "first_name", "subject", "url"))
    found = next((name for name in names if name), None)
    return None if found is None else str(found)[:200]


async def check_unique(tx: Transaction, noun: Noun, entries: Sequence[Entry]) -> None:
    """Refuses values that another record has already, or an earlier one of the entries, unless that is refused."""
    checks: list[tuple[str, list[Values | None], dict[Values, int], set[Values]]] = []
    for columns in unique_columns(noun.table):
        given = [_unique_values(entry, columns) for entry in entries]
        wanted = set(filter(None, given))
        if wanted:
            checks.append((columns[-1], given, await _holders(tx, noun, columns, wanted), set()))
    for place, entry in enumerate(entries):
        for column, given, holders, claimed in checks:
            values = given[place]
            if values is None:
                continue
            name = entry.names.get(column, column)
            holder = holders.get(values)
            if holder is not None and (entry.before is None or entry.before["id"] != holder):
                entry.reject(column, f"Another record has this {name}.", UserErrorCode.TAKEN)
            if values in claimed:
                entry.reject(column, f"{name} is given twice, and must be unique.", UserErrorCode.DUPLICATE)
        if not entry.problems:
            for _, given, _, claimed in checks:
                if (values := given[place]) is not None:
                    claimed.add(values)


def _unique_values(entry: Entry, columns: Sequence[str]) -> Values | None:
    """What an entry gives the columns of a constraint; None where it changes none of them, or leaves one empty."""
    if not any(column in entry.values for column in columns):
        return None
    values = tuple(map(entry.value, columns))
    return None if None in values else values


async def _holders(
    tx: Transaction, noun: Noun, columns: tuple[str, ...], wanted: Collection[Values]
) -> dict[Values, int]:
    """The records that have values which must be unique, by the values."""
    lists = {f"all_{column}": list({values[n] for values in wanted}) for n, column in enumerate(columns)}
    rows = await tx.execute(_holding(noun.table, columns), lists)
    return {tuple(values): key for key, *values in rows}


@cache
def unique_columns(table: Table) -> list[tuple[str, ...]]:
    """The columns that are unique in a workspace, one tuple for each constraint."""
    constraints = [
        tuple(c.name for c in each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)
    ]
    indexes = [tuple(c.name for c in each.columns) for each in table.indexes if each.unique]
    return [names[1:] for names in sorted(constraints + indexes) if names[0] == "workspace_id" and len(names) > 1]


def _tell(tx: Transaction, noun: Noun, entry: Entry, differing: Mapping[str, Any], event: str | None) -> None:
    """Each change in exactly one event: fields that have an event of their own are not told by `updated`."""
    before = entry.before
    assert before is not None
    by_event: dict[str, dict[str, Any]] = defaultdict(dict)
    tellers = tx.writes.tellers(noun)
    for column, value in differing.items():
        if column in tellers:
            name, tell = tellers[column]
            told_as = event or noun.table.columns[column].info["exposure"].event
            by_event[told_as][name] = {"old": tell(before[column]), "new": tell(value)}
    if entry.changes:
        by_event[event or "updated"] |= entry.changes
    for told_as, changes in by_event.items():
        tx.emit(f"{noun.resource.event}.{told_as}", noun, before["id"], changes)


def _is_searched(noun: Noun) -> bool:
    return "search_text" in noun.table.c


def _derive(noun: Noun, row: dict[str, Any]) -> None:
    if _is_searched(noun):
        row["search_text"] = search_text(*map(row.get, noun.resource.search))


def _defaults(noun: Noun) -> list[tuple[str, Any]]:
    """For each column how a new record gets it where nothing is given."""
    found = _known_defaults.get(noun.table)
    if found is None:
        found = _known_defaults[noun.table] = _make_defaults(noun)
    return found


_known_defaults: dict[Table, list[tuple[str, Any]]] = {}


def _make_defaults(noun: Noun) -> list[tuple[str, Any]]:
    makers: list[tuple[str, Any]] = []
    for name, info in noun.resource.table.model_fields.items():
        match name:
            case "id":
                continue
            case "workspace_id":
                makers.append((name, lambda tx: tx.workspace_id))
            case "created_at" | "updated_at":
                makers.append((name, lambda tx: tx.now))
            case "captured":
                makers.append((name, lambda tx: tx.actor.is_testing))
            case _ if info.is_required():
                makers.append((name, lambda _: None))
            case _ if info.default_factory is not None:
                makers.append((name, lambda _, info=info: info.get_default(call_default_factory=True)))
            case _:
                default = getattr(info.default, "value", info.default)
                makers.append((name, lambda _, default=default: default))
    return makers


@cache
def _insert(table: Table) -> Insert:
    values = {column.name: bindparam(column.name, type_=column.type) for column in table.columns if column.name != "id"}
    return insert(table).values(values).returning(table.c.id)


@cache
def _locked(table: Table, column: str, alone: bool) -> tuple[Select[Any], tuple[str, ...]]:
    columns = (table.c.id, *(column for column in table.columns if column.name not in {"id", "search_text"}))
    rows = select(*columns).where(_mine(table), among(table.c[column], "wanted")).order_by(table.c.id)
    return rows.with_for_update(key_share=not alone), tuple(column.name for column in columns)


@cache
def _workspace(table: Table) -> Select[Any]:
    [reference] = table.c.workspace_id.foreign_keys
    mine = reference.column == bindparam("workspace", type_=BigInt)
    return select(reference.column).where(mine).with_for_update(key_share=True)


@cache
def _merged(merged: Table) -> Select[Any]:
    return select(merged.c.old_id, merged.c.new_id).where(_mine(merged), among(merged.c.old_id, "ids"))


@lru_cache(maxsize=1_024)
def _update(table: Table, columns: tuple[str, ...]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    touched = {"version": table.c.version + 1, "updated_at": bindparam("now", type_=table.c.updated_at.type)}
    this = table.c.id == bindparam("new_id", type_=BigInt)
    return update(table).where(this, _mine(table)).values({**values, **touched})


@cache
def _delete(table: Table) -> Delete:
    return delete(table).where(_mine(table), among(table.c.id, "ids"))


@cache
def _holding(table: Table, columns: tuple[str, ...]) -> Select[Any]:
    held = [among(table.c[name], f"all_{name}") for name in columns]
    return select(table.c.id, *(table.c[name] for name in columns)).where(_mine(table), *held)


def _mine(table: Table) -> Any:
    own = table.c["workspace_id" if "workspace_id" in table.c else "id"]  # a workspace is its own
    return own == bindparam("workspace", type_=BigInt)
