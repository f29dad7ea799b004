"""Debian's Chromium, headless, and an address where it reaches the application: fixtures `context` and `address`."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import BrowserContext, async_playwright, expect

from app.application import Application
from tests.serving import Client

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 30_000  # milliseconds for what takes a few hundred on a machine that has nothing else to do

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium; as root, scripts/chromium installs it"
)


@asynccontextmanager
async def listening(app: Application) -> AsyncIterator[str]:
    """Where an application listens that has been started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
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
