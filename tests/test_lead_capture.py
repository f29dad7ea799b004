"""A key with `contacts:create` alone: it may create contacts, read back what it has just created, and nothing else."""

import pytest

from app.domain import VERBS
from tests.changing import change, snapshot, without_denials
from tests.mutations import Maker, document
from tests.serving import Client

CREATE = (
    "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { FIELDS } userErrors { code } } }"
)


async def test_it_reads_back_the_contact_that_it_creates(client: Client) -> None:
    """X9, S3-5."""
    given = {"firstName": "Nina", "email": "nina@example.org", "customFields": {"form": "spring"}}
    fields = "id version firstName email customFields createdAt"
    contact = (await change(client, CREATE.replace("FIELDS", fields), "capture", input=given))["contact"]
    assert given.items() <= contact.items()
    assert contact["version"] == 1
    found = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
    assert await client.ask(found, {"id": contact["id"]}, key="capture") == {"node": None, "nodes": [None]}
    assert (await client.ask(found, {"id": contact["id"]}))["node"] == {"id": contact["id"]}


@pytest.mark.parametrize(
    "link", ["company { name }", "tags { totalCount }", "messages { totalCount }", "stats { sent }"]
)
async def test_it_follows_no_link_of_what_it_creates(client: Client, link: str) -> None:
    before = await snapshot(client)
    refusal = await client.refused(CREATE.replace("FIELDS", link), {"input": {}}, key="capture")
    assert (refusal["status"], refusal["reason"]) == (403, "INSUFFICIENT_SCOPE")
    assert without_denials(before) == without_denials(await snapshot(client))


@pytest.mark.parametrize("field", ["companyId", "stageId", "projectId"])
async def test_it_links_a_contact_to_nothing_that_it_cannot_read(client: Client, field: str) -> None:
    noun = {"companyId": "Company", "stageId": "Stage", "projectId": "Project"}[field]
    before = await snapshot(client)
    for id_ in (await Maker(client).id(noun), "f" * 16):
        before = await snapshot(client)
        document_ = f'mutation {{ createContact(input: {{{field}: "{id_}"}}) {{ contact {{ id }} }} }}'
        refusal = await client.refused(document_, key="capture")
        assert (refusal["status"], refusal["reason"]) == (403, "INSUFFICIENT_SCOPE")
        sent = await client.refused(CREATE.replace("FIELDS", "id"), {"input": {field: id_}}, key="capture")
        assert sent["requiredScopes"] == refusal["requiredScopes"]
        assert without_denials(before) == without_denials(await snapshot(client))


async def test_it_changes_nothing_that_is_there(client: Client) -> None:
    creating = {verb.name for verb in VERBS if verb.requires == (("contacts:create",),)}
    calls = [(verb, await Maker(client).arguments(verb, full=True)) for verb in VERBS if verb.name not in creating]
    before = await snapshot(client)
    for verb, arguments in calls:
        refusal = await client.refused(document(verb, arguments, shown="__typename"), arguments, key="capture")
        assert (refusal["status"], refusal["reason"]) == (403, "INSUFFICIENT_SCOPE")
    assert without_denials(before) == without_denials(await snapshot(client))
