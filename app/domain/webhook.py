"""Webhooks and the log of their deliveries."""

import hashlib
from base64 import b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import Index

from app.domain.event_type import EventType
from app.resource import (
    Choice,
    Many,
    One,
    Record,
    Resource,
    Writing,
    choice,
    integer,
    json_object,
    moment,
    private,
    reference,
    strings,
    text,
)
from app.store.types import varchar
from app.verb import UserErrorCode
from app.write import rules
from app.write.checking import Entry
from app.write.rules import Broken
from app.write.transaction import Transaction


class WebhookState(Choice):
    """Whether events are delivered."""

    ACTIVE = "active", "Events are delivered."
    PAUSED = "paused", "Somebody stopped the deliveries."
    DISABLED = "disabled", "Switched off by the server after too many failures."


class DeliveryState(Choice):
    """How a delivery stands."""

    PENDING = "pending", "Not tried yet, or to be tried again."
    SUCCEEDED = "succeeded", "The receiver accepted it."
    FAILED = "failed", "Given up."


_EVENT_TYPES = frozenset({"*", *(each.value for each in EventType)})


def _event_type(text: str) -> str:
    if text not in _EVENT_TYPES:
        raise Broken(f"There is no event of the type {text}; see EventType.")
    return text


class Webhook(Record, table=True):
    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_newest", "workspace_id", "created_at", "id"),)

    url: str = text("Where events are posted to.", max_length=2000, rule=rules.url)
    events: list[str] = strings(
        "Types of the events that are delivered, for instance contact.created; `*` for all, those to come included.",
        rule=_event_type,
    )
    selection: str | None = text("GraphQL selection that shapes the payload; null for the default one.", default=None)
    state: WebhookState = choice(
        WebhookState, "Whether events are delivered.", default=WebhookState.ACTIVE, written="never"
    )
    salt: str | None = private(varchar(32), "What the signing secret is derived from.", default=None)
    previous_salt: str | None = private(varchar(32), "What the secret before it was derived from.", default=None)
    secret_rotated_at: datetime | None = moment(
        "When the signing secret was last exchanged; null if it never was.", default=None, written="never"
    )


class Delivery(Record, table=True):
    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_newest", "workspace_id", "created_at", "id"),
        Index("ix_delivery_webhook", "webhook_id", "created_at", "id"),
    )

    event_type: str = text("Type of the delivered event.", max_length=64, group=True)
    state: DeliveryState = choice(DeliveryState, "How the delivery stands.", default=DeliveryState.PENDING)
    attempts: int = integer("Attempts made so far.", default=0)
    status_code: int | None = integer("HTTP status of the last answer.", default=None, group=True)
    duration_ms: int | None = integer("Milliseconds the last attempt took.", default=None)
    next_attempt_at: datetime | None = moment("When it is tried again.", default=None)
    payload: dict[str, Any] | None = json_object("The body that was posted.", default=None, filter=False)
    webhook_id: int = reference("webhook", on_delete="CASCADE")


async def _check_events(_tx: Transaction, entries: list[Entry]) -> None:
    for entry in entries:
        if not entry.value("events"):
            entry.reject("events", "A webhook needs an event to deliver.", UserErrorCode.REQUIRED)


def signing_secret(installation: str, salt: str) -> str:
    """The secret that signs a webhook's deliveries, in the form of Standard Webhooks.

    It is derived, not stored: whoever gets the database cannot sign.
    """
    key = hashlib.blake2b(installation.encode(), person=b"leadgraph-hook").digest()
    return f"whsec_{b64encode(hashlib.blake2b(salt.encode(), key=key, digest_size=24).digest()).decode()}"


WEBHOOK = Resource(
    table=Webhook,
    name="Webhook",
    plural="webhooks",
    description="An address that events are posted to.",
    scope="webhooks",
    read=(("webhooks:manage",),),
    write=Writing(create=False, prepare=_check_events, requires=(("webhooks:manage",),)),
    links=(Many("deliveries", "Delivery", "The deliveries, newest first.", column="webhook_id"),),
)

DELIVERY = Resource(
    table=Delivery,
    name="Delivery",
    plural="deliveries",
    description="One event on its way to one webhook.",
    scope="webhooks",
    read=(("webhooks:manage",),),
    links=(One("webhook", "Webhook", "webhook_id", "The webhook.", group=True),),
)
