"""Whatever a client sends to any route is refused with a code of its own, in the one shape, and leaves nothing behind.

All of it is generated over the routes: from a call that would do, as `tests/mutations.py` makes it, one thing is made
wrong at a time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import httpx2
import orjson
import pytest
from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from app.domain import CATALOG
from app.rest.route import Route
from tests.changing import snapshot
from tests.mutations import NAMED, Maker, replaced
from tests.serving import Client
from tests.test_rest_parity import records, root_of, stored_values, variables_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
SQLITE = pytest.mark.parametrize("standing_world", ["sqlite"], indirect=True, scope="module")
"""What no database is asked about; the rest runs on both."""

TIME = re.compile(r'"timestamp":"[^"]+"')
CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "BAD_REQUEST",
    406: "BAD_REQUEST",
    413: "BAD_REQUEST",
    415: "BAD_REQUEST",
}


@dataclass(frozen=True)
class Call:
    """A request that a route answers, and what can be made wrong with it."""

    route: Route
    ids: Mapping[str, str]  # by segment
    body: Any = None
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    def asking(self, *query: tuple[str, str]) -> "Call":
        return replace(self, query=(*self.query, *query))

    def holding(self, name: str, value: Any) -> "Call":
        return replace(self, body={**(self.body or {}), name: value})

    def with_headers(self, **headers: str) -> "Call":
        return replace(self, headers={**self.headers, **headers})

    async def send(self, client: Client, method: str | None = None) -> httpx2.Response:
        path = self.route.path
        for name, given in self.ids.items():
            path = path.replace(f"{{{name}}}", quote(given, safe="%"))
        query = "&".join(f"{quote(name, safe='%')}={quote(value, safe='%')}" for name, value in self.query)
        content = orjson.dumps(self.body) if self.content is None and self.body is not None else self.content
        typed = {} if content is None else {"content-type": "application/json"}
        named = client.bearer("all") | typed | dict(self.headers)
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        url = f"/v1{path}?{query}" if query else f"/v1{path}"
        return await client.http.request(method or self.route.method, url, content=content, headers=headers)

    async def refused(self, client: Client, status: int) -> list[dict[str, Any]]:
        """What a refusal with this status tells in `errors`."""
        response = await self.send(client)
        told = (self.route.name, self.query, str(self.body)[:300], response.text[:500])
        assert response.status_code == status, told
        answer = response.json()
        assert list(answer) == ["success", "status", "message", "errors", "meta"], told
        assert (answer["success"], answer["status"]) == (False, status), told
        assert len(response.content) < 10_000
        if status in CODES:
            assert [each["code"] for each in answer["errors"]] == [CODES[status]], told
        else:
            assert answer["message"] == "Validation failed"
            assert all(set(each) == {"field", "message"} for each in answer["errors"]), told
        errors: list[dict[str, Any]] = answer["errors"]
        return errors

    async def blamed(self, client: Client, *names: str) -> None:
        """It is 422, and these are to blame, or what is in them."""
        for error in await self.refused(client, 422):
            blamed = error["field"]
            assert any(blamed == name or blamed.startswith(f"{name}.") for name in names), (self.route.name, error)


async def calls(client: Client, *, writing: bool) -> list[Call]:
    """A call of each route, for records of its own where it writes."""
    routes = [route for route in client.app.routes if route.writes == writing]
    if not writing:
        ids = await records(client, routes)
        return [Call(route, {each: ids[noun_of(client, route)] for each in route.segments}) for route in routes]
    made = []
    for route in routes:
        arguments = await Maker(client).arguments(NAMED[root_of(route).name.value], full=True)
        variables = variables_of(route, arguments)
        given = {
            name: stored_values(each.type, variables[name])
            for name, each in route.parameters.items()
            if name in variables
        }
        body = given[route.body] if route.body else given
        if route.when is not None:
            body = {**body, route.when[0]: route.when[1]}
        headers = {"prefer": "handling=strict"} if route.strict else {}
        ids = {each: variables[each] for each in route.segments}
        made.append(Call(route, ids, None if route.method == "DELETE" else body, headers=headers))
    return made


def noun_of(client: Client, route: Route) -> str:
    shown = client.app.full.schema.query_type.fields[root_of(route).name.value]  # type: ignore[union-attr]
    name: str = get_named_type(shown.type).name
    return name


# Lists and filters

WORDS: Mapping[str, tuple[str, ...]] = {
    "Int": ("x", "1.5", "1e2", "", "99999999999", "%2B1", "0x10", "١"),
    "Boolean": ("yes", "1", "", "TRUE"),
    "DateTime": ("yesterday", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "", "1767225600"),
    "String": ("a%00b",),
}
"""What is no value of a type, in a query string."""


def wrong_words(type_: Any) -> tuple[str, ...]:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):  # an order, or a link
        return ("a%00b",) if {"some", "is"} & named.fields.keys() else ("hair", "", "-", "id,,id", "NAME")
    return WORDS.get(named.name, () if named.name == "ID" else ("NO_SUCH", "", "new,%00"))


@SQLITE
async def test_what_is_no_value_of_a_parameter_is_refused_by_its_name(standing: Client) -> None:
    """Also parameters twice, unknown ones, and those of writing routes."""
    reading = await calls(standing, writing=False)
    before = await snapshot(standing)
    for call in reading:
        await call.asking(("noSuch", "1")).blamed(standing, "noSuch")
        for name, parameter in call.route.parameters.items():
            for word in wrong_words(parameter.type):
                await call.asking((name, word)).blamed(standing, name)
            if not isinstance(nullable(parameter.type), GraphQLList | GraphQLInputObjectType):
                await call.asking((name, "1"), (name, "1")).blamed(standing, name)
        for name in call.route.switches:
            for word in ("", "everything", "total,"):
                await call.asking((name, word)).blamed(standing, name)
    assert await snapshot(standing) == before


def nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


@SQLITE
async def test_bad_paging_is_refused_by_its_name(standing: Client) -> None:
    """HARDENING 23: cursors that are garbage, edited, of another list, another order, another workspace."""
    lists = [call for call in await calls(standing, writing=False) if "cursor" in call.route.parameters]
    page = (await standing.http.get("/v1/leads?limit=1", headers=standing.bearer("all"))).json()["meta"]["pagination"]
    foreign = (await standing.http.get("/v1/leads?limit=1", headers=standing.bearer("foreign"))).json()["meta"]
    good, theirs = page["nextCursor"], foreign["pagination"]["nextCursor"]
    edited = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    for call in lists:
        for size in ("0", "101", "-1", "1000000000000"):
            await call.asking(("limit", size)).blamed(standing, "limit")
        for cursor in ("", "x", "é", "a%00b", "null", "A" * 6_000, theirs, edited, f"{good}="):
            await call.asking(("cursor", cursor)).blamed(standing, "cursor")
        if call.route.path.endswith(("/leads", "/contacts", "/contacts/search")):
            await call.asking(("cursor", good), ("sort", "email")).blamed(standing, "cursor")
        else:
            await call.asking(("cursor", good)).blamed(standing, "cursor")


# Bodies

NOT_JSON = (
    b"{",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": 1e400}',
    b'{"a": "\xff"}',
    b'{"a": "\\ud800"}',
    b'{"\\udfff": 1}',
    b"\xef\xbb\xbf{}",
    b"null",
    b"1",
    b"[]",
    b'"{}"',
    "{}".encode("utf-16"),
    b"[" * 100_000,
    b'{"a":' * 100_000,
)
NO_BODY: Mapping[str, Mapping[str, str]] = {
    "text/plain": {},
    "application/x-www-form-urlencoded": {},
    "multipart/form-data; boundary=x": {},
    "application/json; charset=utf-16": {},
    "application/json-patch+json": {},
    "": {},
    "application/json, application/json": {},
    "application/json": {"content-encoding": "gzip"},
}
WRONG: Mapping[str, tuple[Any, ...]] = {
    "Int": ("1", 1.5, True, [], {}, 2**31, -(2**31) - 1, 2**63 - 1),
    "Boolean": ("true", 1, []),
    "DateTime": (5, "yesterday", "2026-02-30T00:00:00Z", []),
    "ID": (5, True, [], {}),
    "String": (5, True, [], {}),
    "Float": ("1", True, [], {}),
    "JSON": (),
}
"""What is no value of a type, in JSON."""


def wrong_values(type_: Any) -> list[Any]:
    if isinstance(type_, GraphQLNonNull):
        return [None, *wrong_values(type_.of_type)]
    if isinstance(type_, GraphQLList):
        return ["x", {}, *([wrong] for wrong in wrong_values(type_.of_type))]
    if isinstance(type_, GraphQLInputObjectType):
        return ["x", [], 5, {"noSuch": 1}]
    return [*WRONG.get(type_.name, ("NO_SUCH", "", 5, [], {}))]


def members_of(route: Route) -> dict[str, Any]:
    """The type of each member of a body."""
    if route.body is None:
        return {name: parameter.type for name, parameter in route.parameters.items()}
    return {name: each.type for name, each in get_named_type(route.parameters[route.body].type).fields.items()}


@SQLITE
async def test_what_is_no_body_is_refused_as_such(standing: Client) -> None:
    """HARDENING 12, 13: by every route that takes one; whether anything would be wrong with it besides or not."""
    writing = [call for call in await calls(standing, writing=True) if call.body is not None]
    before = await snapshot(standing)
    for call in writing:
        whole = call.route.path == "/leads"
        for content in NOT_JSON if whole else NOT_JSON[:10:3]:
            await replace(call, content=content).refused(standing, 400)
        for media_type, headers in [*NO_BODY.items()][: None if whole else 2]:
            await call.with_headers(**{"content-type": media_type, **headers}).refused(standing, 415)
        await replace(call, content=b" " * 1_100_000).refused(standing, 413)
        await call.asking(("noSuch", "1")).blamed(standing, "noSuch")
        await call.asking(("dryRun", "maybe")).blamed(standing, "dryRun")
    assert await snapshot(standing) == before


@SQLITE
async def test_what_is_no_value_of_a_member_is_refused_by_its_name(standing: Client) -> None:
    """Also unknown members, null, and required ones that are missing; nothing is written."""
    writing = [call for call in await calls(standing, writing=True) if call.body is not None]
    before = await snapshot(standing)
    for call in writing:
        await call.holding("noSuch", 1).blamed(standing, "noSuch")
        for segment in call.route.segments:
            await call.holding(segment, call.ids[segment]).blamed(standing, segment)
        for name, type_ in members_of(call.route).items():
            for value in wrong_values(type_):
                await call.holding(name, value).blamed(standing, name)
        for name in call.route.required if call.route.body is None else ():
            missing = {key: value for key, value in call.body.items() if key != name}
            assert {"field": name, "message": "This field is required"} in await replace(call, body=missing).refused(
                standing, 422
            )
    assert await snapshot(standing) == before


TEXTS = (
    "a\0b",
    "\u202egnp.exe\u2066",
    "𝒳😀",
    "é e\u0301",
    "ра\u0443раl",
    "'; DROP TABLE contact; --",
    " \t\n",
    "x" * 900_000,
)


async def test_texts_are_stored_exactly_or_refused_alike_on_both_databases(both: list[Client]) -> None:
    """HARDENING 25: in every text of contacts and companies; all other verbs are sent them as GraphQL."""
    for path, names in (("/contacts", ("firstName", "phone", "externalId")), ("/companies", ("name", "industry"))):
        for name in names:
            for text in TEXTS:
                told = []
                for client in both:
                    sent = {"name": "Some", name: text} if path == "/companies" else {name: text}
                    made = await client.http.post(f"/v1{path}", json=sent, headers=client.bearer("all"))
                    answer = made.json()
                    told.append((made.status_code, answer.get("errors")))
                    if made.status_code == 201:
                        shown = await client.http.get(made.headers["location"], headers=client.bearer("all"))
                        assert shown.json()["data"][name] == text
                        assert made.json()["data"][name] == text
                assert told[0] == told[1], (path, name, text[:20])
                assert told[0][0] in {201, 422}
                assert told[0][0] == 201 or [each["field"] for each in told[0][1]] == [name]


# Ids

NO_IDS = (
    "0" * 16,
    "1",
    "%00",
    "%27",
    "%252F",
    "..%252F",
    "%FF",
    "%ED%A0%80",
    "%E2%80%AE",
    "%F0%9F%92%A9",
    "~",
    "-1",
    "*",
    "null",
    "a" * 10_000,
)


async def foreign_ids(client: Client, call: Call) -> dict[str, str]:
    """Ids of the other workspace, in place of those in the path."""
    ids = {}
    for name, given in call.ids.items():
        noun = next(each for each in CATALOG.nouns.values() if each.number == number_of(client, given))
        ids[name] = await Maker(client, "globex").id(noun.name)
    return ids


def number_of(client: Client, given: str) -> int:
    """Of the type that an id is of."""
    return client.app.ids.decode(given)[0]


@SQLITE
async def test_records_of_others_are_as_if_they_were_not_at_any_path(standing: Client) -> None:
    """HARDENING 24: the same answer for what belongs to others, to another type, to nobody, or is no id at all."""
    found = [*await calls(standing, writing=False), *await calls(standing, writing=True)]
    of_others = {call.route.name: await foreign_ids(standing, call) for call in found if call.ids}
    before = await snapshot(standing)
    two = standing.ids["ada"], standing.ids["hot"]
    for call in (each for each in found if each.ids):
        told = set()
        ids = NO_IDS[:3] if call.route.writes else NO_IDS
        number = number_of(standing, call.ids["id"])
        another = next(id_ for id_ in two if number_of(standing, id_) != number)
        for given in (of_others[call.route.name], *({**call.ids, "id": wrong} for wrong in (another, *ids))):
            response = await replace(call, ids=given).send(standing)
            answer = response.json()
            assert response.status_code == 404, (call.route.name, given, answer)
            assert answer["errors"] == [{"code": "NOT_FOUND"}]
            told.add(answer["message"])
        assert len(told) == 1, call.route.name
    assert await snapshot(standing) == before


def ids_in(client: Client, value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where ids stand in a body."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from ids_in(client, inner, (*path, step))
    elif isinstance(value, str) and number_of(client, value):
        yield path, value


async def test_records_of_others_are_as_if_they_were_not_in_any_body_or_parameter(standing: Client) -> None:
    """HARDENING 24"""
    writing = [call for call in await calls(standing, writing=True) if call.body is not None]
    foreign = {each.number: await Maker(standing, "globex").id(each.name) for each in CATALOG.nouns.values()}
    reading = await calls(standing, writing=False)
    tried = 0
    before = await snapshot(standing)
    for call in writing:
        for path, given in ids_in(standing, call.body):
            told = set()
            for wrong in (foreign[number_of(standing, given)], "0" * 16):
                sent = replace(call.asking(("dryRun", "true")), body=replaced(call.body, path, wrong))
                response = await sent.send(standing)
                told.add((response.status_code, TIME.sub("", response.text).replace(wrong, "ID")))
            assert len(told) == 1, (call.route.name, path, told)
            tried += 1
    assert tried > 20
    for call in reading:
        for name, parameter in call.route.parameters.items():
            if get_named_type(parameter.type).name == "ID" or name in {"company", "tags", "stages"}:
                for wrong in (*foreign.values(), "0" * 16):
                    response = await call.asking((name, wrong)).send(standing)
                    assert response.json()["data"] == [], (call.route.name, name)
    assert await snapshot(standing) == before


# Methods and headers


@SQLITE
async def test_every_path_takes_its_methods_and_no_others(standing: Client) -> None:
    """405 with Allow, HEAD and OPTIONS; a method in a header is none. HARDENING 12"""
    found = [*await calls(standing, writing=False), *await calls(standing, writing=True)]
    paths = {call.route.path: call for call in found}
    before = await snapshot(standing)
    for path, call in paths.items():
        taken = {each.route.method for each in found if each.route.path == path}
        allow = ", ".join(sorted({*taken, "OPTIONS", *({"HEAD"} if "GET" in taken else ())}))
        told = await replace(call, content=b"{").send(standing, "OPTIONS")
        assert (told.status_code, told.headers["allow"], told.content) == (204, allow, b"")
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"} - taken:
            overridden = call.with_headers(**{"x-http-method-override": next(iter(taken))})
            response = await overridden.send(standing, method)
            if method == "HEAD":
                assert response.content == b""
            if method == "HEAD" and "GET" in taken:
                assert response.status_code == 200
                continue
            assert (response.status_code, response.headers["allow"]) == (405, allow), (path, method)
            if method != "HEAD":
                assert response.json()["message"].endswith(f"takes {allow}, not {method}.")
    assert await snapshot(standing) == before


HEADERS: tuple[tuple[Mapping[str, str], int], ...] = (
    ({"if-match": 'W/"1"'}, 400),
    ({"if-match": '"1", "2"'}, 400),
    ({"if-match": '"x"'}, 400),
    ({"if-match": ""}, 400),
    ({"if-match": '"99999999999999999999"'}, 400),
    ({"if-match": '"-1"'}, 400),
    ({"if-match": "\u0661"}, 400),
    ({"accept": "text/html"}, 406),
    ({"accept": "application/json;q=0"}, 406),
    ({"accept": "application/json; q=0.000"}, 406),
    ({"accept": "*/*;q=0"}, 406),
    ({"accept": "application/json;q=0, */*"}, 406),
    ({"idempotency-key": ""}, 400),
    ({"idempotency-key": "a" * 256}, 400),
    ({"idempotency-key": '"a'}, 400),
    ({"idempotency-key": "a\tb"}, 400),
    ({"idempotency-key": "\u00e9"}, 400),
)
"""What every route that changes a record refuses."""
ODD: tuple[Mapping[str, str], ...] = (
    {"prefer": ""},
    {"prefer": ',,;="handling=strict'},
    {"prefer": "respond-async, wait=-1, foo; bar=baz"},
    {"prefer": "return=maximal; handling=odd"},
    {"accept": "*/*;q=0.001, text/html;level=1"},
    {"accept": "APPLICATION/JSON ; Q=0.5, ;,"},
    {"content-type": "nonsense"},
    {"x-response-profile": "none of them"},
    {"range": "bytes=0-1"},
    {"if-none-match": "*"},
    {"if-modified-since": "never"},
    {"x-forwarded-host": "evil.test"},
    {"x-original-url": "/v1/tags"},
    {"host": "evil.test"},
)
"""What changes nothing of the answer to a request that reads."""


@SQLITE
async def test_odd_headers_have_their_code(standing: Client) -> None:
    writing = [call for call in await calls(standing, writing=True) if call.route.takes_version]
    before = await snapshot(standing)
    for call in writing:
        for headers, status in HEADERS if call.route.path == "/leads/{id}" else HEADERS[::6]:
            response = await call.with_headers(**headers).send(standing)
            assert response.status_code == status, (call.route.name, headers, response.text)
            assert response.json()["errors"] == [{"code": "BAD_REQUEST"}]
        response = await call.with_headers(**{"if-match": '"99"'}).send(standing)
        assert (response.status_code, response.json()["errors"]) == (412, [{"code": "CONFLICT"}]), call.route.name
    assert await snapshot(standing) == before


@SQLITE
async def test_headers_that_mean_nothing_change_nothing(standing: Client) -> None:
    reading = await calls(standing, writing=False)
    for call in reading:
        usual = await call.send(standing)
        for headers in ODD:
            response = await replace(call, content=b"\x00 not a body", headers=headers).send(standing)
            assert response.status_code == 200, (call.route.name, headers, response.text)
            assert response.json()["data"] == usual.json()["data"]
