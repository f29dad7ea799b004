"""Debian's Chromium, headless, and an address where it reaches the application: fixtures `context` and `address`."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from app.application import Application
from tests.serving import Client

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 30_000  # milliseconds for what takes a few hundred on a machine that has nothing else to do

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium; as root, scripts/chromium installs it"
)


class Browsed:
    """A page in a browser, and what it did that it must not: requests to other origins, warnings, errors."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.misdeeds: list[str] = []
        page.on("request", self._requested)
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.misdeeds.append(str(error)))

    async def kept(self) -> str:
        """All that outlives the page or is seen beside it, and the page's text."""
        held = "[location.href, {...localStorage}, {...sessionStorage}, document.title, history.state, document.cookie]"
        return str(await self.page.evaluate(f"JSON.stringify({held})")) + await self.page.content()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:")):
            self.misdeeds.append(f"request to {request.url}")

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text:
            self.misdeeds.append(message.text)


@asynccontextmanager
async def listening(app: Application, **options: Any) -> AsyncIterator[str]:
    """Where an application listens that has been started; `options` are those of uvicorn."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, **options))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def address(sqlite_client: Client) -> AsyncIterator[str]:
    """Where the application listens."""
    async with listening(sqlite_client.app) as found:
        yield found


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        # Chromium's own sandbox needs rights that a container has not.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield await browser.new_context(viewport={"width": 1440, "height": 900})
        await browser.close()
