"""`/graphql` over HTTP: methods, bodies, media types, paths, and JSON with a code and a request id for every refusal.

HARDENING 11, 12, 13, 17, 18, 22, 28; the statuses are those of the graphql-http audits.
"""

import gzip
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.graph.playground import CONTENT_SECURITY_POLICY
from tests.asgi import Answer, Message, bare, json_headers, messages, scope_of
from tests.serving import Client, World, serving

PING = "{ ping }"
REQUEST_ID = re.compile(r"[0-9a-f]{16}").fullmatch


def refusal_of(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The first error of a refusal, in the one shape that all have; what it says stays short and tells no internals."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] in {
        "application/json; charset=utf-8",
        "application/graphql-response+json; charset=utf-8",
        "application/json",
    }
    assert len(response.content) < 65_536
    answer = response.json()
    assert list(answer) == ["errors"]
    for error in answer["errors"]:
        assert error["extensions"]["code"] == code, error
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]
        assert error["message"]
        assert "Traceback" not in error["message"]
    first: dict[str, Any] = answer["errors"][0]
    return first


async def post(client: Client, body: bytes, content_type: str = "application/json", **headers: str) -> httpx2.Response:
    sent = client.bearer("all") | {"content-type": content_type} | headers
    return await client.http.post("/graphql", content=body, headers=sent)


async def get(client: Client, **parameters: str) -> httpx2.Response:
    return await client.http.get(f"/graphql?{urlencode(parameters)}", headers=client.bearer("all"))


async def test_a_query_is_answered_by_post(client: Client) -> None:
    data = await client.ask("{ contacts(first: 2) { nodes { firstName } } }", key="contacts")
    assert data == {"contacts": {"nodes": [{"firstName": None}, {"firstName": "Dee"}]}}


async def test_a_query_is_answered_by_get(client: Client) -> None:
    query = "query Named($id: ID!) { contact(id: $id) { email } }"
    response = await get(
        client, query=query, variables=json.dumps({"id": client.ids["ada"]}), operationName="Named", extensions="{}"
    )
    assert response.json() == {"data": {"contact": {"email": "ada@initech.test"}}}


async def test_an_operation_is_chosen_by_its_name(sqlite_client: Client) -> None:
    document = "query A { ping } query B { viewer { prefix } }"
    assert (await sqlite_client.send(document, operationName="A")).json() == {"data": {"ping": "pong"}}
    assert list((await sqlite_client.send(document, operationName="B")).json()["data"]) == ["viewer"]
    assert (await get(sqlite_client, query=document, operationName="A")).json() == {"data": {"ping": "pong"}}


@pytest.mark.parametrize("name", [None, "", "C", "a", "é" * 1000])
async def test_an_operation_that_cannot_be_chosen_is_refused(sqlite_client: Client, name: str | None) -> None:
    response = await sqlite_client.send("query A { ping } query B { ping }", operationName=name)
    refusal_of(response, 400, "OPERATION_RESOLUTION_FAILURE")


async def test_two_unnamed_operations_are_no_document(sqlite_client: Client) -> None:
    refusal_of(await sqlite_client.send("{ ping } { ping }"), 400, "GRAPHQL_VALIDATION_FAILED")


async def test_variables_reach_the_operation(client: Client) -> None:
    query = "query ($f: ContactFilter, $n: Int = 1) { contacts(filter: $f, first: $n) { nodes { email } totalCount } }"
    data = await client.ask(query, {"f": {"score": {"gte": 40}}})
    assert data["contacts"]["totalCount"] == 3
    assert len(data["contacts"]["nodes"]) == 1


