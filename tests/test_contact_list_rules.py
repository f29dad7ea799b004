"""Lists: a dynamic one has a filter, a static one has none, and neither becomes the other."""

from typing import Any

import pytest

from tests.changing import change, refusals
from tests.serving import Client

LIST = "contactList { id kind filter } userErrors { field code }"
CREATE = f"mutation ($input: CreateContactListInput!) {{ createContactList(input: $input) {{ {LIST} }} }}"
UPDATE = f"""mutation ($id: ID!, $input: UpdateContactListInput!) {{
    updateContactList(id: $id, input: $input) {{ {LIST} }} }}"""
HIGH = {"score": {"gte": 50}}


async def test_a_dynamic_list_has_a_filter(client: Client) -> None:
    made = (await change(client, CREATE, input={"name": "High", "kind": "DYNAMIC", "filter": HIGH}))["contactList"]
    assert (made["kind"], made["filter"]) == ("DYNAMIC", HIGH)
    changed = await change(client, UPDATE, id=made["id"], input={"filter": {"status": {"eq": "NEW"}}})
    assert changed["contactList"]["filter"] == {"status": {"eq": "NEW"}}
    assert await refusals(client, UPDATE, id=made["id"], input={"filter": None}) == [("REQUIRED", "input.filter")]
    assert await refusals(client, CREATE, input={"name": "All", "kind": "DYNAMIC"}) == [("REQUIRED", "input.filter")]


@pytest.mark.parametrize(
    "given",
    [
        HIGH,
        {"status": {"in": ["NEW", "QUALIFIED"]}, "not": {"source": {"eq": "WEB"}}},
        {"or": [{"createdAt": {"gte": "2026-01-01T00:00:00.000Z"}}, {"email": {"isNull": True}}]},
        {"tags": {"some": {"name": {"eq": "VIP"}}}, "customFields": [{"key": "language", "text": {"eq": "de"}}]},
    ],
)
async def test_a_filter_is_kept_as_it_was_sent(client: Client, given: Any) -> None:
    made = await change(client, CREATE, input={"name": "Some", "kind": "DYNAMIC", "filter": given})
    assert made["contactList"]["filter"] == given
    # What is told can be asked with again.
    await client.ask("query ($f: ContactFilter) { contacts(filter: $f) { totalCount } }", {"f": given})


async def test_a_filter_that_stands_in_the_document_is_kept_alike(client: Client) -> None:
    written = """mutation { createContactList(input: {name: "New", kind: DYNAMIC, filter: {
        status: {in: [NEW]}, score: {gte: 50}, tags: {none: {name: {eq: "cold"}}}}}) { %s } }"""
    made = await change(client, written % LIST)
    assert made["contactList"]["filter"] == {
        "status": {"in": ["NEW"]},
        "score": {"gte": 50},
        "tags": {"none": {"name": {"eq": "cold"}}},
    }


@pytest.mark.parametrize("given", [{"shoeSize": {"eq": 1}}, {"score": {"like": "5"}}, {"status": {"eq": "OLD"}}, "all"])
async def test_what_is_no_filter_of_contacts_is_refused(client: Client, given: Any) -> None:
    refused = await client.refused(CREATE, {"input": {"name": "Some", "kind": "DYNAMIC", "filter": given}})
    assert (refused["code"], refused["status"]) == ("BAD_USER_INPUT", 400)


async def test_a_filter_asks_for_nothing_that_the_key_may_not_read(client: Client) -> None:
    """X9: what a list finds would tell."""
    await client.add_key("lists", scopes=("lists:write", "contacts:read"))
    given = {"name": "Won", "kind": "DYNAMIC", "filter": {"stage": {"is": {"kind": {"eq": "WON"}}}}}
    refused = await client.refused(CREATE, {"input": given}, key="lists")
    assert (refused["status"], refused["requiredScopes"]) == (403, ["pipelines:read"])


async def test_a_static_list_has_no_filter(client: Client) -> None:
    assert await refusals(client, CREATE, input={"name": "High", "filter": HIGH}) == [("NOT_ALLOWED", "input.filter")]
    made = (await change(client, CREATE, input={"name": "Friends", "filter": None}))["contactList"]
    assert (made["kind"], made["filter"]) == ("STATIC", None)
    assert await refusals(client, UPDATE, id=made["id"], input={"filter": HIGH}) == [("NOT_ALLOWED", "input.filter")]


async def test_a_list_keeps_its_kind(client: Client) -> None:
    fields = await client.ask('{ __type(name: "UpdateContactListInput") { inputFields { name } } }')
    assert "kind" not in {field["name"] for field in fields["__type"]["inputFields"]}
