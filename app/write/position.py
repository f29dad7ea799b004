"""Records that stand in an order of their own below another one: stages of a pipeline, steps of an automation.

A new one comes last unless it is given a position; a verb puts all of them in another order.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import cache, partial
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, select

from app.resource import Record, Resource, table_of
from app.store.types import BigInt, Kind
from app.verb import Given, Outcome, Problem, Rejected, Shown, UserErrorCode, Verb
from app.write.checking import Entry
from app.write.records import find, update_all
from app.write.standard import a, existing, subject, words
from app.write.transaction import Transaction

LAST = 1_000
"""The highest position. What comes after it shares it: the ids then decide, which rise."""


def appended(model: type[Record], owner: str) -> Callable[[Transaction, list[Entry]], Awaitable[None]]:
    """For `Writing.prepare`: gives new records that have no position the last one below their `owner`, a column."""

    async def prepare(tx: Transaction, entries: list[Entry]) -> None:
        table = table_of(model)
        noun = tx.writes.catalog.by_table[table.c[owner].info["exposure"].refers_to]
        for entry in entries:
            if entry.before is None and "position" not in entry.values:
                key = entry.values[owner]
                await find(tx, noun, [key])  # locks it: who appends at the same time waits
                [(last,)] = await tx.execute(_last(table, owner), {"owner": key})
                entry.values["position"] = 0 if last is None else min(last + 1, LAST)

    return prepare


def reorder_verb(owner: Resource, resource: Resource, column: str) -> Verb:
    """`reorderStages(pipelineId, stageIds)`."""
    name = f"{resource.singular}Ids"
    several = f"{words(resource)}s"
    ids = Given(
        name,
        Kind.ID,
        f"All {several} of the {words(owner)}, each once, in their new order.",
        required=True,
        nullable=False,
        many=True,
        refers_to=resource.name,
        subject=True,
        column="keys",
        most=LAST,
    )
    return Verb(
        f"reorder{resource.plural[0].upper()}{resource.plural[1:]}",
        f"Puts the {several} of {a(owner)} in another order.",
        resource.changing("update"),
        (subject(owner, f"{owner.singular}Id", column="owner_id"), ids),
        (Shown(owner.singular, owner.name, f"The {words(owner)}; null if the order was refused."),),
        partial(_reorder, owner=owner, resource=resource, column=column, name=name),
        events=(f"{resource.event}.updated",),
    )


async def _reorder(
    tx: Transaction, owner_id: int, keys: list[int], owner: Resource, resource: Resource, column: str, name: str
) -> Outcome:
    await existing(tx, tx.noun(owner.name), owner_id, path=f"{owner.singular}Id")
    noun = tx.noun(resource.name)
    rows = await tx.execute(_below(noun.table, column), {"owner": owner_id})
    found = await find(tx, noun, [key for (key,) in rows])
    problems = list(_problems(keys, found, owner, resource, name))
    if problems:
        raise Rejected(*problems)
    entries = [Entry((), {"position": place}, {}, before=found[key], id=key) for place, key in enumerate(keys)]
    await update_all(tx, noun, entries)
    return {owner.singular: owner_id}


def _problems(
    keys: list[int], standing: Collection[int], owner: Resource, resource: Resource, name: str
) -> Iterator[Problem]:
    missing = set(standing)
    for place, key in enumerate(keys):
        path = (name, str(place))
        if key not in standing:
            message = f"The {words(owner)} has no {words(resource)} with this id."
            yield Problem(path, message, UserErrorCode.NOT_FOUND)
        elif key not in missing:
            yield Problem(path, f"The {words(resource)} is given twice.", UserErrorCode.DUPLICATE)
        missing.discard(key)
    if missing:
        message = f"All {len(standing)} {words(resource)}s must be given; {len(missing)} are missing."
        yield Problem((name,), message, UserErrorCode.REQUIRED)


@cache
def _last(table: Table, owner: str) -> Select[Any]:
    return select(func.max(table.c.position)).where(*_owned(table, owner))


@cache
def _below(table: Table, owner: str) -> Select[Any]:
    return select(table.c.id).where(*_owned(table, owner))


def _owned(table: Table, owner: str) -> tuple[Any, Any]:
    mine = table.c.workspace_id == bindparam("workspace", type_=BigInt)
    return mine, table.c[owner] == bindparam("owner", type_=BigInt)
