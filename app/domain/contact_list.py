"""Lists of contacts: static ones hold what was put on them, dynamic ones what their filter finds."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlmodel import SQLModel

from app.resource import Choice, Many, One, Record, Resource, Through, Writing, choice, json_object, reference, text
from app.store.types import BigInt
from app.verb import UserErrorCode
from app.write.checking import Entry
from app.write.transaction import Transaction


class ListKind(Choice):
    """Who decides what is on the list."""

    STATIC = "static", "People and automations put contacts on it."
    DYNAMIC = "dynamic", "A filter decides; the list follows the contacts as they change."


class ContactList(Record, table=True):
    __tablename__ = "contact_list"
    __table_args__ = (
        Index("ix_contact_list_newest", "workspace_id", "created_at", "id"),
        Index("ix_contact_list_project", "project_id", "id"),
    )

    name: str = text("Name of the list.", max_length=200)
    description: str | None = text("What the list is for.", max_length=2000, default=None)
    kind: ListKind = choice(ListKind, "Static or dynamic, for good.", default=ListKind.STATIC, written="once")
    filter: dict[str, Any] | None = json_object(
        "The contact filter of a dynamic list, in the form of ContactFilter.",
        default=None,
        filter=False,
        filter_of="Contact",
    )
    project_id: int | None = reference("project", on_delete="SET NULL", default=None)


contact_list_member = Table(
    "contact_list_member",
    SQLModel.metadata,
    Column("list_id", BigInt, ForeignKey("contact_list.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("contact_id", BigInt, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Index("ix_contact_list_member_contact", "contact_id", "list_id"),
)


async def _check_filters(_tx: Transaction, entries: list[Entry]) -> None:
    for entry in entries:
        dynamic = entry.value("kind") == ListKind.DYNAMIC
        if dynamic and entry.value("filter") is None:
            entry.reject("filter", "A dynamic list needs a filter.", UserErrorCode.REQUIRED)
        if not dynamic and entry.value("filter") is not None:
            entry.reject("filter", "A static list has no filter: contacts are put on it.", UserErrorCode.NOT_ALLOWED)


CONTACT_LIST = Resource(
    table=ContactList,
    name="ContactList",
    plural="contactLists",
    description="A list of contacts.",
    scope="lists",
    write=Writing(prepare=_check_filters),
    links=(
        Many(
            "contacts",
            "Contact",
            "The contacts on the list.",
            through=Through(contact_list_member, "list_id", "contact_id"),
        ),
        One("project", "Project", "project_id", "The project the list belongs to.", group=True),
    ),
)
