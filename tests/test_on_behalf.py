"""Keys that act for members: with what both may do, under both names, for nobody else."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.domain.user import Role, User
from app.resource import table_of
from app.store.session import transaction
from tests.changing import snapshot
from tests.serving import Client
from tests.test_sandbox import make_sandbox, operate

WHO = "{ scopes { name granted } }"
LOG = """{ auditLog(filter: { type: { eq: TAG_CREATED } }) {
    nodes { keyPrefix actorKey { name } actingUser { name } } } }"""
CREATE = 'mutation { createTag(input: { name: "mine" }) { tag { id } userErrors { code } } }'
MEMBERS = "{ users { nodes { id name } } }"


async def ask(client: Client, query: str, user: str | None, key: str = "all") -> tuple[int, Mapping[str, Any]]:
    """The status and the answer of a request for the member with this id."""
    headers = client.bearer(key) | ({} if user is None else {"x-on-behalf-of": user})
    response = await client.http.post("/graphql", json={"query": query}, headers=headers)
    return response.status_code, response.json()


async def scopes(client: Client, user: str | None, key: str = "all") -> set[str]:
    status, answer = await ask(client, WHO, user, key)
    assert status == 200, answer
    return {scope["name"] for scope in answer["data"]["scopes"] if scope["granted"]}


async def change_member(client: Client, name: str, **values: Any) -> None:
    """Edits a member as another process would."""
    users = table_of(User)
    async with transaction(client.database) as tx:
        this = users.update().where(users.c.id == client.rows[name])
        await tx.connection.execute(this.values(version=users.c.version + 1, **values))


async def test_a_key_for_a_member_may_what_both_may(client: Client) -> None:
    """S4-16, X25."""
    linus, grace = client.ids["linus"], client.ids["grace"]
    await client.add_key("narrow", scopes=("users:impersonate", "contacts:read", "audit_log:read"))
    assert await scopes(client, linus, "narrow") == {"contacts:read"}
    assert await scopes(client, grace, "narrow") == {"contacts:read", "audit_log:read"}
    every = await scopes(client, linus)
    assert "contacts:delete" in every
    assert not every & {"*", "audit_log:read", "webhooks:manage", "api_keys:manage", "users:impersonate"}
    for root, required in {"auditLog": "audit_log:read", "webhooks": "webhooks:manage"}.items():
        status, answer = await ask(client, f"{{ {root} {{ totalCount }} }}", linus)
        assert (status, answer["errors"][0]["extensions"]["requiredScopes"]) == (403, [required])


async def test_both_are_in_the_audit_log(client: Client) -> None:
    """S4-17."""
    status, _ = await ask(client, CREATE, client.ids["linus"])
    assert status == 200
    expected = {
        "keyPrefix": client.keys["all"][:14],
        "actorKey": {"name": "all"},
        "actingUser": {"name": "Linus Berg"},
    }
    assert (await client.ask(LOG))["auditLog"]["nodes"] == [expected]


async def test_whoever_is_no_member_is_refused_in_the_same_words(client: Client) -> None:
    """S4-18: a member of another workspace, a record of another type, nothing, and what is no id."""
    before = await snapshot(client)
    nobody = [client.ids["hank"], client.ids["ada"], "f" * 16, "0" * 5_000, "?", "linus@acme.test"]
    answers = [await ask(client, CREATE, user) for user in nobody]
    told = {(status, str(_without_id(answer))) for status, answer in answers}
    assert len(told) == 1
    status, answer = answers[0]
    assert (status, answer["errors"][0]["extensions"]["reason"]) == (403, "WRONG_WORKSPACE")
    assert await snapshot(client) == before


def _without_id(answer: Mapping[str, Any]) -> Any:
    [error] = answer["errors"]
    del error["extensions"]["requestId"]
    return error


async def test_a_change_of_the_member_holds_from_the_next_request_on(client: Client) -> None:
    linus = client.ids["linus"]
    assert "webhooks:manage" not in await scopes(client, linus)
    await change_member(client, "linus", role="admin")
    assert "webhooks:manage" in await scopes(client, linus)
    await change_member(client, "linus", role="member")
    assert "webhooks:manage" not in await scopes(client, linus)
    await change_member(client, "linus", workspace_id=client.rows["globex"])
    status, answer = await ask(client, WHO, linus)
    assert (status, answer["errors"][0]["extensions"]["reason"]) == (403, "WRONG_WORKSPACE")


async def test_an_isolated_test_key_acts_for_members_of_the_sandbox(client: Client) -> None:
    """X4."""
    await make_sandbox(client)
    await client.add_key("test", mode="test")
    members = {user["name"]: user["id"] for user in (await client.ask(MEMBERS, key="test"))["users"]["nodes"]}
    status, _ = await ask(client, CREATE, members["Linus Berg"], "test")
    assert status == 200
    [entry] = (await client.ask(LOG, key="test"))["auditLog"]["nodes"]
    assert entry["actingUser"] == {"name": "Linus Berg"}
    status, answer = await ask(client, CREATE, client.ids["linus"], "test")
    assert (status, answer["errors"][0]["extensions"]["reason"]) == (403, "WRONG_WORKSPACE")


@pytest.mark.parametrize("mode", ["live", "test"])
async def test_a_key_of_leadron_acts_as_who_made_it(client: Client, mode: str) -> None:
    """S4-15, X25: unless it is sent for somebody else; in a sandbox as his copy there."""
    await client.change_workspace("acme", dialect="leadron")
    await make_sandbox(client)
    await client.add_key("mine", mode=mode, created_by_id=client.rows["linus"])
    await client.add_key("nobody's", mode=mode)
    assert "webhooks:manage" not in await scopes(client, None, "mine")
    shown = (await client.ask("{ viewer { scopes } }", key="mine"))["viewer"]["scopes"]
    assert "contacts:write" in shown
    assert not {"*", "webhooks:manage"}.intersection(shown)
    assert "webhooks:manage" in await scopes(client, None, "nobody's")
    assert (await ask(client, CREATE, None, "mine"))[0] == 200
    reader = "all" if mode == "live" else "nobody's"
    [entry] = (await client.ask(LOG, key=reader))["auditLog"]["nodes"]
    assert (entry["keyPrefix"], entry["actingUser"]) == (client.keys["mine"][:14], {"name": "Linus Berg"})


@pytest.mark.parametrize("mode", ["live", "test"])
async def test_a_key_of_leadron_acts_for_others_if_its_maker_is_an_owner(client: Client, mode: str) -> None:
    """S4-12, S4-16: what makes keys on the product's page makes such that act for others; it ends with his right."""
    await client.change_workspace("acme", dialect="leadron")
    await change_member(client, "grace", developer=True)
    await make_sandbox(client)
    for maker in ("linus", "grace"):
        await client.add_key(f"{maker}'s", mode=mode, created_by_id=client.rows[maker])
    await client.add_key("nobody's", mode=mode)
    members = {user["name"]: user["id"] for user in (await client.ask(MEMBERS, key="nobody's"))["users"]["nodes"]}
    for maker, status in {"linus": 403, "grace": 200}.items():
        assert (await ask(client, WHO, members["Linus Berg"], f"{maker}'s"))[0] == status
    assert "webhooks:manage" not in await scopes(client, members["Linus Berg"], "grace's")
    await operate(client, "updateUser", id=client.ids["grace"], input={"role": Role.MEMBER})
    assert (await ask(client, WHO, members["Linus Berg"], "grace's"))[0] == 403
    await operate(client, "updateUser", id=client.ids["grace"], input={"role": Role.OWNER})
    assert (await ask(client, WHO, members["Linus Berg"], "grace's"))[0] == 200
    await operate(client, "deleteUser", id=client.ids["grace"])
    status, answer = await ask(client, WHO, members["Linus Berg"], "grace's")
    assert (status, answer["errors"][0]["extensions"]["reason"]) == (401, "REVOKED")


async def test_a_key_of_leadron_ends_with_who_made_it(client: Client) -> None:
    """S4-15, HARDENING 5: what he was not allowed is not the key's when he is gone."""
    await client.change_workspace("acme", dialect="leadron")
    await client.add_key("mine", created_by_id=client.rows["linus"])
    assert "webhooks:manage" not in await scopes(client, None, "mine")
    async with transaction(client.database) as tx:
        users = table_of(User)
        await tx.connection.execute(users.delete().where(users.c.id == client.rows["linus"]))
    refused = await client.refused("{ ping }", key="mine")
    assert (refused["status"], refused["reason"]) == (401, "REVOKED")
    assert "no member any more" in refused["message"]
