"""Every example of the five documents that has a request or an answer, replayed as it stands there.

Requests go to the documented address with the documented headers and bytes: the key of the documents is one here, as
any text may be that is looked up by its hash (X2). Of answers three things are made alike before all the rest is
compared to the letter, order included: ids, for each installation makes its own; times; and white space, for the
documents are indented to be read, and we send none of it. Sprootal and Spreeflo show neither requests nor answers.
"""

import json
import re
import shlex
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from app.access.keys import hash_key, prefix
from tests.serving import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = re.compile(r'(?<="id": ")[0-9a-z]{16,17}(?=")')

# Leadron

LEADRON_KEY = "ldr_live_sk_a1b2c3d4e5f6g7h8i9j0"
HOST = "https://api.leadron.io"

LIST = """\
GET /v1/leads
X-API-Key: ldr_live_sk_a1b2c3d4e5f6g7h8i9j0
Content-Type: application/json"""

ON_BEHALF = """\
POST /v1/leads
X-API-Key: ldr_live_sk_a1b2c3d4e5f6g7h8i9j0
X-On-Behalf-Of: 2fGh8kLmNpQrStUv
Content-Type: application/json"""

SHOW = "GET /v1/leads/2fGh8kLmNpQrStUv"

ASSIGN = """\
{
  "assignedTo": "3xYz9aBcDeFgHiJk"
}"""

SHOWN = """\
{
  "success": true,
  "status": 200,
  "message": "Success",
  "data": {
    "id": "6789abcd...",
    "email": "jane@acme.com",
    "firstName": "Jane",
    "lastName": "Doe"
  },
  "meta": {
    "timestamp": "2026-02-08T12:00:00.000Z",
    "version": "v1"
  }
}"""

CREATE = """\
POST https://api.leadron.io/v1/leads
X-API-Key: ldr_live_sk_a1b2c3d4e5f6g7h8i9j0
Content-Type: application/json"""

LEAD = """\
{
  "email": "jane.doe@example.com",
  "firstName": "Jane",
  "lastName": "Doe",
  "phone": "+1-555-0199",
  "source": "web",
  "customFields": {
    "company": "Acme Inc",
    "role": "VP Sales"
  }
}"""

CREATED = """\
{
  "success": true,
  "status": 201,
  "message": "Resource created successfully",
  "data": {
    "id": "6789abcdef012345",
    "tenantId": "acme-corp",
    "email": "jane.doe@example.com",
    "firstName": "Jane",
    "lastName": "Doe",
    "phone": "+1-555-0199",
    "source": "web",
    "status": "new",
    "score": 0,
    "assignedTo": null,
    "customFields": {
      "company": "Acme Inc",
      "role": "VP Sales"
    },
    "createdAt": "2026-02-08T14:30:00.000Z",
    "updatedAt": "2026-02-08T14:30:00.000Z"
  },
  "meta": {
    "timestamp": "2026-02-08T14:30:00.000Z",
    "version": "v1"
  }
}"""

REFUSED = """\
{
  "success": false,
  "status": 422,
  "message": "Validation failed",
  "errors": [
    {
      "field": "email",
      "message": "Invalid email format"
    }
  ],
  "meta": {
    "timestamp": "2026-02-08T14:30:00.000Z",
    "version": "v1"
  }
}"""

CURL = r"""
curl -X POST https://api.leadron.io/v1/leads \
  -H "X-API-Key: ldr_live_sk_a1b2c3d4e5f6g7h8i9j0" \
  -H "Content-Type: application/json" \
  -d '{"email":"jane@acme.com","firstName":"Jane","lastName":"Doe"}'
"""

# Leadterra, and the product with compact keys

LEADTERRA = r"""
curl https://app.leadterra.co/v1/sender-pools \
  -H "Authorization: Bearer sk_live_YOUR_KEY"
"""
COMPACT = "Authorization: Bearer sk_xxxxxxxx_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def acme(standing: Client) -> AsyncIterator[Client]:
    """The workspace of the examples, with their keys."""
    await standing.change_workspace("acme", slug="acme-corp", dialect="leadron")
    for key in (LEADRON_KEY, COMPACT.rpartition(" ")[2]):
        await standing.add_key(key)
        await standing.change_key(key, key_hash=hash_key(key), prefix=prefix(key))
    yield standing


