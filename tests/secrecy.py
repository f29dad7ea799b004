"""No secret in a log, an answer or a database (HARDENING 10, S2-18, S3-11): watched whatever a test is about.

Secrets are learned where they are made: API keys, signing secrets of webhooks, tokens of sessions, passwords, what the
settings keep. What must hold none is searched once it is complete: an answer when it has been sent, what was printed
and logged when its test is over, files (SQLite, logs of server processes) and PostgreSQL's databases when they are
given back. A new key or signing secret may be answered once, as what makes it says it; the tokens of a session whenever
they are issued. A test that leaks fails with `Leak`, though it passed.
"""

import re
from collections.abc import Awaitable, Callable, Generator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import URL, make_url
from typer.testing import CliRunner

from app.access import keys, session
from app.access.tokens import Tokens
from app.application import Application
from app.domain import webhook
from app.settings import Settings

PART = 16  # as many bytes of a secret as nothing else has; more than a key's prefix
STEP = 8
LONG = PART + STEP - 1  # so many bytes of a secret in a row are found wherever they begin
SHORT = 12  # less is found where it means nothing, such as "postgres"
VARIED = 6  # different characters: a password of sixty times `x` stands in texts that mean something else
PIECE = 2**20

# Where a new key or signing secret is answered: by its verb, on the page, to the playground that opens with it.
_ONCE = re.compile(
    rb'"(?:key|secret)":"([^"\\]{23,})"'
    rb"|<code>([^<]{23,})</code>\s*</details>"
    rb'|<meta name="leadgraph-key" content="([^"]{23,})">'
)
_TOKENS = re.compile(rb'"(?:accessToken|refreshToken)":"(?:[^"\\]*\.)?([^."\\]+)"')
_KEEPERS = {"demo.json", "secret", "password"}  # files that are there to hold secrets

