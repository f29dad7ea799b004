"""What clients of the documented products do, in GraphQL: the data behind their routes.

Paths, envelopes and statuses are another surface's.
"""

import re
from typing import Any

import pytest

from app.domain import CATALOG
from tests.changing import change, refusals
from tests.mutations import Maker
from tests.serving import Client

CREATE = """mutation ($input: CreateContactInput!) { createContact(input: $input) {
    contact { id email firstName lastName phone source status score assignedToId assignedTo { name } customFields
              createdAt updatedAt }
    userErrors { field message code } } }"""
UPDATE = """mutation ($id: ID!, $input: UpdateContactInput!) { updateContact(id: $id, input: $input) {
    contact { firstName email status score assignedTo { name } customFields } userErrors { field code } } }"""
DELETE = "mutation ($id: ID!) { deleteContact(id: $id) { deletedId userErrors { field code } } }"

# Statement, scopes that are enough, query with records of the world after @, answer.
READS: tuple[tuple[str, str, str, Any], ...] = (
    ("S1-27", "contacts:read", "{ r: contacts { nodes { firstName } } }", ["Ada", "Bob", "Cy", "Dee", None]),
    (
        "S1-28",
        "contacts:read tags:read pipelines:read",
        '{ r: contacts(search: "lovelace", filter: { tags: { some: { id: { eq: "@hot" } } }, '
        'stage: { is: { name: { eq: "Won" } } } }) { nodes { firstName } } }',
        ["Ada"],
    ),
    ("S1-28", "contacts:read", '{ r: contacts(search: "initech") { nodes { firstName } } }', ["Ada", "Bob"]),
    (
        "S1-30",
        "contacts:read tags:read pipelines:read messages:read",
        '{ r: contact(id: "@ada") { email tags { nodes { name } } stage { name } stats { sent received replied } } }',
        {
            "email": "ada@initech.test",
            "tags": {"nodes": [{"name": "cold"}, {"name": "hot"}]},
            "stage": {"name": "Won"},
            "stats": {"sent": 1, "received": 1, "replied": 1},
        },
    ),
    (
        "S1-33",
        "contacts:read messages:read",
        '{ r: contact(id: "@ada") { messages { nodes { subject } } } }',
        {"messages": {"nodes": [{"subject": "Re: Hello"}, {"subject": "Hello Ada"}]}},
    ),
    (
        "S1-34",
        "messages:read",
        "{ r: messages { nodes { body } } }",
        ["Are you there?", "How is the engine?", "It weaves algebraic patterns."],
    ),
    ("S1-36", "automations:read", "{ r: automations { nodes { name } } }", ["Welcome"]),
    (
        "S1-37",
        "automations:read",
        '{ r: automation(id: "@welcome") { name status steps { nodes { kind } } } }',
        {"name": "Welcome", "status": "ACTIVE", "steps": {"nodes": [{"kind": "SEND"}]}},
    ),
    ("S1-41", "sender_profiles:read", "{ r: senderProfiles { nodes { name } } }", ["Mailbox"]),
    (
        "S1-42",
        "sender_profiles:read",
        '{ r: senderProfile(id: "@mailbox") { name dailyLimit status } }',
        {"name": "Mailbox", "dailyLimit": 50, "status": "ACTIVE"},
    ),
    ("S1-43, X30", "webhooks:manage", "{ r: webhooks { nodes { url } } }", ["https://hooks.acme.com/leads"]),
    ("S1-47", "projects:read", "{ r: projects { nodes { name } } }", ["Spring fair"]),
    ("S1-48", "lists:read", "{ r: contactLists { nodes { name } } }", ["Newsletter"]),
    (
        "S1-49",
        "lists:read contacts:read",
        '{ r: contactList(id: "@newsletter") { name kind contacts { totalCount } } }',
        {"name": "Newsletter", "kind": "STATIC", "contacts": {"totalCount": 2}},
    ),
)


async def extended(client: Client) -> dict[str, str]:
    """The ids of the world, and of what it does not have."""
    maker = Maker(client)
    automation = await maker.key("Automation", name="Welcome", status="active")
    await maker.key("AutomationStep", automation_id=automation, kind="send", settings={"body": "Hello"})
    return {
        **client.ids,
        "welcome": maker.shown("Automation", automation),
        "mailbox": await maker.id("SenderProfile", name="Mailbox", daily_limit=50),
        "hook": await maker.id("Webhook", url="https://hooks.acme.com/leads", events=["contact.created"]),
    }


@pytest.mark.parametrize(("statement", "scopes", "query", "answer"), READS)
async def test_what_is_documented_can_be_read(
    client: Client, statement: str, scopes: str, query: str, answer: Any
) -> None:
    ids = await extended(client)
    await client.add_key("reader", scopes=tuple(scopes.split()))
    found = (await client.ask(re.sub(r"@(\w+)", lambda match: ids[match[1]], query), key="reader"))["r"]
    if "nodes" in found:
        found = [value for node in found["nodes"] for value in node.values()]
        found.sort(key=lambda value: (value is None, value or ""))
    assert found == answer, statement


