"""Calls for many records: a row for each, in the order that was given, and what became of it.

A row is the change of a record that an id names, or one of the inputs in a list. Where something is wrong with one,
either nothing is done and all problems are told, or it alone is left out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from app.catalog import Noun
from app.resource import Choice, Requirement, Resource
from app.store.types import Kind
from app.verb import MOST, Given, Outcome, Report, RowAction, Shown, UserErrorCode, user_errors
from app.write.checking import Entry
from app.write.standard import find_led, refuse_any, words
from app.write.transaction import Transaction


class OnError(Choice):
    """What happens where something is wrong with one of several rows."""

    ABORT = "abort", "Nothing is done; `userErrors` of the payload tell all that is wrong with any row."
    SKIP = "skip", "The row is left out and the others are done; `userErrors` of its result tell why."


ON_ERROR = Given(
    "onError",
    OnError,
    "What happens where something is wrong with one of the rows.",
    column="on_error",
    default=OnError.ABORT,
)


# Which records


def ids_of(resource: Resource, name: str = "ids", *, required: bool = False, column: str = "") -> Given:
    """The argument that names the records a verb changes, which gets a row for each."""
    repeated = "One that names the same record as an earlier one is refused (DUPLICATE)."
    return Given(
        name,
        Kind.ID,
        f"The ids of the {resource.plural}. {repeated}",
        required=required,
        nullable=not required,
        many=True,
        each=True,
        refers_to=resource.name,
        subject=True,
        column=column,
        most=MOST,
    )


async def rows_of(tx: Transaction, noun: Noun, keys: Sequence[int], argument: str) -> list[Entry]:
    """A row for each of the keys that an argument named, of records that are found, and locked."""
    there = await find_led(tx, noun, keys)
    rows: list[Entry] = []
    seen: set[int] = set()
    for place, key in enumerate(keys):
        row = Entry((argument, str(place)), {}, {})
        record = there.get(key)
        if record is None:
            row.reject("", f"There is no {words(noun)} with this id.", UserErrorCode.NOT_FOUND)
        elif record["id"] in seen:
            row.reject("", f"This {words(noun)} is given twice.", UserErrorCode.DUPLICATE)
        else:
            row.stand_for(record)
            seen.add(record["id"])
        rows.append(row)
    return rows


def sound(rows: Iterable[Entry]) -> list[Entry]:
    """The rows that nothing is wrong with."""
    return [row for row in rows if not row.problems]


def accepted(rows: list[Entry], on_error: str) -> list[Entry]:
    """The rows that nothing is wrong with; `Rejected` where that must be all of them."""
    if on_error == OnError.ABORT:
        refuse_any(rows)
    return sound(rows)


def keys_of(rows: Iterable[Entry]) -> list[int]:
    """The keys of the rows' records."""
    return [row.id for row in rows if row.id is not None]


# What is answered


@cache
def result_of(resource: Resource) -> Report:
    """What became of one of many records: `{"id", noun, "action", "userErrors"}` in the results of a verb."""
    return report_of(f"{resource.name}Result", resource, None)


def report_of(name: str, resource: Resource, requires: Requirement | None) -> Report:
    """`result_of` under another name, for who may see the record with the scopes that a verb takes."""
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


def returns(report: Report, *actions: RowAction, requires: Requirement = ()) -> tuple[Shown, ...]:
    """The payload of a verb that does one of some actions to each row."""
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


def told(tx: Transaction, noun: Noun, rows: Iterable[Entry], action: Callable[[Entry], RowAction]) -> Outcome:
    """The outcome of a verb that has done `action` to the rows nothing was wrong with."""
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


def told_changes(tx: Transaction, noun: Noun, rows: Iterable[Entry], changed: Iterable[int] = ()) -> Outcome:
    """The outcome of a verb that has changed the records with some of the rows' keys, and created what is new."""
    updated = set(changed)

    def action(row: Entry) -> RowAction:
        if row.before is None:
            return RowAction.CREATED
        return RowAction.UPDATED if row.id in updated else RowAction.UNCHANGED

    return told(tx, noun, rows, action)
