"""What the documentation shows: a request for every operation of the REST API, and one for every error.

`python -m tests.examples` (`scripts/examples`) asks them of the demo and writes requests and answers to
`app/openapi/examples.json`; a test asks them again. They are asked in the order of the OpenAPI document, each after
what those before have changed, so that they can be tried one after the other on one demo.

`@Contact/7` is the id of that record, `@draft` of one that `tests/demo_world.py` names.
"""

import asyncio
import json
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from app.errors import Conflict
from app.openapi.examples import FILE, RECORDED, ahead
from app.openapi.groups import nouns_of
from app.store.migrate import migrate
from tests.demo_world import Built, Demo, build, copied, demonstrated

LEAD = {"email": "jane.doe@example.com", "firstName": "Jane", "lastName": "Doe", "phone": "+1-555-0199"}
ADD = {"contactIds": ["@Contact/7", "@Contact/8"]}

# Path parameters and query stand in the key as they are sent.
REQUESTS: dict[str, Any] = {
    "GET /me": None,
    "GET /ping": None,
    # Contacts
    "GET /contacts?status=new&sort=-score&limit=2&include=total": None,
    "POST /contacts": {
        "email": "ada@example.com",
        "firstName": "Ada",
        "lastName": "Byron",
        "source": "web",
        "companyId": "@Company/2",
        "customFields": {"language": "en"},
    },
    "GET /contacts/{@Contact/7}": None,
    "PUT /contacts/{@Contact/7}": {"status": "contacted", "score": 60},
    "PATCH /contacts/{@Contact/7}": {"assignedTo": "@User/3", "customFields": {"budget": 5000}},
    "DELETE /contacts/{@Contact/40}": None,
    "GET /contacts/search?q=juniper&tags=VIP&tags=Partner&limit=1": None,
    "POST /contacts/{@Contact/40}/restore": None,
    "GET /contacts/{@Contact/7}/messages?direction=outbound&limit=2": None,
    "GET /contacts/{@Contact/12}/tasks?limit=1": None,
    "POST /contacts/bulk": {
        "contacts": [{"email": "grace@example.com", "firstName": "Grace"}, {"email": "linus@example"}],
        "onError": "skip",
    },
    "PATCH /contacts/bulk": {"ids": ["@Contact/13", "@Contact/26"], "input": {"status": "qualified"}},
    "POST /contacts/upsert": {"contacts": [{"email": "maria.gutierrez@orchid-bau.example", "score": 40}]},
    "POST /contacts/bulk/delete": {"ids": ["@Contact/36", "@Contact/38"]},
    # Leads
    "GET /leads?status=qualified&minScore=50&limit=2": None,
    "POST /leads": {**LEAD, "source": "web", "customFields": {"company": "Acme Inc", "role": "VP Sales"}},
    "GET /leads/{@Contact/8}": None,
    "PUT /leads/{@Contact/8}": {"score": 75},
    "PATCH /leads/{@Contact/8}": {"status": "qualified"},
    "DELETE /leads/{@Contact/39}": None,
    "POST /leads/upsert": {"leads": [{"email": "l.thompson@vega-retail.example", "score": 80}, {**LEAD, "score": 10}]},
    # Messages
    "GET /messages?direction=inbound&limit=1": None,
    "POST /messages": {
        "contactId": "@Contact/7",
        "channel": "email",
        "subject": "Welcome",
        "body": "Thanks for your interest.",
        "senderProfileId": "@SenderProfile/1",
    },
    "GET /messages/{@Message/6}": None,
    "PUT /messages/{@draft}": {"subject": "Your trial ends soon"},
    "PATCH /messages/{@draft}": {"body": "Shall we talk?"},
    "DELETE /messages/{@discarded}": None,
    "POST /messages/{@draft}/schedule": {"at": "2026-12-01T09:00:00Z"},
    "POST /messages/{@draft}/cancel": None,
    # Projects, lists, tags
    "GET /projects?limit=2": None,
    "POST /projects": {"name": "Autumn fair", "description": "Leads of the fair in October."},
    "GET /projects/{@Project/1}": None,
    "PUT /projects/{@Project/1}": {"description": "Everything about the launch."},
    "PATCH /projects/{@Project/1}": {"name": "Spring launch 2027"},
    "DELETE /projects/{@Project/3}": None,
    "POST /projects/{@Project/2}/archive": None,
    "POST /projects/{@Project/2}/unarchive": None,
    "GET /lists?limit=2": None,
    "POST /lists": {"name": "Hot leads", "kind": "dynamic", "filter": {"score": {"gte": 80}}},
    "GET /lists/{@ContactList/1}": None,
    "PUT /lists/{@ContactList/1}": {"description": "Everybody who left a card."},
    "PATCH /lists/{@ContactList/1}": {"projectId": "@Project/1"},
    "DELETE /lists/{@ContactList/4}": None,
    "GET /lists/{@ContactList/1}/contacts?limit=1": None,
    "POST /lists/{@ContactList/2}/add": ADD,
    "POST /lists/{@ContactList/2}/remove": ADD,
    "GET /tags?limit=2": None,
    "POST /tags": {"name": "Speaker", "color": "#2f80ed"},
    "GET /tags/{@Tag/1}": None,
    "PUT /tags/{@Tag/1}": {"color": "#ff8800"},
    "PATCH /tags/{@Tag/2}": {"name": "Subscriber"},
    "DELETE /tags/{@Tag/12}": None,
    "POST /tags/add": ADD | {"tagIds": ["@Tag/1", "@Tag/3"]},
    "POST /tags/remove": ADD | {"tagIds": ["@Tag/3"]},
    # Pipelines, stages, tasks
    "GET /pipelines": None,
    "POST /pipelines": {
        "name": "Renewals",
        "stages": [{"name": "Due"}, {"name": "Offered", "probability": 60}, {"name": "Renewed", "kind": "won"}],
    },
    "GET /pipelines/{@Pipeline/1}": None,
    "PUT /pipelines/{@Pipeline/1}": {"name": "New business"},
    "PATCH /pipelines/{@Pipeline/2}": {"name": "Partners"},
    "DELETE /pipelines/{@Pipeline/3}": None,
    "GET /pipelines/{@Pipeline/1}/stages?limit=2": None,
    "GET /stages?kind=won": None,
    "POST /stages": {"pipelineId": "@Pipeline/1", "name": "Trial", "probability": 40},
    "GET /stages/{@Stage/3}": None,
    "PUT /stages/{@Stage/3}": {"probability": 35},
    "PATCH /stages/{@Stage/3}": {"name": "Product demo"},
    "DELETE /stages/{@Stage/5}": None,
    "POST /stages/{@Stage/4}/move": ADD,
    "GET /tasks?status=open&sort=dueAt&limit=2": None,
    "POST /tasks": {
        "title": "Call back",
        "contactId": "@Contact/7",
        "assigneeId": "@User/3",
        "dueAt": "2026-12-01T09:00:00Z",
        "priority": "high",
    },
    "GET /tasks/{@Task/3}": None,
    "PUT /tasks/{@Task/3}": {"notes": "Prefers the afternoon."},
    "PATCH /tasks/{@Task/3}": {"dueAt": "2026-12-02T14:00:00+01:00"},
    "DELETE /tasks/{@Task/1}": None,
    "POST /tasks/{@Task/3}/complete": None,
    "POST /tasks/{@Task/3}/reopen": None,
    # Automations
    "GET /automations?status=active": None,
    "POST /automations": {"name": "Birthday", "trigger": "manual", "projectId": "@Project/1"},
    "GET /automations/{@Automation/1}": None,
    "PUT /automations/{@Automation/3}": {"name": "Win back 2027"},
    "PATCH /automations/{@Automation/3}": {"projectId": "@Project/2"},
    "DELETE /automations/{@Automation/4}": None,
    "GET /automations/{@Automation/3}/enrollments?limit=2": None,
    "POST /automations/{@Automation/1}/enroll": ADD,
    "POST /automations/{@Automation/1}/unenroll": ADD | {"reason": "Bought already."},
    "PUT /automations/{@Automation/1}/status": {"status": "paused"},
    "POST /automations/{@Webinar}/activate": None,
    "GET /campaigns?limit=1": None,
    "POST /campaigns": {"name": "Webinar invitation", "trigger": "tag_added"},
    "GET /campaigns/{@Automation/2}": None,
    "PUT /campaigns/{@Automation/2}": {"name": "Trial, day 3"},
    "PATCH /campaigns/{@Automation/2}": {"senderPoolId": "@SenderPool/2"},
    "DELETE /campaigns/{@Trade fair}": None,
    "GET /campaigns/{@Automation/2}/enrollments?status=completed": None,
    "POST /campaigns/{@Automation/2}/enroll": ADD,
    "POST /campaigns/{@Automation/2}/unenroll": {"contactIds": ["@Contact/7"]},
    "PUT /campaigns/{@Automation/1}/status": {"status": "active"},
    "POST /campaigns/{@Reminder}/activate": None,
    # Companies, analytics
    "GET /companies?limit=2": None,
    "POST /companies": {"name": "Initech", "domain": "initech.example", "industry": "software", "size": 250},
    "GET /companies/{@Company/2}": None,
    "PUT /companies/{@Company/2}": {"website": "https://juniper-media.example"},
    "PATCH /companies/{@Company/2}": {"customFields": {"account_tier": "Gold"}},
    "DELETE /companies/{@Company/1}": None,
    "POST /companies/{@Company/1}/restore": None,
    "GET /companies/{@Company/2}/contacts?limit=1": None,
    "POST /companies/bulk": {"companies": [{"name": "Umbrella"}, {"name": "Globex", "domain": "globex.example"}]},
    "PATCH /companies/bulk": {"ids": ["@Company/4", "@Company/5"], "input": {"industry": "finance"}},
    "POST /companies/upsert": {"companies": [{"name": "Vega Retail", "domain": "vega-retail.example"}]},
    "POST /companies/bulk/delete": {"ids": ["@Company/3"]},
    "GET /analytics/contacts?groupBy=status": None,
    "GET /analytics/messages?groupBy=channel&groups=2": None,
    "GET /analytics/pipelines?groupBy=toStage&groups=2": None,
    "GET /analytics/automations?groupBy=automation&groups=2": None,
    # Settings
    "GET /sender-profiles?channel=email&limit=1": None,
    "POST /sender-profiles": {"name": "Sales", "channel": "email", "address": "sales@mail.acme.example"},
    "GET /sender-profiles/{@SenderProfile/1}": None,
    "PUT /sender-profiles/{@SenderProfile/1}": {"dailyLimit": 500},
    "PATCH /sender-profiles/{@SenderProfile/1}": {"name": "Ada (e-mail)"},
    "DELETE /sender-profiles/{@SenderProfile/6}": None,
    "GET /sender-pools": None,
    "POST /sender-pools": {"name": "Newsletter", "strategy": "least_used"},
    "GET /sender-pools/{@SenderPool/1}": None,
    "PUT /sender-pools/{@SenderPool/1}": {"strategy": "least_used"},
    "PATCH /sender-pools/{@SenderPool/1}": {"name": "Outbound"},
    "DELETE /sender-pools/{@SenderPool/2}": None,
    "GET /webhooks?limit=1": None,
    "POST /webhooks": {"url": "https://example.com/hooks/leads", "events": ["contact.created", "contact.updated"]},
    "GET /webhooks/{@Webhook/1}": None,
    "PUT /webhooks/{@Webhook/1}": {"events": ["contact.created"]},
    "PATCH /webhooks/{@Webhook/1}": {"url": "https://example.com/hooks/contacts"},
    "DELETE /webhooks/{@Webhook/3}": None,
    "POST /webhooks/{@Webhook/1}/pause": None,
    "POST /webhooks/{@Webhook/1}/resume": None,
    "GET /api-keys?state=active&limit=1": None,
    "POST /api-keys": {
        "name": "CI pipeline",
        "scopes": ["contacts:read", "tags:read"],
        "expiresAt": "2027-11-21T00:00:00Z",
    },
    "GET /api-keys/{@key rotated}": None,
    "PUT /api-keys/{@key rotated}": {"name": "Zapier, marketing"},
    "PATCH /api-keys/{@key rotated}": {"scopes": ["contacts:read"]},
    "DELETE /api-keys/{@key deleted}": None,
    "POST /api-keys/{@key rotated}/rotate": {"overlap": 3600},
    "POST /api-keys/{@key revoked}/revoke": None,
    "POST /api-keys/{@key revoked}/reactivate": None,
    "GET /audit-log?type=contact.created&limit=1": None,
}

