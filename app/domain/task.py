"""Tasks: what somebody has to do about a contact."""

from datetime import datetime

from sqlalchemy import Index

from app.resource import Choice, One, Record, Resource, Writing, choice, moment, reference, text


class TaskStatus(Choice):
    """Whether there is still something to do."""

    OPEN = "open", "Still to be done."
    COMPLETED = "completed", "Done."


class TaskPriority(Choice):
    """How much it matters."""

    LOW = "low", "When there is time."
    NORMAL = "normal", "As it comes."
    HIGH = "high", "Before others."
    URGENT = "urgent", "At once."


class Task(Record, table=True):
    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_newest", "workspace_id", "created_at", "id"),
        Index("ix_task_due", "workspace_id", "status", "due_at"),
        Index("ix_task_contact", "contact_id", "created_at", "id"),
        Index("ix_task_assignee", "assignee_id", "created_at", "id"),
    )

    title: str = text("What to do.", max_length=200)
    notes: str | None = text("Further notes.", default=None)
    due_at: datetime | None = moment("Until when.", default=None, group=True)
    status: TaskStatus = choice(TaskStatus, "Open or completed.", default=TaskStatus.OPEN, written="never")
    priority: TaskPriority = choice(TaskPriority, "How much it matters.", default=TaskPriority.NORMAL)
    completed_at: datetime | None = moment("When it was completed.", default=None, written="never")
    contact_id: int | None = reference("contact", on_delete="CASCADE", default=None)
    assignee_id: int | None = reference("user", on_delete="SET NULL", default=None)


TASK = Resource(
    table=Task,
    name="Task",
    plural="tasks",
    description="Something to do.",
    scope="tasks",
    write=Writing(),
    links=(
        One("contact", "Contact", "contact_id", "The contact it is about.", group=True),
        One("assignee", "User", "assignee_id", "The member who is to do it.", group=True),
    ),
)
