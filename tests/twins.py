"""Random worlds over any catalog, and a twin of each that differs in all that some scopes cannot read, in nothing else.

A world is rows by table, as they are inserted: two workspaces (1 is the key's own), every noun, every table of pairs,
values from small domains, so that filters find something and sorts meet ties and NULLs. A few rows point into the other
workspace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalog import Catalog, Noun
from app.resource import Exposure
from app.store.fold import search_text
from app.store.types import Kind
from tests.readable import FEED, KEY, WORKSPACE, Readable, tables_of_pairs

Row = dict[str, Any]
World = dict[str, list[Row]]

OWN, OTHER = 1, 2
KEY_ID = 1
TEXTS = ("Ada", "ada lovelace", "Łódź", "O'Hara", "x%y_z", "Zoë", "a@b.test", "1234", "ä\\b", "B")
KEYS = ("budget", "a.b", "shoe size", "ü")
TIMES = tuple(datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=40 * n, milliseconds=n) for n in range(9))
RECOGNISED = frozenset(
    {"id", "version", "state", "key_hash", "workspace_id", "allowed_ips", "registered_documents_only"}
)
"""What finds a key, and says whether it works: it must be the same for a key to be used on both twins."""


@dataclass(frozen=True)
class Worlds:
    """Makes worlds of a catalog; `size` is about how many rows a noun has in a workspace."""

    catalog: Catalog
    size: int = 6

    def tables(self) -> list[Table]:
        """Every table, in an order in which rows can be inserted."""
        metadata = next(iter(self.catalog.nouns.values())).table.metadata
        known = {*self.catalog.by_table, *tables_of_pairs(self.catalog)}
        return [table for table in metadata.sorted_tables if table.name in known]

    def world(self, random: Random, key: Mapping[str, Any]) -> World:
        """A world in which api_key `KEY_ID` is `key`."""
        ids: dict[tuple[str, int], list[int]] = {}
        for noun in self.catalog.nouns.values():
            fresh = iter(random.sample(range(2, 200), k=4 * self.size))
            for workspace in (OWN, OTHER):
                count = random.randrange(1, 2 * self.size)
                ids[noun.table.name, workspace] = [next(fresh) for _ in range(count)]
        ids["workspace", OWN], ids["workspace", OTHER] = [OWN], [OTHER]
        ids["api_key", OWN].append(KEY_ID)
        world: World = {}
        for table in self.tables():
            own = self.catalog.by_table.get(table.name)
            if own is None:
                world[table.name] = _unique(table, self._pairs(table, ids, (OWN, OTHER), random))
            else:
                rows = (
                    self._row(own, workspace, id_, ids, random)
                    for workspace in (OWN, OTHER)
                    for id_ in ids[table.name, workspace]
                )
                world[table.name] = _unique(table, ({**row, **_fixed(own, row, key)} for row in rows))
        return _consistent(self, world)

    def twin(self, world: World, known: Readable, random: Random) -> World:
        """A world with the same answers for whom `known` is all that is readable of workspace `OWN`."""
        kept = {table.name: self._survivors(table, world, known, random) for table in self.tables()}
        ids: dict[tuple[str, int], list[int]] = {}
        for noun in self.catalog.nouns.values():
            ids |= {(noun.table.name, workspace): [] for workspace in (OWN, OTHER)}
            taken = {row["id"] for row in world[noun.table.name]}
            for row in kept[noun.table.name]:
                ids[noun.table.name, row[noun.workspace_column]].append(row["id"])
            if noun.table.name != "workspace":
                fresh = [id_ for id_ in range(2, 400) if id_ not in taken]
                for workspace in (OWN, OTHER) if noun.name not in known.columns else (OTHER,):
                    before = sum(row[noun.workspace_column] == workspace for row in world[noun.table.name])
                    count = max(0, before - len(ids[noun.table.name, workspace])) + random.randrange(3)
                    ids[noun.table.name, workspace] += random.sample(fresh, k=count)
                    fresh = [id_ for id_ in fresh if id_ not in ids[noun.table.name, workspace]]
        made: World = {}
        for table in self.tables():
            own = self.catalog.by_table.get(table.name)
            if own is not None:
                made[table.name] = self._other_rows(own, kept[table.name], ids, known, random)
            else:
                workspaces = (OTHER,) if table.name in known.pairs else (OWN, OTHER)
                made[table.name] = _unique(table, [*kept[table.name], *self._pairs(table, ids, workspaces, random)])
        return _consistent(self, made)

    def _survivors(self, table: Table, world: World, known: Readable, random: Random) -> list[Row]:
        """The rows that are in both twins: all that are known of, what these point to, and some of the rest."""
        noun = self.catalog.by_table.get(table.name)
        if noun is None:
            own = {row["id"] for row in world[self._near(table)] if row["workspace_id"] == OWN}
            column = tables_of_pairs(self.catalog)[table.name].near
            return [row for row in world[table.name] if row[column] in own and table.name in known.pairs]
        pointed = set(self._pointed_to(table.name, world, known))
        rows = world[table.name]
        kept = [
            row
            for row in rows
            if (noun.name in known.columns and row[noun.workspace_column] == OWN)
            or (row[noun.workspace_column] == OWN and known.tells(noun, row))
            or row["id"] in pointed
            or table.name == "workspace"
            or (table.name == "api_key" and row["id"] == KEY_ID)
            or random.random() < 0.4
        ]
        for workspace in (OWN, OTHER):  # somebody may have to point somewhere
            if not any(row[noun.workspace_column] == workspace for row in kept):
                kept += [row for row in rows if row[noun.workspace_column] == workspace][:1]
        return kept

    def _near(self, table: Table) -> str:
        column = table.columns[tables_of_pairs(self.catalog)[table.name].near]
        return str(next(iter(column.foreign_keys)).column.table.name)

    def _pointed_to(self, table: str, world: World, known: Readable) -> Iterable[int]:
        for noun in self.catalog.nouns.values():
            for column in noun.table.columns:
                if column.name in known.columns.get(noun.name, ()) and _target(column) == table:
                    for row in world[noun.table.name]:
                        if row[noun.workspace_column] == OWN and row[column.name] is not None:
                            yield row[column.name]

    def _other_rows(
        self, noun: Noun, kept: list[Row], ids: dict[tuple[str, int], list[int]], known: Readable, random: Random
    ) -> list[Row]:
        old = {row["id"]: row for row in kept}
        made: list[Row] = []
        seen = _Uniques(noun.table)
        # What is known comes first: the rest gives way where a value has to be unique.
        order = sorted(
            ((workspace, id_) for workspace in (OWN, OTHER) for id_ in ids[noun.table.name, workspace]),
            key=lambda place: place[1] not in old,
        )
        for workspace, id_ in order:
            same = self._same(noun, workspace, id_, known)
            is_told = workspace == OWN and id_ in old and known.tells(noun, old[id_])
            if is_told:
                same |= FEED
            for _ in range(200):
                row = self._row(noun, workspace, id_, ids, random)
                row |= {name: value for name, value in old.get(id_, {}).items() if name in same}
                if workspace == OWN and not is_told and known.tells(noun, row):
                    continue
                if seen.add(row):
                    made.append(row)
                    break
            else:
                if id_ in old and self._stands(noun, old[id_], ids) and seen.add(old[id_]):
                    made.append(old[id_])
                    continue
                assert id_ not in old, f"no other {noun.name} can be made: use larger worlds"
                ids[noun.table.name, workspace].remove(id_)  # so that nobody points to it
        random.shuffle(made)
        return made

    @staticmethod
    def _stands(noun: Noun, row: Row, ids: dict[tuple[str, int], list[int]]) -> bool:
        pointers = [(_target(column), row[column.name]) for column in noun.table.columns if _target(column)]
        return all(id_ is None or any(id_ in ids[str(table), side] for side in (OWN, OTHER)) for table, id_ in pointers)

    def _same(self, noun: Noun, workspace: int, id_: int, known: Readable) -> frozenset[str]:
        """The columns of a surviving row that its twin has as they are."""
        if workspace == OTHER:
            return frozenset({"id", noun.workspace_column})
        same = known.columns.get(noun.name, frozenset({"id", noun.workspace_column}))
        if noun.table.name == "workspace":
            same |= WORKSPACE | {"api_enabled", "version"}
        if noun.table.name == "api_key" and id_ == KEY_ID:
            same |= KEY | RECOGNISED
        return same | {"id"}

    def _row(self, noun: Noun, workspace: int, id_: int, ids: dict[tuple[str, int], list[int]], random: Random) -> Row:
        row: Row = {"id": id_}
        for column in noun.table.columns:
            target = _target(column)
            if column.name == "id":
                continue
            if column.name == "workspace_id":
                row["workspace_id"] = workspace
            elif noun.table.name == "api_key" and id_ == KEY_ID and column.name == "created_by_id":
                row["created_by_id"] = None  # whom it acts for by itself is looked up with it, for both twins alike
            elif target is not None:
                nobody = column.nullable and random.random() < 0.3
                row[column.name] = None if nobody else random.choice(ids[target, _side(workspace, target, random)])
            elif column.name == "api_enabled":
                row[column.name] = True
            else:
                row[column.name] = _value(column, random)
        return row

    def _pairs(
        self, table: Table, ids: dict[tuple[str, int], list[int]], workspaces: Iterable[int], random: Random
    ) -> Iterable[Row]:
        through = tables_of_pairs(self.catalog)[table.name]
        ends = {name: _target(table.columns[name]) for name in (through.near, through.far)}
        for workspace in workspaces:
            for _ in range(2 * self.size):
                sides = {name: _side(workspace, str(target), random) for name, target in ends.items()}
                if workspace in sides.values():  # not wholly on the other side, where it would be known of
                    yield {name: random.choice(ids[str(target), sides[name]]) for name, target in ends.items()}


def _side(workspace: int, target: str, random: Random) -> int:
    """The workspace, or sometimes the other one: no verb writes such a link, and no reader may follow it."""
    return workspace if target == "workspace" or random.random() < 0.93 else OWN + OTHER - workspace


def _fixed(noun: Noun, row: Row, key: Mapping[str, Any]) -> Mapping[str, Any]:
    return key if noun.table.name == "api_key" and row["id"] == KEY_ID else {}


def _target(column: Column[Any]) -> str | None:
    """The table that a foreign key points to."""
    for key in column.foreign_keys:
        return str(key.column.table.name)
    return None


def _value(column: Column[Any], random: Random) -> Any:
    exposure: Exposure = column.info["exposure"]
    if column.nullable and random.random() < 0.25:
        return None
    if column.unique or column.name == "slug":
        return f"{random.getrandbits(60):015x}"
    match exposure.kind:
        case Kind.ENUM:
            assert exposure.enum is not None
            return random.choice([member.value for member in exposure.enum])
        case Kind.INT:
            return random.choice((0, 1, 2, 10, 50, 100))
        case Kind.FLOAT:
            return random.choice((0.0, 1.0, 2.5, 50.0))
        case Kind.BOOLEAN:
            return random.random() < 0.5
        case Kind.DATETIME:
            return random.choice(TIMES)
        case Kind.STRINGS:
            return random.sample(TEXTS, k=random.randrange(4))
        case Kind.JSON:
            return {
                key: random.choice((*TEXTS, 1, 2.5, True, False, None, [1])) for key in KEYS if random.random() < 0.5
            }
    if column.type.python_type is int:
        return random.randrange(1, 200)
    if isinstance(length := getattr(column.type, "length", None), int) and length < 14:
        return random.choice(TEXTS)[:length]
    return random.choice(TEXTS)


class _Uniques:
    """Takes rows in as long as they break no unique constraint of their table."""

    def __init__(self, table: Table) -> None:
        self._keys = [tuple(column.name for column in table.primary_key)]
        self._keys += [(column.name,) for column in table.columns if column.unique]
        self._keys += [
            tuple(column.name for column in constraint.columns)
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        self._seen: set[tuple[Any, ...]] = set()

    def add(self, row: Row) -> bool:
        values = {(names, *(row[name] for name in names)) for names in self._keys}
        values = {each for each in values if None not in each}  # NULLs differ from one another
        if values & self._seen:
            return False
        self._seen |= values
        return True


def _unique(table: Table, rows: Iterable[Row]) -> list[Row]:
    seen = _Uniques(table)
    return [row for row in rows if seen.add(row)]


def _consistent(worlds: Worlds, world: World) -> World:
    """Search texts as they would have been written; nothing that points to a row that a constraint left out."""
    present = {table: {row.get("id") for row in rows} for table, rows in world.items()}
    for table in worlds.tables():
        noun = worlds.catalog.by_table.get(table.name)
        for column in table.columns:
            target = _target(column)
            for row in world[table.name] if target and column.nullable else ():
                row[column.name] = row[column.name] if row[column.name] in present[str(target)] else None
        world[table.name] = [
            row
            for row in world[table.name]
            if all(
                row[column.name] is None or row[column.name] in present[str(_target(column))]
                for column in table.columns
                if _target(column)
            )
        ]
        present[table.name] = {row.get("id") for row in world[table.name]}
        if noun is not None and noun.resource.search:
            for row in world[table.name]:
                row["search_text"] = search_text(*(row[name] for name in noun.resource.search))
    return world


async def insert(connection: AsyncConnection, worlds: Worlds, world: World) -> None:
    """Writes a world into an empty database."""
    for table in worlds.tables():
        if rows := world[table.name]:
            await connection.execute(table.insert(), rows)
