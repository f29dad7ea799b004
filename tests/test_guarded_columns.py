"""Columns with a requirement of their own, on toy nouns: gone from all places that could ask for them, no side door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import combinations
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL
from sqlmodel import Field

from app.access.credentials import Credentials
from app.catalog import build_catalog
from app.errors import ConfigurationError, InsufficientScope, LeadgraphError
from app.graph.documents import Documents
from app.graph.errors import formatted
from app.graph.executor import Executor, Request
from app.logs import Trace
from app.read.cursor import CursorCodec
from app.resource import Analytics, Many, One, Resource, integer, reference, text
from app.settings import Settings
from app.store.identity import IdCodec
from app.store.reading import Database, Statement
from app.store.session import transaction
from app.store.types import varchar
from tests import toys
from tests.databases import fresh_database, render
from tests.documents import Written
from tests.equality import Answer, Comparison, values_of
from tests.readable import meets, readable
from tests.recording import record
from tests.seeding import opened
from tests.surface import coordinates, expected, things
from tests.test_no_oracle import KEY, checked, key_row
from tests.toys import CATALOG, ToyRecord
from tests.twins import World, Worlds, insert

VIEWS = toys.views()
FULL = VIEWS.view(frozenset(toys.SCOPES)).schema
THINGS = things(FULL)
WORLDS = Worlds(CATALOG)
SETS = [frozenset(chosen) for count in range(len(toys.SCOPES) + 1) for chosen in combinations(toys.SCOPES, count)]


def test_every_set_of_scopes_sees_exactly_what_it_may_use() -> None:
    for scopes in SETS:
        assert coordinates(VIEWS.view(scopes).schema) == expected(FULL, scopes), scopes


@pytest.mark.parametrize(
    ("noun", "attribute"),
    [
        (noun.name, name)
        for noun in CATALOG.nouns.values()
        for name, a in noun.attributes.items()
        if a.exposure.requires
    ],
)
def test_a_guarded_column_is_gone_from_everywhere(noun: str, attribute: str) -> None:
    everywhere = {each for each in coordinates(FULL) if names(each, noun, attribute)}
    requirement = CATALOG.nouns[noun].attributes[attribute].exposure.requires
    assert {f"{noun}.{attribute}", f"{noun}Filter.{attribute}"} <= everywhere
    for scopes in SETS:
        left = coordinates(VIEWS.view(scopes).schema) & everywhere
        if not meets(scopes, requirement):
            assert not left, scopes
        elif meets(scopes, CATALOG.nouns[noun].resource.reading):
            assert left == everywhere, scopes


def names(coordinate: str, noun: str, attribute: str) -> bool:
    """Whether a thing is about a column: its field, filter, order, group, bucket, sum, average or extreme."""
    type_name, _, member = coordinate.partition(".")
    return type_name.startswith(noun) and member.replace("_", "").lower().startswith(attribute.lower())


def test_a_guarded_column_is_named_in_all_the_ways_there_are() -> None:
    assert {each for each in coordinates(FULL) if names(each, "Toy", "soldAt")} == {
        "Toy.soldAt",
        "ToyFilter.soldAt",
        "ToyOrderField.SOLD_AT",
        "ToyExtremes.soldAt",
        *(f"ToyGroupBy.SOLD_AT_{bucket.upper()}" for bucket in BUCKETS),
        *(f"ToyGroupKey.soldAt{bucket}" for bucket in BUCKETS),
    }
    assert {each for each in coordinates(FULL) if names(each, "Toy", "price")} == {
        *("Toy.price", "ToyFilter.price", "ToyOrderField.PRICE", "ToyExtremes.price", "ToySum.price"),
        "ToyAverage.price",
    }


BUCKETS = ("Hour", "Day", "Week", "Month", "Quarter", "Year")


def test_a_document_is_accepted_or_names_scopes_that_are_enough() -> None:
    documents = Documents(FULL, VIEWS, max_tokens=1000, budget=2**24, plans=1)
    for thing in THINGS.values():
        named = {name for requirement in thing.requirements for group in requirement for name in group}
        for scopes in (scopes for scopes in SETS if scopes <= named and thing.document is not None):
            assert thing.document is not None
            missing = refused(documents, scopes, thing.document)
            assert bool(missing) != all(meets(scopes, requirement) for requirement in thing.requirements), thing
            assert not scopes & missing
            assert all(meets(scopes | missing, requirement) for requirement in thing.requirements), thing


def refused(documents: Documents, scopes: frozenset[str], document: str) -> set[str]:
    """The scopes that a document misses."""
    try:
        documents.get(VIEWS.view(scopes), scopes, document)
    except InsufficientScope as refusal:
        return set(refusal.required)
    return set()


@pytest.mark.parametrize(
    "document",
    [
        "{ workspaces { nodes { makers { nodes { ... on Maker { name toys { totalCount } } } } } } }",
        "{ workspaces { nodes { makers { nodes { ...f } } } } } fragment f on Maker { name toys { totalCount } }",
    ],
)
def test_a_fragment_on_what_is_open_already_misses_no_scope(document: str) -> None:
    scopes = frozenset({"workspace:read", "makers:list"})
    assert refused(Documents(FULL, VIEWS, max_tokens=100, budget=2**24, plans=1), scopes, document) == {"toys:read"}


def test_a_fragment_that_narrows_a_node_misses_the_scope_of_its_type() -> None:
    scopes = frozenset({"workspace:read", "makers:list"})
    for document in (
        '{ node(id: "x") { ... on Maker { name } } }',
        '{ node(id: "x") { ...f } } fragment f on Maker { name }',
        '{ node(id: "x") { ...f } } fragment f on Node { ...g } fragment g on Maker { name }',
    ):
        documents = Documents(FULL, VIEWS, max_tokens=100, budget=2**24, plans=1)
        assert refused(documents, scopes, document) == {"makers:read"}


# No side door


@checked(15)
@given(scopes=st.sampled_from(SETS), seed=st.integers(0, 2**32 - 1))
def test_sqlite_answers_nothing_of_a_guarded_column(
    tmp_path_factory: pytest.TempPathFactory, scopes: frozenset[str], seed: int
) -> None:
    directory = tmp_path_factory.mktemp("toys", numbered=True)
    urls = [f"sqlite+aiosqlite:///{directory / name}.db" for name in ("one", "two")]
    asyncio.run(compare(urls, scopes, Random(seed), documents=40))


@checked(4)
@given(scopes=st.sampled_from(SETS), seed=st.integers(0, 2**32 - 1))
def test_postgresql_answers_nothing_of_a_guarded_column(
    postgresql_server: URL, scopes: frozenset[str], seed: int
) -> None:
    with fresh_database(postgresql_server) as one, fresh_database(postgresql_server) as two:
        asyncio.run(compare([render(one), render(two)], scopes, Random(seed), documents=40))


async def compare(urls: list[str], scopes: frozenset[str], random: Random, *, documents: int) -> None:
    world = WORLDS.world(random, key_row(tuple(sorted(scopes))))
    world["api_key"] = [{name: row[name] for name in row if name != "allowed_ips"} for row in world["api_key"]]
    for row in world["workspace"]:
        row["test_key_policy"] = "shared"
    twin = WORLDS.twin(world, readable(CATALOG, scopes), random)
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(played(url, rows)) for url, rows in zip(urls, (world, twin), strict=True)
        ]
        secret = Settings().secret
        values = values_of(CATALOG, IdCodec(secret), CursorCodec(secret), (world, twin), random)
        await Comparison(one, two, VIEWS.view(scopes).schema, FULL, values, random, sorted(scopes)).run(documents)


class Played:
    """The engine over one of the twins."""

    def __init__(self, executor: Executor, database: Database) -> None:
        self._executor = executor
        self._recorded = record(database)

    async def ask(self, written: Written) -> Answer:
        self._recorded.clear()
        try:
            answer = await self._executor.execute(Credentials(KEY), Request(written.query, written.variables), Trace())
        except LeadgraphError as error:
            return Answer(error.status, orjson.dumps({"errors": formatted(error, "")}))
        return Answer(200, orjson.dumps(answer))

    @property
    def statements(self) -> list[Statement]:
        return self._recorded


@asynccontextmanager
async def played(url: str, world: World) -> AsyncIterator[Played]:
    async with opened(url) as database, transaction(database) as tx:
        await tx.connection.run_sync(toys.create)
        await insert(tx.connection, WORLDS, world)
    async with toys.executor(url, VIEWS) as (executor, database):
        yield Played(executor, database)


# Declarations that would open a side door are refused


def toy(**changes: Any) -> Resource:
    return Resource(**({**{name: getattr(toys.TOY, name) for name in Resource.__dataclass_fields__}, **changes}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"search": ("name", "secret")}, "Toy searches secret, which not everyone may read"),
        ({"search": ("search_text",)}, "Toy searches search_text, which not everyone may read"),
        ({"search": ("nothing",)}, "Toy searches nothing, which not everyone may read"),
        ({"order": (("price", "ASC"),)}, "Toy is sorted by price, which not everyone may read"),
        ({"order": (("maker_id", "ASC"),)}, "Toy is sorted by maker_id, which not everyone may read"),
        ({"links": (One("maker", "Nobody", "maker_id", ""),)}, "Toy.maker links to Nobody, which is no resource"),
        ({"links": (One("maker", "Maker", "builder_id", ""),)}, "Toy.maker follows Toy.builder_id, which is no column"),
        ({"links": (Many("makers", "Maker", "", column="x"),)}, "Toy.makers follows Maker.x, which is no column"),
        ({"links": (One("name", "Maker", "maker_id", ""),)}, "Toy.name is both a field and a link"),
        ({"links": (One("owner", "Maker", "owner_id", ""),)}, "Toy.owner shows Toy.owner_id without its requirement"),
        (
            {"links": (One("owner", "Maker", "owner_id", "", requires=()),)},
            "Toy.owner shows Toy.owner_id without its requirement",
        ),
    ],
)
def test_a_noun_that_would_show_what_it_guards_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build_catalog((toys.WORKSPACE, toys.KEY, toys.MAKER, toy(**changes)))


def test_a_list_that_would_show_a_guarded_column_of_the_other_side_is_refused() -> None:
    maker = Resource(toys.Maker, "Maker", "makers", "", "makers", links=(Many("owned", "Toy", "", column="owner_id"),))
    with pytest.raises(ConfigurationError, match=r"Maker.owned shows Toy.owner_id without its requirement"):
        build_catalog((toys.WORKSPACE, toys.KEY, maker, toys.TOY))


def test_a_column_that_is_neither_public_nor_private_is_refused() -> None:
    class Bare(ToyRecord, table=True):
        __tablename__ = "bare"

        name: str = text("Name.", max_length=10)
        forgotten: str = Field(sa_type=varchar(10))

    with pytest.raises(ConfigurationError, match=r"Bare.forgotten must be declared public or private"):
        build_catalog((Resource(Bare, "Bare", "bares", "", "bares"),))


@pytest.mark.parametrize(
    ("of", "groups", "message"),
    [
        ("Nobody", ("name",), "counts Nobody, which is no resource"),
        ("Toy", ("colour",), "groups by colour, which Toy does not have"),
        ("Nameless", ("self",), "labels self by its name, which Nameless does not have"),
    ],
)
def test_analytics_of_what_there_is_not_are_refused(of: str, groups: tuple[str, ...], message: str) -> None:
    analytics = Analytics("toyAnalytics", of, "", (("a:read",),), groups, "created_at")
    with pytest.raises(ConfigurationError, match=message):
        build_catalog((toys.WORKSPACE, toys.KEY, toys.MAKER, toys.TOY, NAMELESS), (analytics,))


class Nameless(ToyRecord, table=True):
    __tablename__ = "nameless"

    number: int = integer("A number.")
    self_id: int | None = reference("nameless", on_delete="SET NULL", default=None)


NAMELESS = Resource(
    Nameless, "Nameless", "nameless", "", "nameless", links=(One("self", "Nameless", "self_id", "", group=True),)
)
