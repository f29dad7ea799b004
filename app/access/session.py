"""Sessions of members who have signed in: what proves one, and what is stored of it.

A secret is not stored, only its SHA-256. The refresh token of a session is `<name>.<secret>`: the name stays the same
as long as the session lives, the secret changes at each use. So a name with another secret than the stored one is a
token that was used before: two have it, and the session must end. A session in a cookie has the name alone.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from hmac import compare_digest

from sqlalchemy import Column, ForeignKey, Index, Table

from app.errors import Unauthenticated
from app.resource import Entity
from app.store.types import BigInt, Timestamp, varchar

COOKIE = "leadgraph_session"

SESSION = Table(
    "session",
    Entity.metadata,
    Column("handle", varchar(64), primary_key=True),  # SHA-256 of the name
    Column("secret_hash", varchar(64)),  # None: in a cookie, and never refreshed
    Column("user_id", BigInt, ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", BigInt, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("refreshed_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("ip", varchar(45), nullable=False),
    Column("user_agent", varchar(200), nullable=False),
    Index("ix_session_user", "user_id", "created_at"),
)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What renews a session, or, without a secret, what stands in a cookie."""

    name: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        return f"{self.name}.{self.secret}" if self.secret else self.name

    @property
    def handle(self) -> str:
        """What the session is found by."""
        return handle_of(self.name)

    @property
    def secret_hash(self) -> str | None:
        return handle_of(self.secret) if self.secret else None

    def renewed(self) -> "RefreshToken":
        """The token that takes its place."""
        return RefreshToken(self.name, secrets.token_urlsafe(32))

    def fits(self, secret_hash: str | None) -> bool:
        """Whether it is the one that a session has."""
        return bool(self.secret) and compare_digest(self.secret_hash or "", secret_hash or "")


def new_token(*, refreshable: bool) -> RefreshToken:
    """A token for a new session."""
    return RefreshToken(secrets.token_urlsafe(32), secrets.token_urlsafe(32) if refreshable else "")


def read_token(text: str) -> RefreshToken:
    """A refresh token as it was sent."""
    name, _, secret = text.partition(".")
    return RefreshToken(name, secret)


def handle_of(text: str) -> str:
    """What is stored of a random text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def session_over() -> Unauthenticated:
    """What is said to a token of a session that was ended, or that there never was."""
    return Unauthenticated("The session has ended; sign in again.", reason="REVOKED")
