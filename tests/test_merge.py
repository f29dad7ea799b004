"""Merging contacts: what goes over to the one that stays, and that the ids of the others lead to it."""

import asyncio
from typing import Any

import pytest
from sqlmodel import SQLModel

from app.domain import CATALOG
from app.domain.contact import CONTACT
from app.domain.contact_merge import BELONGING, LINKS
from app.resource import Many, table_of
from app.store.session import transaction
from app.write.transaction import Transaction
from tests.changing import change, events, refusals
from tests.serving import Client

MERGE = """mutation ($into: ID!, $from: [ID!]!, $dryRun: Boolean! = false) {
    mergeContacts(into: $into, from: $from, dryRun: $dryRun) { contact { id } userErrors { field code } } }"""
UPDATE = """mutation ($id: ID!, $input: UpdateContactInput!) { updateContact(id: $id, input: $input) {
    contact { id firstName } userErrors { field code } } }"""
DELETE = "mutation ($id: ID!) { deleteContact(id: $id) { deletedId userErrors { field code } } }"
RESTORE = "mutation ($id: ID!) { restoreContact(id: $id) { contact { id } userErrors { field code } } }"
PURGE = "mutation ($id: ID!) { purgeContact(id: $id) { purgedId userErrors { field code } } }"
MOVE = """mutation ($ids: [ID!]!, $onError: OnError! = ABORT) {
    moveContacts(contactIds: $ids, stageId: null, onError: $onError) {
        results { id userErrors { field code } } userErrors { field code } } }"""
UPDATE_ALL = """mutation ($ids: [ID!]!, $onError: OnError! = ABORT) {
    updateContacts(ids: $ids, input: { score: 7 }, onError: $onError) {
        results { id userErrors { field code } } userErrors { field code } } }"""
READ = "query ($id: ID!) { contact(id: $id) { id firstName } node(id: $id) { id } }"
WHOLE = """query ($id: ID!) { contact(id: $id) {
    firstName lastName email phone externalId score customFields company { name } stage { name } assignedTo { name }
    tags { nodes { name } } lists { nodes { name } } messages { totalCount } tasks { totalCount }
    enrollments { nodes { step automation { name } } } stageMoves { totalCount } } }"""


def ids(client: Client, *names: str) -> list[str]:
    return [client.ids[name] for name in names]


def merging(into: str, sources: list[str], **more: Any) -> dict[str, Any]:
    return {"into": into, "from": sources, **more}


async def add(client: Client, noun: str, **values: Any) -> int:
    """The key of a new row."""
    resource = CATALOG.nouns[noun].resource
    row = resource.table().model_dump(exclude={"id"}, warnings=False)
    table = table_of(resource.table)
    async with transaction(client.database) as tx:
        made = table.insert().values(row | {"workspace_id": client.rows["acme"]} | values).returning(table.c.id)
        return int((await tx.connection.execute(made)).scalar_one())


async def test_the_one_that_stays_gets_what_belongs_to_the_others(client: Client) -> None:
    for name in ("bob", "cy"):
        input = {"externalId": name, "customFields": {"hat": name, name: 1}}
        await change(client, UPDATE, id=client.ids[name], input=input)
    await add(client, "StageMove", contact_id=client.rows["bob"], to_stage_id=client.rows["lead"])
    merged = await change(client, MERGE, **merging(client.ids["cy"], ids(client, "bob", "ada")))
    assert merged == {"contact": {"id": client.ids["cy"]}}
    data = await client.ask(WHOLE, {"id": client.ids["cy"]})
    assert data["contact"] == {
        "firstName": "Cy",
        "lastName": "Żółty",
        "email": "cy@umbrella.test",
        "phone": "+44 20 7946 0000",
        "externalId": "cy",
        "score": 40,
        "customFields": {"hat": "cy", "cy": 1, "bob": 1, "budget": 5000, "shoe": {"size": 38}},
        "company": {"name": "Umbrella Ürün"},
        "stage": {"name": "Lead"},
        "assignedTo": {"name": "Linus Berg"},
        "tags": {"nodes": [{"name": "cold"}, {"name": "hot"}]},
        "lists": {"nodes": [{"name": "Newsletter"}]},
        "messages": {"totalCount": 3},
        "tasks": {"totalCount": 1},
        "enrollments": {"nodes": []},
        "stageMoves": {"totalCount": 1},
    }
    data = await client.ask('{ contacts(search: "zolty") { nodes { id } } }')
    assert data["contacts"]["nodes"] == [{"id": client.ids["cy"]}]


async def test_a_unique_value_goes_over(client: Client) -> None:
    await change(client, UPDATE, id=client.ids["bob"], input={"externalId": "x-1"})
    await change(client, MERGE, **merging(client.ids["dee"], ids(client, "ada", "bob")))
    assert (await client.ask(WHOLE, {"id": client.ids["dee"]}))["contact"]["externalId"] == "x-1"


