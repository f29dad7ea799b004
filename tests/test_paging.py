"""Pages by cursor: every row once, in the order asked for, whatever ties, NULLs, inserts and deletes there are."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import cycle, product
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.catalog import Noun
from app.domain import CATALOG
from app.store.session import transaction
from tests import dense
from tests.composing import order_tree, plain
from tests.oracle import Oracle, Order, SortKey, load_rows
from tests.serving import Client, serving


@asynccontextmanager
async def served(url: str, most: int = 100) -> AsyncIterator[tuple[Client, Oracle]]:
    async with serving(await dense.populate(url, most=most)) as client:
        yield client, await oracle_of(client)


async def oracle_of(client: Client) -> Oracle:
    rows = await load_rows(client.database, CATALOG)
    (own,) = [row for row in rows["api_key"] if row["id"] == client.key_rows["all"]]
    return Oracle(CATALOG, rows, client.app.ids, own)


def query_of(noun: Noun) -> str:
    return f"""query ($o: [{noun.name}Order!], $first: Int, $last: Int, $after: String, $before: String) {{
        page: {noun.resource.plural}(orderBy: $o, first: $first, last: $last, after: $after, before: $before) {{
            edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }} }}"""


async def walk(
    client: Client, noun: Noun, order: Order, *, backwards: bool, sizes: tuple[int, ...] = (1, 2, 3)
) -> AsyncIterator[list[str]]:
    """The ids of every page from one end to the other, of these sizes in turns, in the order of the list."""
    size, cursor, further = ("last", "before", "hasPreviousPage") if backwards else ("first", "after", "hasNextPage")
    variables: dict[str, Any] = {"o": plain(order_tree(order))}
    query = query_of(noun)
    for count in cycle(sizes):
        page = (await client.ask(query, {**variables, size: count}))["page"]
        edges, info = page["edges"], page["pageInfo"]
        yield [edge["node"]["id"] for edge in edges]
        if not info[further]:
            return
        assert len(edges) == count
        assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
        variables[cursor] = info["startCursor" if backwards else "endCursor"]


def in_order(pages: list[list[str]], backwards: bool) -> list[str]:
    """The ids of all pages, in the order of the list."""
    return [row for page in (reversed(pages) if backwards else pages) for row in page]


def orders_of(noun: Noun) -> Iterator[Order]:
    """Every sortable field, both ways, with NULLs at either end where there may be any; and some pairs of fields."""
    keys = [
        SortKey(attribute.name, descending, nulls_last)
        for attribute in noun.attributes.values()
        if attribute.exposure.sort
        for descending, nulls_last in product((False, True), (False, True) if attribute.nullable else (True,))
    ]
    yield from ((key,) for key in keys)
    random = Random(noun.name)
    for _ in range(4):
        pair = random.sample(keys, 2)
        if pair[0].name != pair[1].name:
            yield tuple(pair)


async def test_walks_visit_every_row_once_in_order_whatever_it_is(database_url: str) -> None:
    async with served(database_url, most=10) as (client, oracle):
        for noun in CATALOG.nouns.values():
            for number, order in enumerate(orders_of(noun)):
                expected = [oracle.id_of(record) for record in oracle.ordered(order, oracle.all(noun))]
                for backwards in (False, True):
                    sizes = (1 + (number + backwards) % 3,)
                    pages = [page async for page in walk(client, noun, order, backwards=backwards, sizes=sizes)]
                    assert in_order(pages, backwards) == expected, (noun.name, order)


CHANGING = {
    "Contact": ((SortKey("score", True, True),), (SortKey("lastName", False, False), SortKey("status", True, True))),
    "Task": ((SortKey("dueAt", False, True),), (SortKey("dueAt", True, False),), (SortKey("title", False, True),)),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("name", "order"), [(name, order) for name, orders in CHANGING.items() for order in orders])
async def test_a_walk_amid_inserts_and_deletes_neither_loses_nor_repeats(
    database_url: str, name: str, order: Order, backwards: bool
) -> None:
    noun = CATALOG.nouns[name]
    async with served(database_url) as (client, oracle):
        before = {oracle.id_of(record): record for record in oracle.all(noun)}
        pages: list[list[str]] = []
        async for page in walk(client, noun, order, backwards=backwards):
            pages.append(page)
            await change(client, noun, Random(f"{order} {len(pages)}"))
        after = await oracle_of(client)
        left = {after.id_of(record): record for record in after.all(noun)}
        visited = in_order(pages, backwards)
        assert len(visited) == len(set(visited))
        throughout = [row for row in visited if row in before and row in left]
        rest = [after.id_of(record) for record in after.ordered(order, after.all(noun))]
        assert throughout == [row for row in rest if row in before]
        assert len(left) > len(throughout) < len(before)


async def change(client: Client, noun: Noun, random: Random) -> None:
    """Deletes a row, which may be that of the cursor, and inserts another."""
    rows = await load_rows(client.database, CATALOG)
    own = [row for row in rows[noun.table.name] if row["workspace_id"] == client.rows["acme"]]
    if random.random() < 0.5:
        own = own[-3:]
    ids = {("workspace", "acme"): [client.rows["acme"]], ("workspace", "globex"): [client.rows["globex"]]}
    async with transaction(client.database) as tx:
        gone = random.choice(own)["id"]
        await tx.connection.execute(delete(noun.table).where(noun.table.c.id == gone))
        await tx.connection.execute(
            noun.table.insert().values(dense.make_row(noun, "acme", ids, random, random.getrandbits(40)))
        )


async def test_a_row_that_is_gone_still_marks_its_place(client: Client) -> None:
    query = query_of(CATALOG.nouns["Tag"])
    page = (await client.ask(query, {"first": 2}))["page"]
    rest = (await client.ask(query, {"after": page["edges"][1]["cursor"]}))["page"]["edges"]
    tags = CATALOG.nouns["Tag"].table
    async with transaction(client.database) as tx:
        await tx.connection.execute(delete(tags).where(tags.c.id == client.rows["hot"]))
    assert page["edges"][1]["node"]["id"] == client.ids["hot"]
    assert (await client.ask(query, {"after": page["edges"][1]["cursor"]}))["page"]["edges"] == rest


async def test_pages_inside_records_go_on_from_a_cursor_of_theirs(client: Client) -> None:
    query = """query ($c: String) { companies(orderBy: {field: NAME}) { nodes {
        contacts(first: 1, after: $c, orderBy: {field: FIRST_NAME, nulls: FIRST}) {
            nodes { firstName } pageInfo { endCursor hasNextPage hasPreviousPage }
        } } } }"""
    start = [company["contacts"] for company in (await client.ask(query))["companies"]["nodes"]]
    assert [page["nodes"] for page in start] == [[{"firstName": "Ada"}], [], [{"firstName": "Cy"}]]
    second = (await client.ask(query, {"c": start[0]["pageInfo"]["endCursor"]}))["companies"]["nodes"]
    # The cursor stands for a place in the order, for each of the parents.
    assert [company["contacts"]["nodes"] for company in second] == [[{"firstName": "Bob"}], [], [{"firstName": "Cy"}]]
    assert [page["pageInfo"]["hasNextPage"] for page in start] == [True, False, False]


@pytest.mark.parametrize("text", ["x" * 2000, "\N{GRINNING FACE}" * 2000, '\x01"' * 1000])
async def test_long_values_make_cursors_that_are_taken_back(client: Client, text: str) -> None:
    lists = CATALOG.nouns["ContactList"].table
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(lists).values(description=text, name=text[:200]))
    query = query_of(CATALOG.nouns["ContactList"])
    order = [{"field": "DESCRIPTION"}, {"field": "NAME"}]
    cursor = (await client.ask(query, {"o": order}))["page"]["pageInfo"]["endCursor"]
    assert (await client.ask(query, {"o": order, "after": cursor}))["page"]["edges"] == []


# What is no cursor (HARDENING 23)


@pytest.fixture
async def cursor(sqlite_client: Client) -> str:
    page: Mapping[str, Any] = (await sqlite_client.ask(query_of(CATALOG.nouns["Contact"]), {"first": 1}))["page"]
    return str(page["pageInfo"]["endCursor"])


async def assert_refused(client: Client, cursor: str, noun: str = "Contact", key: str = "all", **more: Any) -> None:
    query = query_of(CATALOG.nouns[noun])
    for variables in ({"after": cursor}, {"before": cursor, "last": 1}):
        error = await client.refused(query, {**more, **variables}, key=key)
        assert (error["code"], error["status"]) == ("BAD_USER_INPUT", 400)
        assert error["message"] == "The cursor is not one that this list, in this order, has given out."


@pytest.mark.parametrize(
    "garbage",
    [
        *("", "x", "null", "====", "\0", "a\0b", "é", "\N{GRINNING FACE}", "../../etc/passwd", "' OR 1=1 --"),
        *("A" * 16, "A" * 5_000, "é" * 5_000, "[" * 50_000, urlsafe_b64encode(b"x" * 12 + b"[" * 5_000).decode()),
        urlsafe_b64encode(b"x" * 12 + b'["2026-01-01T00:00:00.000Z","0123456789abcdef"]').decode().rstrip("="),
        urlsafe_b64encode(b"x" * 12 + b"[1e999,null]").decode().rstrip("="),
        urlsafe_b64encode(b"x" * 12 + b"{}").decode().rstrip("="),
        urlsafe_b64encode(b"x" * 12 + b"\xff\xfe").decode().rstrip("="),
    ],
)
async def test_garbage_is_no_cursor(sqlite_client: Client, garbage: str) -> None:
    await assert_refused(sqlite_client, garbage)


@pytest.mark.parametrize(
    "place", ["{ contacts(%s) { totalCount } }", "{ companies { nodes { contacts(%s) { __typename } } } }"]
)
async def test_a_bad_cursor_is_refused_where_no_row_is_shown(sqlite_client: Client, cursor: str, place: str) -> None:
    """HARDENING 23: as a literal and as a variable."""
    for bad in ("x", cursor[:-1] + ("A" if cursor[-1] != "A" else "B")):
        for query, variables in (
            (place % f'after: "{bad}"', {}),
            (place % f'last: 1, before: "{bad}"', {}),
            (f"query ($after: String) {place % 'after: $after'}", {"after": bad}),
        ):
            error = await sqlite_client.refused(query, variables)
            assert (error["code"], error["status"]) == ("BAD_USER_INPUT", 400)
    assert await sqlite_client.ask(place % f'after: "{cursor}"')


async def test_a_cursor_is_good_for_its_list_order_and_workspace_only(sqlite_client: Client, cursor: str) -> None:
    await assert_refused(sqlite_client, cursor, noun="Company")
    await assert_refused(sqlite_client, cursor, key="foreign")
    await assert_refused(sqlite_client, cursor, o=[{"field": "CREATED_AT"}])
    await assert_refused(sqlite_client, cursor, o=[{"field": "UPDATED_AT", "direction": "DESC"}])
    await assert_refused(sqlite_client, cursor, o=[{"field": "LAST_NAME", "nulls": "FIRST"}])
    last = [{"field": "LAST_NAME"}]
    page = (await sqlite_client.ask(query_of(CATALOG.nouns["Contact"]), {"o": last}))["page"]
    await assert_refused(sqlite_client, page["pageInfo"]["endCursor"], o=[{"field": "LAST_NAME", "nulls": "FIRST"}])
    await sqlite_client.ask(query_of(CATALOG.nouns["Contact"]), {"after": cursor})


async def test_a_cursor_edited_anywhere_is_refused(sqlite_client: Client, cursor: str) -> None:
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(len(raw)):
        edited = bytearray(raw)
        edited[place] ^= 1
        await assert_refused(sqlite_client, urlsafe_b64encode(edited).decode().rstrip("="))
    for place in range(len(cursor)):
        for other in "A_=\n":
            if cursor[place] != other:
                await assert_refused(sqlite_client, cursor[:place] + other + cursor[place + 1 :])
    for text in (cursor + "=", cursor + "A", cursor + "\n", " " + cursor, cursor[:-1], cursor * 2, cursor.swapcase()):
        await assert_refused(sqlite_client, text)
