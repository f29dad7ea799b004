"""Deleted contacts and companies: seen nowhere, restored with all that was theirs, purged, gone when too old."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import SQLModel

from app.domain.contact import Contact
from app.domain.workspace import Workspace
from app.resource import table_of
from app.store.session import transaction
from app.write.records import unique_columns
from app.write.transaction import Transaction
from app.write.trash import deleted_record
from tests.changing import change, events, refusals, snapshot
from tests.serving import Client, World, serving

DELETE = "mutation ($id: ID!) { deleteContact(id: $id) { deletedId userErrors { field code } } }"
RESTORE = "mutation ($id: ID!) { restoreContact(id: $id) { contact { email version } userErrors { field code } } }"
PURGE = "mutation ($id: ID!) { purgeContact(id: $id) { purgedId userErrors { field code } } }"
DELETE_COMPANY = DELETE.replace("Contact", "Company")
RESTORE_COMPANY = "mutation ($id: ID!) { restoreCompany(id: $id) { company { name } userErrors { field code } } }"
PURGE_COMPANY = PURGE.replace("Contact", "Company")
UPDATE = """mutation ($id: ID!, $value: String) { updateContact(id: $id, input: { externalId: $value }) {
    contact { id } userErrors { field code } } }"""

CONTACT_EVERYWHERE = """query ($ada: ID!, $initech: ID!, $grace: ID!, $newsletter: ID!, $hot: ID!, $won: ID!,
    $spring: ID!, $hello: ID!, $call: ID!) {
  contact(id: $ada) { id }
  node(id: $ada) { id }
  nodes(ids: [$ada]) { id }
  message(id: $hello) { id }
  task(id: $call) { id }
  contacts { totalCount nodes { id } }
  byId: contacts(filter: { id: { eq: $ada } }) { totalCount nodes { id } }
  found: contacts(search: "lovelace") { totalCount nodes { id } }
  messages(filter: { contact: { is: { id: { eq: $ada } } } }) { totalCount nodes { id } }
  allMessages: messages { totalCount nodes { id contact { id } } }
  tasks { totalCount nodes { id contact { id } } }
  contactsAggregate(groupBy: [COMPANY]) { count key { company { id } } }
  tagged: contactsAggregate(filter: { tags: { some: { id: { eq: $hot } } } }) { count }
  messagesAggregate(groupBy: [STATUS]) { count }
  contactAnalytics { count }
  messageAnalytics { count }
  company(id: $initech) { contacts { totalCount nodes { id } } }
  user(id: $grace) { assignedContacts { totalCount nodes { id } } tasks { totalCount } }
  contactList(id: $newsletter) { contacts { totalCount nodes { id } } }
  tag(id: $hot) { contacts { totalCount nodes { id } } }
  stage(id: $won) { contacts { totalCount nodes { id } } movesIn { totalCount } }
  project(id: $spring) { contacts { totalCount nodes { id } } }
  tags(filter: { contacts: { some: { id: { eq: $ada } } } }) { nodes { id } }
  others: companies(filter: { contacts: { none: { firstName: { eq: "Ada" } } } }) { nodes { id } }
}"""

COMPANY_EVERYWHERE = """query ($initech: ID!, $ada: ID!) {
  company(id: $initech) { id }
  node(id: $initech) { id }
  companies { totalCount nodes { id } }
  companiesAggregate(groupBy: [INDUSTRY]) { count key { industry } }
  contact(id: $ada) { company { id } }
  contacts(filter: { company: { is: { id: { eq: $initech } } } }) { totalCount }
  named: contacts(filter: { company: { is: { name: { eq: "Initech" } } } }) { totalCount }
  alone: contacts(filter: { company: { isNull: true } }) { totalCount }
  contactsAggregate(groupBy: [COMPANY, STATUS], filter: { score: { gte: 1 } }) {
    count average { score } key { status company { name } } }
}"""


async def ask(client: Client, document: str, **more: Any) -> Any:
    """What a query answers, given the ids that it declares by the names of the records."""
    declared = {name: id for name, id in client.ids.items() if f"${name}:" in document}
    return await client.ask(document, declared, **more)


async def age(client: Client, days: int) -> None:
    """As if all that was deleted had been so many days earlier."""
    async with transaction(client.database) as tx:
        for key, at in (
            await tx.connection.execute(select(deleted_record.c.record_id, deleted_record.c.deleted_at))
        ).all():
            this = update(deleted_record).where(deleted_record.c.record_id == key)
            await tx.connection.execute(this.values(deleted_at=at - timedelta(days=days)))


@pytest.mark.parametrize(
    ("name", "everywhere", "delete", "restore", "purge"),
    [
        ("ada", CONTACT_EVERYWHERE, DELETE, RESTORE, PURGE),
        ("initech", COMPANY_EVERYWHERE, DELETE_COMPANY, RESTORE_COMPANY, PURGE_COMPANY),
    ],
    ids=["contact", "company"],
)
async def test_what_was_deleted_is_seen_nowhere_until_it_is_restored(
    client: Client, name: str, everywhere: str, delete: str, restore: str, purge: str
) -> None:
    """What is deleted so that it can be restored, and what is deleted for good, cannot be told apart."""
    whole = await ask(client, everywhere)
    foreign = await client.ask("{ contacts { nodes { id } } companies { nodes { id } } }", key="foreign")
    id = client.ids[name]
    assert (await change(client, delete, id=id))["deletedId"] == id
    deleted = await ask(client, everywhere)
    assert id not in str(deleted)
    await change(client, restore, id=id)
    assert await ask(client, everywhere) == whole
    await change(client, delete, id=id)
    assert await ask(client, everywhere) == deleted
    assert (await change(client, purge, id=id))["purgedId"] == id
    assert await ask(client, everywhere) == deleted
    assert await client.ask("{ contacts { nodes { id } } companies { nodes { id } } }", key="foreign") == foreign


async def test_many_are_deleted_at_the_same_time(client: Client) -> None:
    """Whoever comes first makes the trash."""
    names = ("ada", "bob", "cy", "dee", "blank")
    await asyncio.gather(*(change(client, DELETE, id=client.ids[name]) for name in names))
    assert (await client.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] == 0
    await asyncio.gather(*(change(client, RESTORE, id=client.ids[name]) for name in names))
    assert (await client.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] == len(names)


async def test_nothing_is_written_about_a_contact_that_is_deleted_meanwhile(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deletion that comes between the check of a reference and its use waits, and takes along what was written."""
    deletions: list[asyncio.Task[Any]] = []
    exist = Transaction.exist

    async def exist_amid_deletion(tx: Transaction, *given: Any) -> set[int]:
        found = await exist(tx, *given)
        deletions.append(asyncio.create_task(change(client, DELETE, id=client.ids["ada"])))
        await asyncio.wait(deletions, timeout=0.2)
        return found

    monkeypatch.setattr(Transaction, "exist", exist_amid_deletion)
    create = """mutation ($id: ID!) { createMessage(input: { contactId: $id, body: "Hello" }) {
        message { id } userErrors { code } } }"""
    made = await change(client, create, id=client.ids["ada"])
    [deletion] = deletions
    assert (await deletion)["deletedId"] == client.ids["ada"]
    there = "query ($id: ID!) { message(id: $id) { contact { id } } }"
    assert await client.ask(there, made["message"]) == {"message": None}
    await change(client, RESTORE, id=client.ids["ada"])
    assert await client.ask(there, made["message"]) == {"message": {"contact": {"id": client.ids["ada"]}}}


