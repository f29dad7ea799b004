"""Scheduling messages, calling them back, and logging those that came in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain.message import EDITABLE, MESSAGE, Channel, Direction, MessageStatus, check_sender
from app.store.types import Kind
from app.verb import Form, Given, Outcome, Problem, Rejected, Shown, UserErrorCode, Verb
from app.write.checking import Entry
from app.write.records import create
from app.write.standard import refuse_any
from app.write.state import becomes, require, state_verb
from app.write.transaction import Transaction

_FARTHEST = timedelta(days=366)
_AHEAD = timedelta(minutes=5)  # as far as clocks of others may be


async def schedule_message(tx: Transaction, message: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    require(message["status"], EDITABLE)
    problems = []
    if not tx.now < at <= tx.now + _FARTHEST:
        told = f"The time must lie in the future, at most {_FARTHEST.days} days ahead."
        problems.append(Problem(("at",), told, UserErrorCode.OUT_OF_RANGE))
    if not message["body"].strip():
        problems.append(Problem(("id",), "A message needs a text to be scheduled.", UserErrorCode.NOT_ALLOWED))
    if problems:
        raise Rejected(*problems)
    return {"status": MessageStatus.SCHEDULED.value, "scheduled_at": at, "captured": tx.actor.is_testing}


async def log_inbound_message(tx: Transaction, message: Entry) -> Outcome:
    arrived = message.values.pop("received_at", None) or tx.now
    if arrived > tx.now + _AHEAD:
        message.reject("received_at", "A message cannot have arrived in the future.", UserErrorCode.OUT_OF_RANGE)
    await check_sender(tx, message)
    refuse_any([message])
    message.values |= {
        "direction": Direction.INBOUND.value,
        "status": MessageStatus.DELIVERED.value,
        "sent_at": arrived,
        "delivered_at": arrived,
    }
    await create(tx, tx.noun("Message"), [message], event="received")
    return {"message": message.id}


_INBOUND = Form(
    "LogInboundMessageInput",
    "A message that came from a contact.",
    (
        Given(
            "contactId",
            Kind.ID,
            "Whom it came from.",
            required=True,
            nullable=False,
            refers_to="Contact",
            column="contact_id",
            requires=(("contacts:read",),),
        ),
        Given("channel", Channel, "By what means it came.", required=True, nullable=False),
        Given("subject", Kind.STRING, "Subject line.", max_length=500),
        Given("body", Kind.STRING, "The text.", required=True, nullable=False),
        Given("receivedAt", Kind.DATETIME, "When it arrived; now, if left out.", column="received_at"),
        Given(
            "senderProfileId",
            Kind.ID,
            "The account of yours that it arrived at.",
            refers_to="SenderProfile",
            column="sender_profile_id",
            requires=(("sender_profiles:read",),),
        ),
    ),
)
_CREATING = MESSAGE.changing("create")

MESSAGE_VERBS = (
    state_verb(
        MESSAGE,
        "scheduleMessage",
        "Schedules a draft, or a scheduled message for another time. A live key sends what was captured, too.",
        schedule_message,
        Given("at", Kind.DATETIME, "When it is to be sent.", required=True, nullable=False),
        event="scheduled",
    ),
    state_verb(
        MESSAGE,
        "cancelMessage",
        "Makes a scheduled message a draft again.",
        becomes("status", MessageStatus.DRAFT, of=(MessageStatus.SCHEDULED,), scheduled_at=None),
        event="cancelled",
    ),
    Verb(
        "logInboundMessage",
        "Keeps a message that came in by other ways than this server.",
        _CREATING,
        (Given("input", _INBOUND, "The message.", required=True, nullable=False, column="message"),),
        (Shown("message", "Message", "The logged message; null if it was refused.", requires=_CREATING),),
        log_inbound_message,
        events=("message.received",),
    ),
)
