"""Who may ask, at the HTTP level: both headers, one shape for every 401, and a key that is dead on the next request.

X1, X2, X15, X33, S2-1, S2-2, S2-24…30, S3-13, S3-17, S3-21, S4-5; HARDENING 1, 2, 3; promise (g).
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from app.access.credentials import Credentials
from app.access.dialect import DIALECTS
from app.access.keys import hash_key, mint
from app.access.principal import Principal
from app.access.recognition import Principals
from app.settings import sqlite_path
from app.store.reading import Database, Reading, Row
from app.store.types import now
from app.store.writing import Collision
from app.write import run
from app.write.event import write_events
from app.write.transaction import Transaction
from tests.changing import snapshot
from tests.serving import Client, World, serving

PING = {"query": "{ ping }"}

# Whatever a request may do, it needs a key that stands: documents of every way through the server.
WAYS: Mapping[str, str] = {
    "computed": "{ ping }",
    "viewer": "{ viewer { prefix } }",
    "typename": "{ __typename }",
    "scopes": "{ scopes { name } }",
    "record": "query ($ada: ID!) { contact(id: $ada) { email } }",
    "no such record": '{ contact(id: "0000000000000000") { email } }',
    "page": "{ contacts { nodes { email } } }",
    "empty page": '{ contacts(filter: {email: {eq: "nobody"}}) { nodes { email } } }',
    "page without rows": "{ contacts(first: 0) { totalCount } }",
    "empty count": '{ contacts(filter: {email: {eq: "nobody"}}) { totalCount } }',
    "search for nothing": '{ contacts(search: "zzzz") { nodes { email } } }',
    "aggregate": "{ contactsAggregate { count } }",
    "empty aggregate": '{ contactsAggregate(filter: {email: {eq: "nobody"}}) { count } }',
    "empty groups": '{ contactsAggregate(groupBy: [STATUS], filter: {email: {eq: "nobody"}}) { count } }',
    "node": "query ($ada: ID!) { node(id: $ada) { id } }",
    "no such node": '{ node(id: "0000000000000000") { id } }',
    "nodes": '{ nodes(ids: ["x", "y"]) { id } }',
    "no nodes": "{ nodes(ids: []) { id } }",
    "skipped": "{ ping @skip(if: true) contacts @include(if: false) { totalCount } }",
    "introspection": "{ __schema { queryType { name } } }",
    "introspection of a type": '{ __type(name: "Contact") { name } }',
    "introspection and data": "{ __schema { queryType { name } } contacts { totalCount } ping }",
    "syntax error": "{ ping",
    "unknown field": "{ pong }",
    "missing variable": "query ($n: Int!) { contacts(first: $n) { totalCount } }",
    "bad value": "{ contacts(first: -1) { totalCount } }",
    "bad cursor": '{ contacts(after: "x") { totalCount } }',
    "no operation": "query A { ping } query B { ping }",
    "too deep": "{ contacts(first: 1) { nodes { "
    + "company { contacts(first: 1) { nodes { " * 20
    + "id"
    + "}}}" * 20
    + " } } }",
    "unread scope": "{ companies { totalCount } }",
}


def unauthenticated(response: httpx2.Response, reason: str) -> str:
    """The message of a 401, whose shape is the same for every reason (S2-24…27, X15)."""
    assert response.status_code == 401, response.text
    assert response.headers["www-authenticate"] == 'Bearer realm="leadgraph"'
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    message: str = answer["errors"][0]["message"]
    assert answer == {
        "errors": [
            {
                "message": message,
                "extensions": {
                    "code": "UNAUTHENTICATED",
                    "reason": reason,
                    "requestId": response.headers["x-request-id"],
                },
            }
        ]
    }
    return message


async def send(client: Client, *headers: tuple[str, str]) -> httpx2.Response:
    return await client.http.post("/graphql", json=PING, headers=list(headers))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Callable[[Database], list[str]]:
    """Lists the statements that a database's reader runs from now on."""

    def listen(database: Database) -> list[str]:
        ran: list[str] = []
        read = database.read

        def noting(reading: Reading[Any]) -> Reading[Any]:
            try:
                statement = next(reading)
                while True:
                    ran.append(statement.text)
                    rows: list[Row] = list((yield statement))
                    statement = reading.send(rows)
            except StopIteration as finished:
                return finished.value

        async def noting_read(reading: Reading[Any]) -> Any:
            return await read(noting(reading))

        monkeypatch.setattr(database, "read", noting_read)
        return ran

    return listen