async def send(client: Client, head: str, body: str | None = None) -> httpx2.Response:
    """The response to a request as a document writes it: a line with method and address, then headers."""
    line, *headers = head.splitlines()
    method, address = line.split()
    given = dict(header.split(": ") for header in headers)
    return await client.http.request(
        method, address if "//" in address else HOST + address, headers=given, content=body and body.encode()
    )


async def curl(client: Client, command: str) -> httpx2.Response:
    """The response to what a documented command of curl sends."""
    words = iter(shlex.split(command.replace("\\\n", ""))[1:])
    method, address, headers, body = "GET", "", [], None
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            headers.append(next(words))
        elif word == "-d":
            body = next(words)
        else:
            address = word
    return await send(client, "\n".join([f"{method} {address}", *headers]), body)


def written(answer: httpx2.Response) -> str:
    """The text of an answer with the documents' white space."""
    return json.dumps(answer.json(), indent=2, ensure_ascii=False)


def masked(text: str) -> str:
    """A text without what differs each time. Its times are one (S4-42)."""
    assert len(set(TIME.findall(text))) == 1
    return TIME.sub("TIME", ID.sub("ID", text))


async def test_a_lead_is_created_as_in_the_document(acme: Client) -> None:
    """S4-4, S4-5, S4-20…25, S4-29…42."""
    answer = await send(acme, CREATE, LEAD)
    assert (answer.status_code, masked(written(answer))) == (201, masked(CREATED))
    compact = json.dumps(answer.json(), separators=(",", ":"), ensure_ascii=False)
    assert answer.text == compact  # there is nothing in the bytes that was not compared


async def test_a_bad_address_is_refused_as_in_the_document(acme: Client) -> None:
    """S4-26, S4-43."""
    answer = await send(acme, CREATE, LEAD.replace("jane.doe@example.com", "jane.doe"))
    assert (answer.status_code, masked(written(answer))) == (422, masked(REFUSED))


async def test_the_command_of_the_document_creates_what_its_answer_shows(acme: Client) -> None:
    """S4-23, S4-24, S4-28: the document leaves out most of this lead."""
    created = await curl(acme, CURL)
    assert created.status_code == 201
    lead = created.json()["data"]
    answer = await send(acme, SHOW.replace("2fGh8kLmNpQrStUv", lead["id"]) + "\n" + LIST.partition("\n")[2])
    told = answer.json()
    told["data"] = {name: told["data"][name] for name in json.loads(SHOWN)["data"]}
    assert answer.status_code == 200
    assert json.dumps(told, indent=2).replace(lead["id"], "6789abcd...") == TIME.sub(told["meta"]["timestamp"], SHOWN)


async def test_leads_are_listed_as_in_the_document(acme: Client) -> None:
    """S4-14, S4-28: with a media type on a request that has no body, in production and development."""
    answer = await send(acme, LIST)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    local = await send(acme, LIST.replace("/v1", "http://localhost:8000/v1", 1))
    assert local.json()["data"] == answer.json()["data"]


async def test_a_lead_is_created_for_another_user_as_in_the_document(acme: Client) -> None:
    """S4-16, S4-20: encoded ids in a header and in a body."""
    answer = await send(acme, ON_BEHALF.replace("2fGh8kLmNpQrStUv", acme.ids["linus"]), LEAD)
    assert (answer.status_code, masked(written(answer))) == (201, masked(CREATED))
    head = LIST.replace("GET /v1/leads", f"PUT /v1/leads/{answer.json()['data']['id']}")
    changed = await send(acme, head, ASSIGN.replace("3xYz9aBcDeFgHiJk", acme.ids["linus"]))
    assert (changed.status_code, changed.json()["data"]["assignedTo"]) == (200, acme.ids["linus"])


async def test_sender_pools_are_listed_as_leadterra_documents_it(acme: Client) -> None:
    """S2-14, S2-15; the document's key is too short to be one, as it should be."""
    assert (await curl(acme, LEADTERRA)).status_code == 401
    answer = await curl(acme, LEADTERRA.replace("sk_live_YOUR_KEY", acme.keys["all"]))
    assert (answer.status_code, answer.json()["data"]) == (200, [])


async def test_a_compact_key_is_sent_as_its_document_has_it(acme: Client) -> None:
    """S3-13."""
    answer = await send(acme, f"GET /v1/leads\n{COMPACT}")
    assert answer.status_code == 200