HOSTILE_BODIES = {
    "empty": b"",
    "null": b"null",
    "number": b"1",
    "string": b'"{ ping }"',
    "array": b"[]",
    "batch": b'[{"query":"{ ping }"}]',
    "true": b"true",
    "not JSON": b"{ ping }",
    "cut off": b'{"query": "{ ping',
    "two documents": b'{"query":"{ ping }"}{}',
    "NaN": b'{"query":"{ ping }","variables":{"a":NaN}}',
    "byte order mark": b'\xef\xbb\xbf{"query":"{ ping }"}',
    "UTF-16": '{"query":"{ ping }"}'.encode("utf-16"),
    "UTF-32": '{"query":"{ ping }"}'.encode("utf-32-le"),
    "bad UTF-8": b'{"query":"{ ping } # \xff"}',
    "overlong UTF-8": b'{"query":"{ ping } # \xc0\x80"}',
    "lone surrogate": b'{"query":"{ ping } # \\ud800"}',
    "100k brackets": b"[" * 100_000,
    "100k objects": b'{"a":' * 100_000,
    "100k brackets inside": b'{"query":"{ ping }","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "no query": b"{}",
    "null query": b'{"query":null}',
    "query is a list": b'{"query":["{ ping }"]}',
    "query is a number": b'{"query":1}',
    "variables are a list": b'{"query":"{ ping }","variables":[1]}',
    "variables are a string": b'{"query":"{ ping }","variables":"{}"}',
    "operationName is a number": b'{"query":"{ ping }","operationName":1}',
    "operationName is an object": b'{"query":"{ ping }","operationName":{}}',
    "extensions are a list": b'{"query":"{ ping }","extensions":[]}',
    "null bytes": b"\0" * 1000,
}


@pytest.mark.parametrize("body", HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
async def test_a_body_that_is_no_request_is_refused(sqlite_client: Client, body: bytes) -> None:
    """HARDENING 13"""
    refusal_of(await post(sqlite_client, body), 400, "BAD_REQUEST")


@pytest.mark.parametrize("size", [1_048_577, 10_000_000])
async def test_a_body_that_is_too_large_is_refused(sqlite_client: Client, size: int) -> None:
    """HARDENING 13"""
    refusal_of(await post(sqlite_client, b" " * size), 413, "BAD_REQUEST")


async def test_a_body_may_be_as_large_as_the_limit(sqlite_client: Client) -> None:
    body = json.dumps({"query": PING}).encode()
    assert (await post(sqlite_client, body + b" " * (1_048_576 - len(body)))).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip", ""])
async def test_a_compressed_body_is_refused(sqlite_client: Client, encoding: str) -> None:
    """HARDENING 13: a bomb is never unpacked."""
    bomb = gzip.compress(b" " * 10_000_000)
    refusal_of(await post(sqlite_client, bomb, **{"content-encoding": encoding}), 415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql-response+json",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "text/plain; application/json",
        "application/json, text/plain",
        "",
    ],
)
async def test_only_json_is_taken(sqlite_client: Client, content_type: str) -> None:
    """HARDENING 12: a form in a browser cannot send what we take."""
    refusal_of(await post(sqlite_client, b'{"query":"{ ping }"}', content_type), 415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "query",
    [
        "mutation { __typename }",
        'mutation { deleteContact(id: "x") { id } }',
        "mutation A { a } mutation B { b }",
        "subscription { contactCreated { id } }",
    ],
)
async def test_nothing_but_a_query_is_taken_by_get(sqlite_client: Client, query: str) -> None:
    """HARDENING 12: 405 and Allow, also for what the schema does not have."""
    response = await get(sqlite_client, query=query)
    assert "must be sent by POST" in refusal_of(response, 405, "BAD_REQUEST")["message"]
    assert response.headers["allow"] == "POST"
    refusal_of(await get(sqlite_client, query="{ mutation }"), 400, "GRAPHQL_VALIDATION_FAILED")


async def test_a_body_without_or_with_two_types_is_refused(sqlite_client: Client) -> None:
    body = b'{"query":"{ ping }"}'
    bearer = [*sqlite_client.bearer("all").items()]
    refusal_of(await sqlite_client.http.post("/graphql", content=body, headers=bearer), 415, "BAD_REQUEST")
    both = [*bearer, ("content-type", "text/plain"), ("content-type", "application/json")]
    refusal_of(await sqlite_client.http.post("/graphql", content=body, headers=both), 415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"'],
)
async def test_json_is_taken_however_it_is_written(sqlite_client: Client, content_type: str) -> None:
    assert (await post(sqlite_client, b'{"query":"{ ping }"}', content_type)).status_code == 200


