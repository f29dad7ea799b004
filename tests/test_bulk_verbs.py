"""Many contacts or companies at once: created, changed, deleted, upserted; a result for each row, in their order."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from app.domain import CATALOG
from app.read import changes
from app.write import bulk
from tests.serving import Client

CONTACT, COMPANY, EVENT = (CATALOG.nouns[name].table for name in ("Contact", "Company", "Event"))
_KEY = 2**56 - 1  # of what an event says it tells of: the rest is the type
RESULTS = "results { contact { id email externalId score } action userErrors { field code } }"
ERRORS = "userErrors { field code message }"
CREATE = f"""mutation ($rows: [CreateContactInput!]!, $onError: OnError! = ABORT) {{
  createContacts(contacts: $rows, onError: $onError) {{ {RESULTS} createdCount refusedCount {ERRORS} }} }}"""
UPDATE = f"""mutation ($ids: [ID!], $filter: ContactFilter, $input: UpdateContactInput!, $onError: OnError! = ABORT) {{
  updateContacts(ids: $ids, filter: $filter, input: $input, onError: $onError) {{
    {RESULTS} updatedCount unchangedCount refusedCount {ERRORS} }} }}"""
DELETE = f"""mutation ($ids: [ID!], $filter: ContactFilter, $onError: OnError! = ABORT) {{
  deleteContacts(ids: $ids, filter: $filter, onError: $onError) {{
    results {{ id contact {{ id }} action userErrors {{ field code }} }} deletedCount refusedCount {ERRORS} }} }}"""
UPSERT = f"""mutation ($key: ContactKey!, $rows: [UpsertContactInput!]!, $onError: OnError! = ABORT) {{
  upsertContacts(key: $key, contacts: $rows, onError: $onError) {{
    {RESULTS} createdCount updatedCount unchangedCount refusedCount {ERRORS} }} }}"""


async def change(client: Client, query: str, *, caller: str = "all", **variables: Any) -> Any:
    """The payload of the only field."""
    [payload] = (await client.ask(query, variables, key=caller)).values()
    return payload


def actions(payload: Any) -> list[str]:
    return [result["action"] for result in payload["results"]]


def codes(errors: Any) -> list[tuple[str, str]]:
    return [(".".join(error["field"]), error["code"]) for error in errors]


async def events(client: Client) -> list[tuple[str, int]]:
    """Type and subject of each event, in their order."""
    return [(type_, key & _KEY) for type_, key in await rows(client, EVENT.c.type, EVENT.c.subject_id)]


async def told(client: Client) -> dict[int, Any]:
    """The changes that events tell, by their subjects."""
    return {key & _KEY: changed for key, changed in await rows(client, EVENT.c.subject_id, EVENT.c.changes)}


async def rows(client: Client, *columns: Any) -> list[Any]:
    async with client.database.engine.connect() as connection:
        found = await connection.execute(select(*columns).order_by(columns[0].table.c.id))
        return [tuple(row) for row in found]


async def everything(client: Client) -> list[Any]:
    return [await rows(client, *table.columns) for table in (CONTACT, COMPANY, EVENT)]


# Create


async def test_many_are_created_in_their_order_each_with_an_event(client: Client) -> None:
    given = [{"email": f"n{n}@example.org", "score": n, "companyId": client.ids["initech"]} for n in range(20)]
    payload = await change(client, CREATE, rows=given)
    assert payload["userErrors"] == []
    assert (payload["createdCount"], payload["refusedCount"]) == (20, 0)
    assert actions(payload) == ["CREATED"] * 20
    shown = [result["contact"] for result in payload["results"]]
    assert [(contact["email"], contact["score"]) for contact in shown] == [
        (row["email"], row["score"]) for row in given
    ]
    made = (await rows(client, CONTACT.c.id, CONTACT.c.source, CONTACT.c.custom_fields, CONTACT.c.company_id))[-20:]
    assert {row[1:] for row in ((key, source, str(fields), company) for key, source, fields, company in made)} == {
        ("api", "{}", client.rows["initech"])
    }
    assert await events(client) == [("contact.created", row[0]) for row in made]


async def test_what_was_created_in_bulk_is_found_by_search(client: Client) -> None:
    await change(client, CREATE, rows=[{"firstName": f"Zacharias{n}"} for n in range(250)])
    data = await client.ask('{ contacts(search: "zacharias") { totalCount } }')
    assert data == {"contacts": {"totalCount": 250}}


async def test_nothing_is_created_where_one_row_is_wrong_and_all_that_is_wrong_is_told(client: Client) -> None:
    before = await everything(client)
    given = [
        {"email": "fine@example.org"},
        {"email": "bad", "score": 101},
        {"phone": "x", "companyId": client.ids["doom"]},
    ]
    payload = await change(client, CREATE, rows=given)
    assert payload["results"] is payload["createdCount"] is payload["refusedCount"] is None
    assert sorted(codes(payload["userErrors"])) == [
        ("contacts.1.email", "INVALID"),
        ("contacts.1.score", "OUT_OF_RANGE"),
        ("contacts.2.companyId", "NOT_FOUND"),
        ("contacts.2.phone", "INVALID"),
    ]
    assert await everything(client) == before


async def test_wrong_rows_are_left_out_where_that_is_asked_for(client: Client) -> None:
    given = [{"email": "bad"}, {"externalId": "7"}, {"companyId": client.ids["doom"]}, {"externalId": "7"}, {}]
    payload = await change(client, CREATE, rows=given, onError="SKIP")
    assert payload["userErrors"] == []
    assert actions(payload) == ["REFUSED", "CREATED", "REFUSED", "REFUSED", "CREATED"]
    assert (payload["createdCount"], payload["refusedCount"]) == (2, 3)
    assert [codes(result["userErrors"]) for result in payload["results"]] == [
        [("contacts.0.email", "INVALID")],
        [],
        [("contacts.2.companyId", "NOT_FOUND")],
        [("contacts.3.externalId", "DUPLICATE")],
        [],
    ]
    assert [result["contact"] is None for result in payload["results"]] == [True, False, True, True, False]
    assert len(await events(client)) == 2


async def test_a_refused_row_claims_nothing(client: Client) -> None:
    """The value that it would have had is free for a later one."""
    payload = await change(
        client, CREATE, rows=[{"externalId": "7", "email": "bad"}, {"externalId": "7"}], onError="SKIP"
    )
    assert actions(payload) == ["REFUSED", "CREATED"]


async def test_an_external_id_is_unique_in_its_workspace_only(client: Client) -> None:
    await change(client, CREATE, rows=[{"externalId": "7"}])
    payload = await change(client, CREATE, rows=[{"externalId": "8"}, {"externalId": "7"}])
    assert codes(payload["userErrors"]) == [("contacts.1.externalId", "TAKEN")]
    payload = await change(client, CREATE, rows=[{"externalId": "7"}], caller="foreign")
    assert actions(payload) == ["CREATED"]


async def test_a_key_that_only_creates_sees_what_it_has_made_and_no_more(client: Client) -> None:
    """X9: a key for lead capture."""
    query = 'mutation { createContacts(contacts: [{ email: "a@b.org" }]) { results { contact { email } } } }'
    payload = await change(client, query, caller="capture")
    assert payload == {"results": [{"contact": {"email": "a@b.org"}}]}
    await client.add_key("writer", scopes=("contacts:create", "contacts:update"))
    refused = await client.refused(UPDATE, {"ids": [client.ids["ada"]], "input": {}}, key="writer")
    assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["contacts:read"])


@pytest.mark.parametrize("count", [0, 1, 1_000])
async def test_a_call_takes_up_to_a_thousand(sqlite_client: Client, count: int) -> None:
    payload = await change(sqlite_client, CREATE, rows=[{}] * count)
    assert payload["createdCount"] == len(payload["results"]) == len(await events(sqlite_client)) == count


async def test_more_than_a_thousand_are_refused(client: Client) -> None:
    before = await everything(client)
    payload = await change(client, CREATE, rows=[{}] * 1_001, onError="SKIP")
    assert codes(payload["userErrors"]) == [("contacts", "TOO_LONG")]
    payload = await change(client, UPDATE, ids=[client.ids["ada"]] * 1_001, input={"score": 1}, onError="SKIP")
    assert codes(payload["userErrors"]) == [("ids", "TOO_LONG")]
    assert await everything(client) == before


async def test_a_dry_run_shows_what_would_be_and_does_nothing(client: Client) -> None:
    before = await everything(client)
    query = CREATE.replace("onError: $onError", "onError: $onError, dryRun: true")
    payload = await change(client, query, rows=[{"score": 3}, {"score": 4}])
    assert [result["contact"]["score"] for result in payload["results"]] == [3, 4]
    assert await everything(client) == before


# Update


async def test_those_with_ids_are_changed_in_the_order_of_the_ids(client: Client) -> None:
    ids = [client.ids[name] for name in ("dee", "bob", "cy")]
    payload = await change(client, UPDATE, ids=ids, input={"score": 40, "lastName": None})
    assert [result["contact"]["id"] for result in payload["results"]] == ids
    assert actions(payload) == ["UPDATED", "UPDATED", "UNCHANGED"]
    assert (payload["updatedCount"], payload["unchangedCount"], payload["refusedCount"]) == (2, 1, 0)
    changed = {client.rows["dee"], client.rows["bob"]}
    found = await rows(client, CONTACT.c.id, CONTACT.c.score, CONTACT.c.last_name, CONTACT.c.version)
    assert {row for row in found if row[0] in changed} == {(key, 40, None, 2) for key in changed}
    assert {row[0] for row in found if row[3] == 2} == changed
    assert sorted(await events(client)) == sorted(("contact.updated", key) for key in changed)
    assert await told(client) == {
        client.rows["dee"]: {"score": {"old": 0, "new": 40}, "lastName": {"old": "O'Hara", "new": None}},
        client.rows["bob"]: {"lastName": {"old": "Żółty", "new": None}},
    }
    assert (await client.ask('{ contacts(search: "hara") { totalCount } }'))["contacts"] == {"totalCount": 0}


async def test_those_that_a_filter_finds_are_changed(client: Client) -> None:
    payload = await change(
        client, UPDATE, filter={"company": {"is": {"name": {"eq": "Initech"}}}}, input={"externalId": None, "score": 1}
    )
    assert [result["contact"]["id"] for result in payload["results"]] == [client.ids["ada"], client.ids["bob"]]
    assert await change(client, UPDATE, filter={"score": {"eq": 1}}, input={"score": 1}) | {"results": []} == {
        "results": [],
        "updatedCount": 0,
        "unchangedCount": 2,
        "refusedCount": 0,
        "userErrors": [],
    }
    scores = {row[1] for row in await rows(client, CONTACT.c.id, CONTACT.c.score) if row[0] == client.rows["mallory"]}
    assert scores == {1}


async def test_a_filter_finds_nothing_of_another_workspace(client: Client) -> None:
    payload = await change(client, UPDATE, filter={"email": {"contains": "doom"}}, input={"score": 5})
    assert payload["results"] == []
    assert await events(client) == []


@pytest.mark.parametrize("query", [UPDATE, DELETE])
async def test_a_filter_that_finds_too_many_is_refused(
    client: Client, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (changes, bulk):
        monkeypatch.setattr(module, "MOST", 3)
    before = await everything(client)
    payload = await change(client, query, filter={"createdAt": {"isNull": False}}, input={"score": 1})
    assert codes(payload["userErrors"]) == [("filter", "TOO_LONG")]
    assert "More than 3 contacts" in payload["userErrors"][0]["message"]
    assert payload["results"] is None
    assert await everything(client) == before
    payload = await change(client, query, filter={"status": {"eq": "NEW"}, "score": {"gt": 0}}, input={"score": 1})
    assert len(payload["results"]) == 1


@pytest.mark.parametrize("query", [UPDATE, DELETE])
async def test_either_ids_or_a_filter_are_given(client: Client, query: str) -> None:
    before = await everything(client)
    payload = await change(client, query, input={"score": 1})
    assert codes(payload["userErrors"]) == [("ids", "REQUIRED")]
    payload = await change(client, query, ids=[client.ids["ada"]], filter={"score": {"gt": 0}}, input={"score": 1})
    assert codes(payload["userErrors"]) == [("ids", "INVALID")]
    assert await everything(client) == before


@pytest.mark.parametrize("query", [UPDATE, DELETE])
async def test_ids_of_nothing_of_others_and_given_twice_are_refused(client: Client, query: str) -> None:
    """HARDENING 24: an id of another workspace is answered as one of nothing."""
    before = await everything(client)
    wrong = ["0" * 16, client.ids["eve"], client.ids["initech"], "x"]
    ids = [client.ids["ada"], *wrong, client.ids["ada"], client.ids["bob"]]
    expected = [*((f"ids.{place}", "NOT_FOUND") for place in (1, 2, 3, 4)), ("ids.5", "DUPLICATE")]
    payload = await change(client, query, ids=ids, input={"score": 1})
    assert codes(payload["userErrors"]) == expected
    assert await everything(client) == before
    payload = await change(client, query, ids=ids, input={"score": 1}, onError="SKIP")
    assert [action == "REFUSED" for action in actions(payload)] == [False, *[True] * 5, False]
    assert [code for result in payload["results"] for code in codes(result["userErrors"])] == expected
    assert {subject for _, subject in await events(client)} == {client.rows["ada"], client.rows["bob"]}


async def test_a_unique_value_goes_to_one_record(client: Client) -> None:
    ids = [client.ids["ada"], client.ids["bob"]]
    payload = await change(client, UPDATE, ids=ids, input={"externalId": "7"})
    assert codes(payload["userErrors"]) == [("input.externalId", "DUPLICATE")]
    payload = await change(client, UPDATE, ids=ids, input={"externalId": "7"}, onError="SKIP")
    assert actions(payload) == ["UPDATED", "REFUSED"]
    assert payload["results"][1]["contact"]["id"] == client.ids["bob"]


# Delete


async def test_many_are_deleted(client: Client) -> None:
    ids = [client.ids["bob"], client.ids["ada"]]
    payload = await change(client, DELETE, ids=ids)
    assert payload["deletedCount"] == 2
    assert [(result["id"], result["contact"], result["action"]) for result in payload["results"]] == [
        (id_, None, "DELETED") for id_ in ids
    ]
    assert (await client.ask("{ contacts { totalCount } }")) == {"contacts": {"totalCount": 3}}
    assert {type_ for type_, _ in await events(client)} == {"contact.deleted"}
    assert len(await events(client)) == 2


async def test_a_filter_wants_to_read(client: Client) -> None:
    await client.add_key("remover", scopes=("contacts:delete",))
    refused = await client.refused("mutation { deleteContacts(filter: {}) { deletedCount } }", key="remover")
    assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["contacts:read"])
    ids = {"ids": [client.ids["ada"]]}
    query = "mutation ($ids: [ID!]) { deleteContacts(ids: $ids) { deletedCount } }"
    assert await client.ask(query, ids, key="remover") == {"deleteContacts": {"deletedCount": 1}}


# Upsert


async def test_what_has_the_key_is_changed_and_the_rest_created(client: Client) -> None:
    given: list[Any] = [
        {"email": "new@example.org", "score": 1},
        {"email": "ada@initech.test", "score": 2},
        {"email": "cy@umbrella.test", "score": 40},
        {"email": "bob@initech.test", "lastName": "Zolty", "externalId": "7"},
    ]
    payload = await change(client, UPSERT, key="EMAIL", rows=given)
    assert actions(payload) == ["CREATED", "UPDATED", "UNCHANGED", "UPDATED"]
    assert [payload[f"{name}Count"] for name in ("created", "updated", "unchanged", "refused")] == [1, 2, 1, 0]
    assert [result["contact"]["email"] for result in payload["results"]] == [row["email"] for row in given]
    names = await rows(client, CONTACT.c.id, CONTACT.c.first_name, CONTACT.c.last_name)
    found = {key: called for key, *called in names}
    assert found[client.rows["ada"]] == ["Ada", "Lovelace"]
    assert found[client.rows["bob"]] == ["Bob", "Zolty"]
    changed = await told(client)
    assert len(changed) == len(await events(client)) == 3
    assert changed[client.rows["ada"]] == {"score": {"old": 90, "new": 2}}
    again = await change(client, UPSERT, key="EMAIL", rows=given)
    assert actions(again) == ["UNCHANGED"] * 4
    assert len(await events(client)) == 3


async def test_a_key_says_which_record_is_meant(client: Client) -> None:
    """S4-38: an e-mail address may be that of several contacts."""
    await change(client, CREATE, rows=[{"email": "twin@example.org"}] * 2)
    before = await everything(client)
    given: list[Any] = [
        {"email": "twin@example.org", "score": 1},
        {"score": 2},
        {"email": None},
        {"email": "one@example.org"},
        {"email": "one@example.org"},
        {"email": "bad"},
    ]
    expected = [
        ("contacts.0.email", "AMBIGUOUS"),
        ("contacts.1.email", "REQUIRED"),
        ("contacts.2.email", "REQUIRED"),
        ("contacts.4.email", "DUPLICATE"),
        ("contacts.5.email", "INVALID"),
    ]
    payload = await change(client, UPSERT, key="EMAIL", rows=given)
    assert codes(payload["userErrors"]) == expected
    assert await everything(client) == before
    payload = await change(client, UPSERT, key="EMAIL", rows=given, onError="SKIP")
    assert actions(payload) == ["REFUSED"] * 3 + ["CREATED"] + ["REFUSED"] * 2
    assert payload["results"][0]["contact"] is None


async def test_another_unique_value_must_be_free(client: Client) -> None:
    await change(client, CREATE, rows=[{"externalId": "7"}])
    given = [{"email": "ada@initech.test", "externalId": "7"}, {"email": "bob@initech.test", "externalId": "8"}]
    payload = await change(client, UPSERT, key="EMAIL", rows=given)
    assert codes(payload["userErrors"]) == [("contacts.0.externalId", "TAKEN")]
    payload = await change(client, UPSERT, key="EXTERNAL_ID", rows=[{"externalId": "7", "email": "x@example.org"}])
    assert actions(payload) == ["UPDATED"]


async def test_of_calls_that_take_what_nobody_has_one_gets_it(client: Client) -> None:
    await change(client, CREATE, rows=[{"firstName": "Free"}] * 20)
    free = {"firstName": {"eq": "Free"}, "lastName": {"isNull": True}}
    takers = (change(client, UPDATE, filter=free, input={"lastName": f"Taken by {each}"}) for each in range(8))
    taken = [payload["updatedCount"] for payload in await asyncio.gather(*takers)]
    assert sorted(taken) == [0] * 7 + [20]


@pytest.mark.parametrize(("key", "field"), [("EMAIL", "email"), ("EXTERNAL_ID", "externalId")])
async def test_upserts_of_the_same_at_the_same_time_are_all_done(client: Client, key: str, field: str) -> None:
    wanted = [{field: f"{number}@example.com"} for number in range(20)]
    calls = (change(client, UPSERT, key=key, rows=wanted[start : start + 10]) for start in range(11))
    payloads = await asyncio.gather(*calls)
    assert [payload["userErrors"] for payload in payloads] == [[]] * 11
    assert sum(payload["createdCount"] for payload in payloads) == 20


async def test_an_upsert_finds_nothing_of_another_workspace(client: Client) -> None:
    payload = await change(client, UPSERT, key="EMAIL", rows=[{"email": "eve@doom.test", "score": 1}])
    assert actions(payload) == ["CREATED"]
    scores = dict(await rows(client, CONTACT.c.id, CONTACT.c.score))
    assert scores[client.rows["eve"]] == 99


@pytest.mark.parametrize(
    "call",
    [
        "updateContacts(ids: IDS, input: {score: 80}) { results { action } }",
        "updateContacts(ids: IDS, input: {score: 80}) { unchangedCount }",
        "updateContacts(ids: IDS, input: {score: 80}) { updatedCount }",
        "assignContacts(contactIds: IDS, userId: null) { results { action } }",
    ],
)
async def test_who_may_not_read_is_not_told_whether_anything_had_to_be_changed(client: Client, call: str) -> None:
    """It would tell any value, one guess after another, and with `dryRun` without a trace."""
    await client.add_key("updater", scopes=("contacts:update",))
    ids = f'["{client.ids["ada"]}"]'
    refused = await client.refused(f"mutation {{ {call.replace('IDS', ids)} }}", key="updater")
    assert refused["requiredScopes"] == ["contacts:read"]
    shown = "results { id userErrors { code } } refusedCount userErrors { code }"
    payload = await change(
        client, f"mutation {{ updateContacts(ids: {ids}, input: {{score: 80}}) {{ {shown} }} }}", caller="updater"
    )
    assert payload == {
        "results": [{"id": client.ids["ada"], "userErrors": []}],
        "refusedCount": 0,
        "userErrors": [],
    }


async def test_an_upsert_takes_the_scopes_of_all_that_it_does(client: Client) -> None:
    await client.add_key("writer", scopes=("contacts:create", "contacts:update"))
    query = 'mutation { upsertContacts(key: EMAIL, contacts: [{ email: "a@b.org" }]) { createdCount } }'
    refused = await client.refused(query, key="writer")
    assert refused["requiredScopes"] == ["contacts:read"]
    assert [type_ for type_, _ in await events(client)] == ["access.denied"]


async def test_companies_are_known_by_their_domain(client: Client) -> None:
    query = """mutation ($rows: [UpsertCompanyInput!]!) { upsertCompanies(key: DOMAIN, companies: $rows) {
      results { company { name size } action } } }"""
    given = [{"name": "Initech", "domain": "initech.test", "size": 251}, {"name": "Hooli", "domain": "hooli.test"}]
    payload = await change(client, query, rows=given)
    assert payload["results"] == [
        {"company": {"name": "Initech", "size": 251}, "action": "UPDATED"},
        {"company": {"name": "Hooli", "size": None}, "action": "CREATED"},
    ]


# All of them


async def test_statements_do_not_grow_with_the_rows(client: Client) -> None:
    async def statements(query: str, **variables: Any) -> int:
        load = client.database.load
        before = load.statements
        payload = await change(client, query, **variables)
        assert payload["userErrors"] == []
        return load.statements - before

    def given(first: int, count: int, **more: Any) -> list[Any]:
        return [{"externalId": f"{n}", "companyId": client.ids["initech"], **more} for n in range(first, first + count)]

    await change(client, CREATE, rows=[{}, {}])  # the first call of a key looks it up, and begins to number
    few, many = await statements(CREATE, rows=given(0, 2)), await statements(CREATE, rows=given(10, 60))
    assert few == many
    by = {"key": "EXTERNAL_ID", "onError": "SKIP"}
    few, many = await statements(UPSERT, rows=given(9, 2, score=5), **by), await statements(UPSERT, rows=mixed(), **by)
    assert few == many
    ids = [row["contact"]["id"] for row in (await change(client, CREATE, rows=given(200, 60)))["results"]]
    await change(client, DELETE, ids=ids[:1])  # the first one makes the trash
    for query in (UPDATE, DELETE):
        few = await statements(query, ids=ids[1:3], input={"score": 9})
        assert few == await statements(query, ids=ids[3:], input={"score": 9})


def mixed() -> list[Any]:
    """Rows of which each gives other fields."""
    fields = {"firstName": "A", "lastName": "B", "score": 7, "phone": "030 123456", "status": "CONTACTED"}
    names = list(fields)
    return [
        {"externalId": f"{n}", **{name: fields[name] for place, name in enumerate(names) if n >> place & 1}}
        for n in range(40, 100)
    ]


@pytest.mark.parametrize("filter_", [{}, {"email": {}}, {"and": [{}]}, {"not": {}}, {"tags": {"some": {}}}], ids=str)
async def test_a_filter_without_a_condition_changes_nothing(client: Client, filter_: Any) -> None:
    """What a forgotten variable leaves of a filter must not mean all records."""
    refused = await client.refused(DELETE, {"filter": filter_})
    assert (refused["code"], "must hold a condition" in refused["message"]) == ("BAD_USER_INPUT", True)
    forgotten = "mutation ($e: String) { deleteContacts(filter: { email: { eq: $e } }) { deletedCount } }"
    assert "must hold a condition" in (await client.refused(forgotten))["message"]
    assert await events(client) == []


async def test_one_call_writes_a_bounded_amount(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_MOST_CHARACTERS", 100)
    ids = [client.ids[name] for name in ("ada", "bob", "cy")]
    payload = await change(client, UPDATE, ids=ids, input={"firstName": "x" * 40})
    assert codes(payload["userErrors"]) == [("input", "TOO_LONG")]
    assert (await change(client, UPDATE, ids=ids, input={"firstName": "x" * 30}))["updatedCount"] == 3
