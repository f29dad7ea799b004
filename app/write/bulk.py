"""Many records at once: one result for each row, in the order of the rows, in one transaction.

The statements are as many for a thousand rows as for two. Where a row is wrong, either nothing is done and all problems
are told, or it alone is left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import chain, product
from typing import Any, TypeAlias

from app.catalog import Catalog, Noun
from app.resource import Choice, Requirement, Resource, camel
from app.store.reading import Statement
from app.verb import MOST, Given, Outcome, Problem, Rejected, RowAction, UserErrorCode, Verb
from app.write import records
from app.write.checking import Entry
from app.write.results import (
    ON_ERROR,
    accepted,
    ids_of,
    keys_of,
    report_of,
    result_of,
    returns,
    sound,
    told,
    told_changes,
)
from app.write.standard import (
    create_form,
    delete_found,
    finish,
    prepare,
    update_events,
    update_form,
    upsert_form,
)
from app.write.transaction import Transaction

Find: TypeAlias = Callable[[], Statement]
"""A filter, as a verb gets it: the statement that finds keys, one more than may be changed at most."""

_MOST_CHARACTERS = 8_000_000  # that one call writes: as many again stand in its events


def bulk_verbs(catalog: Catalog) -> Iterator[Verb]:
    """The verbs for many records of every noun that is declared to have them."""
    for noun in catalog.nouns.values():
        if noun.resource.write is not None and noun.resource.write.bulk:
            yield _create_verb(catalog, noun)
            yield _update_verb(catalog, noun)
            yield _delete_verb(noun)
            yield _upsert_verb(catalog, noun)


def _create_verb(catalog: Catalog, noun: Noun) -> Verb:
    resource = noun.resource
    made = resource.changing("create")
    rows = Given(resource.plural, create_form(catalog, noun), f"The new {resource.plural}.", **_ROWS)
    report = report_of(f"Create{_plural(noun)}Result", resource, made)
    return Verb(
        f"create{_plural(noun)}",
        f"Creates {resource.plural}.",
        made,
        (rows, ON_ERROR),
        returns(report, RowAction.CREATED),
        partial(_create, noun=noun),
        bulk=True,
        events=(f"{resource.event}.created",),
    )


async def _create(tx: Transaction, noun: Noun, rows: list[Entry], on_error: str) -> Outcome:
    await prepare(tx, noun, sound(rows))
    good = accepted(rows, on_error)
    await records.create(tx, noun, good)
    await finish(tx, noun, good)
    return told_changes(tx, noun, rows)


def _update_verb(catalog: Catalog, noun: Noun) -> Verb:
    resource = noun.resource
    return Verb(
        f"update{_plural(noun)}",
        f"Changes the given fields of {resource.plural}, of all to the same; what is left out stays, null clears. "
        "Give either `ids` or `filter`.",
        resource.changing("update"),
        (
            *_choosing(noun),
            Given("input", update_form(catalog, noun), "What to change.", required=True),
            ON_ERROR,
        ),
        returns(result_of(resource), RowAction.UPDATED, RowAction.UNCHANGED, requires=resource.reading),
        partial(_update, noun=noun),
        bulk=True,
        events=update_events(noun),
    )


async def _update(
    tx: Transaction,
    noun: Noun,
    ids: list[Entry] | None,
    filter: Find | None,
    input: Entry,
    on_error: str,
) -> Outcome:
    rows = await _chosen(tx, noun, ids, filter)
    _bound(input, len(rows))
    for row in rows:
        row.path, row.values, row.names = input.path, dict(input.values), input.names
    await prepare(tx, noun, sound(rows))
    changed = await records.update_all(tx, noun, accepted(rows, on_error))
    await finish(tx, noun, changed)
    return told_changes(tx, noun, rows, keys_of(changed))


def _delete_verb(noun: Noun) -> Verb:
    resource = noun.resource
    return Verb(
        f"delete{_plural(noun)}",
        f"Deletes {resource.plural}, as `delete{noun.name}` does. Give either `ids` or `filter`.",
        resource.changing("delete"),
        (*_choosing(noun), ON_ERROR),
        returns(result_of(resource), RowAction.DELETED),
        partial(_delete, noun=noun),
        bulk=True,
        events=(f"{resource.event}.deleted",),
    )


async def _delete(
    tx: Transaction,
    noun: Noun,
    ids: list[Entry] | None,
    filter: Find | None,
    on_error: str,
) -> Outcome:
    rows = await _chosen(tx, noun, ids, filter)
    await delete_found(tx, noun, [row.before for row in accepted(rows, on_error) if row.before is not None])
    return told(tx, noun, rows, lambda _: RowAction.DELETED)


def _upsert_verb(catalog: Catalog, noun: Noun) -> Verb:
    resource = noun.resource
    key = Given("key", _key_enum(resource), f"What tells {resource.plural} apart.", required=True)
    described = f"The {resource.plural}: of one that exists, what is left out stays as it is."
    rows = Given(resource.plural, upsert_form(catalog, noun), described, **_ROWS)
    # Whether a record has a key is told, which only who may read them may know.
    return Verb(
        f"upsert{_plural(noun)}",
        f"Changes the {resource.plural} that have the given keys, and creates those that there are not. "
        "A key of several records is refused (AMBIGUOUS), and so is one that an earlier row has (DUPLICATE).",
        _all_of(resource.changing("create"), resource.changing("update"), resource.reading),
        (key, rows, ON_ERROR),
        returns(result_of(resource), RowAction.CREATED, RowAction.UPDATED, RowAction.UNCHANGED),
        partial(_upsert, noun=noun),
        bulk=True,
        events=(f"{resource.event}.created", *update_events(noun)),
    )


async def _upsert(tx: Transaction, noun: Noun, key: str, rows: list[Entry], on_error: str) -> Outcome:
    await _match(tx, noun, key, rows)
    await prepare(tx, noun, sound(rows))
    good = accepted(rows, on_error)
    new = [row for row in good if row.before is None]
    await records.create(tx, noun, new)
    changed = await records.update_all(tx, noun, [row for row in good if row.before is not None])
    await finish(tx, noun, [*new, *changed])
    return told_changes(tx, noun, rows, keys_of(changed))


async def _match(tx: Transaction, noun: Noun, key: str, rows: list[Entry]) -> None:
    """Gives rows the records that have their keys; refuses those whose key is missing or says too little."""
    first: dict[Any, Entry] = {}
    for row in rows:
        value, name = row.values.get(key), row.names[key]
        if value is None:
            if key in row.values or not row.problems:
                row.reject(key, f"{name} is the key, and must be given.", UserErrorCode.REQUIRED)
        elif value in first:
            row.reject(key, f"{name} is the key, and an earlier row has the same.", UserErrorCode.DUPLICATE)
        elif not row.problems:
            first[value] = row
    # Nothing else keeps two calls from creating the same, or one from being told that a value is taken which it sought.
    await records.lock_workspace(tx, noun)
    held: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for record in await records.find_by(tx, noun, key, first):
        held[record[key]].append(record)
    for value, found in held.items():
        row = first[value]
        if len(found) > 1:
            row.reject(key, f"Several {noun.resource.plural} have this {row.names[key]}.", UserErrorCode.AMBIGUOUS)
        else:
            row.stand_for(found[0])


# Which records


_ROWS: dict[str, Any] = {
    "required": True,
    "nullable": False,
    "many": True,
    "each": True,
    "column": "rows",
    "most": MOST,
}


def _choosing(noun: Noun) -> tuple[Given, Given]:
    resource = noun.resource
    found = f"Which {resource.plural}: all that it finds, {MOST} at most."
    return ids_of(resource), Given("filter", noun.name, found, requires=resource.reading)


def _bound(given: Entry, times: int) -> None:
    """Refuses what would be too much to write in one transaction: others wait for it."""
    size = times * sum(len(str(value)) for value in given.values.values())
    if size > _MOST_CHARACTERS:
        message = f"The input and {times} records make {size} characters, {_MOST_CHARACTERS} at most: change fewer."
        raise Rejected(Problem(given.path, message, UserErrorCode.TOO_LONG))


async def _chosen(tx: Transaction, noun: Noun, ids: list[Entry] | None, find: Find | None) -> list[Entry]:
    """The rows that ids have named, or those of what a filter finds."""
    if (ids is None) == (find is None):
        message = "Give either ids or filter, and not both."
        raise Rejected(Problem(("ids",), message, UserErrorCode.REQUIRED if ids is None else UserErrorCode.INVALID))
    if ids is not None:
        return ids
    assert find is not None
    return [Entry((), {}, {}, before=record, id=key) for key, record in (await _fitting(tx, noun, find)).items()]


async def _fitting(tx: Transaction, noun: Noun, find: Find) -> dict[int, Mapping[str, Any]]:
    """What a filter finds, locked: of several calls that take what nobody has, one gets it."""
    there = await records.find(tx, noun, await _found(tx, noun, find))
    if there and tx.writer.dialect.name == "postgresql":  # it may have been changed while it was waited for
        fitting = set(await _found(tx, noun, find))
        return {key: record for key, record in there.items() if key in fitting}
    return there


async def _found(tx: Transaction, noun: Noun, find: Find) -> list[int]:
    """The keys of what a filter finds."""
    statement = find()
    keys = [row[0] for row in await tx.writer.fetch(statement.text, statement.values)]
    if len(keys) > MOST:
        message = f"More than {MOST} {noun.resource.plural} fit; narrow the filter to {MOST} at most."
        raise Rejected(Problem(("filter",), message, UserErrorCode.TOO_LONG))
    return keys


@cache
def _key_enum(resource: Resource) -> type[Choice]:
    """`ContactKey`: the columns that records can be found by."""
    assert resource.write is not None
    members = {key.upper(): (key, f"The `{camel(key)}`.") for key in resource.write.keys}
    made: Any = Choice(f"{resource.name}Key", members)  # type: ignore[arg-type]
    made.__doc__ = f"What tells {resource.plural} apart."
    return made  # type: ignore[no-any-return]


def _plural(noun: Noun) -> str:
    """`Contacts`."""
    return noun.resource.plural[0].upper() + noun.resource.plural[1:]


def _all_of(*requirements: Requirement) -> Requirement:
    """Met by who meets all of them."""
    return tuple(tuple(chain(*groups)) for groups in product(*requirements))
