"""What prepared documents weigh, and that all of them together stay within the budget: HARDENING 20."""

import gc
import tracemalloc
from functools import cache
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from app.access.scopes import SCOPES, expand
from app.access.views import Views
from app.application import create_app
from app.graph.documents import Document, Documents
from app.graph.errors import Ambiguous
from app.graph.operation import Operation
from app.graph.schema import View
from app.read.arguments import Shapes
from app.read.cursor import null_pattern
from app.read.planner import Planner
from app.settings import Settings
from tests.planned import planner_for, whole_schema
from tests.serving import Client

SHAPES = Shapes(cursor=null_pattern, node=lambda text: text)
RECORDS = "id email firstName score createdAt tags(first: 2) { nodes { name } } company { name }"
FILTER = "query ($f: ContactFilter) { contacts(filter: $f) { totalCount } }"
WEIGHED: dict[str, tuple[str, dict[str, Any]]] = {
    "one record": ("query ($id: ID!) { contact(id: $id) { id email firstName lastName } }", {"id": "0" * 16}),
    "links": (f"{{ contacts {{ nodes {{ {RECORDS} stage {{ pipeline {{ name }} }} }} }} }}", {}),
    "statements": (f"{{ {' '.join(f'a{n}: contacts {{ nodes {{ {RECORDS} }} }}' for n in range(6))} }}", {}),
    "fields": (f"{{ contacts {{ nodes {{ {' '.join(f'a{n}: email b{n}: id' for n in range(100))} }} }} }}", {}),
    "conditions": (FILTER, {"f": {"and": [{"email": {"eq": "x"}}] * 40}}),
    "values": (f"{{ contacts(filter: {{ id: {{ in: [{'7 ' * 300}] }} }}) {{ totalCount }} }}", {}),
    "fragments": (
        f"""{{ contacts {{ nodes {{ ...f }} }} }}
        fragment f on Contact {{ {" ".join(f"x{n}: company {{ ...g }}" for n in range(20))} }}
        fragment g on Company {{ {" ".join(f"y{n}: name" for n in range(20))} }}""",
        {},
    ),
}


@cache
def views() -> Views[View]:
    return create_app(Settings()).views


def documents(budget: int) -> Documents:
    return Documents(whole_schema(), views(), max_tokens=2_000, budget=budget, plans=4)