@pytest.mark.parametrize(
    ("query_string", "status", "code"),
    [
        ("", 400, "BAD_REQUEST"),
        ("query=", 400, "GRAPHQL_PARSE_FAILED"),
        ("query=%7B%20ping%20%7D&query=%7B%20ping%20%7D", 400, "BAD_REQUEST"),
        ("query=%FF", 400, "BAD_REQUEST"),
        ("query=%ED%A0%80", 400, "BAD_REQUEST"),
        ("query=%7Bping%7D&variables=1", 400, "BAD_REQUEST"),
        ("query=%7Bping%7D&variables=%7B", 400, "BAD_REQUEST"),
        ("query=%7Bping%7D&variables=[]", 400, "BAD_REQUEST"),
        ("query=%7Bping%7D&extensions=[]", 400, "BAD_REQUEST"),
        ("&".join(f"a{i}=1" for i in range(30)), 400, "BAD_REQUEST"),
        ("variables=" + "[" * 60_000, 400, "BAD_REQUEST"),
    ],
)
async def test_a_query_string_that_is_no_request_is_refused(
    sqlite_client: Client, query_string: str, status: int, code: str
) -> None:
    response = await sqlite_client.http.get(f"/graphql?{query_string}", headers=sqlite_client.bearer("all"))
    refusal_of(response, status, code)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X" * 1000])
async def test_another_method_is_told_which_are_allowed(sqlite_client: Client, method: str) -> None:
    response = await sqlite_client.http.request(method, "/graphql", headers=sqlite_client.bearer("all"))
    refusal_of(response, 405, "BAD_REQUEST")
    assert response.headers["allow"] == "GET, POST, OPTIONS"


async def test_head_is_told_so_without_a_body(sqlite_client: Client) -> None:
    response = await sqlite_client.http.head("/graphql", headers=sqlite_client.bearer("all"))
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, OPTIONS")


async def test_options_tells_the_methods_and_nothing_else(sqlite_client: Client) -> None:
    response = await sqlite_client.http.options(
        "/graphql", headers={"origin": "https://evil.test", "access-control-request-method": "POST"}
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, POST, OPTIONS"
    assert not [name for name in response.headers if name.startswith("access-control")]


DOCUMENTS = {
    "empty": ("", "GRAPHQL_PARSE_FAILED"),
    "blank": (" ", "GRAPHQL_PARSE_FAILED"),
    "syntax": ("{ ping", "GRAPHQL_PARSE_FAILED"),
    "NUL": ("{ ping }\0", "GRAPHQL_PARSE_FAILED"),
    "type system": ("type Query { ping: String }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown field": ("{ pong }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown argument": ("{ contacts(limit: 3) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    "no selection": ("{ contacts }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown spread": ("{ ...Missing }", "GRAPHQL_VALIDATION_FAILED"),
    "fragment cycle": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "two of one name": ("query A { ping } query A { ping }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown variable": ("query { contacts(first: $n) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    "subscription": ("subscription { ping }", "GRAPHQL_VALIDATION_FAILED"),
    "chain of 3,000 fragments": (
        "{ ...F0 } " + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(3_000)),
        "GRAPHQL_PARSE_FAILED",
    ),
    "3,000 deep": ("{ node " * 3_000 + "}" * 3_000, "GRAPHQL_PARSE_FAILED"),
    "190 deep": ("{ node(id: 1) " * 190 + "{ id }" + "}" * 190, "GRAPHQL_VALIDATION_FAILED"),
    "20,000-deep list": ("{ nodes(ids: " + "[" * 20_000 + "]" * 20_000 + ") { id } }", "GRAPHQL_PARSE_FAILED"),
    "190-deep list": ("{ nodes(ids: " + "[" * 190 + "]" * 190 + ") { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "20,000-deep type": (f"query ($a: {'[' * 20_000}Int{']' * 20_000}) {{ ping }}", "GRAPHQL_PARSE_FAILED"),
    "190-deep type": (f"query ($a: {'[' * 190}Int{']' * 190}) {{ ping }}", "GRAPHQL_VALIDATION_FAILED"),
    "20,000 fields": ("{ " + "ping " * 20_000 + "}", "GRAPHQL_PARSE_FAILED"),
    "1 MB of comments": ("{ ping } " + "#\n" * 340_000, "GRAPHQL_PARSE_FAILED"),
    "1,000 unknown fields": ("{ " + " ".join(f"f{i}" for i in range(1_000)) + " }", "GRAPHQL_VALIDATION_FAILED"),
    "1 MB name": ("{ " + "a" * 1_000_000 + " }", "GRAPHQL_PARSE_FAILED"),
    "90 kB name": ("{ " + "a" * 90_000 + " }", "GRAPHQL_VALIDATION_FAILED"),
}


@pytest.mark.parametrize(("document", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
async def test_a_document_that_cannot_be_run_is_refused(sqlite_client: Client, document: str, code: str) -> None:
    """HARDENING 17, 18: 400 without data, never a RecursionError."""
    refusal_of(await sqlite_client.send(document), 400, code)


async def test_a_document_that_nests_too_deeply_is_refused_by_rule(sqlite_client: Client) -> None:
    """HARDENING 18"""
    document = (
        "{ contacts(first: 1) { nodes { "
        + "company { contacts(first: 1) { nodes { " * 45
        + "id"
        + " } } }" * 45
        + " } } }"
    )
    assert refusal_of(await sqlite_client.send(document), 400, "BAD_REQUEST")["extensions"]["reason"] == "DEPTH_LIMIT"


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {}),
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {"n": None}),
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {"n": "1"}),
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {"n": 1.5}),
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {"n": 2**31}),
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {"n": 2**63}),
        ("query ($n: Int!) { contacts(first: $n) { totalCount } }", {"n": [1]}),
        ("query ($id: ID!) { contact(id: $id) { id } }", {"id": {}}),
        ("query ($f: ContactFilter) { contacts(filter: $f) { totalCount } }", {"f": {"unknown": {}}}),
        ("query ($f: ContactFilter) { contacts(filter: $f) { totalCount } }", {"f": {"score": {"eq": "x"}}}),
        ("query ($n: Int!) { contacts(first: $n) { nodes { id } } }", {"n": -1}),
        ("query ($n: Int!) { contacts(first: $n) { nodes { id } } }", {"n": 201}),
        ("query ($n: Int!) { contacts(first: $n) { nodes { id } } }", {"n": 10**6}),
        ("{ contacts(first: -1) { nodes { id } } }", {}),
        ("{ contacts(last: -1) { nodes { id } } }", {}),
        ("{ contacts(first: 1, last: 1) { nodes { id } } }", {}),
        ('{ contacts(after: "garbage") { nodes { id } } }', {}),
    ],
)
async def test_a_value_that_breaks_a_rule_is_refused(
    sqlite_client: Client, query: str, variables: dict[str, Any]
) -> None:
    """HARDENING 22, 23"""
    refusal_of(await sqlite_client.send(query, variables), 400, "BAD_USER_INPUT")