async def test_a_key_is_taken_from_either_header(client: Client) -> None:
    """X1, S1-5, S2-1, S2-2, S3-13, S4-5"""
    key = client.keys["contacts"]
    for headers in (
        [("authorization", f"Bearer {key}")],
        [("authorization", f"bearer {key}")],
        [("x-api-key", key)],
        [("X-API-KEY", key), ("Authorization", f"Bearer {key}")],
    ):
        assert (await send(client, *headers)).json() == {"data": {"ping": "pong"}}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_key_of_every_format_authenticates(client: Client, dialect: str) -> None:
    """X2: the workspace's dialect decides only how keys are minted; look-up is by SHA-256."""
    await client.change_workspace("acme", dialect=dialect, test_key_policy="shared")
    for mode in ("live", "test"):
        await client.add_key(f"{dialect} {mode}", mode=mode)
        assert await client.ask("{ viewer { mode } }", key=f"{dialect} {mode}") == {"viewer": {"mode": mode.upper()}}


async def test_a_test_key_works_in_the_paired_sandbox_unless_the_policy_shares(client: Client) -> None:
    """X4, S4-11, S1-55: globex serves as the sandbox of acme here."""
    asked = "{ viewer { mode workspace { slug } } contacts { nodes { email } } }"
    live = (await client.ask(asked))["contacts"]
    theirs = (await client.ask(asked, key="foreign"))["contacts"]
    await client.add_key("test", mode="test")
    refused = await client.refused(asked, key="test")
    assert (refused["status"], refused["reason"]) == (403, "SANDBOX_DISABLED")
    await client.change_workspace("acme", sandbox_id=client.rows["globex"])
    viewer = {"mode": "TEST", "workspace": {"slug": "globex"}}
    assert await client.ask(asked, key="test") == {"viewer": viewer, "contacts": theirs}
    await client.change_workspace("acme", test_key_policy="shared")
    await client.add_key("shared test", mode="test")
    viewer = {"mode": "TEST", "workspace": {"slug": "acme"}}
    assert await client.ask(asked, key="shared test") == {"viewer": viewer, "contacts": live}


@pytest.mark.parametrize(
    "query", ["{ ping }", "{ contacts { totalCount } }", "{ pong }", "{ companies { totalCount } }"]
)
async def test_switching_the_api_off_holds_from_the_next_request_on(client: Client, query: str) -> None:
    """X15, X16: also for a key that was recognised before, and whoever changed the row."""
    await client.ask("{ ping }", key="contacts")
    await client.change_workspace("acme", api_enabled=False)
    refused = await client.refused(query, key="contacts")
    assert (refused["status"], refused["code"], refused["reason"]) == (403, "FORBIDDEN", "API_DISABLED")
    await client.change_workspace("acme", api_enabled=True)
    assert await client.ask("{ ping }", key="contacts") == {"ping": "pong"}


async def test_a_key_works_in_its_workspace_only(client: Client) -> None:
    """S2-3, S2-29"""
    query = "query ($id: ID!) { contact(id: $id) { email } viewer { workspace { slug } } }"
    ours = await client.ask(query, {"id": client.ids["eve"]})
    assert ours == {"contact": None, "viewer": {"workspace": {"slug": "acme"}}}
    theirs = await client.ask(query, {"id": client.ids["eve"]}, key="foreign")
    assert theirs == {"contact": {"email": "eve@doom.test"}, "viewer": {"workspace": {"slug": "globex"}}}


@pytest.mark.parametrize("path", ["/graphql", "/schema.graphql"])
async def test_a_request_without_key_is_told_how_to_send_one(sqlite_client: Client, path: str) -> None:
    """S2-1, S2-24, S5-4"""
    message = unauthenticated(await sqlite_client.http.get(path), "MISSING")
    assert "Authorization: Bearer" in message
    assert "X-API-Key" in message