# Status, request, and what it is sent with; `of` is the operation whose fields the answer names.
ERRORS: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (400, "GET /ping?q=%FF", {}),
    (401, "GET /ping", {"headers": {"authorization": "Bearer lgk_live_MISTYPED"}}),
    (403, "GET /me", {"key": "contacts", "headers": {"x-on-behalf-of": "0000000000000000"}}),
    (404, "GET /contacts/{0000000000000000}", {}),
    (406, "GET /ping", {"headers": {"accept": "text/html"}}),
    (409, "DELETE /tags/{@Tag/1}", {"failing": Conflict()}),
    (
        412,
        "PATCH /contacts/{@Contact/7}",
        {"of": "PATCH /contacts/{id}", "json": {"score": 1}, "headers": {"if-match": '"3"'}},
    ),
    (413, "POST /contacts", {"json": {"firstName": "A" * 2_000_000}}),
    (
        415,
        "POST /contacts",
        {"content": "firstName=Ada", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    ),
    (
        422,
        "POST /leads",
        {"of": "POST /leads", "json": {"email": "jane.doe@example.com", "status": "old", "colour": "red"}},
    ),
    (422, "GET /ping?colour=red", {}),
    (429, "GET /ping", {"settings": {"ip_rate": "1/60/1"}}),
    (500, "GET /ping", {"failing": ZeroDivisionError()}),
    (503, "GET /ping", {"away": True}),
)

