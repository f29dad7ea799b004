"""Who asks: a key, a member who is signed in, or a key on behalf of a member."""

from dataclasses import dataclass
from datetime import datetime

from app.access.address import Network


@dataclass(frozen=True, slots=True)
class Authority:
    """What a key that somebody makes may have at most: a key never exceeds who makes it (HARDENING 5)."""

    scopes: frozenset[str]
    mode: str = "live"
    expires_at: datetime | None = None
    allowed_ips: tuple[Network, ...] = ()  # none: from everywhere
    registered_documents_only: bool = False
    rate_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a workspace, as a principal shows him."""

    ref: str  # the id that the API shows
    name: str
    email: str
    role: str
    developer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, what he may do, and where. It has a key, or a member, or both: the member whom the key acts for.

    The home is the workspace that the key or member belongs to, under whose plan, dialect and policies it stands; an
    isolated test key works in that one's sandbox (X4).
    """

    home_id: int
    home_version: int
    workspace_id: int
    workspace_ref: str
    workspace_name: str
    workspace_slug: str
    plan: str
    dialect: str
    test_key_policy: str
    name: str
    scopes: frozenset[str]
    granted: tuple[str, ...]
    response_profile: str = "envelope"
    enterprise_rate: str | None = None  # in that plan, instead of the server's
    mode: str = "live"
    key_id: int | None = None
    key_version: int | None = None
    prefix: str | None = None
    rate_limit: int | None = None  # of the key, requests a minute
    rotated: bool = False  # whether it has a successor, beside which it works for a while
    expires_at: str | None = None
    expires_timestamp: float | None = None
    allowed_ips: tuple[Network, ...] = ()
    registered_documents_only: bool = False
    user_id: int | None = None
    user_version: int | None = None
    member: Member | None = None

    @property
    def authority(self) -> Authority:
        """What keys it makes may have at most."""
        return Authority(
            scopes=self.scopes,
            mode=self.mode,
            expires_at=datetime.fromisoformat(self.expires_at) if self.expires_at else None,
            allowed_ips=self.allowed_ips,
            registered_documents_only=self.registered_documents_only,
            rate_limit=self.rate_limit,
        )
