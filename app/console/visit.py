"""One request of somebody who is signed in: asks by GraphQL with his rights, answers with a page."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response

from app.access.credentials import Credentials
from app.access.dialect import DIALECTS, Dialect
from app.access.scopes import SCOPES, Scope
from app.answering import trace_of
from app.console.documents import ABOUT
from app.console.guarding import HEADERS, form_token
from app.console.showing import is_part, render
from app.errors import NotFound
from app.graph.executor import Executor, Request

HOME: Final = "/settings/api-keys"

_ONCE: Final = re.compile(r"[0-9A-Za-z_-]{16,64}").fullmatch


class Refused(Exception):
    """A change was refused for what its caller can mend."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems[0]["message"])
        self.problems = problems

    def by_field(self, *fields: str) -> tuple[dict[str, list[str]], list[str]]:
        """The messages of some fields of the input by field, and all others."""
        errors: dict[str, list[str]] = {}
        others: list[str] = []
        for problem in self.problems:
            name = next((each for each in problem["field"][:2] if each in fields), None)
            (others if name is None else errors.setdefault(name, [])).append(problem["message"])
        return errors, others


@dataclass(frozen=True, slots=True)
class Visit:
    """A member's request, with what every page tells of him and his workspace."""

    request: HttpRequest
    session: str = field(repr=False)
    executor: Executor
    token: str = field(repr=False)
    playground: bool
    about: Mapping[str, Any]
    dialect: Dialect

    @classmethod
    async def begin(
        cls, request: HttpRequest, session: str, executor: Executor, secret: str, *, playground: bool
    ) -> "Visit":
        """Asks who it is."""
        about = await _ask(request, session, executor, Request(ABOUT))
        dialect = DIALECTS[about["workspaces"]["nodes"][0]["dialect"].lower()]
        return cls(request, session, executor, form_token(session, secret), playground, about, dialect)

    @property
    def workspace(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.about["workspaces"]["nodes"][0]
        return found

    @property
    def member(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.about["viewer"]["member"]
        return found

    @property
    def closed(self) -> str | None:
        """The reason why the member cannot manage keys."""
        if "api_keys:manage" in self.grantable:
            return None
        if not self.workspace["apiEnabled"]:
            return "API_DISABLED"
        return "PLAN_REQUIRED" if self.member["developer"] else "INSUFFICIENT_SCOPE"

    @property
    def grantable(self) -> dict[str, Scope]:
        """The scopes that the member has, and so can give, under the names that the product has for them."""
        granted = (scope["name"] for scope in self.about["scopes"] if scope["granted"])
        return {name: self.dialect.scope(name) for name in granted}

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a query."""
        return await _ask(self.request, self.session, self.executor, Request(document, variables))

    async def change(self, document: str, once: str = "", **variables: Any) -> dict[str, Any]:
        """The payload of the one mutation in a document, as `done`; `Refused`. What has a name happens `once`."""
        request = Request(document, variables, idempotency_key=once if _ONCE(once) else None)
        payload: dict[str, Any] = (await _ask(self.request, self.session, self.executor, request))["done"]
        if payload["userErrors"]:
            raise Refused(payload["userErrors"])
        return payload

    async def key(self, document: str, id_: str) -> dict[str, Any]:
        """The key of a page's address; `NotFound` for another workspace's as for none."""
        found: dict[str, Any] | None = (await self.ask(document, id=id_))["apiKey"]
        if found is None:
            raise NotFound("There is no such key. It may have been deleted.")
        return placed(found)

    def show(self, view: str, title: str, *, status: int = 200, **context: Any) -> Response:
        """A page."""
        known = {
            "title": title,
            "member": self.member,
            "workspace": self.workspace,
            "labels": self.dialect.labels,
            "words": {"LIVE": "Live", "TEST": self.dialect.test_word.capitalize()},
            "display": {name: self.dialect.scope(name).display_name for name in SCOPES},
            "reversible": self.workspace["revocationPolicy"] == "REVERSIBLE",
            "playground": self.playground,
            "form_token": self.token,
            "once": lambda: secrets.token_urlsafe(16),
            "said": "",
            "issued": None,
            "errors": {},
            "problems": [],
        }
        return render(self.request, view, known | context, status=status)

    def go(self, path: str) -> Response:
        """To another page, now that something was done."""
        if is_part(self.request):
            to = f'{{"path": "{path}", "target": "#content"}}'
            return Response(status_code=204, headers=HEADERS | {"HX-Location": to})
        return RedirectResponse(path, 303, HEADERS)


def placed(key: dict[str, Any]) -> dict[str, Any]:
    """A key with the path of its page."""
    return key | {"path": f"{HOME}/{key['id']}"}


async def _ask(request: HttpRequest, session: str, executor: Executor, asked: Request) -> dict[str, Any]:
    answer = await executor.execute(Credentials(session, kind="cookie"), asked, trace_of(request))
    data: dict[str, Any] = orjson.loads(orjson.dumps(answer["data"]))  # parts of it are JSON already
    return data
