"""Importing rows: what is created, updated, left alone and refused, the same on both databases (X32)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalog import Noun
from app.domain import CATALOG
from app.store.fold import search_text
from app.store.identity import IdCodec
from app.store.reading import Database
from app.write import csv_import
from app.write.csv_columns import Columns, match_columns
from app.write.csv_file import Row, open_csv
from app.write.csv_import import CsvImport, Summary
from app.write.csv_record import Refuse
from app.write.transaction import Actor, Writes
from tests.seeding import add_workspace, opened

DATA = Path(__file__).parent / "data"
CONTACT, COMPANY, EVENT = (CATALOG.nouns[name] for name in ("Contact", "Company", "Event"))
WRITES = Writes(CATALOG, IdCodec("a secret of the tests"), EVENT.table)

Refusals = list[tuple[int, str, str]]


class Importer:
    """Imports texts into one workspace."""

    def __init__(self, database: Database, workspace_id: int) -> None:
        self.database = database
        self.workspace_id = workspace_id
        self.refusals: Refusals = []

    async def __call__(
        self, header: str, *lines: str, noun: Noun = CONTACT, dry_run: bool = False, **options: Any
    ) -> tuple[int, int, int, int]:
        """Counts of created, updated, unchanged, refused rows."""
        columns = match_columns(noun, header.split(","), **options)
        rows = (Row(number, line.split(",")) for number, line in enumerate(lines, start=2))
        self.refusals = []
        work = self.work(noun, columns, lambda *said: self.refusals.append(said))
        summary = Summary()
        await work.run(self.database, rows, summary, dry_run=dry_run)
        assert summary.rows == len(lines)
        return summary.created, summary.updated, summary.unchanged, summary.refused

    def work(self, noun: Noun, columns: Columns, refuse: Refuse) -> CsvImport:
        return CsvImport(WRITES, noun, Actor(self.workspace_id, request_id="import"), columns, refuse)

    async def rows(self, *fields: str, noun: Noun = CONTACT) -> list[tuple[Any, ...]]:
        table = noun.table
        columns = [table.c[field] for field in fields]
        async with self.database.engine.connect() as connection:
            found = select(*columns).where(table.c.workspace_id == self.workspace_id).order_by(table.c.id)
            return [tuple(row) for row in await connection.execute(found)]


def fail(line: int, column: str, reason: str) -> None:
    pytest.fail(f"{line} {column} {reason}")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows are several batches."""
    monkeypatch.setattr(csv_import, "BATCH_ROWS", 3)


@pytest.fixture(params=[False, True], ids=["real", "rehearsed"])
def rehearsed(request: pytest.FixtureRequest) -> Iterator[bool]:
    return request.param  # type: ignore[no-any-return]


