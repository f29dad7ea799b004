"""A customer of Leadron, whose documents name the header, the form of keys, the envelope and the leads API.

Wants LEADRON_URL (with /v1), LEADRON_API_KEY and LEADRON_SANDBOX_KEY; LEADRON_USER, the id of a member of the tenant,
and LEADRON_STRANGER, that of a member of another.
"""

import json
import os
import re
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

URL, KEY, SANDBOX_KEY = (os.environ[f"LEADRON_{name}"] for name in ("URL", "API_KEY", "SANDBOX_KEY"))
USER, STRANGER = (os.environ[f"LEADRON_{name}"] for name in ("USER", "STRANGER"))
MESSAGES = {200: "Success", 201: "Resource created successfully"}  # S4-24


def call(method: str, path: str, body: Any = None, key: str = KEY, **more: str) -> dict[str, Any]:
    """The envelope of an answer, which is checked; `more` are headers."""
    headers = {"X-API-Key": key, "Content-Type": "application/json"} | more  # S4-5, S4-14
    sent = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(URL + path, sent, headers, method=method)) as answer:
            return enveloped(answer.status, answer.headers, json.load(answer))
    except HTTPError as error:
        return enveloped(error.code, error.headers, json.load(error))


def enveloped(status: int, headers: Message, answer: dict[str, Any]) -> dict[str, Any]:
    """S4-2, S4-22…26, S4-53: one envelope for all endpoints, and the limits with every answer."""
    assert headers["content-type"] == "application/json"
    assert answer["status"] == status
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer["meta"]["timestamp"])
    assert answer["meta"]["version"] == "v1"
    for name in ("Limit", "Remaining", "Reset"):
        assert int(headers[f"X-RateLimit-{name}"]) >= 0
    if status < 400:
        assert answer["success"] is True
        assert answer["message"] == MESSAGES[status]
        assert list(answer) == ["success", "status", "message", "data", "meta"]
    else:
        assert answer["success"] is False
        assert "data" not in answer
        assert set(answer) <= {"success", "status", "message", "errors", "meta"}
    return answer


def refused(status: int, *arguments: Any, **more: Any) -> dict[str, Any]:
    """The envelope of a request that must be refused with this status."""
    answer = call(*arguments, **more)
    assert answer["status"] == status, answer
    return answer


assert URL.endswith("/v1")  # S4-4
assert re.fullmatch(r"ldr_live_sk_[0-9a-z]+", KEY)  # S4-9, S4-10
assert re.fullmatch(r"ldr_sandbox_sk_[0-9a-z]+", SANDBOX_KEY)  # S4-11

# S4-29…37, S4-39…42: everything that a lead can be created with.
sent = {
    "email": "jane@acme.com",
    "firstName": "Jane",
    "lastName": "Doe",
    "phone": "+1-555-0199",
    "source": "referral",
    "status": "contacted",
    "score": 42,
    "customFields": {"company": "Acme Inc", "tier": 3, "beta": True},
}
created = call("POST", "/leads", sent)
assert created["status"] == 201, created
lead = created["data"]
assert list(lead) == [
    *("id", "tenantId", "email", "firstName", "lastName", "phone", "source", "status", "score"),
    *("assignedTo", "customFields", "createdAt", "updatedAt"),
]
assert {name: lead[name] for name in sent} == sent
assert re.fullmatch(r"[0-9A-Za-z]{16,17}", lead["id"])  # S4-19
assert lead["tenantId"] == "acme-corp"
assert lead["assignedTo"] is None
assert lead["createdAt"] == lead["updatedAt"]
assert call("POST", "/leads", sent)["status"] == 201  # S4-38: duplicates are looked for later

# S4-28, S4-20, S4-21: ids are used as they are, in path, query and body.
path = f"/leads/{lead['id']}"
assert call("GET", path)["data"] == lead
assert lead["id"] in [each["id"] for each in call("GET", "/leads")["data"]]
for method in ("PUT", "PATCH"):
    assert call(method, path, {"assignedTo": USER})["data"]["assignedTo"] == USER
assert [each["id"] for each in call("GET", "/leads?" + urlencode({"assignedTo": USER}))["data"]] == [lead["id"]]

# S4-30…36, S4-43: what is wrong is told by field.
answer = refused(422, "POST", "/leads", {"email": "jane", "firstName": "Jane", "lastName": "Doe"})
assert answer["message"] == "Validation failed"
assert answer["errors"] == [{"field": "email", "message": "Invalid email format"}]
for name in ("email", "firstName", "lastName"):
    answer = refused(422, "POST", "/leads", {each: value for each, value in sent.items() if each != name})
    assert [each["field"] for each in answer["errors"]] == [name]
bad = [("source", "tv"), ("status", "won"), ("score", 101), ("score", -1), ("phone", 5), ("customFields", [])]
for name, value in bad:
    answer = refused(422, "POST", "/leads", {**sent, name: value})
    assert [each["field"] for each in answer["errors"]] == [name]

# S4-16, S4-18: on behalf of a user of the tenant, and of nobody else's.
acted = call("POST", "/leads", sent, **{"X-On-Behalf-Of": USER})
assert acted["status"] == 201, acted
refused(403, "POST", "/leads", sent, **{"X-On-Behalf-Of": STRANGER})

# S4-10, S4-11: the sandbox has data of its own.
trial = call("POST", "/leads", sent | {"email": "trial@acme.com"}, key=SANDBOX_KEY)["data"]
refused(404, "GET", f"/leads/{trial['id']}")
refused(404, "GET", path, key=SANDBOX_KEY)

# S4-8, S4-12, S4-13: a key from the API works, and is rotated at once.
made = call("POST", "/api-keys", {"name": "Zapier"})["data"]
assert call("GET", path, key=made["key"])["status"] == 200
rotated = call("POST", f"/api-keys/{made['apiKey']['id']}/rotate")["data"]["key"]
refused(401, "GET", path, key=made["key"])
assert call("GET", path, key=rotated)["status"] == 200

# S4-44: the codes in use.
assert call("DELETE", path)["data"] is None
refused(404, "GET", path)
refused(401, "GET", "/leads", key="ldr_live_sk_a1b2c3d4e5f6g7h8i9j0")
