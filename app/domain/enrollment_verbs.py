"""Taking contacts into automations and out of them, many at a time.

Both verbs can be sent again without harm: each contact gets a result that says what became of it, or why nothing did.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import bindparam, select

from app.domain.automation import AUTOMATION, ENROLLMENT, AutomationStatus, Enrollment, EnrollmentStatus
from app.domain.automation_verbs import FIRST_STEP
from app.domain.contact import CONTACT
from app.resource import Choice, table_of
from app.store.command import among
from app.store.types import BigInt, Kind
from app.verb import Given, Outcome, Problem, Rejected, Report, RowAction, Shown, UserErrorCode, Verb, user_errors
from app.write import records
from app.write.checking import Entry
from app.write.results import ON_ERROR, accepted, ids_of, keys_of, returns, told
from app.write.standard import existing, subject
from app.write.transaction import Transaction

_RUNS = table_of(Enrollment)
_OF_CONTACTS = select(_RUNS.c.id).where(
    _RUNS.c.workspace_id == bindparam("workspace", type_=BigInt),
    _RUNS.c.automation_id == bindparam("automation", type_=BigInt),
    among(_RUNS.c.contact_id, "contacts"),
)
_UNDER_WAY = {EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED}

Run: TypeAlias = Mapping[str, Any] | None
"""An enrollment, by column; None where a contact has none."""


class Reenroll(Choice):
    """What is done with contacts that have been enrolled before."""

    NEVER = "never", "They are left alone."
    IF_ENDED = "if_ended", "They begin anew if their run has ended, whichever way."
    RESTART = "restart", "They begin anew, wherever they stand."


class UnchangedReason(Choice):
    """Why a contact was left as it is."""

    ALREADY_ENROLLED = "already_enrolled", "It is on its way through the automation already."
    ENROLLED_BEFORE = "enrolled_before", "Its run has ended, and `reenroll` says that it does not begin anew."
    NOT_ENROLLED = "not_enrolled", "It is not on its way through the automation."


async def enroll(tx: Transaction, automation_id: int, contacts: list[Entry], reenroll: str, on_error: str) -> Outcome:
    automation = await existing(tx, tx.noun("Automation"), automation_id, path="automationId")
    if automation["status"] != AutomationStatus.ACTIVE:
        message = f"It is {automation['status'].upper()}: only an ACTIVE automation takes contacts on."
        raise Rejected(Problem(("automationId",), message, UserErrorCode.NOT_ALLOWED))
    noun, keys = tx.noun("Enrollment"), keys_of(accepted(contacts, on_error))
    runs = await _runs(tx, automation_id, keys)
    [(first,)] = await tx.execute(FIRST_STEP, {"automation": automation_id})
    begun = {
        "status": EnrollmentStatus.ACTIVE.value,
        "step": first or 0,
        "next_run_at": tx.now,
        "reason": None,
        "captured": tx.actor.is_testing,
    }
    new = [
        Entry((), {**begun, "automation_id": automation_id, "contact_id": key}, {}) for key in keys if key not in runs
    ]
    anew = [
        Entry((), dict(begun), {}, before=run, id=run["id"])
        for run in runs.values()
        if reenroll == Reenroll.RESTART or (reenroll == Reenroll.IF_ENDED and run["status"] not in _UNDER_WAY)
    ]
    await records.create(tx, noun, new)
    await records.update_all(tx, noun, anew, event="restarted")
    return _told(tx, contacts, runs, [*new, *anew], _why_left_alone)


def _why_left_alone(run: Run) -> UnchangedReason:
    under_way = run is not None and run["status"] in _UNDER_WAY
    return UnchangedReason.ALREADY_ENROLLED if under_way else UnchangedReason.ENROLLED_BEFORE


async def unenroll(
    tx: Transaction, automation_id: int, contacts: list[Entry], reason: str | None, on_error: str
) -> Outcome:
    await existing(tx, tx.noun("Automation"), automation_id, path="automationId")
    runs = await _runs(tx, automation_id, keys_of(accepted(contacts, on_error)))
    stopped = {"status": EnrollmentStatus.STOPPED.value, "next_run_at": None, "reason": reason}
    ended = [
        Entry((), dict(stopped), {}, before=run, id=run["id"]) for run in runs.values() if run["status"] in _UNDER_WAY
    ]
    await records.update_all(tx, tx.noun("Enrollment"), ended, event="stopped")
    return _told(tx, contacts, runs, ended, lambda _: UnchangedReason.NOT_ENROLLED)


async def _runs(tx: Transaction, automation_id: int, contacts: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """The enrollments of some contacts by the contacts' keys, locked."""
    rows = await tx.execute(_OF_CONTACTS, {"automation": automation_id, "contacts": list(contacts)})
    found = await records.find(tx, tx.noun("Enrollment"), [key for (key,) in rows])
    return {run["contact_id"]: run for run in found.values()}


def _told(
    tx: Transaction,
    contacts: list[Entry],
    runs: Mapping[int, Run],
    done: Iterable[Entry],
    why: Callable[[Run], UnchangedReason],
) -> Outcome:
    """The outcome where contacts had some `runs`, what was `done` are those that are new or changed."""
    changed = {run.value("contact_id"): run for run in done}

    def action(contact: Entry) -> RowAction:
        run = changed.get(contact.id)
        if run is None:
            return RowAction.UNCHANGED
        return RowAction.CREATED if run.before is None else RowAction.UPDATED

    outcome = told(tx, tx.noun("Contact"), contacts, action)
    for contact, result in zip(contacts, outcome["results"], strict=True):
        if contact.problems:
            continue
        before, now = runs.get(result["contact"]), changed.get(result["contact"])
        if now is not None:
            result["enrollment"] = now.id
        else:
            result |= {"enrollment": before and before["id"], "reason": why(before).name}
    return outcome


_RESULT = Report(
    "EnrollmentResult",
    "What became of one of several contacts.",
    (
        Shown("contact", "Contact", "The contact; null if there is none."),
        Shown("enrollment", "Enrollment", "Its run through the automation; null if it has none."),
        Shown("action", RowAction, "What was done to its run.", required=True, requires=ENROLLMENT.reading),
        Shown("reason", UnchangedReason, "Why nothing was, if it is UNCHANGED.", requires=ENROLLMENT.reading),
        user_errors("All that is wrong with it."),
    ),
)


def _verb(
    name: str,
    description: str,
    run: Callable[..., Awaitable[Outcome]],
    argument: Given,
    *done: RowAction,
    events: tuple[str, ...],
) -> Verb:
    return Verb(
        name,
        description,
        (("automations:update", "contacts:read"),),
        (
            subject(AUTOMATION, "automationId", column="automation_id"),
            ids_of(CONTACT, "contactIds", required=True, column="contacts"),
            argument,
            ON_ERROR,
        ),
        returns(_RESULT, *done, RowAction.UNCHANGED, requires=ENROLLMENT.reading),
        run,
        bulk=True,
        events=events,
    )


ENROLLMENT_VERBS = (
    _verb(
        "enrollContacts",
        "Takes contacts into an active automation, from its first step.",
        enroll,
        Given("reenroll", Reenroll, "What is done with those that were enrolled before.", default=Reenroll.NEVER),
        RowAction.CREATED,
        RowAction.UPDATED,
        events=("enrollment.created", "enrollment.restarted"),
    ),
    _verb(
        "unenrollContacts",
        "Takes contacts out of an automation; their runs are stopped where they stand.",
        unenroll,
        Given("reason", Kind.STRING, "Why, kept with the run.", max_length=500),
        RowAction.UPDATED,
        events=("enrollment.stopped",),
    ),
)