async def test_one_run_through_each_automation_stays(client: Client) -> None:
    """The contact's own, or else that which has come furthest."""
    for name, runs in {"own": {"ada": 5, "cy": 1}, "best": {"ada": 2, "bob": 3}, "alone": {"bob": 0}}.items():
        automation = await add(client, "Automation", name=name)
        for contact, step in runs.items():
            await add(client, "Enrollment", automation_id=automation, contact_id=client.rows[contact], step=step)
    await change(client, MERGE, **merging(client.ids["cy"], ids(client, "ada", "bob")))
    runs = (await client.ask(WHOLE, {"id": client.ids["cy"]}))["contact"]["enrollments"]["nodes"]
    assert {run["automation"]["name"]: run["step"] for run in runs} == {"own": 1, "best": 3, "alone": 0}


async def test_a_merge_is_told_of_each(client: Client) -> None:
    cy, bob, dee = ids(client, "cy", "bob", "dee")
    await change(client, MERGE, **merging(cy, [bob, dee]))
    told = await events(client)
    assert [type_ for type_, _ in told] == ["contact.deleted", "contact.deleted", "contact.merged"]
    assert told[0][1]["firstName"] == {"old": "Bob", "new": None}
    assert told[2][1] == {
        "lastName": {"old": None, "new": "Żółty"},
        "stageId": {"old": None, "new": client.ids["lead"]},
        "assignedToId": {"old": None, "new": client.ids["linus"]},
        "mergedIds": {"old": [], "new": [bob, dee]},
    }


async def test_merging_twice_does_no_harm(client: Client) -> None:
    given = merging(client.ids["cy"], ids(client, "bob", "bob"))
    first = await change(client, MERGE, **given)
    told = await events(client)
    assert await change(client, MERGE, **given) == first
    assert await events(client) == told


async def test_of_two_that_are_merged_into_one_another_one_stays(client: Client) -> None:
    """At the same time; whoever comes second finds the other contact gone."""
    ada, bob = ids(client, "ada", "bob")
    answers = await asyncio.gather(
        *(client.ask(MERGE, merging(into, [source])) for into, source in ((ada, bob), (bob, ada)))
    )
    assert sorted(len(answer["mergeContacts"]["userErrors"]) for answer in answers) == [0, 1]
    data = await client.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [ada, bob]})
    assert data["nodes"][0] == data["nodes"][1] is not None
    assert sorted(type_ for type_, _ in await events(client)) == ["contact.deleted", "contact.merged"]


async def test_a_dry_run_merges_nothing(client: Client) -> None:
    before = await client.ask(WHOLE, {"id": client.ids["cy"]})
    await change(client, MERGE, **merging(client.ids["cy"], ids(client, "bob"), dryRun=True))
    assert await client.ask(WHOLE, {"id": client.ids["cy"]}) == before
    assert await events(client) == []


async def test_the_old_id_leads_to_the_merged_contact(client: Client) -> None:
    """Over several merges, in every look-up by id, for changes too; for no other workspace, and no other key."""
    ada, bob, cy, dee = ids(client, "ada", "bob", "cy", "dee")
    await change(client, MERGE, **merging(bob, [ada]))
    await change(client, MERGE, **merging(cy, [bob]))
    for old in (ada, bob, cy):
        data = await client.ask(READ, {"id": old})
        assert data == {"contact": {"id": cy, "firstName": "Cy"}, "node": {"id": cy}}
    data = await client.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [dee, ada, client.ids["eve"], bob, cy, ada]}
    )
    assert data["nodes"] == [{"id": dee}, {"id": cy}, None, {"id": cy}, {"id": cy}, {"id": cy}]
    changed = await change(client, UPDATE, id=ada, input={"firstName": "Cyrus"})
    assert changed["contact"] == {"id": cy, "firstName": "Cyrus"}
    assert await client.ask(READ, {"id": ada}, key="foreign") == {"contact": None, "node": None}
    assert await refusals(client, UPDATE, key="foreign", id=ada, input={}) == [("NOT_FOUND", "id")]
    await client.revoke("contacts")
    assert (await client.refused(READ, {"id": ada}, key="contacts"))["reason"] == "REVOKED"


async def test_the_old_id_goes_the_way_of_the_merged_contact(client: Client) -> None:
    ada, cy = ids(client, "ada", "cy")
    await change(client, MERGE, **merging(cy, [ada]))
    assert (await change(client, DELETE, id=ada))["deletedId"] == cy
    assert await client.ask(READ, {"id": ada}) == {"contact": None, "node": None}
    assert await refusals(client, RESTORE, key="foreign", id=ada) == [("NOT_FOUND", "id")]
    assert (await change(client, RESTORE, id=ada))["contact"] == {"id": cy}
    assert (await client.ask(READ, {"id": ada}))["node"] == {"id": cy}
    assert await refusals(client, RESTORE, id=ada) == [("NOT_FOUND", "id")]
    await change(client, DELETE, id=cy)
    assert (await change(client, PURGE, id=ada))["purgedId"] == cy