async def test_a_contact_is_created_changed_and_deleted(client: Client) -> None:
    """S1-29, S1-31, S1-32, S4-27, S4-41, S4-42: custom fields, scoring, assignment and the whole lifecycle."""
    given = {"email": "zoe@example.org", "firstName": "Zoe", "lastName": "Quinn", "phone": "+1-555-0199"}
    sent = {**given, "customFields": {"budget": 50_000, "industry": "SaaS"}}
    made = (await change(client, CREATE, input=sent))["contact"]
    id_ = made.pop("id")
    created_at = made.pop("createdAt")
    assert made.pop("updatedAt") == created_at
    nothing = {"source": "API", "status": "NEW", "score": 0, "assignedToId": None, "assignedTo": None}
    assert made == sent | nothing
    changed = {"status": "QUALIFIED", "score": 85, "assignedToId": client.ids["linus"]}
    assert (await change(client, UPDATE, id=id_, input=changed))["contact"] == {
        "firstName": "Zoe",
        "email": "zoe@example.org",
        "status": "QUALIFIED",
        "score": 85,
        "assignedTo": {"name": "Linus Berg"},
        "customFields": sent["customFields"],
    }
    assert await change(client, DELETE, id=id_) == {"deletedId": id_}
    assert await client.ask(f'{{ contact(id: "{id_}") {{ id }} }}') == {"contact": None}


async def test_an_update_changes_what_it_names(client: Client) -> None:
    """X20: a partial merge, of custom fields too, whatever a route's verb."""
    ada = client.ids["ada"]
    before = (await change(client, UPDATE, id=ada, input={}))["contact"]
    after = (await change(client, UPDATE, id=ada, input={"score": 91, "customFields": {"shoe": None}}))["contact"]
    assert after == {**before, "score": 91, "customFields": {"budget": 5000}}


async def test_a_bad_address_is_told_in_the_documented_words(client: Client) -> None:
    """S4-43: the field and the message; in GraphQL the field is a path."""
    data = await client.ask(CREATE, {"input": {"email": "not-an-email"}})
    assert data["createContact"] == {
        "contact": None,
        "userErrors": [{"field": ["input", "email"], "message": "Invalid email format", "code": "INVALID"}],
    }


async def test_ids_are_sixteen_characters_that_clients_hand_back(client: Client) -> None:
    """S4-19, S4-20, S4-21, S4-40: in arguments, filters and inputs, for every type that there is a record of."""
    ids = set((await extended(client)).values())
    lists = " ".join(f"{noun.resource.plural} {{ nodes {{ id }} }}" for noun in CATALOG.nouns.values())
    shown = {node["id"] for found in (await client.ask(f"{{ {lists} }}")).values() for node in found["nodes"]}
    assert len(shown & ids) > 20
    for id_ in shown:
        assert re.fullmatch(r"[0-9a-f]{16}", id_)
    nodes = await client.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": sorted(shown)})
    assert [node["id"] for node in nodes["nodes"]] == sorted(shown)
    found = await client.ask(
        f'{{ contacts(filter: {{ id: {{ eq: "{client.ids["ada"]}" }} }}) {{ nodes {{ email }} }} }}'
    )
    assert found == {"contacts": {"nodes": [{"email": "ada@initech.test"}]}}
    made = await change(client, CREATE, input={"assignedToId": client.ids["grace"]})
    assert made["contact"]["assignedToId"] == client.ids["grace"]


async def test_neither_a_number_nor_the_slug_of_a_workspace_is_an_id(client: Client) -> None:
    """X13, X19, S4-40: the tenant of other products is the workspace; its slug is shown beside its id."""
    workspace = (await client.ask("{ viewer { workspace { id slug } } }"))["viewer"]["workspace"]
    assert workspace == {"id": client.ids["acme"], "slug": "acme"}
    for id_ in (f'"{client.rows["ada"]}"', str(client.rows["ada"]), '"acme"'):
        assert await client.ask(f"{{ contact(id: {id_}) {{ id }} node(id: {id_}) {{ id }} }}") == {
            "contact": None,
            "node": None,
        }
    for document in (UPDATE, DELETE):
        given: dict[str, Any] = {"input": {"score": 1}} if document == UPDATE else {}
        assert await refusals(client, document, id=str(client.rows["ada"]), **given) == [("NOT_FOUND", "id")]


@pytest.mark.parametrize(
    ("scope", "missing", "document"),
    [
        ("contacts:read", ["messages:read"], '{ contact(id: "x") { messages { totalCount } } }'),
        ("messages:read", ["contacts:read"], '{ contact(id: "x") { messages { totalCount } } }'),
        ("messages:read", ["messages:delete"], 'mutation { deleteMessage(id: "x") { deletedId } }'),
        ("messages:update", ["messages:delete"], 'mutation { deleteMessage(id: "x") { deletedId } }'),
    ],
)
async def test_messages_of_a_contact_need_the_scopes_of_both(
    client: Client, scope: str, missing: list[str], document: str
) -> None:
    """X30: and deleting one needs a scope that is part of writing."""
    await client.add_key("half", scopes=(scope,))
    assert (await client.refused(document, key="half"))["requiredScopes"] == missing
    await client.add_key("whole", scopes=("contacts:read", "messages:write"))
    await client.ask(document, key="whole")


@pytest.mark.parametrize(
    ("scope", "document"),
    [
        ("tags:read", "{ tags { totalCount } }"),
        ("pipelines:read", "{ pipelines { totalCount } stages { totalCount } }"),
        ("tasks:read", "{ tasks { totalCount } }"),
        ("companies:read", "{ companies { totalCount } }"),
        ("analytics:read", "{ contactAnalytics { count } }"),
        ("projects:write", 'mutation { createProject(input: { name: "P" }) { project { id } } }'),
        ("lists:write", 'mutation { createContactList(input: { name: "L" }) { contactList { id } } }'),
        (
            "sender_profiles:write",
            'mutation { createSenderProfile(input: { name: "S", address: "s@example.org" }) { senderProfile { id } } }',
        ),
    ],
)
async def test_a_scope_without_a_documented_route_is_good_for_something(
    client: Client, scope: str, document: str
) -> None:
    """X31"""
    await client.add_key("one", scopes=(scope,))
    data = await client.ask(document, key="one")
    assert "None" not in str(data)
    await client.refused(document, key="nothing")
