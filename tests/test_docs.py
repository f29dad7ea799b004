"""The documentation as HTML: complete, true to what it is rendered from, and without a link that leads nowhere."""

import html
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse, validate

from app import errors
from app.access.scopes import SCOPES
from app.application import Application, create_app
from app.docs.codes import CODES
from app.docs.guides import GUIDES
from app.docs.operations import groups_of
from app.docs.pages import Pages
from app.docs.samples import LANGUAGES, Call
from app.settings import Settings
from app.verb import UserErrorCode
from tests.serving import Client, World, serving
from tests.visiting import text_of


class Page(HTMLParser):
    """What of a page's markup is looked at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._within = tag if "src" not in given else ""
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [each for name in ("href", "src", "action") if (each := given.get(name))]
        self.inline += [name for name in given if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def app() -> Application:
    return create_app(Settings())


@pytest.fixture(scope="module")
def pages(app: Application) -> Mapping[str, str]:
    """Every page as it is kept, by its path below `/docs`."""
    made = Pages(app.openapi.document, console=True, playground=True, hidden=False)
    groups = groups_of(app.openapi.document())
    paths = ["", *(f"guides/{each.name}" for each in GUIDES), *(each.slug for each in groups)]
    return {path: made.page(path) for path in paths}


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


async def read(client: Client, path: str, **headers: str) -> httpx2.Response:
    answer = await client.http.get(path, headers=headers)
    assert answer.status_code == 200, (path, answer.text)
    return answer


def test_every_route_is_documented_with_all_that_is_known_of_it(app: Application, pages: Mapping[str, str]) -> None:
    """S1-9, S1-10, S1-11, S5-3."""
    document = app.openapi.document()
    found = set()
    for group in groups_of(document):
        for operation in group.operations:
            path = operation.path.removeprefix(document["servers"][0]["url"])
            found.add((operation.method, path))
            article = article_of(pages[group.slug], operation.id)
            item = document["paths"][path][operation.method.lower()]
            assert [each for each in told_of(document, item) if each not in article] == [], path
            assert re.findall(r'name="language-\w+" value="(\w+)"', article) == [each.name for each in LANGUAGES]
    assert found == {(route.method, route.path) for route in app.routes}


def article_of(page: str, id_: str) -> str:
    """The markup of an operation."""
    start = page.index(f'<article class="operation" id="{id_}"')
    return html.unescape(page[start : page.index("</article>", start)])


def told_of(document: Any, item: Any) -> Iterator[str]:
    """What an article must say."""
    yield item["summary"]
    yield from item["x-scopes"]
    yield from item["responses"]
    for given in item["parameters"]:
        parameter = given
        if "$ref" in given:
            parameter = document["components"]["parameters"][given["$ref"].rpartition("/")[2]]
        yield parameter["name"]
    yield from re.findall(r"\w+", item["x-graphql"]["query"])


async def test_no_link_leads_nowhere_and_nothing_stands_inline(sqlite_client: Client, pages: Mapping[str, str]) -> None:
    parsed = {f"/docs/{path}".rstrip("/"): Page(text) for path, text in pages.items()}
    assert [page.inline for page in parsed.values() if page.inline] == []
    for path, page in parsed.items():
        assert len(page.ids) == len(set(page.ids)), path
        assert [link for link in page.links if link[0] == "#" and link[1:] not in page.ids] == [], path
    for link in sorted({link for page in parsed.values() for link in page.links if link[0] != "#"}):
        path, _, place = link.partition("#")
        if path in parsed:
            assert not place or place in parsed[path].ids, link
        elif not path.startswith("data:"):
            assert path.startswith("/"), link  # nothing of another origin
            assert (await sqlite_client.http.get(path)).status_code in {200, 303}, link


def test_the_guides_tell_every_code_and_every_scope(pages: Mapping[str, str]) -> None:
    told = words(pages["guides/errors"]).split()
    names = set(kinds(errors.LeadgraphError))
    assert names == {code.name for code in CODES}
    reasons = {reason for code in CODES for reason, _ in code.reasons}
    assert reasons >= set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b", str(errors.__doc__))) - {"HTTP"}
    assert names | reasons | {str(each) for each in UserErrorCode} <= set(told)
    assert set(SCOPES) <= set(words(pages["guides/scopes"]).split())


def kinds(kind: type[errors.LeadgraphError]) -> Iterator[str]:
    """The codes of an error and of all below it that the application knows."""
    if kind.__module__.startswith("app."):
        yield kind.code
    for each in kind.__subclasses__():
        yield from kinds(each)


def test_the_guides_show_graphql_that_the_schema_knows(app: Application, pages: Mapping[str, str]) -> None:
    shown = "".join(text for path, text in pages.items() if path.startswith("guides/"))
    found = re.findall(r'data-language="graphql">.*?<pre[^>]*><code>(.*?)</code></pre>', shown, re.DOTALL)
    assert found
    for code in found:
        assert validate(app.full.schema, parse(html.unescape(re.sub(r"<[^>]*>", "", code)))) == []


async def test_search_finds_endpoints_and_guides(sqlite_client: Client) -> None:
    found = text_of(await read(sqlite_client, "/docs/search?q=CREATE+lead"))
    assert "/v1/leads Creates a lead" in found
    assert "Safe retries" in text_of(await read(sqlite_client, "/docs/search?q=retries"))
    assert "0 places found" in text_of(await read(sqlite_client, "/docs/search?q=xyzzy"))
    assert "0 places found" in text_of(await read(sqlite_client, "/docs/search"))
    page = await read(sqlite_client, '/docs/search?q="><script>alert(1)</script>')
    assert "<script>alert" not in page.text
    # What is not there is searched for.
    answer = await sqlite_client.http.get("/docs/guides/rate-limit")
    assert answer.status_code == 404
    assert "Rate limits" in text_of(answer)
    assert (await sqlite_client.http.post("/docs")).status_code == 405


async def test_samples_have_the_address_that_was_asked(sqlite_client: Client) -> None:
    asked = {
        "http://leadgraph.test": {},
        "https://api.example.com:8443": {"host": "api.example.com:8443", "x-forwarded-proto": "https"},
        "http://[::1]:8000": {"host": "[::1]:8000"},
    }
    for base, headers in asked.items():
        page = await read(sqlite_client, "/docs", **headers)
        assert f"{base}/v1/ping" in page.text
        assert "leadgraph.invalid" not in page.text
    for host in ("x'; rm -rf ~ #", '"><script>', "", "a b"):
        page = await read(sqlite_client, "/docs", host=host)
        assert "http://localhost/v1/ping" in page.text
        assert "rm -rf" not in page.text


async def test_pages_come_with_a_strict_policy_and_compressed(sqlite_client: Client) -> None:
    page = await read(sqlite_client, "/docs/leads", **{"accept-encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (await read(sqlite_client, "/docs/leads", **{"accept-encoding": "identity"})).text == page.text


async def test_a_hidden_schema_is_not_told(sqlite_world: World) -> None:
    async with serving(sqlite_world, hide_schema=True, console=False, playground=False) as client:
        page = (await read(client, "/docs")).text
        assert "/v1/ping" in page
        assert "/v1/contacts" not in page
        assert "Generate test token" not in page
        assert "/playground" not in page
        assert (await client.http.get("/docs/contacts")).status_code == 404


def test_samples_read_the_key_from_the_environment() -> None:
    for language in LANGUAGES:
        code = language.write(Call("DELETE", "http://leadgraph.test/v1/leads/x", {"If-Match": '"3"'}))
        assert "LEADGRAPH_API_KEY" in code, language.name
        assert "3" in code


NAMED = """
query Named($id: ID!) @rest(method: "GET", path: "/named/{id}") {
  contact(id: $id) { firstName }
}
mutation Raise($id: ID!, $score: Int!) @rest(method: "POST", path: "/named/{id}", when: "what=score") {
  updateContact(id: $id, input: { score: $score }) { contact { score } userErrors { ...Problem } }
}
mutation Rename($id: ID!, $firstName: String!) @rest(method: "POST", path: "/named/{id}", when: "what=name") {
  updateContact(id: $id, input: { firstName: $firstName }) { contact { firstName } userErrors { ...Problem } }
}
"""


async def test_routes_of_the_operator_are_documented_without_examples(sqlite_world: World, tmp_path: Path) -> None:
    """Also those that differ in a member of the body."""
    (tmp_path / "named.graphql").write_text(NAMED)
    async with serving(sqlite_world, routes=tmp_path) as client:
        page = text_of(await read(client, "/docs/named"))
        assert "/v1/named/id" in page
        assert "query Named(" in page
        assert "Body, form 1 what string required One of score score integer required" in page
        assert "Body, form 2 what string required One of name firstName string required" in page
