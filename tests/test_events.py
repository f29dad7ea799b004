"""Events: the list of their types, whom each is shown to, how the audit log finds them; rehearsals leave none."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLEnumType

from app.access.scopes import SCOPES, expand
from app.access.views import Views
from app.domain import CATALOG, VERBS
from app.domain.event import Event
from app.domain.event_type import EventType
from app.graph.schema import View, assemble, views_of
from app.resource import Choice, table_of
from app.store.types import Kind
from app.verb import Form, Given, Verb
from tests.changing import change, snapshot
from tests.serving import Client

CREATE = "mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { id } userErrors { message } } }"
DELETE = "mutation ($id: ID!) { deleteTag(id: $id) { deletedId userErrors { message } } }"
AUDIT = "query ($filter: EventFilter) { auditLog(filter: $filter) { nodes { type subjectType subjectId } } }"


# Types


def test_every_verb_leaves_events_of_the_list() -> None:
    listed = {type_.value for type_ in EventType}
    assert {verb.name: set(verb.events) - listed for verb in VERBS if not set(verb.events) <= listed} == {}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_leaves_events(verb: Verb) -> None:
    assert verb.events


def test_a_type_fits_its_column() -> None:
    length = table_of(Event).c.type.type.length  # type: ignore[attr-defined]
    assert max(len(type_.value) for type_ in EventType) <= length


def test_a_type_names_the_table_of_its_subject() -> None:
    about = {type_.value.partition(".")[0] for type_ in EventType}
    assert about - set(CATALOG.by_table) == {"access"}


@pytest.mark.parametrize("scope", ["", *SCOPES])
def test_a_key_sees_the_types_of_what_it_may_read(scope: str) -> None:
    granted = expand([scope])
    enum = _views().view(granted).schema.type_map.get("EventType")
    shown = set(enum.values) if isinstance(enum, GraphQLEnumType) else set()
    nouns = {
        noun.table.name
        for noun in CATALOG.nouns.values()
        if any(granted.issuperset(group) for group in noun.resource.reading)
    }
    audits = "audit_log:read" in granted
    assert shown == {type_.name for type_ in EventType if audits or type_.value.partition(".")[0] in nouns}


@cache
def _views() -> Views[View]:
    return views_of(assemble(CATALOG, VERBS), 1)


# The audit log


async def test_an_event_tells_its_type_and_its_subject_also_when_that_is_gone(client: Client) -> None:
    made = await change(client, CREATE, input={"name": "fresh"})
    id_ = made["tag"]["id"]
    await change(client, DELETE, id=id_)
    data = await client.ask(AUDIT, {"filter": {"subjectId": {"eq": id_}}})
    told = {node["type"]: (node["subjectType"], node["subjectId"]) for node in data["auditLog"]["nodes"]}
    assert told == {"TAG_CREATED": ("Tag", id_), "TAG_DELETED": ("Tag", id_)}


async def test_the_audit_log_finds_events(client: Client) -> None:
    made = await client.send(CREATE, {"input": {"name": "fresh"}})
    id_ = made.json()["data"]["createTag"]["tag"]["id"]
    await change(client, DELETE, id=id_)
    everything = await client.ask("{ auditLog { nodes { type requestId at actorKey { id } } } }")
    deleted, created = everything["auditLog"]["nodes"]
    key = created["actorKey"]["id"]
    for given, count in [
        ({"type": {"eq": "TAG_CREATED"}}, 1),
        ({"type": {"in": ["TAG_CREATED", "TAG_DELETED", "TASK_CREATED"]}}, 2),
        ({"type": {"ne": "TAG_CREATED"}}, 1),
        ({"subjectType": {"eq": "Tag"}}, 2),
        ({"subjectType": {"eq": "Contact"}}, 0),
        ({"subjectId": {"in": [id_, client.ids["ada"]]}}, 2),
        ({"subjectId": {"eq": client.ids["ada"]}}, 0),
        ({"subjectId": {"notIn": [id_]}}, 0),
        ({"actorKey": {"is": {"id": {"eq": key}}}}, 2),
        ({"actorKey": {"is": {"id": {"eq": id_}}}}, 0),
        ({"requestId": {"eq": created["requestId"]}}, 1),
        ({"at": {"gte": created["at"]}}, 2),
        ({"at": {"gt": deleted["at"]}}, 0),
    ]:
        data = await client.ask("query ($f: EventFilter) { auditLog(filter: $f) { totalCount } }", {"f": given})
        assert data["auditLog"]["totalCount"] == count, given


async def test_the_audit_log_groups_by_type(client: Client) -> None:
    for name in ("one", "two"):
        await change(client, CREATE, input={"name": name})
    data = await client.ask("{ auditLogAggregate(groupBy: [TYPE]) { count key { type } } }")
    assert data["auditLogAggregate"] == [{"count": 2, "key": {"type": "TAG_CREATED"}}]


@pytest.mark.parametrize("text", ["f" * 16, "0" * 16, "8" * 16, "", "x", "0123456789abcdef"])
async def test_an_id_of_nothing_finds_no_event(client: Client, text: str) -> None:
    await change(client, CREATE, input={"name": "fresh"})
    data = await client.ask(AUDIT, {"filter": {"subjectId": {"eq": text}}})
    assert data["auditLog"]["nodes"] == []


# Rehearsals

NEEDED: dict[str, dict[str, Any]] = {"CreateAutomationStepInput": {"kind": "WAIT", "settings": {"hours": 1}}}
"""What inputs want besides what the schema requires."""


async def test_a_dry_run_of_any_verb_changes_nothing_and_leaves_no_event(sqlite_client: Client) -> None:
    client = sqlite_client
    ids = await _one_of_each(client)
    before = await snapshot(client)
    refused = set()
    for verb in VERBS:
        answer = await client.ask(*_call(verb, ids, "rehearsed", "__typename", "dryRun: true"))
        if answer[verb.name]["userErrors"]:
            refused.add(verb.name)
        assert await snapshot(client) == before, verb.name
    standard = {f"{does}{noun}" for does in ("create", "update", "delete") for noun in CATALOG.nouns}
    assert refused & standard == set()  # what is refused rehearses little
    assert len(refused) < len(VERBS) / 4, refused


async def _one_of_each(client: Client) -> dict[str, str]:
    """An id of every noun that can be created, and of some more, by name."""
    ids = {"Contact": client.ids["ada"], "Stage": client.ids["won"], "Pipeline": client.ids["sales"]}
    for verb in VERBS:
        made = {CATALOG.by_table[type_.partition(".")[0]].name for type_ in verb.events if type_.endswith(".created")}
        for shown in verb.returns:
            if shown.type in made - set(ids) and not shown.many:
                document, variables = _call(verb, ids, "made", f"{shown.name} {{ id }}")
                payload = (await client.ask(document, variables))[verb.name]
                assert payload[shown.name], payload
                ids[str(shown.type)] = payload[shown.name]["id"]
    return ids


def _call(verb: Verb, ids: dict[str, str], text: str, selected: str, *more: str) -> tuple[str, dict[str, Any]]:
    """A document that calls a verb with what it needs, given by variables; texts that may be anything are `text`."""
    given = [each for each in verb.arguments if each.required or each.name == "ids"]  # which a filter would do for
    declared = ", ".join(f"${each.name}: {_type(each)}" for each in given)
    passed = ", ".join([*(f"{each.name}: ${each.name}" for each in given), *more])
    document = f"mutation ({declared}) {{ {verb.name}({passed}) {{ {selected} userErrors {{ message code field }} }} }}"
    return document, {each.name: _value(each, ids, text) for each in given}


def _type(given: Given) -> str:
    if isinstance(given.type, Form):
        name = given.type.name
    else:
        name = given.type.value if isinstance(given.type, Kind) else getattr(given.type, "__name__", str(given.type))
    return f"[{name}!]!" if given.many else f"{name}!"


def _value(given: Given, ids: dict[str, str], text: str) -> Any:
    value = _one_value(given, ids, text)
    return [value] if given.many else value


def _one_value(given: Given, ids: dict[str, str], text: str) -> Any:
    if isinstance(given.type, Form):
        fields: Iterable[Given] = [each for each in given.type.fields if each.required]
        if not fields:  # a change of nothing would rehearse nothing
            fields = [each for each in given.type.fields if each.type is Kind.STRING][:1]
        return {each.name: _value(each, ids, text) for each in fields} | NEEDED.get(given.type.name, {})
    if given.refers_to is not None:
        return ids.get(given.refers_to, "")
    if isinstance(given.type, type) and issubclass(given.type, Choice):
        return next(iter(given.type)).name
    samples: dict[Any, Any] = {Kind.INT: 1, Kind.FLOAT: 1.5, Kind.BOOLEAN: True, Kind.DATETIME: "2031-01-01T00:00:00Z"}
    texts = {"email": f"{text}@example.org", "address": f"{text}@example.org", "url": f"https://example.org/{text}"}
    return samples.get(given.type, texts.get(given.name, text))
