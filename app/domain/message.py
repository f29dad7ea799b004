"""Messages to and from contacts."""

from datetime import datetime

from sqlalchemy import Index, Table

from app.resource import Choice, Measure, One, Record, Resource, Writing, choice, moment, private, reference, text
from app.store.types import LongText


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

    direction: Direction = choice(Direction, "Whether the message went out or came in.", default=Direction.OUTBOUND)
    channel: Channel = choice(Channel, "By what means it travels.", default=Channel.EMAIL)
    status: MessageStatus = choice(MessageStatus, "How far it has come.", default=MessageStatus.DRAFT)
    subject: str | None = text("Subject line.", max_length=500, default=None)
    body: str = text("The text.", default="")
    scheduled_at: datetime | None = moment("When it is to be sent.", default=None)
    queued_at: datetime | None = moment("When it was handed over for sending.", default=None)
    sent_at: datetime | None = moment(
        "When it was sent; for an inbound message, when it arrived.", default=None, group=True
    )
    delivered_at: datetime | None = moment("When it reached the recipient's server.", default=None)
    opened_at: datetime | None = moment("When it was first opened.", default=None)
    replied_at: datetime | None = moment("When it was answered.", default=None)
    bounced_at: datetime | None = moment("When it came back.", default=None)
    failed_at: datetime | None = moment("When sending was given up.", default=None)
    error: str | None = text("Why it bounced or failed.", max_length=1000, default=None)
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


MESSAGE = Resource(
    table=Message,
    name="Message",
    plural="messages",
    description="One message to or from a contact.",
    scope="messages",
    write=Writing(),
    search=("subject", "body"),
    links=(
        One("contact", "Contact", "contact_id", "Whom the message went to or came from.", group=True),
        One("senderProfile", "SenderProfile", "sender_profile_id", "The account it is sent from.", group=True),
        One("automation", "Automation", "automation_id", "The automation that sent it.", group=True),
    ),
)
