"""Applications that stand for all the tests of a module, where each test uses records of its own.

`standing` runs a test once for each database; `both` gives it the two at once, to be compared. The tests of such a
module run in one event loop: `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import make_url

from app.settings import sqlite_path
from tests.databases import fresh_database, render
from tests.secrecy import SECRETS
from tests.serving import Client, World, serving

DATABASES = ("sqlite", "postgresql")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(standing_world: World) -> AsyncIterator[Client]:
    async with serving(standing_world) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(both_worlds: list[World]) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(serving(world)) for world in both_worlds]


@pytest.fixture(scope="module", params=DATABASES)
def standing_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with _copied(request.param, request, tmp_path_factory) as world:
        yield world


@pytest.fixture(scope="module")
def both_worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[World]]:
    with ExitStack() as stack:
        yield [stack.enter_context(_copied(kind, request, tmp_path_factory)) for kind in DATABASES]


@contextmanager
def _copied(kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    template: World = request.getfixturevalue(f"{kind}_world_template")
    path = sqlite_path(template.url)
    if path is not None:
        copy = shutil.copy(path, tmp_path_factory.mktemp("standing") / "world.db")
        yield replace(template, url=f"sqlite+aiosqlite:///{copy}")
        SECRETS.search_folder(Path(copy).parent)
        return
    with fresh_database(
        request.getfixturevalue("postgresql_server"), template=make_url(template.url).database or ""
    ) as database:
        yield replace(template, url=render(database))
