"""`POST /auth/sign-in`, `/auth/refresh` and `/auth/sign-out`: JSON in and out, errors as everywhere.

No cookie counts here, and a form cannot send JSON, so that no other site can have a browser sign in or out.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.access.credentials import read_credentials
from app.access.tokens import LIFETIME
from app.answering import trace_of
from app.auth.attempts import Client
from app.auth.signing_in import SigningIn, Started
from app.errors import BadRequest, BadUserInput
from app.graph.incoming import ClientGone, by_name, read_body, require_json
from app.store.types import timestamp_text

_MOST_BYTES = 16_384

F = TypeVar("F", bound="Form")


class Form(BaseModel):
    """A body: what is not listed is refused, and nothing is made of another type."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class SignIn(Form):
    email: str
    password: str = Field(repr=False)
    workspace: str | None = None


class Refresh(Form):
    refresh_token: Annotated[str, Field(max_length=200, repr=False)]


class SignOut(Form):
    everywhere: bool = False


def auth_routes(running: Callable[[], SigningIn]) -> list[BaseRoute]:
    """The routes; `running` gives what they work with once the database is reached."""

    async def sign_in(request: Request) -> Response:
        signing_in, given = running(), await _read(request, SignIn)
        started = await signing_in.sign_in(given.email, given.password, given.workspace, client_of(request))
        return _tokens(signing_in, started)

    async def refresh(request: Request) -> Response:
        signing_in, given = running(), await _read(request, Refresh)
        return _tokens(signing_in, await signing_in.refresh(given.refresh_token, client_of(request)))

    async def sign_out(request: Request) -> Response:
        headers = by_name(request.scope["headers"])
        credentials = read_credentials(headers)
        bare = b"content-type" not in headers and headers.get(b"content-length", b"0") == b"0"
        signing_in, given = running(), SignOut() if bare else await _read(request, SignOut)
        await signing_in.sign_out(credentials, client_of(request), everywhere=given.everywhere)
        return Response(status_code=204)

    return [
        Route("/auth/sign-in", sign_in, methods=["POST"]),
        Route("/auth/refresh", refresh, methods=["POST"]),
        Route("/auth/sign-out", sign_out, methods=["POST"]),
    ]


def client_of(request: Request) -> Client:
    """Who sends a request, for the audit log."""
    trace = trace_of(request)
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return Client(trace.ip, agent[:200], trace.request_id)


async def _read(request: Request, form: type[F]) -> F:
    headers = by_name(request.scope["headers"])
    require_json(headers)
    try:
        body = await read_body(request.receive, headers, _MOST_BYTES)
        return form.model_validate(orjson.loads(body))
    except ClientGone:
        raise BadRequest("The connection was closed.") from None
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from None
    except ValidationError as error:  # the values stay out of the message, one may be a password
        wrong = error.errors(include_input=False)[0]
        told = "must be a JSON object" if wrong["type"] == "model_type" else wrong["msg"]
        raise BadUserInput(f"{'.'.join(map(str, wrong['loc'])) or 'The body'}: {told}.") from None


def _tokens(signing_in: SigningIn, started: Started) -> Response:
    return JSONResponse(
        {
            "accessToken": signing_in.access_token(started),
            "tokenType": "Bearer",
            "expiresIn": LIFETIME,
            "refreshToken": started.token.text,
            "refreshTokenExpiresAt": timestamp_text(started.expires_at),
        }
    )
