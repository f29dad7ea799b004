"""`python -m app migrate` and `keys` (S3-7, S3-10, S3-16, X23, X24)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from app.__main__ import cli
from app.access.keys import hash_key
from app.commands.expiry import parse_expiry
from app.domain.api_key import ApiKey
from app.domain.event import Event
from app.errors import BadUserInput
from app.resource import table_of
from tests.seeding import add_workspace, opened

Run = Callable[..., Result]
KEYS = table_of(ApiKey)


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line on a database with the workspace acme."""

    async def prepare() -> None:
        async with opened(database_url) as database:
            await add_workspace(database)

    asyncio.run(prepare())
    monkeypatch.setenv("LEADGRAPH_DATABASE", database_url)
    return command


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def stored(url: str) -> list[dict[str, object]]:
    async def read() -> list[dict[str, object]]:
        async with opened(url) as database, database.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(select(KEYS))).mappings()]

    return asyncio.run(read())


def test_a_created_key_is_printed_once(run: Run, database_url: str) -> None:
    """S3-10, S2-9: stdout is the key alone, so that a script can take it."""
    created = run("keys", "create", "--name", "CI", "--scopes", "leads:read, tags:write", "--expires", "90d")
    assert created.exit_code == 0
    key = created.stdout.strip()
    [row] = stored(database_url)
    assert row["key_hash"] == hash_key(key)
    assert row["scopes"] == ["contacts:read", "tags:write"]
    assert row["mode"] == "live"
    for told in ("CI", "contacts:read, tags:write", key[:14]):
        assert told in created.stderr
    assert key not in created.stderr
    listed = run("keys", "list", "--workspace", "acme").stdout
    assert key[:14] in listed
    assert key[14:] not in listed
    assert "active" in listed


def test_a_revoked_key_stays_in_the_list(run: Run, database_url: str) -> None:
    """S3-21, S3-22"""
    prefix = run("keys", "create", "--name", "CI", "--scopes", "*", "--mode", "test").stdout[:14]
    shown = run("keys", "list").stdout.split()[-1]
    assert run("keys", "revoke", prefix).stdout == f"{prefix}… (CI) is revoked.\n"
    assert run("keys", "revoke", shown).stdout == f"{prefix}… (CI) is revoked.\n"
    assert "revoked" in run("keys", "list").stdout
    [row] = stored(database_url)
    assert (row["state"], row["version"], row["mode"]) == ("revoked", 2, "test")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["create", "--name", " ", "--scopes", "*"], "1 to 100 characters"),
        (["create", "--name", "CI", "--scopes", " , "], "at least one scope"),
        (["create", "--name", "CI", "--scopes", "nothing:read"], "is not a scope"),
        (["create", "--name", "CI", "--scopes", "*", "--expires", "2020-01-01"], "in the future"),
        (["create", "--name", "CI", "--scopes", "*", "--expires", "soon"], "is no expiry"),
        (["create", "--name", "CI", "--scopes", "*", "--workspace", "none"], "There is no workspace 'none'"),
        (["create", "--name", "CI", "--scopes", "*", "--mode", "both"], "'both'"),
        (["rotate", "lgk_live_abcde", "--overlap", "long"], "no span of time"),
        (["update", "lgk_live_abcde", "--name", "x"], "There is no key lgk_live_abcde…"),
        (["delete", "lgk_live_abcde", "--workspace", "none"], "There is no workspace 'none'"),
        (["revoke", "lgk_live_abcde"], "There is no key lgk_live_abcde…"),
        (["revoke", "ffffffffffffffff"], "There is no key"),
        (["list", "--workspace", ""], "PREFIX"),
    ],
)
def test_a_wrong_option_is_refused_with_its_rule(run: Run, database_url: str, arguments: list[str], told: str) -> None:
    result = run("keys", *arguments)
    assert told in result.output
    assert result.exit_code == (0 if told == "PREFIX" else 2)
    assert stored(database_url) == []


def test_a_prefix_of_several_keys_asks_for_an_id(run: Run, database_url: str) -> None:
    """X21: the 14 characters can be shared, as by all `ldr_sandbox_sk` keys."""
    prefixes = [run("keys", "create", "--name", name, "--scopes", "*").stdout[:14] for name in ("One", "Two")]

    async def share() -> None:
        async with opened(database_url) as database, database.engine.begin() as connection:
            await connection.execute(KEYS.update().values(prefix=prefixes[0]))

    asyncio.run(share())
    refused = run("keys", "revoke", prefixes[0])
    assert refused.exit_code == 2
    assert "give the id of one" in refused.stderr
    assert {row["state"] for row in stored(database_url)} == {"active"}


