"""The settings page in headless Chromium: the whole life of a key, by mouse and keyboard, at a desk and a telephone."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.browsing import Browsed, needs_chromium
from tests.serving import Client
from tests.signing import PASSWORD, change_user, hashed

pytestmark = needs_chromium

READ_ME = "{ viewer { name scopes } }"


class Desk(Browsed):
    """The page, with words for what people do there."""

    def __init__(self, page: Page, address: str) -> None:
        super().__init__(page, address)
        self.modal = page.get_by_role("dialog")

    async def open(self, path: str = "/settings/api-keys") -> None:
        await self.page.goto(f"{self.address}{path}")

    async def sign_in(self) -> None:
        await self.open()
        await self.page.get_by_label("E-mail").fill("grace@acme.test")
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.keyboard.press("Enter")
        await expect(self.page.get_by_role("heading", name="API Keys")).to_be_visible()

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=name, exact=True))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def choose(self, name: str, action: str) -> None:
        """Something of the menu in a key's row."""
        await self.row(name).get_by_label(f"Actions for {name}").click()
        await (
            self.row(name)
            .get_by_role("link", name=action)
            .or_(self.row(name).get_by_role("button", name=action))
            .click()
        )

    async def read_secret(self) -> str:
        """Reveals the key in the modal, reads it, and closes the modal."""
        code = self.modal.locator("details > code")
        await expect(code).to_be_hidden()
        await self.modal.get_by_label("Reveal or hide the key").click()
        await expect(code).to_be_visible()
        text = await code.text_content()
        await self.modal.get_by_role("link", name="Done").click()
        await expect(self.page.locator("#issued")).to_have_count(0)
        assert text
        assert text not in await self.page.content()
        return text


@pytest.fixture
async def desk(sqlite_client: Client, address: str, context: BrowserContext) -> AsyncIterator[Desk]:
    """Grace, who may manage keys, at the list of keys. At the end nothing of a key may be left in her browser."""
    await change_user(sqlite_client, "grace", password_hash=hashed(PASSWORD), developer=True)
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    desk = Desk(await context.new_page(), address)
    await desk.sign_in()
    yield desk
    left = await desk.kept()
    assert [name for name, key in sqlite_client.keys.items() if key in left] == []
    assert desk.misdeeds == []


