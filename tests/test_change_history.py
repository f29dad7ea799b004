"""Random changes of contacts against a plain model: records, and what replaying their events gives, are the same."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.domain.event import Event
from app.resource import table_of
from app.store.session import transaction
from tests.mutations import NAMED, document
from tests.serving import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "firstName": TEXTS,
    "lastName": TEXTS,
    "email": st.sampled_from([None, "one@example.org", "two@example.org"]),
    "score": st.integers(0, 100),
    "status": st.sampled_from(["NEW", "QUALIFIED"]),
    "companyId": st.sampled_from([None, "initech", "umbrella"]),
    "stageId": st.sampled_from([None, "lead", "won"]),
    "assignedToId": st.sampled_from([None, "grace", "linus"]),
}
VALUES = st.fixed_dictionaries({}, optional=dict(FIELDS))
STEPS = st.lists(
    st.tuples(st.sampled_from(["create", "update", "update", "delete"]), st.integers(0, 3), VALUES), max_size=10
)
START = dict.fromkeys(FIELDS) | {"score": 0, "status": "NEW"}
SHOWN = (
    "contact { id firstName lastName email score status companyId: company { id } stageId: stage { id } assignedToId }"
)
EVENT = table_of(Event)

Record = dict[str, Any]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_events_replayed_give_the_records(standing: Client, steps: list[tuple[str, int, Record]]) -> None:
    """Each changed field is told by exactly one event, with what it was before."""
    model: dict[str, Record] = {}
    made: set[str] = set()
    for kind, index, given_ in steps:
        values = {name: resolved(standing, name, value) for name, value in given_.items()}
        if kind == "create":
            contact = await changed(standing, "createContact", {"input": values})
            made.add(contact["id"])
            model[contact["id"]] = START | values
        elif not model:
            continue
        else:
            id_ = sorted(model)[index % len(model)]
            if kind == "delete":
                await standing.ask(document(NAMED["deleteContact"], ["id"]), {"id": id_})
                del model[id_]
                continue
            contact = await changed(standing, "updateContact", {"id": id_, "input": values})
            model[id_] |= values
        assert contact == model[contact["id"]] | {"id": contact["id"]}
    assert await replayed(standing, made) == model


def resolved(client: Client, name: str, value: Any) -> Any:
    return client.ids[value] if value is not None and name.endswith("Id") else value


async def changed(client: Client, name: str, arguments: Record) -> Record:
    """The contact as the payload shows it, links as ids."""
    data = await client.ask(document(NAMED[name], arguments, shown=f"{SHOWN} userErrors {{ code }}"), arguments)
    assert data[name]["userErrors"] == []
    return {key: value["id"] if isinstance(value, dict) else value for key, value in data[name]["contact"].items()}


async def replayed(client: Client, ids: set[str]) -> dict[str, Record]:
    """What the events of some contacts add up to."""
    numbers = {client.app.ids.number(id_): id_ for id_ in ids}
    async with transaction(client.database) as tx:
        rows = await tx.connection.execute(select(EVENT).order_by(EVENT.c.id))
        told = [row for row in rows if row.subject_id in numbers]
    found: dict[str, Record] = {}
    for row in told:
        id_ = numbers[row.subject_id]
        if row.type == "contact.deleted":
            del found[id_]
            continue
        record = found.setdefault(id_, dict.fromkeys(FIELDS))
        for name, change in row.changes.items():
            if name in FIELDS:
                assert record[name] == change["old"] != change["new"]
                record[name] = change["new"]
    return {id_: record | {"status": record["status"].upper()} for id_, record in found.items()}
