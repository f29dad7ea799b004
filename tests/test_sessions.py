"""Signing in, sessions, and what ends them (S4-6, X1): on the next request, in every process."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update

from app.access import passwords
from app.access.credentials import Credentials
from app.access.session import SESSION
from app.auth.attempts import Client as Device
from app.domain.session_verbs import MOST
from app.domain.user import User
from app.errors import Unauthenticated
from app.graph.executor import Request
from app.logs import Trace
from app.resource import table_of
from app.store.session import transaction
from tests.serving import Client, World, serving
from tests.signing import PASSWORD, change_user, hashed, let_in, refresh, sign_in, sign_out, signed_in
from tests.test_sandbox import operate

VIEWER = "{ viewer { name prefix mode expiresAt scopes member { id name email role developer } workspace { slug } } }"
PING = "{ ping }"


async def reason(client: Client, name: str) -> tuple[int, str]:
    refused = await client.refused(PING, key=name)
    return refused["status"], refused["reason"]


async def count(client: Client) -> int:
    async with client.database.engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(SESSION)) or 0)


async def audited(client: Client) -> list[Any]:
    asked = await client.ask("{ auditLog(last: 50) { nodes { type changes count actingUser { id } subjectId } } }")
    found: list[Any] = asked["auditLog"]["nodes"]
    return found


# Signing in


async def test_a_member_signs_in_and_asks_as_himself(client: Client) -> None:
    """S4-6: the platform's own pages use a JWT in a Bearer header."""
    await let_in(client, "grace")
    tokens = await signed_in(client)
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 600)
    viewer = (await client.ask(VIEWER, key="grace"))["viewer"]
    member = {"id": client.ids["grace"], "name": "Grace Hopper", "email": "grace@acme.test"}
    assert viewer["member"] == member | {"role": "OWNER", "developer": False}
    assert (viewer["name"], viewer["prefix"], viewer["mode"]) == ("Grace Hopper", None, "LIVE")
    assert (viewer["workspace"], viewer["expiresAt"]) == ({"slug": "acme"}, None)
    assert (await client.ask("{ contacts { totalCount } }", key="grace"))["contacts"]["totalCount"] == 5


async def test_what_a_member_changes_is_told_as_his(client: Client) -> None:
    await let_in(client, "linus")
    await signed_in(client, "linus")
    created = 'mutation { createTag(input: { name: "new" }) { tag { id } userErrors { message } } }'
    assert (await client.ask(created, key="linus"))["createTag"]["tag"]
    event = next(each for each in await audited(client) if each["type"] == "TAG_CREATED")
    assert event["actingUser"] == {"id": client.ids["linus"]}


async def test_what_a_member_has_changed_stays_his_when_he_is_removed(client: Client) -> None:
    """Otherwise it would look like what the operator does, whom no event names."""
    await let_in(client, "linus")
    await signed_in(client, "linus")
    assert await client.ask('mutation { createTag(input: { name: "new" }) { tag { id } } }', key="linus")
    log = """query ($who: ID!) {
        auditLog(filter: { type: { eq: TAG_CREATED }, actingUserId: { eq: $who } }) {
            nodes { actingUserId actingUser { name } }
        }
    }"""
    who = {"who": client.ids["linus"]}
    for name in ({"name": "Linus Berg"}, None):
        told = (await client.ask(log, who))["auditLog"]["nodes"]
        assert told == [{"actingUserId": client.ids["linus"], "actingUser": name}]
        if name:
            await operate(client, "deleteUser", id=client.ids["linus"])


async def test_an_address_may_be_typed_in_capitals(client: Client) -> None:
    await let_in(client, "grace")
    assert (await sign_in(client, "Grace@ACME.test")).status_code == 200


async def test_whatever_is_wrong_is_answered_alike(client: Client) -> None:
    """Nobody learns who has an account: not by the answer, and not by whether a password was hashed."""
    await let_in(client, "grace")
    wrong = [
        await sign_in(client, "grace@acme.test", "wrong password"),
        await sign_in(client, "nobody@acme.test"),
        await sign_in(client, "linus@acme.test"),  # who has no password
        await sign_in(client, "grace@acme.test", ""),
        await sign_in(client, "grace@acme.test", "x" * 201),
        await sign_in(client, "x\0@acme.test"),
        await sign_in(client, "x" * 10_000),
        await sign_in(client, ""),
    ]
    told = []
    for answer in wrong:
        [error] = answer.json()["errors"]
        del error["extensions"]["requestId"]
        told.append((answer.status_code, answer.headers["www-authenticate"], error))
    assert told == [told[0]] * len(wrong)
    assert (told[0][0], told[0][2]["extensions"]["reason"]) == (401, "SIGN_IN_FAILED")
    assert await count(client) == 0