HOSTILE_TEXTS = {
    "NUL": ("\0", 400),
    "NUL inside": ("a\0b", 400),
    "bidi": ("\u202eada@initech.test\u202c", 200),
    "4 bytes": ("😀" * 3, 200),
    "homoglyph": ("аda@initech.test", 200),  # its first letter is Cyrillic
    "fullwidth": ("ａｄａ＠initech.test", 200),
    "decomposed": ("Z\u0307o\u0301łty", 200),
    "escape": ("\x1b[2J", 200),
    "SQL": ("' OR ''='", 200),
    "wildcards": ("%_*\\", 200),
    "noncharacter": ("\uffff", 200),
    "long": ("a" * 1_000_000, 200),
}


@pytest.mark.parametrize(("text", "status"), HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
async def test_a_hostile_text_is_compared_exactly_or_refused(client: Client, text: str, status: int) -> None:
    """HARDENING 25: the same on both databases."""
    for condition in (
        "email: { eq: $s }",
        "customFields: [{ key: $s, text: { eq: $s } }]",
        "tags: { some: { name: { in: [$s] } } }",
    ):
        query = f"query ($s: String!) {{ contacts(filter: {{ {condition} }}) {{ totalCount }} }}"
        response = await client.send(query, {"s": text})
        if status == 200:
            assert response.json() == {"data": {"contacts": {"totalCount": 0}}}
        else:
            assert "must not contain the NUL character" in refusal_of(response, 400, "BAD_USER_INPUT")["message"]


async def test_1e400_and_whole_floats_are_judged_as_json_numbers(sqlite_client: Client) -> None:
    """HARDENING 22"""
    body = b'{"query":"query ($n: Int!) { contacts(first: $n) { totalCount } }","variables":{"n":%s}}'
    for number in (b"1e400", b"-1e400", b"1" * 400):
        response = await post(sqlite_client, body % number)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] in {"BAD_REQUEST", "BAD_USER_INPUT"}
    assert (await post(sqlite_client, body % b"1.0")).status_code == 200