@pytest.mark.parametrize("kind", WEIGHED)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_document_takes_no_more_memory_than_it_is_charged(kind: str, dialect: str) -> None:
    text, inputs = WEIGHED[kind]
    planner = planner_for(dialect)
    tracemalloc.start(1)
    try:
        for _ in range(5):  # what is made once, in SQLAlchemy for instance, is no part of it
            prepare(planner, text, inputs)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        prepared = [prepare(planner, text, inputs) for _ in range(10)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    taken = (after - before) / len(prepared)
    charged = sum(prepared[0][1]) + prepared[0][0].weight
    assert taken < charged < 4 * taken


def prepare(planner: Planner, text: str, inputs: dict[str, Any]) -> tuple[Document, list[int]]:
    """A document with its plan, and what was charged for that."""
    charged: list[int] = []
    document = Document(parse(text, no_location=True), whole_schema(), plans=4, charge=charged.append)
    operation = document.operation(None)
    operation.plan(planner, SHAPES, operation.coerce(inputs))
    return document, charged


def test_all_views_together_stay_within_the_budget_and_who_floods_loses_its_own() -> None:
    made = documents(budget=500_000)
    scopes, others = expand(["contacts:read"]), expand(["tags:read"])
    flooded, quiet = views().view(scopes), views().view(others)
    kept = [made.get(quiet, others, f"{{ t{number}: tags {{ totalCount }} }}") for number in range(3)]
    for number in range(300):
        made.get(flooded, scopes, f"{{ c{number}: contacts {{ totalCount }} }}")
        with pytest.raises(Exception, match="nope"):
            made.get(flooded, scopes, f"{{ nope{number} }}")
        assert flooded.weight + quiet.weight <= 500_000
    assert list(quiet.documents.values()) == kept
    assert "{ c299: contacts { totalCount } }" in flooded.documents
    assert "{ c0: contacts { totalCount } }" not in flooded.documents
    for view in (flooded, quiet):
        assert view.weight == sum(each.weight for each in view.documents.values())


def test_of_many_operations_those_are_made_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """HARDENING 19: each looks at all fragments, so that hundreds of both would hold up everybody."""
    made: list[str] = []

    def make(definition: Any, *given: Any, **more: Any) -> Operation:
        made.append(definition.name.value)
        return Operation(definition, *given, **more)

    monkeypatch.setattr("app.graph.documents.Operation", make)
    text = " ".join(f"query Q{n} {{ ...F }}" for n in range(150)) + " fragment F on Query { tags { totalCount } }"
    scopes = frozenset(SCOPES)
    document = documents(budget=500_000).get(views().view(scopes), scopes, text)
    assert document.operation("Q7") is document.operation("Q7")
    for name in (None, "Q150", ""):
        with pytest.raises(Ambiguous):
            document.operation(name)
    assert made == ["Q7"]


def test_plans_are_charged_to_their_document() -> None:
    made = documents(budget=200_000)
    scopes = frozenset(SCOPES)
    view = views().view(scopes)
    made.get(view, scopes, "{ ping }")
    text = "query ($first: Int) { contacts(first: $first) { totalCount nodes { id } } }"
    operation = made.get(view, scopes, text).operation(None)
    weights = []
    for first in range(1, 9):
        operation.plan(planner_for("sqlite"), SHAPES, operation.coerce({"first": first}))
        weights.append(view.documents[text].weight)
    assert weights == sorted(weights)
    assert weights[2] > weights[1] > weights[0]
    assert weights[3:] == weights[3:4] * 5, "four plans are kept, each new one takes the place of another"
    assert view.weight == sum(each.weight for each in view.documents.values())


async def test_what_a_view_tells_of_itself_is_told_again_without_being_made_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the answer and the key are still looked up; another view and other variables have other answers."""
    text = '{ tag: __type(name: "Tag") { name } apiKeys { totalCount } contact: __type(name: "Contact") { name } }'
    first = await client.send(text)
    count = first.json()["data"]["apiKeys"]["totalCount"]
    data = {"tag": {"name": "Tag"}, "apiKeys": {"totalCount": count}, "contact": {"name": "Contact"}}
    assert first.json() == {"data": data}
    view = client.app.views.view(frozenset(SCOPES))
    assert view.weight == sum(each.weight for each in view.documents.values())
    with monkeypatch.context() as patched:
        patched.setattr(view.strawberry, "execute", None)
        assert (await client.send(text)).content == first.content, "the order is the same, too"
        await client.add_key("another")
        assert await client.ask(text) == {**data, "apiKeys": {"totalCount": count + 1}}
    assert await client.ask(text, key="manager") == {**data, "apiKeys": {"totalCount": count + 1}, "tag": None}
    named = "query ($name: String!) { __type(name: $name) { name } }"
    for name in ("Tag", "Contact"):
        assert await client.ask(named, {"name": name}) == {"__type": {"name": name}}
    await client.revoke("all")
    assert (await client.send(text)).status_code == 401


async def test_what_a_view_tells_of_itself_is_charged(sqlite_client: Client) -> None:
    text = get_introspection_query()
    answer = await sqlite_client.send(text)
    view = sqlite_client.app.views.view(frozenset(SCOPES))
    assert len(answer.content) < view.documents[text].weight == view.weight
    weight = view.weight
    assert (await sqlite_client.send(text)).content == answer.content
    assert view.weight == weight


def test_a_document_that_outgrows_the_budget_still_answers() -> None:
    made = documents(budget=20_000)
    scopes = frozenset(SCOPES)
    view = views().view(scopes)
    operation = made.get(view, scopes, WEIGHED["statements"][0]).operation(None)
    assert operation.plan(planner_for("sqlite"), SHAPES, {}).statements == 12
    assert sum(each.weight for each in views().kept) <= 20_000
