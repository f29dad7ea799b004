"""Which address shows and does what. All that goes wrong becomes a page, where the rest of the server answers JSON."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.access.credentials import Credentials
from app.access.dialect import DIALECTS
from app.access.session import COOKIE
from app.answering import trace_of
from app.auth.routes import client_of
from app.auth.signing_in import SigningIn
from app.console.changing import ACTS, confirm, create, edit, open_playground, reduce
from app.console.forms import Form, read_form
from app.console.guarding import HEADERS, is_private, require_own_form, require_token
from app.console.reading import show_audit_log, show_confirmation, show_key, show_keys, show_new, show_usage
from app.console.refusing import CLOSED, show_refusal
from app.console.showing import STATIC, render
from app.console.testing import TEST_TOKEN, make_test_token, offer_test_token
from app.console.visit import HOME, Visit
from app.errors import Forbidden, LeadgraphError, RateLimited, Unauthenticated
from app.graph.executor import Executor

_SIGN_IN: Final = "/settings/sign-in"
_KEY: Final = HOME + "/{id}"

Show: TypeAlias = Callable[[Visit], Awaitable[Response]]
Change: TypeAlias = Callable[[Visit, Form], Awaitable[Response]]


class Console:
    """The settings page, with what it works with once the database is reached."""

    def __init__(
        self,
        executor: Callable[[], Executor],
        signing_in: Callable[[], SigningIn],
        secret: str,
        *,
        playground: bool,
    ) -> None:
        self._executor = executor
        self._signing_in = signing_in
        self._secret = secret
        self._playground = playground
        self.routes: list[BaseRoute] = [
            Mount("/settings/static", STATIC),
            Route(_SIGN_IN, self._show_sign_in, methods=["GET"]),
            Route(_SIGN_IN, self._sign_in, methods=["POST"]),
            Route("/settings/sign-out", self._sign_out, methods=["POST"]),
            self._shows("/settings/audit-log", show_audit_log),
            self._shows(TEST_TOKEN, offer_test_token),
            self._does(TEST_TOKEN, make_test_token),
            self._shows(HOME, show_keys),
            self._shows(HOME + "/new", show_new),
            self._does(HOME + "/new", create),
            self._shows(_KEY, show_key),
            self._does(_KEY, edit),
            self._shows(_KEY + "/usage", show_usage),
            self._does(_KEY + "/reduce", reduce),
            self._does(_KEY + "/playground", open_playground),
            *(self._shows(f"{_KEY}/{act.name}", partial(show_confirmation, act=act)) for act in ACTS.values()),
            *(self._does(f"{_KEY}/{act.name}", partial(confirm, act=act)) for act in ACTS.values()),
            *(Route(path, _to_home, methods=["GET"]) for path in _other_paths()),
        ]

    def _shows(self, path: str, show: Show) -> Route:
        async def answer(request: Request) -> Response:
            return await self._answer(request, show)

        return Route(path, answer, methods=["GET"])

    def _does(self, path: str, change: Change) -> Route:
        async def answer(request: Request) -> Response:
            async def work(visit: Visit) -> Response:
                return await change(visit, form)

            try:
                form = await self._own_form(request)
            except LeadgraphError as error:
                return show_refusal(request, error)
            return await self._answer(request, work)

        return Route(path, answer, methods=["POST"])

    async def _own_form(self, request: Request) -> Form:
        """A form that a page of this session has sent."""
        require_own_form(request)
        form = await read_form(request)
        session = request.cookies.get(COOKIE)
        if session:
            require_token(form.one("token"), session, self._secret)
        return form

    async def _answer(self, request: Request, show: Show) -> Response:
        """A page for a member who is signed in; for others the one to sign in on."""
        try:
            session = request.cookies.get(COOKIE)
            if not session:
                return _to_sign_in(request)
            visit = await Visit.begin(request, session, self._executor(), self._secret, playground=self._playground)
            return _show_closed(visit) if visit.closed else await show(visit)
        except Unauthenticated:
            return _to_sign_in(request)
        except LeadgraphError as error:
            return show_refusal(request, error)

    async def _show_sign_in(self, request: Request) -> Response:
        return _sign_in_page(request, Form())

    async def _sign_in(self, request: Request) -> Response:
        try:
            require_own_form(request)
            form = await read_form(request)
        except LeadgraphError as error:
            return show_refusal(request, error)
        try:
            started = await self._signing_in().sign_in(
                form.one("email").strip(),
                form.one("password"),
                form.one("workspace").strip() or None,
                client_of(request),
                refreshable=False,
            )
        except (Unauthenticated, RateLimited) as error:
            trace = trace_of(request)
            trace.code, trace.reason = error.code, error.reason
            return _sign_in_page(request, form, error)
        except LeadgraphError as error:
            return show_refusal(request, error)
        answer = RedirectResponse(HOME, 303, HEADERS)
        answer.set_cookie(
            COOKIE,
            started.token.text,
            expires=started.expires_at,
            path="/settings",
            secure=is_private(request),
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _sign_out(self, request: Request) -> Response:
        try:
            await self._own_form(request)
            session = request.cookies.get(COOKIE, "")
            with suppress(Unauthenticated):  # it has ended already
                await self._signing_in().sign_out(Credentials(session, kind="cookie"), client_of(request))
        except LeadgraphError as error:
            return show_refusal(request, error)
        answer = RedirectResponse(_SIGN_IN, 303, HEADERS)
        answer.delete_cookie(COOKIE, path="/settings")
        return answer


def _show_closed(visit: Visit) -> Response:
    """Says why there is nothing to manage here."""
    trace = trace_of(visit.request)
    trace.code, trace.reason = Forbidden.code, visit.closed
    title, text = CLOSED[visit.closed or ""]
    return visit.show("message", title, status=Forbidden.status, text=text, icon="stop", action=None)


def _sign_in_page(request: Request, form: Form, error: LeadgraphError | None = None) -> Response:
    context = {
        "title": "Sign in",
        "given": {"email": form.one("email"), "workspace": form.one("workspace")},
        "problems": [error.message] if error else [],
    }
    return render(request, "sign_in", context, layout="alone.html", status=error.status if error else 200)


def _to_sign_in(request: Request) -> Response:
    if "hx-request" in request.headers:  # a part of a page cannot be replaced by another page
        return Response(status_code=401, headers=HEADERS | {"HX-Redirect": _SIGN_IN})
    return RedirectResponse(_SIGN_IN, 303, HEADERS)


def _other_paths() -> list[str]:
    """Where the documented products have this page (X28)."""
    return ["/settings", *sorted({dialect.labels.path for dialect in DIALECTS.values()} - {HOME})]


async def _to_home(_: Request) -> Response:
    return RedirectResponse(HOME, headers=HEADERS)
