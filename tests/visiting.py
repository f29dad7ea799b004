"""A member at the settings page, without a browser: signs in, follows links, sends the forms that a page shows."""

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from markupsafe import escape

from tests.serving import Client
from tests.signing import PASSWORD, change_user, hashed

HOME = "/settings/api-keys"
ORIGIN = "http://leadgraph.test"


class Visitor:
    """Keeps the cookie and, of the page that was shown last, what its forms carry."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.token = ""
        self.once = ""

    async def sign_in(self, email: str = "grace@acme.test", password: str = PASSWORD) -> httpx2.Response:
        return await self.post("/settings/sign-in", email=email, password=password)

    async def get(self, path: str = HOME, **headers: str) -> httpx2.Response:
        return self._seen(await self.http.get(path, headers=headers))

    async def post(self, path: str, **fields: str | list[str]) -> httpx2.Response:
        """Sends a form with what the last page had hidden in it, unless it is given."""
        data = {"token": self.token, "once": self.once} | fields
        return self._seen(await self.http.post(path, data=data, headers={"origin": ORIGIN}))

    async def create(self, name: str, *scopes: str, **fields: str | list[str]) -> tuple[str, str]:
        """Makes a key on the page; its text, and the path of its page."""
        await self.get(f"{HOME}/new")
        page = await self.post(f"{HOME}/new", name=name, mode="LIVE", scopes=list(scopes), **fields)
        assert page.status_code == 200, text_of(page)
        return secret_in(page), path_of(page, name)

    def _seen(self, page: httpx2.Response) -> httpx2.Response:
        for name in ("token", "once"):
            found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
            if found:
                setattr(self, name, found[1])
        return page


@asynccontextmanager
async def visiting(client: Client, member: str = "grace", **facts: Any) -> AsyncIterator[Visitor]:
    """A member who has a password, and, unless `facts` say otherwise, the developer permission; not yet signed in."""
    await change_user(client, member, **({"password_hash": hashed(PASSWORD), "developer": True} | facts))
    transport = httpx2.ASGITransport(app=client.app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        yield Visitor(http)


def secret_in(page: httpx2.Response) -> str:
    """The key that a page shows; nothing where it shows none."""
    found = re.search(r"</summary>\s*<code>([^<]*)</code>", page.text)
    return found[1] if found else ""


def path_of(page: httpx2.Response, name: str) -> str:
    """Where the key of this name is, in a list of keys."""
    found = re.search(rf'href="({HOME}/\w{{16}})">{re.escape(str(escape(name)))}<', page.text)
    assert found, text_of(page)
    return found[1]


def text_of(page: httpx2.Response) -> str:
    """What a page says, in one line."""
    body = re.sub(r"<(svg|style|script|title)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def hidden(page: httpx2.Response) -> Mapping[str, str]:
    """The hidden fields of a page."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
