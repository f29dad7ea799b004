"""What is done to contacts, many at a time: tags, lists, assignment, stages; each change once, in one event."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog import Noun
from app.domain.contact_list import ContactList, ListKind
from app.domain.pipeline import StageMove
from app.resource import table_of
from app.store.session import transaction
from app.write.transaction import Transaction
from tests.changing import change, events, refusals
from tests.serving import Client

RESULTS = "results { id action contact { firstName } userErrors { field code } } userErrors { field code }"
TAG = f"mutation ($c: [ID!]!, $t: [ID!]!) {{ addTagsToContacts(contactIds: $c, tagIds: $t) {{ {RESULTS} }} }}"
UNTAG = f"mutation ($c: [ID!]!, $t: [ID!]!) {{ removeTagsFromContacts(contactIds: $c, tagIds: $t) {{ {RESULTS} }} }}"
LIST = f"mutation ($l: ID!, $c: [ID!]!) {{ addContactsToList(listId: $l, contactIds: $c) {{ {RESULTS} }} }}"
UNLIST = f"mutation ($l: ID!, $c: [ID!]!) {{ removeContactsFromList(listId: $l, contactIds: $c) {{ {RESULTS} }} }}"
ASSIGN = f"mutation ($c: [ID!]!, $u: ID) {{ assignContacts(contactIds: $c, userId: $u) {{ {RESULTS} }} }}"
MOVE = f"mutation ($c: [ID!]!, $s: ID) {{ moveContacts(contactIds: $c, stageId: $s) {{ {RESULTS} }} }}"

MOVES = table_of(StageMove)
LISTS = table_of(ContactList)


def ids(client: Client, *names: str) -> list[str]:
    return [client.ids[name] for name in names]


def actions(payload: dict[str, Any]) -> list[str]:
    return [result["action"] for result in payload["results"]]


async def moves(client: Client) -> list[tuple[Any, ...]]:
    """Contact, from, to of each move, oldest first."""
    async with transaction(client.database) as tx:
        found = select(MOVES.c.contact_id, MOVES.c.from_stage_id, MOVES.c.to_stage_id).order_by(MOVES.c.id)
        return [tuple(row) for row in await tx.connection.execute(found)]


async def test_tags_are_added_once(client: Client) -> None:
    given: dict[str, Any] = {"c": ids(client, "bob", "ada", "dee"), "t": ids(client, "hot", "cold")}
    payload = await change(client, TAG, **given)
    assert payload["results"] == [
        {"id": client.ids["bob"], "action": "UPDATED", "contact": {"firstName": "Bob"}, "userErrors": []},
        {"id": client.ids["ada"], "action": "UNCHANGED", "contact": {"firstName": "Ada"}, "userErrors": []},
        {"id": client.ids["dee"], "action": "UPDATED", "contact": {"firstName": "Dee"}, "userErrors": []},
    ]
    both = ids(client, "hot", "cold")
    told = [
        ("contact.tagged", {"tagIds": {"old": [], "new": both[:1]}}),
        ("contact.tagged", {"tagIds": {"old": [], "new": both}}),
    ]
    assert await events(client) == told
    assert actions(await change(client, TAG, **given)) == ["UNCHANGED"] * 3
    assert await events(client) == told
    data = await client.ask("{ tags { nodes { name contacts { totalCount } } } }")
    counts = {tag["name"]: tag["contacts"]["totalCount"] for tag in data["tags"]["nodes"]}
    assert counts == {"hot": 3, "cold": 3, "unused": 0}


async def test_tags_are_removed_once(client: Client) -> None:
    given: dict[str, Any] = {"c": ids(client, "ada", "cy"), "t": ids(client, "cold", "unused", "cold")}
    assert actions(await change(client, UNTAG, **given)) == ["UPDATED", "UNCHANGED"]
    assert actions(await change(client, UNTAG, **given)) == ["UNCHANGED"] * 2
    assert await events(client) == [("contact.untagged", {"tagIds": {"old": ids(client, "cold"), "new": []}})]
    data = await client.ask("query ($id: ID!) { contact(id: $id) { tags { nodes { name } } } }", {"id": given["c"][0]})
    assert data["contact"]["tags"]["nodes"] == [{"name": "hot"}]


async def test_contacts_join_and_leave_a_list(client: Client) -> None:
    given: dict[str, Any] = {"l": client.ids["newsletter"], "c": ids(client, "ada", "bob")}
    assert actions(await change(client, LIST, **given)) == ["UNCHANGED", "UPDATED"]
    assert actions(await change(client, UNLIST, **given)) == ["UPDATED", "UPDATED"]
    newsletter = [client.ids["newsletter"]]
    assert await events(client) == [
        ("contact.list_joined", {"listIds": {"old": [], "new": newsletter}}),
        ("contact.list_left", {"listIds": {"old": newsletter, "new": []}}),
        ("contact.list_left", {"listIds": {"old": newsletter, "new": []}}),
    ]


@pytest.mark.parametrize("document", [LIST, UNLIST])
async def test_nobody_puts_contacts_on_a_dynamic_list(client: Client, document: str) -> None:
    async with transaction(client.database) as tx:
        await tx.connection.execute(LISTS.update().values(kind=ListKind.DYNAMIC))
    given: dict[str, Any] = {"l": client.ids["newsletter"], "c": ids(client, "ada", "bob")}
    assert await refusals(client, document, **given) == [("NOT_ALLOWED", "listId")]


async def test_contacts_are_assigned_and_taken_back(client: Client) -> None:
    given: dict[str, Any] = {"c": ids(client, "ada", "bob", "dee"), "u": client.ids["grace"]}
    assert actions(await change(client, ASSIGN, **given)) == ["UNCHANGED", "UPDATED", "UPDATED"]
    assert actions(await change(client, ASSIGN, c=ids(client, "dee"), u=None)) == ["UPDATED"]
    grace, linus = ids(client, "grace", "linus")
    assert await events(client) == [
        ("contact.assigned", {"assignedToId": {"old": linus, "new": grace}}),
        ("contact.assigned", {"assignedToId": {"old": None, "new": grace}}),
        ("contact.assigned", {"assignedToId": {"old": grace, "new": None}}),
    ]


@pytest.mark.parametrize(("document", "name"), [(ASSIGN, "userId"), (MOVE, "stageId")])
async def test_a_variable_that_was_forgotten_clears_nothing(client: Client, document: str, name: str) -> None:
    assert await refusals(client, document, c=ids(client, "ada")) == [("REQUIRED", name)]


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
async def test_two_that_move_a_contact_at_once_do_not_lock_each_other_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, exist, attempts = asyncio.Barrier(2), Transaction.exist, []

    async def exist_for_both(tx: Transaction, noun: Noun, keys: Collection[int]) -> set[int]:
        found = await exist(tx, noun, keys)
        if noun.name == "Stage":
            attempts.append(noun.name)
            await both.wait()
        return found

    monkeypatch.setattr(Transaction, "exist", exist_for_both)
    moving = (change(client, MOVE, c=ids(client, "ada", "bob"), s=client.ids[stage]) for stage in ("lead", "won"))
    assert all(len(payload["results"]) == 2 for payload in await asyncio.gather(*moving))
    assert len(attempts) == 2


async def test_moves_between_stages_are_kept(client: Client) -> None:
    lead, won = client.rows["lead"], client.rows["won"]
    given: dict[str, Any] = {"c": ids(client, "ada", "bob", "cy"), "s": client.ids["won"]}
    assert actions(await change(client, MOVE, **given)) == ["UNCHANGED", "UPDATED", "UPDATED"]
    assert actions(await change(client, MOVE, c=ids(client, "ada"), s=None)) == ["UPDATED"]
    assert await moves(client) == [
        (client.rows["bob"], lead, won),
        (client.rows["cy"], None, won),
        (client.rows["ada"], won, None),
    ]
    assert await events(client) == [
        ("contact.stage_changed", {"stageId": {"old": client.ids["lead"], "new": client.ids["won"]}}),
        ("contact.stage_changed", {"stageId": {"old": None, "new": client.ids["won"]}}),
        ("contact.stage_changed", {"stageId": {"old": client.ids["won"], "new": None}}),
    ]


async def test_creating_and_updating_a_contact_moves_it_too(client: Client) -> None:
    create = "mutation ($s: ID) { createContact(input: { stageId: $s }) { contact { id } userErrors { code } } }"
    new = (await change(client, create, s=client.ids["lead"]))["contact"]["id"]
    await change(client, create)
    update = """mutation ($id: ID!, $s: ID) {
        updateContact(id: $id, input: { stageId: $s, score: 7 }) { contact { id } userErrors { code } } }"""
    for _ in range(2):
        await change(client, update, id=new, s=client.ids["won"])
    lead, won = client.rows["lead"], client.rows["won"]
    assert [(source, target) for _, source, target in await moves(client)] == [(None, lead), (lead, won)]
    told = [type_ for type_, _ in await events(client)]
    assert told == ["contact.created", "contact.created", "contact.updated", "contact.stage_changed"]
    read = "query ($id: ID!) { contact(id: $id) { stageMoves { nodes { toStage { name } movedBy { name } } } } }"
    data = await client.ask(read, {"id": new})
    assert [move["toStage"]["name"] for move in data["contact"]["stageMoves"]["nodes"]] == ["Won", "Lead"]


@pytest.mark.parametrize(
    ("document", "given", "refused"),
    [
        (TAG, {"c": ["ada", "eve"], "t": ["hot", "secret"]}, {"contactIds.1", "tagIds.1"}),
        (UNTAG, {"c": ["eve"], "t": ["secret"]}, {"contactIds.0", "tagIds.0"}),
        (LIST, {"c": ["eve", "hot"], "l": "newsletter"}, {"contactIds.0", "contactIds.1"}),
        (UNLIST, {"c": ["ada"], "l": "spring"}, {"listId"}),
        (ASSIGN, {"c": ["ada", "eve"], "u": "hank"}, {"contactIds.1", "userId"}),
        (MOVE, {"c": ["bob", "mallory"], "s": "sales"}, {"contactIds.1", "stageId"}),
    ],
)
async def test_what_is_not_of_the_workspace_is_not_found(
    client: Client, document: str, given: dict[str, Any], refused: set[str]
) -> None:
    """HARDENING 24: another workspace's id, another type's id; nothing is done for the others either."""
    sent: dict[str, Any] = {
        name: ids(client, *value) if isinstance(value, list) else client.ids[value] for name, value in given.items()
    }
    assert set(await refusals(client, document, **sent)) == {("NOT_FOUND", path) for path in refused}


@pytest.mark.parametrize("document", [TAG, UNTAG, LIST, UNLIST, ASSIGN, MOVE])
async def test_wrong_contacts_are_left_out_where_that_is_asked_for(client: Client, document: str) -> None:
    """HARDENING 24. Otherwise nothing is done; either way, one that is given twice has one answer."""
    cy, ada, eve = ids(client, "cy", "ada", "eve")
    others = {"t": ids(client, "unused"), "l": client.ids["newsletter"], "u": client.ids["linus"], "s": None}
    given: dict[str, Any] = {name: value for name, value in others.items() if f"${name}:" in document}
    given["c"] = [eve, cy, ada, cy, "x"]
    wrong = [("NOT_FOUND", "contactIds.0"), ("DUPLICATE", "contactIds.3"), ("NOT_FOUND", "contactIds.4")]
    assert await refusals(client, document, **given) == wrong
    results = (await change(client, skipping(document), **given))["results"]
    told = [(error["code"], ".".join(error["field"])) for result in results for error in result["userErrors"]]
    assert told == wrong
    assert [result["id"] for result in results] == [None, cy, ada, None, None]
    assert [result["action"] == "REFUSED" for result in results] == [True, False, False, True, True]
    assert len(await events(client)) == sum(result["action"] == "UPDATED" for result in results)


def skipping(document: str) -> str:
    return document.replace("contactIds: $c", "onError: SKIP, contactIds: $c")


async def test_a_call_takes_a_thousand_contacts(client: Client) -> None:
    sent = ids(client, "ada") * 1_001
    assert await refusals(client, ASSIGN, c=sent, u=None) == [("TOO_LONG", "contactIds")]
    assert len(actions(await change(client, skipping(ASSIGN), c=sent[:1_000], u=None))) == 1_000


@pytest.mark.parametrize(
    ("document", "takes"),
    [
        (TAG, ["contacts:update", "tags:read"]),
        (UNLIST, ["contacts:update", "lists:read"]),
        (ASSIGN, ["contacts:update"]),
        (MOVE, ["contacts:update", "pipelines:read"]),
    ],
)
async def test_both_ends_must_be_open_to_the_key(client: Client, document: str, takes: list[str]) -> None:
    bare = document.replace("action contact { firstName }", "")
    given: dict[str, Any] = {"c": ids(client, "ada"), "t": [], "l": client.ids["newsletter"], "u": None, "s": None}
    sent: dict[str, Any] = {name: value for name, value in given.items() if f"${name}:" in bare}
    refused = await client.refused(bare, sent, key="nothing")
    assert refused["requiredScopes"] == takes
    await client.add_key("just enough", scopes=tuple(takes))
    assert len((await change(client, bare, "just enough", **sent))["results"]) == 1
