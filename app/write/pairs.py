"""Links of many records to many, which are pairs of keys: made and taken away, with what came of it.

A table of pairs has no workspace of its own. Both ends of a new pair are looked up under the workspace rule; pairs that
are taken away go by keys that were found under it.
"""

from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Insert, Select, Table, bindparam, delete, insert, literal_column, select

from app.catalog import Noun
from app.resource import Many, Through
from app.store.command import SQL, among
from app.store.types import BigInt
from app.write.transaction import Transaction

Pairs: TypeAlias = dict[int, list[int]]
"""Keys of what a record was linked to, or no longer is, by its own key; only of records for which that is news."""


async def join(tx: Transaction, noun: Noun, link: str, keys: Collection[int], others: Collection[int]) -> Pairs:
    """Links each of some records to each of some others; gives the pairs that were not there before."""
    through, far = _through(tx, noun, link)
    return _by_key(await tx.execute(_insert(through, noun.table, far.table), {"keys": keys, "others": others}))


async def part(tx: Transaction, noun: Noun, link: str, keys: Collection[int], others: Collection[int]) -> Pairs:
    """Takes the links between them away; gives the pairs that were there."""
    through, _ = _through(tx, noun, link)
    return _by_key(await tx.execute(_delete(through), {"keys": keys, "others": others}))


async def joined(tx: Transaction, noun: Noun, link: str, keys: Collection[int]) -> list[int]:
    """The keys of all that any of some records is linked to."""
    through, _ = _through(tx, noun, link)
    return [other for (other,) in await tx.execute(_joined(through), {"keys": keys})]


def _through(tx: Transaction, noun: Noun, name: str) -> tuple[Through, Noun]:
    link = noun.links[name]
    assert isinstance(link, Many)
    assert link.through is not None
    return link.through, tx.noun(link.to)


def _by_key(rows: list[tuple[Any, ...]]) -> Pairs:
    pairs: Pairs = defaultdict(list)
    for key, other in sorted(rows):
        pairs[key].append(other)
    return pairs


@lru_cache
def _insert(through: Through, near: Table, far: Table) -> Insert:
    pairs, keys, others = through.table, near.alias("near"), far.alias("far")
    existing: Select[Any] = select(literal_column("1")).where(
        pairs.c[through.near] == keys.c.id, pairs.c[through.far] == others.c.id
    )
    mine = [end.c.workspace_id == bindparam("workspace", type_=BigInt) for end in (keys, others)]
    wanted = select(keys.c.id, others.c.id).where(
        *mine, among(keys.c.id, "keys"), among(others.c.id, "others"), ~existing.correlate(keys, others).exists()
    )
    made = insert(pairs).from_select([through.near, through.far], wanted, include_defaults=False)
    return made.returning(pairs.c[through.near], pairs.c[through.far])


@lru_cache
def _joined(through: Through) -> Select[Any]:
    near, far = (through.table.c[name] for name in (through.near, through.far))
    return select(far).where(among(near, "keys")).distinct()


@lru_cache
def _delete(through: Through) -> SQL:
    near, far = (through.table.c[name] for name in (through.near, through.far))
    return delete(through.table).where(among(near, "keys"), among(far, "others")).returning(near, far)
