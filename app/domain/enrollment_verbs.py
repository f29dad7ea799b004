"""Taking contacts into automations and out of them, many at a time.

Both verbs can be sent again without harm: each contact gets a result that says what became of it, in the order given.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from app.domain.automation import AUTOMATION, AutomationStatus, Enrollment, EnrollmentStatus
from app.domain.automation_verbs import FIRST_STEP
from app.resource import Choice, table_of
from app.store.command import among
from app.store.types import BigInt, Kind
from app.verb import Given, Outcome, Problem, Rejected, Report, Shown, UserErrorCode, Verb, user_errors
from app.write import records
from app.write.checking import Entry
from app.write.standard import existing, subject
from app.write.transaction import Transaction

_RUNS = table_of(Enrollment)
_OF_CONTACTS = select(_RUNS.c.id).where(
    _RUNS.c.workspace_id == bindparam("workspace", type_=BigInt),
    _RUNS.c.automation_id == bindparam("automation", type_=BigInt),
    among(_RUNS.c.contact_id, "contacts"),
)
_UNDER_WAY = {EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED}


class Reenroll(Choice):
    """What is done with contacts that have been enrolled before."""

    NEVER = "never", "They are left alone."
    IF_ENDED = "if_ended", "They begin anew if their run has ended, whichever way."
    RESTART = "restart", "They begin anew, wherever they stand."


class EnrollmentOutcome(Choice):
    """What became of a contact."""

    ENROLLED = "enrolled", "It was enrolled."
    RESTARTED = "restarted", "It was enrolled before, and begins anew."
    ALREADY_ENROLLED = "already_enrolled", "It is on its way through the automation already."
    ENROLLED_BEFORE = "enrolled_before", "Its run has ended, and `reenroll` says that it does not begin anew."
    UNENROLLED = "unenrolled", "Its run was stopped."
    NOT_ENROLLED = "not_enrolled", "It is not on its way through the automation."
    NOT_FOUND = "not_found", "There is no such contact."
    DUPLICATE = "duplicate", "It is given twice; see its first result."


async def enroll(tx: Transaction, automation_id: int, contact_ids: list[int], reenroll: str) -> Outcome:
    automation = await existing(tx, tx.noun("Automation"), automation_id, path="automationId")
    if automation["status"] != AutomationStatus.ACTIVE:
        message = f"It is {automation['status'].upper()}: only an ACTIVE automation takes contacts on."
        raise Rejected(Problem(("automationId",), message, UserErrorCode.NOT_ALLOWED))
    noun = tx.noun("Enrollment")
    known = await tx.exist(tx.noun("Contact"), contact_ids)
    runs = await _runs(tx, automation_id, known)
    [(first,)] = await tx.execute(FIRST_STEP, {"automation": automation_id})
    begun = {"status": EnrollmentStatus.ACTIVE.value, "step": first or 0, "next_run_at": tx.now, "reason": None}
    new = {
        key: Entry((), {**begun, "automation_id": automation_id, "contact_id": key}, {})
        for key in dict.fromkeys(contact_ids)
        if key in known and key not in runs
    }
    anew = {
        key: Entry((), dict(begun), {}, before=run, id=run["id"])
        for key, run in runs.items()
        if reenroll == Reenroll.RESTART or (reenroll == Reenroll.IF_ENDED and run["status"] not in _UNDER_WAY)
    }
    await records.create(tx, noun, list(new.values()))
    await records.update_all(tx, noun, anew.values(), event="restarted")

    def outcome(key: int) -> EnrollmentOutcome:
        if key in new:
            return EnrollmentOutcome.ENROLLED
        if key in anew:
            return EnrollmentOutcome.RESTARTED
        under_way = runs[key]["status"] in _UNDER_WAY
        return EnrollmentOutcome.ALREADY_ENROLLED if under_way else EnrollmentOutcome.ENROLLED_BEFORE

    ids = {key: run["id"] for key, run in runs.items()} | {key: entry.id for key, entry in new.items()}
    return _results(contact_ids, known, ids, outcome)


async def unenroll(tx: Transaction, automation_id: int, contact_ids: list[int], reason: str | None) -> Outcome:
    await existing(tx, tx.noun("Automation"), automation_id, path="automationId")
    known = await tx.exist(tx.noun("Contact"), contact_ids)
    runs = await _runs(tx, automation_id, known)
    stopped = {"status": EnrollmentStatus.STOPPED.value, "next_run_at": None, "reason": reason}
    ended = {
        key: Entry((), dict(stopped), {}, before=run, id=run["id"])
        for key, run in runs.items()
        if run["status"] in _UNDER_WAY
    }
    await records.update_all(tx, tx.noun("Enrollment"), ended.values(), event="stopped")

    def outcome(key: int) -> EnrollmentOutcome:
        return EnrollmentOutcome.UNENROLLED if key in ended else EnrollmentOutcome.NOT_ENROLLED

    return _results(contact_ids, known, {key: run["id"] for key, run in runs.items()}, outcome)


async def _runs(tx: Transaction, automation_id: int, contacts: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """The enrollments of some contacts by the contacts' keys, locked."""
    rows = await tx.execute(_OF_CONTACTS, {"automation": automation_id, "contacts": list(contacts)})
    found = await records.find(tx, tx.noun("Enrollment"), [key for (key,) in rows])
    return {run["contact_id"]: run for run in found.values()}


def _results(
    contact_ids: list[int],
    known: Collection[int],
    enrollments: Mapping[int, int | None],
    outcome: Callable[[int], EnrollmentOutcome],
) -> Outcome:
    results: list[dict[str, Any]] = []
    seen: set[int] = set()
    for place, key in enumerate(contact_ids):
        if key not in known:
            wrong = Problem(("contactIds", str(place)), "There is no contact with this id.", UserErrorCode.NOT_FOUND)
            results.append({"outcome": EnrollmentOutcome.NOT_FOUND.name, "userErrors": [wrong.told()]})
            continue
        became = EnrollmentOutcome.DUPLICATE if key in seen else outcome(key)
        shown = {"contact": key, "enrollment": enrollments.get(key), "outcome": became.name}
        results.append({**shown, "userErrors": []})
        seen.add(key)
    return {"results": results}


_RESULT = Report(
    "EnrollmentResult",
    "What became of one of several contacts.",
    (
        Shown("contact", "Contact", "The contact; null if there is none."),
        Shown("enrollment", "Enrollment", "Its run through the automation; null if it has none."),
        Shown("outcome", EnrollmentOutcome, "What was done.", required=True),
        user_errors("What is wrong with it, if nothing could be done."),
    ),
)


def _verb(name: str, description: str, run: Callable[..., Awaitable[Outcome]], argument: Given, *events: str) -> Verb:
    contacts = Given(
        "contactIds",
        Kind.ID,
        "Which contacts.",
        required=True,
        nullable=False,
        many=True,
        refers_to="Contact",
        subject=True,
        column="contact_ids",
        most=1_000,
    )
    return Verb(
        name,
        description,
        (("automations:update", "contacts:read"),),
        (subject(AUTOMATION, "automationId", column="automation_id"), contacts, argument),
        (Shown("results", _RESULT, "What became of each, in the order of `contactIds`.", many=True),),
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
        "enrollment.created",
        "enrollment.restarted",
    ),
    _verb(
        "unenrollContacts",
        "Takes contacts out of an automation; their runs are stopped where they stand.",
        unenroll,
        Given("reason", Kind.STRING, "Why, kept with the run.", max_length=500),
        "enrollment.stopped",
    ),
)