_TEXT_OF_ALL_TABLES = """
SELECT string_agg(format('SELECT record::text FROM %I.%I AS record', schemaname, tablename), ' UNION ALL ')
FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""


class Leak(AssertionError):
    """A secret stands where none may."""


class Secrets:
    """What must stay secret, and the search for it, whose cost does not grow with how much that is."""

    def __init__(self) -> None:
        self._parts: set[bytes] = set()
        self._short: set[bytes] = set()
        self._answered: set[bytes] = set()

    def learn(self, *secrets: str | None) -> None:
        for secret in secrets:
            data = (secret or "").encode(errors="surrogatepass")
            if len(set(data)) < VARIED:
                continue
            if len(data) >= LONG:
                self._parts.update(data[start : start + PART] for start in range(len(data) - PART + 1))
            elif len(data) >= SHORT:
                self._short.add(data)

    def search(self, data: bytes, where: str) -> None:
        """Raises `Leak` if a secret stands in the data, or 23 bytes in a row of a longer one."""
        data = data.replace(bytes(64), b"\0")  # most of a small SQLite file
        for begin in range(0, len(data), PIECE):
            piece = data[begin : begin + PIECE + LONG]
            looked = {piece[start : start + PART] for start in range(0, len(piece) - PART + 1, STEP)}
            for part in [*(looked & self._parts), *(short for short in self._short if short in piece)]:
                place = piece.index(part)
                raise Leak(f"{where} has a secret: {piece[max(place - 60, 0) : place + 60]!r}")

    def search_answer(self, body: bytes, where: str) -> None:
        """Searches an answer, except for what it is right to answer."""
        self.search(_TOKENS.sub(b"", _ONCE.sub(self._once, body)), where)

    def search_command(self, output: bytes, where: str) -> None:
        """Searches what a command has printed; one that makes a key prints it alone."""
        key = output.strip()
        if key and key not in self._answered and keys.looks_like_key(key.decode(errors="replace")):
            self.handed_out(key.decode())
        else:
            self.search(output, where)

    def search_folder(self, folder: Path) -> None:
        """Searches all files but those that are there to hold secrets; what stands there is learned."""
        files = [path for path in folder.rglob("*") if path.is_file()]
        for path in files:
            if path.name in _KEEPERS:
                self.learn(*re.findall(rf"[\w-]{{{PART},}}", path.read_text()))
        for path in files:
            if path.name not in _KEEPERS:
                self.search(path.read_bytes(), str(path))

    async def search_postgresql(self, url: URL) -> None:
        """Searches all rows of all tables."""
        plain = url.set(drivername="postgresql")
        connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
        try:
            statement = await connection.fetchval(_TEXT_OF_ALL_TABLES)
            rows = await connection.fetch(statement) if statement else []
        finally:
            await connection.close()
        self.search("\n".join(row[0] for row in rows).encode(), f"the database {url.database}")

    def handed_out(self, secret: str) -> None:
        """Notes what was given to whom it is for: no answer shows it from now on."""
        self._answered.add(secret.encode())

    def learn_answer(self, body: bytes) -> None:
        """Learns what another process has made, of which there is nothing but the answer."""
        for found in [*_ONCE.finditer(body), *_TOKENS.finditer(body)]:
            self.learn(found[found.lastindex or 0].decode())

    def _once(self, found: re.Match[bytes]) -> bytes:
        secret = found[found.lastindex or 0]
        if secret in self._answered:
            return found[0]
        self._answered.add(secret)
        return b""


SECRETS = Secrets()


async def search_response(response: httpx2.Response) -> None:
    """For a client of server processes, to be called with each of their answers."""
    body = await response.aread()
    SECRETS.learn_answer(body)
    SECRETS.search_answer(body, f"the answer of {response.url.path}")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """pytest's folder for a test: databases of SQLite, logs of server processes."""
    yield tmp_path
    SECRETS.search_folder(tmp_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Searches what was printed and logged while a test was prepared, ran and was cleared away."""
    report = yield
    if report.when == "teardown":
        try:
            for title, text in report.sections:
                SECRETS.search(text.encode(errors="replace"), title)
        except Leak as leak:
            report.outcome, report.longrepr = "failed", str(leak)
    return report


_patch = pytest.MonkeyPatch()


def pytest_configure() -> None:
    """Has secrets learned where they are made, before any module of tests is imported."""
    _after(keys, "_draw", lambda drawn, *_: SECRETS.learn(drawn) if len(drawn) >= LONG else None)
    _after(webhook, "b64encode", lambda encoded, *_: SECRETS.learn(encoded.decode()))
    _after(session, "handle_of", lambda _, text: SECRETS.learn(text))
    _after(Tokens, "issue", lambda token, *_, **__: SECRETS.learn(token.rpartition(".")[2]))
    _after(PasswordHasher, "hash", lambda _, hasher, password: SECRETS.learn(password.decode()))
    _after(Application, "__init__", lambda _, app, settings: _learn_settings(settings))
    _after(CliRunner, "invoke", lambda result, _, command, given=(), **more: _search_result(result, given))
    _after(pytest.CaptureFixture, "readouterr", lambda read, *_: SECRETS.search("\n".join(read).encode(), "output"))
    _patch.setattr(Application, "__call__", _searched(Application.__call__))


def pytest_unconfigure() -> None:
    _patch.undo()


def _after(owner: Any, name: str, tell: Callable[..., None]) -> None:
    """Has a function tell what it has returned, and what it was called with."""
    function = getattr(owner, name)

    def telling(*arguments: Any, **more: Any) -> Any:
        returned = function(*arguments, **more)
        tell(returned, *arguments, **more)
        return returned

    _patch.setattr(owner, name, telling)


def _learn_settings(settings: Settings) -> None:
    password = make_url(settings.database).password
    SECRETS.learn(settings.secret, settings.metrics_token, None if password is None else str(password))


def _search_result(result: Any, given: Any) -> None:
    command = " ".join(map(str, given))
    SECRETS.search_command(result.stdout_bytes, f"the output of {command}")
    SECRETS.search(result.stderr_bytes, f"the errors of {command}")


def _searched(call: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The application, with each of its answers searched when it is complete."""

    async def searched(app: Application, scope: Any, receive: Any, send: Any) -> None:
        answer = bytearray()

        async def noting(message: MutableMapping[str, Any]) -> None:
            for name, value in message.get("headers", ()):
                if name != b"set-cookie":
                    answer.extend(value + b"\n")
            answer.extend(message.get("body", b""))
            await send(message)

        try:
            await call(app, scope, receive, noting)
        finally:
            if scope["type"] == "http":
                SECRETS.search_answer(bytes(answer), f"the answer of {scope['path']}")

    return searched
