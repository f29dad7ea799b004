"""Whatever a client sends to any mutation is refused with a code, or stored exactly; alike on both databases."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.domain import CATALOG, VERBS
from app.resource import Choice
from app.store.types import Kind
from app.verb import Form, UserErrorCode, Verb
from tests.changing import snapshot
from tests.mutations import Arguments, Maker, Place, document, errors_of, places, replaced, shown_by
from tests.serving import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSALS = {(400, "BAD_USER_INPUT"), (400, "BAD_REQUEST"), (413, "BAD_REQUEST")}
HUGE = "1e400"  # as a number, which Python's JSON cannot write

TEXTS = (
    "",
    " \t\n",
    "a\0b",
    "\ud800",
    "a\udfff\ud800",
    "\u202egnp.exe\u2066",  # bidirectional controls
    "𝒳😀",
    "é e\u0301",  # the same to people, and not to be made the same
    "ра\u0443раl",  # homoglyphs
    "'; DROP TABLE contact; --",
    "%_\\",
    "x" * 1_000_000,
)
DOCUMENTS: tuple[Any, ...] = (
    {"a": float("nan")},
    {"a": float("inf")},
    {"a": HUGE},
    {"a": 2**63},
    {"a": -(2**70)},  # a double holds it; what it cannot hold comes back as the nearest that it does
    {"a": 10**400},
    {"a": 1.0, "b": -0.0, "c": 5e-324},
    {"a\0b": 1},
    {"a": "\0"},
    {"\ud800": 1},
    {"a": "\u202e𝒳"},
    {"": {"": [None, True, {}]}},
    {"a": ["x" * 70_000]},
    json.loads('{"a":' * 30 + "1" + "}" * 30),
    json.loads('{"a":' * 900 + "1" + "}" * 900),
    [],
    "text",
    1,
    True,
)
NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**63,
    10**30,
    1.5,
    HUGE,
    float("nan"),
    "1",
    True,
    [],
    {},
)
MOMENTS = (
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "2026-01-01T24:00:00Z",
    "2026-06-30T23:59:60Z",
    1767225600,
    "",
)
BY_KIND: Mapping[Kind, tuple[Any, ...]] = {
    Kind.STRING: (*TEXTS, 1, True, [], {}),
    Kind.STRINGS: (*([text] for text in TEXTS), [], [None], [1], [["x"]], ["x"] * 1_001, {}),
    Kind.JSON: DOCUMENTS,
    Kind.INT: NUMBERS,
    Kind.FLOAT: NUMBERS,
    Kind.BOOLEAN: ("true", 1, 0, "", []),
    Kind.DATETIME: MOMENTS,
    Kind.ID: (1.5, True, {}, "\0", "\ud800", "é" * 16),
}


def hostile(place: Place) -> Iterator[Any]:
    """What is sent in place of a value."""
    given = place.given
    yield None
    if given.many and not place.item:
        yield from ([], {}, "x", [[]], ["x"] * 1_001, [None])
    elif isinstance(given.type, Form | str):
        yield from ([], "x", 1, {}, {"noSuchField": 1})
    elif isinstance(given.type, Kind):
        yield from BY_KIND[given.type]
    else:
        assert issubclass(given.type, Choice)
        yield from ("NO_SUCH", next(iter(given.type)).value, "", 0, [], {})


async def outcome(client: Client, verb: Verb, arguments: Arguments) -> tuple[int, Any, list[Any]]:
    """The status, the code of a refusal, all user errors; what was taken was taken exactly."""
    body = json.dumps({"query": document(verb, arguments, dry_run=True), "variables": arguments})
    headers = client.bearer("all") | {"content-type": "application/json"}
    response = await client.http.post("/graphql", content=body.replace(f'"{HUGE}"', HUGE), headers=headers)
    answer = response.json()
    if response.status_code != 200:
        assert list(answer) == ["errors"]
        code = answer["errors"][0]["extensions"]["code"]
        assert (response.status_code, code) in REFUSALS
        return response.status_code, code, []
    assert list(answer) == ["data"]
    problems = errors_of(answer["data"])
    return 200, answer["data"] if not problems else None, problems


def read_back(payload: Any, name: str) -> Iterator[Any]:
    """All values of a field of this name."""
    for value in payload.values() if isinstance(payload, Mapping) else payload if isinstance(payload, list) else ():
        yield from read_back(value, name)
    if isinstance(payload, Mapping) and name in payload:
        yield payload[name]


@pytest.mark.parametrize("verb", VERBS, ids=[verb.name for verb in VERBS])
async def test_what_is_sent_is_stored_exactly_or_refused_with_a_code(both: list[Client], verb: Verb) -> None:
    """HARDENING 25; all of it as a dry run, which reads back what the database holds."""
    makers = [Maker(client) for client in both]
    calls = [await maker.arguments(verb, full=True) for maker in makers]
    before = [await snapshot(client) for client in both]
    for place in list(places(verb.arguments, calls[0])):
        for value in hostile(place):
            outcomes = [
                await outcome(client, verb, replaced(arguments, place.path, value))
                for client, arguments in zip(both, calls, strict=True)
            ]
            told = [(status, [(error["code"], error["field"]) for error in errors]) for status, _, errors in outcomes]
            assert told[0] == told[1], (place.path, str(value)[:80])
            assert all(code in UserErrorCode.__members__ for code, _ in told[0][1])
            if told[0] == (200, []) and value is not None and is_stored_as_it_is(verb, place):
                for _, payload, _ in outcomes:
                    assert list(read_back(payload, place.field[-1])) == [value], (place.path, str(value)[:80])
    assert [await snapshot(client) for client in both] == before


def is_stored_as_it_is(verb: Verb, place: Place) -> bool:
    """Whether it is a field of the record that the payload shows, and not of an input inside another."""
    nouns = [CATALOG.nouns[shown.type] for shown in shown_by(verb.returns) if isinstance(shown.type, str)]
    steps = [step for step in place.path if isinstance(step, str)]
    kinds: tuple[object, ...] = (Kind.STRING, Kind.STRINGS, Kind.JSON, Kind.INT)
    return len(steps) == 2 and place.given.type in kinds and any(steps[1] in noun.attributes for noun in nouns)
