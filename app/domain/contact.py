"""Contacts, which some products call leads (X11)."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint
from sqlmodel import SQLModel

from app.domain.contact_list import contact_list_member
from app.domain.custom_field import CustomFieldEntity
from app.domain.custom_field_values import values_checked
from app.domain.message import MESSAGE_MEASURES
from app.domain.stage_history import note_moves
from app.resource import (
    Choice,
    Many,
    One,
    Record,
    Resource,
    Summary,
    Through,
    Writing,
    choice,
    integer,
    json_object,
    private,
    reference,
    text,
)
from app.store.types import BigInt, LongText, Timestamp
from app.write import rules


class ContactSource(Choice):
    """How the contact came in."""

    WEB = "web", "A form on a web page."
    REFERRAL = "referral", "Somebody recommended it."
    API = "api", "A program, through this API."
    IMPORT = "import", "A file that was imported."
    MANUAL = "manual", "Somebody entered it by hand."


class ContactStatus(Choice):
    """How far the contact is qualified."""

    NEW = "new", "Nobody has been in touch yet."
    CONTACTED = "contacted", "Somebody has been in touch."
    QUALIFIED = "qualified", "Worth pursuing."
    UNQUALIFIED = "unqualified", "Not worth pursuing."


class DuplicateStatus(Choice):
    """What the duplicate detection says of the contact; it runs after creation."""

    UNCHECKED = "unchecked", "Not looked at yet."
    UNIQUE = "unique", "No other contact is like it."
    SUSPECTED = "suspected", "It may be the same person as another contact."
    DUPLICATE = "duplicate", "It is the same person as another contact."


class Contact(Record, table=True):
    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_newest", "workspace_id", "created_at", "id"),
        Index("ix_contact_email", "workspace_id", "email"),
        UniqueConstraint("workspace_id", "external_id"),
        Index("ix_contact_status_score", "workspace_id", "status", "score"),
        Index("ix_contact_company", "company_id", "id"),
        Index("ix_contact_stage", "stage_id", "id"),
        Index("ix_contact_assigned_to", "assigned_to_id", "id"),
        Index("ix_contact_project", "project_id", "id"),
    )

    email: str | None = text("E-mail address.", max_length=254, default=None, rule=rules.email)
    first_name: str | None = text("First name.", max_length=100, default=None)
    last_name: str | None = text("Last name.", max_length=100, default=None)
    phone: str | None = text("Telephone number as it was sent.", max_length=50, default=None, rule=rules.phone)
    source: ContactSource = choice(ContactSource, "How the contact came in.", default=ContactSource.API)
    status: ContactStatus = choice(ContactStatus, "How far the contact is qualified.", default=ContactStatus.NEW)
    score: int = integer("Lead score.", low=0, high=100, default=0)
    external_id: str | None = text("The contact's id in the system it was imported from.", max_length=200, default=None)
    custom_fields: dict[str, Any] = json_object(
        "Further values by key, given back as they were sent. An update changes the given keys; null removes a key."
    )
    duplicate_status: DuplicateStatus = choice(
        DuplicateStatus, "What the duplicate detection found.", default=DuplicateStatus.UNCHECKED, written="never"
    )
    company_id: int | None = reference("company", on_delete="SET NULL", default=None)
    stage_id: int | None = reference("stage", on_delete="SET NULL", default=None, event="stage_changed")
    project_id: int | None = reference("project", on_delete="SET NULL", default=None)
    assigned_to_id: int | None = reference(
        "user",
        on_delete="SET NULL",
        default=None,
        description="The id of the member it is assigned to.",
        event="assigned",
    )
    search_text: str = private(LongText, "What search looks in: name, e-mail, phone, folded.", default="")


contact_tag = Table(
    "contact_tag",
    SQLModel.metadata,
    Column("contact_id", BigInt, ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("tag_id", BigInt, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Index("ix_contact_tag_tag", "tag_id", "contact_id"),
)

merged_record = Table(
    "merged_record",
    SQLModel.metadata,
    Column("old_id", BigInt, primary_key=True, autoincrement=False),
    Column("new_id", BigInt, ForeignKey("contact.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", BigInt, ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    Column("merged_at", Timestamp(), nullable=False),
    Index("ix_merged_record_new", "new_id"),
)
"""Contacts that were merged into others: whoever asks for the old id gets the other, as long as that is there."""


CONTACT = Resource(
    table=Contact,
    name="Contact",
    plural="contacts",
    description="A person that the workspace markets or sells to; a lead in other products.",
    scope="contacts",
    merged=merged_record,
    write=Writing(
        soft=True,
        bulk=True,
        keys=("email", "external_id"),
        prepare=values_checked(CustomFieldEntity.CONTACT),
        done=note_moves,
    ),
    search=("first_name", "last_name", "email", "phone"),
    links=(
        One("company", "Company", "company_id", "The company the contact works for.", group=True),
        One("stage", "Stage", "stage_id", "Where the contact stands in its pipeline.", group=True),
        One("assignedTo", "User", "assigned_to_id", "The member the contact is assigned to.", group=True),
        One("project", "Project", "project_id", "The project the contact belongs to.", group=True),
        Many("tags", "Tag", "Tags on the contact.", through=Through(contact_tag, "contact_id", "tag_id"), few=True),
        Many(
            "lists",
            "ContactList",
            "Lists the contact is on.",
            through=Through(contact_list_member, "contact_id", "list_id"),
            few=True,
        ),
        Many("messages", "Message", "Messages to and from the contact.", column="contact_id"),
        Many("tasks", "Task", "Tasks about the contact.", column="contact_id"),
        Many("enrollments", "Enrollment", "The contact's runs through automations.", column="contact_id"),
        Many("stageMoves", "StageMove", "The contact's moves from stage to stage.", column="contact_id"),
    ),
    summaries=(
        Summary(
            "stats",
            "ContactStats",
            of="Message",
            column="contact_id",
            measures=MESSAGE_MEASURES,
            description="Numbers of the contact's messages.",
            requires=(("messages:read",), ("analytics:read",)),
        ),
    ),
)
