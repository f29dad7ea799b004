"""No side door: two databases that differ only in what a key cannot read answer that key byte for byte the same.

What is readable is the model in `tests/readable.py`; the two databases are made by `tests/twins.py`, the operations by
`tests/documents.py`.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from random import Random

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from app.access.keys import hash_key, mint, prefix
from app.access.scopes import SCOPES, expand
from app.access.views import Views
from app.application import Application, create_app
from app.domain import CATALOG, VERBS
from app.graph.schema import View, assemble, views_of
from app.read.cursor import CursorCodec
from app.settings import Settings
from app.store.reading import Statement
from app.store.session import transaction
from app.write.denials import Denials
from tests.databases import fresh_database, render
from tests.documents import Written
from tests.equality import Answer, Comparison, values_of
from tests.readable import readable
from tests.recording import record
from tests.seeding import opened
from tests.twins import OWN, Row, World, Worlds, insert

WORLDS = Worlds(CATALOG)
KEY = mint("sprootal", "live")

_READS = sorted(name for name in SCOPES if name.endswith(":read"))
scope_sets = st.one_of(
    st.just(()),
    st.just(("*",)),
    st.sampled_from(sorted(SCOPES)).map(lambda name: (name,)),
    st.lists(st.sampled_from(sorted(set(SCOPES) - {"*"})), min_size=2, max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(_READS), min_size=2, max_size=5, unique=True).map(tuple),
)
seeds = st.integers(0, 2**32 - 1)


def checked(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    # A seed has nothing to shrink: the failing document is in the message.
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )


@checked(30)
@given(scopes=scope_sets, seed=seeds)
def test_sqlite_answers_nothing_that_the_key_cannot_read(
    sqlite_template: Path, scopes: tuple[str, ...], seed: int
) -> None:
    with sqlite_files(sqlite_template) as urls:
        asyncio.run(compare(urls, scopes, Random(seed), documents=30))


@checked(5)
@given(scopes=scope_sets, seed=seeds)
def test_postgresql_answers_nothing_that_the_key_cannot_read(
    postgresql_server: URL, postgresql_template: str, scopes: tuple[str, ...], seed: int
) -> None:
    with (
        fresh_database(postgresql_server, template=postgresql_template) as one,
        fresh_database(postgresql_server, template=postgresql_template) as two,
    ):
        asyncio.run(compare((render(one), render(two)), scopes, Random(seed), documents=30))


@pytest.fixture(scope="module", autouse=True)
def without_events_of_refusals() -> Iterator[None]:
    """They tell when they were made, and in which request: that is never the same twice."""

    async def note(*_: object) -> None:
        pass

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Denials, "note", note)
        yield


@contextmanager
def sqlite_files(template: Path) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as directory:
        copies = [shutil.copy(template, Path(directory) / f"{name}.db") for name in ("one", "two")]
        yield f"sqlite+aiosqlite:///{copies[0]}", f"sqlite+aiosqlite:///{copies[1]}"


async def compare(urls: tuple[str, str], scopes: tuple[str, ...], random: Random, *, documents: int) -> None:
    """Makes a world and its twin, and sends both the same operations."""
    known = readable(CATALOG, expand(scopes))
    world = WORLDS.world(random, key_row(scopes))
    twin = WORLDS.twin(world, known, random)
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(served(url, rows)) for url, rows in zip(urls, (world, twin), strict=True)
        ]
        values = values_of(CATALOG, one.app.ids, CursorCodec(one.app.settings.secret), (world, twin), random)
        view = views().view(expand(scopes)).schema
        await Comparison(one, two, view, one.app.full.schema, values, random, scopes).run(documents)


@cache
def views() -> Views[View]:
    """Shared by all applications here, with the documents and plans in it: these know no database."""
    return views_of(assemble(CATALOG, VERBS), 64)


class Served:
    """An application over one of the twins, and the statements of its last request."""

    def __init__(self, app: Application, http: httpx2.AsyncClient) -> None:
        assert app.database is not None
        self.app = app
        self._http = http
        self._recorded = record(app.database)

    async def ask(self, written: Written) -> Answer:
        self._recorded.clear()
        body = {"query": written.query, "variables": written.variables}
        response = await self._http.post("/graphql", json=body, headers={"authorization": f"Bearer {KEY}"})
        request_id = response.headers["x-request-id"].encode()
        return Answer(response.status_code, response.content.replace(request_id, b""))

    @property
    def statements(self) -> list[Statement]:
        return self._recorded


@asynccontextmanager
async def served(url: str, world: World) -> AsyncIterator[Served]:
    async with opened(url) as database, transaction(database) as tx:
        await insert(tx.connection, WORLDS, world)
    app = create_app(Settings(database=url, rate_limits="off"))
    app.views = views()
    await app.start()
    try:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://leadgraph.test") as http:
            yield Served(app, http)
    finally:
        await app.stop()


def key_row(scopes: tuple[str, ...]) -> Row:
    return {
        "workspace_id": OWN,
        "name": "The key",
        "prefix": prefix(KEY),
        "key_hash": hash_key(KEY),
        "scopes": list(scopes),
        "state": "active",
        "mode": "live",
        "expires_at": None,
        "allowed_ips": [],
        "registered_documents_only": False,
        "version": 1,
    }
