"""Automations, which some products call campaigns (X12): steps that enrolled contacts are taken through."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from app.resource import Many, One, Record, Resource, choice, integer, json_object, moment, reference, text


class AutomationStatus(StrEnum):
    """Whether the automation takes contacts on."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class AutomationTrigger(StrEnum):
    """What enrolls a contact."""

    MANUAL = "manual"
    CONTACT_CREATED = "contact_created"
    TAG_ADDED = "tag_added"
    STAGE_CHANGED = "stage_changed"
    LIST_JOINED = "list_joined"


class StepKind(StrEnum):
    """What a step does."""

    SEND = "send"
    WAIT = "wait"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    MOVE_STAGE = "move_stage"
    ADD_TO_LIST = "add_to_list"
    CREATE_TASK = "create_task"
    WEBHOOK = "webhook"
    BRANCH = "branch"


class EnrollmentStatus(StrEnum):
    """How a contact's run through the automation stands."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


class Automation(Record, table=True):
    __tablename__ = "automation"
    __table_args__ = (
        Index("ix_automation_newest", "workspace_id", "created_at", "id"),
        Index("ix_automation_project", "project_id", "id"),
        Index("ix_automation_sender_pool", "sender_pool_id", "id"),
    )

    name: str = text("Name of the automation.", max_length=200)
    status: AutomationStatus = choice(AutomationStatus, "Whether it takes contacts on.", default=AutomationStatus.DRAFT)
    trigger: AutomationTrigger = choice(AutomationTrigger, "What enrolls a contact.", default=AutomationTrigger.MANUAL)
    sender_pool_id: int | None = reference("sender_pool", on_delete="SET NULL", default=None)
    project_id: int | None = reference("project", on_delete="SET NULL", default=None)


class AutomationStep(Record, table=True):
    __tablename__ = "automation_step"
    __table_args__ = (Index("ix_automation_step_automation", "automation_id", "position", "id"),)

    position: int = integer("Place in the automation, from 0.", low=0, high=1000, default=0)
    kind: StepKind = choice(StepKind, "What the step does.")
    settings: dict[str, Any] = json_object("What the step needs to know, by its kind.", filter=False)
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
    automation_id: int = reference("automation", on_delete="CASCADE")
    contact_id: int = reference("contact", on_delete="CASCADE")


AUTOMATION = Resource(
    table=Automation,
    name="Automation",
    plural="automations",
    description="Steps that enrolled contacts are taken through; a campaign in other products.",
    scope="automations",
    links=(
        One("senderPool", "SenderPool", "sender_pool_id", "The accounts it sends from.", group=True),
        One("project", "Project", "project_id", "The project it belongs to.", group=True),
        Many("steps", "AutomationStep", "The steps in their order.", column="automation_id"),
        Many("enrollments", "Enrollment", "The contacts' runs through it.", column="automation_id"),
        Many("messages", "Message", "The messages it has sent.", column="automation_id"),
    ),
)

AUTOMATION_STEP = Resource(
    table=AutomationStep,
    name="AutomationStep",
    plural="automationSteps",
    description="One step of an automation.",
    scope="automations",
    order=(("position", "ASC"),),
    links=(One("automation", "Automation", "automation_id", "The automation this step belongs to.", group=True),),
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
