"""Explaining access: `scopesFor` and `schemaDiff` (S2-23)."""

from random import Random
from typing import Any

import pytest

from app.access.requirements import least
from app.access.scopes import SCOPES, expand
from app.access.views import Views
from app.errors import BadUserInput, InsufficientScope
from app.graph.difference import SchemaChangeType, SchemaPart, difference, difference_of
from app.graph.documents import Documents
from app.graph.errors import Refused
from app.graph.explaining import Explaining
from app.graph.schema import View
from app.read.binding import Run
from tests.documents import DocumentWriter, Values, Written
from tests.planned import PRINCIPAL
from tests.serving import Client, World, serving
from tests.surface import coordinates
from tests.test_scopes import DOCUMENTS, FULL, views

NEEDED = """query ($document: String!, $name: String, $values: JSON) {
  scopesFor(document: $document, operationName: $name, variables: $values) {
    scopes missing alternatives { parts anyOf }
  }
}"""
IDS = {name: ["0123456789abcdef"] for name in FULL.type_map}
VALUES = Values(IDS, ["ada", "x"], ["2026-01-02T00:00:00.000Z"], keys=["budget"])


def explaining() -> Explaining:
    known: Views[View] = views()
    return Explaining(known, known.view(frozenset(SCOPES)), DOCUMENTS, hides_schema=False)


def needed(document: str, variables: dict[str, Any]) -> Any:
    run = Run({}, PRINCIPAL.workspace_id, PRINCIPAL)
    return explaining().computed["scopesFor"](run, {"document": document, "variables": variables})


def may_send(written: Written, scopes: frozenset[str]) -> bool:
    try:
        document = DOCUMENTS.get(views().view(scopes), scopes, written.query)
        DOCUMENTS.coerce(document.operation(None), scopes, written.variables)
    except InsufficientScope:
        return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_the_scopes_told_are_enough_and_none_is_too_many(seed: int) -> None:
    writer = DocumentWriter(FULL, Random(seed), VALUES)
    asked = 0
    while asked < 15:
        written = writer.operation()
        try:
            told = needed(written.query, written.variables)
        except BadUserInput:  # the writer breaks rules on purpose
            continue
        asked += 1
        assert may_send(written, expand(told["scopes"])), written
        assert told["missing"] == []
        for name in told["scopes"]:
            assert not may_send(written, expand(told["scopes"]) - {name}), (name, written)
        for choice in told["alternatives"]:
            assert len(choice["anyOf"]) > 1, written
            assert choice["parts"], written


def test_no_scope_is_told_that_others_make_needless() -> None:
    assert least([(("a",), ("b",)), (("b",), ("c",)), (("b",),)]) == ["b"]
    assert least([(("a",), ("b",)), (("b",), ("c",), ("d", "a"))]) == ["b"]
    assert least([(("a", "b"), ("c",))], frozenset({"a"})) == ["b"]
    assert least([(("a",),)], frozenset({"a"})) == []


async def test_a_key_is_told_what_it_lacks_and_where_it_may_choose(sqlite_client: Client) -> None:
    document = "{ contacts { nodes { email stats { sent } company { name } } } }"
    told = (await sqlite_client.ask(NEEDED, {"document": document}, key="contacts"))["scopesFor"]
    assert told == {
        "scopes": ["contacts:read", "messages:read", "companies:read"],
        "missing": ["messages:read", "companies:read"],
        "alternatives": [{"parts": ["Contact.stats"], "anyOf": [["messages:read"], ["analytics:read"]]}],
    }
    together = "{ contacts { nodes { stats { sent } messages { nodes { id } } } } }"
    told = (await sqlite_client.ask(NEEDED, {"document": together}))["scopesFor"]
    assert told == {"scopes": ["contacts:read", "messages:read"], "missing": [], "alternatives": []}


async def test_an_operation_may_be_looked_at_alone(sqlite_client: Client) -> None:
    document = "query A { ...F } query B { tags { totalCount } } fragment F on Query { companies { totalCount } }"
    for name, scopes in (("A", ["companies:read"]), ("B", ["tags:read"]), (None, ["tags:read", "companies:read"])):
        told = await sqlite_client.ask(NEEDED, {"document": document, "name": name}, key="nothing")
        assert told["scopesFor"]["scopes"] == scopes