@pytest.mark.parametrize("name", ["contactIds", "ids"])
async def test_the_old_id_names_the_merged_contact_in_lists_too(client: Client, name: str) -> None:
    """It names the same record as the new one, which is refused as given twice."""
    ada, bob, cy = ids(client, "ada", "bob", "cy")
    await change(client, MERGE, **merging(cy, [ada]))
    document = {"contactIds": MOVE, "ids": UPDATE_ALL}[name]
    results = (await change(client, document, ids=[ada, bob, cy], onError="SKIP"))["results"]
    assert [result["id"] for result in results] == [cy, bob, None]
    assert results[2]["userErrors"] == [{"field": [name, "2"], "code": "DUPLICATE"}]
    assert await refusals(client, document, ids=[ada, cy]) == [("DUPLICATE", f"{name}.1")]
    assert await refusals(client, document, key="foreign", ids=[ada]) == [("NOT_FOUND", f"{name}.0")]


@pytest.mark.parametrize("noun", ["task", "message"])
async def test_what_is_written_about_the_old_id_is_about_the_merged_contact(client: Client, noun: str) -> None:
    ada, cy = ids(client, "ada", "cy")
    await change(client, MERGE, **merging(cy, [ada]))
    made = {"task": 'title: "Call"', "message": 'body: "Hello"'}[noun]
    create = f"""mutation ($id: ID!) {{ create{noun.title()}(input: {{ contactId: $id, {made} }}) {{
        {noun} {{ contact {{ id }} }} userErrors {{ field code }} }} }}"""
    assert (await change(client, create, id=ada))[noun] == {"contact": {"id": cy}}
    assert await refusals(client, create, key="foreign", id=ada) == [("NOT_FOUND", "input.contactId")]
    await change(client, DELETE, id=cy)
    assert await refusals(client, create, id=ada) == [("NOT_FOUND", "input.contactId")]


async def test_what_is_written_about_a_contact_that_is_merged_meanwhile_goes_over(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    merges: list[asyncio.Task[Any]] = []
    exist = Transaction.exist
    merge = merging(client.ids["cy"], ids(client, "bob"))

    async def exist_amid_merge(tx: Transaction, *given: Any) -> set[int]:
        found = await exist(tx, *given)
        merges.append(asyncio.create_task(change(client, MERGE, **merge)))
        await asyncio.wait(merges, timeout=0.2)
        return found

    monkeypatch.setattr(Transaction, "exist", exist_amid_merge)
    create = """mutation ($id: ID!) { createMessage(input: { contactId: $id, body: "Hello" }) {
        message { id } userErrors { code } } }"""
    made = await change(client, create, id=client.ids["bob"])
    assert await asyncio.gather(*merges) == [{"contact": {"id": client.ids["cy"]}}]
    data = await client.ask("query ($id: ID!) { message(id: $id) { contact { id } } }", made["message"])
    assert data == {"message": {"contact": {"id": client.ids["cy"]}}}


async def test_what_cannot_be_merged_is_told(client: Client) -> None:
    """HARDENING 24: all at once, and nothing is done."""
    cy, bob, eve, hot = ids(client, "cy", "bob", "eve", "hot")
    refused = await refusals(client, MERGE, **merging(cy, [bob, eve, cy, hot]))
    assert refused == [("NOT_FOUND", "from.1"), ("NOT_ALLOWED", "from.2"), ("NOT_FOUND", "from.3")]
    assert await refusals(client, MERGE, **merging(eve, [bob])) == [("NOT_FOUND", "into")]
    assert await refusals(client, MERGE, **merging(cy, [bob] * 101)) == [("TOO_LONG", "from")]
    for name in ("cy", "bob"):
        await change(client, UPDATE, id=client.ids[name], input={"customFields": {name: "x" * 40_000}})
    assert await refusals(client, MERGE, **merging(cy, [bob])) == [("TOO_LONG", "from")]


async def test_merging_takes_reading_updating_and_deleting(client: Client) -> None:
    given = merging(client.ids["cy"], ids(client, "bob"))
    refused = await client.refused(MERGE, given, key="contacts")
    assert sorted(refused["requiredScopes"]) == ["contacts:delete", "contacts:update"]


async def test_a_contact_that_is_there_is_read_with_one_statement(sqlite_client: Client) -> None:
    """Who was merged is asked only where nothing was found."""
    statements = []
    for name in ("ada", "ada", "eve"):
        before = sqlite_client.database.load.statements
        await sqlite_client.ask("query ($id: ID!) { contact(id: $id) { id } }", {"id": sqlite_client.ids[name]})
        statements.append(sqlite_client.database.load.statements - before)
    assert statements[1:] == [1, 3]


def test_everything_that_belongs_to_a_contact_goes_over() -> None:
    """A new table that points to contacts must say what merging does with it."""
    paired = [link.through.table for link in CONTACT.links if isinstance(link, Many) and link.through is not None]
    assert len(paired) == len(LINKS)
    known = {table.name for table in (*BELONGING, *paired)} | {"enrollment", "merged_record"}
    assert known == {
        table.name
        for table in SQLModel.metadata.tables.values()
        if any(key.column.table.name == "contact" for key in table.foreign_keys)
    }
