"""Messages to and from contacts."""

from datetime import datetime
from functools import cache

from sqlalchemy import Index, Select, Table, bindparam, select

from app.resource import (
    Choice,
    Measure,
    One,
    Record,
    Resource,
    Writing,
    captured,
    choice,
    moment,
    private,
    reference,
    text,
)
from app.store.types import BigInt, LongText
from app.verb import UserErrorCode
from app.write.checking import Entry
from app.write.state import not_allowed
from app.write.transaction import Transaction


class Direction(Choice):
    """Who wrote."""

    OUTBOUND = "outbound", "To the contact."
    INBOUND = "inbound", "From the contact."


class Channel(Choice):
    """By what means."""

    EMAIL = "email", "E-mail."
    SMS = "sms", "Text message to a telephone."
    WHATSAPP = "whatsapp", "WhatsApp."
    LINKEDIN = "linkedin", "LinkedIn."


class MessageStatus(Choice):
    """How far a message has come."""

    DRAFT = "draft", "Being written."
    SCHEDULED = "scheduled", "To be sent at its time."
    QUEUED = "queued", "Handed over for sending."
    SENT = "sent", "On its way."
    DELIVERED = "delivered", "Reached the recipient's server."
    OPENED = "opened", "The recipient opened it."
    REPLIED = "replied", "The recipient answered."
    BOUNCED = "bounced", "Came back."
    FAILED = "failed", "Could not be sent."


class Message(Record, table=True):
    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_newest", "workspace_id", "created_at", "id"),
        Index("ix_message_contact", "contact_id", "created_at", "id"),
        Index("ix_message_sender_profile", "sender_profile_id", "id"),
        Index("ix_message_automation", "automation_id", "id"),
    )

    direction: Direction = choice(
        Direction, "Whether the message went out or came in.", default=Direction.OUTBOUND, written="never"
    )
    channel: Channel = choice(Channel, "By what means it travels.", default=Channel.EMAIL)
    status: MessageStatus = choice(MessageStatus, "How far it has come.", default=MessageStatus.DRAFT, written="never")
    subject: str | None = text("Subject line.", max_length=500, default=None)
    body: str = text("The text.", default="")
    scheduled_at: datetime | None = moment("When it is to be sent.", default=None, written="never")
    queued_at: datetime | None = moment("When it was handed over for sending.", default=None, written="never")
    sent_at: datetime | None = moment(
        "When it was sent; for an inbound message, when it arrived.", default=None, group=True, written="never"
    )
    delivered_at: datetime | None = moment("When it reached the recipient's server.", default=None, written="never")
    opened_at: datetime | None = moment("When it was first opened.", default=None, written="never")
    replied_at: datetime | None = moment("When it was answered.", default=None, written="never")
    bounced_at: datetime | None = moment("When it came back.", default=None, written="never")
    failed_at: datetime | None = moment("When sending was given up.", default=None, written="never")
    error: str | None = text("Why it bounced or failed.", max_length=1000, default=None, written="never")
    captured: bool = captured()
    contact_id: int = reference("contact", on_delete="CASCADE")
    sender_profile_id: int | None = reference("sender_profile", on_delete="SET NULL", default=None)
    automation_id: int | None = reference("automation", on_delete="SET NULL", default=None)
    search_text: str = private(LongText, "What search looks in: subject and body, folded.", default="")


def _outbound(table: Table, *, reached: str | None = None) -> object:
    sent = (table.c.direction == Direction.OUTBOUND.value) & table.c.sent_at.is_not(None)
    return sent if reached is None else sent & table.c[reached].is_not(None)


MESSAGE_MEASURES = (
    Measure("sent", "Messages sent.", where=_outbound),
    Measure("received", "Messages received.", where=lambda table: table.c.direction == Direction.INBOUND.value),
    Measure("delivered", "Sent messages that were delivered.", where=lambda t: _outbound(t, reached="delivered_at")),
    Measure("opened", "Sent messages that were opened.", where=lambda t: _outbound(t, reached="opened_at")),
    Measure("replied", "Sent messages that were answered.", where=lambda t: _outbound(t, reached="replied_at")),
    Measure("bounced", "Sent messages that came back.", where=lambda t: _outbound(t, reached="bounced_at")),
    Measure("lastContactedAt", "When the last message was sent.", where=_outbound, latest="sent_at"),
)


EDITABLE = (MessageStatus.DRAFT, MessageStatus.SCHEDULED)


async def check_messages(tx: Transaction, entries: list[Entry]) -> None:
    """For `Writing.prepare`: only what is not sent yet is changed, and each goes through an account of its channel."""
    for entry in entries:
        status = entry.before["status"] if entry.before is not None else MessageStatus.DRAFT
        if status not in EDITABLE:
            entry.problems.append(not_allowed(status, EDITABLE))
            continue
        if status == MessageStatus.SCHEDULED and not entry.value("body").strip():
            entry.reject("body", "A scheduled message needs a text.", UserErrorCode.BLANK)
        await check_sender(tx, entry)


async def check_sender(tx: Transaction, entry: Entry) -> None:
    """Refuses an account that sends by another channel than the message."""
    sender = entry.value("sender_profile_id")
    if sender is None or not entry.values.keys() & {"sender_profile_id", "channel"}:
        return
    wanted = entry.value("channel") or Channel.EMAIL
    for (channel,) in await tx.execute(_channel(tx.noun("SenderProfile").table), {"sender": sender}):
        if channel != wanted:
            message = f"This account sends by {Channel(channel).name}."
            entry.reject("sender_profile_id", message, UserErrorCode.INVALID)


@cache
def _channel(profiles: Table) -> Select[str]:
    mine = profiles.c.workspace_id == bindparam("workspace", type_=BigInt)
    return select(profiles.c.channel).where(mine, profiles.c.id == bindparam("sender", type_=BigInt))


MESSAGE = Resource(
    table=Message,
    name="Message",
    plural="messages",
    description="One message to or from a contact.",
    scope="messages",
    write=Writing(prepare=check_messages),
    search=("subject", "body"),
    links=(
        One("contact", "Contact", "contact_id", "Whom it is to or from.", group=True, written="once"),
        One("senderProfile", "SenderProfile", "sender_profile_id", "The account it is sent from.", group=True),
        One("automation", "Automation", "automation_id", "The automation that sent it.", group=True, written="never"),
    ),
)