async def test_rows_become_records_with_defaults(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        assert await importer("email,firstName,score,status", "a@example.org,Ada,7,qualified", ",Bob,,") == (2, 0, 0, 0)
        fields = ("email", "first_name", "score", "status", "source", "custom_fields", "version", "search_text")
        assert await importer.rows(*fields) == [
            ("a@example.org", "Ada", 7, "qualified", "api", {}, 1, search_text("Ada", "a@example.org")),
            (None, "Bob", 0, "new", "api", {}, 1, search_text("Bob")),
        ]
        [(created, updated), _] = await importer.rows("created_at", "updated_at")
        assert created == updated


async def test_without_a_key_every_row_is_new(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        for _ in range(2):
            assert await importer("email", "a@example.org", "a@example.org") == (2, 0, 0, 0)
        assert len(await importer.rows("id")) == 4


async def test_a_repeated_import_changes_nothing(database_url: str) -> None:
    lines = [f"a{number}@example.org,{number},x{number}" for number in range(8)]
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        options: dict[str, Any] = {"key": "email", "rest_as_custom_fields": True}
        assert await importer("email,score,city", *lines, **options) == (8, 0, 0, 0)
        everything = [column.name for column in CONTACT.table.columns]
        before = await importer.rows(*everything)
        assert await importer("email,score,city", *lines, **options) == (0, 0, 8, 0)
        assert await importer.rows(*everything) == before


async def test_a_row_updates_the_record_with_its_key(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("externalId,firstName,phone", "1,Ada,555-1", "2,Bob,555-2", key="externalId")
        [(before, _)] = [row for row in await importer.rows("updated_at", "external_id") if row[1] == "1"]
        assert await importer("externalId,firstName,phone", "1,Adélie,555-1", "2,Bob,555-2", key="externalId") == (
            0,
            1,
            1,
            0,
        )
        fields = ("external_id", "first_name", "phone", "version", "search_text")
        assert await importer.rows(*fields) == [
            ("1", "Adélie", "555-1", 2, search_text("Adélie", "555-1")),
            ("2", "Bob", "555-2", 1, search_text("Bob", "555-2")),
        ]
        after = dict(await importer.rows("external_id", "updated_at"))
        assert after["1"] > before
        assert after["2"] == before


async def test_every_record_that_is_made_or_changed_leaves_an_event(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("externalId,firstName", "1,Ada", "2,Bob", key="externalId")
        await importer("externalId,firstName", "1,Ada", "2,Ben", key="externalId")
        fields = ("type", "request_id", "key_prefix", "subject_type", "subject_id", "changes")
        events = await importer.rows(*fields, noun=EVENT)
        base = WRITES.ids.base(CONTACT.number)
        first, second = (base + key for (key,) in await importer.rows("id"))
        assert [event[:5] for event in events] == [
            ("contact.created", "import", None, "Contact", first),
            ("contact.created", "import", None, "Contact", second),
            ("contact.updated", "import", None, "Contact", second),
        ]
        assert events[0][5]["firstName"] == {"old": None, "new": "Ada"}
        assert events[2][5] == {"firstName": {"old": "Bob", "new": "Ben"}}


async def test_a_dry_run_leaves_no_event(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        assert await importer("firstName", "Ada", dry_run=True) == (1, 0, 0, 0)
        assert await importer.rows("id", noun=EVENT) == []


async def test_a_row_is_held_to_the_rules_of_its_fields(database_url: str, rehearsed: bool) -> None:
    """S4-33: whatever the API refuses, line by line."""
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        done = await importer("firstName,Tel", "Ada,555-1", "Bob,call me", mapping={"Tel": "phone"}, dry_run=rehearsed)
        assert done == (1, 0, 0, 1)
        [(line, column, reason)] = importer.refusals
        assert (line, column) == (3, "Tel")
        assert reason.startswith("'call me' is refused: This must be a telephone number")


async def test_a_taken_external_id_refuses_its_row_alone(database_url: str, rehearsed: bool) -> None:
    """Taken in the database, by another row of the batch, and by one of an earlier batch."""
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("email,externalId", "old@example.org,1")
        lines = ["a@example.org,1", "b@example.org,2", "c@example.org,2", "d@example.org,3", "e@example.org,2"]
        done = await importer("email,No", *lines, mapping={"No": "externalId"}, key="email", dry_run=rehearsed)
        assert done == (2, 0, 0, 3)
        assert [(line, column) for line, column, _ in importer.refusals] == [(2, "No"), (4, "No"), (6, "No")]
        kept = await importer.rows("email", "external_id")
        made = [("b@example.org", "2"), ("d@example.org", "3")]
        assert kept == [("old@example.org", "1"), *([] if rehearsed else made)]


async def test_custom_fields_that_are_too_large_together_are_refused(database_url: str, rehearsed: bool) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        options: dict[str, Any] = {"rest_as_custom_fields": True, "key": "email", "dry_run": rehearsed}
        done = await importer("email,a,b", f"a@example.org,{'x' * 40_000},{'y' * 40_000}", **options)
        assert done == (0, 0, 0, 1)
        [(line, column, reason)] = importer.refusals
        assert (line, column) == (2, "customFields")
        assert "65536 bytes" in reason


async def test_an_update_finds_the_words_that_the_file_does_not_have(database_url: str) -> None:
    """The search text is made of all searched fields, not of the imported ones."""
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("externalId,firstName,email", "1,Ada,a@example.org", key="externalId")
        await importer("externalId,lastName", "1,Lovelace", key="externalId")
        assert await importer.rows("search_text") == [(search_text("Ada", "Lovelace", "a@example.org"),)]


async def test_an_empty_cell_leaves_what_there_is(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        options: dict[str, Any] = {"key": "externalId", "rest_as_custom_fields": True}
        await importer("externalId,firstName,score,city,zip", "1,Ada,7,London,N1", **options)
        assert await importer("externalId,firstName,score,city,zip", "1,,,,", **options) == (0, 0, 1, 0)
        assert await importer("externalId,firstName,score,city,zip", "1,,8,,E1", **options) == (0, 1, 0, 0)
        assert await importer.rows("first_name", "score", "custom_fields") == [
            ("Ada", 8, {"city": "London", "zip": "E1"})
        ]


async def test_custom_fields_are_merged_in_the_order_of_the_file(database_url: str) -> None:
    """S4-37"""
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        options: dict[str, Any] = {"key": "email", "rest_as_custom_fields": True}
        await importer("email,z,a", "a@example.org,1,2", **options)
        await importer("email,m", "a@example.org,3", **options)
        [(fields,)] = await importer.rows("custom_fields")
        assert list(fields.items()) == [("z", "1"), ("a", "2"), ("m", "3")]


async def test_a_later_row_with_the_same_key_updates(database_url: str, rehearsed: bool) -> None:
    """In the same batch and in a later one; a dry run counts the same."""
    lines = ["1,Ada", "2,Bob", "1,Ada", "1,Eve", "3,Cy", "2,Bob", "2,Ben", "1,Eve"]
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        done = await importer("externalId,firstName", *lines, key="externalId", dry_run=rehearsed)
        assert done == (3, 2, 3, 0)
        kept = await importer.rows("external_id", "first_name", "version")
        assert kept == ([] if rehearsed else [("1", "Eve", 2), ("2", "Ben", 2), ("3", "Cy", 1)])


async def test_a_dry_run_counts_like_the_import_and_writes_nothing(database_url: str) -> None:
    lines = ["1,Ada", "2,Bo", "x,", "1,Eve", ",No", "4,Dan", "2,Bo", "5,Eli"]
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("externalId,firstName", "1,Ada", "4,Don", key="externalId")
        everything = [column.name for column in CONTACT.table.columns]
        before = await importer.rows(*everything)
        rehearsal = await importer("externalId,firstName", *lines, key="externalId", dry_run=True)
        refusals = importer.refusals
        assert await importer.rows(*everything) == before
        assert await importer("externalId,firstName", *lines, key="externalId") == rehearsal == (3, 2, 2, 1)
        assert importer.refusals == refusals


async def test_a_refused_row_is_told_with_line_column_and_reason(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        done = await importer(
            "E-Mail,score,status,city",
            "good@example.org,1,new,x",
            "bad,101,old,x",
            "more@example.org,1,new,x,y",
            "nul@example.org,1,new,a\0b",
            ",,,",
            "short@example.org",
            rest_as_custom_fields=True,
        )
        assert done == (2, 0, 0, 4)
        assert [(line, column) for line, column, _ in importer.refusals] == [
            (3, "E-Mail"),
            (3, "score"),
            (3, "status"),
            (4, ""),
            (5, "city"),
            (6, ""),
        ]
        assert importer.refusals[1][2] == "'101' is not from 0 to 100"
        assert importer.refusals[3][2] == "has 5 cells; the header has 4"
        assert importer.refusals[4][2] == r"'a\x00b' contains the NUL character (U+0000)"
        assert importer.refusals[5][2] == "has no values"
        assert [email for (email,) in await importer.rows("email")] == ["good@example.org", "short@example.org"]


async def test_a_long_text_is_not_repeated_in_a_reason(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("firstName", "x" * 100_000)
        assert len(importer.refusals[0][2]) < 100


async def test_a_row_without_key_is_refused(database_url: str) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        assert await importer("email,firstName", ",Ada", "  ,Bob", key="email") == (0, 0, 0, 2)
        assert importer.refusals[0] == (2, "email", "is empty; it is the key")


async def test_a_new_record_needs_its_required_fields_and_an_update_does_not(
    database_url: str, rehearsed: bool
) -> None:
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("externalId,name", "1,Acme", noun=COMPANY, key="externalId")
        lines = ["1,,10", "2,,20", "3,Globex,30"]
        done = await importer(
            "externalId,Firm,size", *lines, noun=COMPANY, key="externalId", mapping={"Firm": "name"}, dry_run=rehearsed
        )
        assert done == (1, 1, 0, 1)
        assert importer.refusals == [(3, "Firm", "is empty; a new Company needs it")]


async def test_a_key_of_several_records_is_refused(database_url: str, rehearsed: bool) -> None:
    """S4-38: duplicates may exist; a file cannot say which one it means."""
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        await importer("email,firstName", "a@example.org,One", "a@example.org,Two")
        done = await importer("email,firstName", "a@example.org,Three", key="email", dry_run=rehearsed)
        assert done == (0, 0, 0, 1)
        assert importer.refusals == [(2, "email", "'a@example.org' is in several records")]
        assert await importer.rows("first_name") == [("One",), ("Two",)]


async def test_another_workspace_is_neither_found_nor_changed(database_url: str) -> None:
    async with opened(database_url) as database:
        mine = Importer(database, await add_workspace(database))
        theirs = Importer(database, await add_workspace(database, "stranger"))
        await theirs("email,firstName", "a@example.org,Theirs", key="email")
        assert await mine("email,firstName", "a@example.org,Mine", key="email") == (1, 0, 0, 0)
        assert await theirs.rows("first_name", "version") == [("Theirs", 1)]


async def test_each_batch_is_committed_as_a_whole(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails takes its batch along and leaves the earlier ones; the summary counts those alone."""
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        summary = Summary()

        def rows() -> Iterator[Row]:
            yield from (Row(number, [f"{number}"]) for number in range(2, 8))
            raise RuntimeError("the disk is gone")

        work = Importer(database, workspace).work(CONTACT, match_columns(CONTACT, ["firstName"]), fail)
        with pytest.raises(RuntimeError):
            await work.run(database, rows(), summary)
        assert (summary.created, summary.last_line, summary.stopped) == (6, 7, False)
        assert len(await Importer(database, workspace).rows("id")) == 6


async def test_an_interrupted_import_ends_after_a_batch(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        summary = Summary()
        answers = iter([False, False, True])
        work = Importer(database, workspace).work(CONTACT, match_columns(CONTACT, ["firstName"]), fail)
        rows = (Row(number, ["x"]) for number in range(2, 20))
        await work.run(database, rows, summary, is_stopped=lambda: next(answers))
        assert (summary.created, summary.last_line, summary.stopped) == (6, 7, True)
        assert len(await Importer(database, workspace).rows("id")) == 6


async def test_a_batch_is_bounded_by_its_characters_too(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_import, "BATCH_CHARACTERS", 100)
    sizes = [len(batch) for batch in csv_import._batches(Row(number, ["x" * 60]) for number in range(5))]
    assert sizes == [2, 2, 1]


async def test_legislators_are_imported_with_accents_and_custom_fields(database_url: str) -> None:
    file = open_csv(DATA / "legislators.csv")
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        columns = match_columns(
            CONTACT, file.header, mapping={"bioguide_id": "externalId"}, key="externalId", rest_as_custom_fields=True
        )
        for created in (24, 0):
            summary = Summary()
            await importer.work(CONTACT, columns, fail).run(database, file.rows(), summary)
            assert (summary.created, summary.unchanged, summary.refused) == (created, 24 - created, 0)
        rows = {
            row[0]: row for row in await importer.rows("last_name", "email", "phone", "custom_fields", "search_text")
        }
        _, email, phone, custom, searched = rows["Velázquez"]
        assert (email, phone) == (None, "202-225-2361")
        assert custom["full_name"] == "Nydia M. Velázquez"
        assert "suffix" not in custom
        assert " velazquez" in searched


async def test_companies_are_imported(database_url: str) -> None:
    file = open_csv(DATA / "companies.csv")
    mapping = {
        "Symbol": "externalId",
        "Security": "name",
        "GICS Sector": "industry",
        "Headquarters Location": "location",
    }
    async with opened(database_url) as database:
        importer = Importer(database, await add_workspace(database))
        columns = match_columns(COMPANY, file.header, mapping=mapping, key="externalId", rest_as_custom_fields=True)
        summary = Summary()
        await importer.work(COMPANY, columns, fail).run(database, file.rows(), summary)
        assert (summary.created, summary.refused) == (25, 0)
        rows = dict(await importer.rows("external_id", "location", noun=COMPANY))
        assert rows["MMM"] == "Saint Paul, Minnesota"
