"""`python -m app init`, `members`, `workspaces update`: people, and what only the operator changes (S3-31..33, X16)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from app.__main__ import cli
from app.domain.event import Event
from app.domain.user import User
from app.domain.workspace import Workspace
from app.resource import table_of
from tests.seeding import add_workspace, opened

Run = Callable[..., Result]
PASSWORD = "correct horse battery"
ADA = ("members", "add", "ada@acme.test", "--name", "Ada Lovelace")
INIT = ("init", "--workspace", "Acme", "--slug", "acme", "--email", "ada@acme.test", "--name", "Ada Lovelace")


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line on an empty database; `typed` is what is typed when it asks."""
    monkeypatch.setenv("LEADGRAPH_DATABASE", database_url)

    def command(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)

    return command


@pytest.fixture
def acme(run: Run, database_url: str) -> Run:
    """The command line on a database with the workspace acme."""

    async def prepare() -> None:
        async with opened(database_url) as database:
            await add_workspace(database)

    asyncio.run(prepare())
    return run


def rows(url: str, model: Any) -> list[dict[str, Any]]:
    table = table_of(model)

    async def read() -> list[dict[str, Any]]:
        async with opened(url) as database, database.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(select(table).order_by(table.c.id))).mappings()]

    return asyncio.run(read())


def told(url: str) -> list[str]:
    return [row["type"] for row in rows(url, Event)]


def twice(password: str) -> str:
    return f"{password}\n{password}\n"


# The first run


def test_the_first_run_makes_a_workspace_and_its_owner(run: Run, database_url: str) -> None:
    made = run(*INIT, "--dialect", "compact", typed=twice(PASSWORD))
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    [workspace] = rows(database_url, Workspace)
    assert (workspace["name"], workspace["slug"], workspace["revocation_policy"]) == ("Acme", "acme", "reversible")
    [owner] = rows(database_url, User)
    assert (owner["email"], owner["role"], owner["developer"]) == ("ada@acme.test", "owner", True)
    assert owner["password_hash"].startswith("$argon2id$")
    assert told(database_url) == ["user.created"]
    assert PASSWORD not in str(rows(database_url, Event))


def test_the_first_run_asks_for_what_it_is_not_told(run: Run, database_url: str) -> None:
    made = run("init", typed=f"Acme\nacme\nada@acme.test\nAda\n{twice(PASSWORD)}")
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    assert rows(database_url, User)[0]["name"] == "Ada"


def test_a_second_run_says_what_is_there(run: Run, database_url: str) -> None:
    run(*INIT, typed=twice(PASSWORD))
    again = run("init", "--workspace", "B", "--slug", "b", "--email", "b@b.test", "--name", "B", typed=twice(PASSWORD))
    assert (again.exit_code, "There is a workspace already: acme" in again.stderr) == (2, True)
    assert len(rows(database_url, Workspace)) == 1


def test_nothing_is_left_of_a_first_run_that_is_refused(run: Run, database_url: str) -> None:
    refused = run(*INIT[:6], "nonsense", *INIT[7:], typed=twice(PASSWORD))
    assert refused.exit_code == 2
    assert refused.stderr.endswith("Error: email: Invalid email format\n")
    assert rows(database_url, Workspace) == []


