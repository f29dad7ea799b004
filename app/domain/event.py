"""Events: one row for every change, which is the audit entry, the outbox and the feed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from app.domain.api_key import KeyMode
from app.domain.event_type import EventType
from app.resource import (
    One,
    Record,
    Resource,
    any_id,
    choice,
    former,
    integer,
    json_object,
    moment,
    private,
    text,
)
from app.store.types import now, varchar


class Event(Record, table=True):
    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_newest", "workspace_id", "at", "id"),
        Index("ix_event_feed", "workspace_id", "id"),
        Index("ix_event_subject", "workspace_id", "subject_id", "id"),
        Index("ix_event_request", "workspace_id", "request_id"),
        Index("ix_event_actor", "actor_key_id", "id"),
    )

    type: EventType = choice(EventType, "What happened.")
    at: datetime = moment("When it happened.", default_factory=now, group=True)
    key_prefix: str | None = text(
        "The first 14 characters of the acting key, kept when the key is deleted.", max_length=14, default=None
    )
    mode: KeyMode = choice(KeyMode, "Whether a live or a test key acted.", default=KeyMode.LIVE)
    request_id: str | None = text("The request it happened in.", max_length=64, default=None)
    subject_type: str = text("The type of the changed record, as `__typename` tells it.", max_length=64, group=True)
    subject_id: int | None = any_id("The id of the changed record, also when it is gone.", default=None)
    count: int = integer("How many times it happened: denied attempts of a minute are one entry.", default=1)
    aggregate: str | None = private(
        varchar(200), "What entries of a minute are counted under.", default=None, unique=True
    )
    subject_key: str | None = private(varchar(200), "What the subject was called, for tombstones.", default=None)
    changes: dict[str, Any] = json_object("Changed fields with old and new values.", filter=False)
    actor_key_id: int | None = former(
        "api_key", "The id of the acting key, also when the key is deleted.", default=None
    )
    acting_user_id: int | None = former(
        "user", "The id of the member who acted, also when he is removed.", default=None
    )


EVENT = Resource(
    table=Event,
    name="Event",
    plural="auditLog",
    description="An entry of the audit log: one change, by whom, when.",
    scope="audit_log",
    order=(("at", "DESC"),),
    links=(
        One("actorKey", "ApiKey", "actor_key_id", "The key that acted; null when it is deleted."),
        One(
            "actingUser",
            "User",
            "acting_user_id",
            "The member who acted, or for whom a key did; null when he is removed.",
        ),
    ),
)
