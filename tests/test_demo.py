"""The demo: the same data on every machine and both databases, and a story without contradictions."""

import asyncio
import io
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Table, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from app.demo import load, load_demo
from app.demo.calendar import REFERENCE
from app.demo.progress import show_progress
from app.demo.scene import DYNAMIC_LISTS
from app.demo.write import Writer
from app.domain import CATALOG
from app.domain.tag import Tag
from app.resource import table_of
from app.settings import Settings
from app.store.fold import search_text
from app.store.identity import IdCodec
from app.store.session import transaction
from app.store.types import Kind
from tests.seeding import add_workspace, opened

TODAY = datetime(2026, 11, 21, tzinfo=UTC)
AHEAD = {("task", "due_at"), ("message", "scheduled_at"), ("enrollment", "next_run_at")}
TABLES = SQLModel.metadata.tables

Dump = dict[str, list[tuple[Any, ...]]]


async def dump(url: str) -> Dump:
    async with opened(url) as database, database.engine.connect() as connection:
        return {
            name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in TABLES.items()
        }


@pytest.fixture(scope="module")
def loaded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the demo, for tests that only read it."""
    url = f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('demo') / 'demo.db')}"
    assert asyncio.run(load_demo(Settings(database=url), 300, today=TODAY))
    return url


@pytest.fixture(scope="module")
def story(loaded: str) -> Dump:
    return asyncio.run(dump(loaded))


def rows(story: Dump, name: str) -> Iterator[dict[str, Any]]:
    for row in story[name]:
        yield dict(zip(TABLES[name].columns.keys(), row, strict=True))


async def counts(connection: AsyncConnection) -> dict[str, int]:
    return {
        name: await connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in TABLES.items()
    }


async def test_every_load_gives_the_same_data(database_url: str, story: Dump) -> None:
    assert await load_demo(Settings(database=database_url), 300, today=TODAY)
    assert await dump(database_url) == story


async def test_a_load_without_indexes_gives_the_same_data(
    database_url: str, story: Dump, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MANY", 1)
    assert await load_demo(Settings(database=database_url), 300, today=TODAY)
    assert await dump(database_url) == story


async def test_only_what_lies_ahead_depends_on_the_day(sqlite_url: str, story: Dump) -> None:
    await load_demo(Settings(database=sqlite_url), 300, today=TODAY + timedelta(days=100))
    later = await dump(sqlite_url)
    changed = {
        (name, column)
        for name in TABLES
        for old, new in zip(rows(story, name), rows(later, name), strict=True)
        for column in old
        if old[column] != new[column]
    }
    assert changed == AHEAD


async def test_an_existing_workspace_is_kept(database_url: str) -> None:
    assert await load_demo(Settings(database=database_url), 20)
    async with opened(database_url) as database, database.engine.begin() as connection:
        await connection.execute(TABLES["contact"].update().where(text("id = 1")).values(first_name="Changed"))
    before = await dump(database_url)
    assert not await load_demo(Settings(database=database_url), 5_000)
    assert await dump(database_url) == before


async def test_two_loaders_load_once(database_url: str) -> None:
    loads = (load_demo(Settings(database=database_url), 20) for _ in range(2))
    assert sorted(await asyncio.gather(*loads)) == [False, True]


async def test_columns_that_no_row_has_are_null(database_url: str) -> None:
    """A field that is new to a noun need not be known to the demo."""
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        dated = dict.fromkeys(("created_at", "updated_at"), TODAY)
        async with transaction(database) as tx:
            writer = Writer(tx.connection)
            assert await writer.add(Tag, []) == []
            await writer.add(Tag, [{"workspace_id": workspace, "name": "plain", **dated}])
            stored = (await tx.connection.execute(select(table_of(Tag)))).one()
    assert (stored.name, stored.color, stored.version) == ("plain", None, 1)


async def test_a_failed_load_leaves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(done: int, total: int) -> None:
        raise InterruptedError

    monkeypatch.setattr(load, "MANY", 1)
    with pytest.raises(InterruptedError):
        await load_demo(Settings(database=database_url), 20, fail)
    async with opened(database_url) as database, database.engine.connect() as connection:
        assert set((await counts(connection)).values()) == {0}
    assert await load_demo(Settings(database=database_url), 20)


async def test_new_rows_follow_the_loaded_ones(database_url: str) -> None:
    """The ids of the load are used up: the next insert gets one of its own."""
    await load_demo(Settings(database=database_url), 20)
    tag = TABLES["tag"]
    async with opened(database_url) as database, database.engine.begin() as connection:
        highest = await connection.scalar(select(func.max(tag.c.id)))
        row = {"workspace_id": 1, "name": "New", "color": None, "created_at": TODAY, "updated_at": TODAY, "version": 1}
        added = await connection.execute(tag.insert().values(row).returning(tag.c.id))
        assert added.scalar_one() == (highest or 0) + 1


def foreign_keys() -> list[tuple[Table, str, Table]]:
    """Those of rows that are of a workspace, or of two records; what is of one alone is where that is."""
    return [
        (table, key.parent.name, key.column.table)
        for table in TABLES.values()
        if "workspace_id" in table.c or len(table.foreign_keys) > 1
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table.name != "workspace"
    ]


@pytest.mark.parametrize(
    ("table", "column", "target"), [pytest.param(*key, id=f"{key[0].name}.{key[1]}") for key in foreign_keys()]
)
async def test_nothing_refers_to_another_workspace(loaded: str, table: Table, column: str, target: Table) -> None:
    """X4: no row of a workspace, its sandbox included, leads into another one."""
    near, far = table.alias("near"), target.alias("far")
    if "workspace_id" in near.c:
        owner = near.c.workspace_id
        joined = near.join(far, near.c[column] == far.c.id)
    else:  # a pair: compared with what its other column points to
        other = next(key for key in table.foreign_keys if key.parent.name != column)
        third = other.column.table.alias("third")
        owner = third.c.workspace_id
        joined = near.join(far, near.c[column] == far.c.id).join(third, near.c[other.parent.name] == third.c.id)
    async with opened(loaded) as database, database.engine.connect() as connection:
        strays = select(func.count()).select_from(joined).where(owner != far.c.workspace_id)
        assert await connection.scalar(strays) == 0


async def test_events_tell_changes_as_writing_does(loaded: str, story: Dump) -> None:
    ids, noun = IdCodec(Settings(database=loaded).secret), CATALOG.nouns["Stage"]
    stages = {None, *(ids.encode(ids.base(noun.number) + row["id"]) for row in rows(story, "stage"))}
    emails = {row["id"]: row["email"] for row in rows(story, "contact")}
    seen = set()
    for event in rows(story, "event"):
        seen.add(event["type"])
        if event["type"] == "contact.stage_changed":
            assert list(event["changes"]) == ["stageId"]
            assert stages.issuperset(event["changes"]["stageId"].values())
        else:
            contact = event["subject_id"] - ids.base(CATALOG.nouns["Contact"].number)
            assert event["changes"].get("email", {"new": None})["new"] == emails[contact]
            assert {change["old"] for change in event["changes"].values()} == {None}
    assert seen == {"contact.created", "contact.stage_changed"}


async def test_the_workspaces_are_paired_with_their_sandboxes(story: Dump) -> None:
    workspaces = {row["id"]: row for row in rows(story, "workspace")}
    pairs = {row["slug"]: row["sandbox_id"] and workspaces[row["sandbox_id"]]["slug"] for row in workspaces.values()}
    assert pairs == {"acme": "acme-sandbox", "globex": "globex-sandbox", "acme-sandbox": None, "globex-sandbox": None}
    sizes = [sum(row["workspace_id"] == number for row in rows(story, "contact")) for number in workspaces]
    assert sizes == [300, 30, 20, 20]


def test_every_noun_but_api_keys_has_examples(story: Dump) -> None:
    assert [name for name in sorted(CATALOG.by_table) if not story[name]] == ["api_key"]


def test_every_enum_value_is_a_declared_one(story: Dump) -> None:
    for noun in CATALOG.nouns.values():
        for attribute in noun.attributes.values():
            if attribute.exposure.kind is Kind.ENUM:
                assert attribute.exposure.enum is not None
                used = {row[attribute.column.name] for row in rows(story, noun.table.name)}
                assert used <= {member.value for member in attribute.exposure.enum}, attribute


def test_the_search_text_is_what_is_searched(story: Dump) -> None:
    for noun in CATALOG.nouns.values():
        if noun.resource.search:
            for row in rows(story, noun.table.name):
                assert row["search_text"] == search_text(*(row[column] for column in noun.resource.search))


def test_nothing_is_longer_than_declared(story: Dump) -> None:
    for name, table in TABLES.items():
        limits = {column.name: getattr(column.type, "length", None) for column in table.columns}
        for row in rows(story, name):
            assert all(len(row[key] or "") <= limit for key, limit in limits.items() if limit), row


def test_contacts_are_where_their_moves_end(story: Dump) -> None:
    moves: dict[int, list[dict[str, Any]]] = {}
    for move in rows(story, "stage_move"):
        moves.setdefault(move["contact_id"], []).append(move)
    for contact in rows(story, "contact"):
        steps = moves.get(contact["id"], [])
        assert contact["stage_id"] == (steps[-1]["to_stage_id"] if steps else None)
        assert [step["from_stage_id"] for step in steps] == [None, *(step["to_stage_id"] for step in steps)][
            : len(steps)
        ]
        times = [contact["created_at"], *(step["moved_at"] for step in steps)]
        assert times == sorted(times)


def test_the_times_of_a_message_agree_with_its_status(story: Dump) -> None:
    order = ("created_at", "queued_at", "sent_at", "delivered_at", "opened_at", "replied_at")
    reached = {"sent": "sent_at", "delivered": "delivered_at", "opened": "opened_at", "replied": "replied_at"}
    reached |= {"bounced": "bounced_at", "failed": "failed_at", "scheduled": "scheduled_at", "draft": "created_at"}
    for message in rows(story, "message"):
        times = [message[name] for name in order if message[name]]
        assert times == sorted(times)
        assert message[reached[message["status"]]]
        assert (message["error"] is not None) == (message["status"] in {"bounced", "failed"})
        assert message["channel"] == "email" or message["subject"] is None


def test_every_answer_has_its_inbound_message(story: Dump) -> None:
    answered = {(row["contact_id"], row["replied_at"]) for row in rows(story, "message") if row["replied_at"]}
    arrived = {(row["contact_id"], row["sent_at"]) for row in rows(story, "message") if row["direction"] == "inbound"}
    assert answered == arrived
    assert answered


def test_tasks_are_overdue_due_and_completed(story: Dump) -> None:
    tasks = list(rows(story, "task"))
    assert all((task["completed_at"] is not None) == (task["status"] == "completed") for task in tasks)
    due = [task["due_at"] for task in tasks if task["status"] == "open" and task["due_at"]]
    assert min(due) < TODAY < max(due)


def test_nothing_waits_to_happen_on_the_day_of_loading(story: Dump) -> None:
    """A worker that starts beside the demo finds nothing to do at once."""
    waiting = [row["scheduled_at"] for row in rows(story, "message") if row["status"] == "scheduled"]
    waiting += [row["next_run_at"] for row in rows(story, "enrollment") if row["status"] == "active"]
    assert waiting
    assert min(waiting) > TODAY + timedelta(days=1)
    assert {row["state"] for row in rows(story, "delivery")} == {"succeeded", "failed"}
    assert not {"queued"} & {row["status"] for row in rows(story, "message")}


def test_everything_else_lies_before_the_end_of_the_story(story: Dump) -> None:
    for name in TABLES:
        for row in rows(story, name):
            late = {
                key
                for key, value in row.items()
                if isinstance(value, datetime) and value > REFERENCE + timedelta(hours=1)
            }
            assert {(name, key) for key in late} <= AHEAD
            assert row.get("updated_at", TODAY) >= row.get("created_at", TODAY)


async def test_dynamic_lists_hold_what_their_filter_finds(loaded: str) -> None:
    contact, tag, members = TABLES["contact"], TABLES["tag"], TABLES["contact_list_member"]
    tagged, lists = TABLES["contact_tag"], TABLES["contact_list"]
    vip = select(tagged.c.contact_id).join(tag, tag.c.id == tagged.c.tag_id).where(tag.c.name == "VIP")
    conditions = {
        "Hot and qualified": and_(contact.c.status == "qualified", contact.c.score >= 70),
        "VIPs": contact.c.id.in_(vip),
        "Without e-mail address": and_(contact.c.email.is_(None), contact.c.phone.is_not(None)),
        "Newsletter readers": func.json_extract(contact.c.custom_fields, "$.newsletter") == 1,
    }
    assert list(conditions) == [name for name, _, _ in DYNAMIC_LISTS]
    async with opened(loaded) as database, database.engine.connect() as connection:
        for found in await connection.execute(select(lists).where(lists.c.kind == "dynamic")):
            ours = contact.c.workspace_id == found.workspace_id
            wanted = set(await connection.scalars(select(contact.c.id).where(ours, conditions[found.name])))
            held = select(members.c.contact_id).where(members.c.list_id == found.id)
            assert set(await connection.scalars(held)) == wanted, found.name


def test_scripts_of_the_world_are_there(story: Dump) -> None:
    names = "".join(f"{row['first_name']}{row['last_name']}" for row in rows(story, "contact"))
    assert all(any(low <= char <= high for char in names) for low, high in ("áž", "Ая", "αω", "一龥", "가힣"))
    bodies = "".join(row["body"] for row in rows(story, "message"))
    assert any(char > "\U0001f300" for char in bodies)


@pytest.mark.parametrize("terminal", [True, False])
async def test_progress_is_shown_up_to_the_end(
    sqlite_url: str, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "BATCH", 10)
    output = io.StringIO()
    with show_progress(Console(file=output, force_terminal=terminal, width=80)) as progress:
        await load_demo(Settings(database=sqlite_url), 100, progress)
    if terminal:
        assert "160/160" in output.getvalue()
    else:
        assert output.getvalue().splitlines()[-1] == "160 of 160 contacts"
        assert len(output.getvalue().splitlines()) == 10
