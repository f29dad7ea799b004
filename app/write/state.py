"""Verbs that move one record from a state to another, and are the only ones that write its columns of state.

What is there already is left alone, without an event, so that each of them can be called twice without harm.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from app.resource import Choice, Resource
from app.verb import Given, Outcome, Problem, Rejected, Shown, UserErrorCode, Verb
from app.write.checking import Entry
from app.write.records import update_all
from app.write.standard import existing, if_version, subject, words
from app.write.transaction import Transaction

Move: TypeAlias = Callable[..., Awaitable[Mapping[str, Any]]]
"""`move(tx, record, **arguments)` answers the columns that change, by name; `Rejected` where the state forbids it."""


def state_verb(
    resource: Resource, name: str, description: str, move: Move, *arguments: Given, event: str, verb: str = "update"
) -> Verb:
    """A verb on one record; `event` is what it is told as, after the noun, and `verb` the scope it takes."""
    shown = f"The {words(resource)} as it is now; null if it was refused."
    return Verb(
        name,
        description,
        resource.changing(verb),
        (subject(resource), *arguments, if_version(resource)),
        (Shown(resource.singular, resource.name, shown),),
        partial(_run, resource=resource, move=move, event=event),
        events=(f"{resource.event}.{event}",),
    )


async def _run(
    tx: Transaction,
    id: int,
    resource: Resource,
    move: Move,
    event: str,
    ifVersion: int | None = None,  # noqa: N803
    **arguments: Any,
) -> Outcome:
    noun = tx.noun(resource.name)
    before = await existing(tx, noun, id, if_version=ifVersion)
    entry = Entry((), dict(await move(tx, before, **arguments)), {}, before=before, id=id)
    await update_all(tx, noun, [entry], event=event)
    return {resource.singular: id}


def becomes(column: str, state: Choice, *, of: tuple[Choice, ...], **also: Any) -> Move:
    """A move to a state from any `of` the others; `also` are columns that change with it."""

    async def move(_tx: Transaction, record: Mapping[str, Any]) -> Mapping[str, Any]:
        if record[column] == state.value:
            return {}
        require(record[column], of)
        return {column: state.value, **also}

    return move


def require(state: str, allowed: tuple[Choice, ...]) -> None:
    """`Rejected` unless a record is in one of the states."""
    if state not in allowed:
        raise Rejected(not_allowed(state, allowed))


def not_allowed(state: str, allowed: tuple[Choice, ...]) -> Problem:
    """What is wrong with a call for a record in another state than one of these."""
    wanted = " or ".join(each.name for each in allowed)
    return Problem(
        ("id",), f"It is {state.upper()}; this can only be done while it is {wanted}.", UserErrorCode.NOT_ALLOWED
    )
