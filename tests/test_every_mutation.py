"""What holds for every mutation, made for each from its declaration: who may, whose records, what is left behind."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.access.scopes import SCOPES, expand
from app.catalog import Noun
from app.domain import CATALOG, VERBS
from app.resource import Exposure, Requirement, camel
from app.store.types import Kind
from app.verb import Verb
from tests.changing import Rows, snapshot, without_denials
from tests.mutations import (
    Arguments,
    Maker,
    Place,
    document,
    errors_of,
    full_schema,
    places,
    replaced,
)
from tests.serving import Client
from tests.surface import things

pytestmark = pytest.mark.asyncio(loop_scope="module")

ERRORS = "userErrors { field code message }"
THINGS = things(full_schema())
EVENT = CATALOG.nouns["Event"]
each_verb = pytest.mark.parametrize("verb", VERBS, ids=[verb.name for verb in VERBS])


async def state(client: Client) -> Rows:
    """All rows of all tables, but for the attempts that were denied."""
    return without_denials(await snapshot(client))


async def payload_of(client: Client, verb: Verb, arguments: Arguments, *, dry_run: bool = False) -> Any:
    data = await client.ask(document(verb, arguments, dry_run=dry_run), arguments)
    return data[verb.name]


# Who may


def lacking(verb: Verb) -> Iterator[tuple[set[str], Requirement]]:
    """Scopes without which a verb cannot be used, with no arguments but those it needs, and why each set is wanted."""
    for requirement in THINGS[f"Mutation.{verb.name}"].requirements:
        named = [name for group in requirement for name in group]
        for lacks in [{name} for name in named] if len(requirement) == 1 else [set(named)]:
            yield lacks, requirement


@each_verb
async def test_a_key_that_lacks_a_scope_is_refused_and_changes_nothing(standing: Client, verb: Verb) -> None:
    """HARDENING 4."""
    arguments = await Maker(standing).arguments(verb)
    wanting = {key_name(lacks): (lacks, requirement) for lacks, requirement in lacking(verb)}
    assert wanting
    wanting["reader"] = ({name for name in SCOPES if not name.endswith(":read")}, ())
    granted = {key: {name for name in SCOPES if not expand([name]) & lacks} for key, (lacks, _) in wanting.items()}
    for key in granted.keys() - standing.keys.keys():
        await standing.add_key(key, scopes=tuple(sorted(granted[key])))
    before = await state(standing)
    for key, (_, requirement) in wanting.items():
        refusal = await standing.refused(document(verb, arguments, shown=ERRORS), arguments, key=key)
        assert (refusal["status"], refusal["code"], refusal["reason"]) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE")
        required = set(refusal["requiredScopes"])
        assert required
        assert not required & granted[key]
        assert not requirement or any(required == set(group) - granted[key] for group in requirement)
    assert await state(standing) == before


def key_name(lacks: set[str]) -> str:
    return f"without {', '.join(sorted(lacks))}"[:100]


async def test_a_revoked_key_changes_nothing(standing: Client) -> None:
    await standing.add_key("revoked")
    await standing.ask("{ ping }", key="revoked")
    await standing.revoke("revoked")
    calls = [(verb, await Maker(standing).arguments(verb)) for verb in VERBS]
    before = await state(standing)
    for verb, arguments in calls:
        refusal = await standing.refused(document(verb, arguments), arguments, key="revoked")
        assert (refusal["status"], refusal["reason"]) == (401, "REVOKED")
    assert await state(standing) == before


async def test_no_mutation_is_done_by_get(standing: Client) -> None:
    """HARDENING 12."""
    calls = [(verb, await Maker(standing).arguments(verb)) for verb in VERBS]
    before = await state(standing)
    for verb, arguments in calls:
        asked = {"query": document(verb, arguments), "variables": json.dumps(arguments)}
        response = await standing.http.get("/graphql", params=asked, headers=standing.bearer("all"))
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert await state(standing) == before


# Whose records


def names_a_record(place: Place) -> bool:
    return place.given.type is Kind.ID and place.given.refers_to is not None and place.item is place.given.many


@each_verb
async def test_an_id_of_another_workspace_is_an_id_of_nothing(standing: Client, verb: Verb) -> None:
    """HARDENING 24, for every id that a verb takes, in arguments and in inputs."""
    own, foreign = Maker(standing), Maker(standing, "globex")
    arguments = await own.arguments(verb, full=True)
    for place in filter(names_a_record, places(verb.arguments, arguments)):
        noun = str(place.given.refers_to)
        other = await own.id("Tag" if noun != "Tag" else "Task")
        hostile = [await foreign.id(noun), own.shown(noun, 2**40), other, "", "1", 1, "f" * 16, "0" * 5_000]
        before = await state(standing)
        answers = [await payload_of(standing, verb, replaced(arguments, place.path, id_)) for id_ in hostile]
        assert answers == [answers[0]] * len(hostile)
        assert ("NOT_FOUND", place.field) in [(error["code"], error["field"]) for error in errors_of(answers[0])]
        assert await state(standing) == before


@each_verb
async def test_a_filter_finds_nothing_of_another_workspace(standing: Client, verb: Verb) -> None:
    """HARDENING 24."""
    for given in verb.arguments:
        if isinstance(given.type, str):
            hidden = {given.name: {"id": {"eq": await Maker(standing, "globex").id(given.type)}}}
            arguments = {**await Maker(standing).arguments(verb), **hidden}
            arguments.pop("ids")
            before = await state(standing)
            assert not errors_of(await payload_of(standing, verb, arguments))
            assert await state(standing) == before


# What is left behind


@each_verb
@pytest.mark.parametrize("full", [False, True], ids=["least", "all"])
async def test_what_is_changed_is_told_once_and_a_dry_run_tells_the_same(
    standing: Client, verb: Verb, full: bool
) -> None:
    arguments = await Maker(standing).arguments(verb, full=full)
    before = await state(standing)
    tried = await payload_of(standing, verb, arguments, dry_run=True)
    assert await state(standing) == before
    done = await payload_of(standing, verb, arguments)
    assert not errors_of(done)
    assert masked(tried) == masked(done)
    after = await state(standing)
    old_events = records(before, EVENT)
    events = [event for key, event in records(after, EVENT).items() if key not in old_events]
    assert {event["type"] for event in events} <= set(verb.events)
    assert events or not full, "ARRANGED has to give this verb something to do"
    told: dict[int, list[str]] = {}
    for event in events:
        told.setdefault(event["subject_id"], []).extend(event["changes"])
        assert (event["key_prefix"], event["actor_key_id"]) == (standing.keys["all"][:14], standing.key_rows["all"])
    assert all(len(names) == len(set(names)) for names in told.values())
    changes = json.dumps([event["changes"] for event in events])
    for noun, key, old, new in differences(before, after):
        names = told.get(standing.app.ids.base(noun.number) + key)
        if names is None:
            known = takes_along(verb) or noun.resource.write is None or Maker(standing).shown(noun.name, key) in changes
            assert known, f"{noun.name} was changed without an event"
        elif new is not None and not takes_along(verb):
            assert {name for name in names if name in fields(noun)} == set(differing(noun, old, new))
            assert new["version"] == (1 if old is None else old["version"] + 1)
            assert new["updated_at"] == events[0]["at"]


def takes_along(verb: Verb) -> bool:
    """Whether a record goes or comes back with what belongs to it, of which nothing is told."""
    ends = {"deleted", "restored", "purged", "merged", "sandbox_filled"}
    return any(event.rpartition(".")[2] in ends for event in verb.events)


def records(rows: Rows, noun: Noun) -> dict[int, Mapping[str, Any]]:
    """The rows of a noun by key."""
    names = [column.name for column in noun.table.columns]
    found = (dict(zip(names, row, strict=True)) for row in rows[noun.table.name])
    return {row["id"]: row for row in found}


def differences(before: Rows, after: Rows) -> Iterator[tuple[Noun, int, Any, Any]]:
    """What became of each record, events aside: its noun, its key, the row as it was and as it is."""
    for noun in CATALOG.nouns.values():
        old, new = records(before, noun), records(after, noun)
        for key in old.keys() | new.keys() if noun is not EVENT else ():
            if old.get(key) != new.get(key):
                yield noun, key, old.get(key), new.get(key)


def fields(noun: Noun) -> dict[str, str]:
    """The columns that events tell of, by the names they have there."""
    exposures: dict[str, Exposure] = {column.name: column.info["exposure"] for column in noun.table.columns}
    untold = {"id", "created_at", "updated_at", "version", "workspace_id"}
    return {
        camel(column): column
        for column, exposure in exposures.items()
        if column not in untold and (exposure.public or exposure.refers_to is not None)
    }


def differing(noun: Noun, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Iterator[str]:
    return (name for name, column in fields(noun).items() if (old or {}).get(column) != new[column])


_MOMENT_OR_ID = re.compile(r"[0-9a-f]{16}|\d{4}-\d\d-\d\dT[\d:.]+Z|whsec_.*|lgk_.*").fullmatch


def masked(value: Any) -> Any:
    """Without what differs from call to call: times, ids, secrets."""
    if isinstance(value, Mapping):
        return {name: masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return "…" if isinstance(value, str) and _MOMENT_OR_ID(value) else value
