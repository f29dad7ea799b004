"""Events: the list of their types, whom each is shown to, how the audit log finds them."""

from functools import cache

import pytest
from graphql import GraphQLEnumType

from app.access.scopes import SCOPES, expand
from app.access.views import Views
from app.domain import CATALOG, OPERATED, VERBS
from app.domain.event import Event
from app.domain.event_type import EventType
from app.graph.schema import View, assemble, views_of
from app.resource import table_of
from app.verb import Verb
from app.write import denials
from tests.changing import change
from tests.serving import Client

CREATE = "mutation ($input: CreateTagInput!) { createTag(input: $input) { tag { id } userErrors { message } } }"
DELETE = "mutation ($id: ID!) { deleteTag(id: $id) { deletedId userErrors { message } } }"
AUDIT = "query ($filter: EventFilter) { auditLog(filter: $filter) { nodes { type subjectType subjectId } } }"


# Types


def test_verbs_leave_events_of_every_type_but_of_access_and_of_no_other() -> None:
    left = {type_ for verb in (*VERBS, *OPERATED) for type_ in verb.events}
    access = {type_.value for type_ in EventType if type_.value.startswith("access.")}
    assert left | access == {type_.value for type_ in EventType}
    assert denials.TYPE in access - left


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