async def test_what_variables_hold_needs_scopes_too(sqlite_client: Client) -> None:
    document = "query ($filter: ContactFilter) { contacts(filter: $filter) { totalCount } }"
    values = {"filter": {"tags": {"some": {"name": {"eq": "hot"}}}}}
    told = await sqlite_client.ask(NEEDED, {"document": document, "values": values}, key="contacts")
    assert told["scopesFor"] == {
        "scopes": ["contacts:read", "tags:read"],
        "missing": ["tags:read"],
        "alternatives": [],
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"document": "{ contacts { nodes { nam } } }"}, "document, line 1, column 22: Cannot query field 'nam' on"),
        ({"document": "{"}, "document, line 1, column 2: Syntax Error: Expected Name, found <EOF>."),
        ({"document": "x" * 100_001}, "document: A document may have 100000 characters."),
        ({"document": "query A { ping }", "name": "B"}, "document: It has no operation named 'B'."),
        ({"document": "{ ping }", "name": ""}, "document: It has no operation named ''."),
        ({"document": "{ ping }", "values": [1]}, "document: variables must be an object."),
        ({"document": "{ ping }", "values": {"x": "x" * 100_000}}, "document: variables may have 100000 characters of"),
        ({"document": "query A { ping } query B { ping }", "values": {}}, "document: operationName must name the"),
        (
            {"document": "query ($id: ID!) { contact(id: $id) { id } }", "values": {}},
            "document: Variable '$id' has invalid value: Expected a value of non-null type 'ID!'",
        ),
    ],
)
async def test_a_document_that_is_wrong_is_told_so(sqlite_client: Client, given: dict[str, Any], message: str) -> None:
    refused = await sqlite_client.refused(NEEDED, given)
    assert refused["code"] == "BAD_USER_INPUT"
    assert refused["message"].startswith(message)


async def test_a_hidden_schema_is_not_told_by_explanations(sqlite_world: World) -> None:
    async with serving(sqlite_world, hide_schema=True) as client:
        for document in ("{ companies { totalCount } }", "{ nothing }", "{ contacts { nodes { nam } } }"):
            refused = await client.refused(NEEDED, {"document": document}, key="contacts")
            assert refused["code"] == "BAD_USER_INPUT"
            assert refused["message"] == "document: The document does not fit the schema of this key."
        own = await client.ask(NEEDED, {"document": "{ contacts { totalCount } }"}, key="contacts")
        assert own["scopesFor"] == {"scopes": ["contacts:read"], "missing": [], "alternatives": []}
        refused = await client.refused('{ schemaDiff(from: [], to: ["*"]) { path } }', key="contacts")
        assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["schema:read"])
        introspection = {"document": "{ __schema { types { name } } contacts { totalCount } }"}
        told = await client.ask(NEEDED, introspection)
        assert told["scopesFor"]["scopes"] == ["contacts:read", "schema:read"]
        told = await client.ask(NEEDED, introspection, key="contacts")
        assert told["scopesFor"]["missing"] == ["schema:read"]


async def test_questions_count_against_the_cost_of_an_operation(sqlite_client: Client) -> None:
    asked = " ".join(f'q{n}: scopesFor(document: "{{ ping }}") {{ scopes }}' for n in range(11))
    refused = await sqlite_client.refused(f"{{ {asked} }}", key="nothing")
    assert (refused["code"], refused["reason"]) == ("BAD_REQUEST", "COST_LIMIT")


# What two sets of scopes see


@pytest.mark.parametrize(
    ("first", "second"),
    [((), ("*",)), (("contacts:read",), ("contacts:write",)), (("messages:read",), ("tags:read", "analytics:read"))],
)
def test_the_difference_is_what_tells_two_views_apart(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    one, two = (views().view(expand(names)).schema for names in (first, second))
    for sign, has, lacks in ((SchemaChangeType.REMOVED, one, two), (SchemaChangeType.ADDED, two, one)):
        changes = [each for each in difference_of(views(), first, second) if each.change is sign]
        told = {each.path for each in changes if each.kind is not SchemaPart.INTERFACE}
        found = coordinates(has) - coordinates(lacks)
        assert {path for path in found if _whole(path, found, told)} == {path for path in told if "." in path}
        assert {path for path in told if "." not in path} == set(has.type_map) - set(lacks.type_map)
        assert all(each.description for each in changes)


def _whole(path: str, found: set[str], told: set[str]) -> bool:
    """Whether a coordinate is told by itself, and not with its type or field."""
    return path.partition(".")[0] not in told and path.partition("(")[0] not in found - {path}


def test_a_type_that_is_reached_another_way_is_told() -> None:
    changes = difference_of(views(), ["webhooks:manage"], ["webhooks:manage", "workspace:read"])
    assert [each.path for each in changes if each.path == "Query.users"] == ["Query.users"]
    assert difference(FULL, FULL) == []


async def test_the_difference_is_asked_for(sqlite_client: Client) -> None:
    query = '{ schemaDiff(from: ["leads:read"], to: ["contacts:read", "tags:read"]) { change kind path description } }'
    changes = (await sqlite_client.ask(query, key="nothing"))["schemaDiff"]
    told = {"change": "ADDED", "kind": "FIELD", "path": "Contact.tags", "description": "Tags on the contact."}
    assert told in changes
    assert [each["path"].lower() for each in changes] == sorted(each["path"].lower() for each in changes)
    refused = await sqlite_client.refused('{ schemaDiff(from: [], to: ["tag:raed"]) { path } }')
    assert refused["code"] == "BAD_USER_INPUT"
    assert refused["message"].startswith("'tag:raed' is not a scope")


def test_a_refusal_of_the_document_is_not_kept() -> None:
    documents = Documents(FULL, views(), max_tokens=100, budget=2**20, plans=1)
    known = len(documents)
    prepared = documents.prepare(views().view(frozenset()), "{ nothing }")
    with pytest.raises(Refused):
        raise prepared.error_for(frozenset())  # type: ignore[union-attr]
    assert len(documents) == known
