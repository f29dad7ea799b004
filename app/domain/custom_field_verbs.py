"""Defining custom fields and retiring them. Values that were written before stay as they are."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.catalog import Catalog
from app.domain.custom_field import CUSTOM_FIELD, CustomFieldEntity
from app.verb import Given, Outcome, Shown, Verb
from app.write import records
from app.write.checking import Entry
from app.write.standard import create_entries, create_form
from app.write.state import state_verb
from app.write.transaction import Transaction


async def define_custom_field(tx: Transaction, field: Entry) -> Outcome:
    noun = tx.noun("CustomField")
    field.values = {"entity": CustomFieldEntity.CONTACT.value, **field.values}  # no two of it have the same key
    of_key = await records.find_by(tx, noun, "key", [field.value("key")])
    retired = [each for each in of_key if each["entity"] == field.value("entity") and each["retired_at"] is not None]
    await records.delete_all(tx, noun, retired)
    await create_entries(tx, noun, [field])
    return {"customField": field.id}


async def retire_custom_field(tx: Transaction, field: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"retired_at": field["retired_at"] or tx.now}


def custom_field_verbs(catalog: Catalog) -> tuple[Verb, ...]:
    """All but changing, which is as for every noun."""
    form = create_form(catalog, catalog.nouns[CUSTOM_FIELD.name])
    definition = replace(form, name="DefineCustomFieldInput")
    return (
        Verb(
            "defineCustomField",
            "Defines a custom field: from now on values under its key are checked. A key that was retired can be "
            "defined anew; the old definition is deleted then.",
            CUSTOM_FIELD.changing("create"),
            (Given("input", definition, "The definition.", required=True, nullable=False, column="field"),),
            (Shown("customField", "CustomField", "The new custom field; null if it was refused."),),
            define_custom_field,
            events=("custom_field.created", "custom_field.deleted"),
        ),
        state_verb(
            CUSTOM_FIELD,
            "retireCustomField",
            "Retires a custom field: values stay, and are no longer checked; a strict workspace takes no new ones. "
            "Where it is retired already, nothing happens.",
            retire_custom_field,
            event="retired",
        ),
    )
