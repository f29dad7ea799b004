"""Conversations: what was written to contacts and what they answered, with times in the order things happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from app.demo.calendar import REFERENCE
from app.demo.people import Person
from app.demo.scene import MEMBERS, Scene
from app.demo.texts import BOUNCES, FAILURES, PHRASES
from app.store.fold import fold

Row = dict[str, Any]
Text = tuple[str | None, list[str]]
"""A subject, and the lines of a body."""

_LENGTHS = (0, 0, 1, 1, 1, 2, 2, 2, 3, 5)
_CHANNELS = ("sms", "whatsapp", "linkedin", *["email"] * 12)
_fold = lru_cache(maxsize=50_000)(fold)  # the same lines come again and again
_SENDERS = [name for name, _, _ in MEMBERS]
_TIMES = ("scheduled_at", "queued_at", "sent_at", "delivered_at", "opened_at", "replied_at", "bounced_at", "failed_at")


@dataclass
class Conversation:
    """Messages with one contact over one channel."""

    scene: Scene
    person: Person
    channel: str
    profile: int
    automation_id: int | None


def messages(scene: Scene, person: Person, automation_id: int | None, today: datetime) -> Iterator[Row]:
    """The messages of a contact, oldest first; now and then the last one is a draft or scheduled for days to come."""
    chance = scene.chance
    talk = Conversation(scene, person, *_channel(scene, person), automation_id)
    moment = chance.after(person.row["created_at"], 72)
    for _ in range(chance.pick(_LENGTHS)):
        if moment >= REFERENCE:
            return
        sent = _outbound(talk, moment)
        yield sent
        talk.automation_id = None
        if sent["status"] in {"bounced", "failed"}:
            return
        answered = sent["replied_at"]
        if answered:
            yield _inbound(talk, answered)
        moment = chance.after(answered or moment, 24 * 30)
    if chance.likely(0.02):
        yield _unsent(talk, person.row["updated_at"], today)


def _channel(scene: Scene, person: Person) -> tuple[str, int]:
    chance = scene.chance
    channel = chance.pick(_CHANNELS)
    if channel == "email" and person.row["email"] is None:
        channel = "sms"
    elif channel in {"sms", "whatsapp"} and person.row["phone"] is None:
        channel = "email"
    return channel, chance.pick(scene.profiles[channel])


def _message(talk: Conversation, direction: str, status: str, created: datetime, text: Text) -> Row:
    subject, lines = text
    row: Row = dict.fromkeys(_TIMES)
    row |= {
        "workspace_id": talk.scene.workspace_id,
        "created_at": created,
        "updated_at": created,
        "direction": direction,
        "channel": talk.channel,
        "status": status,
        "subject": subject,
        "body": "\n".join(lines),
        "error": None,
        "contact_id": talk.person.row["id"],
        "sender_profile_id": talk.profile,
        "automation_id": talk.automation_id,
        "search_text": "".join(f" {_fold(part)}" for part in (subject, *lines) if part),
    }
    return row


def _outbound(talk: Conversation, created: datetime) -> Row:
    chance = talk.scene.chance
    row = _message(talk, "outbound", "sent", created, _text(talk))
    row["queued_at"] = moment = created + timedelta(seconds=chance.between(1, 90))
    fate = chance.draw()
    if fate < 0.02:
        row |= {"status": "failed", "failed_at": moment + timedelta(seconds=30), "error": chance.pick(FAILURES)}
        return _touched(row)
    row["sent_at"] = moment = moment + timedelta(seconds=chance.between(1, 20))
    if fate < 0.05 and talk.channel == "email":
        row |= {"status": "bounced", "bounced_at": moment + timedelta(seconds=12), "error": chance.pick(BOUNCES)}
        return _touched(row)
    if fate > 0.1:
        row |= {"status": "delivered", "delivered_at": (moment := moment + timedelta(seconds=chance.between(1, 60)))}
    if fate > 0.45 and talk.channel != "sms" and (moment := chance.after(moment, 48)) < REFERENCE:
        row |= {"status": "opened", "opened_at": moment}
    if fate > 0.78 and (moment := chance.after(moment, 24)) < REFERENCE:
        row |= {"status": "replied", "replied_at": moment}
    return _touched(row)


def _touched(row: Row) -> Row:
    times = [row[name] for name in _TIMES if row[name]]
    row["updated_at"] = max(times)
    row["version"] = len(times) + 1
    return row


def _inbound(talk: Conversation, arrived: datetime) -> Row:
    chance, phrases = talk.scene.chance, PHRASES[talk.person.culture.language]
    row = _message(talk, "inbound", "delivered", arrived, (None, [chance.pick(phrases.replies)]))
    return row | {"sent_at": arrived, "delivered_at": arrived}


def _unsent(talk: Conversation, created: datetime, today: datetime) -> Row:
    row = _message(talk, "outbound", "draft", created, _text(talk))
    if talk.scene.chance.likely(0.5):
        row |= {"status": "scheduled", "scheduled_at": talk.scene.chance.after(today + timedelta(days=1), 24 * 14)}
    return row


def _text(talk: Conversation) -> Text:
    chance = talk.scene.chance
    phrases = PHRASES[talk.person.culture.language]
    company = talk.person.company
    words = {
        "first": talk.person.given.written,
        "company": company["name"] if company else "Acme",
        "sender": chance.pick(_SENDERS),
    }
    parts = (chance.pick(phrases.greetings), chance.pick(phrases.offers), chance.pick(phrases.closings))
    lines = [part.format_map(words) for part in parts]
    subject = chance.pick(phrases.subjects).format_map(words) if talk.channel == "email" else None
    return subject, lines
