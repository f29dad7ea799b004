"""The documentation in headless Chromium: finding, languages, trying out with a key, a test token, the playground."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.browsing import Browsed, needs_chromium
from tests.serving import Client
from tests.signing import PASSWORD, change_user, hashed

pytestmark = needs_chromium


class Reader(Browsed):
    """The page, with words for what people do there."""

    def __init__(self, page: Page, address: str) -> None:
        super().__init__(page, address)
        self.menu = page.locator("details.key")

    async def open(self, path: str = "/docs") -> None:
        await self.page.goto(f"{self.address}{path}")

    async def use(self, key: str) -> None:
        """Gives a key at the top of the page."""
        await self.menu.locator("summary").click()
        await self.page.get_by_label("API key", exact=True).fill(key)
        await self.page.keyboard.press("Enter")

    def operation(self, id_: str) -> Locator:
        return self.page.locator(f"article#{id_}")

    async def try_out(self, id_: str, **given: str) -> Locator:
        """Sends a request; its answer's place."""
        article = self.operation(id_)
        if not await article.locator("form.try").is_visible():
            await article.get_by_text("Try it").click()
        for name, value in given.items():
            await article.locator(f"[name={name}]").fill(value)
        await article.get_by_role("button", name="Send").click()
        return article.locator("form.try")


@pytest.fixture
async def reader(sqlite_client: Client, address: str, context: BrowserContext) -> AsyncIterator[Reader]:
    """At the end no key may be left in the page or the browser, nor anything have gone wrong there."""
    reader = Reader(await context.new_page(), address)
    yield reader
    left = await reader.kept()
    assert [name for name, key in sqlite_client.keys.items() if key in left] == []
    assert reader.misdeeds == []


async def test_a_reader_finds_an_endpoint_and_tries_it(sqlite_client: Client, reader: Reader) -> None:
    """S1-8…11."""
    page = reader.page
    await reader.open()
    await page.keyboard.press("/")
    await page.keyboard.type("creates a lead")
    found = page.get_by_role("navigation", name="Documentation").get_by_role("link").filter(visible=True)
    await expect(found).to_have_count(2)
    await found.filter(has_text="Creates a lead").click()
    create = reader.operation("CreateLead")
    await expect(create).to_be_in_viewport()
    assert page.url == f"{reader.address}/docs/leads#CreateLead"

    await expect(create.locator("figure[data-language=curl]")).to_be_visible()
    await create.get_by_text("Python", exact=True).click()
    await expect(create.locator("figure[data-language=python]")).to_contain_text(f'"{reader.address}/v1/leads"')
    await expect(create.locator("figure[data-language=curl]")).to_be_hidden()
    await expect(reader.operation("GetLead").locator("figure[data-language=python]")).to_be_visible()

    body = '{"email": "new@lead.test", "firstName": "New", "lastName": "Lead"}'
    await expect(await reader.try_out("CreateLead", body=body)).to_contain_text("401")
    await reader.use(sqlite_client.keys["capture"])
    await expect(reader.menu).to_contain_text("capture")
    await expect(await reader.try_out("CreateLead")).to_contain_text("Resource created successfully")
    await expect(create.locator(".outcome")).to_contain_text("201")
    await expect(reader.operation("ListLeads")).to_contain_text("Needs")
    await expect(reader.operation("ListLeads").locator(".lacking")).to_be_visible()
    await expect(create.locator(".lacking")).to_be_hidden()
    form = await reader.try_out("ListLeads")
    await expect(form.locator(".outcome")).to_contain_text("403")
    await expect(form).to_contain_text("contacts:read")

    await reader.menu.locator("summary").click()
    await page.get_by_label("Only what this key may use").check()
    await expect(reader.operation("ListLeads")).to_be_hidden()
    await expect(create).to_be_visible()
    await expect(page.get_by_text("may use none of them")).to_be_hidden()
    await page.get_by_label("Only what this key may use").uncheck()
    await page.keyboard.press("Escape")

    # Going on keeps the key and the language; reloading forgets the key.
    await page.get_by_role("searchbox").fill("")
    await page.get_by_role("link", name="Rate limits").first.click()
    await expect(page.get_by_role("heading", name="Rate limits")).to_be_visible()
    await page.go_back()
    await expect(create.locator("figure[data-language=python]")).to_be_visible()
    await expect(reader.menu).to_contain_text("capture")
    await page.reload()
    await expect(reader.menu).to_contain_text("Use a key")
    await expect(create.locator("figure[data-language=python]")).to_be_visible()


async def test_a_test_token_is_generated_and_used(sqlite_client: Client, reader: Reader) -> None:
    """S3-25…30."""
    await sqlite_client.change_workspace("acme", playground_mode="live")
    await change_user(sqlite_client, "grace", password_hash=hashed(PASSWORD), developer=True)
    page = reader.page
    await reader.open("/docs/leads")
    form = await reader.try_out("GetLead", id=sqlite_client.ids["ada"])
    await expect(form.locator(".outcome")).to_contain_text("401")
    await form.get_by_role("button", name="Generate test token").click()
    await expect(reader.menu).to_contain_text("Sign in first")
    await reader.open("/settings/sign-in")
    await page.get_by_label("E-mail").fill("grace@acme.test")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="API Keys")).to_be_visible()
    docs = page.get_by_role("link", name="API Docs")
    assert await docs.get_attribute("href") == "/docs"

    await reader.open("/docs/leads")
    form = await reader.try_out("GetLead", id=sqlite_client.ids["ada"])
    await form.get_by_role("button", name="Generate test token").click()
    await expect(reader.menu.locator("summary")).to_contain_text("Docs playground (temp)")
    await expect(await reader.try_out("GetLead")).to_contain_text("ada@initech.test")
    await reader.open("/settings/api-keys")
    row = page.get_by_role("row").filter(has_text="Docs playground (temp)")
    await expect(row).to_contain_text("Expires in 59 minutes")


async def test_the_equal_query_opens_in_the_playground(sqlite_client: Client, reader: Reader) -> None:
    await reader.open("/docs/contacts#ListContacts")
    article = reader.operation("ListContacts")
    await article.get_by_text("The same in GraphQL").click()
    async with reader.page.context.expect_page() as opened:
        await article.get_by_role("link", name="Open in the playground").click()
    playground = await opened.value
    await playground.get_by_role("textbox", name="API key").fill(sqlite_client.keys["contacts"])
    await playground.keyboard.press("Enter")
    await expect(playground.get_by_role("region", name="Operation Editor")).to_contain_text("query ListContacts")
    assert playground.url == f"{reader.address}/playground"
