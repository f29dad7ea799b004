"""A customer of the product with compact keys, whose documents name the header, the form of keys and the four
permissions on leads, and no path.

Wants COMPACT_URL and COMPACT_API_KEY, which has all four permissions; COMPACT_READ_KEY, which reads; COMPACT_BARE_KEY,
for which none was ticked; and COMPACT_REVOKED_KEY.
"""

import json
import os
import re
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = os.environ["COMPACT_URL"]
KEY, READ, BARE, REVOKED = (os.environ[f"COMPACT_{name}_KEY"] for name in ("API", "READ", "BARE", "REVOKED"))


def call(method: str, path: str, body: Any = None, key: str = KEY) -> tuple[int, Any]:
    """The status and the JSON of the answer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}  # S3-13
    sent = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(URL + path, sent, headers, method=method)) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


assert re.fullmatch(r"sk_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}", KEY)  # S3-14
prefix = KEY[:14]  # S3-15

# S3-1, S3-5: leads are created, read, updated and deleted.
status, answer = call("POST", "/leads", {"email": "ada@example.com", "firstName": "Ada", "lastName": "King"})
assert status == 201, answer
lead = f"/leads/{answer['data']['id']}"
assert call("GET", "/leads")[1]["data"] == [answer["data"]]
assert call("PUT", lead, {"lastName": "Lovelace"})[1]["data"]["lastName"] == "Lovelace"

# Each permission is its own.
assert call("GET", lead, key=READ)[0] == 200
for method, path, body in (("PUT", lead, {"score": 1}), ("DELETE", lead, None), ("POST", "/leads", {})):
    status, answer = call(method, path, body, key=READ)
    assert (status, answer["errors"][0]["reason"]) == (403, "INSUFFICIENT_SCOPE")
assert call("GET", "/leads", key=BARE)[0] == 403  # S3-6
assert call("DELETE", lead)[0] == 200
assert call("GET", lead)[0] == 404

# S3-17: the prefix alone is no key.
assert call("GET", "/leads", key=prefix)[0] == 401
# S3-16, S3-21: a revoked key is told by its prefix.
status, answer = call("GET", "/leads", key=REVOKED)
assert (status, answer["errors"][0]["reason"]) == (401, "REVOKED")
assert REVOKED[:14] in answer["message"]
assert REVOKED not in answer["message"]
