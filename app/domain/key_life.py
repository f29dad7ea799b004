"""The life of a key: made, renamed, given other scopes, rotated, revoked, taken back into use, deleted.

The key itself leaves this server once, in the payload of the verb that made it; only its hash is kept, no event tells
it, and no retry is told it again. Nobody makes a key that can do more than he can, or gets hold of one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.access.coverage import exceeding, widest
from app.access.keys import hash_key, mint, prefix
from app.access.scopes import canonical
from app.domain.api_key import KeyState
from app.domain.key_home import Home, home_of
from app.domain.sandbox import ensure_sandbox
from app.verb import Outcome, Problem, Rejected, Secret, UserErrorCode
from app.write import records
from app.write.checking import Entry
from app.write.standard import existing, refuse_any
from app.write.transaction import Transaction

PLAYGROUND_NAME = "Docs playground (temp)"
_PLAYGROUND_LIFE = timedelta(hours=1)
_PLAYGROUND_SCOPES = tuple(f"contacts:{verb}" for verb in ("read", "create", "update", "delete"))
_MOST_NETWORKS = 100
_POWERS = ("scopes", "allowed_ips", "registered_documents_only", "rate_limit")
"""What makes a key more than a name."""


async def create_api_key(tx: Transaction, input: Entry) -> Outcome:
    home = await home_of(tx, "input")
    label = input.values.pop("label", None)
    if label is not None and input.values.setdefault("name", label) != label:
        input.reject("label", "label is another word for name: give one of them.", UserErrorCode.INVALID)
    if "name" not in input.values:
        input.reject("name", "A key needs a name.", UserErrorCode.REQUIRED)
    if "scopes" not in input.values and home.dialect.default_scopes is not None:
        input.values["scopes"] = _default_scopes(tx, home)
    return await _create(tx, home, input)


async def create_playground_key(tx: Transaction, scopes: list[str] | None = None) -> Outcome:
    """X27: one hour, and as far as who asks for it may manage contacts himself."""
    home, authority = await home_of(tx, "scopes"), tx.actor.authority
    if scopes is None:
        scopes = [scope for scope in _PLAYGROUND_SCOPES if authority is None or scope in authority.scopes]
    ends = tx.now + _PLAYGROUND_LIFE
    if authority is not None and authority.expires_at is not None:
        ends = min(ends, authority.expires_at)
    values = {"name": PLAYGROUND_NAME, "scopes": scopes, "expires_at": ends, "temporary": True}
    if authority is None or authority.mode == "live":
        values["mode"] = home.playground_mode
    return await _create(tx, home, Entry((), values, {}))


async def _create(tx: Transaction, home: Home, key: Entry) -> Outcome:
    authority, values = tx.actor.authority, key.values
    inherited: dict[str, Any]
    if authority is None:
        inherited = {
            "mode": "live",
            "expires_at": None,
            "allowed_ips": [],
            "registered_documents_only": False,
            "rate_limit": None,
        }
    else:
        inherited = {
            "mode": authority.mode,
            "expires_at": authority.expires_at,
            "allowed_ips": list(map(str, authority.allowed_ips)),
            "registered_documents_only": authority.registered_documents_only,
            "rate_limit": authority.rate_limit,
        }
    values = key.values = {"scopes": [], **inherited, **values}
    _check_powers(key, home)
    _check_expiry(tx, key)
    if values["mode"] == "test" and not home.sandbox_enabled:
        told = "This workspace has no sandbox, so it has no test keys."
        key.reject("mode", told, UserErrorCode.SANDBOX_DISABLED)
    _check_authority(tx, key)
    refuse_any([key])
    if values["mode"] == "test":
        await ensure_sandbox(tx)
    text = mint(home.dialect.name, values["mode"])
    values |= {"prefix": prefix(text), "key_hash": hash_key(text), "created_by_id": tx.actor.user_id}
    await records.create(tx, tx.noun("ApiKey"), [key])
    return {"apiKey": key.id, "key": Secret(text)}


async def update_api_key(tx: Transaction, id: int, input: Entry, if_version: int | None) -> Outcome:
    before = await _other_key(tx, id, if_version)
    home = await home_of(tx)
    input.stand_for(before)
    _check_powers(input, home)
    if any(input.value(power) != before[power] for power in _POWERS):
        _check_control(tx, before)
        _check_authority(tx, input)
    refuse_any([input])
    await records.update_all(tx, tx.noun("ApiKey"), [input])
    return {"apiKey": id}


async def rotate_api_key(
    tx: Transaction, id: int, overlap: int, expires_at: datetime | None, if_version: int | None
) -> Outcome:
    before = await _other_key(tx, id, if_version)
    home = await home_of(tx)
    if before["state"] != KeyState.ACTIVE or before["temporary"]:
        told = "A playground key is not rotated: make another." if before["temporary"] else "The key has been revoked."
        raise Rejected(Problem(("id",), told, UserErrorCode.NOT_ALLOWED))
    _check_control(tx, before)
    key = Entry((), {"expires_at": expires_at or before["expires_at"]}, {"expires_at": "expiresAt"})
    key.stand_for(before)
    _check_expiry(tx, key)
    _check_authority(tx, key)
    refuse_any([key])
    text = mint(home.dialect.name, before["mode"])
    until = tx.now + timedelta(seconds=overlap)
    key.values |= {
        "prefix": prefix(text),
        "key_hash": hash_key(text),
        "previous_hash": before["key_hash"],
        "previous_until": min(until, before["expires_at"] or until),
    }
    await records.update_all(tx, tx.noun("ApiKey"), [key], event="rotated")
    return {"apiKey": id, "key": Secret(text)}


async def revoke_api_key(tx: Transaction, key: Mapping[str, Any]) -> Mapping[str, Any]:
    _check_reach(tx, key)
    return {"state": KeyState.REVOKED.value}


async def reactivate_api_key(tx: Transaction, key: Mapping[str, Any]) -> Mapping[str, Any]:
    home = await home_of(tx)
    _check_reach(tx, key)
    if key["state"] == KeyState.ACTIVE:
        return {}
    if home.revocation_policy != "reversible":
        told = "A revoked key of this workspace never works again: create a new one."
        raise Rejected(Problem(("id",), told, UserErrorCode.REVOCATION_PERMANENT))
    _check_control(tx, key)
    return {"state": KeyState.ACTIVE.value}


async def delete_api_key(tx: Transaction, id: int, if_version: int | None) -> Outcome:
    """X6: nothing of it is left but what the audit log tells."""
    noun = tx.noun("ApiKey")
    await records.delete_all(tx, noun, [await _other_key(tx, id, if_version)])
    return {"deletedId": tx.id_of(noun, id)}


async def _other_key(tx: Transaction, id: int, if_version: int | None) -> Mapping[str, Any]:
    before = await existing(tx, tx.noun("ApiKey"), id, if_version=if_version)
    _check_reach(tx, before)
    return before


def _check_reach(tx: Transaction, key: Mapping[str, Any]) -> None:
    """Whoever has found a key cannot get rid of its owner with it, by rotating it for instance.

    And what is only tried out stops nothing that is live (X4).
    """
    if key["id"] == tx.actor.key_id:
        told = "A key does not change itself: another one does, or a member, or the command line."
        raise Rejected(Problem(("id",), told, UserErrorCode.NOT_ALLOWED))
    if tx.actor.is_testing and key["mode"] != "test":
        told = "A test key has power over test keys only."
        raise Rejected(Problem(("id",), told, UserErrorCode.EXCEEDS_AUTHORITY))


def _default_scopes(tx: Transaction, home: Home) -> list[str]:
    """The dialect's; where these are everything, all that who makes the key has himself."""
    scopes, authority = list(home.dialect.default_scopes or ()), tx.actor.authority
    return widest(authority.scopes) if scopes == ["*"] and authority is not None else scopes


