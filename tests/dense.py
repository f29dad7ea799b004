"""A small dataset that is hard to read right: ties, NULLs, Unicode, every type of JSON, times at the edges of buckets.

It holds every noun of the catalog in two workspaces whose rows lie in between one another; some rows link to the other
workspace, which a reader must not follow. The same seed makes the same rows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalog import Noun
from app.domain import CATALOG
from app.resource import Exposure, Many, One, Through
from app.store.fold import search_text
from app.store.identity import IdCodec
from app.store.session import transaction
from app.store.types import Kind
from tests.keys import insert_key
from tests.seeding import opened
from tests.serving import World

WORKSPACES = ("acme", "globex")
KEYS = {
    "all": ("*",),
    "sales": ("contacts:read", "companies:read", "pipelines:read", "tags:read"),
    "campaigns": ("automations:read", "messages:read", "analytics:read", "lists:read", "contacts:read"),
    "office": ("workspace:read", "audit_log:read", "webhooks:manage", "api_keys:manage", "projects:read"),
}
"""Scopes of the keys of acme, by name; "foreign" is one of globex that may do all."""

COUNTS = {"Contact": 32, "Message": 45, "StageMove": 24, "Enrollment": 20, "Task": 20, "Company": 9, "Workspace": 1}

TEXTS = (
    *("Ada", "ada", "Adam", "Zoë", "zoe", "Ångström", "Łukasz", "O'Hara", "von Ärger", "B", "b", "", " ", "%", "_a_"),
    *("back\\slash", 'quo"te', "日本 太郎", "😀 smile", "e\u0301clair", "éclair", "\ue000", "\U00010000", "a@b.test"),
    *("line\nbreak", "100%", "null", "true", "0", "12", "Straße", "STRASSE", "ǅungla", "x" * 60),
)
NUMBERS = (0, 0, 1, 2, 2, 5, 10, 40, 50, 50, 99, 100, 9_999_991, 2**31 - 1)
MOMENTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        *("2023-12-31T23:59:59.999", "2024-01-01T00:00:00.000", "2024-02-29T12:00:00.001", "2024-03-31T23:00:00.000"),
        *("2024-04-01T00:00:00.000", "2024-12-29T22:10:00.500", "2024-12-30T00:00:00.000", "2025-01-05T23:59:59.999"),
        *("2025-01-06T00:00:00.000", "2025-06-15T08:30:00.000", "2025-06-15T08:59:59.999", "2025-06-15T09:00:00.000"),
        *("1969-12-31T23:59:59.999", "0999-05-06T07:08:09.010"),
    )
)
JSON_KEYS = ("budget", "a.b", 'quo"te', "ü", "", "$", "0", "nested key")
JSON_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -7, 2.5, 0.1, 1e300, 2**53 + 1, 2.0**53, "", "1", "true", "Ada", "Zoë", "😀", "%"),
    *([], [1, "two", None], {}, {"b": 1, "a": [{"c": None}]}, "null", -0.5, 12),
)

Row = dict[str, Any]


async def populate(url: str, seed: int = 1, most: int = 100) -> World:
    """Writes the dataset, of at most so many rows a noun and workspace, into a migrated, empty database."""
    random = Random(seed)
    async with opened(url) as database, transaction(database) as tx:
        ids: dict[tuple[str, str], list[int]] = {}
        for table in CATALOG.nouns["Workspace"].table.metadata.sorted_tables:
            noun = CATALOG.by_table.get(table.name)
            if noun is not None:
                await _fill(tx.connection, noun, min(COUNTS.get(noun.name, 8), most), ids, random)
        for pairs in _pairs():
            for values in _paired(pairs, ids, random):
                await tx.connection.execute(pairs.table.insert().values(values))
        workspaces = {name: ids["workspace", name][0] for name in WORKSPACES}
        keys: dict[str, tuple[str, int]] = {}
        for name, scopes in {**KEYS, "foreign": ("*",)}.items():
            workspace = workspaces["globex" if name == "foreign" else "acme"]
            made = await insert_key(tx.connection, workspace, name=name, scopes=scopes)
            keys[name] = (made.key, made.id)
    return World(url, {name: ("Workspace", row) for name, row in workspaces.items()}, keys)


async def _fill(
    connection: AsyncConnection, noun: Noun, count: int, ids: dict[tuple[str, str], list[int]], random: Random
) -> None:
    """Rows of both workspaces, in turns."""
    taken: set[tuple[Any, ...]] = set()
    for number in range(count):
        for workspace in WORKSPACES:
            row = make_row(noun, workspace, ids, random, number)
            distinct = {tuple(row[column.name] for column in unique.columns) for unique in _uniques(noun.table)}
            if distinct & taken:
                continue
            taken |= distinct
            made = await connection.execute(noun.table.insert().values(row).returning(noun.table.c.id))
            ids.setdefault((noun.table.name, workspace), []).append(made.scalar_one())


def make_row(noun: Noun, workspace: str, ids: Mapping[tuple[str, str], list[int]], random: Random, number: int) -> Row:
    """One row as it is inserted; `number` makes unique what must be."""
    row: Row = {}
    for column in noun.table.columns:
        if column.name == "workspace_id":
            row["workspace_id"] = ids["workspace", workspace][0]
        elif not column.primary_key:
            row[column.name] = _value(noun, column, workspace, ids, random, number)
    if noun.name == "Workspace":
        row |= {"slug": workspace, "api_enabled": True, "sandbox_enabled": True}
    if noun.resource.search:
        row["search_text"] = search_text(*(row[name] for name in noun.resource.search))
    return row


def _value(
    noun: Noun,
    column: Column[Any],
    workspace: str,
    ids: Mapping[tuple[str, str], list[int]],
    random: Random,
    number: int,
) -> Any:
    exposure: Exposure = column.info["exposure"]
    if column.nullable and random.random() < 0.3:
        return None
    if exposure.refers_to:
        # Groups of aggregates are made by the foreign key itself: there nothing may lead astray.
        strays = not any(
            isinstance(link, One) and link.group and link.column == column.name for link in noun.links.values()
        )
        other = WORKSPACES[1 - WORKSPACES.index(workspace)] if strays and random.random() < 0.1 else workspace
        choices = ids.get((exposure.refers_to, other)) or ids.get((exposure.refers_to, workspace))
        return random.choice(choices) if choices else None
    if exposure.kind is Kind.ID and exposure.public:  # of any type
        table, choices = random.choice([(table, known) for (table, of), known in ids.items() if of == workspace])
        return IdCodec.base(CATALOG.by_table[table].number) + random.choice(choices)
    if not exposure.public and exposure.kind is Kind.STRING:
        return f"{noun.name} {workspace} {number}"[:64] if column.type.python_type is str else number
    return public_value(column, exposure, random, number)


def public_value(column: Column[Any], exposure: Exposure, random: Random, number: int) -> Any:
    """A value for a column that is shown."""
    match exposure.kind:
        case Kind.STRING:
            unique = any(column.name in each.columns for each in _uniques(column.table))
            value = f"{random.choice(TEXTS)} {number}" if unique else random.choice(TEXTS)
            return value[: getattr(column.type, "length", None)]
        case Kind.INT:
            return random.choice(NUMBERS)
        case Kind.BOOLEAN:
            return random.random() < 0.5
        case Kind.DATETIME:
            return random.choice(MOMENTS)
        case Kind.ENUM:
            assert exposure.enum is not None
            return random.choice(list(exposure.enum)).value
        case Kind.STRINGS:
            return random.sample(TEXTS, random.randrange(4))
        case Kind.JSON:
            return {key: random.choice(JSON_VALUES) for key in random.sample(JSON_KEYS, random.randrange(6))}
    raise AssertionError(exposure.kind)


def _uniques(table: Any) -> list[UniqueConstraint]:
    return [item for item in table.constraints if isinstance(item, UniqueConstraint)]


def _pairs() -> list[Through]:
    """Every table of pairs once."""
    found: dict[str, Through] = {}
    for noun in CATALOG.nouns.values():
        for link in noun.links.values():
            if isinstance(link, Many) and link.through is not None:
                found.setdefault(link.through.table.name, link.through)
    return list(found.values())


def _paired(pairs: Through, ids: Mapping[tuple[str, str], list[int]], random: Random) -> list[Row]:
    """Pairs within each workspace, and a few across."""
    near, far = (_target(pairs.table, column) for column in (pairs.near, pairs.far))
    rows: list[Row] = []
    for workspace in WORKSPACES:
        for left in ids[near, workspace]:
            others = [
                right for name in WORKSPACES for right in ids[far, name] if name == workspace or random.random() < 0.1
            ]
            rows += [
                {pairs.near: left, pairs.far: right}
                for right in random.sample(others, random.randrange(min(4, len(others))))
            ]
    return rows


def _target(table: Table, column: str) -> str:
    (key,) = table.c[column].foreign_keys
    return key.column.table.name
