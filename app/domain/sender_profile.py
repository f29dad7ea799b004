"""Accounts that messages are sent from, and pools of them (X12). Their secrets are never readable."""

from sqlalchemy import Index

from app.domain.message import Channel
from app.resource import Choice, Many, One, Record, Resource, Writing, choice, integer, private, reference, text
from app.store.types import LongText
from app.write import rules
from app.write.checking import Entry
from app.write.rules import Broken
from app.write.transaction import Transaction


class SenderStatus(Choice):
    """Whether the account may be used."""

    ACTIVE = "active", "Messages are sent from it."
    PAUSED = "paused", "Held back by somebody."
    DISCONNECTED = "disconnected", "The provider lets nobody in: it has to be connected again."


class PoolStrategy(Choice):
    """How a pool picks the next account."""

    ROUND_ROBIN = "round_robin", "One account after the other."
    LEAST_USED = "least_used", "The one that has sent least today."
    RANDOM = "random", "Any of them, by chance."


class SenderPool(Record, table=True):
    __tablename__ = "sender_pool"
    __table_args__ = (Index("ix_sender_pool_newest", "workspace_id", "created_at", "id"),)

    name: str = text("Name of the pool.", max_length=100)
    strategy: PoolStrategy = choice(PoolStrategy, "How the next account is picked.", default=PoolStrategy.ROUND_ROBIN)


class SenderProfile(Record, table=True):
    __tablename__ = "sender_profile"
    __table_args__ = (
        Index("ix_sender_profile_newest", "workspace_id", "created_at", "id"),
        Index("ix_sender_profile_pool", "pool_id", "id"),
    )

    name: str = text("Name of the sender.", max_length=100)
    channel: Channel = choice(Channel, "What the account sends.", default=Channel.EMAIL, written="once")
    address: str = text("E-mail address, telephone number or handle, as its channel asks.", max_length=254)
    daily_limit: int = integer("Messages a day at most.", low=0, high=100_000, default=200)
    status: SenderStatus = choice(
        SenderStatus, "Whether the account may be used.", default=SenderStatus.ACTIVE, written="never"
    )
    credentials: str | None = private(
        LongText, "Secrets of the account: never readable through any surface.", default=None
    )
    pool_id: int | None = reference("sender_pool", on_delete="SET NULL", default=None)


_ADDRESSES = {Channel.EMAIL: rules.email, Channel.SMS: rules.phone, Channel.WHATSAPP: rules.phone}


async def _check_addresses(_tx: Transaction, entries: list[Entry]) -> None:
    for entry in entries:
        rule = _ADDRESSES.get(Channel(entry.value("channel") or Channel.EMAIL))
        if rule is not None and "address" in entry.values:
            try:
                rule(entry.values["address"])
            except Broken as broken:
                entry.reject("address", broken.message, broken.code)


SENDER_PROFILE = Resource(
    table=SenderProfile,
    name="SenderProfile",
    plural="senderProfiles",
    description="An account that messages are sent from.",
    scope="sender_profiles",
    write=Writing(prepare=_check_addresses),
    links=(
        One("pool", "SenderPool", "pool_id", "The pool the account belongs to.", group=True),
        Many("messages", "Message", "Messages sent from the account.", column="sender_profile_id"),
    ),
)

SENDER_POOL = Resource(
    table=SenderPool,
    name="SenderPool",
    plural="senderPools",
    description="Accounts that share the sending.",
    scope="sender_profiles",
    write=Writing(),
    links=(
        Many("profiles", "SenderProfile", "The accounts of the pool.", column="pool_id", few=True),
        Many("automations", "Automation", "The automations that send through the pool.", column="sender_pool_id"),
    ),
)
