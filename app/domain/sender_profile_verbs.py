"""Using accounts and holding them back, and which of them share the sending of a pool."""

from sqlalchemy import bindparam, select

from app.domain.sender_profile import SENDER_POOL, SENDER_PROFILE, SenderProfile, SenderStatus
from app.resource import table_of
from app.store.types import BigInt, Kind
from app.verb import Given, Outcome, Shown, Verb
from app.write.checking import Entry
from app.write.records import find, update_all
from app.write.standard import existing, subject
from app.write.state import becomes, state_verb
from app.write.transaction import Transaction

_PROFILES = table_of(SenderProfile)
_MEMBERS = select(_PROFILES.c.id).where(
    _PROFILES.c.workspace_id == bindparam("workspace", type_=BigInt),
    _PROFILES.c.pool_id == bindparam("pool", type_=BigInt),
)


async def set_pool_members(tx: Transaction, pool_id: int, profile_ids: list[int]) -> Outcome:
    pools, profiles = tx.noun("SenderPool"), tx.noun("SenderProfile")
    pool = await existing(tx, pools, pool_id, path="poolId")
    old, new = {key for (key,) in await tx.execute(_MEMBERS, {"pool": pool_id})}, set(profile_ids)
    moving = await find(tx, profiles, old ^ new)
    entries = [
        Entry((), {"pool_id": pool_id if key in new else None}, {}, before=before, id=key)
        for key, before in moving.items()
    ]
    if await update_all(tx, profiles, entries):
        told = {name: [tx.id_of(profiles, key) for key in sorted(keys)] for name, keys in (("old", old), ("new", new))}
        entry = Entry((), {}, {}, before=pool, id=pool_id, changes={"profileIds": told})
        await update_all(tx, pools, [entry], event="members_changed")
    return {"senderPool": pool_id}


SENDER_PROFILE_VERBS = (
    state_verb(
        SENDER_PROFILE,
        "activateSenderProfile",
        "Lets a paused account send again; a disconnected one has to be connected first.",
        becomes("status", SenderStatus.ACTIVE, of=(SenderStatus.PAUSED,)),
        event="activated",
    ),
    state_verb(
        SENDER_PROFILE,
        "pauseSenderProfile",
        "Holds an account back.",
        becomes("status", SenderStatus.PAUSED, of=(SenderStatus.ACTIVE,)),
        event="paused",
    ),
    Verb(
        "setPoolMembers",
        "Says which accounts are in a pool: these and no others. An account leaves the pool that it was in.",
        SENDER_POOL.changing("update"),
        (
            subject(SENDER_POOL, "poolId", column="pool_id"),
            Given(
                "profileIds",
                Kind.ID,
                "All accounts of the pool.",
                required=True,
                nullable=False,
                many=True,
                refers_to="SenderProfile",
                column="profile_ids",
                most=1_000,
            ),
        ),
        (Shown("senderPool", "SenderPool", "The pool as it is now; null if it was refused."),),
        set_pool_members,
        events=("sender_pool.members_changed", "sender_profile.updated"),
    ),
)
