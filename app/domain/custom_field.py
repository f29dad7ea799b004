"""Definitions of custom fields."""

from datetime import datetime

from sqlalchemy import UniqueConstraint

from app.resource import Choice, Record, Resource, choice, moment, strings, text


class CustomFieldType(Choice):
    """What values the field takes."""

    TEXT = "text", "A string."
    NUMBER = "number", "A number."
    BOOLEAN = "boolean", "True or false."
    DATE = "date", "A date or a time, as a string."
    ENUM = "enum", "One of the field's options."
    MULTI = "multi", "Any number of the field's options, as a list."


class CustomFieldEntity(Choice):
    """Which records carry the field."""

    CONTACT = "contact", "Contacts."
    COMPANY = "company", "Companies."


class CustomField(Record, table=True):
    __tablename__ = "custom_field"
    __table_args__ = (UniqueConstraint("workspace_id", "entity", "key"),)

    key: str = text("The key in customFields.", max_length=100)
    label: str = text("Name shown to people.", max_length=100)
    type: CustomFieldType = choice(CustomFieldType, "What values it takes.", default=CustomFieldType.TEXT)
    options: list[str] = strings("The values that an ENUM or MULTI field takes.")
    entity: CustomFieldEntity = choice(CustomFieldEntity, "Which records carry it.", default=CustomFieldEntity.CONTACT)
    retired_at: datetime | None = moment(
        "When it was retired; null while values are checked against it.", default=None, event="retired"
    )


CUSTOM_FIELD = Resource(
    table=CustomField,
    name="CustomField",
    plural="customFields",
    description="The definition of a custom field.",
    scope="workspace",
    read=(("workspace:read",), ("contacts:read",), ("companies:read",)),
    order=(("key", "ASC"),),
)
