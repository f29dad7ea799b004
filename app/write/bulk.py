"""Many records at once: one result for each row, in the order of the rows, in one transaction.

The statements are as many for a thousand rows as for two. Where a row is wrong, either nothing is done and all problems
are told, or it alone is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain, product
from typing import Any, TypeAlias

from app.catalog import Catalog, Noun
from app.resource import Choice, Requirement, Resource, camel
from app.store.reading import Statement
from app.store.types import Kind
from app.verb import MOST, Given, Outcome, Problem, Rejected, Report, RowAction, Shown, UserErrorCode, Verb, user_errors
from app.write import records
from app.write.checking import Entry
from app.write.standard import (
    create_form,
    delete_found,
    finish,
    prepare,
    refuse_any,
    update_events,
    update_form,
    upsert_form,
    words,
)
from app.write.transaction import Transaction

Find: TypeAlias = Callable[[], Statement]
"""A filter, as a verb gets it: the statement that finds keys, one more than may be changed at most."""


class OnError(Choice):
    """What happens where something is wrong with one of several rows."""

    ABORT = "abort", "Nothing is done; `userErrors` of the payload tell all that is wrong with any row."
    SKIP = "skip", "The row is left out and the others are done; `userErrors` of its result tell why."


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
    report = _report(f"Create{_plural(noun)}Result", resource, made)
    return Verb(
        f"create{_plural(noun)}",
        f"Creates {resource.plural}.",
        made,
        (rows, _ON_ERROR),
        _returns(report, RowAction.CREATED),
        partial(_create, noun=noun),
        bulk=True,
        events=(f"{resource.event}.created",),
    )


async def _create(tx: Transaction, noun: Noun, rows: list[Entry], onError: str) -> Outcome:  # noqa: N803
    await prepare(tx, noun, _sound(rows))
    sound = _accepted(rows, onError)
    await records.create(tx, noun, sound)
    await finish(tx, noun, sound)
    return _outcome(tx, noun, rows)


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
            _ON_ERROR,
        ),
        _returns(result_of(resource), RowAction.UPDATED, RowAction.UNCHANGED, requires=resource.reading),
        partial(_update, noun=noun),
        bulk=True,
        events=update_events(noun),
    )


async def _update(
    tx: Transaction,
    noun: Noun,
    ids: list[int] | None,
    filter: Find | None,
    input: Entry,
    onError: str,  # noqa: N803
) -> Outcome:
    rows = await _chosen(tx, noun, ids, filter, input)
    _bound(input, len(rows))
    await prepare(tx, noun, _sound(rows))
    changed = await records.update_all(tx, noun, _accepted(rows, onError))
    await finish(tx, noun, changed)
    return _outcome(tx, noun, rows, changed)


def _delete_verb(noun: Noun) -> Verb:
    resource = noun.resource
    return Verb(
        f"delete{_plural(noun)}",
        f"Deletes {resource.plural}, as `delete{noun.name}` does. Give either `ids` or `filter`.",
        resource.changing("delete"),
        (*_choosing(noun), _ON_ERROR),
        _returns(result_of(resource), RowAction.DELETED),
        partial(_delete, noun=noun),
        bulk=True,
        events=(f"{resource.event}.deleted",),
    )


async def _delete(
    tx: Transaction,
    noun: Noun,
    ids: list[int] | None,
    filter: Find | None,
    onError: str,  # noqa: N803
) -> Outcome:
    rows = await _chosen(tx, noun, ids, filter, Entry((), {}, {}))
    await delete_found(tx, noun, [row.before for row in _accepted(rows, onError) if row.before is not None])
    return _told(tx, noun, rows, lambda _: RowAction.DELETED)


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
        (key, rows, _ON_ERROR),
        _returns(result_of(resource), RowAction.CREATED, RowAction.UPDATED, RowAction.UNCHANGED),
        partial(_upsert, noun=noun),
        bulk=True,
        events=(f"{resource.event}.created", *update_events(noun)),
    )


async def _upsert(tx: Transaction, noun: Noun, key: str, rows: list[Entry], onError: str) -> Outcome:  # noqa: N803
    await _match(tx, noun, key, rows)
    await prepare(tx, noun, _sound(rows))
    sound = _accepted(rows, onError)
    new = [row for row in sound if row.before is None]
    await records.create(tx, noun, new)
    changed = await records.update_all(tx, noun, [row for row in sound if row.before is not None])
    await finish(tx, noun, [*new, *changed])
    return _outcome(tx, noun, rows, changed)


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
_ON_ERROR = Given(
    "onError", OnError, "What happens where something is wrong with one of the rows.", default=OnError.ABORT
)


def _choosing(noun: Noun) -> tuple[Given, Given]:
    resource = noun.resource
    ids = Given(
        "ids", Kind.ID, f"The ids of the {resource.plural}.", many=True, refers_to=noun.name, subject=True, most=MOST
    )
    found = f"Which {resource.plural}: all that it finds, {MOST} at most."
    return ids, Given("filter", noun.name, found, requires=resource.reading)


def _bound(given: Entry, times: int) -> None:
    """Refuses what would be too much to write in one transaction: others wait for it."""
    size = times * sum(len(str(value)) for value in given.values.values())
    if size > _MOST_CHARACTERS:
        message = f"The input and {times} records make {size} characters, {_MOST_CHARACTERS} at most: change fewer."
        raise Rejected(Problem(given.path, message, UserErrorCode.TOO_LONG))


async def _chosen(tx: Transaction, noun: Noun, ids: list[int] | None, find: Find | None, given: Entry) -> list[Entry]:
    """An entry for each record, with what is given for all; an id of nothing, or given before, is refused."""
    if (ids is None) == (find is None):
        message = "Give either ids or filter, and not both."
        raise Rejected(Problem(("ids",), message, UserErrorCode.REQUIRED if ids is None else UserErrorCode.INVALID))
    there = await records.find(tx, noun, ids or ()) if find is None else await _fitting(tx, noun, find)
    rows: list[Entry] = []
    seen: set[int] = set()
    for place, key in enumerate(list(there) if ids is None else ids):
        row = Entry(given.path, dict(given.values), given.names)
        path = ("ids", str(place))
        if key not in there:
            message = f"There is no {words(noun)} with this id."
            row.problems.append(Problem(path, message, UserErrorCode.NOT_FOUND))
        elif key in seen:
            row.problems.append(Problem(path, "This id is given twice.", UserErrorCode.DUPLICATE))
        else:
            row.stand_for(there[key])
            seen.add(key)
        rows.append(row)
    return rows


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


# What is answered


@cache
def result_of(resource: Resource) -> Report:
    """What became of one of many records: `{"id", noun, "action", "userErrors"}` in the results of a verb."""
    return _report(f"{resource.name}Result", resource, None)


def _report(name: str, resource: Resource, requires: Requirement | None) -> Report:
    return Report(
        name,
        f"What became of one of several {resource.plural}.",
        (
            Shown("id", Kind.ID, "The id of the record, of a deleted one too; null if there is none."),
            Shown(
                resource.singular, resource.name, "The record as it is now; null if there is none.", requires=requires
            ),
            # That nothing had to be done tells a value, which only who may read it may know.
            Shown("action", RowAction, "What was done.", required=True, requires=() if requires else resource.reading),
            user_errors("All that is wrong with it."),
        ),
    )


def _returns(report: Report, *actions: RowAction, requires: Requirement = ()) -> tuple[Shown, ...]:
    described = "One for each row, in the order of the rows; null if the call was refused."
    refused = f"How many results say {RowAction.REFUSED.name}."
    return (
        Shown("results", report, described, many=True),
        *(
            Shown(f"{action.value}Count", Kind.INT, f"How many results say {action.name}.", requires=requires)
            for action in actions
        ),
        Shown(f"{RowAction.REFUSED.value}Count", Kind.INT, refused),
    )


def _sound(rows: Iterable[Entry]) -> list[Entry]:
    return [row for row in rows if not row.problems]


def _accepted(rows: list[Entry], on_error: str) -> list[Entry]:
    """The rows that nothing is wrong with; `Rejected` where that must be all of them."""
    if on_error == OnError.ABORT:
        refuse_any(rows)
    return _sound(rows)


def _outcome(tx: Transaction, noun: Noun, rows: Iterable[Entry], changed: Iterable[Entry] = ()) -> Outcome:
    updated = {row.id for row in changed}

    def action(row: Entry) -> RowAction:
        if row.before is None:
            return RowAction.CREATED
        return RowAction.UPDATED if row.id in updated else RowAction.UNCHANGED

    return _told(tx, noun, rows, action)


def _told(tx: Transaction, noun: Noun, rows: Iterable[Entry], action: Callable[[Entry], RowAction]) -> Outcome:
    record, base, encode = noun.resource.singular, tx.writes.ids.base(noun.number), tx.writes.ids.encode
    results = []
    counts: Counter[RowAction] = Counter()
    for row in rows:
        done = RowAction.REFUSED if row.problems else action(row)
        counts[done] += 1
        results.append(
            {
                "id": None if row.id is None else encode(base + row.id),
                record: row.id,
                "action": done.name,
                "userErrors": [problem.told() for problem in row.problems],
            }
        )
    return {"results": results, **{f"{each.value}Count": counts[each] for each in RowAction}}


def _plural(noun: Noun) -> str:
    """`Contacts`."""
    return noun.resource.plural[0].upper() + noun.resource.plural[1:]


def _all_of(*requirements: Requirement) -> Requirement:
    """Met by who meets all of them."""
    return tuple(tuple(chain(*groups)) for groups in product(*requirements))