async def test_statements_do_not_grow_with_what_is_deleted(client: Client) -> None:
    create = """mutation ($rows: [CreateContactInput!]!) { createContacts(contacts: $rows) {
        results { id } userErrors { code } } }"""
    delete = """mutation ($ids: [ID!]!) { deleteContacts(ids: $ids, onError: SKIP) {
        deletedCount refusedCount userErrors { code } } }"""
    statements = []
    for count in (0, 2, 2, 1_000):
        rows = [{"externalId": f"{count}-{number}"} for number in range(count)]
        made = [row["id"] for row in (await change(client, create, rows=rows))["results"]]
        before = client.database.load.statements
        answer = await change(client, delete, ids=[*made, client.ids["eve"]][:1_000])
        assert (answer["deletedCount"], answer["refusedCount"]) == (count, int(count < 1_000))
        statements.append(client.database.load.statements - before)
    assert statements[3] < statements[2] + 20  # SQLite writes events a hundred at a time


async def test_restoring_brings_back_every_row(client: Client) -> None:
    before = await snapshot(client)
    await change(client, DELETE, id=client.ids["ada"])
    restored = (await change(client, RESTORE, id=client.ids["ada"]))["contact"]
    assert restored == {"email": "ada@initech.test", "version": 2}
    after = await snapshot(client)
    for table in ("message", "task", "stage_move", "contact_tag", "contact_list_member", "deleted_record"):
        assert after[table] == before[table]
    assert len(after["contact"]) == len(before["contact"])


async def test_deleting_restoring_and_purging_are_told(client: Client) -> None:
    for document in (DELETE, RESTORE, DELETE, PURGE):
        await change(client, document, id=client.ids["dee"])
    told = await events(client)
    assert [type_ for type_, _ in told] == ["contact.deleted", "contact.restored", "contact.deleted", "contact.purged"]
    assert told[0][1]["firstName"] == {"old": "Dee", "new": None}
    assert told[1][1]["firstName"] == {"old": None, "new": "Dee"}
    assert told[3][1] == {}


