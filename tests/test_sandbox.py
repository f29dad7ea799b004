"""Sandboxes of isolated test keys: made when they are first needed, alike every time, emptied, and nobody's way out."""

import asyncio
from typing import Any

import pytest

from app.domain import CATALOG, OPERATED
from app.domain.event import Event
from app.domain.sandbox import ensure_sandbox
from app.domain.user import Role
from app.domain.workspace import Plan, TestKeyPolicy
from app.resource import table_of
from app.store.writing import Writer
from app.verb import Rejected
from app.write.event import write_events
from app.write.run import Runner
from app.write.transaction import Actor, Transaction, Writes
from tests.changing import change, refusals, snapshot
from tests.serving import Client
from tests.test_every_mutation import records

NAMES = """{ tags { nodes { name color } } customFields { nodes { key type } }
    pipelines { nodes { name stages { nodes { name position probability kind } } } } }"""
WHERE = "{ viewer { workspace { slug } } }"
PEOPLE = """{ viewer { mode } workspaces { nodes { slug plan } }
    users(orderBy: [{ field: EMAIL }]) { nodes { email role } }
    contacts { totalCount nodes { email company { name } stage { name } assignedTo { name } } } }"""
CREATE = (
    "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }"
)
TAG = "mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { id } userErrors { code } } }"
DELETE = "mutation ($id: ID!) { deleteContact(id: $id) { deletedId userErrors { code } } }"
RESET = "mutation { resetSandbox { deletedCount userErrors { field code } } }"
LOG = "{ auditLog(filter: { type: { eq: WORKSPACE_SANDBOX_FILLED } }) { nodes { mode keyPrefix subjectId } } }"


async def make_sandbox(client: Client, workspace: str = "acme") -> None:
    async def work(writer: Writer) -> None:
        await ensure_sandbox(transaction_of(client, writer, workspace))

    await client.database.write(work)


def transaction_of(client: Client, writer: Writer, workspace: str | int = "acme") -> Transaction:
    key = client.rows[workspace] if isinstance(workspace, str) else workspace
    return Transaction(writes_of(client), writer, Actor(key))


def writes_of(client: Client) -> Writes:
    return Writes(CATALOG, client.app.ids, table_of(Event))


@pytest.fixture
async def tried(client: Client) -> Client:
    """The application with a key `test` that works in the sandbox of acme."""
    await make_sandbox(client)
    await client.add_key("test", mode="test")
    return client


async def operate(client: Client, name: str, *, workspace: str | int = "acme", **given: Any) -> None:
    [verb] = [verb for verb in OPERATED if verb.name == name]

    async def work(writer: Writer) -> None:
        tx = transaction_of(client, writer, workspace)
        await Runner(verb, writes_of(client)).apply(tx, given)
        await write_events(tx)

    await client.database.write(work)


async def test_a_sandbox_is_set_up_like_its_workspace_with_people_to_try_things_out_on(tried: Client) -> None:
    """X4, S2-12, S4-11."""
    assert await tried.ask(NAMES, key="test") == await tried.ask(NAMES)
    here, there = await tried.ask(PEOPLE), await tried.ask(PEOPLE, key="test")
    assert there["viewer"] == {"mode": "TEST"}
    assert there["workspaces"] == {"nodes": [{"slug": "acme~sandbox", "plan": "PRO"}]}
    assert there["users"] == here["users"]
    people = there["contacts"]["nodes"]
    assert there["contacts"]["totalCount"] == 36
    assert {person["email"].rpartition(".")[2] for person in people} == {"example"}
    for link in ("company", "stage", "assignedTo"):
        assert any(person[link] for person in people)


async def test_nothing_that_is_done_in_a_sandbox_is_seen_in_its_workspace(tried: Client) -> None:
    """S2-13, S4-10, S4-11."""
    before = await tried.ask(PEOPLE)
    made = await change(tried, CREATE, key="test", input={"email": "me@try.example"})
    asked = "query ($id: ID!) { contact(id: $id) { email } }"
    assert await tried.ask(asked, made["contact"], key="test") == {"contact": {"email": "me@try.example"}}
    assert await tried.ask(asked, made["contact"]) == {"contact": None}
    assert await tried.ask(asked, {"id": tried.ids["ada"]}, key="test") == {"contact": None}
    assert await tried.ask(PEOPLE) == before


async def test_two_at_once_make_one(client: Client) -> None:
    await asyncio.gather(*(make_sandbox(client) for _ in range(4)))
    rows = await snapshot(client)
    slugs = [row["slug"] for row in records(rows, CATALOG.nouns["Workspace"]).values()]
    assert sorted(slugs) == ["acme", "acme~sandbox", "globex"]


async def test_a_workspace_whose_test_keys_share_its_records_gets_none(client: Client) -> None:
    await client.change_workspace("acme", test_key_policy="shared")
    before = await snapshot(client)
    await make_sandbox(client)
    assert await snapshot(client) == before
    assert await refusals(client, RESET) == [("NOT_ALLOWED", "")]


