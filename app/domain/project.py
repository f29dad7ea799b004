"""Projects bundle contacts, lists and automations."""

from datetime import datetime

from sqlalchemy import Index

from app.resource import Many, Record, Resource, Writing, moment, text


class Project(Record, table=True):
    __tablename__ = "project"
    __table_args__ = (Index("ix_project_newest", "workspace_id", "created_at", "id"),)

    name: str = text("Name of the project.", max_length=200)
    description: str | None = text("What the project is about.", max_length=2000, default=None)
    archived_at: datetime | None = moment(
        "When it was archived; null while it is in use.", default=None, written="never"
    )


PROJECT = Resource(
    table=Project,
    name="Project",
    plural="projects",
    description="A bundle of contacts, lists and automations.",
    scope="projects",
    write=Writing(),
    links=(
        Many("contacts", "Contact", "The contacts of the project.", column="project_id"),
        Many("lists", "ContactList", "The lists of the project.", column="project_id"),
        Many("automations", "Automation", "The automations of the project.", column="project_id"),
    ),
)
