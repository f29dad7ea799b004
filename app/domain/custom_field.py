"""Definitions of custom fields: who may write all contacts and companies decides what can be written of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import UniqueConstraint

from app.resource import Choice, Record, Resource, Writing, choice, moment, strings, text
from app.verb import UserErrorCode
from app.write import rules
from app.write.checking import Entry
from app.write.transaction import Transaction


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

    key: str = text(
        "The key in customFields: a letter, then letters, digits and underscores.",
        max_length=100,
        written="once",
        rule=rules.key,
    )
    label: str = text("Name shown to people.", max_length=100)
    type: CustomFieldType = choice(
        CustomFieldType, "What values it takes.", default=CustomFieldType.TEXT, written="once"
    )
    options: list[str] = strings(
        "The values that an ENUM or MULTI field takes, each of at most 200 characters.", rule=rules.not_blank
    )
    entity: CustomFieldEntity = choice(
        CustomFieldEntity, "Which records carry it.", default=CustomFieldEntity.CONTACT, written="once"
    )
    retired_at: datetime | None = moment(
        "When it was retired; null while values are checked against it.",
        default=None,
        written="never",
        event="retired",
    )


_LISTED = {CustomFieldType.ENUM, CustomFieldType.MULTI}


async def _check_options(_tx: Transaction, fields: Sequence[Entry]) -> None:
    for field in fields:
        if field.before is None or "options" in field.values:
            _check(field, field.value("options") or [], listed=field.value("type") in _LISTED)


def _check(field: Entry, options: Sequence[str], *, listed: bool) -> None:
    if not listed:
        if options:
            field.reject("options", "Only ENUM and MULTI fields have options.", UserErrorCode.INVALID)
    elif not options:
        field.reject("options", "An ENUM or MULTI field needs options.", UserErrorCode.REQUIRED)
    elif len(set(options)) < len(options):
        field.reject("options", "Each option may be given once.", UserErrorCode.DUPLICATE)


CUSTOM_FIELD = Resource(
    table=CustomField,
    name="CustomField",
    plural="customFields",
    description="The definition of a custom field.",
    scope="workspace",
    read=(("workspace:read",), ("contacts:read",), ("companies:read",)),
    write=Writing(  # defined and retired by verbs of its own
        create=False, delete=False, prepare=_check_options, requires=(("contacts:write", "companies:write"),)
    ),
    order=(("key", "ASC"),),
)
