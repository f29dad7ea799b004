"""`Generate test token` of the documentation (S3-25…30): a key for an hour, for whoever is signed in here.

The documentation itself knows no session. Its script asks here for the token that forms carry, and sends it back.
"""

from typing import Final

from starlette.responses import JSONResponse, Response

from app.console.documents import TEST
from app.console.forms import Form
from app.console.guarding import HEADERS
from app.console.visit import Refused, Visit

TEST_TOKEN: Final = "/settings/test-token"


async def offer_test_token(visit: Visit) -> Response:
    """What a request to make one must carry."""
    return JSONResponse({"token": visit.token}, headers=HEADERS)


async def make_test_token(visit: Visit, _: Form) -> Response:
    """Makes the key, which may do with contacts what its maker may, and shows it this once."""
    try:
        made = await visit.change(TEST)
    except Refused as refused:
        return JSONResponse({"problem": refused.problems[0]["message"]}, headers=HEADERS)
    return JSONResponse({"key": made["key"]}, headers=HEADERS)
