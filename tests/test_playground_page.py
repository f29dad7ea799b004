"""The playground in headless Chromium: what it shows of a key, and that nothing is kept or leaves the origin."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Route, expect

from app.graph.playground import respond
from tests.browsing import needs_chromium
from tests.serving import Client

pytestmark = needs_chromium

SELECT_ALL = "ControlOrMeta+a"
RUN = "ControlOrMeta+Enter"


class Playground:
    """The page in a browser, with words for what people do there, and what it did that it must not."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.misdeeds: list[str] = []
        self.said: list[str] = []
        self.panel = page.get_by_role("complementary", name="Key")
        self.query = page.get_by_role("region", name="Operation Editor")
        self.response = page.get_by_role("region", name="Result Window")
        self.explorer = page.locator(".graphiql-explorer-root")
        self.status = page.get_by_role("status", name="Last query")
        self.problem = page.locator(".problem")
        page.on("request", self._requested)
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.misdeeds.append(str(error)))

    async def open(self, key: str) -> None:
        """Enters the first key."""
        await self._enter("API key", key)

    async def switch(self, key: str) -> None:
        await self._enter("Another API key", key)

    async def run(self) -> None:
        await self.query.get_by_role("textbox").focus()
        await self.page.keyboard.press(RUN)

    async def write(self, query: str) -> None:
        await self.query.get_by_role("textbox").focus()
        await self.page.keyboard.press(SELECT_ALL)
        await self.page.keyboard.insert_text(query.removesuffix("}"))  # the editor closes the first brace

    async def kept(self) -> str:
        """All that outlives the page or is seen beside it, and the page's text."""
        held = "[location.href, document.cookie, {...localStorage}, {...sessionStorage}, document.title, history.state]"
        return str(await self.page.evaluate(f"JSON.stringify({held})")) + await self.page.content() + str(self.said)

    async def _enter(self, label: str, key: str) -> None:
        field = self.page.get_by_role("textbox", name=label, exact=True)
        await field.fill(key)
        await field.press("Enter")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.misdeeds.append(f"request to {request.url}")

    def _told(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        # Chromium notes every answer of 400 and more; to be refused is no fault of the page.
        refused = message.location["url"] == f"{self.address}/graphql" and "the server responded with" in message.text
        if message.type in {"error", "warning"} and not refused:
            self.misdeeds.append(message.text)


@pytest.fixture
async def playground(sqlite_client: Client, address: str, context: BrowserContext) -> AsyncIterator[Playground]:
    """The page without a key. At the end no test may have left a key anywhere, nor met another origin or an error."""
    playground = Playground(await context.new_page(), address)
    await playground.page.goto(f"{address}/graphql")
    yield playground
    left = await playground.kept()
    assert [name for name, key in sqlite_client.keys.items() if key in left] == []
    assert playground.misdeeds == []
    assert await context.cookies() == []


async def test_schema_query_and_panel_follow_the_key(sqlite_client: Client, playground: Playground) -> None:
    await playground.open(sqlite_client.keys["all"])
    await expect(playground.panel).to_contain_text("Full access")
    await expect(playground.panel.get_by_role("heading", name="all", exact=True)).to_be_visible()
    await expect(playground.panel).to_contain_text("live")
    await expect(playground.panel).to_contain_text("WorkspaceAcme")
    await expect(playground.panel).to_contain_text("ExpiresNever")
    await expect(playground.explorer).to_contain_text("messagesAggregate")
    await expect(playground.query).to_contain_text("company")
    await playground.run()
    await expect(playground.response).to_contain_text("O'Hara")
    await expect(playground.response).to_contain_text("Umbrella")
    await expect(playground.status).to_contain_text(re.compile(r"OK.*Cost 25 of 100,000.* SQL"))

    await playground.switch(sqlite_client.keys["contacts"])
    await expect(playground.panel.get_by_role("heading", name="contacts", exact=True)).to_be_visible()
    await expect(playground.panel).to_contain_text("contactsreadcreate not grantedupdate not granteddelete not granted")
    await expect(playground.panel).to_contain_text("No access to messages, ")
    await expect(playground.explorer).to_contain_text("contactsAggregate")
    await expect(playground.explorer).not_to_contain_text("messages")
    await expect(playground.query).not_to_contain_text("company")
    await expect(playground.response).not_to_contain_text("O'Hara")
    await playground.run()
    await expect(playground.response).to_contain_text("O'Hara")
    await expect(playground.status).to_contain_text("OK")


async def test_a_page_that_comes_with_a_key_opens_as_it(sqlite_client: Client, playground: Playground) -> None:
    handed = respond(sqlite_client.keys["contacts"])
    await playground.page.route(
        "**/handed", lambda route: route.fulfill(headers=dict(handed.headers), body=bytes(handed.body))
    )
    await playground.page.goto(f"{playground.address}/handed")
    await expect(playground.panel.get_by_role("heading", name="contacts", exact=True)).to_be_visible()
    assert playground.page.url == f"{playground.address}/playground"
    await playground.page.reload()
    await expect(playground.page.get_by_role("heading", name="Explore the API")).to_be_visible()


async def test_an_address_can_bring_an_operation(sqlite_client: Client, playground: Playground) -> None:
    query = "query One($id: ID!) { contact(id: $id) { lastName } }"
    variables = json.dumps({"id": sqlite_client.ids["dee"]})
    await playground.page.goto(f"{playground.address}/playground#{urlencode({'query': query, 'variables': variables})}")
    await playground.open(sqlite_client.keys["contacts"])
    await expect(playground.query).to_contain_text("query One")
    assert playground.page.url == f"{playground.address}/playground"
    await expect(playground.response).not_to_contain_text("O'Hara")  # nobody has run it
    await playground.run()
    await expect(playground.response).to_contain_text("O'Hara")


async def test_a_missing_scope_is_explained(sqlite_client: Client, playground: Playground) -> None:
    await playground.open(sqlite_client.keys["contacts"])
    await expect(playground.query).to_contain_text("contacts")
    await playground.write("{ contacts { nodes { email messages { totalCount } } } }")
    await expect(playground.query.locator(".squiggly-error").first).to_be_visible()
    await playground.run()
    await expect(playground.problem).to_contain_text("A scope is missing")
    await expect(playground.problem).to_contain_text("messages:read Read messages.")
    await expect(playground.problem).to_contain_text("It has only contacts:read")
    await expect(playground.status).to_contain_text("Error 403")
    await expect(playground.response).not_to_contain_text("cy@umbrella.test")

    await playground.switch(sqlite_client.keys["all"])
    await expect(playground.problem).to_have_count(0)
    await expect(playground.query).to_contain_text("totalCount")  # what was written stays
    await expect(playground.query.locator(".squiggly-error")).to_have_count(0)
    await playground.run()
    await expect(playground.response).to_contain_text("cy@umbrella.test")


async def test_a_cost_over_the_limit_is_told(sqlite_client: Client, playground: Playground) -> None:
    await playground.open(sqlite_client.keys["all"])
    await expect(playground.query).to_contain_text("contacts")
    await playground.write("{ tags(first: 200) { nodes { contacts(first: 200) { nodes { tags { totalCount } } } } } }")
    await playground.run()
    await expect(playground.status).to_contain_text(re.compile(r"Error 400.*Cost [\d,]+ of 100,000"))


async def test_keys_that_the_server_refuses(sqlite_client: Client, playground: Playground) -> None:
    await playground.open("lgk_live_cut")
    await expect(playground.page.get_by_text("may be mistyped, cut off")).to_be_visible()
    await playground.open("kéy")
    await expect(playground.page.get_by_text("only letters, digits")).to_be_visible()
    await sqlite_client.add_key("leaving", scopes=("contacts:read",))
    await playground.open(sqlite_client.keys["leaving"])
    await expect(playground.query).to_contain_text("contacts")

    await playground.switch("lgk_live_cut")
    await expect(playground.page.get_by_text("may be mistyped, cut off")).to_be_visible()
    await expect(playground.panel.get_by_role("heading", name="leaving")).to_be_visible()
    await playground.switch(sqlite_client.keys["all"])
    await expect(playground.panel.get_by_role("heading", name="all", exact=True)).to_be_visible()
    await expect(playground.page.get_by_text("may be mistyped, cut off")).to_have_count(0)
    await playground.switch(sqlite_client.keys["leaving"])
    await expect(playground.panel.get_by_role("heading", name="leaving")).to_be_visible()

    await sqlite_client.revoke("leaving")
    await playground.run()
    await expect(playground.panel).to_contain_text("has been revoked")
    await expect(playground.status).to_contain_text("Error 401")
    await playground.page.get_by_role("button", name="Forget this key").click()
    await expect(playground.page.get_by_role("heading", name="Explore the API")).to_be_visible()


async def test_a_test_key_that_expires_and_reads_nothing(sqlite_client: Client, playground: Playground) -> None:
    await sqlite_client.change_workspace("acme", test_key_policy="shared")
    soon = datetime.now(UTC) + timedelta(days=3)
    await sqlite_client.add_key("capture form", scopes=("contacts:create",), mode="test", expires_at=soon)
    await playground.open(sqlite_client.keys["capture form"])
    await expect(playground.panel).to_contain_text("test")
    await expect(playground.panel).to_contain_text("in 3 days")
    await expect(playground.panel).to_contain_text("contactsread not grantedcreateupdate not granted")
    await expect(playground.query).to_contain_text("ping")
    await playground.run()
    await expect(playground.response).to_contain_text('"name": "capture form"')


async def test_the_next_key_finds_the_explorer_at_its_top(sqlite_client: Client, playground: Playground) -> None:
    await playground.open(sqlite_client.keys["all"])
    await expect(playground.query).to_contain_text("company")
    await playground.switch(sqlite_client.keys["people"])
    await expect(playground.explorer).not_to_contain_text("messagesAggregate")
    await expect(playground.query.get_by_role("textbox")).to_be_focused()
    assert await playground.page.evaluate("document.querySelector('.graphiql-plugin').scrollTop") == 0


async def test_on_a_telephone_the_response_stands_below_the_query(
    sqlite_client: Client, playground: Playground
) -> None:
    await playground.page.set_viewport_size({"width": 390, "height": 844})
    await playground.open(sqlite_client.keys["all"])
    await expect(playground.query).to_contain_text("company")
    await playground.run()
    await expect(playground.response).to_contain_text("Dee")
    query, response = await playground.query.bounding_box(), await playground.response.bounding_box()
    assert query
    assert response
    assert response["y"] > query["y"] + query["height"]
    assert min(query["width"], response["width"]) > 300
    assert await playground.page.evaluate("document.documentElement.scrollWidth") == 390


async def test_mutations_are_shown_to_keys_that_may_write(sqlite_client: Client, playground: Playground) -> None:
    create = 'mutation { createTag(input: { name: "%s" }) { tag { version } userErrors { field code } } }'
    await playground.open(sqlite_client.keys["all"])
    await expect(playground.explorer.get_by_role("option")).to_have_text(["Query", "Mutation"])
    await playground.write(create % "Played")
    await expect(playground.explorer).to_contain_text("createTag")
    await playground.run()
    await expect(playground.response).to_contain_text('"version": 1')
    await expect(playground.status).to_contain_text(re.compile(r"OK.*Cost 2 of 100,000$"))
    await playground.write(create % " ")
    await playground.run()
    await expect(playground.response).to_contain_text('"BLANK"')  # like data, as it is
    await expect(playground.problem).not_to_be_visible()
    await expect(playground.status).to_contain_text("OK")

    await playground.switch(sqlite_client.keys["contacts"])
    await expect(playground.explorer.get_by_role("option")).to_have_text(["Query"])
    await expect(playground.explorer).not_to_contain_text("createTag")
    await playground.run()
    await expect(playground.problem).to_contain_text("For this operation the key also needs:tags:create")


async def test_a_noun_opens_beside_what_was_written(sqlite_client: Client, playground: Playground) -> None:
    await playground.open(sqlite_client.keys["people"])
    await playground.panel.get_by_role("button", name="companies").click()
    await expect(playground.query).to_contain_text("query Companies")  # in place of what nobody had touched
    await expect(playground.page.get_by_role("tab")).to_have_count(1)
    await playground.write("{ ping }")
    await playground.panel.get_by_role("button", name="tags").click()
    await expect(playground.query).to_contain_text("query Tags")
    await playground.run()
    await expect(playground.response).to_contain_text('"name": "hot"')
    await expect(playground.status).to_contain_text("OK")
    await playground.page.get_by_role("tab").first.click()
    await expect(playground.query).to_contain_text("ping")
    await expect(playground.status).to_contain_text("Run the query")  # what is told belongs to the other tab


async def test_a_key_that_may_not_read_its_schema(sqlite_client: Client, playground: Playground) -> None:
    async def refuse(route: Route) -> None:
        if "IntrospectionQuery" in (route.request.post_data or ""):
            await route.fulfill(status=403, json={"errors": [{"message": "Introspection is off."}]})
        else:
            await route.continue_()

    await playground.page.route("**/graphql", refuse)
    await playground.open(sqlite_client.keys["contacts"])
    await expect(playground.panel).to_contain_text("Introspection is off. Queries run all the same")
    await expect(playground.query).to_contain_text("ping")
    await playground.write("{ contacts { nodes { email } } }")
    await playground.run()
    await expect(playground.response).to_contain_text("cy@umbrella.test")


async def test_a_server_that_cannot_be_reached(sqlite_client: Client, playground: Playground) -> None:
    await playground.page.route("**/graphql", lambda route: route.abort())
    await playground.open(sqlite_client.keys["tags"])
    await expect(playground.page.get_by_text("cannot be reached")).to_be_visible()
    await playground.page.unroute("**/graphql")
    await playground.open(sqlite_client.keys["tags"])
    await expect(playground.query).to_contain_text("tags")
    await playground.page.route("**/graphql", lambda route: route.abort())
    await playground.run()
    await expect(playground.problem).to_contain_text("cannot be reached")
    await expect(playground.status).to_contain_text("No answer")
    assert [said for said in playground.misdeeds if "ERR_FAILED" not in said] == []
    playground.misdeeds.clear()
