"""Adding, changing and removing the members of a workspace: verbs of the operator's commands, which no API has."""

from functools import partial

from sqlalchemy import bindparam, update

from app.catalog import Catalog, Noun
from app.domain.api_key import ApiKey
from app.domain.sandbox import align_sandbox
from app.domain.session_verbs import forget_sessions
from app.resource import table_of
from app.store.types import Kind
from app.verb import Given, Outcome, Shown, Verb
from app.write.checking import Entry
from app.write.clearing import cleared_events
from app.write.standard import create_entries, create_form, delete_found, existing, subject, update_entries, update_form
from app.write.transaction import Transaction

_KEYS = table_of(ApiKey)
_OF_MAKER = (_KEYS.c.workspace_id == bindparam("workspace"), _KEYS.c.created_by_id == bindparam("maker"))
_CHANGED = update(_KEYS).where(*_OF_MAKER).values(version=_KEYS.c.version + 1)
_PASSWORD = Given("passwordHash", Kind.STRING, "Hash of the password.", column="password_hash")


def user_verbs(catalog: Catalog) -> tuple[Verb, ...]:
    """The verbs."""
    noun = catalog.nouns["User"]
    shown = (Shown("user", "User", "The member as he is now; null if it was refused."),)
    return (
        Verb(
            "createUser",
            "Adds a member to the workspace.",
            (),
            (Given("input", create_form(catalog, noun), "The member.", required=True), _PASSWORD),
            shown,
            partial(create_user, noun=noun),
            events=("user.created",),
        ),
        Verb(
            "updateUser",
            "Changes a member. Another password ends all his sessions.",
            (),
            (subject(noun), Given("input", update_form(catalog, noun), "What to change.", required=True), _PASSWORD),
            shown,
            partial(update_user, noun=noun),
            events=("user.updated", "access.password_changed"),
        ),
        Verb(
            "deleteUser",
            "Removes a member from the workspace; his sessions end, keys that he made go on.",
            (),
            (subject(noun),),
            (),
            partial(delete_user, noun=noun),
            events=("user.deleted", *cleared_events(noun)),
        ),
    )


async def create_user(tx: Transaction, noun: Noun, input: Entry, password_hash: str | None) -> Outcome:
    input.values["password_hash"] = password_hash
    await create_entries(tx, noun, [input])
    await align_sandbox(tx)
    return {"user": input.id}


async def update_user(tx: Transaction, noun: Noun, id: int, input: Entry, password_hash: str | None) -> Outcome:
    input.stand_for(await existing(tx, noun, id))
    if password_hash is not None:
        input.values["password_hash"] = password_hash
        await forget_sessions(tx, id)
        tx.emit("access.password_changed", noun, id, {})
    await update_entries(tx, noun, [input])
    await _recognise_keys_anew(tx, id)
    await align_sandbox(tx)
    return {"user": id}


async def delete_user(tx: Transaction, noun: Noun, id: int) -> Outcome:
    await delete_found(tx, noun, [await existing(tx, noun, id)])
    await _recognise_keys_anew(tx, id)
    await align_sandbox(tx)
    return {}


async def _recognise_keys_anew(tx: Transaction, maker: int) -> None:
    """What the maker of a key may do bounds it in some dialects, also where it acts for another and the guard asks
    for that one.
    """
    await tx.execute(_CHANGED, {"maker": maker})