_TIME = re.compile(r'(?<=")(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{3})?(Z|\+\d\d:\d\d)')
_KEY = re.compile(r"lgk_live_\w+")
_HOOK = re.compile(r"whsec_[\w+/=-]+")
_OWN = re.compile(r'(?<=")(\d{4}-\d\d-\d\dT[^"]+|[0-9a-f]{16}|[\w-]{30,})(?=")')  # times, ids, cursors
_REQUEST_ID = re.compile(r'(?<="requestId": ")\w+')


async def play(demo: Demo) -> dict[str, Any]:
    """Every request and its answer, by operation, in the order of the document."""
    asked = {_shape(line): (line, body) for line, body in REQUESTS.items()}
    played: dict[str, Any] = {}
    for noun in nouns_of(demo.app.routes):
        for path, methods in noun.paths.items():
            for method, routes in methods.items():
                operation = f"{method} {path}"
                line, body = asked[re.sub(r"{[^}]+}", "{}", operation)]
                request = _request(demo, line, body)
                values = [_named(demo, value) for value in re.findall(r"{([^}]+)}", line)]
                played[operation] = _told(request) | {"parameters": dict(zip(routes[0].segments, values, strict=True))}
                if routes[0].status == 201:
                    tried = await _send(demo, request | {"query": "dryRun=true"})
                    played[operation]["tried"] = _answer(tried)["answer"]
                response = await _send(demo, request)
                assert response.is_success, (line, response.text)
                played[operation] |= _answer(response)
    return played