ACCEPTED = [
    (None, "application/json"),
    ("", "application/json"),
    ("*/*", "application/json"),
    ("application/json", "application/json"),
    ("application/json; charset=utf-8", "application/json"),
    ("application/graphql-response+json", "application/graphql-response+json"),
    ("application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json"),
    ("application/graphql-response+json;q=0.5, application/json;q=0.9", "application/json"),
    ("APPLICATION/GRAPHQL-RESPONSE+JSON", "application/graphql-response+json"),
    ("application/*", "application/graphql-response+json"),
    ("text/html;q=0.9, */*;q=0.1", "application/json"),
    ("text/event-stream, application/json", "application/json"),
]


@pytest.mark.parametrize(("accept", "media_type"), ACCEPTED)
async def test_the_answer_has_the_media_type_that_was_asked_for(
    sqlite_client: Client, accept: str | None, media_type: str
) -> None:
    del sqlite_client.http.headers["accept"]
    headers = {} if accept is None else {"accept": accept}
    for body in ({"query": PING}, {"query": "{"}):
        response = await sqlite_client.http.post("/graphql", json=body, headers=sqlite_client.bearer("all") | headers)
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/json;q=0", "application/xml", "nonsense", ";", ","]
)
async def test_an_answer_that_cannot_be_had_is_refused(sqlite_client: Client, accept: str) -> None:
    headers = sqlite_client.bearer("all") | {"accept": accept}
    response = await sqlite_client.http.post("/graphql", json={"query": PING}, headers=headers)
    refusal_of(response, 406, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ pong }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($n: Int!) { contacts(first: $n) { totalCount } }"}, "BAD_USER_INPUT"),
    ],
)
async def test_only_who_asks_for_plain_json_gets_200_for_a_wrong_document(
    sqlite_client: Client, body: dict[str, str], code: str
) -> None:
    """The media type's legacy, as the graphql-http audits have it."""
    for accept, status in (
        ("application/json", 200),
        ("application/graphql-response+json", 400),
        ("application/json, application/graphql-response+json", 400),
        ("*/*", 400),
    ):
        headers = sqlite_client.bearer("all") | {"accept": accept}
        refusal_of(await sqlite_client.http.post("/graphql", json=body, headers=headers), status, code)


async def test_every_other_refusal_keeps_its_status_for_plain_json(sqlite_client: Client) -> None:
    json_only = {"accept": "application/json"}
    refusal_of(
        await sqlite_client.http.post("/graphql", json={"query": PING}, headers=json_only), 401, "UNAUTHENTICATED"
    )
    tags = sqlite_client.bearer("tags") | json_only
    scoped = await sqlite_client.http.post("/graphql", json={"query": "{ contacts { totalCount } }"}, headers=tags)
    refusal_of(scoped, 403, "FORBIDDEN")
    refusal_of(await sqlite_client.http.post("/graphql", json=[], headers=tags), 400, "BAD_REQUEST")


async def test_an_answer_that_would_be_too_large_is_refused(world: World) -> None:
    async with serving(world, max_response_bytes=1024) as client:
        query = "query ($n: Int!) { contacts(first: $n) { nodes { id firstName email customFields } } }"
        assert (await client.send(query, {"n": 2})).status_code == 200
        aliased = " ".join(f"a_rather_long_name_{number}: ping" for number in range(40))
        for asked in (f"{{ {aliased} }}", "{ __schema { types { name } } }"):
            error = refusal_of(await client.send(asked), 400, "BAD_REQUEST")
            assert error["extensions"]["reason"] == "RESPONSE_TOO_LARGE"
            assert "1024 at most" in error["message"]
            assert "fewer records" in error["message"]


async def test_the_root_leads_to_the_playground(sqlite_client: Client) -> None:
    response = await sqlite_client.http.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/playground")


