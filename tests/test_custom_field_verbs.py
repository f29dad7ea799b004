"""Custom fields are defined, changed and retired, and decide what contacts and companies may hold under their keys."""

from typing import Any

import pytest

from app.domain.workspace import CustomFieldPolicy
from tests.changing import change, events, refusals
from tests.serving import Client

FIELD = "customField { id key label type options entity retiredAt version } userErrors { field code }"
DEFINE = f"mutation ($input: DefineCustomFieldInput!) {{ defineCustomField(input: $input) {{ {FIELD} }} }}"
UPDATE = f"""mutation ($id: ID!, $input: UpdateCustomFieldInput!, $version: Int) {{
    updateCustomField(id: $id, input: $input, ifVersion: $version) {{ {FIELD} }} }}"""
RETIRE = f"mutation ($id: ID!) {{ retireCustomField(id: $id) {{ {FIELD} }} }}"
CREATE = """mutation ($values: JSON) { createContact(input: { customFields: $values }) {
    contact { id customFields } userErrors { field code } } }"""
CHANGE = """mutation ($id: ID!, $values: JSON) { updateContact(id: $id, input: { customFields: $values }) {
    contact { customFields } userErrors { field code } } }"""
COMPANY = """mutation ($values: JSON) { createCompany(input: { name: "Hooli", customFields: $values }) {
    company { customFields } userErrors { field code } } }"""

SIZE = {"key": "size", "label": "Size", "type": "ENUM", "options": ["S", "M"]}
BUDGET = {"key": "budget", "label": "Budget", "type": "NUMBER"}


async def define(client: Client, **definition: Any) -> str:
    payload = await change(client, DEFINE, input=definition)
    return str(payload["customField"]["id"])


async def test_a_custom_field_is_defined_changed_and_retired(client: Client) -> None:
    made = (await change(client, DEFINE, input=SIZE))["customField"]
    id = made.pop("id")
    assert made == {**SIZE, "entity": "CONTACT", "retiredAt": None, "version": 1}
    changed = (await change(client, UPDATE, id=id, input={"options": ["S", "M", "L"]}, version=1))["customField"]
    assert changed["options"] == ["S", "M", "L"]
    assert changed["label"] == "Size"
    retired = await change(client, RETIRE, id=id)
    at = retired["customField"]["retiredAt"]
    assert at is not None
    assert await change(client, RETIRE, id=id) == retired
    told = await events(client, "custom_field.created")
    assert told == [
        ("custom_field.updated", {"options": {"old": ["S", "M"], "new": ["S", "M", "L"]}}),
        ("custom_field.retired", {"retiredAt": {"old": None, "new": at}}),
    ]


async def test_a_retired_key_can_be_defined_anew(client: Client) -> None:
    old = await define(client, **SIZE)
    assert await refusals(client, DEFINE, input=SIZE) == [("TAKEN", "input.key")]
    await change(client, RETIRE, id=old)
    new = await define(client, **(SIZE | {"type": "TEXT", "options": []}))
    assert new != old
    data = await client.ask("{ customFields { nodes { id type retiredAt } } }")
    assert data["customFields"]["nodes"] == [{"id": new, "type": "TEXT", "retiredAt": None}]
    told = await client.ask("{ changes { nodes { type deleted subjectId } } }")
    assert [(each["subjectId"], each["deleted"]) for each in told["changes"]["nodes"][-2:]] == [
        (old, True),
        (new, False),
    ]


async def test_a_key_is_free_for_the_other_entity_and_other_workspaces(client: Client) -> None:
    await define(client, **BUDGET)
    await define(client, **BUDGET, entity="COMPANY")
    assert (await change(client, DEFINE, key="foreign", input=BUDGET))["customField"]["key"] == "budget"


@pytest.mark.parametrize(
    ("definition", "code", "path"),
    [
        (BUDGET | {"options": ["1"]}, "INVALID", "input.options"),
        (SIZE | {"options": []}, "REQUIRED", "input.options"),
        (SIZE | {"type": "MULTI", "options": ["S", "S"]}, "DUPLICATE", "input.options"),
        (SIZE | {"options": ["S", " "]}, "BLANK", "input.options"),
        (BUDGET | {"key": "my budget"}, "INVALID", "input.key"),
        (BUDGET | {"key": "b" * 101}, "TOO_LONG", "input.key"),
        (BUDGET | {"label": "\n"}, "BLANK", "input.label"),
    ],
)
async def test_what_no_definition_can_be_is_refused(
    client: Client, definition: dict[str, Any], code: str, path: str
) -> None:
    assert await refusals(client, DEFINE, input=definition) == [(code, path)]


async def test_all_that_is_wrong_with_a_definition_is_told(client: Client) -> None:
    wrong = {"key": "1", "label": "", "type": "ENUM"}
    assert sorted(await refusals(client, DEFINE, input=wrong)) == [
        ("BLANK", "input.label"),
        ("INVALID", "input.key"),
    ]


