"""REST on both databases: what the documented products promise of it, and what every kind of request is answered."""

import re
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from app.application import create_app
from app.domain.workspace import ResponseProfile
from app.errors import ConfigurationError
from app.rest.binding import read_fields
from app.settings import Settings
from app.store.session import transaction
from tests.changing import snapshot
from tests.keys import insert_key
from tests.secrecy import SECRETS
from tests.serving import Client, World, serving
from tests.test_sandbox import operate

LEAD = {"email": "jane.doe@example.com", "firstName": "Jane", "lastName": "Doe"}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


async def call(client: Client, method: str, path: str, *, key: str | None = "all", **more: Any) -> httpx2.Response:
    """The response to a request to `/v1`; `key` is a name of `KEYS`."""
    headers = {**(client.bearer(key) if key else {}), **more.pop("headers", {})}
    return await client.http.request(method, f"/v1{path}", headers=headers, **more)


async def data(client: Client, method: str, path: str, **more: Any) -> Any:
    """The `data` of a request that must succeed."""
    response = await call(client, method, path, **more)
    assert response.status_code in {200, 201}, response.text
    answer = response.json()
    assert answer["success"] is True
    return answer["data"]


async def refused(client: Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    """The envelope of a request that must fail (S4-26)."""
    response = await call(client, method, path, **more)
    answer: dict[str, Any] = response.json()
    assert list(answer) == ["success", "status", "message", "errors", "meta"]
    assert answer["success"] is False
    assert answer["status"] == response.status_code >= 400
    assert list(answer["meta"]) == ["timestamp", "version"]
    return answer


# Leadron's examples


async def test_a_lead_is_created_as_documented(client: Client) -> None:
    """S4-1…3, S4-23…25, S4-29…42, X19: byte for byte but for id, slug and times."""
    custom = {"company": "Acme Inc", "role": "VP Sales"}
    sent = {**LEAD, "phone": "+1-555-0199", "source": "web", "customFields": custom}
    response = await call(client, "POST", "/leads", json=sent)
    assert response.status_code == 201
    template = (
        '{"success":true,"status":201,"message":"Resource created successfully","data":{"id":"ID","tenantId":"acme",'
        '"email":"jane.doe@example.com","firstName":"Jane","lastName":"Doe","phone":"+1-555-0199","source":"web",'
        '"status":"new","score":0,"assignedTo":null,"customFields":{"company":"Acme Inc","role":"VP Sales"},'
        '"createdAt":"TIME","updatedAt":"TIME"},"meta":{"timestamp":"TIME","version":"v1"}}'
    )
    times = set(re.findall(TIME, response.text))
    assert len(times) == 1
    told = response.text.replace(times.pop(), "TIME")
    assert re.sub('"id":"[0-9a-z]{16,17}"', '"id":"ID"', told) == template
    assert response.headers["etag"] == '"1"'
    assert response.headers["location"] == f"/v1/leads/{response.json()['data']['id']}"
    assert (await call(client, "GET", response.headers["location"].removeprefix("/v1"))).status_code == 200


async def test_a_bad_email_is_refused_as_documented(client: Client) -> None:
    """S4-26, S4-43."""
    response = await call(client, "POST", "/leads", json={**LEAD, "email": "nobody"})
    assert response.status_code == 422
    assert re.sub(TIME, "TIME", response.text) == (
        '{"success":false,"status":422,"message":"Validation failed","errors":[{"field":"email",'
        '"message":"Invalid email format"}],"meta":{"timestamp":"TIME","version":"v1"}}'
    )


async def test_what_a_lead_needs_is_asked_for_all_at_once(client: Client) -> None:
    """S4-30…36: required fields, documented values, ranges."""
    sent = {"status": "NEW", "source": "tv", "score": "high", "phone": 5, "colour": "red"}
    answer = await refused(client, "POST", "/leads", json=sent)
    assert answer["message"] == "Validation failed"
    assert {each["field"]: each["message"] for each in answer["errors"]} == {
        "status": "This must be one of contacted, new, qualified, unqualified",
        "source": "This must be one of api, import, manual, referral, web",
        "score": "This must be a whole number",
        "phone": "This must be a string",
        "colour": "There is no such field here",
        **dict.fromkeys(("email", "firstName", "lastName"), "This field is required"),
    }
    answer = await refused(client, "POST", "/leads", json={**LEAD, "score": 101})
    assert [each["field"] for each in answer["errors"]] == ["score"]


async def test_a_duplicate_email_is_created_nevertheless(client: Client) -> None:
    """S4-38, X32."""
    first = await data(client, "POST", "/leads", json=LEAD)
    second = await data(client, "POST", "/leads", json=LEAD)
    assert first["id"] != second["id"]


async def test_leads_are_shown_by_encoded_ids(client: Client) -> None:
    """S4-5, S4-20, S4-21, S4-28, S4-41, X11, X13."""
    headers = {"x-api-key": client.keys["contacts"], "content-type": "application/json"}
    shown = (await client.http.get(f"/v1/leads/{client.ids['ada']}", headers=headers)).json()["data"]
    assert shown["tenantId"] == "acme"
    assert shown["assignedTo"] == client.ids["grace"]
    changed = await data(client, "PATCH", f"/leads/{client.ids['ada']}", json={"assignedTo": client.ids["linus"]})
    assert changed["assignedTo"] == client.ids["linus"]
    assert await data(client, "GET", f"/leads?assignedTo={client.ids['linus']}&q=ada") == [changed]
    changed = await data(client, "PATCH", f"/leads/{client.ids['ada']}", json={"assignedTo": None})
    assert changed["assignedTo"] is None


async def test_leads_are_upserted_by_their_email(client: Client) -> None:
    """X32."""
    rows = [{"email": "ada@initech.test", "score": 5}, {"email": "new@initech.test"}]
    answer = await data(client, "POST", "/leads/upsert", json={"leads": rows})
    assert [each["action"] for each in answer["results"]] == ["updated", "created"]
    assert answer["results"][0]["lead"]["score"] == 5
    assert (answer["createdCount"], answer["updatedCount"]) == (1, 1)


# Sprootal's and Leadterra's routes


async def test_a_contact_is_shown_with_tags_stage_and_stats(client: Client) -> None:
    """S1-4, S1-30, X14: what the key may not read is left out."""
    url, headers = f"/api/v1/contacts/{client.ids['ada']}", client.bearer("all")
    shown = (await client.http.get(url, headers=headers)).json()["data"]
    assert {each["name"] for each in shown["tags"]} == {"hot", "cold"}
    assert shown["stage"] == {"id": client.ids["won"], "name": "Won"}
    assert (shown["stats"]["sent"], shown["stats"]["received"]) == (1, 1)
    less = await data(client, "GET", f"/contacts/{client.ids['ada']}", key="contacts")
    assert less == {name: shown[name] for name in shown if name not in {"tags", "stage", "stats", "company"}}


async def test_contacts_are_searched_by_text_tags_and_stages(client: Client) -> None:
    """S1-27, S1-28: by ids and names; never routed to a contact."""

    async def found(query: str, **more: Any) -> set[str]:
        return {each["firstName"] for each in await data(client, "GET", f"/contacts/search?{query}", **more)}

    assert await found("q=ada") == {"Ada"}
    assert await found("tags=hot") == {"Ada"}
    assert await found(f"tags=hot&tags={client.ids['cold']}") == {"Ada", "Bob"}
    assert await found(f"stages=Lead&stages={client.ids['won']}") == {"Ada", "Bob"}
    assert await found("stages=Won&tags=cold&q=love") == {"Ada"}
    assert await found("status=new&q=cy", key="contacts") == {"Cy"}
    assert await found("tags=secret") == set()
    answer = await refused(client, "GET", "/contacts/search?tags=hot", key="contacts")
    assert answer["errors"][0]["requiredScopes"] == ["tags:read"]


async def test_messages_of_a_contact_need_both_scopes(client: Client) -> None:
    """S1-33, S1-34, X30."""
    path = f"/contacts/{client.ids['ada']}/messages"
    assert {each["subject"] for each in await data(client, "GET", path)} == {"Hello Ada", "Re: Hello"}
    assert (await refused(client, "GET", path, key="contacts"))["errors"][0]["requiredScopes"] == ["messages:read"]
    assert (await refused(client, "GET", f"/contacts/{client.ids['eve']}/messages"))["status"] == 404
    assert len(await data(client, "GET", "/messages?direction=inbound")) == 1


async def test_an_automation_is_paused_and_resumed_and_takes_contacts(client: Client) -> None:
    """S1-36…40, X12."""
    made = await data(client, "POST", "/campaigns", json={"name": "Welcome"})
    path = f"/automations/{made['id']}"
    await client.ask(
        "mutation ($id: ID!) { createAutomationStep(input: {automationId: $id, kind: WAIT, settings: {minutes: 1}}) "
        "{ userErrors { message } } }",
        {"id": made["id"]},
    )
    assert (await data(client, "POST", f"{path}/activate"))["status"] == "active"
    added = await data(client, "POST", f"{path}/enroll", json={"contactIds": [client.ids["ada"], client.ids["bob"]]})
    assert added["createdCount"] == 2
    removed = await data(client, "POST", f"{path}/unenroll", json={"contactIds": [client.ids["ada"]]})
    assert removed["updatedCount"] == 1
    assert (await data(client, "PUT", f"{path}/status", json={"status": "paused"}))["status"] == "paused"
    assert (await data(client, "PUT", f"{path}/status", json={"status": "active"}))["status"] == "active"
    answer = await refused(client, "PUT", f"{path}/status", json={"status": "gone"})
    assert answer["errors"] == [{"field": "status", "message": "This must be one of active, archived, paused"}]
    assert await data(client, "GET", "/automations") == await data(client, "GET", "/campaigns")


async def test_ping_proves_the_key(client: Client) -> None:
    """S5-13, X29, S2-24…27: without any scope."""
    assert await data(client, "GET", "/ping", key="nothing") == "pong"
    reasons = {
        None: "MISSING",
        "Token abc": "MALFORMED",
        f"Bearer {client.keys['all'][:-1]}": "UNKNOWN",
        f"Bearer  {client.keys['all']}": "MALFORMED",
    }
    for header, reason in reasons.items():
        headers = {} if header is None else {"authorization": header}
        answer = await refused(client, "GET", "/ping", key=None, headers=headers)
        assert (answer["status"], answer["errors"][0]["reason"]) == (401, reason)
    await client.revoke("tags")
    assert (await refused(client, "GET", "/ping", key="tags"))["errors"][0]["reason"] == "REVOKED"


async def test_a_key_is_made_and_works(client: Client) -> None:
    """S4-8: `POST /v1/api-keys`; its text is in the answer and nowhere else."""
    made = await data(client, "POST", "/api-keys", json={"name": "CI", "scopes": ["tags:read"]})
    client.keys["made"] = made["key"]
    assert len(await data(client, "GET", "/tags", key="made")) == 3
    assert (await refused(client, "GET", "/contacts", key="made"))["status"] == 403
    assert made["key"] not in (await call(client, "GET", f"/api-keys/{made['apiKey']['id']}")).text


async def test_there_is_no_limit_on_the_number_of_keys(sqlite_client: Client) -> None:
    """S1-53, X24: of hundreds, one more is made and works."""
    client = sqlite_client
    async with transaction(client.database) as tx:
        for _ in range(300):
            SECRETS.handed_out((await insert_key(tx.connection, client.rows["acme"], scopes=())).key)
    client.keys["made"] = (await data(client, "POST", "/api-keys", json={"name": "CI", "scopes": ["*"]}))["key"]
    answer = (await call(client, "GET", "/api-keys?include=total&limit=1", key="made")).json()
    assert answer["meta"]["pagination"]["total"] > 300


async def test_every_documented_status_and_method_is_in_use(client: Client) -> None:
    """S4-3, S4-44: 301 is for what has moved, and nothing has; 429 and 500 are tried where they can be had."""
    path = f"/leads/{client.ids['ada']}"
    sent: dict[tuple[str, int], dict[str, Any]] = {
        ("GET", 200): {"path": path},
        ("PUT", 200): {"path": path, "json": {"score": 1}},
        ("PATCH", 200): {"path": path, "json": {"score": 2}},
        ("POST", 201): {"path": "/leads", "json": LEAD},
        ("DELETE", 204): {"path": path, "headers": {"prefer": "return=minimal"}},
        ("POST", 400): {"path": "/leads", "content": b"{", "headers": {"content-type": "application/json"}},
        ("GET", 401): {"path": "/leads", "key": None},
        ("GET", 403): {"path": "/leads", "key": "nothing"},
        ("GET", 404): {"path": "/nothing"},
        ("POST", 422): {"path": "/leads", "json": {}},
    }
    for (method, status), given in sent.items():
        assert (await call(client, method, **given)).status_code == status, (method, status)
    moved = [each for each in client.app.routes if 300 <= each.status < 400]
    assert not moved


async def test_a_defect_of_ours_has_the_one_shape(sqlite_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4-22, S4-26, S4-44: 500, with nothing of its cause."""

    async def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(sqlite_client.app.executor, "execute", fail)
    answer = await refused(sqlite_client, "GET", "/leads")
    assert (answer["status"], answer["errors"]) == (500, [{"code": "INTERNAL_SERVER_ERROR"}])
    assert "broken" not in str(answer)


# Lists


async def test_lists_are_paged_with_cursors(client: Client) -> None:
    """CONTRACT part 3: limit, cursor, sort, total only when asked for."""
    path, found = "/contacts?limit=2&sort=-score,firstName&include=total", []
    pages = 0
    cursor = ""
    while True:
        answer = (await call(client, "GET", path + cursor)).json()
        found += [each["id"] for each in answer["data"]]
        page = answer["meta"]["pagination"]
        assert (page["limit"], page["total"]) == (2, 5)
        pages += 1
        if not page["hasMore"]:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert page["nextCursor"] is None
    assert pages == 3
    assert len(set(found)) == 5
    assert found[0] == client.ids["ada"]
    assert (await call(client, "GET", "/contacts")).json()["meta"]["pagination"] == {
        "limit": 25,
        "nextCursor": None,
        "hasMore": False,
    }


async def test_the_bare_profile_answers_the_data_alone(client: Client) -> None:
    """X17: the next page is named by a Link header."""
    headers = {"x-response-profile": "bare"}
    response = await call(client, "GET", "/contacts?limit=1&sort=email", headers=headers)
    [first] = response.json()
    link = re.fullmatch(r'<(\?[^>]+)>; rel="next"', response.headers["link"])
    assert link is not None
    [second] = (await call(client, "GET", f"/contacts{link[1]}", headers=headers)).json()
    assert first["email"] < second["email"]
    bare = await call(client, "GET", f"/contacts/{client.ids['ada']}", headers=headers)
    assert bare.json() == await data(client, "GET", f"/contacts/{client.ids['ada']}")


async def test_the_audit_log_tells_values_as_all_routes_do(client: Client) -> None:
    """Those of enums as they are stored, which GraphQL tells by name."""
    await data(client, "PATCH", f"/contacts/{client.ids['ada']}", json={"status": "unqualified"})
    made = await data(client, "POST", "/leads", json=LEAD)
    [changed] = await data(client, "GET", f"/audit-log?subjectId={client.ids['ada']}")
    assert changed["changes"] == {"status": {"old": "qualified", "new": "unqualified"}}
    [created] = await data(client, "GET", f"/audit-log?subjectId={made['id']}&fields=changes,type")
    assert created["type"] == "contact.created"
    assert [created["changes"][name]["new"] for name in ("status", "source", "email")] == ["new", "api", LEAD["email"]]
    told = await client.ask("{ auditLog(first: 1, orderBy: [{field: AT, direction: ASC}]) { nodes { changes } } }")
    assert told["auditLog"]["nodes"][0]["changes"] == {"status": {"old": "QUALIFIED", "new": "UNQUALIFIED"}}


async def test_only_the_fields_that_are_asked_for_are_shown(client: Client) -> None:
    path = f"/contacts/{client.ids['ada']}"
    assert await data(client, "GET", f"{path}?fields=firstName,score&fields=id") == {
        "firstName": "Ada",
        "score": 90,
        "id": client.ids["ada"],
    }
    assert await data(client, "GET", "/leads?sort=-score&limit=1&fields=email") == [{"email": "ada@initech.test"}]
    assert await data(client, "GET", "/tags?name=none&fields=name") == []
    months = await data(client, "GET", "/analytics/contacts?fields=count")
    assert months == [{"count": 5}]
    for wrong in ("hair", "", "id,", "etag", "nodes"):
        answer = await refused(client, "GET", f"{path}?fields={wrong}")
        assert (answer["status"], answer["errors"][0]["field"]) == (422, "fields")
    assert (await refused(client, "GET", "/ping?fields=x"))["errors"][0]["field"] == "fields"


async def test_a_field_that_a_key_may_not_read_is_as_if_there_were_none(client: Client) -> None:
    path = f"/contacts/{client.ids['ada']}?fields="
    assert [each["name"] for each in (await data(client, "GET", f"{path}tags"))["tags"]]
    unseen = await refused(client, "GET", f"{path}tags", key="contacts")
    unknown = await refused(client, "GET", f"{path}hair", key="contacts")
    assert unseen["errors"] == [{"field": "fields", "message": "There is no field 'tags' here"}]
    assert unknown["errors"] == [{"field": "fields", "message": "There is no field 'hair' here"}]


async def test_a_workspace_can_have_bare_answers(client: Client) -> None:
    """X17: unless a request asks for the envelope; errors have it all the same."""
    path = f"/contacts/{client.ids['ada']}"
    enveloped = await data(client, "GET", path)
    await operate(client, "updateWorkspace", input={"responseProfile": ResponseProfile.BARE})
    assert (await call(client, "GET", path)).json() == enveloped
    created = await call(client, "POST", "/tags", json={"name": "bare"})
    assert (created.status_code, created.json()["name"]) == (201, "bare")
    assert await data(client, "GET", path, headers={"x-response-profile": "envelope"}) == enveloped
    assert (await call(client, "GET", path, headers={"x-response-profile": "?"})).json() == enveloped
    assert (await refused(client, "GET", "/contacts/0"))["status"] == 404
    assert "data" in (await call(client, "GET", "/ping", key="foreign")).json()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=5&limit=6", "limit"),
        ("q=a&q=b", "q"),
        ("sort=hair", "sort"),
        ("status=new&status=old", "status"),
        ("minScore=1.5", "minScore"),
        ("createdAfter=yesterday", "createdAfter"),
        ("include=everything", "include"),
        ("nothing=1", "nothing"),
        (f"q={'x' * 501}", "q"),
        (f"sort={'email,' * 20}email", "sort"),
    ],
)
async def test_a_bad_parameter_is_named(sqlite_client: Client, query: str, field: str) -> None:
    answer = await refused(sqlite_client, "GET", f"/contacts?{query}")
    assert answer["status"] == 422
    assert [each["field"] for each in answer["errors"]] == [field]
    assert answer["errors"][0]["message"].startswith(("This ", "There is no ", "DateTime must "))


async def test_a_field_that_is_named_often_is_looked_for_once() -> None:
    assert read_fields(["id,email,id", "id"]) == ["id", "email"]


async def test_a_bad_cursor_is_refused(sqlite_client: Client) -> None:
    for path in ("/contacts", f"/contacts/{sqlite_client.ids['ada']}/messages"):
        answer = await refused(sqlite_client, "GET", f"{path}?cursor=abc")
        assert (answer["status"], answer["errors"][0]["field"]) == (422, "cursor")


# Changing


async def test_updates_merge_and_strict_ones_replace(client: Client) -> None:
    """X20, S1-31."""
    path = f"/contacts/{client.ids['ada']}"
    for method in ("PUT", "PATCH"):
        changed = await data(client, method, path, json={"lastName": method})
        assert (changed["firstName"], changed["lastName"], changed["score"]) == ("Ada", method, 90)
    headers = {"prefer": "handling=strict"}
    response = await call(client, "PATCH", path, json={"score": 7}, headers=headers)
    assert (response.json()["data"]["firstName"], "preference-applied" in response.headers) == ("Ada", False)
    changed = await data(client, "PUT", path, json={"email": "ada@new.test"}, headers=headers)
    assert [changed[name] for name in ("email", "firstName", "phone")] == ["ada@new.test", None, None]
    assert (changed["status"], changed["score"]) == ("new", 0)


async def test_what_was_read_can_be_written_back(client: Client) -> None:
    """Filters, which are kept as GraphQL names values, included."""
    inner = {"tags": {"some": {"name": {"eq": "hot"}}}, "not": {"source": {"in": ["web", "manual"]}}}
    wanted = {"or": [{"status": {"eq": "new"}}, inner]}
    made = await data(client, "POST", "/lists", json={"name": "Hot", "kind": "dynamic", "filter": wanted})
    assert made["filter"] == wanted
    read = await data(client, "GET", f"/lists/{made['id']}")
    back = {name: read[name] for name in ("name", "filter")}
    assert (await data(client, "PUT", f"/lists/{made['id']}", json=back))["filter"] == wanted
    kept = await client.ask("query ($id: ID!) { contactList(id: $id) { filter } }", {"id": made["id"]})
    assert kept["contactList"]["filter"]["or"][0] == {"status": {"eq": "NEW"}}


async def test_a_version_that_was_changed_is_not_overwritten(client: Client) -> None:
    path = f"/contacts/{client.ids['ada']}"
    etag = (await call(client, "GET", path)).headers["etag"]
    changed = await call(client, "PATCH", path, json={"score": 1}, headers={"if-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag
    answer = await refused(client, "PATCH", path, json={"score": 2}, headers={"if-match": etag})
    assert (answer["status"], answer["errors"][0]["code"]) == (412, "CONFLICT")
    assert (await data(client, "GET", path))["score"] == 1
    assert (await refused(client, "DELETE", path, headers={"if-match": "W/x"}))["status"] == 400


async def test_deleting_answers_null_or_nothing(client: Client) -> None:
    """S1-32, S1-35, X18."""
    response = await call(client, "DELETE", f"/contacts/{client.ids['ada']}")
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert (await refused(client, "GET", f"/contacts/{client.ids['ada']}"))["status"] == 404
    response = await call(client, "DELETE", f"/leads/{client.ids['bob']}", headers={"prefer": "return=minimal"})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["preference-applied"] == "return=minimal"


async def test_many_records_are_written_at_once(client: Client) -> None:
    """Each row has its result; with `onError: skip` what is wrong with one of them does not stop the others."""
    rows = [{"email": "one@new.test"}, {"email": "nobody"}]
    answer = await refused(client, "POST", "/contacts/bulk", json={"contacts": rows})
    assert answer["errors"] == [{"field": "contacts.1.email", "message": "Invalid email format"}]
    made = await data(client, "POST", "/contacts/bulk", json={"contacts": rows, "onError": "skip"})
    assert [each["action"] for each in made["results"]] == ["created", "refused"]
    assert made["results"][1]["userErrors"][0]["code"] == "invalid"
    assert (made["createdCount"], made["refusedCount"]) == (1, 1)
    ids = [made["results"][0]["id"], client.ids["ada"]]
    changed = await data(client, "PATCH", "/contacts/bulk", json={"ids": ids, "input": {"status": "contacted"}})
    assert [each["contact"]["status"] for each in changed["results"]] == ["contacted"] * 2
    gone = await data(client, "POST", "/contacts/bulk/delete?dryRun=true", json={"ids": ids})
    assert gone["deletedCount"] == 2
    gone = await data(client, "POST", "/contacts/bulk/delete", json={"ids": ids[:1]})
    assert gone["deletedCount"] == 1
    assert (await refused(client, "GET", f"/contacts/{ids[0]}"))["status"] == 404
    companies = [{"domain": "initech.test", "name": "Initech", "size": 9}, {"domain": "other.test", "name": "Other"}]
    upserted = await data(client, "POST", "/companies/upsert", json={"companies": companies})
    assert [each["action"] for each in upserted["results"]] == ["updated", "created"]


async def test_what_is_only_tried_changes_nothing(client: Client) -> None:
    """Every route that writes takes `dryRun`, and says that it did; one that reads does not."""
    before = await snapshot(client)
    response = await call(client, "POST", "/leads?dryRun=true", json=LEAD, headers={"idempotency-key": "k"})
    assert (response.status_code, response.json()["data"]["email"]) == (200, LEAD["email"])
    assert response.json()["meta"]["dryRun"] is True
    assert not response.headers.keys() & {"etag", "location"}
    response = await call(client, "DELETE", f"/contacts/{client.ids['ada']}?dryRun=true")
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert (await refused(client, "POST", "/leads?dryRun=true", json={**LEAD, "email": "x"}))["status"] == 422
    assert await snapshot(client) == before
    assert "dryRun" not in (await call(client, "POST", "/tags?dryRun=false", json={"name": "new"})).json()["meta"]
    for query in ("dryRun=yes", "dryRun=true&dryRun=true"):
        answer = await refused(client, "DELETE", f"/contacts/{client.ids['ada']}?{query}")
        assert (answer["status"], answer["errors"][0]["field"]) == (422, "dryRun")
    for method, path in (("GET", "/tags?dryRun=true"), ("POST", "/tags")):
        answer = await refused(client, method, path, json={"name": "x", "dryRun": True})
        assert (answer["status"], answer["errors"][0]["field"]) == (422, "dryRun")


async def test_a_retry_with_the_same_idempotency_key_creates_nothing(client: Client) -> None:
    """HARDENING 32."""
    headers = {"idempotency-key": "once"}
    first = await call(client, "POST", "/leads", json=LEAD, headers=headers)
    again = await call(client, "POST", "/leads", json=LEAD, headers=headers)
    assert (again.status_code, again.json()["data"]) == (201, first.json()["data"])
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await data(client, "GET", f"/leads?email={LEAD['email']}")) == 1
    other = await refused(client, "POST", "/leads", json={**LEAD, "score": 1}, headers=headers)
    assert (other["status"], other["errors"][0]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    # The same operation as GraphQL is another request: what is kept is shown as REST shows it.
    [route] = [each for each in client.app.routes if each.name == "CreateLead"]
    sent = {"query": route.stored.text, "variables": LEAD}
    response = await client.http.post("/graphql", json=sent, headers=client.bearer("all") | headers)
    assert response.json()["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"


# What is refused


async def test_records_of_others_are_as_if_they_were_not(client: Client) -> None:
    """HARDENING 24, X19: the same bytes for an id of another workspace, of nothing, of another type, and a number."""
    for path in ("/contacts/{}", "/leads/{}", "/contacts/{}/messages"):
        told = set()
        for given in (client.ids["eve"], "0" * 16, client.ids["hot"], "1", "%00", "'"):
            answer = await refused(client, "GET", path.format(given))
            assert answer["status"] == 404
            told.add(orjson.dumps({**answer, "meta": None}))
        assert len(told) == 1
    for method in ("PATCH", "DELETE"):
        answer = await refused(client, method, f"/contacts/{client.ids['eve']}", json={})
        assert (answer["status"], answer["errors"]) == (404, [{"code": "NOT_FOUND"}])
    assert await data(client, "GET", f"/leads/{client.ids['eve']}", key="foreign")


async def test_a_missing_scope_is_named_before_anything_else(client: Client) -> None:
    """S2-28, X15: also where the body is wrong; nothing is changed."""
    answer = await refused(client, "POST", "/leads", key="contacts", json={"email": 5})
    assert (answer["status"], answer["errors"][0]["reason"]) == (403, "INSUFFICIENT_SCOPE")
    assert answer["errors"][0]["requiredScopes"] == ["contacts:create"]
    answer = await refused(client, "POST", "/leads", key="capture", json={**LEAD, "companyId": "x"})
    assert answer["errors"] == [{"field": "companyId", "message": "There is no such field here"}]
    answer = await refused(client, "POST", "/contacts", key="capture", json={**LEAD, "companyId": client.ids["doom"]})
    assert answer["errors"][0]["requiredScopes"] == ["companies:read"]
    created = await data(client, "POST", "/leads", key="capture", json=LEAD)
    assert (await refused(client, "GET", f"/leads/{created['id']}", key="capture"))["status"] == 403


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"null", {}, 400),
        (b"1", {}, 400),
        (b"[]", {}, 400),
        (b"{", {}, 400),
        (b'{"email": NaN}', {}, 400),
        ('{"email": "x"}'.encode("utf-16"), {}, 400),
        (b'{"email": "\xff"}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"email": "' + b"a" * 2_000_000 + b'"}', {}, 413),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {"content-type": "multipart/form-data; boundary=x"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
        (b"", {}, 422),
        (b"", {"content-type": "application/x-www-form-urlencoded"}, 422),
        (b"{}", {}, 422),
        (b'{"email": "a\\u0000@b.com", "firstName": "a", "lastName": "b"}', {}, 422),
        (b'{"email": "a@b.com", "firstName": "\\ud800", "lastName": "b"}', {}, 400),
        (b'{"email": "a@b.com", "firstName": {"a": 1}, "lastName": ["b"]}', {}, 422),
    ],
)
async def test_a_hostile_body_has_its_code(
    client: Client, content: bytes, headers: dict[str, str], status: int
) -> None:
    """HARDENING 12, 13, 25."""
    headers = {"content-type": "application/json"} | headers
    assert (await refused(client, "POST", "/leads", content=content, headers=headers))["status"] == status


@pytest.mark.parametrize(
    "sent",
    [
        {"contacts": [{"email": 5}] * 70_000},
        {f"k{number}": 1 for number in range(50_000)},
        {"contacts": [{f"k{number}": 1 for number in range(50_000)}]},
        {"k" * 900_000: 1},
        {"contacts": [{"email": "nobody"}] * 1_000},
    ],
)
async def test_a_refusal_is_short_however_much_is_wrong(sqlite_client: Client, sent: dict[str, Any]) -> None:
    response = await call(sqlite_client, "POST", "/contacts/bulk", json=sent)
    assert response.status_code == 422
    assert 1 <= len(response.json()["errors"]) <= 100
    assert len(response.content) < 32_000


async def test_a_refusal_names_no_more_than_the_beginning_of_a_path(sqlite_client: Client) -> None:
    for method, path, status in (("GET", f"/{'x' * 9_000}", 404), ("POST", f"/contacts/{'x' * 9_000}", 405)):
        answer = await refused(sqlite_client, method, path, json={})
        assert answer["status"] == status
        assert len(answer["message"]) < 300


async def test_methods_and_media_types(sqlite_client: Client) -> None:
    """404, 405 with Allow, 406, OPTIONS and HEAD; the same shape at both mounts."""
    client = sqlite_client
    for path in ("", "/", "/nothing", "/contacts/", "//contacts", "/contacts/x/y/z"):
        assert (await refused(client, "GET", path))["errors"] == [{"code": "NOT_FOUND"}]
    response = await call(client, "DELETE", "/contacts")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    response = await call(client, "OPTIONS", f"/contacts/{client.ids['ada']}", key=None)
    assert (response.status_code, response.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
    response = await call(client, "HEAD", "/contacts?limit=1")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 100
    assert (await refused(client, "GET", "/ping", headers={"accept": "text/html"}))["status"] == 406
    assert await data(client, "GET", "/ping", headers={"accept": "text/html, */*;q=0.1"}) == "pong"


async def test_problems_are_told_as_rfc_9457_has_them(client: Client) -> None:
    headers = {"accept": "application/json, application/problem+json"}
    response = await call(client, "POST", "/leads", json={**LEAD, "email": "x"}, headers=headers)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "Validation failed",
        "code": "BAD_USER_INPUT",
        "requestId": response.headers["x-request-id"],
        "errors": [{"field": "email", "message": "Invalid email format", "code": "invalid"}],
    }


async def test_every_answer_tells_the_limits(sqlite_world: World) -> None:
    """S4-45…47, S4-53: 429 has the same shape, and says when to try again."""
    async with serving(sqlite_world, rate_limits="memory", ip_rate="2/60/2") as client:
        for _ in range(2):
            assert "x-ratelimit-remaining" in (await call(client, "GET", "/ping")).headers
        response = await call(client, "GET", "/ping")
        assert (response.status_code, response.json()["errors"][0]["code"]) == (429, "RATE_LIMITED")
        assert int(response.headers["retry-after"]) > 0


async def test_pages_of_named_origins_may_call(sqlite_world: World) -> None:
    async with serving(sqlite_world, cors_origins="https://app.test, https://b.test") as client:
        asking = {"origin": "https://app.test", "access-control-request-method": "PATCH"}
        response = await call(client, "OPTIONS", f"/leads/{client.ids['ada']}", key=None, headers=asking)
        assert response.headers["access-control-allow-origin"] == "https://app.test"
        assert "PATCH" in response.headers["access-control-allow-methods"]
        assert "x-api-key" in response.headers["access-control-allow-headers"]
        response = await call(client, "GET", "/nothing", headers={"origin": "https://b.test"})
        assert response.headers["access-control-allow-origin"] == "https://b.test"
        response = await call(client, "GET", "/ping", headers={"origin": "https://evil.test"})
        assert "access-control-allow-origin" not in response.headers


async def test_a_server_held_to_registered_documents_serves_its_routes(sqlite_world: World, tmp_path: Path) -> None:
    documents = tmp_path / "documents.json"
    documents.write_text("{}")
    async with serving(sqlite_world, documents=str(documents), only_registered_documents=True) as client:
        assert await data(client, "GET", "/ping") == "pong"
        assert (await client.send("{ ping }")).status_code == 403


async def test_a_server_that_hides_its_schema_names_scopes_all_the_same(sqlite_world: World) -> None:
    """S2-28: which routes there are is no secret."""
    async with serving(sqlite_world, hide_schema=True) as client:
        assert await data(client, "GET", f"/leads/{client.ids['ada']}", key="contacts")
        answer = await refused(client, "GET", "/tags", key="contacts")
        assert (answer["status"], answer["errors"][0]["requiredScopes"]) == (403, ["tags:read"])


# Routes of the operator


OWN = """
query Hot($score: Int! = 50, $limit: Int! = 10) @rest(method: "GET", path: "/hot") {
  contacts(first: $limit, filter: {score: {gte: $score}}) { nodes { ...Lead } pageInfo { ...Page } }
}
"""


async def test_an_operator_adds_routes_of_his_own(sqlite_world: World, tmp_path: Path) -> None:
    (tmp_path / "hot.graphql").write_text(OWN)
    async with serving(sqlite_world, routes=tmp_path) as client:
        answer = (await call(client, "GET", "/hot")).json()
        assert [each["id"] for each in answer["data"]] == [client.ids["ada"]]
        assert answer["meta"]["pagination"]["limit"] == 10
        assert (await refused(client, "GET", "/hot", key="tags"))["errors"][0]["requiredScopes"] == ["contacts:read"]


OLD = """
"Shows a person."
query GetPerson($id: ID!)
  @rest(method: "GET", path: "/contact/{id}", deprecated: "2026-01-01", sunset: "2030-12-31", successor: "/leads/{id}")
  @rest(method: "GET", path: "/people/{id}")
{
  contact(id: $id) { ...Lead }
}
"""


async def test_a_deprecated_route_tells_so(sqlite_world: World, tmp_path: Path) -> None:
    """S4-54: in what it answers (RFC 9745, RFC 8594), whatever that is, and in the document."""
    (tmp_path / "old.graphql").write_text(OLD)
    async with serving(sqlite_world, routes=tmp_path) as client:
        id_ = client.ids["ada"]
        for method, key, status in (("GET", "all", 200), ("HEAD", "all", 200), ("GET", "tags", 403)):
            response = await call(client, method, f"/contact/{id_}", key=key)
            assert response.status_code == status
            assert response.headers["deprecation"] == "@1767225600"
            assert response.headers["sunset"] == "Tue, 31 Dec 2030 00:00:00 GMT"
            assert response.headers["link"] == (
                f'</v1/leads/{id_}>; rel="successor-version", </docs>; rel="deprecation"; type="text/html"'
            )
        odd = (await call(client, "GET", "/contact/%0d%0aX:%20y")).headers["link"]
        assert odd.startswith("</v1/leads/%0D%0AX%3A%20y>")
        response = await call(client, "GET", f"/people/{id_}")
        assert not response.headers.keys() & {"deprecation", "sunset", "link"}
        paths = client.app.openapi.document()["paths"]
        assert paths["/contact/{id}"]["get"]["deprecated"] is True
        assert paths["/contact/{id}"]["get"]["description"] == (
            "Shows a person. Deprecated since 2026-01-01 and goes on 2030-12-31; use `/leads/{id}`."
        )
        assert "Sunset" in paths["/contact/{id}"]["get"]["responses"]["200"]["headers"]
        assert not [each for path in paths.values() for each in path.values() if each.get("deprecated")][1:]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("query {", "bad.graphql"),
        ("query Bad { ping }", "Bad"),
        ('query Bad @rest(method: "GET", path: "/x") { pong }', "bad.graphql"),
        ('query Bad @rest(method: "POST", path: "/x") { ping }', "a query cannot be POST"),
        ('query Bad @rest(method: "GET", path: "/{id}") { ping }', "$id"),
        ('query Bad @rest(method: "GET", path: "x") { ping }', "is no path"),
        ('query Bad @rest(method: "GET", path: "/x", deprecated: "soon") { ping }', "deprecated must be a date"),
        ('query Bad @rest(method: "GET", path: "/x", sunset: "2026-12-31") { ping }', "since when"),
        (
            'query Bad @rest(method: "GET", path: "/x", deprecated: "2026-12-31", sunset: "2026-01-01") { ping }',
            "sunset lies before",
        ),
        ('query Bad @rest(method: "GET", path: "/ping") { ping }', "Bad and Ping both serve GET /ping"),
        ('query Bad @rest(method: "GET", path: "/x") { ping viewer { name } }', "one field at its root"),
        ('query Bad @rest(method: "GET", path: "/x") { contacts { nodes { id } } }', "pageInfo"),
        (
            'mutation Bad @rest(method: "POST", path: "/x") { createTag(input: {name: "x"}) { tag { id } } }',
            "userErrors",
        ),
    ],
)
def test_a_bad_document_stops_the_start(tmp_path: Path, document: str, told: str) -> None:
    (tmp_path / "bad.graphql").write_text(document)
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        create_app(Settings(routes=tmp_path))