async def test_several_credentials_are_refused_though_one_is_good(client: Client) -> None:
    """X1, HARDENING 2: never the luckier one, in no order, whatever else is wrong with the other; no header twice."""
    good, other = client.keys["all"], client.keys["tags"]
    for pair in (
        [("authorization", f"Bearer {good}"), ("x-api-key", other)],
        [("x-api-key", good), ("authorization", f"Bearer {other}")],
        [("authorization", f"Bearer {good}"), ("authorization", f"Bearer {other}")],
        [("x-api-key", good), ("x-api-key", other)],
        [("x-api-key", good), ("x-api-key", "")],
        [("authorization", f"Bearer {good}"), ("authorization", f"Bearer {good}")],
        [("authorization", f"Bearer {good}, Bearer {other}")],
    ):
        for headers in (pair, pair[::-1]):
            message = unauthenticated(await send(client, *headers), "AMBIGUOUS_CREDENTIALS")
            assert good[:14] not in message


@pytest.mark.parametrize(
    "form",
    [
        "{key}",
        "Bearer",
        "Bearer ",
        "Basic {key}",
        "Bearer  {key}",
        "Bearer {key} ",
        "Bearer\t{key}",
        "Bearer {key}\n",
        'Bearer "{key}"',
    ],
)
async def test_a_malformed_header_is_refused_without_a_look_at_the_database(
    sqlite_client: Client, statements: Callable[[Database], list[str]], form: str
) -> None:
    """S2-25, S2-30, S3-17, X33, HARDENING 1: never trimmed, never repaired, and no more shown than the prefix."""
    ran = statements(sqlite_client.database)
    key = sqlite_client.keys["all"]
    value = form.format(key=key).encode()
    response = await sqlite_client.http.post("/graphql", json=PING, headers=[(b"authorization", value)])
    assert key[:15] not in unauthenticated(response, "MALFORMED")
    assert ran == []


async def test_every_wrong_key_gets_the_same_answer(
    client: Client, statements: Callable[[Database], list[str]]
) -> None:
    """HARDENING 1, S2-26, S3-17: nothing is asked for a key that cannot be, and nobody is told how near he came."""
    key = client.keys["all"]
    assert key.startswith("lgk_"), "the case of these depends on the checksum"
    deleted = await client.add_key("deleted")
    await client.delete_key("deleted")
    looked_up = [
        mint("custom", "live"),
        mint("sprootal", "live"),
        "x" * 20,
        "x" * 200,
        deleted,
        key.upper(),
        key.swapcase(),
    ]
    impossible = [
        *(key[:14], key[:30], key[:-1], key[:14] + "x" * 10, key + "x"),
        *(
            key.lower(),
            key[:9] + key[9:].swapcase(),
            key[:-1] + ("0" if key[-1] != "0" else "1"),
        ),
        *("x" * 19, "x" * 201, "x" * 100_000, key * 5),
        *(f"{key}é", f"é{key}", "ключ" * 10, "\udcff" * 30),
    ]
    ran = statements(client.database)
    answers = set()
    for wrong in looked_up + impossible:
        for header, scheme in ((b"x-api-key", b""), (b"authorization", b"Bearer ")):
            value = scheme + wrong.encode(errors="surrogateescape")
            response = await client.http.post("/graphql", json=PING, headers=[(header, value)])
            unauthenticated(response, "UNKNOWN")
            request_id = response.headers["x-request-id"]
            answers.add((response.text.replace(request_id, ""), str(response.headers).replace(request_id, "")))
    assert len(answers) == 1
    assert len(ran) == 2 * len(looked_up)


async def test_the_database_holds_no_key(sqlite_client: Client) -> None:
    """HARDENING 10: whoever reads all of it has hashes and prefixes."""
    await sqlite_client.ask("{ ping }")
    path = sqlite_path(sqlite_client.app.settings.database)
    assert path is not None
    content = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    for key in sqlite_client.keys.values():
        assert key[:14].encode() in content
        assert key[14:].encode() not in content


