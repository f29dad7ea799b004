"""`python -m app export`: what a key may read, nothing else, in a bounded number of records at a time."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from app.__main__ import cli
from app.domain.api_key import ApiKey
from app.graph.executor import Executor
from app.resource import table_of
from tests.seeding import opened
from tests.serving import World

Run = Callable[..., Result]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The export command, on the world, in an empty directory."""
    monkeypatch.setenv("LEADGRAPH_DATABASE", world.url)
    directory = tmp_path / "empty"
    directory.mkdir()
    monkeypatch.chdir(directory)

    def invoke(*arguments: str, key: str | None = "all") -> Result:
        given = ["--key", world.keys[key][0]] if key else []
        return CliRunner().invoke(cli, ["export", *arguments, *given], catch_exceptions=False)

    return invoke


def table(done: Result) -> list[dict[str, str]]:
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))


def objects(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_records_are_exported_as_csv(run: Run) -> None:
    done = run("contacts")
    rows = table(done)
    assert done.stderr == "5 contacts exported.\n"
    assert {row["firstName"] for row in rows} == {"Ada", "Bob", "Cy", "Dee", ""}
    (ada,) = [row for row in rows if row["firstName"] == "Ada"]
    assert (ada["email"], ada["score"], ada["status"]) == ("ada@initech.test", "90", "QUALIFIED")
    assert json.loads(ada["customFields"]) == {"budget": 5000, "shoe": {"size": 38}}
    assert ada["createdAt"].endswith("Z")


def test_records_are_exported_as_json_lines(run: Run) -> None:
    rows = objects(
        run("contacts", "--format", "jsonl", "--fields", "firstName,company.name,tags.totalCount,customFields")
    )
    assert {"firstName": "Dee", "company": None, "tags": {"totalCount": 0}, "customFields": {}} in rows
    assert [row["company"] for row in rows if row["firstName"] == "Ada"] == [{"name": "Initech"}]


def test_a_filter_finds_what_is_exported(run: Run) -> None:
    rows = table(run("contacts", "--filter", '{"score": {"eq": 40}}', "--fields", "firstName, company.name"))
    assert sorted(tuple(row.items()) for row in rows) == [
        (("firstName", "Bob"), ("company.name", "Initech")),
        (("firstName", "Cy"), ("company.name", "Umbrella Ürün")),
    ]


def test_all_pages_are_exported_one_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table(run("contacts"))
    monkeypatch.setenv("LEADGRAPH_MAX_PAGE_SIZE", "2")
    monkeypatch.setenv("LEADGRAPH_DEFAULT_PAGE_SIZE", "2")
    execute, pages = Executor.execute, []

    async def note(*arguments: Any) -> Any:
        answer = await execute(*arguments)
        pages.append(len(answer["data"]["page"]["nodes"]))
        return answer

    monkeypatch.setattr(Executor, "execute", note)
    assert table(run("contacts")) == whole
    assert pages == [2, 2, 1]


def test_only_what_the_key_may_read_is_exported(run: Run) -> None:
    """HARDENING 4: neither other fields, nor those of records it may not read, nor another workspace's."""
    told = "There is no field 'company.name' of one record that may be read with these scopes."
    refused = run("contacts", "--fields", "email,company.name", key="contacts")
    assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", f"Error: {told}\n")
    refused = run("companies", key="contacts")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "companies may not be read with these scopes" in refused.stderr
    assert {row["firstName"] for row in table(run("contacts", key="foreign"))} == {"Eve", "Mallory"}
    refused = run("contacts", "--filter", '{"company": {"name": {"eq": "Initech"}}}', key="contacts")
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_scopes_are_given_to_a_key_that_is_revoked_at_the_end(run: Run, world: World) -> None:
    rows = table(run("contacts", "--scopes", "contacts:read", "--workspace", "globex", key=None))
    assert {row["firstName"] for row in rows} == {"Eve", "Mallory"}
    refused = run("companies", "--scopes", "contacts:read", "--workspace", "globex", key=None)
    assert refused.exit_code == 2

    async def made() -> list[Any]:
        keys = table_of(ApiKey)
        async with opened(world.url) as database, database.engine.connect() as connection:
            wanted = select(keys.c.state, keys.c.scopes).where(keys.c.name == "Export")
            return [tuple(row) for row in await connection.execute(wanted)]

    assert asyncio.run(made()) == [("revoked", ["contacts:read"])] * 2


def test_an_output_file_is_there_when_all_is_in_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("contacts", "--output", "all.csv", "--fields", "firstName")
    assert (done.exit_code, done.stdout) == (0, "")
    whole = Path("all.csv").read_text(encoding="utf-8")
    assert len(whole.splitlines()) == 6
    refused = run("contacts", "--output", "all.csv", "--filter", '{"nothing": 1}')
    assert refused.exit_code == 2
    assert Path("all.csv").read_text(encoding="utf-8") == whole
    assert [path.name for path in Path().iterdir()] == ["all.csv"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["people"], "There are no 'people' to export; there are: apiKeys, auditLog"),
        (["contacts", "--filter", "{"], "--filter takes JSON"),
        (["contacts", "--filter", "[1]"], "filter"),
        (["contacts", "--fields", "email,"], "There is no field ''"),
        (["contacts", "--fields", "id } } evil { x"], "There is no field 'id } } evil { x'"),
        (["contacts", "--fields", "tags.nodes.name"], "There is no field 'tags.nodes.name' of one record"),
        (["contacts", "--fields", "company"], "The field 'company' is no plain value"),
        (["contacts", "--scopes", "contacts:read"], "with --key or with --scopes"),
        (["contacts", "--output", "nowhere/x.csv"], "nowhere/x.csv.part: No such file or directory"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_exit_code_2(run: Run, arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_key_of_nothing_is_refused(run: Run) -> None:
    done = run("contacts", "--key", "lgk_live_nothing", key=None)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
