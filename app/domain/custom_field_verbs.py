"""Defining custom fields, changing and retiring them. Values that were written before stay as they are."""

from dataclasses import replace
from functools import cache

from sqlalchemy import Delete, bindparam, delete

from app.domain.custom_field import CUSTOM_FIELD, CustomField, CustomFieldEntity, CustomFieldType
from app.resource import table_of
from app.store.types import BigInt, Kind
from app.verb import Form, Given, Outcome, Shown, UserErrorCode, Verb
from app.write import rules
from app.write.checking import Entry
from app.write.standard import create_entries, existing, if_version, subject, update_entries
from app.write.transaction import Transaction

_LISTED = {CustomFieldType.ENUM, CustomFieldType.MULTI}


async def define_custom_field(tx: Transaction, input: Entry) -> Outcome:
    noun = tx.noun("CustomField")
    input.values = {"entity": CustomFieldEntity.CONTACT.value, "type": CustomFieldType.TEXT.value, **input.values}
    _check_options(input, input.values["type"])
    if "key" in input.values:
        await tx.execute(_delete_retired(), input.values)
    await create_entries(tx, noun, [input])
    return {"customField": input.id}


async def update_custom_field(tx: Transaction, id: int, input: Entry, if_version: int | None) -> Outcome:
    noun = tx.noun("CustomField")
    input.before = await existing(tx, noun, id, if_version=if_version)
    if "options" in input.values:
        _check_options(input, input.before["type"])
    await update_entries(tx, noun, [input])
    return {"customField": id}


async def retire_custom_field(tx: Transaction, id: int) -> Outcome:
    noun = tx.noun("CustomField")
    before = await existing(tx, noun, id)
    await update_entries(tx, noun, [Entry((), {"retired_at": before["retired_at"] or tx.now}, {}, before=before)])
    return {"customField": id}


def _check_options(field: Entry, type_: str) -> None:
    options = field.value("options") or []
    if type_ not in _LISTED:
        if options:
            field.reject("options", "Only ENUM and MULTI fields have options.", UserErrorCode.INVALID)
    elif not options:
        field.reject("options", "An ENUM or MULTI field needs options.", UserErrorCode.REQUIRED)
    elif len(set(options)) < len(options):
        field.reject("options", "Each option may be given once.", UserErrorCode.DUPLICATE)


@cache
def _delete_retired() -> Delete:
    table = table_of(CustomField)
    this = (table.c[name] == bindparam(name, type_=table.c[name].type) for name in ("entity", "key"))
    mine = table.c.workspace_id == bindparam("workspace", type_=BigInt)
    return delete(table).where(mine, *this, table.c.retired_at.is_not(None))


_REQUIRES = (("contacts:write", "companies:write"),)
_WHY = "It takes the right to write all contacts and companies, because it decides what can be written of them."
_LABEL = Given(
    "label", Kind.STRING, "Name shown to people.", nullable=False, max_length=100, rule=rules.not_blank, required=True
)
_OPTIONS = Given(
    "options",
    Kind.STRINGS,
    "The values that an ENUM or MULTI field takes, each of at most 200 characters.",
    nullable=False,
    rule=rules.not_blank,
)
_ENTITY = Given("entity", CustomFieldEntity, "Which records carry it; contacts unless given.", nullable=False)
_TYPE = Given("type", CustomFieldType, "What values it takes; text unless given.", nullable=False)
_KEY = Given(
    "key",
    Kind.STRING,
    "The key in customFields: a letter, then letters, digits and underscores.",
    required=True,
    nullable=False,
    max_length=100,
    rule=rules.key,
)
_DEFINITION = Form("DefineCustomFieldInput", "A new custom field.", (_KEY, _LABEL, _TYPE, _OPTIONS, _ENTITY))
_CHANGES = Form(
    "UpdateCustomFieldInput",
    "Changes of a custom field: what is left out stays as it is. Key, type and entity never change.",
    (replace(_LABEL, required=False), _OPTIONS),
)

CUSTOM_FIELD_VERBS = (
    Verb(
        "defineCustomField",
        "Defines a custom field: from now on values under its key are checked. A key that was retired can be defined "
        f"anew. {_WHY}",
        _REQUIRES,
        (Given("input", _DEFINITION, "The definition.", required=True, nullable=False),),
        (Shown("customField", "CustomField", "The new custom field; null if it was refused."),),
        define_custom_field,
        events=("custom_field.created",),
    ),
    Verb(
        "updateCustomField",
        f"Changes the label or the options of a custom field. {_WHY}",
        _REQUIRES,
        (
            subject(CUSTOM_FIELD),
            Given("input", _CHANGES, "What to change.", required=True, nullable=False),
            replace(if_version(CUSTOM_FIELD), column="if_version"),
        ),
        (Shown("customField", "CustomField", "The custom field as it is now; null if the change was refused."),),
        update_custom_field,
        events=("custom_field.updated",),
    ),
    Verb(
        "retireCustomField",
        "Retires a custom field: values stay, and are no longer checked; a strict workspace takes no new ones. Where "
        f"it is retired already, nothing happens. {_WHY}",
        _REQUIRES,
        (subject(CUSTOM_FIELD),),
        (Shown("customField", "CustomField", "The custom field as it is now; null if it was refused."),),
        retire_custom_field,
        events=("custom_field.retired",),
    ),
)
