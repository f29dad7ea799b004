"""A customer of Leadterra, whose documents name the header, the form of keys, one route and what is refused.

Wants LEADTERRA_URL (with /v1) and LEADTERRA_API_KEY; LEADTERRA_RESTRICTED_KEY, which may read leads alone; and
LEADTERRA_REVOKED_KEY.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = os.environ["LEADTERRA_URL"]
KEY = os.environ["LEADTERRA_API_KEY"]  # S2-19
RESTRICTED, REVOKED = (os.environ[f"LEADTERRA_{name}_KEY"] for name in ("RESTRICTED", "REVOKED"))


def call(method: str, path: str, authorization: str | None = f"Bearer {KEY}", body: Any = None) -> tuple[int, Any]:
    """The status and the JSON of the answer."""
    headers = {} if authorization is None else {"Authorization": authorization}
    if body is not None:
        headers["Content-Type"] = "application/json"
    sent = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(URL + path, sent, headers, method=method)) as answer:
            assert answer.headers["set-cookie"] is None  # S2-6
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


assert URL.endswith("/v1")  # S2-14
assert KEY.startswith("sk_live_")  # S2-10

# S2-15: the example of the documents; S2-11: of the production workspace.
status, answer = call("GET", "/sender-pools")
assert (status, [pool["name"] for pool in answer["data"]]) == (200, ["Main pool"])

# S2-5, S2-16: one header for every resource and method.
status, answer = call("POST", "/leads", body={"email": "ada@example.com", "firstName": "Ada", "lastName": "King"})
assert status == 201, answer
lead_id = answer["data"]["id"]
lead = f"/leads/{lead_id}"
assert call("PUT", lead, body={"score": 5})[1]["data"]["score"] == 5
assert call("GET", lead)[1]["data"]["email"] == "ada@example.com"
status, answer = call("GET", "/campaigns")
assert (status, answer["data"]) == (200, [])

# S2-17: with the key, lead data are read and mail is sent for the workspace.
message = {"contactId": lead_id, "subject": "Hello", "body": "Hello Ada", "channel": "email"}
status, answer = call("POST", "/messages", body=message)
assert status == 201, answer
tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
status, answer = call("POST", f"/messages/{answer['data']['id']}/schedule", body={"at": tomorrow})
assert (status, answer["data"]["status"]) == (200, "scheduled"), answer
assert call("DELETE", lead)[0] == 200

# What is refused, each with its status.
refused = {
    None: 401,  # S2-24
    KEY: 401,  # S2-25
    f"Basic {KEY}": 401,
    "Bearer sk_live_YOUR_KEY": 401,  # S2-26
    f"Bearer {REVOKED}": 401,  # S2-27
    f"Bearer {RESTRICTED}": 403,  # S2-28
    f"Bearer  {KEY}": 401,  # S2-30
    f"Bearer {KEY[:-1]}": 401,
}
for authorization, expected in refused.items():
    status, answer = call("GET", "/sender-pools", authorization)
    assert (status, answer["success"]) == (expected, False), (expected, answer)
    assert KEY not in json.dumps(answer)  # S2-18
assert call("GET", "/leads", f"Bearer {RESTRICTED}")[0] == 200
