"""API keys: only the SHA-256 and the first 14 characters of a key are stored (S3-11, S3-15, X21)."""

from datetime import datetime

from sqlalchemy import Index

from app.resource import (
    Choice,
    One,
    Record,
    Resource,
    Writing,
    choice,
    flag,
    former,
    integer,
    moment,
    private,
    strings,
    text,
)
from app.store.types import varchar


class KeyMode(Choice):
    """Live or test; `sandbox` in some products."""

    LIVE = "live", "The workspace's own records; messages are sent."
    TEST = "test", "Nothing reaches the outside world."


class KeyState(Choice):
    """Whether the key works. Expiry is no state: an active key past its expiry is refused as EXPIRED."""

    ACTIVE = "active", "Works until it expires."
    REVOKED = "revoked", "Works no more; kept for the records."


class ApiKey(Record, table=True):
    __tablename__ = "api_key"
    __table_args__ = (Index("ix_api_key_workspace", "workspace_id", "created_at", "id"),)

    name: str = text("What the key is for.", max_length=100)
    mode: KeyMode = choice(KeyMode, "Live or test.", default=KeyMode.LIVE)
    prefix: str = text(
        "The first 14 characters of the key, to recognise it by; they cannot authenticate.", max_length=14
    )
    key_hash: str = private(varchar(64), "SHA-256 of the key: the only trace of it that is kept.", unique=True)
    previous_hash: str | None = private(
        varchar(64), "SHA-256 of the key as it was before its last rotation.", default=None, unique=True
    )
    previous_until: datetime | None = moment(
        "Until when the key works as it was before its last rotation, too.", default=None
    )
    scopes: list[str] = strings("The scopes as they were granted, for instance `contacts:read`.")
    expires_at: datetime | None = moment("When the key stops working; never changed after creation.", default=None)
    last_used_at: datetime | None = moment("When the key was last used, to the minute.", default=None)
    last_used_ip: str | None = text("From where the key was last used.", max_length=45, default=None)
    request_count: int = integer("Requests made with the key.", default=0)
    state: KeyState = choice(KeyState, "Whether the key works.", default=KeyState.ACTIVE)
    temporary: bool = flag("Whether it is a playground key that expires by itself.", default=False)
    allowed_ips: list[str] = strings("Networks the key may be used from; empty for all.")
    registered_documents_only: bool = flag(
        "Whether the key runs no GraphQL document but those registered with the server.", default=False
    )
    rate_limit: int | None = integer(
        "Requests a minute that the key may make, besides what its workspace may; null for no limit of its own.",
        low=1,
        high=1_000_000,
        default=None,
    )
    created_by_id: int | None = former(
        "user", "The id of the member who made the key, also when he is removed.", default=None
    )


API_KEY = Resource(
    table=ApiKey,
    name="ApiKey",
    plural="apiKeys",
    description="A key of this workspace. The key itself was shown once, when it was made.",
    scope="api_keys",
    read=(("api_keys:manage",),),
    write=Writing(create=False, update=False, delete=False, requires=(("api_keys:manage",),)),
    links=(One("createdBy", "User", "created_by_id", "The member who made the key; null when he is removed."),),
)