async def test_the_life_of_a_key(sqlite_client: Client, desk: Desk) -> None:
    """S1-14, S1-16, S1-19, S1-50…52, S3-8…10, S3-18, S3-19, S3-21…24, S5-5, S5-9."""
    await sqlite_client.change_workspace("acme", revocation_policy="reversible")
    await desk.page.get_by_role("link", name="Create API Key").click()
    await desk.page.get_by_label("Name").fill("ci-pipeline")
    await desk.page.get_by_role("radio", name="Live").check()
    await desk.page.get_by_label("Read Contacts").check()
    await expect(desk.page.get_by_text("1 selected")).to_be_visible()
    await desk.page.get_by_label("Expires").select_option("In 30 days")
    await desk.button("Create Key").click()
    await expect(desk.modal).to_contain_text("It is shown this once")
    sqlite_client.keys["made"] = made = await desk.read_secret()
    assert (await sqlite_client.ask(READ_ME, key="made"))["viewer"] == {
        "name": "ci-pipeline",
        "scopes": ["contacts:read"],
    }
    await expect(desk.row("ci-pipeline")).to_contain_text(f"{made[:14]}....")
    await expect(desk.row("ci-pipeline")).to_contain_text("Read Contacts")

    await desk.row("ci-pipeline").click()
    await desk.page.get_by_label("Name").fill("deployments")
    await desk.page.get_by_label("Write Tags").check()
    await desk.button("Save").click()
    await expect(desk.page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert (await sqlite_client.ask(READ_ME, key="made"))["viewer"]["scopes"] == ["contacts:read", "tags:write"]

    await desk.open()
    await desk.choose("deployments", "Rotate key")
    await expect(desk.modal).to_contain_text("Rotate this key?")
    await desk.modal.get_by_role("button", name="Rotate key").click()
    await expect(desk.modal).to_contain_text("Your rotated key")
    sqlite_client.keys["rotated"] = await desk.read_secret()
    assert sqlite_client.keys["rotated"] != made
    assert (await sqlite_client.refused(READ_ME, key="made"))["status"] == 401
    assert (await sqlite_client.ask(READ_ME, key="rotated"))["viewer"]["name"] == "deployments"

    await desk.choose("deployments", "Revoke key")
    await desk.modal.get_by_role("link", name="Cancel").click()
    await expect(desk.modal).to_have_count(0)
    await expect(desk.row("deployments")).to_contain_text("Active")
    await desk.choose("deployments", "Revoke key")
    await desk.modal.get_by_role("button", name="Revoke key").click()
    await expect(desk.row("deployments")).to_contain_text("Revoked")
    assert (await sqlite_client.refused(READ_ME, key="rotated"))["reason"] == "REVOKED"
    await desk.choose("deployments", "Re-activate key")
    await desk.modal.get_by_role("button", name="Re-activate key").click()
    await expect(desk.row("deployments")).to_contain_text("Active")
    assert (await sqlite_client.ask(READ_ME, key="rotated"))["viewer"]["name"] == "deployments"

    await desk.choose("deployments", "Delete key")
    await desk.modal.get_by_role("button", name="Delete key").click()
    await expect(desk.page.get_by_role("status").filter(has_text="has been deleted")).to_be_visible()
    await expect(desk.row("deployments")).to_have_count(0)
    await desk.page.get_by_role("link", name="Audit log").click()
    await expect(desk.page.get_by_role("row").filter(has_text="Deleted")).to_contain_text("Grace Hopper")


async def test_a_key_is_copied_without_being_revealed(sqlite_client: Client, desk: Desk) -> None:
    """S3-9, S5-6, X8."""
    await desk.open("/settings/api-keys/new")
    await desk.page.get_by_label("Name").fill("copied")
    await desk.button("Lead capture").click()
    await desk.button("Create Key").click()
    await desk.modal.get_by_role("button", name="Copy").click()
    await expect(desk.modal.get_by_role("status")).to_have_text("Copied")
    await expect(desk.modal.locator("details > code")).to_be_hidden()
    sqlite_client.keys["copied"] = await desk.page.evaluate("navigator.clipboard.readText()")
    assert (await sqlite_client.ask(READ_ME, key="copied"))["viewer"]["scopes"] == ["contacts:create"]
    await desk.page.keyboard.press("Escape")
    await expect(desk.modal).to_have_count(0)
    await desk.page.reload()
    await expect(desk.row("copied")).to_be_visible()  # and no form to send again
    await expect(desk.modal).to_have_count(0)
    await desk.page.go_back()
    await expect(desk.modal).to_have_count(0)
    await desk.page.wait_for_load_state("networkidle")  # a page that is gone back to is loaded anew


async def test_select_all_ticks_what_reads_and_writes(sqlite_client: Client, desk: Desk) -> None:
    """S1-18, S1-20…26: all, a group, and one by one."""
    await sqlite_client.change_workspace("acme", dialect="sprootal")
    await desk.open("/settings/api-keys/new")
    await desk.button("Select All").click()
    await expect(desk.page.get_by_text("22 selected")).to_be_visible()
    await desk.button("Select all of Settings").click()
    await expect(desk.page.get_by_text("19 selected")).to_be_visible()
    await desk.page.get_by_label("Manage Webhooks").check()
    await desk.page.get_by_label("Name").fill("wide")
    await desk.button("Create Key").click()
    sqlite_client.keys["wide"] = await desk.read_secret()
    await expect(desk.row("wide")).to_contain_text("Read ContactsWrite Contacts+18 more")


async def test_what_is_wrong_is_told_at_its_field(desk: Desk) -> None:
    await desk.open("/settings/api-keys/new")
    await desk.page.get_by_label("Name").fill("   ")
    await desk.page.get_by_label("Allowed networks").fill("nowhere")
    await desk.page.get_by_label("Read Tags").check()
    await desk.button("Create Key").click()
    await expect(desk.page.locator("#name-problem")).to_be_visible()
    await expect(desk.page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    await expect(desk.page.locator("#allowedIps-problem")).to_be_visible()
    await expect(desk.page.get_by_label("Read Tags")).to_be_checked()


async def test_keys_are_found_while_one_types(sqlite_client: Client, desk: Desk) -> None:
    await desk.page.get_by_label("Search keys").press_sequentially("captur")
    await expect(desk.page.locator(".keys tbody tr")).to_have_count(1)
    await expect(desk.row("capture")).to_be_visible()
    assert desk.page.url.endswith("?search=captur")
    await desk.page.get_by_label("Search keys").fill("<b>nothing")
    await expect(desk.page.get_by_text("No key matches “<b>nothing”")).to_be_visible()


async def test_all_of_it_by_keyboard(sqlite_client: Client, desk: Desk) -> None:
    """Menu, dialog and Escape; the focus comes back to where it was."""
    await sqlite_client.add_key("by hand", scopes=("tags:read",))
    await desk.open("/settings/api-keys?search=by+hand")
    menu = desk.page.get_by_label("Actions for by hand")
    await menu.focus()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_role("link", name="Rotate key")).to_be_visible()
    await desk.page.keyboard.press("Tab")
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.get_by_role("link", name="Rotate key")).to_be_hidden()
    await expect(menu).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await desk.page.get_by_role("link", name="Revoke key").focus()
    await desk.page.keyboard.press("Enter")
    await expect(desk.modal).to_contain_text("Revoke this key?")
    assert await desk.page.evaluate("document.activeElement.closest('dialog') !== null")
    await desk.page.keyboard.press("Escape")
    await expect(desk.modal).to_have_count(0)
    await expect(menu).to_be_focused()
    await desk.page.get_by_role("link", name="by hand", exact=True).focus()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_label("Name")).to_have_value("by hand")