async def test_a_password_is_hashed_for_an_address_that_nobody_has(
    sqlite_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    verify = passwords._verify

    def watched(stored: str, given: str) -> bool:
        hashes.append(stored[:31])
        return verify(stored, given)

    monkeypatch.setattr(passwords, "_verify", watched)
    await let_in(sqlite_client, "grace")
    await sign_in(sqlite_client, "grace@acme.test", "wrong password")
    await sign_in(sqlite_client, "nobody@acme.test", "wrong password")
    assert hashes == ["$argon2id$v=19$m=19456,t=2,p=1$"] * 2


@pytest.mark.parametrize("password", ["pässwörd", "パスワード12345", " spaces around ", "nul\0nul\0nul", "🔑" * 8])
async def test_a_password_may_have_any_characters(sqlite_client: Client, password: str) -> None:
    await let_in(sqlite_client, "grace", password=password)
    assert (await sign_in(sqlite_client, "grace@acme.test", password)).status_code == 200
    assert (await sign_in(sqlite_client, "grace@acme.test", f"{password} ")).status_code == 401


async def test_a_password_is_the_same_however_it_was_typed(sqlite_client: Client) -> None:
    await let_in(sqlite_client, "grace", password="cafe\u0301 \uff41\uff42\uff43")
    assert (await sign_in(sqlite_client, "grace@acme.test", "caf\u00e9 abc")).status_code == 200


async def test_who_belongs_to_several_workspaces_names_one(client: Client) -> None:
    await let_in(client, "grace", "hank")
    await change_user(client, "hank", email="grace@acme.test")
    assert (await sign_in(client, "grace@acme.test")).status_code == 401
    for workspace in ("acme", "globex"):
        answer = await sign_in(client, "grace@acme.test", workspace=workspace)
        client.keys["who"] = answer.json()["accessToken"]
        assert (await client.ask(VIEWER, key="who"))["viewer"]["workspace"] == {"slug": workspace}
    assert (await sign_in(client, "grace@acme.test", workspace="other")).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("null", 400),
        ("[]", 400),
        ("{", 400),
        ('{"email": "grace@acme.test"}', 400),
        ('{"email": "grace@acme.test", "password": 12345678}', 400),
        ('{"email": ["grace@acme.test"], "password": "secret-password"}', 400),
        ('{"email": "grace@acme.test", "password": "secret-password", "role": "owner"}', 400),
        ('{"email": "grace@acme.test", "password": "\\ud800secret-password"}', 400),
        ('{"email": "grace@acme.test", "password": "secret-password' + "x" * 1_000_000 + '"}', 413),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(sqlite_client: Client, body: str, status: int) -> None:
    """HARDENING 13: and what was sent is not repeated."""
    headers = {"content-type": "application/json"}
    answer = await sqlite_client.http.post("/auth/sign-in", content=body, headers=headers)
    assert (answer.status_code, "secret-password" in answer.text) == (status, False)


async def test_a_form_cannot_sign_in(sqlite_client: Client) -> None:
    """HARDENING 12."""
    given = {"email": "grace@acme.test", "password": PASSWORD}
    assert (await sqlite_client.http.post("/auth/sign-in", data=given)).status_code == 415
    assert (await sqlite_client.http.get("/auth/sign-in", params=given)).status_code == 405


async def test_a_member_has_so_many_sessions(sqlite_client: Client) -> None:
    client = sqlite_client
    await let_in(client, "grace")
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    row = {"user_id": client.rows["grace"], "workspace_id": client.rows["acme"], "ip": "", "user_agent": ""}
    times = dict.fromkeys(("created_at", "refreshed_at"), moment - timedelta(days=3_650))
    async with transaction(client.database) as tx:
        rows = [row | times | {"handle": f"{n}", "expires_at": moment} for n in range(MOST)]
        rows += [row | times | {"handle": "over", "expires_at": moment - timedelta(days=3_649)}]
        await tx.connection.execute(insert(SESSION), rows)
    await signed_in(client)
    assert await count(client) == MOST
    assert await client.ask(PING, key="grace") == {"ping": "pong"}


async def test_a_session_that_gives_way_to_another_has_ended(client: Client) -> None:
    """On the next request, in a process that knows it."""
    await let_in(client, "grace")
    await signed_in(client, name="first")
    assert await client.ask(PING, key="first") == {"ping": "pong"}
    moment = datetime.now(UTC)
    row = {"user_id": client.rows["grace"], "workspace_id": client.rows["acme"], "ip": "", "user_agent": ""}
    times = dict.fromkeys(("created_at", "refreshed_at"), moment) | {"expires_at": moment + timedelta(days=1)}
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(SESSION).values(created_at=moment - timedelta(days=1)))
        await tx.connection.execute(insert(SESSION), [row | times | {"handle": f"{n}"} for n in range(MOST - 1)])
    await signed_in(client, name="last")
    assert await reason(client, "first") == (401, "REVOKED")
    assert await client.ask(PING, key="last") == {"ping": "pong"}