async def play_errors(built: Built, folder: Path) -> list[dict[str, Any]]:
    """A request for every error, and both forms of its answer."""
    return [await _play_error(copied(built, folder / f"{n}.db"), *each) for n, each in enumerate(ERRORS)]


async def _play_error(built: Built, status: int, line: str, more: Mapping[str, Any]) -> dict[str, Any]:
    async with demonstrated(built, rate_limits="memory", **more.get("settings", {})) as demo:
        request = _request(demo, line, more.get("json"))
        headers = demo.bearer(more.get("key", "all")) | more.get("headers", {})
        content = {name: more[name] for name in ("content",) if name in more}
        if "settings" in more:  # the request before the one that is too much
            await _send(demo, request)
        if "failing" in more:
            demo.app.executor = Failing(more["failing"])  # type: ignore[assignment]
        if "away" in more:
            demo.app.executor = None
        response = await _send(demo, request, headers, **content)
        assert response.status_code == status, response.text
        told = {"of": more.get("of"), **_told(request), "headers": more.get("headers", {})} | _answer(response)
        if status != 406:
            problem = await _send(demo, request, headers | {"accept": "application/problem+json"}, **content)
            told["problem"] = fixed(problem.json())
        if status == 413:
            del told["body"]
        return told


class Failing:
    """An executor in which something goes wrong."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def execute(self, *_: Any) -> Any:
        raise self._error


def _shape(line: str) -> str:
    return re.sub(r"{[^}]+}", "{}", line.partition("?")[0])


def _request(demo: Demo, line: str, body: Any) -> dict[str, Any]:
    method, _, target = line.partition(" ")
    path, _, query = target.partition("?")
    values = [_named(demo, value) for value in re.findall(r"{([^}]+)}", path)]
    for value in values:
        path = re.sub(r"{[^}]+}", value, path, count=1)
    request: dict[str, Any] = {"method": method, "path": path, "query": query}
    return request if body is None else request | {"body": json.loads(ahead(json.dumps(_resolved(demo, body))))}


def _resolved(demo: Demo, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _resolved(demo, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(demo, inner) for inner in value]
    return _named(demo, value)


def _named(demo: Demo, value: Any) -> Any:
    return demo.id(value[1:]) if isinstance(value, str) and value.startswith("@") else value


async def _send(
    demo: Demo, request: Mapping[str, Any], headers: Mapping[str, str] | None = None, **content: Any
) -> httpx2.Response:
    target = f"/v1{request['path']}" + (f"?{request['query']}" if request["query"] else "")
    if "body" in request:
        content["json"] = request["body"]
    return await demo.http.request(request["method"], target, headers=headers or demo.bearer("all"), **content)


def _told(request: dict[str, Any]) -> dict[str, Any]:
    return request | ({"body": fixed(request["body"])} if "body" in request else {})


def _answer(response: httpx2.Response) -> dict[str, Any]:
    return {"status": response.status_code, "answer": fixed(response.json())}


def fixed(answer: Any) -> Any:
    """An answer with the time of the demo instead of that of the recording, and nothing that is secret."""
    text = json.dumps(answer, ensure_ascii=False)
    text = _TIME.sub(_as_recorded, text)
    text = _KEY.sub(lambda match: ("lgk_live_EXAMPLE" + "0" * 30)[: len(match[0])], text)
    text = _HOOK.sub("whsec_EXAMPLE" + "0" * 31, text)
    text = _REQUEST_ID.sub("5e0c1b7f2a964d83", text)
    return json.loads(text)


def _as_recorded(match: re.Match[str]) -> str:
    """A time as it was on the day of the recording, the only one on which something happened."""
    today, day = datetime.now(UTC).date(), date.fromisoformat(match[1])
    if day > today:
        return f"{day - (today - RECORDED)}{match[0][10:]}"
    return f"{RECORDED}T09:30:00.000Z" if day > RECORDED - timedelta(days=1) else match[0]


def masked(value: Any) -> Any:
    """An answer without what is another one each time, or follows from what was made before."""
    return json.loads(_OWN.sub("…", json.dumps(value)))


async def record(folder: Path) -> None:
    """Writes the file."""
    path = folder / "built.db"
    await asyncio.to_thread(migrate, f"sqlite+aiosqlite:///{path}")
    built = await build(path)
    async with demonstrated(copied(built, folder / "played.db"), rate_limits="off") as demo:
        operations = await play(demo)
    errors = await play_errors(built, folder)
    FILE.write_text(json.dumps({"operations": operations, "errors": errors}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(record(Path(made)))
