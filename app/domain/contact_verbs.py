"""What is done to contacts, many at a time: tags, lists, whom they are assigned to, where they stand.

Each verb can be sent again without harm: a contact that is as it was asked to be is left alone, and leaves no event.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable

from app.domain.contact import CONTACT
from app.domain.contact_list import ListKind
from app.resource import Requirement
from app.store.types import Kind
from app.verb import Given, Outcome, Problem, Rejected, RowAction, Shown, UserErrorCode, Verb
from app.write import pairs, records
from app.write.bulk import result_of
from app.write.checking import Entry
from app.write.standard import existing, update_entries
from app.write.transaction import Transaction


async def add_tags(tx: Transaction, contact_ids: list[int], tag_ids: list[int]) -> Outcome:
    added = await pairs.join(tx, tx.noun("Contact"), "tags", contact_ids, tag_ids)
    _tell(tx, "contact.tagged", "tagIds", "Tag", added, joined=True)
    return _results(tx, contact_ids, added)


async def remove_tags(tx: Transaction, contact_ids: list[int], tag_ids: list[int]) -> Outcome:
    removed = await pairs.part(tx, tx.noun("Contact"), "tags", contact_ids, tag_ids)
    _tell(tx, "contact.untagged", "tagIds", "Tag", removed, joined=False)
    return _results(tx, contact_ids, removed)


async def add_to_list(tx: Transaction, list_id: int, contact_ids: list[int]) -> Outcome:
    await _static_list(tx, list_id)
    added = await pairs.join(tx, tx.noun("Contact"), "lists", contact_ids, [list_id])
    _tell(tx, "contact.list_joined", "listIds", "ContactList", added, joined=True)
    return _results(tx, contact_ids, added)


async def remove_from_list(tx: Transaction, list_id: int, contact_ids: list[int]) -> Outcome:
    await _static_list(tx, list_id)
    removed = await pairs.part(tx, tx.noun("Contact"), "lists", contact_ids, [list_id])
    _tell(tx, "contact.list_left", "listIds", "ContactList", removed, joined=False)
    return _results(tx, contact_ids, removed)


async def assign(tx: Transaction, contact_ids: list[int], user_id: int | None) -> Outcome:
    return await _set(tx, contact_ids, "assigned_to_id", user_id)


async def move(tx: Transaction, contact_ids: list[int], stage_id: int | None) -> Outcome:
    return await _set(tx, contact_ids, "stage_id", stage_id)


async def _static_list(tx: Transaction, key: int) -> None:
    found = await existing(tx, tx.noun("ContactList"), key, path="listId")
    if found["kind"] == ListKind.DYNAMIC:
        message = "A dynamic list holds what its filter finds: nobody puts contacts on it or takes them off."
        raise Rejected(Problem(("listId",), message, UserErrorCode.NOT_ALLOWED))


async def _set(tx: Transaction, contact_ids: list[int], column: str, value: int | None) -> Outcome:
    noun = tx.noun("Contact")
    found = await records.find(tx, noun, contact_ids)
    entries = [Entry((), {column: value}, {}, before=before, id=key) for key, before in found.items()]
    await update_entries(tx, noun, entries)
    return _results(tx, contact_ids, {key for key, before in found.items() if before[column] != value})


def _tell(tx: Transaction, event: str, field: str, other: str, changed: pairs.Pairs, *, joined: bool) -> None:
    """Tells of each contact only what has changed: `{"tagIds": {"old": [], "new": [those it was given]}}`."""
    noun, far = tx.noun("Contact"), tx.noun(other)
    for key, keys in changed.items():
        ids = [tx.id_of(far, each) for each in keys]
        tx.emit(event, noun, key, {field: {"old": [], "new": ids} if joined else {"old": ids, "new": []}})


def _results(tx: Transaction, keys: Iterable[int], changed: Collection[int]) -> Outcome:
    noun = tx.noun("Contact")
    return {
        "results": [
            {
                "id": tx.id_of(noun, key),
                "contact": key,
                "action": (RowAction.UPDATED if key in changed else RowAction.UNCHANGED).name,
                "userErrors": (),
            }
            for key in keys
        ]
    }


def _ids(name: str, noun: str, description: str, column: str, most: int) -> Given:
    return Given(
        name, Kind.ID, description, required=True, nullable=False, many=True, refers_to=noun, column=column, most=most
    )


def _verb(
    name: str,
    description: str,
    requires: Requirement,
    arguments: tuple[Given, ...],
    run: Callable[..., Awaitable[Outcome]],
    event: str,
) -> Verb:
    return Verb(name, description, requires, arguments, _RESULTS, run, bulk=True, events=(event,))


_CONTACTS = _ids("contactIds", "Contact", "Which contacts.", "contact_ids", 1_000)
_TAGS = _ids("tagIds", "Tag", "Which tags.", "tag_ids", 100)
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
_RESULTS = (Shown("results", result_of(CONTACT), "What became of each, in the order of `contactIds`.", many=True),)
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
