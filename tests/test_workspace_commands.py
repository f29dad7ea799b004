"""`python -m app workspaces`: the first step on a database of one's own."""

import asyncio
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from app.__main__ import cli
from tests.seeding import add_workspace, opened


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("LEADGRAPH_DATABASE", database_url)
    return lambda *arguments: CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_a_made_workspace_can_be_given_a_key(run: Callable[..., Result]) -> None:
    assert run("workspaces", "create", "--name", " Acme ", "--slug", "acme").exit_code == 0
    assert run("workspaces", "list").stdout == "acme  Acme\n"
    made = run("keys", "create", "--name", "CI", "--scopes", "contacts:read", "--workspace", "acme")
    assert (made.exit_code, made.stdout[:9]) == (0, "lgk_live_")


def test_what_holds_deleted_records_is_not_listed(run: Callable[..., Result], database_url: str) -> None:
    async def add() -> None:
        async with opened(database_url) as database:
            for slug in ("acme", "~1"):
                await add_workspace(database, slug)

    asyncio.run(add())
    assert run("workspaces", "list").stdout == "acme  Acme\n"


@pytest.mark.parametrize("slug", ["", "Acme", "a b", "-a", "a-", "a" * 64, "ä", "a\n", "~1"])
def test_a_slug_that_cannot_stand_in_an_address_is_refused(run: Callable[..., Result], slug: str) -> None:
    refused = run("workspaces", "create", "--name", "Acme", "--slug", slug)
    assert (refused.exit_code, "is no slug" in refused.stderr) == (2, True)
    assert run("workspaces", "list").stdout == ""


def test_a_slug_is_given_once(run: Callable[..., Result]) -> None:
    run("workspaces", "create", "--name", "Acme", "--slug", "acme")
    refused = run("workspaces", "create", "--name", "Other", "--slug", "acme")
    assert (refused.exit_code, refused.stderr) == (2, "Error: There is a workspace 'acme' already.\n")
    assert run("workspaces", "list").stdout == "acme  Acme\n"
