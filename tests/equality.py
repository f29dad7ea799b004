"""Two databases asked the same: what must be equal when they differ only in what the asker cannot read.

Held equal are the status, the body without the request id, and the statements that were run: how many, which, with
which values; so that time tells nothing either.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from graphql import GraphQLSchema

from app.catalog import Catalog
from app.read.cursor import CursorCodec
from app.read.order import order_of
from app.store.identity import IdCodec
from app.store.reading import Statement
from app.store.types import Kind, timestamp_text
from tests.documents import DocumentWriter, Values, Written
from tests.twins import KEYS, TEXTS, TIMES, World


@dataclass(frozen=True)
class Answer:
    """A status, and a body without what is different in every answer."""

    status: int
    body: bytes


class Side(Protocol):
    """One of the two databases, as the asker sees it."""

    @property
    def statements(self) -> Sequence[Statement]:
        """Those of the last request."""

    async def ask(self, written: Written) -> Answer:
        """Sends an operation."""


@dataclass(frozen=True)
class Comparison:
    """A pair of databases and what documents over them are made of; `about` is told when they differ."""

    one: Side
    two: Side
    view: GraphQLSchema
    full: GraphQLSchema
    values: Values
    random: Random
    about: object

    async def run(self, documents: int) -> None:
        """Random documents over the view, some over the whole schema, and lists read page by page."""
        own = DocumentWriter(self.view, self.random, self.values)
        anything = DocumentWriter(self.full, self.random, self.values)  # most of it is refused
        for _ in range(documents):
            await self.same((anything if self.random.random() < 0.1 else own).operation())
        assert self.view.query_type is not None
        if any("after" in field.args for field in self.view.query_type.fields.values()):
            for _ in range(documents // 10):
                await self.page_through(own.pages())

    async def same(self, written: Written) -> Any:
        """The answer of both to an operation."""
        first, second = await self.one.ask(written), await self.two.ask(written)
        told = f"{self.about}: {written.query}\n{written.variables}\n{first}\n{second}"
        assert first == second, told
        assert asked(self.one.statements) == asked(self.two.statements), told
        assert first.status < 500, told
        return json.loads(first.body)

    async def page_through(self, written: Written) -> None:
        """Up to four pages, each by the cursor that the last one gave out."""
        after = None
        for _ in range(4):
            variables = {**written.variables, "after": after, "size": self.random.choice((1, 2, 3))}
            answer = await self.same(Written(written.query, variables))
            page = (answer.get("data") or {}).get("page")
            if not page or not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def asked(statements: Sequence[Statement]) -> list[tuple[str, list[Any]]]:
    """Statements as they must agree: ids that are looked up together come in the order in which rows were found."""
    return [
        (each.text, [sorted(value) if isinstance(value, list) else _unordered(value) for value in each.values])
        for each in statements
    ]


def _unordered(value: Any) -> Any:
    """SQLite is given a list as JSON text."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return sorted(json.loads(value))
        except (ValueError, TypeError):
            return value
    return value


def values_of(catalog: Catalog, ids: IdCodec, cursors: CursorCodec, worlds: Sequence[World], random: Random) -> Values:
    """Ids and cursors of all rows there are, readable or not, in either database and workspace."""
    known: dict[str, list[str]] = {}
    given_out: dict[str, list[str]] = {}
    for noun in catalog.nouns.values():
        order = order_of(noun, None)
        base = ids.base(noun.number)
        rows = [row for world in worlds for row in world[noun.table.name]]
        known[noun.name] = sorted({ids.encode(base + row["id"]) for row in rows})
        for row in random.sample(rows, k=min(len(rows), 8)):
            by = [(row[key.column], key.kind) for key in order.keys[:-1]]
            values = [timestamp_text(value) if kind is Kind.DATETIME else value for value, kind in by]
            sealed = cursors.encode(
                order.signature, row[noun.workspace_column], [*values, ids.encode(base + row["id"])]
            )
            given_out.setdefault(noun.name, []).append(sealed)
    return Values(known, TEXTS, [timestamp_text(time) for time in TIMES], given_out, KEYS)
