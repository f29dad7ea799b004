"""Recognises who asks by his credentials: cached, because the guard of each request's first statement checks it again.

Refuses keys that are unknown, revoked, expired or used from elsewhere, and members whom a key may not act for.
"""

import hashlib
import time
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from sqlalchemy import bindparam, or_, select

from app.access.address import is_within, parse_network
from app.access.credentials import Credentials, unknown_key
from app.access.dialect import DIALECTS
from app.access.guard import Guard
from app.access.keys import prefix
from app.access.membership import Memberships
from app.access.principal import Member, Principal
from app.access.roles import scopes_of
from app.access.scopes import expand
from app.access.tokens import Tokens
from app.errors import Forbidden, InsufficientScope, LeadgraphError, Unauthenticated
from app.store.dialect import dialect_named
from app.store.identity import IdCodec
from app.store.reading import Database, Reading, Row, Statement
from app.store.types import BigInt, Kind

_ON_BEHALF = "users:impersonate"

Place: TypeAlias = tuple[str, bytes, str | None]
"""A kind of credentials, the SHA-256 of their text, which itself is not kept, and the id of the member acted for."""


class Principals:
    """The principals of a process. Bounded memory; `forget` whom the guard of a statement found changed."""

    def __init__(
        self,
        database: Database,
        guard: Guard,
        ids: IdCodec,
        numbers: dict[str, int],
        size: int,
        *,
        tokens: Tokens,
        plans: frozenset[str],
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._plans = plans  # with which keys work (S5-2)
        self._memberships = Memberships(dialect_named(database.name), guard, ids, numbers, plans)
        self._ids = ids
        self._numbers = numbers
        self._size = size
        self._cache: OrderedDict[Place, Principal] = OrderedDict()
        self._statements = _Statements(database.name, guard)
        self.hits = self.misses = 0

    async def recognise(self, credentials: Credentials, address: str) -> Principal:
        """Whose credentials these are.

        `Unauthenticated` (UNKNOWN, REVOKED, EXPIRED) or `Forbidden` (API_DISABLED, PLAN_REQUIRED, SANDBOX_DISABLED,
        IP_NOT_ALLOWED, WRONG_WORKSPACE). Forbidden, too, when the key may act for nobody: `InsufficientScope`.
        """
        place = _place(credentials)
        found = self._cache.get(place)
        if found is not None and _refusal(found, address) is None:
            self.hits += 1
            return found
        self.misses += 1
        # What is kept of a key never refuses it: the guard, which would find it changed, is not asked then.
        found = self._cache[place] = await self._database.read(await self._reading(credentials))
        if len(self._cache) > self._size:
            self._cache.popitem(last=False)
        if refusal := _refusal(found, address):
            raise refusal
        return found

    def __len__(self) -> int:
        return len(self._cache)

    def forget(self, credentials: Credentials) -> None:
        """Makes the next request with these credentials look again."""
        self._cache.pop(_place(credentials), None)

    async def _reading(self, credentials: Credentials) -> Reading[Principal]:
        if credentials.kind == "key":
            return self._load(credentials)
        if credentials.on_behalf_of is not None:
            raise _cannot_act_for_others()
        if credentials.kind == "cookie":
            return self._memberships.of_cookie(credentials.text)
        return self._memberships.of_token(await self._tokens.verify(credentials.text))

    def _load(self, credentials: Credentials) -> Reading[Principal]:
        digest = hashlib.sha256(credentials.text.encode()).hexdigest()
        rows = yield Statement(self._statements.key, [digest, digest])
        if not rows:
            raise unknown_key()
        found = dict(zip(self._statements.of_key, rows[0], strict=True))
        principal = self._of_key(found, prefix(credentials.text), rotated=found["key_hash"] != digest)
        if DIALECTS[principal.dialect].acts_as_creator and found["created_by_id"] is not None:
            creator = found["created_by_id"]
            rows = yield Statement(self._statements.creator, [creator, creator, principal.workspace_id])
            if not rows:  # with him goes what narrowed the key
                message = f"The key {principal.prefix}… acts for who made it, and he is no member any more."
                raise Unauthenticated(message, reason="REVOKED")
            principal = self._acting_for(principal, rows[0])
        if credentials.on_behalf_of is not None:
            if _ON_BEHALF not in principal.scopes:
                raise _cannot_act_for_others()
            user_id = self._ids.key(self._numbers["User"], credentials.on_behalf_of)
            rows = yield Statement(self._statements.member, [user_id, principal.workspace_id])
            if not rows:  # another workspace's member is told like nobody's id (S4-18)
                message = "X-On-Behalf-Of names no member of the key's workspace."
                raise Forbidden(message, reason="WRONG_WORKSPACE")
            principal = self._acting_for(principal, rows[0])
        return principal

    def _acting_for(self, principal: Principal, row: Row) -> Principal:
        """The key as it acts for a member: with what both may do (S4-15, S4-16, X25)."""
        user_id, version, name, email, role, developer = row
        member = Member(self._ref("User", user_id), name, email, role, bool(developer))
        scopes = principal.scopes & scopes_of(member.role, developer=member.developer)
        return replace(principal, user_id=user_id, user_version=version, member=member, scopes=scopes)

    def _of_key(self, found: dict[str, Any], prefix: str, *, rotated: bool) -> Principal:
        """The principal of a row; `rotated` if the key that was sent is the one from before its last rotation."""
        if found["state"] != "active":
            raise Unauthenticated(f"The key {prefix}… has been revoked; create a new one.", reason="REVOKED")
        if not found["api_enabled"]:
            raise Forbidden("The API is switched off for this workspace.", reason="API_DISABLED")
        if found["plan"] not in self._plans:
            message = f"Keys do not work with the plan of this workspace, {found['plan']}."
            raise Forbidden(message, reason="PLAN_REQUIRED")
        # X4: an isolated test key works in the paired sandbox, so that no other table needs a mode.
        isolated = (found["mode"], found["test_key_policy"]) == ("test", "isolated")
        workspace = "sandbox" if isolated else "home"
        if found[f"{workspace}_id"] is None or (found["mode"] == "test" and not found["sandbox_enabled"]):
            raise Forbidden("The workspace of this test key has no sandbox.", reason="SANDBOX_DISABLED")
        granted = tuple(orjson.loads(found["scopes"]))
        # An overlap does not outlast the expiry, and no key that is made in it outlives the overlap.
        ends = found["previous_until"] if rotated else found["expires_at"]
        return Principal(
            home_id=found["home_id"],
            home_version=found["home_version"],
            workspace_id=found[f"{workspace}_id"],
            workspace_ref=self._ref("Workspace", found[f"{workspace}_id"]),
            workspace_name=found[f"{workspace}_name"],
            workspace_slug=found[f"{workspace}_slug"],
            plan=found["plan"],
            dialect=found["dialect"],
            test_key_policy=found["test_key_policy"],
            response_profile=found["response_profile"],
            enterprise_rate=found["enterprise_rate"],
            name=found["name"],
            scopes=expand(granted),
            granted=granted,
            mode=found["mode"],
            key_id=found["key_id"],
            key_version=found["key_version"],
            prefix=prefix,
            rotated=rotated,
            expires_at=ends,
            expires_timestamp=datetime.fromisoformat(ends).timestamp() if ends else None,
            rate_limit=found["rate_limit"],
            allowed_ips=tuple(map(parse_network, orjson.loads(found["allowed_ips"]))),
            registered_documents_only=bool(found["registered_documents_only"]),
        )

    def _ref(self, noun: str, key: int) -> str:
        return self._ids.encode(self._ids.base(self._numbers[noun]) + key)


class _Statements:
    """What is asked of the database, compiled once."""

    def __init__(self, dialect_name: str, guard: Guard) -> None:
        dialect = dialect_named(dialect_name)
        sandboxes = guard.workspaces.alias("sandbox")
        key, home, sandbox, user = guard.keys.c, guard.workspaces.c, sandboxes.c, guard.users.c
        columns = {
            "key_id": key.id,
            "key_version": key.version,
            "name": key.name,
            "mode": key.mode,
            "key_hash": key.key_hash,
            "previous_until": dialect.output(key.previous_until, Kind.DATETIME),
            "scopes": key.scopes,
            "allowed_ips": key.allowed_ips,
            "rate_limit": key.rate_limit,
            "registered_documents_only": key.registered_documents_only,
            "expires_at": dialect.output(key.expires_at, Kind.DATETIME),
            "state": key.state,
            "created_by_id": key.created_by_id,
            "api_enabled": home.api_enabled,
            "plan": home.plan,
            "dialect": home.dialect,
            "test_key_policy": home.test_key_policy,
            "response_profile": home.response_profile,
            "enterprise_rate": home.rate_limit,
            "sandbox_enabled": home.sandbox_enabled,
            "home_id": home.id,
            "home_version": home.version,
            "home_name": home.name,
            "home_slug": home.slug,
            "sandbox_id": sandbox.id,
            "sandbox_name": sandbox.name,
            "sandbox_slug": sandbox.slug,
        }
        self.of_key = tuple(columns)
        by_hash = (
            select(*columns.values())
            .join_from(guard.keys, guard.workspaces, home.id == key.workspace_id)
            .outerjoin(sandboxes, sandbox.id == home.sandbox_id)
            .where(or_(key.key_hash == bindparam("digest"), key.previous_hash == bindparam("same")))
        )
        wanted, of_sandbox, workspace = (bindparam(name, type_=BigInt) for name in ("wanted", "twin_of", "workspace"))
        members = select(user.id, user.version, user.name, user.email, user.role, user.developer)
        in_workspace = members.where(user.id == wanted, user.workspace_id == workspace)
        creator = members.where(or_(user.id == wanted, user.twin_of == of_sandbox), user.workspace_id == workspace)
        self.creator = str(creator.compile(dialect=dialect.sqlalchemy))
        self.key = str(by_hash.compile(dialect=dialect.sqlalchemy))
        self.member = str(in_workspace.compile(dialect=dialect.sqlalchemy))


def _refusal(principal: Principal, address: str) -> LeadgraphError | None:
    """Why a key that stands may not be used now, or from there."""
    if principal.expires_timestamp is not None and time.time() >= principal.expires_timestamp:
        if principal.key_id is None:
            return Unauthenticated("The session token has expired; get a new one.", reason="EXPIRED")
        if principal.rotated:
            return Unauthenticated(f"The key {principal.prefix}… has been rotated; use the new one.", reason="REVOKED")
        return Unauthenticated(f"The key {principal.prefix}… expired at {principal.expires_at}.", reason="EXPIRED")
    if principal.allowed_ips and not is_within(address, principal.allowed_ips):
        return Forbidden(f"The key {principal.prefix}… may not be used from {address}.", reason="IP_NOT_ALLOWED")
    return None


def _cannot_act_for_others() -> InsufficientScope:
    message = f"Acting for a member needs a scope that the key does not have: {_ON_BEHALF}."
    return InsufficientScope(message, required=[_ON_BEHALF])


def _place(credentials: Credentials) -> Place:
    """Where a principal is cached, apart from all others: a cookie is no key, and acting for nobody no acting."""
    return credentials.kind, hashlib.sha256(credentials.text.encode()).digest(), credentials.on_behalf_of