async def test_the_playground_opens_as_a_key(sqlite_client: Client, desk: Desk, context: BrowserContext) -> None:
    await sqlite_client.change_workspace("acme", playground_mode="live")
    await sqlite_client.add_key("narrow", scopes=("tags:read",))
    await desk.open("/settings/api-keys?search=narrow")
    async with context.expect_page() as opened:
        await desk.choose("narrow", "Open playground as this key")
    page = await opened.value
    await expect(page.get_by_role("complementary", name="Key")).to_contain_text("tagsread")
    assert page.url == f"{desk.address}/playground"
    held = "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, history.state])"
    assert "_live_" not in await page.evaluate(held)
    assert not re.search(r"_live_\w{20}", await page.content())
    await page.reload()
    await expect(page.get_by_role("heading", name="Explore the API")).to_be_visible()
    await desk.open()
    await expect(desk.row("Docs playground (temp)")).to_contain_text("Expires in 59 minutes")


@pytest.mark.parametrize("width", [390, 768])
async def test_nothing_is_wider_than_a_telephone(sqlite_client: Client, desk: Desk, width: int) -> None:
    await desk.page.set_viewport_size({"width": width, "height": 844})
    await sqlite_client.add_key("x" * 100, scopes=("contacts:read", "contacts:write", "tags:read"))
    await desk.open()
    href = await desk.page.get_by_role("link", name="x" * 100).get_attribute("href")
    for path in (
        "/settings/api-keys",
        "/settings/api-keys/new",
        href,
        f"{href}/usage",
        f"{href}/rotate",
        "/settings/audit-log",
    ):
        assert path
        await desk.open(path)
        assert await desk.page.evaluate("document.documentElement.scrollWidth") == width, path


async def test_without_javascript_all_of_it_works_as_plain_pages(
    sqlite_client: Client, address: str, context: BrowserContext
) -> None:
    await change_user(sqlite_client, "grace", password_hash=hashed(PASSWORD), developer=True)
    assert context.browser
    plain = await context.browser.new_context(java_script_enabled=False)
    desk = Desk(await plain.new_page(), address)
    await desk.sign_in()
    await desk.page.get_by_label("Search keys").fill("capture")
    await desk.button("Search").click()
    await expect(desk.page.locator(".keys tbody tr")).to_have_count(1)
    await desk.open("/settings/api-keys/new")
    await desk.page.get_by_label("Name").fill("plain")
    await desk.page.get_by_label("Read Tags").check()
    await desk.button("Create Key").click()
    await desk.modal.get_by_label("Reveal or hide the key").click()
    sqlite_client.keys["plain"] = await desk.modal.locator("details > code").text_content() or ""
    assert (await sqlite_client.ask(READ_ME, key="plain"))["viewer"]["name"] == "plain"
    await desk.modal.get_by_role("link", name="Done").click()
    await desk.choose("plain", "Delete key")
    await desk.button("Delete key").click()
    await expect(desk.page.get_by_text("has been deleted")).to_be_visible()
    assert (await sqlite_client.refused(READ_ME, key="plain"))["status"] == 401
    await plain.close()