@pytest.mark.parametrize("path", ["/graphqlx", "/graphql/", "//graphql", "/graphql/graphql", "/GraphQL", "/.env", "/é"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_an_unknown_path_is_told_so_as_json(sqlite_client: Client, path: str, method: str) -> None:
    """HARDENING 11"""
    response = await sqlite_client.http.request(method, f"http://leadgraph.test{quote(path)}", json={"query": PING})
    refusal_of(response, 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/schema.graphql"])
async def test_a_known_path_tells_the_methods_it_takes(sqlite_client: Client, path: str) -> None:
    response = await sqlite_client.http.post(path)
    refusal_of(response, 405, "BAD_REQUEST")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/graphql", "evil.test"),
        ("/graphql", "leadgraph.test/healthz?"),
        ("/graphql", ""),
        ("/%67raphql", "leadgraph.test"),
        ("//graphql", "leadgraph.test"),
        ("/graphql/", "leadgraph.test"),
        ("/healthz/../graphql", "leadgraph.test"),
        ("/playground/static/../../graphql", "leadgraph.test"),
        ("http://leadgraph.test/graphql", "leadgraph.test"),
    ],
)
async def test_no_form_of_the_path_gives_data_without_a_key(sqlite_client: Client, path: str, host: str) -> None:
    """HARDENING 11: the path decides, Host and absolute-form targets decide nothing, and no redirect follows them."""
    for method in ("GET", "POST"):
        answer = await bare(sqlite_client, method, path, b'{"query":"{ ping }"}', {"host": host})
        assert answer.status in {401, 404, 405}
        assert "location" not in answer.headers
        assert b"pong" not in answer.body


async def test_a_browser_gets_the_playground_where_a_program_gets_json(sqlite_client: Client) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = await sqlite_client.http.get("/graphql", headers=browser)
    assert page.headers["content-type"].startswith("text/html")
    assert "nonce-" in page.headers["content-security-policy"]
    assert CONTENT_SECURITY_POLICY.split(";")[0] in page.headers["content-security-policy"]
    assert REQUEST_ID(page.headers["x-request-id"])
    asked = await sqlite_client.http.get("/graphql?query=%7Bping%7D", headers=browser)
    refusal_of(asked, 401, "UNAUTHENTICATED")


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/readyz", "/schema.graphql", "/playground", "/nowhere"])
async def test_every_answer_has_a_request_id_of_its_own(sqlite_client: Client, path: str) -> None:
    ids = set()
    for key in ("all", "all", None):
        headers = sqlite_client.bearer(key) if key else {}
        response = await sqlite_client.http.get(path, headers=headers | {"x-request-id": "mine"})
        assert REQUEST_ID(response.headers["x-request-id"])
        ids.add(response.headers["x-request-id"])
    assert len(ids) == 3


@pytest.mark.parametrize("path", ["/graphql?query=%7Bping%7D", "/healthz", "/readyz", "/schema.graphql", "/nowhere"])
async def test_an_answer_is_never_cached(sqlite_client: Client, path: str) -> None:
    for headers in ({}, sqlite_client.bearer("all")):
        assert (await sqlite_client.http.get(path, headers=headers)).headers["cache-control"] == "no-store"


async def test_a_refusal_beside_introspection_is_no_defect(
    sqlite_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """HARDENING 27: Strawberry, which runs introspection, would log a traceback for each."""
    query = "query ($c: String) { __schema { queryType { name } } contacts(after: $c) { nodes { id } } }"
    refusal_of(await sqlite_client.send(query, {"c": "x"}), 400, "BAD_USER_INPUT")
    await sqlite_client.ask(query, key="contacts")
    await sqlite_client.revoke("contacts")
    refusal_of(await sqlite_client.send(query, key="contacts"), 401, "UNAUTHENTICATED")
    assert caplog.records == []


async def test_a_defect_is_told_by_its_request_id_alone(
    sqlite_client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """HARDENING 27"""

    async def broken(*_: object) -> None:
        raise ValueError("secret internals")

    monkeypatch.setattr(sqlite_client.database, "read", broken)
    error = refusal_of(await sqlite_client.send(PING), 500, "INTERNAL_SERVER_ERROR")
    assert "secret" not in json.dumps(error)
    response = await sqlite_client.http.get("/schema.graphql", headers=sqlite_client.bearer("all"))
    assert "secret" not in json.dumps(refusal_of(response, 500, "INTERNAL_SERVER_ERROR"))


async def test_a_body_is_put_together_from_its_parts(sqlite_client: Client) -> None:
    parts = [{"type": "http.request", "body": bytes([byte]), "more_body": True} for byte in b'{"query":"{ ping }"}']
    answer = Answer()
    receive = messages(*parts, {"type": "http.request"})
    await sqlite_client.app(
        scope_of(sqlite_client, "POST", "/graphql", json_headers(sqlite_client)), receive, answer.take
    )
    assert json.loads(answer.body) == {"data": {"ping": "pong"}}


async def test_reading_stops_where_a_body_becomes_too_large(sqlite_client: Client) -> None:
    """HARDENING 13: also where no Content-Length told so before."""
    read = 0

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

    answer = Answer()
    await sqlite_client.app(
        scope_of(sqlite_client, "POST", "/graphql", json_headers(sqlite_client)), receive, answer.take
    )
    assert answer.status == 413
    assert read == 11


@pytest.mark.parametrize("length", ["1048577", "99999999999", "9" * 5000])
async def test_nothing_is_read_of_a_body_that_says_it_is_too_large(sqlite_client: Client, length: str) -> None:
    async def receive() -> Message:
        raise AssertionError

    answer = Answer()
    headers = json_headers(sqlite_client) | {"content-length": length}
    await sqlite_client.app(scope_of(sqlite_client, "POST", "/graphql", headers), receive, answer.take)
    assert answer.status == 413


async def test_nothing_is_read_without_a_key(sqlite_client: Client) -> None:
    async def receive() -> Message:
        raise AssertionError

    answer = Answer()
    headers = {"content-type": "application/json"}
    await sqlite_client.app(scope_of(sqlite_client, "POST", "/graphql", headers), receive, answer.take)
    assert answer.status == 401


async def test_a_client_that_goes_in_the_middle_of_its_body_gets_no_answer(sqlite_client: Client) -> None:
    answer = Answer()
    receive = messages({"type": "http.request", "body": b'{"query":"{ pi', "more_body": True})
    await sqlite_client.app(
        scope_of(sqlite_client, "POST", "/graphql", json_headers(sqlite_client)), receive, answer.take
    )
    assert answer.status == 0
    assert await sqlite_client.ask(PING) == {"ping": "pong"}


HEADERS = st.dictionaries(
    st.sampled_from(
        ["accept", "content-type", "content-length", "content-encoding", "authorization", "x-api-key", "host"]
    ),
    st.text(st.characters(max_codepoint=255), max_size=60)
    | st.sampled_from(["application/json", "gzip", "identity", "*/*", "0", "-1", "Bearer ", "text/html"]),
    max_size=5,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=8), each, max_size=4),
    max_leaves=10,
)
WORDS = [*'{}()[]:"1F', "...", "$a", "ping", "contacts", "nodes", "id", "first:", "Int", "query", "mutation"]
WORDS += ["fragment", "on", "Contact", "@skip", "if:", "true", "null", "__typename", "__schema"]
QUERIES = st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
BODIES = (
    st.binary(max_size=100)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"query": QUERIES | VALUES}, optional={"variables": VALUES, "operationName": VALUES, "extensions": VALUES}
    ).map(lambda value: json.dumps(value).encode())
)


@given(method=st.sampled_from(["GET", "POST"]), body=BODIES, headers=HEADERS, keyed=st.booleans())
@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(method="POST", body=b'{"query":"{__typename}"}', headers={"content-type": "application/json"}, keyed=True)
async def test_nothing_that_can_be_sent_makes_the_server_fail(
    sqlite_client: Client, method: str, body: bytes, headers: dict[str, str], *, keyed: bool
) -> None:
    """HARDENING 13: one answer, JSON, never a 5xx."""
    sent = json_headers(sqlite_client) | headers if keyed else headers
    path = "/graphql" if method == "POST" else f"/graphql?query={quote(body)}"
    answer = await bare(sqlite_client, method, path, body, sent)
    assert 200 <= answer.status < 500
    if answer.headers["content-type"].startswith("text/html"):
        assert method == "GET"
    else:
        content = json.loads(answer.body)
        assert list(content) in (["data"], ["errors"])
        assert answer.status != 200 or "data" in content or headers.get("accept") == "application/json"
