"""Members of the world who can sign in, and what they need for it."""

from functools import cache
from typing import Any

import httpx2
from sqlalchemy import update

from app.access.passwords import hash_password
from app.domain.user import User
from app.resource import table_of
from app.store.session import transaction
from tests.serving import Client

PASSWORD = "correct horse battery"

hashed = cache(hash_password)


async def change_user(client: Client, member: str, **values: Any) -> None:
    """Edits a member's row and counts its version up, as another process would."""
    table = table_of(User)
    async with transaction(client.database) as tx:
        this = update(table).where(table.c.id == client.rows[member])
        await tx.connection.execute(this.values(version=table.c.version + 1, **values))


async def let_in(client: Client, *members: str, password: str = PASSWORD) -> None:
    """Gives members a password."""
    for member in members:
        await change_user(client, member, password_hash=hashed(password))


async def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> httpx2.Response:
    return await client.http.post("/auth/sign-in", json={"email": email, "password": password, **more})


async def signed_in(client: Client, member: str = "grace", *, name: str | None = None) -> dict[str, Any]:
    """The tokens of a new session; `client` can ask with it under the member's name, or another."""
    domain = "globex" if member == "hank" else "acme"
    answer = await sign_in(client, f"{member}@{domain}.test")
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    client.keys[name or member] = tokens["accessToken"]
    return tokens


async def refresh(client: Client, token: str) -> httpx2.Response:
    return await client.http.post("/auth/refresh", json={"refreshToken": token})


async def sign_out(client: Client, name: str, **given: Any) -> httpx2.Response:
    return await client.http.post("/auth/sign-out", json=given, headers=client.bearer(name))