def test_the_first_password_may_come_from_the_environment(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADGRAPH_ADMIN_PASSWORD", PASSWORD)
    assert run(*INIT).exit_code == 0
    assert rows(database_url, User)[0]["password_hash"]


def test_a_first_run_on_an_empty_sqlite_file_makes_the_tables(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"
    monkeypatch.setenv("LEADGRAPH_DATABASE", url)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    assert run(*INIT, "--password-file", str(tmp_path / "password")).exit_code == 0
    assert [row["slug"] for row in rows(url, Workspace)] == ["acme"]


# Members


def test_a_member_is_added_listed_changed_and_removed(acme: Run, database_url: str) -> None:
    """S3-31: the developer permission is the operator's to give."""
    assert acme(*ADA, "--role", "admin", typed=twice(PASSWORD)).exit_code == 0
    listed = acme("members", "list").stdout.splitlines()[1]
    assert listed.split() == ["ada@acme.test", "Ada", "Lovelace", "admin", "no", "yes"]
    before = rows(database_url, User)[0]
    changed = acme(
        "members", "update", "ada@acme.test", "--developer", "--role", "member", "--new-email", "a@acme.test"
    )
    assert changed.exit_code == 0
    after = rows(database_url, User)[0]
    assert (after["email"], after["role"], after["developer"]) == ("a@acme.test", "member", True)
    assert (after["password_hash"], after["version"]) == (before["password_hash"], before["version"] + 1)
    assert acme("members", "remove", "a@acme.test").exit_code == 0
    assert rows(database_url, User) == []
    assert told(database_url) == ["user.created", "user.updated", "user.deleted"]


def test_a_new_password_is_told_without_it(acme: Run, database_url: str) -> None:
    acme(*ADA, "--no-password")
    assert rows(database_url, User)[0]["password_hash"] is None
    changed = acme("members", "update", "ada@acme.test", "--password", typed=twice(PASSWORD))
    assert (changed.exit_code, PASSWORD in changed.output) == (0, False)
    assert rows(database_url, User)[0]["password_hash"].startswith("$argon2id$")
    events = rows(database_url, Event)
    assert (events[-1]["type"], events[-1]["changes"]) == ("access.password_changed", {})


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201, "x" * 1_000_000], ids=len)
def test_a_password_that_is_too_short_or_too_long_is_refused(
    acme: Run, database_url: str, tmp_path: Path, password: str
) -> None:
    (tmp_path / "password").write_text(password)
    refused = acme(*ADA, "--password-file", str(tmp_path / "password"))
    assert (refused.exit_code, refused.stderr) == (2, "Error: A password has 8 to 200 characters.\n")
    assert rows(database_url, User) == []


def test_a_member_is_in_a_workspace_once(acme: Run, database_url: str) -> None:
    acme(*ADA, "--no-password")
    refused = acme(*ADA, "--no-password")
    assert (refused.exit_code, refused.stderr) == (2, "Error: email: Another record has this email.\n")
    assert len(rows(database_url, User)) == 1


@pytest.mark.parametrize("command", ["update", "remove"])
def test_who_is_no_member_is_not_found(acme: Run, command: str) -> None:
    refused = acme("members", command, "nobody@acme.test")
    assert (refused.exit_code, refused.stderr) == (2, "Error: nobody@acme.test is no member of acme.\n")


# Workspaces


def test_the_operator_changes_what_nobody_else_can(acme: Run, database_url: str) -> None:
    """S3-33, X16: plan and API are set by the platform's administrator."""
    changed = acme("workspaces", "update", "acme", "--plan", "free", "--no-api", "--revocation", "reversible")
    assert changed.exit_code == 0, changed.output
    [workspace] = rows(database_url, Workspace)
    assert (workspace["plan"], workspace["api_enabled"], workspace["version"]) == ("free", False, 2)
    [event] = rows(database_url, Event)
    assert event["type"] == "workspace.updated"
    assert event["changes"] == {
        "plan": {"old": "PRO", "new": "FREE"},
        "apiEnabled": {"old": True, "new": False},
        "revocationPolicy": {"old": "PERMANENT", "new": "REVERSIBLE"},
    }


def test_the_operator_sets_what_rest_answers_and_an_enterprise_may(acme: Run, database_url: str) -> None:
    """X17, S4-52."""
    changed = acme("workspaces", "update", "acme", "--response-profile", "bare", "--rate-limit", "70/10/7")
    assert changed.exit_code == 0, changed.output
    [workspace] = rows(database_url, Workspace)
    assert (workspace["response_profile"], workspace["rate_limit"]) == ("bare", "70/10/7")
    assert acme("workspaces", "update", "acme", "--rate-limit", "7").exit_code == 2
    assert acme("workspaces", "update", "acme", "--rate-limit", "").exit_code == 0
    [workspace] = rows(database_url, Workspace)
    assert workspace["rate_limit"] is None


def test_a_workspace_gets_the_policies_of_its_dialect(run: Run, database_url: str) -> None:
    """X4, X5: policies are the dialect's until somebody sets them."""
    assert run("workspaces", "create", "--name", "Acme", "--slug", "acme", "--dialect", "sprootal").exit_code == 0
    [workspace] = rows(database_url, Workspace)
    assert (workspace["dialect"], workspace["test_key_policy"]) == ("sprootal", "shared")
