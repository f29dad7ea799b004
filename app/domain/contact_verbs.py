"""What is done to contacts, many at a time: tags, lists, whom they are assigned to, where they stand.

Each verb can be sent again without harm: a contact that is as it was asked to be is left alone, and leaves no event.
"""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, TypeAlias

from app.domain.contact import CONTACT
from app.domain.contact_list import ListKind
from app.resource import Requirement
from app.store.types import Kind
from app.verb import Given, Outcome, Problem, Rejected, RowAction, UserErrorCode, Verb
from app.write import pairs
from app.write.checking import Entry
from app.write.results import ON_ERROR, accepted, ids_of, keys_of, result_of, returns, told_changes
from app.write.standard import existing, update_entries
from app.write.transaction import Transaction

Change: TypeAlias = Callable[..., Awaitable[Collection[int]]]
"""`change(tx, contacts, **arguments)` answers the keys of those that were not so before."""


async def add_tags(tx: Transaction, contacts: list[Entry], tag_ids: list[int]) -> Collection[int]:
    added = await pairs.join(tx, tx.noun("Contact"), "tags", keys_of(contacts), tag_ids)
    _tell(tx, "contact.tagged", "tagIds", "Tag", added, joined=True)
    return added


async def remove_tags(tx: Transaction, contacts: list[Entry], tag_ids: list[int]) -> Collection[int]:
    removed = await pairs.part(tx, tx.noun("Contact"), "tags", keys_of(contacts), tag_ids)
    _tell(tx, "contact.untagged", "tagIds", "Tag", removed, joined=False)
    return removed


async def add_to_list(tx: Transaction, contacts: list[Entry], list_id: int) -> Collection[int]:
    await _static_list(tx, list_id)
    added = await pairs.join(tx, tx.noun("Contact"), "lists", keys_of(contacts), [list_id])
    _tell(tx, "contact.list_joined", "listIds", "ContactList", added, joined=True)
    return added


async def remove_from_list(tx: Transaction, contacts: list[Entry], list_id: int) -> Collection[int]:
    await _static_list(tx, list_id)
    removed = await pairs.part(tx, tx.noun("Contact"), "lists", keys_of(contacts), [list_id])
    _tell(tx, "contact.list_left", "listIds", "ContactList", removed, joined=False)
    return removed


async def assign(tx: Transaction, contacts: list[Entry], user_id: int | None) -> Collection[int]:
    return await _set(tx, contacts, "assigned_to_id", user_id)


async def move(tx: Transaction, contacts: list[Entry], stage_id: int | None) -> Collection[int]:
    return await _set(tx, contacts, "stage_id", stage_id)


async def _run(tx: Transaction, contacts: list[Entry], on_error: str, change: Change, **arguments: Any) -> Outcome:
    changed = await change(tx, accepted(contacts, on_error), **arguments)
    return told_changes(tx, tx.noun("Contact"), contacts, changed)


async def _static_list(tx: Transaction, key: int) -> None:
    found = await existing(tx, tx.noun("ContactList"), key, path="listId")
    if found["kind"] == ListKind.DYNAMIC:
        message = "A dynamic list holds what its filter finds: nobody puts contacts on it or takes them off."
        raise Rejected(Problem(("listId",), message, UserErrorCode.NOT_ALLOWED))


async def _set(tx: Transaction, contacts: list[Entry], column: str, value: int | None) -> Collection[int]:
    for contact in contacts:
        contact.values = {column: value}
    return keys_of(await update_entries(tx, tx.noun("Contact"), contacts))


def _tell(tx: Transaction, event: str, field: str, other: str, changed: pairs.Pairs, *, joined: bool) -> None:
    """Tells of each contact only what has changed: `{"tagIds": {"old": [], "new": [those it was given]}}`."""
    noun, far = tx.noun("Contact"), tx.noun(other)
    for key, keys in changed.items():
        ids = [tx.id_of(far, each) for each in keys]
        tx.emit(event, noun, key, {field: {"old": [], "new": ids} if joined else {"old": ids, "new": []}})


def _verb(
    name: str,
    description: str,
    requires: Requirement,
    arguments: tuple[Given, ...],
    change: Change,
    event: str,
) -> Verb:
    return Verb(
        name,
        description,
        requires,
        (*arguments, ON_ERROR),
        returns(result_of(CONTACT), RowAction.UPDATED, RowAction.UNCHANGED, requires=CONTACT.reading),
        partial(_run, change=change),
        bulk=True,
        events=(event,),
    )


_CONTACTS = ids_of(CONTACT, "contactIds", required=True, column="contacts")
_TAGS = Given(
    "tagIds",
    Kind.ID,
    "Which tags; one that is given twice counts once.",
    required=True,
    nullable=False,
    many=True,
    refers_to="Tag",
    column="tag_ids",
    most=100,
)
_LIST = Given(
    "listId",
    Kind.ID,
    "The id of the list, which must be static.",
    required=True,
    nullable=False,
    refers_to="ContactList",
    subject=True,
    column="list_id",
)
_USER = Given("userId", Kind.ID, "The member; null for nobody.", said=True, refers_to="User", column="user_id")
_STAGE = Given("stageId", Kind.ID, "The stage; null for none.", said=True, refers_to="Stage", column="stage_id")
_TAGGING = (("contacts:update", "tags:read"),)
_LISTING = (("contacts:update", "lists:read"),)

CONTACT_VERBS = (
    _verb(
        "addTagsToContacts",
        "Puts each of the tags on each of the contacts.",
        _TAGGING,
        (_CONTACTS, _TAGS),
        add_tags,
        "contact.tagged",
    ),
    _verb(
        "removeTagsFromContacts",
        "Takes each of the tags off each of the contacts.",
        _TAGGING,
        (_CONTACTS, _TAGS),
        remove_tags,
        "contact.untagged",
    ),
    _verb(
        "addContactsToList",
        "Puts contacts on a static list.",
        _LISTING,
        (_LIST, _CONTACTS),
        add_to_list,
        "contact.list_joined",
    ),
    _verb(
        "removeContactsFromList",
        "Takes contacts off a static list.",
        _LISTING,
        (_LIST, _CONTACTS),
        remove_from_list,
        "contact.list_left",
    ),
    _verb(
        "assignContacts",
        "Assigns contacts to a member of the workspace, or to nobody.",
        CONTACT.changing("update"),
        (_CONTACTS, _USER),
        assign,
        "contact.assigned",
    ),
    _verb(
        "moveContacts",
        "Moves contacts to a stage, of whatever pipeline, or out of all; each move is kept in `stageMoves`.",
        (("contacts:update", "pipelines:read"),),
        (_CONTACTS, _STAGE),
        move,
        "contact.stage_changed",
    ),
)
