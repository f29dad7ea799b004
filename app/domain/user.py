"""People who belong to a workspace; one row per workspace, so that nothing of one shows in another."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint

from app.resource import Choice, Many, One, Record, Resource, choice, flag, private, text
from app.store.types import BigInt, Kind, Timestamp, varchar
from app.write.rules import email


class Role(Choice):
    """What a member may do in the product."""

    OWNER = "owner", "Everything, the workspace's end included."
    ADMIN = "admin", "Everything but the workspace's end."
    MEMBER = "member", "The daily work."


class User(Record, table=True):
    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("workspace_id", "email"), Index("ix_user_email", "email"))

    email: str = text("E-mail address, unique in the workspace.", max_length=254, rule=email)
    name: str = text("Full name.", max_length=200)
    role: Role = choice(Role, "What the member may do.", default=Role.MEMBER)
    developer: bool = flag("Whether the member may manage API keys.", default=False)
    password_hash: str | None = private(
        varchar(200), "Argon2 hash of the password; without one nobody signs in with a password.", default=None
    )
    signed_out_at: datetime | None = private(
        Timestamp,
        "Tokens that an identity provider has issued until then count no more.",
        kind=Kind.DATETIME,
        default=None,
    )
    twin_of: int | None = private(
        BigInt, "The member whose copy in a sandbox this is; a copy signs in nowhere.", default=None
    )


USER = Resource(
    table=User,
    name="User",
    plural="users",
    description="A member of the workspace.",
    scope="workspace",
    links=(
        One("workspace", "Workspace", "workspace_id", "The workspace this member belongs to."),
        Many("assignedContacts", "Contact", "Contacts assigned to this member.", column="assigned_to_id"),
        Many("tasks", "Task", "Tasks assigned to this member.", column="assignee_id"),
    ),
)