async def test_changes_of_a_definition_are_checked(client: Client) -> None:
    id = await define(client, **SIZE)
    assert await refusals(client, UPDATE, id=id, input={"options": []}) == [("REQUIRED", "input.options")]
    assert await refusals(client, UPDATE, id=id, input={"label": "X"}, version=7) == [("CONFLICT", "ifVersion")]
    for document in (UPDATE, RETIRE):
        given: dict[str, Any] = {"id": id, "input": {}} if document is UPDATE else {"id": id}
        assert await refusals(client, document, key="foreign", **given) == [("NOT_FOUND", "id")]


async def test_defining_takes_the_right_to_write_contacts_and_companies(client: Client) -> None:
    await client.add_key("contacts only", scopes=("contacts:write",))
    refused = await client.refused(DEFINE, {"input": BUDGET}, key="contacts only")
    assert refused["requiredScopes"] == ["companies:write"]
    await client.add_key("both", scopes=("contacts:write", "companies:write"))
    assert (await change(client, DEFINE, "both", input=BUDGET))["customField"]["key"] == "budget"


async def test_values_must_fit_their_definitions(client: Client) -> None:
    """All of them at once, with their keys in the path; what is not defined is kept as it was sent (S4-37)."""
    retired = await define(client, key="old", label="Old", type="BOOLEAN")
    await change(client, RETIRE, id=retired)
    for definition in (BUDGET, SIZE, BUDGET | {"entity": "COMPANY", "type": "TEXT"}):
        await define(client, **definition)
    wrong = {"budget": "much", "size": "XL", "old": "true", "else": [{"as": "sent"}]}
    budget, size = ("INVALID", "input.customFields.budget"), ("INVALID", "input.customFields.size")
    assert await refusals(client, CREATE, values=wrong) == [budget, size]
    assert await refusals(client, CHANGE, id=client.ids["ada"], values=wrong) == [budget, size]
    assert await refusals(client, COMPANY, values={"budget": 5}) == [budget]
    fitting = {"z": None, "budget": 1.5, "size": None, "a": {"b": [1, "x"]}, "old": "true"}
    made = (await change(client, CREATE, values=fitting))["contact"]
    assert made["customFields"] == fitting
    assert list(made["customFields"]) == list(fitting)
    assert (await change(client, COMPANY, values={"budget": "5"}))["company"]["customFields"] == {"budget": "5"}


async def test_a_strict_workspace_takes_defined_keys_only(client: Client) -> None:
    await change(client, CHANGE, id=client.ids["bob"], values={"legacy": 1})
    await define(client, **BUDGET)
    await client.change_workspace("acme", custom_field_policy=CustomFieldPolicy.STRICT)
    unknown = ("UNKNOWN_FIELD", "input.customFields.bugdet")
    assert await refusals(client, CREATE, values={"bugdet": 1, "budget": 2}) == [unknown]
    assert await refusals(client, CHANGE, id=client.ids["bob"], values={"bugdet": 1}) == [unknown]
    kept = await change(client, CHANGE, id=client.ids["bob"], values={"budget": 3})
    assert kept["contact"]["customFields"] == {"legacy": 1, "budget": 3}
    removed = await change(client, CHANGE, id=client.ids["bob"], values={"legacy": None})
    assert removed["contact"]["customFields"] == {"budget": 3}
    assert (await change(client, CREATE, key="foreign", values={"bugdet": 1}))["contact"]["customFields"]


async def test_an_update_changes_the_given_keys(client: Client) -> None:
    payload = await change(client, CHANGE, id=client.ids["ada"], values={"budget": 7, "shoe": None, "hat": "top"})
    assert payload["contact"]["customFields"] == {"budget": 7, "hat": "top"}
    before = {"budget": 5000, "shoe": {"size": 38}}
    told = [("contact.updated", {"customFields": {"old": before, "new": payload["contact"]["customFields"]}})]
    assert await events(client) == told
    await change(client, CHANGE, id=client.ids["ada"], values={"shoe": None, "budget": 7})
    assert await events(client) == told


async def test_what_updates_add_up_to_is_bounded(client: Client) -> None:
    half = "x" * 40_000
    await change(client, CHANGE, id=client.ids["bob"], values={"one": half})
    refused = await refusals(client, CHANGE, id=client.ids["bob"], values={"two": half})
    assert refused == [("TOO_LONG", "input.customFields")]


async def test_definitions_are_looked_up_only_for_values(sqlite_client: Client) -> None:
    statements = []
    calls: list[dict[str, Any]] = [{}, {}, {"values": {"a": 1}}]
    for given in calls:
        before = sqlite_client.database.load.statements
        await change(sqlite_client, CREATE, **given)
        statements.append(sqlite_client.database.load.statements - before)
    assert statements[2] == statements[1] + 1
