"""A customer of Spreeflo, whose documents say that a key goes with each request, and that Ping proves it.

Wants SPREEFLO_URL and SPREEFLO_API_KEY; SPREEFLO_REVOKED_KEY, instead of which that was generated.
"""

import json
import os
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = os.environ["SPREEFLO_URL"]
KEY, REVOKED = (os.environ[f"SPREEFLO_{name}_KEY"] for name in ("API", "REVOKED"))


def ping(**headers: str) -> tuple[int, Any]:
    """The status and the JSON of the answer."""
    try:
        with urlopen(Request(f"{URL}/ping", headers=headers)) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


# S5-13: light and simple, proves that the key is valid and can get a response.
status, answer = ping(Authorization=f"Bearer {KEY}")
assert (status, answer["success"], answer["data"]) == (200, True, "pong"), answer
# S5-4: a key must be sent with each request.
assert ping()[0] == 401
# S5-7, S5-8, S5-12: what was revoked is dead, and the new key works.
status, answer = ping(Authorization=f"Bearer {REVOKED}")
assert (status, answer["errors"][0]["reason"]) == (401, "REVOKED")
assert ping(Authorization=f"Bearer {KEY}")[0] == 200
# S5-1, S5-10: the key grants access to the account, so that workflows can be automated.
with urlopen(Request(f"{URL}/automations", headers={"Authorization": f"Bearer {KEY}"})) as automations:
    assert json.load(automations)["success"] is True
