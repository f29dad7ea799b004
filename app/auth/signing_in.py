"""Signs members in with e-mail address and password, keeps their sessions alive, and signs them out.

An address that nobody has is answered like a wrong password, in the same time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, or_, select

from app.access.credentials import Credentials
from app.access.passwords import Passwords
from app.access.recognition import Principals
from app.access.session import SESSION, RefreshToken, handle_of, new_token, read_token, session_over
from app.access.tokens import Tokens
from app.auth.attempts import Attempts, Client, folded
from app.domain.session_verbs import end_session, end_sessions, refresh_session, start_session
from app.domain.user import User
from app.domain.workspace import Workspace
from app.errors import BadRequest, Unauthenticated
from app.resource import table_of
from app.store.command import command_of
from app.store.dialect import dialect_named
from app.store.reading import Database, Reading, Statement
from app.store.types import now, unstorable, varchar
from app.store.writing import Writer
from app.write.event import write_events
from app.write.transaction import Actor, Transaction, Writes

_USER, _WORKSPACE = table_of(User).c, table_of(Workspace).c
_IS_HERE = exists().where(
    SESSION.c.user_id == _USER.id,
    SESSION.c.ip == bindparam("ip", type_=varchar(45)),
    SESSION.c.expires_at > bindparam("now", type_=SESSION.c.expires_at.type),
)
_ACCOUNTS = (
    select(_USER.id, _USER.password_hash, _WORKSPACE.id, _WORKSPACE.slug, _IS_HERE)
    .join_from(table_of(User), table_of(Workspace), _WORKSPACE.id == _USER.workspace_id)
    .where(or_(_USER.email == bindparam("email"), _USER.email == bindparam("folded_email")), _USER.twin_of.is_(None))
)
_STILL_IT = (
    select(_USER.id)
    .where(_USER.id == bindparam("user", type_=_USER.id.type), _USER.workspace_id == bindparam("workspace"))
    .where(_USER.password_hash == bindparam("hash"))
    .with_for_update(read=True)
)
_LOCKED_SESSION = (
    select(SESSION.c.user_id, SESSION.c.workspace_id, SESSION.c.secret_hash, SESSION.c.expires_at)
    .where(SESSION.c.handle == bindparam("session", type_=varchar(64)))
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Started:
    """A session that has begun, or goes on."""

    token: RefreshToken
    user_id: int
    workspace_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Account:
    user_id: int
    password_hash: str | None
    workspace_id: int
    slug: str
    is_here: bool  # signed in from the same address


class SigningIn:
    """What signs in and out; `close` it in the end."""

    def __init__(
        self,
        database: Database,
        writes: Writes,
        principals: Principals,
        tokens: Tokens,
        attempts: Attempts,
        *,
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._writes = writes
        self._principals = principals
        self._tokens = tokens
        self._attempts = attempts
        self._lifetime = lifetime
        self._passwords = Passwords()

    async def sign_in(
        self, email: str, password: str, workspace: str | None, client: Client, *, refreshable: bool = True
    ) -> Started:
        """A new session; without `refreshable` its token is for a cookie.

        `Unauthenticated` as SIGN_IN_FAILED, whatever was wrong; `RateLimited` after too many attempts.
        """
        account = await self._account(email, workspace, client)
        await self._attempts.slow_down(email, client, known=account is not None and account.is_here)
        stored = account.password_hash if account else None
        if not await self._passwords.is_right(password, stored) or account is None:
            if account is not None:
                self._attempts.note_failure(account.workspace_id, account.user_id, client)
            raise _refused(workspace)
        token = new_token(refreshable=refreshable)

        async def start(tx: Transaction) -> datetime:
            if not await tx.execute(_STILL_IT, {"user": account.user_id, "hash": stored}):
                raise _refused(workspace)  # the password was changed meanwhile, or the member removed
            return await start_session(
                tx, account.user_id, token, lifetime=self._lifetime, ip=client.ip, user_agent=client.user_agent
            )

        expires_at = await self._write(account.workspace_id, account.user_id, client, start)
        return Started(token, account.user_id, account.workspace_id, expires_at)

    async def refresh(self, text: str, client: Client) -> Started:
        """Goes on with a session, under a new refresh token: one that was used before ends the session."""
        token = read_token(text)

        async def work(writer: Writer) -> Started | None:
            rows = await writer.execute(_LOCKED_SESSION, {"session": token.handle})
            if not rows or rows[0][2] is None or rows[0][3] <= now():
                return None
            user_id, workspace_id, secret_hash, expires_at = rows[0]
            tx = self._transaction(writer, workspace_id, user_id, client)
            if token.fits(secret_hash):
                renewed = await refresh_session(tx, token, ip=client.ip)
                return Started(renewed, user_id, workspace_id, expires_at)
            await end_session(tx, user_id, token.handle, ip=client.ip, replayed=True)
            await write_events(tx)
            return None

        started = await self._database.write(work)
        if started is None:
            raise session_over()
        return started

    async def sign_out(self, credentials: Credentials, client: Client, *, everywhere: bool = False) -> None:
        """Ends the session of some credentials; or all of the member's, and what a provider has issued until now."""
        self._principals.forget(credentials)  # who signs out must be signed in at this moment
        principal = await self._principals.recognise(credentials, client.ip)
        user_id = principal.user_id
        if user_id is None or principal.key_id is not None:
            raise BadRequest("A key has no session to end; it can be revoked.")
        handle = None if everywhere else await self._handle(credentials)

        async def end(tx: Transaction) -> None:
            if handle is None:
                await end_sessions(tx, user_id, ip=client.ip)
            else:
                await end_session(tx, user_id, handle, ip=client.ip)

        await self._write(principal.home_id, user_id, client, end)

    def access_token(self, started: Started) -> str:
        """A token for `Authorization: Bearer`, for the next minutes of a session."""
        id_of = self._writes.ids
        number = {name: self._writes.catalog.nouns[name].number for name in ("User", "Workspace")}
        return self._tokens.issue(
            session=started.token.handle,
            user=id_of.encode(id_of.base(number["User"]) + started.user_id),
            workspace=id_of.encode(id_of.base(number["Workspace"]) + started.workspace_id),
        )

    async def close(self) -> None:
        """Waits for what is to be told."""
        await self._attempts.close()
        self._passwords.close()

    async def _handle(self, credentials: Credentials) -> str | None:
        """What the session is found by; an identity provider's token is of none."""
        if credentials.kind == "cookie":
            return handle_of(credentials.text)
        return (await self._tokens.verify(credentials.text)).session

    async def _account(self, email: str, workspace: str | None, client: Client) -> _Account | None:
        """The one account that is meant; who has several must name a workspace."""
        if len(email) > 254 or unstorable(email):
            return None
        given = {"email": email, "folded_email": folded(email), "ip": client.ip[:45], "now": now()}
        rows = await self._database.read(self._find(_ACCOUNTS, given))
        accounts = [_Account(*row) for row in rows if workspace is None or row[3] == workspace]
        return accounts[0] if len(accounts) == 1 else None

    def _find(self, statement: Any, given: dict[str, Any]) -> Reading[list[tuple[Any, ...]]]:
        command = command_of(statement, dialect_named(self._database.name))
        rows: Sequence[Any] = yield Statement(command.text, command.values(given))
        return command.rows(rows)

    def _transaction(self, writer: Writer, workspace_id: int, user_id: int, client: Client) -> Transaction:
        actor = Actor(workspace_id, user_id=user_id, request_id=client.request_id)
        return Transaction(self._writes, writer, actor)

    async def _write(self, workspace_id: int, user_id: int, client: Client, verb: Callable[[Transaction], Any]) -> Any:
        async def work(writer: Writer) -> Any:
            tx = self._transaction(writer, workspace_id, user_id, client)
            done = await verb(tx)
            await write_events(tx)
            return done

        return await self._database.write(work)


def _refused(workspace: str | None) -> Unauthenticated:
    hint = "" if workspace else " Whoever belongs to several workspaces names one."
    message = f"The e-mail address and the password do not belong together.{hint}"
    return Unauthenticated(message, reason="SIGN_IN_FAILED")
