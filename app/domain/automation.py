"""Automations, which some products call campaigns (X12): steps that enrolled contacts are taken through."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from app.domain.step_kind import StepKind, check_settings
from app.resource import (
    Choice,
    Many,
    One,
    Record,
    Resource,
    Writing,
    captured,
    choice,
    integer,
    json_object,
    moment,
    reference,
    text,
)
from app.write.checking import Entry
from app.write.position import LAST, appended
from app.write.transaction import Transaction


class AutomationStatus(Choice):
    """Whether the automation takes contacts on."""

    DRAFT = "draft", "Being written; takes no contacts on yet."
    ACTIVE = "active", "Takes contacts on and moves them along."
    PAUSED = "paused", "Takes nobody on, and holds those it has."
    ARCHIVED = "archived", "Out of use, kept for its history."


class AutomationTrigger(Choice):
    """What enrolls a contact."""

    MANUAL = "manual", "Somebody enrolls it by hand or through the API."
    CONTACT_CREATED = "contact_created", "The contact was created."
    TAG_ADDED = "tag_added", "The contact was given a tag."
    STAGE_CHANGED = "stage_changed", "The contact moved to another stage."
    LIST_JOINED = "list_joined", "The contact came onto a list."


class EnrollmentStatus(Choice):
    """How a contact's run through the automation stands."""

    ACTIVE = "active", "On its way through the steps."
    PAUSED = "paused", "Held where it stands."
    COMPLETED = "completed", "Went through all steps."
    STOPPED = "stopped", "Ended before its last step."
    FAILED = "failed", "Ended because a step could not be done."


class Automation(Record, table=True):
    __tablename__ = "automation"
    __table_args__ = (
        Index("ix_automation_newest", "workspace_id", "created_at", "id"),
        Index("ix_automation_project", "project_id", "id"),
        Index("ix_automation_sender_pool", "sender_pool_id", "id"),
    )

    name: str = text("Name of the automation.", max_length=200)
    status: AutomationStatus = choice(
        AutomationStatus, "Whether it takes contacts on.", default=AutomationStatus.DRAFT, written="never"
    )
    trigger: AutomationTrigger = choice(AutomationTrigger, "What enrolls a contact.", default=AutomationTrigger.MANUAL)
    sender_pool_id: int | None = reference("sender_pool", on_delete="SET NULL", default=None)
    project_id: int | None = reference("project", on_delete="SET NULL", default=None)


class AutomationStep(Record, table=True):
    __tablename__ = "automation_step"
    __table_args__ = (Index("ix_automation_step_automation", "automation_id", "position", "id"),)

    position: int = integer(
        "Place in the automation; a new step comes last unless it is given one.", low=0, high=LAST, default=0
    )
    kind: StepKind = choice(StepKind, "What the step does.")
    settings: dict[str, Any] = json_object("What the step needs to know: see StepKind.", filter=False)
    automation_id: int = reference("automation", on_delete="CASCADE")


class Enrollment(Record, table=True):
    __tablename__ = "enrollment"
    __table_args__ = (
        UniqueConstraint("automation_id", "contact_id"),
        Index("ix_enrollment_newest", "workspace_id", "created_at", "id"),
        Index("ix_enrollment_contact", "contact_id", "created_at", "id"),
        Index("ix_enrollment_next_run", "status", "next_run_at"),
    )

    status: EnrollmentStatus = choice(EnrollmentStatus, "How the run stands.", default=EnrollmentStatus.ACTIVE)
    step: int = integer("The position of the step that is next.", default=0, group=True)
    next_run_at: datetime | None = moment("When the next step is due.", default=None)
    reason: str | None = text("Why the run was stopped or failed.", max_length=500, default=None)
    captured: bool = captured()
    automation_id: int = reference("automation", on_delete="CASCADE")
    contact_id: int = reference("contact", on_delete="CASCADE")


AUTOMATION = Resource(
    table=Automation,
    name="Automation",
    plural="automations",
    description="Steps that enrolled contacts are taken through; a campaign in other products.",
    scope="automations",
    write=Writing(),
    links=(
        One("senderPool", "SenderPool", "sender_pool_id", "The accounts it sends from.", group=True),
        One("project", "Project", "project_id", "The project it belongs to.", group=True),
        Many("steps", "AutomationStep", "The steps in their order.", column="automation_id", few=True),
        Many("enrollments", "Enrollment", "The contacts' runs through it.", column="automation_id"),
        Many("messages", "Message", "The messages it has sent.", column="automation_id"),
    ),
)

_append = appended(AutomationStep, "automation_id")


async def _prepare_steps(tx: Transaction, entries: list[Entry]) -> None:
    await _append(tx, entries)
    await check_settings(tx, entries)


AUTOMATION_STEP = Resource(
    table=AutomationStep,
    name="AutomationStep",
    plural="automationSteps",
    description="One step of an automation.",
    scope="automations",
    write=Writing(prepare=_prepare_steps),
    order=(("position", "ASC"),),
    links=(
        One(
            "automation",
            "Automation",
            "automation_id",
            "The automation this step belongs to.",
            group=True,
            written="once",
        ),
    ),
)

ENROLLMENT = Resource(
    table=Enrollment,
    name="Enrollment",
    plural="enrollments",
    description="One contact's run through an automation.",
    scope="automations",
    links=(
        One("automation", "Automation", "automation_id", "The automation.", group=True),
        One("contact", "Contact", "contact_id", "The contact."),
    ),
)