async def test_unique_values_are_free_again(client: Client) -> None:
    ada, bob, cy = (client.ids[name] for name in ("ada", "bob", "cy"))
    for id in (ada, bob):
        await change(client, UPDATE, id=id, value="x-1")
        await change(client, DELETE, id=id)
    await change(client, UPDATE, id=cy, value="x-1")
    assert await refusals(client, RESTORE, id=ada) == [("TAKEN", "id")]
    await change(client, UPDATE, id=cy, value="x-2")
    await change(client, RESTORE, id=ada)
    data = await client.ask("query ($id: ID!) { contact(id: $id) { externalId } }", {"id": ada})
    assert data["contact"]["externalId"] == "x-1"
    assert await refusals(client, RESTORE, id=bob) == [("TAKEN", "id")]


@pytest.mark.parametrize("document", [RESTORE, PURGE])
async def test_only_what_was_deleted_in_the_workspace_is_restored_or_purged(client: Client, document: str) -> None:
    """HARDENING 24."""
    await change(client, DELETE, id=client.ids["dee"])
    await change(client, DELETE, key="foreign", id=client.ids["eve"])
    for name in ("ada", "eve", "mallory", "initech"):
        assert await refusals(client, document, id=client.ids[name]) == [("NOT_FOUND", "id")]
    assert await refusals(client, document, key="foreign", id=client.ids["dee"]) == [("NOT_FOUND", "id")]


@pytest.mark.parametrize("document", [RESTORE, PURGE])
async def test_restoring_and_purging_take_the_scope_to_delete(client: Client, document: str) -> None:
    await change(client, DELETE, id=client.ids["dee"])
    bare = document.replace("contact { email version }", "")
    refused = await client.refused(bare, {"id": client.ids["dee"]}, key="contacts")
    assert refused["requiredScopes"] == ["contacts:delete"]
    await client.add_key("delete", scopes=("contacts:delete",))
    await change(client, bare, "delete", id=client.ids["dee"])


async def test_what_is_too_old_is_purged_at_the_next_deletion(client: Client) -> None:
    await change(client, DELETE, id=client.ids["dee"])
    await change(client, DELETE_COMPANY, id=client.ids["empty"])
    await age(client, days=31)
    assert await refusals(client, RESTORE, id=client.ids["dee"]) == [("NOT_FOUND", "id")]
    await change(client, DELETE, id=client.ids["bob"])
    async with transaction(client.database) as tx:
        contact = table_of(Contact)
        assert await tx.connection.scalar(select(contact.c.id).where(contact.c.id == client.rows["dee"])) is None
        kept = (await tx.connection.execute(select(deleted_record.c.record_id))).scalars().all()
    assert kept == [client.rows["bob"]]
    assert sorted(type_ for type_, _ in await events(client)) == [
        "company.deleted",
        "company.purged",
        "contact.deleted",
        "contact.deleted",
        "contact.purged",
    ]


async def test_a_server_can_keep_nothing(world: World) -> None:
    async with serving(world, restore_days=0) as client:
        await change(client, DELETE, id=client.ids["ada"])
        assert await refusals(client, RESTORE, id=client.ids["ada"]) == [("NOT_FOUND", "id")]
        rows = await snapshot(client)
        assert client.rows["ada"] not in {row[0] for row in rows["contact"]}
        assert not rows["deleted_record"]


async def test_nobody_gets_into_the_trash(client: Client) -> None:
    """It is one for each workspace, closed, and called as no other workspace can be."""
    for name in ("ada", "bob"):
        await change(client, DELETE, id=client.ids[name])
    await change(client, DELETE_COMPANY, id=client.ids["initech"])
    workspace = table_of(Workspace)
    async with transaction(client.database) as tx:
        trash = (await tx.connection.execute(select(workspace).where(workspace.c.slug.startswith("~")))).all()
    assert [(row.slug, row.api_enabled, row.sandbox_id, row.trash_id) for row in trash] == [
        (f"~{client.rows['acme']}", False, None, None)
    ]
    data = await client.ask("{ workspaces { nodes { slug } } }")
    assert [each["slug"] for each in data["workspaces"]["nodes"]] == ["acme"]


def test_nothing_that_moves_along_is_unique_in_its_workspace() -> None:
    """The trash sets the unique values of deleted records aside, not those of what belongs to them."""
    soft = {"contact", "company"}
    for table in SQLModel.metadata.tables.values():
        if any(key.column.table.name in soft and key.ondelete == "CASCADE" for key in table.foreign_keys):
            assert unique_columns(table) == []
    assert all(
        SQLModel.metadata.tables[name].c[columns[-1]].nullable
        for name in soft
        for columns in unique_columns(SQLModel.metadata.tables[name])
    )
