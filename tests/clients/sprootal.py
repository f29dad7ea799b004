"""A customer of Sprootal, whose documents name the header, the form of keys and 23 routes.

Wants SPROOTAL_URL (with /api/v1), SPROOTAL_API_KEY (live, all scopes) and SPROOTAL_TEST_KEY.
"""

import json
import os
import re
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

URL, KEY, TEST_KEY = (os.environ[f"SPROOTAL_{name}"] for name in ("URL", "API_KEY", "TEST_KEY"))


def call(method: str, path: str, body: Any = None, key: str = KEY) -> tuple[int, Any]:
    """The status and the JSON of the answer."""
    headers = {"Authorization": f"Bearer {key}"}  # S1-5
    if body is not None:
        headers["Content-Type"] = "application/json"
    sent = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(URL + path, sent, headers, method=method)) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def done(method: str, path: str, body: Any = None) -> Any:
    """The data of a request that must succeed."""
    status, answer = call(method, path, body)
    assert status in {200, 201}, (method, path, answer)
    return answer["data"]


assert URL.endswith("/api/v1")  # S1-4
assert re.fullmatch(r"lg_live_\w+", KEY)  # S1-6
assert re.fullmatch(r"lg_test_\w+", TEST_KEY)  # S1-7

# Contacts
ada = done("POST", "/contacts", {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"})  # S1-29
assert ada["id"] in [each["id"] for each in done("GET", "/contacts")]  # S1-27
found = done("GET", "/contacts/search?" + urlencode({"q": "lovelace"}))  # S1-28
assert [each["id"] for each in found] == [ada["id"]]
shown = done("GET", f"/contacts/{ada['id']}")  # S1-30
assert (shown["email"], shown["tags"], shown["stage"]) == ("ada@example.com", [], None)
assert shown["stats"]["sent"] == 0
assert done("PUT", f"/contacts/{ada['id']}", {"lastName": "King"})["firstName"] == "Ada"  # S1-31
assert call("GET", f"/contacts/{ada['id']}", key=TEST_KEY)[1]["data"]["lastName"] == "King"  # S1-55

tagged = done("GET", "/contacts/search?" + urlencode({"tags": "Customer", "stages": "Won", "q": "grace"}))  # S1-28
[grace] = tagged
assert [each["name"] for each in done("GET", f"/contacts/{grace['id']}")["tags"]] == ["Customer"]  # S1-30
assert done("GET", f"/contacts/{grace['id']}")["stage"]["name"] == "Won"

# Messages
[message] = done("GET", f"/contacts/{grace['id']}/messages")  # S1-33
assert message["id"] in [each["id"] for each in done("GET", "/messages")]  # S1-34
done("DELETE", f"/messages/{message['id']}")  # S1-35
assert done("GET", f"/contacts/{grace['id']}/messages") == []

# Automations
[automation] = done("GET", "/automations")  # S1-36
path = f"/automations/{quote(automation['id'])}"
assert done("GET", path)["name"] == automation["name"]  # S1-37
contacts = {"contactIds": [ada["id"], grace["id"]]}
assert done("POST", f"{path}/enroll", contacts)["createdCount"] == 2  # S1-38
assert done("POST", f"{path}/unenroll", contacts)["updatedCount"] == 2  # S1-39
assert done("PUT", f"{path}/status", {"status": "paused"})["status"] == "paused"  # S1-40
assert done("PUT", f"{path}/status", {"status": "active"})["status"] == "active"

# Accounts, projects, lists
[account] = done("GET", "/sender-profiles")  # S1-41
assert done("GET", f"/sender-profiles/{account['id']}")["address"] == account["address"]  # S1-42
assert [each["name"] for each in done("GET", "/projects")] == ["Spring fair"]  # S1-47
[newsletter] = done("GET", "/lists")  # S1-48
assert done("GET", f"/lists/{newsletter['id']}")["name"] == newsletter["name"]  # S1-49

# Webhooks
hook = done("POST", "/webhooks", {"url": "https://example.com/hook", "events": ["contact.created"]})["webhook"]  # S1-44
assert [each["id"] for each in done("GET", "/webhooks")] == [hook["id"]]  # S1-43
changed = done("PUT", f"/webhooks/{hook['id']}", {"events": ["contact.created", "contact.deleted"]})  # S1-45
assert (changed["url"], len(changed["events"])) == (hook["url"], 2)
done("DELETE", f"/webhooks/{hook['id']}")  # S1-46
assert done("GET", "/webhooks") == []

done("DELETE", f"/contacts/{ada['id']}")  # S1-32
assert call("GET", f"/contacts/{ada['id']}")[0] == 404