def _check_powers(key: Entry, home: Home) -> None:
    """Brings scopes to their documented names (X9), and looks at them and at the networks."""
    if "scopes" in key.values:
        scopes = key.values["scopes"] = list(dict.fromkeys(map(canonical, key.values["scopes"])))
        if not scopes and home.dialect.default_scopes is None:
            key.reject("scopes", "Name at least one scope.", UserErrorCode.REQUIRED)
    if len(key.values.get("allowed_ips", ())) > _MOST_NETWORKS:
        key.reject("allowed_ips", f"A key has {_MOST_NETWORKS} networks at most.", UserErrorCode.TOO_LONG)


def _check_expiry(tx: Transaction, key: Entry) -> None:
    ends = key.value("expires_at")
    if ends is not None and ends <= tx.now:
        key.reject("expires_at", "The expiry of a key lies in the future.", UserErrorCode.OUT_OF_RANGE)


def _check_authority(tx: Transaction, key: Entry) -> None:
    """Notes what of a key, as it is going to be, goes beyond who makes it."""
    if tx.actor.authority is not None:
        columns = {name: key.value(name) for name in (*_POWERS, "mode", "expires_at")}
        for column, told in exceeding(tx.actor.authority, columns):
            key.reject(column, told, UserErrorCode.EXCEEDS_AUTHORITY)


def _check_control(tx: Transaction, key: Mapping[str, Any]) -> None:
    """`Rejected` where a key can do more than who wants to rule over it."""
    if tx.actor.authority is not None:
        problems = [
            Problem(("id",), told, UserErrorCode.EXCEEDS_AUTHORITY) for _, told in exceeding(tx.actor.authority, key)
        ]
        if problems:
            raise Rejected(*problems)
