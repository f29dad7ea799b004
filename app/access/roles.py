"""What a member of a workspace may do: the scopes of a role, and what the developer permission adds (S3-31)."""

from functools import cache

from app.access.scopes import SCOPES, expand

_KEYS, _IMPERSONATION, _SCHEMA = "api_keys:manage", "users:impersonate", "schema:read"
_OF_DEVELOPERS = frozenset({_KEYS, _SCHEMA, "audit_log:read"})
_DAILY = (
    *(f"{each}:write" for each in ("contacts", "messages", "projects", "lists", "tags", "pipelines", "tasks")),
    "automations:write",
    "companies:write",
    "analytics:read",
    "sender_profiles:read",
    "workspace:read",
)


@cache
def scopes_of(role: str, *, developer: bool) -> frozenset[str]:
    """The scopes of a member, spelled out. Managing keys takes the permission, whatever the role is.

    Nobody has `*`: with it a member's key could do what the member cannot. Keys that act for others (S4-16) come from
    an owner, who may do all that they could do.
    """
    scopes = expand(_DAILY) if role == "member" else frozenset(SCOPES) - {"*", _KEYS, _IMPERSONATION}
    if not developer:
        return scopes
    return scopes | _OF_DEVELOPERS | ({_IMPERSONATION} if role == "owner" else frozenset())