# Keeping a session


async def test_a_session_goes_on_under_a_new_refresh_token(client: Client) -> None:
    await let_in(client, "grace")
    first = await signed_in(client)
    second = (await refresh(client, first["refreshToken"])).json()
    assert second["refreshToken"] != first["refreshToken"]
    assert second["refreshTokenExpiresAt"] == first["refreshTokenExpiresAt"]
    client.keys["renewed"] = second["accessToken"]
    assert await client.ask(PING, key="renewed") == {"ping": "pong"}
    assert await client.ask(PING, key="grace") == {"ping": "pong"}
    assert (await refresh(client, second["refreshToken"])).status_code == 200


@pytest.mark.parametrize("uses", [1, 3])
async def test_a_refresh_token_that_is_used_again_ends_the_session(client: Client, uses: int) -> None:
    """Two have it, and nobody can tell who is the thief; however long ago it was used."""
    await let_in(client, "grace")
    stolen = latest = await signed_in(client)
    for _ in range(uses):
        latest = (await refresh(client, latest["refreshToken"])).json()
    client.keys["latest"] = latest["accessToken"]
    assert await client.ask(PING, key="latest") == {"ping": "pong"}
    replayed = await refresh(client, stolen["refreshToken"])
    assert (replayed.status_code, replayed.json()["errors"][0]["extensions"]["reason"]) == (401, "REVOKED")
    assert (await refresh(client, latest["refreshToken"])).status_code == 401
    assert await reason(client, "latest") == (401, "REVOKED")
    assert "ACCESS_SESSION_REVOKED" in [event["type"] for event in await audited(client)]


