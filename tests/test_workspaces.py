"""The border between workspaces: with full access to one, nothing of another can be found, counted or guessed.

Two workspaces hold rows of every noun. Some rows of the first are planted with links to rows of the second, as no verb
would write them: a reader must not follow these either.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx2
import pytest
from sqlalchemy import UniqueConstraint

from app.access.keys import hash_key, mint, prefix
from app.application import Application, create_app
from app.catalog import Noun
from app.domain import CATALOG
from app.resource import Many, One
from app.settings import Settings
from app.store.reading import Statement
from app.store.session import transaction
from tests.recording import record
from tests.seeding import opened
from tests.twins import KEY_ID, OTHER, OWN, World, Worlds, insert

WORLDS = Worlds(CATALOG)
KEYS = {OWN: mint("sprootal", "live"), OTHER: mint("sprootal", "live")}
NOUNS = list(CATALOG.nouns.values())
NOBODY = 9999


@dataclass
class Border:
    """An application over both workspaces, and a key with full access to each."""

    app: Application
    http: httpx2.AsyncClient
    world: World
    statements: list[Statement]

    async def send(self, query: str, variables: dict[str, Any] | None = None, *, workspace: int = OWN) -> Any:
        self.statements.clear()
        headers = {"authorization": f"Bearer {KEYS[workspace]}"}
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        answer = response.json()
        for error in answer.get("errors", ()):
            del error["extensions"]["requestId"]
        return answer

    async def ask(self, query: str, variables: dict[str, Any] | None = None, *, workspace: int = OWN) -> Any:
        answer = await self.send(query, variables, workspace=workspace)
        assert list(answer) == ["data"], answer
        return answer["data"]

    def id(self, noun: Noun, row: int) -> str:
        return self.app.ids.encode(self.app.ids.base(noun.number) + row)

    def ids(self, noun: Noun, workspace: int) -> list[str]:
        rows = self.world[noun.table.name]
        return [self.id(noun, row["id"]) for row in rows if row[noun.workspace_column] == workspace]

    @property
    def asked(self) -> list[str]:
        """The statements of the last request, without their values."""
        return [statement.text for statement in self.statements]


@pytest.fixture
async def border(database_url: str) -> AsyncIterator[Border]:
    world = WORLDS.world(Random(11), key_row(KEY_ID, OWN))
    world["api_key"].append({**world["api_key"][0], "created_by_id": None, **key_row(NOBODY - 1, OTHER)})
    async with opened(database_url) as database, transaction(database) as tx:
        await insert(tx.connection, WORLDS, world)
    app = create_app(Settings(database=database_url, rate_limits="off"))
    await app.start()
    assert app.database is not None
    try:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://leadgraph.test") as http:
            yield Border(app, http, world, record(app.database))
    finally:
        await app.stop()


def key_row(key_id: int, workspace: int) -> dict[str, Any]:
    key = KEYS[workspace]
    same = {"name": "Full", "scopes": ["*"], "state": "active", "mode": "live", "expires_at": None, "allowed_ips": []}
    own = {"id": key_id, "workspace_id": workspace, "prefix": prefix(key), "key_hash": hash_key(key)}
    plain = {"registered_documents_only": False, "previous_hash": None, "created_by_id": None, "rate_limit": None}
    return {**own, **same, **plain}


# Ids


async def test_an_id_of_another_workspace_is_an_id_of_nothing(border: Border) -> None:
    """HARDENING 24: the same answer and the same statements, for every noun."""
    for noun in NOUNS:
        lookup = f"query ($id: ID!) {{ found: {noun.resource.singular}(id: $id) {{ id __typename }} }}"
        assert (await border.ask(lookup, {"id": border.ids(noun, OWN)[0]}))["found"] is not None
        missing = await border.send(lookup, {"id": border.id(noun, NOBODY)})
        expected = border.asked
        assert missing == {"data": {"found": None}}
        malformed = ["", "x", "0" * 16, "f" * 16, border.ids(noun, OWN)[0].upper() + "x", border.ids(noun, OWN)[0][:15]]
        of_others = [border.ids(other, OWN)[0] for other in NOUNS if other is not noun]
        for text in (*border.ids(noun, OTHER), *malformed, *of_others):
            assert await border.send(lookup, {"id": text}) == missing, (noun.name, text)
            assert border.asked == expected


async def test_node_gives_nothing_of_another_workspace(border: Border) -> None:
    """HARDENING 24"""
    node = "query ($id: ID!) { node(id: $id) { id __typename } }"
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
    for noun in NOUNS:
        own, foreign = border.ids(noun, OWN), border.ids(noun, OTHER)
        assert await border.ask(node, {"id": own[0]}) == {"node": {"id": own[0], "__typename": noun.name}}
        missing = await border.send(node, {"id": border.id(noun, NOBODY)})
        expected = border.asked
        for text in foreign:
            assert await border.send(node, {"id": text}) == missing == {"data": {"node": None}}
            assert border.asked == expected
        data = await border.ask(nodes, {"ids": [*foreign, own[0], border.id(noun, NOBODY)]})
        assert data["nodes"] == [*[None] * len(foreign), {"id": own[0], "__typename": noun.name}, None]


async def test_node_asks_nothing_but_the_guard_for_what_is_no_id(border: Border) -> None:
    node = "query ($id: ID!) { node(id: $id) { id __typename } }"
    await border.ask("{ ping }")  # recognises the key
    await border.ask("{ ping }")
    guard = border.asked
    assert len(guard) == 1
    for text in ("", "x", "0" * 16, "é" * 16, border.ids(NOUNS[3], OWN)[0].upper() + "x", "1" * 17):
        assert await border.ask(node, {"id": text}) == {"node": None}
        assert border.asked == guard


async def test_filters_by_id_find_nothing_of_another_workspace(border: Border) -> None:
    for noun in NOUNS:
        ids = f"query ($f: {noun.name}Filter) {{ l: {noun.resource.plural}(filter: $f, first: 200) {SHOWN} }}"
        foreign = border.ids(noun, OTHER)
        for condition in ({"eq": foreign[0]}, {"in": foreign}):
            data = await border.ask(ids, {"f": {"id": condition}})
            assert data["l"] == {"totalCount": 0, "nodes": []}
        for condition in ({"ne": foreign[0]}, {"notIn": foreign}):
            data = await border.ask(ids, {"f": {"id": condition}})
            assert found(data["l"]) == sorted(border.ids(noun, OWN))
        data = await border.ask(
            ids, {"f": {"or": [{"id": {"eq": foreign[0]}}, {"id": {"eq": border.ids(noun, OWN)[0]}}]}}
        )
        assert found(data["l"]) == [border.ids(noun, OWN)[0]]


SHOWN = "{ totalCount nodes { id } }"


def found(connection: Any) -> list[str]:
    """The ids in a connection, which shows all there are."""
    assert connection["totalCount"] == len(connection["nodes"])
    return sorted(node["id"] for node in connection["nodes"])


# Lists and numbers


async def test_lists_and_totals_show_one_workspace_alone(border: Border) -> None:
    for noun in NOUNS:
        for workspace in (OWN, OTHER):
            data = await border.ask(f"{{ l: {noun.resource.plural}(first: 200) {SHOWN} }}", workspace=workspace)
            assert found(data["l"]) == sorted(border.ids(noun, workspace)), noun.name


async def test_pages_show_one_workspace_alone(border: Border) -> None:
    for noun in NOUNS:
        query = (
            f"query ($after: String) {{ l: {noun.resource.plural}(first: 2, after: $after) "
            "{ nodes { id } pageInfo { hasNextPage endCursor } } }"
        )
        seen: list[str] = []
        page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            data = await border.ask(query, {"after": page["endCursor"]})
            seen += [node["id"] for node in data["l"]["nodes"]]
            page = data["l"]["pageInfo"]
        assert sorted(seen) == sorted(border.ids(noun, OWN))


async def test_aggregates_count_one_workspace_alone(border: Border) -> None:
    for noun in NOUNS:
        name = f"{noun.resource.plural}Aggregate"
        data = await border.ask(f"{{ all: {name} {{ count }} by: {name}(groupBy: [CREATED_AT_DAY]) {{ count }} }}")
        assert data["all"] == [{"count": len(border.ids(noun, OWN))}]
        assert sum(group["count"] for group in data["by"]) == len(border.ids(noun, OWN))


async def test_analytics_count_one_workspace_alone(border: Border) -> None:
    for analytics in CATALOG.analytics:
        noun = CATALOG.nouns[analytics.of]
        data = await border.ask(f"{{ all: {analytics.name} {{ count }} }}")
        assert data["all"] == [{"count": len(border.ids(noun, OWN))}]


async def test_a_cursor_of_another_workspace_is_no_cursor(border: Border) -> None:
    for noun in NOUNS:
        query = (
            f"query ($after: String) {{ l: {noun.resource.plural}(first: 1, after: $after) {{ edges {{ cursor }} }} }}"
        )
        data = await border.ask(query, workspace=OTHER)
        foreign = await border.send(query, {"after": data["l"]["edges"][0]["cursor"]})
        assert foreign == await border.send(query, {"after": "garbage"})
        assert foreign["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


# Links that cross the border


async def test_a_link_across_the_border_leads_nowhere(border: Border) -> None:
    for noun in NOUNS:
        own = border.ids(noun, OWN)[0]
        for link in noun.links.values():
            if isinstance(link, One) and link.column != "workspace_id":
                await plant(border, noun, link)
                query = (
                    f"query ($id: ID!) {{ one: {noun.resource.singular}(id: $id) {{ {link.name} {{ id }} }} "
                    f"l: {noun.resource.plural}(filter: {{id: {{eq: $id}}, {link.name}: {{isNull: true}}}}) {SHOWN} "
                    f"m: {noun.resource.plural}(filter: {{id: {{eq: $id}}, {link.name}: {{is: {{}}}}}}) {SHOWN} }}"
                )
                data = await border.ask(query, {"id": own})
                assert data["one"] == {link.name: None}, f"{noun.name}.{link.name}"
                assert found(data["l"]) == [own]
                assert found(data["m"]) == []
                if link.group:
                    constant = "".join(f"_{c}" if c.isupper() else c.upper() for c in link.name)
                    grouped = (
                        f"{{ a: {noun.resource.plural}Aggregate(groupBy: [{constant}]) "
                        f"{{ key {{ {link.name} {{ id }} }} }} }}"
                    )
                    keys = [group["key"][link.name] for group in (await border.ask(grouped))["a"]]
                    assert None in keys
                    known = border.ids(CATALOG.nouns[link.to], OWN)
                    assert {key["id"] for key in keys if key} <= set(known)


async def plant(border: Border, noun: Noun, link: One) -> None:
    """Makes the first own row of a noun point to a row of the other workspace, where nothing else points to."""
    table = noun.table
    rows = [row for row in border.world[table.name] if row[noun.workspace_column] == OWN]
    taken = {row[link.column] for row in border.world[table.name]}
    there = [row["id"] for row in border.world[CATALOG.nouns[link.to].table.name] if row["workspace_id"] == OTHER]
    target = next((row for row in there if row not in taken), there[0])
    await execute(border, table.update().where(table.c.id == rows[0]["id"]).values({link.column: target}))


async def execute(border: Border, *statements: Any) -> None:
    assert border.app.database is not None
    async with transaction(border.app.database) as tx:
        for statement in statements:
            await tx.connection.execute(statement)


async def test_a_list_across_the_border_is_empty_of_what_is_there(border: Border) -> None:
    for noun in NOUNS:
        own = border.ids(noun, OWN)[0]
        own_row = next(row["id"] for row in border.world[noun.table.name] if row[noun.workspace_column] == OWN)
        for link in noun.links.values():
            if isinstance(link, Many) and link.column != "workspace_id":
                target = CATALOG.nouns[link.to]
                await execute(border, *crossing(border, target, link, own_row))
                query = (
                    f"query ($id: ID!, $there: [ID!]) {{ one: {noun.resource.singular}(id: $id) "
                    f"{{ all: {link.name}(first: 200) {SHOWN} "
                    f"these: {link.name}(filter: {{id: {{in: $there}}}}) {SHOWN} }} "
                    f"l: {noun.resource.plural}(filter: {{{link.name}: {{some: {{id: {{in: $there}}}}}}}}) {SHOWN} }}"
                )
                there = border.ids(target, OTHER)
                data = await border.ask(query, {"id": own, "there": there})
                assert not set(found(data["one"]["all"])) & set(there), f"{noun.name}.{link.name}"
                assert data["one"]["these"] == {"totalCount": 0, "nodes": []}
                assert found(data["l"]) == []


def crossing(border: Border, target: Noun, link: Many, own_row: int) -> Sequence[Any]:
    """Statements that make rows of the other workspace belong to an own one."""
    there = [row["id"] for row in border.world[target.table.name] if row["workspace_id"] == OTHER]
    if link.through is not None:
        pairs = [{link.through.near: own_row, link.through.far: row} for row in there]
        known = border.world[link.through.table.name]
        return [link.through.table.insert().values(pair) for pair in pairs if pair not in known]
    assert link.column is not None
    # A row may belong only once, as an enrollment of one contact in one automation: it takes the place of the others.
    table = target.table
    others = table.delete().where(table.c[link.column] == own_row, table.c.id != there[0])
    moved = table.update().where(table.c.id == there[0]).values({link.column: own_row})
    once = any(link.column in unique.columns for unique in table.constraints if isinstance(unique, UniqueConstraint))
    return [others, moved] if once else [moved]


async def test_numbers_of_a_contact_count_no_message_of_another_workspace(border: Border) -> None:
    contacts, messages = CATALOG.nouns["Contact"], CATALOG.nouns["Message"]
    own_row = next(row["id"] for row in border.world["contact"] if row["workspace_id"] == OWN)
    query = "query ($id: ID!) { contact(id: $id) { stats { sent received delivered opened lastContactedAt } } }"
    before = await border.ask(query, {"id": border.id(contacts, own_row)})
    await execute(
        border, messages.table.update().where(messages.table.c.workspace_id == OTHER).values(contact_id=own_row)
    )
    assert await border.ask(query, {"id": border.id(contacts, own_row)}) == before


async def test_a_key_knows_only_its_own_workspace(border: Border) -> None:
    for workspace in (OWN, OTHER):
        data = await border.ask(
            "{ viewer { workspace { id } } workspaces { totalCount nodes { id } } workspacesAggregate { count } }",
            workspace=workspace,
        )
        (own,) = border.ids(CATALOG.nouns["Workspace"], workspace)
        assert data["viewer"]["workspace"] == {"id": own}
        assert found(data["workspaces"]) == [own]
        assert data["workspacesAggregate"] == [{"count": 1}]
