"""The settings page without a browser: who may see and send what, and the whole life of a key as pages."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from markupsafe import escape
from starlette.requests import Request
from starlette.routing import Route

from app.access.dialect import DIALECTS
from app.console.forms import read_form
from app.console.guarding import HEADERS
from app.console.routes import Console
from app.console.testing import TEST_TOKEN
from app.errors import BadRequest
from app.logs import without_keys
from tests.serving import Client
from tests.signing import PASSWORD, change_user
from tests.visiting import (
    HOME,
    ORIGIN,
    hidden,
    path_of,
    secret_in,
    text_of,
    visiting,
)

READ_ME = "{ viewer { name scopes } }"


def paths(client: Client, method: str, id_: str) -> list[str]:
    """Every address of the page for members, with an id in it where there is one."""
    console = Console(client.app._running, client.app._signing_in, "secret", playground=True)
    routes = [route for route in console.routes if isinstance(route, Route) and method in (route.methods or ())]
    found = [route.path.format(id=id_) for route in routes]
    assert len(found) > 5
    return [
        path for path in found if "/sign-" not in path and path.startswith((HOME, "/settings/audit-log", TEST_TOKEN))
    ]


async def test_who_is_not_signed_in_is_sent_to_sign_in(sqlite_client: Client) -> None:
    id_ = sqlite_client.ids["grace"]
    async with visiting(sqlite_client) as visitor:
        for path in paths(sqlite_client, "GET", id_):
            answer = await visitor.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sign-in"), path
            part = await visitor.get(path, **{"hx-request": "true"})
            assert (part.status_code, part.headers["hx-redirect"], part.text) == (401, "/settings/sign-in", ""), path
        for path in paths(sqlite_client, "POST", id_):
            answer = await visitor.post(path, name="x")
            assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sign-in"), path
        visitor.http.cookies.set("leadgraph_session", sqlite_client.keys["all"], domain="leadgraph.test")
        assert (await visitor.get()).status_code == 303  # a key is no session


async def test_forms_that_our_page_did_not_send_are_refused(sqlite_client: Client) -> None:
    """HARDENING 12: a form of another site reaches nothing, whatever it has learned of ours."""
    async with visiting(sqlite_client) as visitor, visiting(sqlite_client, "linus") as other:
        await visitor.sign_in()
        await other.sign_in("linus@acme.test")
        await other.get()
        _, path = await visitor.create("held", "contacts:read")
        for target in (*paths(sqlite_client, "POST", path.rpartition("/")[2]), "/settings/sign-out"):
            for token in ("", "x", "é", other.token):
                answer = await visitor.post(target, token=token, name="changed", mode="LIVE", scopes="contacts:read")
                assert answer.status_code == 403, (target, token)
            await visitor.get()
            form = {"token": visitor.token, "name": "changed", "scopes": "contacts:read"}
            for headers in (
                {},
                {"origin": "null"},
                {"origin": "http://[::1"},
                {"origin": "http://elsewhere.test"},
                {"origin": "http://leadgraph.test.elsewhere.test"},
                {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
                {"origin": ORIGIN, "sec-fetch-site": "same-site"},
            ):
                answer = await visitor.http.post(target, data=form, headers=headers)
                assert answer.status_code == 403, (target, headers)
        assert "held" in text_of(await visitor.get(path))
    async with visiting(sqlite_client) as visitor:
        signed_in = {"email": "grace@acme.test", "password": PASSWORD}
        answer = await visitor.http.post("/settings/sign-in", data=signed_in, headers={"origin": "http://else.test"})
        assert (answer.status_code, dict(visitor.http.cookies)) == (403, {})


async def test_another_workspaces_key_is_not_found(client: Client) -> None:
    """HARDENING 7: with its id nothing is shown and nothing happens."""
    foreign = client.app.ids.encode(client.app.ids.base(3) + client.key_rows["foreign"])
    async with visiting(client, "hank") as owner, visiting(client) as visitor:
        await owner.sign_in("hank@globex.test")
        _, path = await owner.create("theirs", "contacts:read")
        id_ = path.rpartition("/")[2]
        assert (await owner.get(path)).status_code == 200
        await visitor.sign_in()
        for id__ in (id_, foreign, "0" * 16, client.ids["ada"], "1", "é"):
            for target in [each for each in paths(client, "GET", id__) if id__ in each.split("/")]:
                assert (await visitor.get(target)).status_code == 404, target
        assert (await visitor.get(f"/settings/audit-log?key={id_}")).status_code == 404
        await visitor.get()
        for target in [each for each in paths(client, "POST", id_) if id_ in each]:
            form = {"name": "mine", "scopes": "contacts:read", "version": "1", "overlap": "0"}
            assert (await visitor.post(target, **form)).status_code == 404, target
        shown = text_of(await owner.get(path))
        assert "theirs" in shown
        assert "Active" in shown


async def test_the_life_of_a_key(client: Client) -> None:
    """S1-12…14, S1-16, S1-19, S1-50…52, S3-10, S3-18, S3-19, S3-21…24, S5-5, S5-9, X5: every step by pages, each
    effective at once.
    """
    await client.change_workspace("acme", revocation_policy="reversible")
    async with visiting(client) as visitor:
        assert (await visitor.sign_in()).headers["location"] == HOME
        made, path = await visitor.create("ci-pipeline", "contacts:read", "tags:read")
        client.keys["made"] = made
        assert (await client.ask(READ_ME, key="made"))["viewer"]["scopes"] == ["contacts:read", "tags:read"]
        listed = await visitor.get()
        assert made not in listed.text
        assert f"{made[:14]}...." in listed.text
        assert "ci-pipeline" in text_of(listed)
        assert '<span class="badge" data-mode="LIVE">' in listed.text

        await visitor.get(path)
        form: dict[str, str | list[str]] = {"name": "renamed", "scopes": ["contacts:read"], "version": "1"}
        assert (await visitor.post(path, **form)).status_code == 303
        assert (await client.ask(READ_ME, key="made"))["viewer"] == {"name": "renamed", "scopes": ["contacts:read"]}
        stale = await visitor.post(path, **{**form, "name": "late"})
        assert stale.status_code == 422
        assert "renamed" in text_of(await visitor.get(path))

        await visitor.get(f"{path}/rotate")
        client.keys["rotated"] = secret_in(await visitor.post(f"{path}/rotate", overlap="0"))
        assert (await client.refused(READ_ME, key="made"))["reason"] in {"REVOKED", "UNKNOWN"}
        assert (await client.ask(READ_ME, key="rotated"))["viewer"]["name"] == "renamed"

        assert "Revoke this key?" in text_of(await visitor.get(f"{path}/revoke"))
        assert (await visitor.post(f"{path}/revoke")).headers["location"] == f"{HOME}?said=revoked"
        assert (await client.refused(READ_ME, key="rotated"))["reason"] == "REVOKED"
        assert "Revoked" in text_of(await visitor.get())
        await visitor.get(f"{path}/reactivate")
        assert (await visitor.post(f"{path}/reactivate")).status_code == 303
        assert (await client.ask(READ_ME, key="rotated"))["viewer"]["name"] == "renamed"

        await visitor.get(f"{path}/delete")
        assert (await visitor.post(f"{path}/delete")).status_code == 303
        assert (await client.refused(READ_ME, key="rotated"))["reason"] == "UNKNOWN"
        assert (await visitor.get(path)).status_code == 404
        log = text_of(await visitor.get("/settings/audit-log"))
        for told in ("Created", "Updated", "Rotated", "Revoked", "Reactivated", "Deleted", "Grace Hopper"):
            assert told in log
        assert made not in log


async def test_a_form_that_is_sent_again_makes_no_second_key(sqlite_client: Client) -> None:
    async with visiting(sqlite_client) as visitor:
        await visitor.sign_in()
        await visitor.get(f"{HOME}/new")
        form = {"name": "once", "mode": "LIVE", "scopes": "contacts:read", "once": visitor.once}
        first = await visitor.post(f"{HOME}/new", **form)
        assert secret_in(first)
        again = await visitor.post(f"{HOME}/new", **form)
        assert (again.status_code, secret_in(again)) == (200, "")
        assert "has been shown already" in text_of(again)
        assert len(re.findall(r">once</a>", again.text)) == 1


async def test_what_is_wrong_stands_at_its_field(sqlite_client: Client) -> None:
    """S3-4: a name of 0 or 101 characters is refused, and what was filled in stays."""
    async with visiting(sqlite_client) as visitor:
        await visitor.sign_in()
        for name in (" ", "x" * 101):
            await visitor.get(f"{HOME}/new")
            page = await visitor.post(f"{HOME}/new", name=name, mode="TEST", scopes="tags:read", networks="nowhere")
            assert page.status_code == 422
            assert 'id="name-problem"' in page.text
            assert 'id="allowedIps-problem"' in page.text
            assert 'value="TEST" checked' in page.text
            assert 'value="tags:read" checked' in page.text
            assert ">nowhere</textarea>" in page.text
        assert "manager" in text_of(await visitor.get())  # the world's keys, and none more
        page = await visitor.post(f"{HOME}/new", name="none", mode="LIVE")
        assert page.status_code == 422
        assert 'id="scopes-problem"' in page.text


async def test_what_people_typed_is_shown_as_text(sqlite_client: Client) -> None:
    """HARDENING: markup in a name is text, and characters that turn the direction of text are seen."""
    name = '<script>alert(1)</script>" onload="x'
    async with visiting(sqlite_client, name='"><img src=x>') as visitor:
        await visitor.sign_in()
        _, path = await visitor.create(name, "contacts:read")
        await visitor.get(f"{HOME}/new")
        turned = await visitor.post(f"{HOME}/new", name="x\u202egnp.exe", mode="LIVE", scopes="tags:read")
        for page in (await visitor.get(), await visitor.get(path), await visitor.get(f"{path}/delete"), turned):
            assert "<script>alert" not in page.text
            assert "<img" not in page.text
            assert "\u202e" not in page.text
        assert str(escape(name)) in (await visitor.get(path)).text
        odd = (await visitor.get(f"{HOME}?search=" + "%3Cscript%3E%22")).text
        assert "<script>&#34;" not in odd
        assert "No key matches" in odd


@pytest.mark.parametrize(("count", "more"), [(1, None), (2, None), (3, 1), (21, 19), (22, 20)])
async def test_the_first_two_scopes_are_named_and_the_rest_counted(
    sqlite_client: Client, count: int, more: int | None
) -> None:
    """S1-15, X22: what the key has is counted, 21 scopes or 22."""
    scopes = DIALECTS["sprootal"].presets[0].scopes[:count]
    async with visiting(sqlite_client) as visitor:
        await visitor.sign_in()
        await sqlite_client.add_key("counted", scopes=scopes)
        page = await visitor.get(f"{HOME}?search=counted")
        assert re.findall(r"\+\d+ more", page.text) == ([f"+{more} more"] if more else [])
        tags = re.findall(r'class="tag">([^<]*)<', page.text)
        assert tags == ["Read Contacts", "Write Contacts"][:count]


async def test_the_list_is_searched_by_name_and_prefix(client: Client) -> None:
    async with visiting(client) as visitor:
        await visitor.sign_in()
        made = await client.add_key("needle", scopes=("tags:read",))
        by_name, by_prefix = await visitor.get(f"{HOME}?search=needl"), await visitor.get(f"{HOME}?search={made[:14]}")
        for page in (by_name, by_prefix):
            assert re.findall(r'class="given" href="[^"]*">([^<]*)<', page.text) == ["needle"]
        part = await visitor.get(f"{HOME}?search=needl", **{"hx-request": "true"})
        assert "<html" not in part.text
        assert "needle" in part.text


async def test_revoked_keys_are_hidden_where_the_dialect_says_so(sqlite_client: Client) -> None:
    """X5, S3-22: revoked keys stay in the list, but with S1."""
    await sqlite_client.add_key("old one", scopes=("tags:read",))
    await sqlite_client.revoke("old one")
    async with visiting(sqlite_client) as visitor:
        await visitor.sign_in()
        assert "old one" in text_of(await visitor.get())
        await sqlite_client.change_workspace("acme", dialect="sprootal")
        assert "old one" not in text_of(await visitor.get())


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
async def test_the_page_speaks_each_dialect(sqlite_client: Client, dialect: object) -> None:
    """S1-2, S1-8, S1-20…26, S2-7, S3-3, S3-6, S4-8, S5-5, X10, X28: path, words, buttons, scopes and what is ticked."""
    assert isinstance(dialect, type(DIALECTS["custom"]))
    await sqlite_client.change_workspace("acme", dialect=dialect.name)
    async with visiting(sqlite_client) as visitor:
        await visitor.sign_in()
        if dialect.labels.path != HOME:
            assert (await visitor.get(dialect.labels.path)).headers["location"] == HOME
        listed = text_of(await visitor.get())
        for word in (*dialect.labels.trail, dialect.labels.new, dialect.labels.docs):
            assert word in listed
        page = await visitor.get(f"{HOME}/new")
        shown = re.findall(r"<h3[^>]*>([^<]*)</h3>", page.text)
        assert [html.unescape(group) for group in shown] == [group for group, _ in dialect.scope_groups]
        assert dialect.test_word.capitalize() in text_of(page)
        assert dialect.labels.submit in text_of(page)
        ticked = re.findall(r'name="scopes" value="([^"]*)"[^>]* checked', page.text)
        assert bool(ticked) == (dialect.default_scopes == ("*",))


async def test_who_may_not_manage_keys_is_told_why(client: Client) -> None:
    """S3-31, S3-32, S5-2, X16: the permission, the switch of the workspace, its plan."""
    async with visiting(client) as visitor:
        await visitor.sign_in()
        assert (await visitor.get()).status_code == 200
        await client.change_workspace("acme", api_enabled=False)
        refused = await visitor.get()
        assert (refused.status_code, "The API is switched off" in text_of(refused)) == (403, True)
        await client.change_workspace("acme", api_enabled=True)
        await change_user(client, "grace", developer=False)
        for path in paths(client, "GET", client.ids["ada"]):
            refused = await visitor.get(path)
            assert (refused.status_code, "developer permission" in text_of(refused)) == (403, True), path
        posted = await visitor.post(f"{HOME}/new", name="no", mode="LIVE", scopes="tags:read")
        assert posted.status_code == 403


async def test_signing_in_and_out(client: Client) -> None:
    """S2-6: a cookie that scripts cannot read, sent to our own pages alone, dead once it is signed out."""
    async with visiting(client) as visitor:
        wrong = await visitor.sign_in(password="wrong password")
        assert wrong.status_code == 401
        assert "do not belong together" in text_of(wrong)
        assert "wrong password" not in wrong.text
        unknown = await visitor.sign_in("nobody@acme.test")
        assert unknown.status_code == 401
        assert dict(visitor.http.cookies) == {}
        right = await visitor.sign_in()
        cookie = right.headers["set-cookie"]
        for said in ("HttpOnly", "SameSite=strict", "Path=/settings", "expires="):
            assert said in cookie
        assert "Secure" not in cookie  # over plain http it would not come back
        held = dict(visitor.http.cookies)
        await visitor.get()
        assert (await visitor.post("/settings/sign-out")).headers["location"] == "/settings/sign-in"
        assert dict(visitor.http.cookies) == {}
        visitor.http.cookies.update(held)
        assert (await visitor.get()).status_code == 303


async def test_a_cookie_that_came_by_https_goes_by_https_alone(sqlite_client: Client) -> None:
    async with visiting(sqlite_client) as visitor:
        form = {"email": "grace@acme.test", "password": PASSWORD}
        answer = await visitor.http.post("/settings/sign-in", data=form, headers={"origin": "https://leadgraph.test"})
        assert "Secure" in answer.headers["set-cookie"]


async def test_every_page_is_under_a_strict_policy(sqlite_client: Client) -> None:
    async with visiting(sqlite_client) as visitor:
        pages = [await visitor.get("/settings/sign-in"), await visitor.sign_in()]
        _, path = await visitor.create("held", "contacts:read")
        pages += [await visitor.get(each) for each in paths(sqlite_client, "GET", path.rpartition("/")[2])]
        pages.append(await visitor.get(f"{HOME}/{'0' * 16}"))
        for page in pages:
            for name, value in HEADERS.items():
                assert page.headers[name] == value, page.url
            assert not re.findall(r"<style|<script>|\son\w+=|\sstyle=|javascript:", page.text), page.url
            assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text), page.url
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


async def test_a_client_that_goes_away_while_it_sends_a_form_is_no_defect() -> None:
    messages = iter([{"type": "http.request", "body": b"a=", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    with pytest.raises(BadRequest, match="The connection was closed"):
        await read_form(Request({"type": "http", "headers": headers}, receive))


async def test_forms_that_are_none(sqlite_client: Client) -> None:
    async with visiting(sqlite_client) as visitor:
        await visitor.sign_in()
        await visitor.get(f"{HOME}/new")
        for body, kind, status in (
            (b"{}", "application/json", 415),
            (b"x=" + b"y" * 70_000, "application/x-www-form-urlencoded", 413),
            (b"&".join([b"a=1"] * 600), "application/x-www-form-urlencoded", 400),
            (b"name=\xff", "application/x-www-form-urlencoded", 400),
            (b"name=%ff", "application/x-www-form-urlencoded", 400),
            (b"", "application/x-www-form-urlencoded", 403),
        ):
            headers = {"content-type": kind, "origin": ORIGIN}
            answer = await visitor.http.post(f"{HOME}/new", content=body, headers=headers)
            assert answer.status_code == status, body[:20]
            assert "<h1>" in answer.text
        for fields in (
            {"mode": "x"},
            {"mode": "LIVE", "date": "yesterday"},
            {"mode": "LIVE", "date": "99999-01-01"},
            {"mode": "LIVE", "date": "2001-01-01"},
            {"mode": "LIVE", "name": "nul\0"},
            {"mode": "LIVE", "scopes": "nothing:read"},
            {"mode": "LIVE", "scopes": "*"},
        ):
            await visitor.get(f"{HOME}/new")
            answer = await visitor.post(f"{HOME}/new", **({"name": "x", "scopes": "tags:read"} | fields))
            assert 400 <= answer.status_code < 500, fields
            assert not secret_in(answer)


async def test_addresses_that_nobody_follows(client: Client) -> None:
    async with visiting(client) as visitor:
        await visitor.sign_in()
        _, path = await visitor.create("held", "contacts:read")
        for query, status in (
            ("?search=%00", 400),
            ("?search=%ff", 200),
            ("?search=" + "x" * 5_000, 200),
            ("?after=%00", 400),
            ("?after=x", 400),
            ("?said=%3Cscript%3E", 200),
        ):
            assert (await visitor.get(HOME + query)).status_code == status, query
        for key in ("%00", "%ff", "x" * 5_000):
            assert (await visitor.get(f"/settings/audit-log?key={key}")).status_code == 404
        for form in ({"version": "99999999999"}, {"version": "x"}, {"once": "\0" * 20}):
            await visitor.get(path)
            answer = await visitor.post(path, **({"name": "held", "scopes": "contacts:read", "version": "1"} | form))
            assert answer.status_code in {303, 422}, form


async def test_a_key_is_reduced_to_what_it_uses(client: Client) -> None:
    """S2-23: its page of usage shows what was never used, what was denied, and what would be enough."""
    async with visiting(client) as visitor:
        await visitor.sign_in()
        client.keys["made"], path = await visitor.create("wide", "contacts:read", "contacts:write", "tags:read")
        await client.ask("{ contacts(first: 1) { nodes { id } } }", key="made")
        await client.refused("{ companies(first: 1) { nodes { id } } }", key="made")
        assert client.app.usage is not None
        await client.app.usage.flush()
        page = await visitor.get(f"{path}/usage")
        shown = text_of(page)
        assert re.search(r"Read Tags 0 not used", shown)
        assert re.search(r"Read Companies 1 ", shown)
        assert "Reduce to what is used" in shown
        form = re.findall(r'name="scopes" value="([^"]*)"', page.text)
        answer = await visitor.post(f"{path}/reduce", scopes=form, version=hidden(page)["version"])
        assert answer.headers["location"] == f"{path}/usage?said=reduced"
        assert (await client.ask(READ_ME, key="made"))["viewer"]["scopes"] == ["contacts:read"]
        assert "Reduce to what is used" not in text_of(await visitor.get(f"{path}/usage"))


async def test_the_playground_opens_with_a_key_of_an_hour(client: Client) -> None:
    await client.change_workspace("acme", playground_mode="live")
    async with visiting(client) as visitor:
        await visitor.sign_in()
        _, path = await visitor.create("narrow", "tags:read")
        await visitor.get(path)
        form = {"once": visitor.once}
        page = await visitor.post(f"{path}/playground", **form)
        handed = re.search(r'<meta name="leadgraph-key" content="(\w+)">', page.text)
        assert handed
        client.keys["handed"] = handed[1]
        told = (await client.ask("{ viewer { scopes expiresAt } }", key="handed"))["viewer"]
        assert told["scopes"] == ["tags:read"]
        assert told["expiresAt"]
        again = await visitor.post(f"{path}/playground", **form)
        assert "leadgraph-key" not in again.text
        assert without_keys(str(page.url)) == str(page.url)
        assert "handed" not in (await visitor.get()).text


async def test_a_test_token_is_generated_for_the_documentation(client: Client) -> None:
    """S3-25…30, X27: a key of an hour for what its maker may do with leads, in the list, to be revoked early."""
    await client.change_workspace("acme", playground_mode="live")
    async with visiting(client) as visitor, visiting(client, "linus", developer=False) as other:
        await visitor.sign_in()
        offered = await visitor.get(TEST_TOKEN)
        assert list(offered.json()) == ["token"]
        made = (await visitor.post(TEST_TOKEN, token=offered.json()["token"])).json()
        assert list(made) == ["key"]
        client.keys["made"] = made["key"]
        viewer = (await client.ask("{ viewer { name scopes expiresAt } }", key="made"))["viewer"]
        assert viewer["name"] == "Docs playground (temp)"
        assert viewer["scopes"] == ["contacts:read", "contacts:create", "contacts:update", "contacts:delete"]
        left = datetime.fromisoformat(viewer["expiresAt"]) - datetime.now(UTC)
        assert timedelta(minutes=59) < left <= timedelta(hours=1)
        path = path_of(await visitor.get(), "Docs playground (temp)")
        await visitor.get(f"{path}/revoke")
        assert (await visitor.post(f"{path}/revoke")).status_code == 303
        assert (await client.refused(READ_ME, key="made"))["reason"] == "REVOKED"
        await other.sign_in("linus@acme.test")
        assert (await other.get(TEST_TOKEN)).status_code == 403
