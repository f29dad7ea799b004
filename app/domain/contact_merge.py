"""Merging contacts: what belongs to some moves over to another, which their ids lead to from then on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Select, Table, Update, bindparam, insert, select, update

from app.domain.automation import Enrollment
from app.domain.contact import CONTACT, merged_record
from app.domain.message import Message
from app.domain.pipeline import StageMove
from app.domain.task import Task
from app.resource import table_of
from app.store.command import among
from app.store.types import BigInt, Kind, Timestamp
from app.verb import Given, Outcome, Problem, Rejected, Shown, UserErrorCode, Verb
from app.write import pairs, records
from app.write.checking import Entry
from app.write.rules import Broken, json_value
from app.write.standard import existing, subject
from app.write.transaction import Transaction

Contact: TypeAlias = Mapping[str, Any]
"""A row, by column."""

BELONGING = tuple(table_of(model) for model in (Message, Task, StageMove))
"""What a contact has any number of."""

LINKS = ("tags", "lists")


async def merge_contacts(tx: Transaction, into: int, sources: list[int]) -> Outcome:
    noun = tx.noun("Contact")
    target = await existing(tx, noun, into, path="into")
    found = await _sources(tx, target, sources)
    if found:
        entry = _completed(target, found)
        entry.changes = {"mergedIds": {"old": [], "new": [tx.id_of(noun, contact["id"]) for contact in found]}}
        await _move_belongings(tx, target["id"], [contact["id"] for contact in found])
        await records.delete_all(tx, noun, found)  # first, so that what is unique in the workspace can go over
        await tx.execute_many(_LEAD, [{"old_id": contact["id"], "new_id": target["id"]} for contact in found])
        await records.update_all(tx, noun, [entry], event="merged")
    return {"contact": target["id"]}


async def _sources(tx: Transaction, target: Contact, keys: Sequence[int]) -> list[Contact]:
    """The contacts to merge, in the order that was given; without those that were merged into the same one before."""
    noun = tx.noun("Contact")
    found = await records.find(tx, noun, keys, alone=True)  # what came to refer to them would be deleted with them
    merged = await records.merged_into(tx, noun, [key for key in keys if key not in found])
    problems: list[Problem] = []
    for place, key in enumerate(keys):
        path = ("from", str(place))
        if key == target["id"]:
            problems.append(Problem(path, "A contact cannot be merged into itself.", UserErrorCode.NOT_ALLOWED))
        elif key not in found and merged.get(key) != target["id"]:
            problems.append(Problem(path, "There is no contact with this id.", UserErrorCode.NOT_FOUND))
    if problems:
        raise Rejected(*problems)
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def _completed(target: Contact, sources: Sequence[Contact]) -> Entry:
    """The contact with its own values, and where it has none, those of the first source that has one."""
    values = {}
    for column in table_of(CONTACT.table).columns:
        if column.nullable and target[column.name] is None:
            values[column.name] = next((each[column.name] for each in sources if each[column.name] is not None), None)
    fields = dict(target["custom_fields"])
    for each in sources:
        fields |= {key: value for key, value in each["custom_fields"].items() if fields.get(key) is None}
    try:
        values["custom_fields"] = json_value(fields)
    except Broken as broken:
        raise Rejected(Problem(("from",), broken.message, broken.code)) from broken
    return Entry((), values, {}, before=target, id=target["id"])


async def _move_belongings(tx: Transaction, target: int, sources: list[int]) -> None:
    given = {"target": target, "sources": sources}
    for table in BELONGING:
        await tx.execute(_move(table, "contact_id"), given)
    await tx.execute(_move(merged_record, "new_id"), given)
    noun = tx.noun("Contact")
    for link in LINKS:
        await pairs.join(tx, noun, link, [target], await pairs.joined(tx, noun, link, sources))
    await _move_enrollments(tx, target, sources)


async def _move_enrollments(tx: Transaction, target: int, sources: list[int]) -> None:
    """One run through each automation: the contact's own, or else that which has come furthest."""
    best: dict[int, tuple[bool, int, int, int]] = {}
    for key, automation, contact, step in await tx.execute(_ENROLLED, {"contacts": [target, *sources]}):
        best[automation] = max(best.get(automation, (False, -1, 0, 0)), (contact == target, step, -key, key))
    moved = [key for own, _, _, key in best.values() if not own]
    await tx.execute(_MOVE_ENROLLMENTS, {"target": target, "enrollments": moved})


@cache
def _move(table: Table, column: str) -> Update:
    here = table.c.workspace_id == bindparam("workspace", type_=BigInt)
    moved = update(table).where(here, among(table.c[column], "sources"))
    return moved.values({column: bindparam("target", type_=BigInt)})


_RUNS = table_of(Enrollment)
_ENROLLED: Select[Any] = select(_RUNS.c.id, _RUNS.c.automation_id, _RUNS.c.contact_id, _RUNS.c.step).where(
    _RUNS.c.workspace_id == bindparam("workspace", type_=BigInt), among(_RUNS.c.contact_id, "contacts")
)
_MOVE_ENROLLMENTS = (
    update(_RUNS)
    .where(_RUNS.c.workspace_id == bindparam("workspace", type_=BigInt), among(_RUNS.c.id, "enrollments"))
    .values(contact_id=bindparam("target", type_=BigInt))
)
_LEAD = insert(merged_record).values(
    old_id=bindparam("old_id", type_=BigInt),
    new_id=bindparam("new_id", type_=BigInt),
    workspace_id=bindparam("workspace", type_=BigInt),
    merged_at=bindparam("now", type_=Timestamp()),
)

MERGE_CONTACTS = Verb(
    "mergeContacts",
    "Merges contacts into another: messages, tasks, tags, lists, moves and runs through automations go over to it (of "
    "each automation its own run, or that which has come furthest), and it gets what it has no value for. The others "
    "are deleted for good, and their ids lead to it from then on.",
    (("contacts:read", "contacts:update", "contacts:delete"),),
    (
        replace(subject(CONTACT, "into"), description="The id of the contact that stays."),
        Given(
            "from",
            Kind.ID,
            "The contacts to merge into it; where several have a value that it lacks, that of the first is taken.",
            required=True,
            nullable=False,
            many=True,
            most=100,
            refers_to="Contact",
            subject=True,
            column="sources",
        ),
    ),
    (Shown("contact", "Contact", "The contact that stays, as it is now; null if it was refused."),),
    merge_contacts,
    bulk=True,
    events=("contact.merged", "contact.deleted"),
)