async def test_the_hash_of_a_key_is_no_key(client: Client) -> None:
    """S3-17: what is stored of a key cannot authenticate."""
    unauthenticated(await send(client, ("x-api-key", hash_key(client.keys["all"]))), "UNKNOWN")


async def test_a_key_that_was_ended_is_refused(client: Client) -> None:
    """S2-27, S3-21, X15: revoked tells so and the remedy; a deleted key is as unknown as one that never was."""
    await client.revoke("all")
    message = unauthenticated(await client.send("{ ping }"), "REVOKED")
    assert "create a new one" in message
    assert client.keys["all"][:15] not in message
    await client.delete_key("all")
    assert client.keys["all"][:14] not in unauthenticated(await client.send("{ ping }"), "UNKNOWN")


async def test_a_key_past_its_expiry_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """X15: to the millisecond, and though it was recognised before."""
    expires = now() + timedelta(hours=1)
    await client.add_key("short", expires_at=expires)
    assert await client.ask("{ ping }", key="short") == {"ping": "pong"}
    just_before = (expires - timedelta(milliseconds=1)).timestamp()
    monkeypatch.setattr("app.access.recognition.time", SimpleNamespace(time=lambda: just_before))
    assert await client.ask("{ ping }", key="short") == {"ping": "pong"}
    monkeypatch.setattr("app.access.recognition.time", SimpleNamespace(time=expires.timestamp))
    for _ in range(2):
        unauthenticated(await client.send("{ ping }", key="short"), "EXPIRED")


