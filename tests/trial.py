"""A served dataset beside the oracle of its answers: what the tests that hold one against the other have in common."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from app.access.scopes import expand
from app.catalog import Noun
from app.domain import CATALOG
from app.graph.schema import View
from app.store.types import Kind
from tests import dense
from tests.composing import Pools, order_tree, plain
from tests.oracle import Oracle, Order, Place, SortKey, load_rows
from tests.serving import Client, serving

SETTINGS = {"default_page_size": 4, "max_cost": 10**12, "max_depth": 40, "max_tokens": 20_000}

LIMITS = {"COST_LIMIT", "DEPTH_LIMIT", "TOO_MANY_FIELDS"}


class TooMuch(Exception):
    """A request asks for more than the server gives anybody at once."""


class Trial:
    """One key of a served dataset, with the oracle of its answers."""

    def __init__(self, client: Client, rows: Mapping[str, Any], key: str) -> None:
        self.client = client
        self.key = key
        (own,) = [row for row in rows["api_key"] if row["id"] == client.key_rows[key]]
        self.oracle = Oracle(CATALOG, rows, client.app.ids, own, SETTINGS["default_page_size"], self._place)
        self._places: dict[str, Place] = {}
        self._cursors: dict[tuple[str, Order], dict[int, str]] = {}

    @property
    def view(self) -> View:
        return self.client.app.views.view(expand(dense.KEYS.get(self.key, ("*",))))

    def _place(self, cursor: str) -> Place:
        return self._places[cursor]

    async def cursors(self, noun: Noun, order: Order) -> Mapping[int, str]:
        """Every cursor of an order, by row: the server's own, taken from one long page."""
        found = self._cursors.get((noun.name, order))
        if found is None:
            plural = noun.resource.plural
            query = f"query ($o: [{noun.name}Order!]) {{ {plural}(orderBy: $o, first: 200) {{ edges {{ cursor }} }} }}"
            given = plain(order_tree(order))
            data = await self.client.ask(query, {"o": given}, key="foreign" if self.key == "foreign" else "all")
            rows = [record.row["id"] for record in self.oracle.ordered(order, self.oracle.all(noun))]
            texts = [edge["cursor"] for edge in data[plural]["edges"]]
            found = self._cursors[noun.name, order] = dict(zip(rows, texts, strict=True))
            self._places |= {text: Place(noun.name, order, row) for row, text in found.items()}
        return found

    async def pools(self, random: Random) -> Pools:
        values: dict[tuple[str, str], list[Any]] = {}
        cursors: dict[tuple[str, Order], list[str]] = {}
        words: dict[str, list[str]] = {}
        for noun in CATALOG.nouns.values():
            records = self.oracle.all(noun)
            for attribute in noun.attributes.values():
                shown = [self.oracle.value(record, attribute) for record in records]
                if attribute.exposure.kind is Kind.STRINGS:
                    shown = [text for texts in shown for text in texts]
                values[noun.name, attribute.name] = [value for value in shown if value is not None] or shown or [""]
            for order in orders(noun, random):
                found = await self.cursors(noun, order)
                if found:
                    cursors[noun.name, order] = list(found.values())
            if noun.resource.search:
                words[noun.name] = [word for record in records for word in record.row["search_text"].split()]
        return Pools(values, words, cursors, [*dense.JSON_KEYS, "absent"], dense.JSON_VALUES)

    async def agree(self, query: str, values: Mapping[str, Any]) -> None:
        """Holds the answer to one request against the oracle's."""
        assert await self.answer(query, values) == await self.expected(query, values), (query, values)

    async def expected(self, query: str, values: Mapping[str, Any]) -> str:
        return dumped(await self._sealed(self.oracle.answer(self.view.schema, query, values)))

    async def answer(self, query: str, values: Mapping[str, Any]) -> str:
        """The server's answer; `TooMuch` where it refuses the request for its size."""
        response = await self.client.send(query, values, key=self.key)
        answer = response.json()
        if response.status_code == 400:
            refused = answer["errors"][0]
            if refused["extensions"].get("reason") in LIMITS or "conditions" in refused["message"]:
                raise TooMuch(refused["message"])
        assert response.status_code == 200, answer
        assert list(answer) == ["data"], answer
        return dumped(answer["data"])

    async def _sealed(self, data: Any) -> Any:
        """An answer of the oracle with the server's cursors for its places."""
        if isinstance(data, dict):
            return {key: await self._sealed(value) for key, value in data.items()}
        if isinstance(data, list):
            return [await self._sealed(value) for value in data]
        place = Place.of(data)
        return data if place is None else (await self.cursors(CATALOG.nouns[place.noun], place.order))[place.row]


def dumped(data: Any) -> str:
    """An answer as text, so that the order of keys and the types of numbers count."""
    return json.dumps(data, ensure_ascii=False, indent=1)


def orders(noun: Noun, random: Random) -> list[Order]:
    """Some orders of a noun."""
    sortable = [attribute for attribute in noun.attributes.values() if attribute.exposure.sort]
    return [
        tuple(
            SortKey(attribute.name, random.random() < 0.5, random.random() < 0.5 or not attribute.nullable)
            for attribute in random.sample(sortable, random.choice((1, 1, 2, 3)))
        )
        for _ in range(5)
    ]


@asynccontextmanager
async def trying(url: str, key: str) -> AsyncIterator[Trial]:
    """A fresh dataset in an empty database, served."""
    async with serving(await dense.populate(url), **SETTINGS) as client:
        yield Trial(client, await load_rows(client.database, CATALOG), key)
