"""`python -m app import`: options, report, exit codes."""

import asyncio
import csv
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, select
from typer.testing import CliRunner, Result

from app.__main__ import cli
from app.domain.contact import Contact
from app.domain.custom_field import CustomField, CustomFieldEntity, CustomFieldType
from app.domain.event import Event
from app.errors import Unavailable
from app.resource import table_of
from app.write import csv_import
from app.write.upsert import Records
from tests.seeding import add_workspace, opened

Run = Callable[..., Result]
CONTACT, EVENT = table_of(Contact), table_of(Event)


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The import command, on a database with the workspace acme, in an empty directory."""

    async def prepare() -> None:
        async with opened(sqlite_url) as database:
            await add_workspace(database)

    asyncio.run(prepare())
    monkeypatch.setenv("LEADGRAPH_DATABASE", sqlite_url)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, ["import", *arguments], catch_exceptions=False)


def rows(url: str, table: Table) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        async with opened(url) as database, database.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(select(table))).mappings()]

    return asyncio.run(read())


def contacts(url: str) -> list[dict[str, Any]]:
    return rows(url, CONTACT)


def test_good_rows_are_imported_as_imported(run: Run, sqlite_url: str) -> None:
    Path("people.csv").write_text("E-mail;First name\na@example.org;Ada\nb@example.org;Bob\n", encoding="utf-8")
    done = run("contacts", "people.csv", "--workspace", "acme")
    assert done.exit_code == 0
    counts, told = done.stdout.splitlines()
    assert counts == "2 rows: 2 created, 0 updated, 0 unchanged, 0 refused. (utf-8, delimiter ';')"
    events = rows(sqlite_url, EVENT)
    assert told == f"In the audit log it has the request id {events[0]['request_id']}."
    assert [(event["type"], event["request_id"]) for event in events] == [
        ("contact.created", events[0]["request_id"])
    ] * 2
    assert {(row["email"], row["source"]) for row in contacts(sqlite_url)} == {
        ("a@example.org", "import"),
        ("b@example.org", "import"),
    }


def test_refused_rows_are_shown_and_the_good_ones_kept(run: Run, sqlite_url: str) -> None:
    Path("people.csv").write_text("email,score,x\na@example.org,1,\nbad,200,\n", encoding="utf-8")
    done = run("contacts", "people.csv")
    assert done.exit_code == 1
    assert "Line 3, score: '200' is not from 0 to 100" in done.stderr
    assert "Line 3, email: 'bad' is not an e-mail address" in done.stderr
    assert "Columns not imported: x." in done.stdout
    assert "1 created, 0 updated, 0 unchanged, 1 refused" in done.stdout
    assert len(contacts(sqlite_url)) == 1


def test_all_refusals_stand_in_the_file_of_errors(run: Run) -> None:
    Path("people.csv").write_text("email\n" + "bad\n" * 50, encoding="utf-8")
    done = run("contacts", "people.csv", "--errors", "errors.csv")
    assert done.exit_code == 1
    assert "… and 30 more: they are in errors.csv." in done.stderr
    with Path("errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "column", "reason"]
    assert rows[1][:2] == ["2", "email"]
    assert len(rows) == 51
    assert "--errors FILE lists them" in run("contacts", "people.csv").stderr


def test_a_dry_run_writes_nothing(run: Run, sqlite_url: str) -> None:
    Path("people.csv").write_text("email\na@example.org\na@example.org\n", encoding="utf-8")
    done = run("contacts", "people.csv", "--key", "email", "--dry-run")
    assert done.exit_code == 0
    assert done.stdout.startswith("Dry run, nothing was written: 2 rows: 1 created, 0 updated, 1 unchanged")
    assert contacts(sqlite_url) == []


def test_columns_are_mapped_and_the_rest_kept(run: Run, sqlite_url: str) -> None:
    Path("people.csv").write_text("id=,given,town,x\n7,Ada,London,y\n", encoding="utf-8")
    options = ["--map", "id==externalId", "--map", "given=firstName", "--map", "x=", "--rest-as-custom-fields"]
    done = run("contacts", "people.csv", *options, "--key", "externalId")
    assert done.exit_code == 0, done.output
    [row] = contacts(sqlite_url)
    assert (row["external_id"], row["first_name"], row["custom_fields"]) == ("7", "Ada", {"town": "London"})


def test_custom_fields_are_read_as_they_are_defined(run: Run, sqlite_url: str) -> None:
    """What is defined for companies, or was retired, says nothing of contacts."""
    now = datetime.now(UTC)
    defined: list[dict[str, Any]] = [
        {"key": "budget", "type": CustomFieldType.NUMBER},
        {"key": "vip", "type": CustomFieldType.BOOLEAN},
        {"key": "topics", "type": CustomFieldType.MULTI, "options": ["red", "green\x1b[2J", "blue"]},
        {"key": "zip", "type": CustomFieldType.NUMBER, "entity": CustomFieldEntity.COMPANY},
        {"key": "floor", "type": CustomFieldType.NUMBER, "retired_at": now},
    ]

    async def define() -> None:
        async with opened(sqlite_url) as database, database.engine.begin() as connection:
            for each in defined:
                field = CustomField(workspace_id=1, label=each["key"], **each)
                await connection.execute(insert(table_of(CustomField)).values(field.model_dump(exclude={"id"})))

    asyncio.run(define())
    lines = ["email,budget,vip,topics,zip,floor", "a@example.org,12.5,Yes,red; blue,01234,3"]
    lines += ["b@example.org,1e5,1,red,1,1", "c@example.org,7,0,pink,1,1"]
    Path("people.csv").write_text("\n".join(lines), encoding="utf-8")
    done = run("contacts", "people.csv", "--rest-as-custom-fields")
    assert "Line 3, budget: '1e5' is not a number" in done.stderr
    assert "Line 4, topics: This must be a list of different ones of red, green\ufffd[2J, blue." in done.stderr
    [row] = contacts(sqlite_url)
    expected = {"budget": 12.5, "vip": True, "topics": ["red", "blue"], "zip": "01234", "floor": "3"}
    assert row["custom_fields"] == expected


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (None, [], "There is no file people.csv."),
        ("", [], "people.csv is empty."),
        ("email\n", [], "has a header and no rows"),
        ("a,b\n1,2\n", [], "No column is a field of Contact"),
        ("email,email\na,b\n", [], "Two columns have the header 'email'"),
        ("email\na@example.org\n", ["--map", "email"], "--map takes COLUMN=FIELD, not 'email'"),
        ("email\na@example.org\n", ["--map", "email=a", "--map", "email=b"], "--map names the column 'email' twice"),
        ("email\na@example.org\n", ["--map", "mail=email"], "There is no column 'mail'"),
        ("email\na@example.org\n", ["--map", "email=nothing"], "Contact has no field 'nothing'"),
        ("email\na@example.org\n", ["--map", "email=duplicateStatus"], "has no field 'duplicateStatus' to import"),
        ("email\na@example.org\n", ["--key", "phone"], "The key 'phone' is not among"),
        ("email\na@example.org\n", ["--encoding", "klingon"], "is not an encoding"),
        ("email\né@example.org\n", ["--encoding", "ascii"], "Line 2, byte 6: 0xC3 is not ascii. Nothing was imported"),
        ("email\na@example.org\n", ["--delimiter", "||"], "is not a delimiter"),
        ("email\na@example.org\n", ["--workspace", "none"], "There is no workspace 'none'; there are: acme."),
        ("email\na@example.org\n", ["--errors", "people.csv"], "would replace the file that is imported"),
        ("email\na@example.org\n", ["--errors", "nowhere/errors.csv"], "nowhere/errors.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_started_is_refused_with_exit_code_2(
    run: Run, sqlite_url: str, content: str | None, options: list[str], told: str
) -> None:
    if content is not None:
        Path("people.csv").write_text(content, encoding="utf-8")
    done = run("contacts", "people.csv", *options)
    assert told in done.stderr
    assert done.exit_code == 2
    assert done.stdout == ""
    assert contacts(sqlite_url) == []
    if content is not None:
        assert Path("people.csv").read_text(encoding="utf-8") == content


def test_an_interrupted_import_says_what_was_done(run: Run, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_import, "BATCH_ROWS", 10)
    save = Records.save

    async def save_and_interrupt(*arguments: Any) -> Any:
        changed = await save(*arguments)
        os.kill(os.getpid(), signal.SIGINT)
        return changed

    monkeypatch.setattr(Records, "save", save_and_interrupt)
    lines = "".join(f"a{number}@example.org\n" for number in range(35))
    Path("people.csv").write_text(f"email\n{lines}", encoding="utf-8")
    done = run("contacts", "people.csv", "--key", "email")
    assert done.exit_code == 130
    assert "Interrupted after line 11: this is what was done until there.\n10 rows: 10 created" in done.stdout
    assert len(contacts(sqlite_url)) == 10
    monkeypatch.undo()
    monkeypatch.setenv("LEADGRAPH_DATABASE", sqlite_url)
    rest = run("contacts", str(Path(sqlite_url.partition("///")[2]).parent / "people.csv"), "--key", "email")
    assert rest.exit_code == 0
    assert "35 rows: 25 created, 0 updated, 10 unchanged" in rest.stdout


def test_an_import_that_breaks_off_says_what_was_done(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """HARDENING (b): what was not acknowledged happened wholly or not at all."""
    monkeypatch.setattr(csv_import, "BATCH_ROWS", 10)
    save, calls = Records.save, []

    async def save_once(*arguments: Any) -> Any:
        calls.append(arguments)
        changed = await save(*arguments)
        if len(calls) > 1:
            raise Unavailable
        return changed

    monkeypatch.setattr(Records, "save", save_once)
    Path("people.csv").write_text("email\n" + "a@example.org\n" * 35, encoding="utf-8")
    done = run("contacts", "people.csv")
    assert done.exit_code == 2
    assert "The database cannot be reached" in done.stderr
    assert "10 rows: 10 created" in done.stdout


def test_the_exit_codes_are_documented(run: Run) -> None:
    assert "Exit code: 0 when every row was imported, 1 when rows were refused" in " ".join(
        run("--help").stdout.split()
    )
