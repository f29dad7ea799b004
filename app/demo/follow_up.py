"""What follows from contacts: moves between stages, tasks, runs through automations, entries of the audit log."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.demo.calendar import REFERENCE
from app.demo.people import Person
from app.demo.scene import Scene
from app.domain import CATALOG
from app.domain.event_type import EventType
from app.store.identity import IdCodec
from app.write.transaction import Writes

Row = dict[str, Any]

_TASKS = (
    "Call back",
    "Send the contract",
    "Prepare the demo",
    "Angebot nachfassen",
    "Vérifier l'adresse",
    "見積を送る",
    "Say thanks 🎉",
)
_NOTES = (None, None, "Prefers mornings.", "Spricht Deutsch und Englisch.", "Budget is decided in Q2.\nAsk for Renée.")
_RUNS = (*["active"] * 6, *["completed"] * 10, "stopped", "stopped", "stopped", "failed")
AUDITED_DAYS = 30


def stage_moves(scene: Scene, person: Person) -> Iterator[Row]:
    """One move for each step of the journey; the last one leads where the contact is."""
    before: int | None = None
    for moment, stage in person.journey:
        after = stage["id"] if stage else None
        yield {
            "workspace_id": scene.workspace_id,
            "created_at": moment,
            "updated_at": moment,
            "moved_at": moment,
            "contact_id": person.row["id"],
            "from_stage_id": before,
            "to_stage_id": after,
            "moved_by_id": scene.chance.pick(scene.users) if scene.chance.likely(0.7) else None,
        }
        before = after


def tasks(scene: Scene, person: Person, today: datetime) -> Iterator[Row]:
    """Open ones are due from three weeks ago to six weeks ahead of the day of loading; completed ones long since."""
    chance = scene.chance
    for _ in range(chance.pick((0, 0, 0, 0, 0, 0, 0, 1, 1, 2))):
        created = chance.after(person.row["created_at"], 24 * 20)
        done = chance.after(created, 24 * 10) if chance.likely(0.55) else None
        done = done if done and done < REFERENCE else None
        due = chance.after(created, 24 * 14) if done else today + timedelta(days=chance.between(-21, 42), hours=17)
        yield {
            "workspace_id": scene.workspace_id,
            "created_at": min(created, REFERENCE),
            "updated_at": done or min(created, REFERENCE),
            "version": 2 if done else 1,
            "title": chance.pick(_TASKS),
            "notes": chance.pick(_NOTES),
            "due_at": due if chance.likely(0.95) else None,
            "status": "completed" if done else "open",
            "priority": chance.pick(("low", "normal", "normal", "high", "urgent")),
            "completed_at": done,
            "contact_id": person.row["id"],
            "assignee_id": person.row["assigned_to_id"] or chance.pick(scene.users),
        }


def enrollment(scene: Scene, person: Person, today: datetime) -> Row | None:
    """The run of some contacts through an automation that is no draft; running ones go on after the day of loading."""
    chance = scene.chance
    if not chance.likely(0.2):
        return None
    automation = chance.pick([automation for automation in scene.automations if automation["status"] != "draft"])
    created = min(chance.after(person.row["created_at"], 24), REFERENCE)
    status = chance.pick(_RUNS)
    if status == "active" and automation["status"] == "paused":
        status = "paused"
    running = status == "active"
    steps = automation["steps"]
    return {
        "workspace_id": scene.workspace_id,
        "created_at": created,
        "updated_at": min(chance.after(created, 24 * 7), REFERENCE),
        "version": 2,
        "status": status,
        "step": steps if status == "completed" else chance.between(1, steps),
        "next_run_at": chance.after(today + timedelta(days=1), 24 * 14) if running else None,
        "reason": {"stopped": "The contact answered.", "failed": "The sender is disconnected."}.get(status),
        "automation_id": automation["id"],
        "contact_id": person.row["id"],
    }


def events(scene: Scene, person: Person, writes: Writes) -> Iterator[Row]:
    """The audit log reaches back `AUDITED_DAYS` from the end of the story, and tells changes as writing does."""
    tellers = writes.tellers(CATALOG.nouns["Contact"])
    since = REFERENCE - timedelta(days=AUDITED_DAYS)
    created = person.row["created_at"]
    if created >= since:
        changes = {
            name: {"old": None, "new": tell(person.row[column])}
            for column, (name, tell) in tellers.items()
            if column != "stage_id" and person.row.get(column) is not None
        }
        yield _event(scene, person, EventType.CONTACT_CREATED, created, changes)
    name, tell = tellers["stage_id"]
    before: str | None = None
    for moment, stage in person.journey:
        after = tell(stage["id"] if stage else None)
        if moment >= since:
            yield _event(scene, person, EventType.CONTACT_STAGE_CHANGED, moment, {name: {"old": before, "new": after}})
        before = after


def _event(scene: Scene, person: Person, kind: EventType, moment: datetime, changes: Row) -> Row:
    chance = scene.chance
    return {
        "workspace_id": scene.workspace_id,
        "created_at": moment,
        "updated_at": moment,
        "type": kind.value,
        "at": moment,
        "key_prefix": None,
        "mode": "live",
        "request_id": f"req_{chance.below(1 << 52):013x}",
        "subject_type": "Contact",
        "subject_id": IdCodec.base(CATALOG.nouns["Contact"].number) + person.row["id"],
        "subject_key": person.row["email"],
        "changes": changes,
        "actor_key_id": None,
        "acting_user_id": chance.pick(scene.users),
    }