async def test_of_two_who_refresh_at_once_one_gets_a_token_and_both_are_out(client: Client) -> None:
    await let_in(client, "grace")
    tokens = await signed_in(client)
    answers = await asyncio.gather(*(refresh(client, tokens["refreshToken"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert await count(client) == 0
    assert await reason(client, "grace") == (401, "REVOKED")


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "ä.ö", "x" * 201, "\0.\0"])
async def test_a_refresh_token_that_nobody_has_is_refused(sqlite_client: Client, token: str) -> None:
    assert (await refresh(sqlite_client, token)).status_code in {400, 401}


async def test_the_name_of_a_session_does_not_renew_it(client: Client) -> None:
    """A session in a cookie has no secret, and is not renewed by what stands in the cookie."""
    await let_in(client, "grace")
    name = (await signed_in(client))["refreshToken"].partition(".")[0]
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(SESSION).values(secret_hash=None))
    for token in (name, f"{name}."):
        assert (await refresh(client, token)).status_code == 401
    assert await count(client) == 1


async def test_a_session_ends_by_itself(client: Client) -> None:
    await let_in(client, "grace")
    tokens = await signed_in(client)
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(SESSION).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert (await refresh(client, tokens["refreshToken"])).status_code == 401
    assert await reason(client, "grace") == (401, "EXPIRED")


# What ends it


async def test_signing_out_holds_on_the_next_request_everywhere(client: Client, world: World) -> None:
    await let_in(client, "grace")
    await signed_in(client)
    tokens = await signed_in(client, name="phone")
    async with serving(world) as other:
        other.keys |= {name: client.keys[name] for name in ("grace", "phone")}
        for name in ("grace", "phone"):
            assert await other.ask(PING, key=name) == {"ping": "pong"}
        bare = await client.http.post("/auth/sign-out", headers=client.bearer("phone"))
        assert bare.status_code == 204, bare.text
        assert await reason(other, "phone") == await reason(client, "phone") == (401, "REVOKED")
        assert await other.ask(PING, key="grace") == {"ping": "pong"}
        assert (await refresh(client, tokens["refreshToken"])).status_code == 401
        assert (await sign_out(client, "phone")).status_code == 401


async def test_signing_out_everywhere_ends_all_sessions(client: Client, world: World) -> None:
    await let_in(client, "grace", "linus")
    for name in ("grace", "phone"):
        await signed_in(client, name=name)
    await signed_in(client, "linus")
    async with serving(world) as other:
        other.keys |= {name: client.keys[name] for name in ("grace", "phone", "linus")}
        assert await other.ask(PING, key="phone") == {"ping": "pong"}
        assert (await sign_out(client, "grace", everywhere=True)).status_code == 204
        for name in ("grace", "phone"):
            assert await reason(other, name) == (401, "REVOKED")
        assert await other.ask(PING, key="linus") == {"ping": "pong"}


async def test_a_key_has_no_session_to_end(sqlite_client: Client) -> None:
    assert (await sign_out(sqlite_client, "all")).status_code == 400
    assert await sqlite_client.ask(PING) == {"ping": "pong"}


async def test_a_removed_member_is_out(client: Client) -> None:
    await let_in(client, "linus")
    tokens = await signed_in(client, "linus")
    async with transaction(client.database) as tx:
        await tx.connection.execute(text("DELETE FROM \"user\" WHERE email = 'linus@acme.test'"))
    assert await reason(client, "linus") == (401, "REVOKED")
    assert (await refresh(client, tokens["refreshToken"])).status_code == 401


async def test_a_member_has_what_his_role_has_at_the_moment(client: Client) -> None:
    """S3-31: managing keys takes the developer permission."""
    await let_in(client, "grace")
    await signed_in(client)
    webhooks, keys = "{ webhooks { totalCount } }", "{ apiKeys { totalCount } }"
    assert await client.ask(webhooks, key="grace")
    assert (await client.refused(keys, key="grace"))["requiredScopes"] == ["api_keys:manage"]
    await change_user(client, "grace", developer=True)
    assert await client.ask(keys, key="grace")
    await change_user(client, "grace", role="member", developer=False)
    for query in (webhooks, keys):
        assert (await client.refused(query, key="grace"))["reason"] == "INSUFFICIENT_SCOPE"


async def test_where_the_api_is_switched_off_keys_are_not_managed(client: Client) -> None:
    """S3-32, X16: sessions go on, keys do not work."""
    await let_in(client, "grace")
    await change_user(client, "grace", developer=True)
    await signed_in(client)
    keys = "{ apiKeys { totalCount } }"
    assert await client.ask(keys, key="grace")
    await client.change_workspace("acme", api_enabled=False)
    assert (await client.refused(PING))["reason"] == "API_DISABLED"
    assert (await client.refused(keys, key="grace"))["requiredScopes"] == ["api_keys:manage"]
    assert await client.ask(PING, key="grace") == {"ping": "pong"}


async def test_keys_work_with_the_plan_that_a_setting_names(world: World) -> None:
    """S5-2, X16: a smaller plan is answered 403 PLAN_REQUIRED."""
    async with serving(world, api_plan="team") as client:
        await let_in(client, "grace")
        await change_user(client, "grace", developer=True)
        await signed_in(client)
        refused = await client.refused(PING)
        assert (refused["status"], refused["code"], refused["reason"]) == (403, "FORBIDDEN", "PLAN_REQUIRED")
        assert (await client.refused("{ apiKeys { totalCount } }", key="grace"))["status"] == 403
        for plan in ("team", "enterprise"):
            await client.change_workspace("acme", plan=plan)
            assert await client.ask(PING) == {"ping": "pong"}
            assert await client.ask("{ apiKeys { totalCount } }", key="grace")


# What may stand in headers


async def test_a_session_acts_for_nobody_else(client: Client) -> None:
    await let_in(client, "grace")
    await signed_in(client)
    headers = client.bearer("grace") | {"x-on-behalf-of": client.ids["linus"]}
    answer = await client.http.post("/graphql", json={"query": PING}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (403, "INSUFFICIENT_SCOPE")


async def test_a_session_token_stands_in_the_authorization_header_alone(client: Client) -> None:
    """X1, HARDENING 2: two credentials are no credentials."""
    await let_in(client, "grace")
    await signed_in(client)
    token = client.keys["grace"]
    both = client.bearer("grace") | {"x-api-key": client.keys["all"]}
    for headers, expected in (({"x-api-key": token}, "MALFORMED"), (both, "AMBIGUOUS_CREDENTIALS")):
        answer = await client.http.post("/graphql", json={"query": PING}, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (401, expected)


async def test_a_cookie_is_believed_by_no_api(client: Client) -> None:
    """HARDENING 3: neither as a cookie nor as a key."""
    await let_in(client, "grace")
    name = (await signed_in(client))["refreshToken"].partition(".")[0]
    for headers in ({"cookie": f"leadgraph_session={name}"}, {"authorization": f"Bearer {name}"}):
        answer = await client.http.post("/graphql", json={"query": PING}, headers=headers)
        assert answer.status_code == 401


async def test_a_session_in_a_cookie_asks_and_ends(client: Client) -> None:
    """As the settings page does it: what stands in the cookie is looked up, and believed by no header."""
    await let_in(client, "grace")
    signing_in, executor = client.app.signing_in, client.app.executor
    assert signing_in is not None
    assert executor is not None
    device = Device("127.0.0.1", "a browser", "request")
    started = await signing_in.sign_in("grace@acme.test", PASSWORD, None, device, refreshable=False)
    credentials = Credentials(started.token.text, kind="cookie")
    answer = await executor.execute(credentials, Request("{ viewer { name } }"), Trace())
    assert answer == {"data": {"viewer": {"name": "Grace Hopper"}}}
    client.keys["cookie"] = started.token.text
    assert (await client.send("{ ping }", key="cookie")).status_code == 401
    assert (await client.http.post("/auth/refresh", json={"refreshToken": started.token.text})).status_code == 401
    await signing_in.sign_out(credentials, device)
    with pytest.raises(Unauthenticated, match="The session has ended"):
        await executor.execute(credentials, Request("{ ping }"), Trace())


@pytest.mark.parametrize("member", ["cookie", "", None])
async def test_a_cookie_that_was_believed_is_no_key(
    client: Client, monkeypatch: pytest.MonkeyPatch, member: str | None
) -> None:
    """HARDENING 3: what is remembered of a cookie is found by nothing else, whatever other headers say."""
    monkeypatch.setattr("app.access.session.secrets.token_urlsafe", lambda size: "a" * size)  # might be a key's text
    await let_in(client, "grace")
    signing_in, executor = client.app.signing_in, client.app.executor
    assert signing_in is not None
    assert executor is not None
    started = await signing_in.sign_in("grace@acme.test", PASSWORD, None, Device("", "", ""), refreshable=False)
    await executor.execute(Credentials(started.token.text, kind="cookie"), Request(PING), Trace())
    headers = {"x-api-key": started.token.text} | ({} if member is None else {"x-on-behalf-of": member})
    answer = await client.http.post("/graphql", json={"query": PING}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (401, "UNKNOWN")


async def test_the_name_of_a_refresh_token_is_no_cookie(client: Client) -> None:
    """It stays the same when the token is renewed: an old token that leaked would open the settings page with it."""
    await let_in(client, "grace")
    name = (await signed_in(client))["refreshToken"].partition(".")[0]
    assert client.app.executor is not None
    with pytest.raises(Unauthenticated, match="The session has ended"):
        await client.app.executor.execute(Credentials(name, kind="cookie"), Request(PING), Trace())


# What is told and kept


async def test_the_audit_log_tells_who_came_and_who_tried(client: Client) -> None:
    await let_in(client, "grace")
    await signed_in(client)
    for _ in range(3):
        await sign_in(client, "grace@acme.test", "wrong password")
    await sign_out(client, "grace")
    assert client.app.signing_in is not None
    await client.app.signing_in.close()
    told = {event["type"]: event for event in await audited(client) if event["type"].startswith("ACCESS")}
    assert set(told) == {"ACCESS_SIGNED_IN", "ACCESS_SIGN_IN_FAILED", "ACCESS_SIGNED_OUT"}
    assert told["ACCESS_SIGNED_IN"]["changes"] == {"ip": "127.0.0.1", "userAgent": client.http.headers["user-agent"]}
    assert told["ACCESS_SIGNED_IN"]["actingUser"] == {"id": client.ids["grace"]}
    assert told["ACCESS_SIGN_IN_FAILED"]["actingUser"] is None  # nobody knows who it was
    assert all(event["subjectId"] == client.ids["grace"] for event in told.values())


async def test_no_secret_of_a_session_is_kept(client: Client) -> None:
    """HARDENING 10."""
    await let_in(client, "grace")
    tokens = await signed_in(client)
    name, _, secret = (await refresh(client, tokens["refreshToken"])).json()["refreshToken"].partition(".")
    kept = ""
    async with client.database.engine.connect() as connection:
        for table in (SESSION, table_of(User)):
            kept += str((await connection.execute(select(table))).all())
    kept += str(await audited(client))
    assert hashed(PASSWORD) in kept
    for hidden in (PASSWORD, name, secret, tokens["accessToken"]):
        assert hidden not in kept
