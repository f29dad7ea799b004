"""Recognises members who are signed in: by a session of ours, or by what an identity provider says of them.

Managing keys takes more than the member's permission: the workspace's API must be switched on (S3-32).
"""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Select, bindparam, or_, select

from app.access.guard import Guard
from app.access.principal import Member, Principal
from app.access.roles import scopes_of
from app.access.session import SESSION, handle_of, session_over
from app.access.tokens import Claims
from app.errors import Unauthenticated
from app.store.dialect import Dialect
from app.store.identity import IdCodec
from app.store.reading import Reading, Statement
from app.store.types import Kind, unstorable, varchar

Found: TypeAlias = dict[str, Any]


class Memberships:
    """Makes principals of members. `plans` are those with which keys work, and can be managed."""

    def __init__(
        self, dialect: Dialect, guard: Guard, ids: IdCodec, numbers: dict[str, int], plans: frozenset[str]
    ) -> None:
        self._ids = ids
        self._numbers = numbers
        self._plans = plans
        user, home, session = guard.users.c, guard.workspaces.c, SESSION.c
        columns = {
            "user_id": user.id,
            "user_version": user.version,
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "developer": user.developer,
            "signed_out_at": dialect.output(user.signed_out_at, Kind.DATETIME),
            "home_id": home.id,
            "home_version": home.version,
            "home_name": home.name,
            "home_slug": home.slug,
            "plan": home.plan,
            "dialect": home.dialect,
            "test_key_policy": home.test_key_policy,
            "response_profile": home.response_profile,
            "enterprise_rate": home.rate_limit,
            "api_enabled": home.api_enabled,
        }
        members = select(*columns.values()).join_from(guard.users, guard.workspaces, home.id == user.workspace_id)
        in_session = members.add_columns(dialect.output(session.expires_at, Kind.DATETIME))
        by_session = in_session.join(SESSION, session.user_id == user.id).where(session.handle == bindparam("handle"))
        given, folded = (bindparam(name, type_=varchar(254)) for name in ("given", "folded"))
        by_email = members.where(or_(user.email == given, user.email == folded), user.twin_of.is_(None))
        self._columns = tuple(columns)
        self._by_session = _compiled(by_session, dialect)
        # A refresh token has a name, too, which would be as good for ever as its secret is once.
        self._by_cookie = _compiled(by_session.where(session.secret_hash.is_(None)), dialect)
        self._by_email = _compiled(by_email, dialect)

    def of_token(self, claims: Claims) -> Reading[Principal]:
        """The member whom a token was issued for; `Unauthenticated` as REVOKED, or UNKNOWN."""
        if claims.session is not None:
            return (yield from self._of_session(self._by_session, claims.session, claims.expires_at))
        email = claims.email or ""
        rows = (
            [] if len(email) > 254 or unstorable(email) else (yield Statement(self._by_email, [email, email.lower()]))
        )
        members = [dict(zip(self._columns, row, strict=True)) for row in rows]
        members = [each for each in members if claims.workspace in (None, each["home_slug"])]
        if len(members) != 1:
            raise Unauthenticated("The session token is of nobody who is a member here.", reason="UNKNOWN")
        [member] = members
        if member["signed_out_at"] and claims.issued_at <= _seconds(member["signed_out_at"]):
            raise session_over()
        return self._principal(member, claims.expires_at)

    def of_cookie(self, text: str) -> Reading[Principal]:
        """The member whose session a cookie holds; `Unauthenticated` as REVOKED."""
        return self._of_session(self._by_cookie, handle_of(text), None)

    def _of_session(self, statement: str, handle: str, until: float | None) -> Reading[Principal]:
        rows = yield Statement(statement, [handle])
        if not rows:
            raise session_over()
        *found, expires_at = rows[0]
        ends = _seconds(expires_at)
        return self._principal(
            dict(zip(self._columns, found, strict=True)), ends if until is None else min(until, ends)
        )

    def _principal(self, found: Found, expires: float) -> Principal:
        member = Member(
            self._ref("User", found["user_id"]),
            found["name"],
            found["email"],
            found["role"],
            bool(found["developer"]),
        )
        may_have_keys = bool(found["api_enabled"]) and found["plan"] in self._plans
        scopes = scopes_of(member.role, developer=member.developer and may_have_keys)
        return Principal(
            home_id=found["home_id"],
            home_version=found["home_version"],
            workspace_id=found["home_id"],
            workspace_ref=self._ref("Workspace", found["home_id"]),
            workspace_name=found["home_name"],
            workspace_slug=found["home_slug"],
            plan=found["plan"],
            dialect=found["dialect"],
            test_key_policy=found["test_key_policy"],
            response_profile=found["response_profile"],
            enterprise_rate=found["enterprise_rate"],
            name=member.name,
            scopes=scopes,
            granted=tuple(sorted(scopes)),
            expires_timestamp=expires,
            user_id=found["user_id"],
            user_version=found["user_version"],
            member=member,
        )

    def _ref(self, noun: str, key: int) -> str:
        return self._ids.encode(self._ids.base(self._numbers[noun]) + key)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _compiled(statement: Select[Any], dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect.sqlalchemy))