def test_a_key_is_led_through_its_life(run: Run, database_url: str) -> None:
    """S3-18…24, S2-21, X5, X7: the same verbs as through the API, with events."""
    restricted = ("--allowed-ips", "10.0.0.0/8", "--rate-limit", "60")
    first = run("keys", "create", "--name", "CI", "--scopes", "contacts:read", *restricted).stdout
    [row] = stored(database_url)
    assert (row["allowed_ips"], row["rate_limit"]) == (["10.0.0.0/8"], 60)
    for given, limit in (("50", 50), ("0", None)):
        run("keys", "update", first[:14], "--rate-limit", given)
        assert stored(database_url)[0]["rate_limit"] == limit
    changed = run("keys", "update", first[:14], "--name", "Agent", "--scopes", "tags:read", "--allowed-ips", "")
    assert changed.stdout == f"{first[:14]}… (CI) has been changed.\n"
    [row] = stored(database_url)
    assert (row["name"], row["scopes"], row["allowed_ips"]) == ("Agent", ["tags:read"], [])
    rotated = run("keys", "rotate", first[:14], "--overlap", "2h", "--expires", "90d")
    second = rotated.stdout.strip()
    [row] = stored(database_url)
    assert (row["key_hash"], row["previous_hash"]) == (hash_key(second), hash_key(first.strip()))
    assert second not in rotated.stderr
    assert run("keys", "revoke", second[:14], "--workspace", "acme").exit_code == 0
    refused = run("keys", "reactivate", second[:14])
    assert (refused.exit_code, "never works again" in refused.stderr) == (2, True)
    assert run("workspaces", "update", "acme", "--revocation", "reversible").exit_code == 0
    assert run("keys", "reactivate", second[:14]).stdout == f"{second[:14]}… (Agent) works again.\n"
    assert run("keys", "delete", second[:14]).stdout == f"{second[:14]}… (Agent) is deleted.\n"
    assert stored(database_url) == []
    steps = ["created", *["updated"] * 3, "rotated", "revoked", "reactivated", "deleted"]
    assert told(database_url) == [f"api_key.{step}" for step in steps]


def told(url: str) -> list[str]:
    """The types of the events on keys, in their order."""

    async def read() -> list[str]:
        async with opened(url) as database, database.engine.connect() as connection:
            events = table_of(Event)
            types = select(events.c.type).where(events.c.subject_type == "ApiKey").order_by(events.c.id)
            return list((await connection.execute(types)).scalars())

    return asyncio.run(read())


def test_a_dialect_that_hides_revoked_keys_hides_them(run: Run) -> None:
    """S1-51, X5"""
    run("workspaces", "create", "--name", "Sprootal", "--slug", "sprootal", "--dialect", "sprootal")
    prefix = run("keys", "create", "--name", "CI", "--scopes", "*", "--workspace", "sprootal").stdout[:14]
    run("keys", "revoke", prefix)
    assert prefix not in run("keys", "list", "--workspace", "sprootal").stdout
    assert prefix in run("keys", "list", "--workspace", "sprootal", "--all").stdout


def test_a_default_of_the_dialect_and_its_word_for_test_are_taken(run: Run) -> None:
    """X3, X10, S4-11"""
    run("workspaces", "create", "--name", "Leadron", "--slug", "leadron", "--dialect", "leadron")
    made = run("keys", "create", "--name", "CI", "--mode", "sandbox", "--workspace", "leadron")
    assert made.stdout.startswith("ldr_sandbox_sk_")
    assert "Scopes: *." in made.stderr


def test_several_workspaces_must_be_told_apart(run: Run, database_url: str) -> None:
    async def add() -> None:
        async with opened(database_url) as database:
            await add_workspace(database, "beta")

    asyncio.run(add())
    assert "there are: acme, beta" in run("keys", "list").stderr
    assert run("keys", "list", "--workspace", "beta").exit_code == 0


def test_the_sandbox_of_the_only_workspace_is_no_second_choice(run: Run, database_url: str) -> None:
    async def add() -> None:
        async with opened(database_url) as database:
            sandbox = await add_workspace(database, "acme-sandbox")
            async with database.engine.begin() as connection:
                from app.domain.workspace import Workspace

                table = table_of(Workspace)
                await connection.execute(table.update().where(table.c.slug == "acme").values(sandbox_id=sandbox))

    asyncio.run(add())
    assert run("keys", "list").exit_code == 0


def test_migrate_makes_the_database_that_the_others_ask_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGRAPH_DATABASE", f"sqlite+aiosqlite:///{tmp_path}/new.db")
    missing = command("keys", "list")
    assert missing.exit_code == 2
    assert "python -m app migrate" in missing.stderr
    assert not (tmp_path / "new.db").exists()
    (tmp_path / "new.db").touch()
    assert "python -m app migrate" in command("keys", "list").stderr
    assert command("migrate").exit_code == 0
    assert "There is no workspace yet" in command("keys", "list").stderr


def test_wrong_settings_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """HARDENING 10"""
    monkeypatch.setenv("LEADGRAPH_SECRET", "hunter2")
    result = command("keys", "list")
    assert result.exit_code == 2
    assert "LEADGRAPH_SECRET" in result.stderr
    assert "hunter2" not in result.output


def test_a_database_out_of_reach_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """HARDENING 10, 27"""
    monkeypatch.setenv("LEADGRAPH_DATABASE", "postgresql+asyncpg://leadgraph:hunter2@127.0.0.1:1/leadgraph")
    for arguments in (["keys", "list"], ["migrate"]):
        result = command(*arguments)
        assert result.exit_code == 2
        assert "cannot be reached" in result.stderr
        assert "hunter2" not in result.output


NOW = datetime(2026, 2, 8, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("12h", NOW + timedelta(hours=12)),
        ("30m", NOW + timedelta(minutes=30)),
        ("2w", NOW + timedelta(weeks=2)),
        ("2030-12-31", datetime(2031, 1, 1, tzinfo=UTC)),
        ("2030-12-31T18:00:00Z", datetime(2030, 12, 31, 18, tzinfo=UTC)),
        ("2030-12-31T18:00:00+02:00", datetime(2030, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_a_date_a_moment_or_a_span(text: str, expires: datetime) -> None:
    """S3-7: a key works through its last day; the zone, which S3 leaves open, is UTC."""
    assert parse_expiry(text, NOW) == expires


@pytest.mark.parametrize(
    "text", ["", "90", "d", "-1d", "999999w", "2030-02-30", "9999-12-31", "2030-12-31T18:00", "12.5h"]
)
def test_other_texts_are_no_expiry(text: str) -> None:
    with pytest.raises(BadUserInput):
        parse_expiry(text, NOW)