@pytest.mark.parametrize("key", ["all", "test"])
async def test_a_reset_leaves_what_a_new_sandbox_has(tried: Client, key: str) -> None:
    """X4: whoever does it, in the sandbox or from outside; what was deleted is gone as well, and the way back to it."""
    first = _content(await tried.ask(PEOPLE, key="test"))
    made = [await change(tried, CREATE, key="test", input={"email": f"{name}@try.example"}) for name in "ab"]
    await change(tried, DELETE, key="test", **made[0]["contact"])
    await change(tried, TAG, key="test", input={"name": "mine"})
    new = await change(tried, TAG, input={"name": "new"})
    live = await tried.ask(PEOPLE)
    assert (await change(tried, RESET, key=key))["deletedCount"] > 40
    assert _content(await tried.ask(PEOPLE, key="test")) == first
    names = [tag["name"] for tag in (await tried.ask(NAMES, key="test"))["tags"]["nodes"]]
    assert "new" in names
    assert "mine" not in names
    restore = "mutation ($id: ID!) { restoreContact(id: $id) { userErrors { code } } }"
    refused = await tried.ask(restore, made[0]["contact"], key="test")
    assert refused["restoreContact"]["userErrors"] == [{"code": "NOT_FOUND"}]
    assert await tried.ask(PEOPLE) == live
    assert (await tried.ask("query ($id: ID!) { tag(id: $id) { name } }", new["tag"]))["tag"] == {"name": "new"}
    mode = "LIVE" if key == "all" else "TEST"
    told = {"mode": mode, "keyPrefix": tried.keys[key][:14]}
    for reader, workspace in (("all", "acme"), ("test", None)):
        [entry] = (await tried.ask(LOG, key=reader))["auditLog"]["nodes"]
        subject = entry.pop("subjectId")
        assert entry == told
        assert workspace is None or subject == tried.ids[workspace]


def _content(answer: Any) -> Any:
    return {**answer, "contacts": sorted(map(str, answer["contacts"]["nodes"]))}


async def test_a_reset_makes_the_sandbox_that_is_not_there_yet(client: Client) -> None:
    assert await change(client, RESET) == {"deletedCount": 0}
    await client.add_key("test", mode="test")
    assert (await client.ask(PEOPLE, key="test"))["contacts"]["totalCount"] == 36


async def test_idempotency_keys_of_a_sandbox_are_forgotten_with_what_they_did(tried: Client) -> None:
    body = {"query": CREATE, "variables": {"input": {"email": "me@try.example"}}}
    headers = tried.bearer("test") | {"idempotency-key": "once"}
    first = await tried.http.post("/graphql", json=body, headers=headers)
    await change(tried, RESET, key="test")
    again = await tried.http.post("/graphql", json=body, headers=headers)
    assert "idempotency-replayed" not in again.headers
    assert again.json() != first.json()


async def test_a_reset_takes_the_scope_that_manages_keys(tried: Client) -> None:
    await tried.add_key("most", scopes=("contacts:write", "tags:write"))
    refused = await tried.refused(RESET, key="most")
    assert (refused["status"], refused["requiredScopes"]) == (403, ["api_keys:manage"])


async def test_a_sandbox_follows_its_workspace_in_members_and_policies(tried: Client) -> None:
    linus = tried.ids["linus"]
    await operate(tried, "updateUser", id=linus, input={"role": Role.OWNER, "email": "torvalds@acme.test"})
    await operate(tried, "createUser", input={"email": "new@acme.test", "name": "New", "role": Role.MEMBER})
    await operate(tried, "updateWorkspace", input={"plan": Plan.TEAM})
    here, there = await tried.ask(PEOPLE), await tried.ask(PEOPLE, key="test")
    assert len(there["users"]["nodes"]) == 3
    assert there["users"] == here["users"]
    assert there["workspaces"] == {"nodes": [{"slug": "acme~sandbox", "plan": "TEAM"}]}
    await operate(tried, "deleteUser", id=linus)
    assert (await tried.ask(PEOPLE, key="test"))["users"] == (await tried.ask(PEOPLE))["users"]


async def test_a_sandbox_is_changed_through_its_workspace_alone(tried: Client) -> None:
    """What is done to it alone would be gone when it follows its workspace the next time."""
    before = await snapshot(tried)
    workspaces = records(before, CATALOG.nouns["Workspace"]).values()
    [sandbox] = [row["id"] for row in workspaces if row["slug"] == "acme~sandbox"]
    new = {"email": "new@acme.test", "name": "New", "role": Role.MEMBER}
    for verb, given in (("createUser", new), ("updateWorkspace", {"plan": Plan.TEAM})):
        with pytest.raises(Rejected, match="change acme"):
            await operate(tried, verb, workspace=sandbox, input=given)
    assert await snapshot(tried) == before


async def test_test_keys_that_shall_work_apart_from_now_on_get_a_sandbox(client: Client) -> None:
    await client.change_workspace("acme", test_key_policy=TestKeyPolicy.SHARED.value)
    await client.add_key("test", mode="test")
    assert (await client.ask(WHERE, key="test"))["viewer"]["workspace"] == {"slug": "acme"}
    await operate(client, "updateWorkspace", input={"testKeyPolicy": TestKeyPolicy.ISOLATED})
    assert (await client.ask(WHERE, key="test"))["viewer"]["workspace"] == {"slug": "acme~sandbox"}


async def test_a_workspace_without_sandbox_has_no_test_key_that_works(tried: Client) -> None:
    """X3, S2-12: under either policy, from the next request on."""
    for policy in ("isolated", "shared"):
        await tried.change_workspace("acme", test_key_policy=policy, sandbox_enabled=True)
        await tried.ask("{ ping }", key="test")
        await tried.change_workspace("acme", sandbox_enabled=False)
        refused = await tried.refused("{ ping }", key="test")
        assert (refused["status"], refused["reason"]) == (403, "SANDBOX_DISABLED")
        await tried.ask("{ ping }")