async def test_a_key_that_expired_before_it_was_first_seen_is_refused(client: Client) -> None:
    """X15"""
    await client.change_key("all", expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    message = unauthenticated(await client.send("{ ping }"), "EXPIRED")
    assert "2026-01-01T00:00:00" in message


@pytest.mark.parametrize("path", ["/graphql?query=%7Bping%7D", "/schema.graphql"])
async def test_a_workspace_whose_api_is_off_forbids_its_keys(client: Client, path: str) -> None:
    """X15: 403 API_DISABLED, for its own keys only."""
    await client.change_workspace("acme", api_enabled=False)
    response = await client.http.get(path, headers=client.bearer("all"))
    assert response.status_code == 403
    extensions = response.json()["errors"][0]["extensions"]
    assert (extensions["code"], extensions["reason"]) == ("FORBIDDEN", "API_DISABLED")
    assert (await client.http.get(path, headers=client.bearer("foreign"))).status_code == 200
    await client.change_workspace("acme", api_enabled=True)
    assert (await client.http.get(path, headers=client.bearer("all"))).status_code == 200


async def test_a_missing_scope_is_named(client: Client) -> None:
    """S2-28, X15"""
    error = await client.refused("{ contacts { totalCount } }", key="tags")
    assert (error["status"], error["code"], error["reason"]) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE")
    assert error["requiredScopes"] == ["contacts:read"]


async def test_every_401_has_the_same_shape(client: Client) -> None:
    """HARDENING 1: the same members, headers and status, whatever was wrong."""
    await client.revoke("tags")
    shapes = set()
    for headers in (
        [],
        [("authorization", "Bearer x")],
        [("x-api-key", mint("custom", "live"))],
        [("x-api-key", client.keys["tags"])],
        [("x-api-key", client.keys["tags"]), ("authorization", f"Bearer {client.keys['all']}")],
    ):
        response = await send(client, *headers)
        [error] = response.json()["errors"]
        shapes.add((response.status_code, *sorted(response.headers), *error, *error["extensions"]))
    assert len(shapes) == 1


async def test_a_key_anywhere_but_in_a_header_is_no_key(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    """HARDENING 3: query string, form, cookie, body, path, user information; and none of them reaches a log."""
    key = client.keys["all"]
    http = client.http
    for name in ("key", "api_key", "apiKey", "access_token", "token", "authorization", "x-api-key"):
        unauthenticated(await http.post(f"/graphql?{name}={key}", json=PING), "MISSING")
        unauthenticated(await http.get(f"/graphql?query=%7Bping%7D&{name}={key}"), "MISSING")
        unauthenticated(await http.post("/graphql", json=PING | {name: key}), "MISSING")
        unauthenticated(await http.post("/graphql", data={name: key}), "MISSING")
        unauthenticated(await http.post("/graphql", json=PING, headers={"cookie": f"{name}={key}"}), "MISSING")
        unauthenticated(await http.get(f"/schema.graphql?{name}={key}"), "MISSING")
        for path in (f"/{name}={key}", f"/{key}", f"/graphql/{key}"):
            assert (await http.get(path)).status_code == 404
    unauthenticated(await http.post("/graphql", json=PING, headers={"proxy-authorization": f"Bearer {key}"}), "MISSING")
    unauthenticated(await http.post("/graphql", json=PING, headers={"x-authorization": f"Bearer {key}"}), "MISSING")
    unauthenticated(await http.post("/graphql", json=PING, headers={"authorization": f"Basic {key}"}), "MALFORMED")
    out, err = capfd.readouterr()
    assert "request" in out + err, "nothing was logged, so nothing was tested"
    assert key[:15] not in out + err


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_revoked_between_two_requests_is_dead_on_the_next(client: Client, way: str) -> None:
    """S2-27, S3-21, promise (g): though it was recognised before, whatever it asks, and though nothing is read."""
    variables = {"ada": client.ids["ada"]} if "$ada" in WAYS[way] else None
    before = await client.send(WAYS[way], variables, key="contacts")
    assert before.status_code in {200, 400, 403}
    await client.revoke("contacts")
    for _ in range(2):
        unauthenticated(await client.send(WAYS[way], variables, key="contacts"), "REVOKED")


@pytest.mark.parametrize("way", WAYS)
async def test_a_key_revoked_between_two_requests_is_dead_for_get(sqlite_client: Client, way: str) -> None:
    """Promise (g)"""
    parameters = {"query": WAYS[way], "variables": json.dumps({"ada": sqlite_client.ids["ada"]})}
    headers = sqlite_client.bearer("contacts")
    assert (await sqlite_client.http.get("/graphql", params=parameters, headers=headers)).status_code < 405
    await sqlite_client.revoke("contacts")
    unauthenticated(await sqlite_client.http.get("/graphql", params=parameters, headers=headers), "REVOKED")


async def test_a_revoked_key_reads_no_schema(client: Client) -> None:
    """Promise (g)"""
    headers = client.bearer("contacts")
    assert (await client.http.get("/schema.graphql", headers=headers)).status_code == 200
    await client.revoke("contacts")
    unauthenticated(await client.http.get("/schema.graphql", headers=headers), "REVOKED")


async def test_a_key_removed_from_the_database_is_dead_on_the_next_request(client: Client) -> None:
    """Promise (g)"""
    assert await client.ask("{ ping }", key="tags") == {"ping": "pong"}
    await client.delete_key("tags")
    unauthenticated(await client.send("{ ping }", key="tags"), "UNKNOWN")


async def test_edited_scopes_hold_from_the_next_request(client: Client) -> None:
    """X15, S3-19: the view, the error, introspection and SDL are those of the new scopes."""
    contacts, tags = "{ contacts { totalCount } }", "{ tags { totalCount } }"
    assert await client.ask(contacts, key="contacts") == {"contacts": {"totalCount": 5}}
    assert (await client.refused(tags, key="contacts"))["requiredScopes"] == ["tags:read"]
    await client.change_key("contacts", scopes=["tags:read"])
    assert await client.ask(tags, key="contacts") == {"tags": {"totalCount": 3}}
    assert (await client.refused(contacts, key="contacts"))["requiredScopes"] == ["contacts:read"]
    await client.change_key("contacts", scopes=["companies:read"])
    names = '{ contact: __type(name: "Contact") { name } company: __type(name: "Company") { name } }'
    assert await client.ask(names, key="contacts") == {"contact": None, "company": {"name": "Company"}}
    await client.change_key("contacts", scopes=["tags:read"])
    sdl = (await client.http.get("/schema.graphql", headers=client.bearer("contacts"))).text
    assert "type Tag " in sdl
    assert "type Contact " not in sdl
    await client.change_key("contacts", scopes=[], name="renamed")
    viewer = await client.ask("{ viewer { name scopes } }", key="contacts")
    assert viewer == {"viewer": {"name": "renamed", "scopes": []}}


async def test_a_key_that_changes_faster_than_it_is_read_is_no_defect(
    sqlite_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognise = Principals.recognise

    async def recognise_and_lose(self: Principals, credentials: Credentials, address: str) -> Principal:
        found = await recognise(self, credentials, address)
        await sqlite_client.change_key("contacts")
        return found

    monkeypatch.setattr(Principals, "recognise", recognise_and_lose)
    refused = await sqlite_client.refused("{ contacts { totalCount } }", key="contacts")
    assert (refused["status"], refused["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_a_key_edited_in_one_process_is_seen_by_another(client: Client, world: World) -> None:
    """Promise (g): each process has its own cache, and none is told."""
    async with serving(world) as other:
        assert await other.ask("{ contacts { totalCount } }", key="contacts")
        await client.change_key("contacts", scopes=["tags:read"])
        assert (await other.refused("{ contacts { totalCount } }", key="contacts"))["status"] == 403
        await client.revoke("contacts")
        unauthenticated(await other.send("{ tags { totalCount } }", key="contacts"), "REVOKED")


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
async def test_a_change_that_is_begun_again_checks_its_key_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the key stood at the first attempt says nothing of the second."""

    async def collide(tx: Transaction) -> None:
        monkeypatch.setattr(run, "write_events", write_events)
        await client.revoke("all")
        raise Collision

    monkeypatch.setattr(run, "write_events", collide)
    before = await snapshot(client)
    create = 'mutation { createTag(input: { name: "late" }) { tag { name } } }'
    unauthenticated(await client.send(create), "REVOKED")
    after = await snapshot(client)
    assert (after["tag"], after["event"]) == (before["tag"], before["event"])


async def test_the_check_of_a_known_key_costs_no_statement(
    client: Client, statements: Callable[[Database], list[str]]
) -> None:
    """DESIGN: the guard stands inside the first statement; it is asked alone only where no row came back."""
    ran = statements(client.database)

    async def count(query: str, key: str = "all", **variables: Any) -> int:
        ran.clear()
        await client.send(query, variables, key=key)
        return len(ran)

    record = "query ($id: ID!) { contact(id: $id) { email company { name } } }"
    assert await count(record, id=client.ids["ada"]) == 2, "the first request recognises the key"
    assert await count(record, id=client.ids["ada"]) == 1
    assert await count("{ contacts { nodes { email } } }") == 1
    assert await count("{ contacts { totalCount } }") == 1
    assert await count("query ($id: ID!) { node(id: $id) { id } }", id=client.ids["ada"]) == 1
    assert await count("{ contactsAggregate { count } }") == 1
    assert await count("{ contacts { nodes { tags { nodes { name } } } } }") == 2
    for nothing_read in (
        "{ ping }",
        "{ __typename }",
        "{ viewer { name } }",
        "{ __schema { __typename } }",
        "{ pong }",
    ):
        assert await count(nothing_read) == 1, nothing_read
    company = "query ($id: ID!) { company(id: $id) { name } }"
    assert await count(company, id=client.ids["doom"]) == 2, "no row proves the key, so the guard is asked"


async def test_a_key_that_changed_costs_one_statement_more_once(
    client: Client, statements: Callable[[Database], list[str]]
) -> None:
    """DESIGN: guard fails, guard alone fails, the key is loaded, then the request runs again."""
    record, variables = "query ($id: ID!) { company(id: $id) { name } }", {"id": client.ids["initech"]}
    await client.ask(record, variables)
    await client.change_key("all", name="edited")
    ran = statements(client.database)
    await client.ask(record, variables)
    assert len(ran) == 4
    ran.clear()
    await client.ask(record, variables)
    assert len(ran) == 1


async def test_an_unknown_key_is_looked_up_each_time(
    client: Client, statements: Callable[[Database], list[str]]
) -> None:
    """A key that is made a moment later works at once: a refusal is not remembered."""
    ran = statements(client.database)
    for _ in range(3):
        await send(client, ("x-api-key", mint("sprootal", "live")))
    assert len(ran) == 3
