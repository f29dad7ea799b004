"""Lists: a dynamic one has a filter, a static one has none, and neither becomes the other."""

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
    assert await refusals(client, UPDATE, id=made["id"], input={"filter": []}) == [("INVALID", "input.filter")]
    assert await refusals(client, CREATE, input={"name": "All", "kind": "DYNAMIC"}) == [("REQUIRED", "input.filter")]


async def test_a_static_list_has_no_filter(client: Client) -> None:
    assert await refusals(client, CREATE, input={"name": "High", "filter": HIGH}) == [("NOT_ALLOWED", "input.filter")]
    made = (await change(client, CREATE, input={"name": "Friends", "filter": None}))["contactList"]
    assert (made["kind"], made["filter"]) == ("STATIC", None)
    assert await refusals(client, UPDATE, id=made["id"], input={"filter": HIGH}) == [("NOT_ALLOWED", "input.filter")]


async def test_a_list_keeps_its_kind(client: Client) -> None:
    fields = await client.ask('{ __type(name: "UpdateContactListInput") { inputFields { name } } }')
    assert "kind" not in {field["name"] for field in fields["__type"]["inputFields"]}
