"""Many writers at once through the server: every one is answered, nothing is lost, and others are served meanwhile."""

import asyncio
from typing import Any

from sqlalchemy import func, select

from app.domain import CATALOG
from tests.serving import Client

WRITERS = 32
CONTACT, EVENT = CATALOG.nouns["Contact"].table, CATALOG.nouns["Event"].table
CREATE = (
    "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }"
)
CREATE_MANY = """mutation ($rows: [CreateContactInput!]!) {
  createContacts(contacts: $rows) { createdCount userErrors { code } } }"""
UPDATE = """mutation ($id: ID!, $score: Int!) {
  updateContact(id: $id, input: { score: $score }) { contact { version } userErrors { code } } }"""
UPSERT = """mutation ($rows: [UpsertContactInput!]!) {
  upsertContacts(key: EMAIL, contacts: $rows) { createdCount updatedCount unchangedCount userErrors { code } } }"""


async def count(client: Client, table: Any, *conditions: Any) -> int:
    async with client.database.engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


async def changed(client: Client, query: str, **variables: Any) -> Any:
    """The payload of the only field, in which nothing is wrong."""
    [payload] = (await client.ask(query, variables)).values()
    assert payload["userErrors"] == []
    return payload


async def test_no_error_reaches_any_of_many_writers(client: Client) -> None:
    before = await count(client, CONTACT)

    async def write(writer: int) -> None:
        for turn in range(3):
            made = await changed(client, CREATE, input={"externalId": f"{writer}-{turn}"})
            await changed(client, UPDATE, id=made["contact"]["id"], score=turn + 1)
        await changed(client, CREATE_MANY, rows=[{"email": f"w{writer}@example.org"}] * 5)

    await asyncio.gather(*map(write, range(WRITERS)))
    assert await count(client, CONTACT) == before + WRITERS * 8
    assert await count(client, EVENT, EVENT.c.type == "contact.created") == WRITERS * 8
    assert await count(client, EVENT, EVENT.c.type == "contact.updated") == WRITERS * 3


async def test_all_changes_of_one_record_happen(client: Client) -> None:
    """One after the other: each finds what the one before has left, and counts its version up."""
    writers = (changed(client, UPDATE, id=client.ids["ada"], score=score) for score in range(WRITERS))
    versions = [payload["contact"]["version"] for payload in await asyncio.gather(*writers)]
    assert sorted(versions) == list(range(2, WRITERS + 2))


async def test_one_value_that_is_unique_goes_to_one_writer(client: Client) -> None:
    query = CREATE.replace("code", "field code")
    answers = await asyncio.gather(*(client.ask(query, {"input": {"externalId": "7"}}) for _ in range(WRITERS)))
    errors = [answer["createContact"]["userErrors"] for answer in answers]
    assert sorted(errors, key=len) == [[], *[[{"field": ["input", "externalId"], "code": "TAKEN"}]] * (WRITERS - 1)]
    assert await count(client, CONTACT, CONTACT.c.external_id == "7") == 1


async def test_one_address_is_created_by_one_of_many_upserts(client: Client) -> None:
    """An e-mail address need not be unique (S4-38), but an upsert creates it only where there is none."""
    rows = [{"email": f"n{n}@example.org", "score": 1} for n in range(3)]
    payloads = await asyncio.gather(*(changed(client, UPSERT, rows=rows) for _ in range(WRITERS)))
    assert sorted(payload["createdCount"] for payload in payloads) == [*[0] * (WRITERS - 1), 3]
    assert await count(client, CONTACT, CONTACT.c.email.in_([row["email"] for row in rows])) == 3


async def test_others_are_answered_while_many_records_are_written(client: Client) -> None:
    rows = [{"firstName": "Given", "lastName": "Family", "email": f"n{n}@example.org"} for n in range(1_000)]
    writing = asyncio.create_task(changed(client, CREATE_MANY, rows=rows))
    answered = 0
    while not writing.done():
        assert await client.ask("{ ping }") == {"ping": "pong"}
        answered += not writing.done()
        await asyncio.sleep(0)  # a ping never lets go of the loop, as requests on sockets do
    assert (await writing)["createdCount"] == 1_000
    assert answered > 1
