"""The demo's member who can sign in: its workspace's owner, with a password that stands in `demo.json`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.settings import Settings

EMAIL = "ada@acme.example"


async def let_in(settings: Settings, earlier: str) -> dict[str, str]:
    """E-mail address and password; the password of an earlier run as long as it is right."""
    from sqlalchemy import select

    from app.access.passwords import Passwords, hash_password
    from app.commands.operating import operate
    from app.domain import CATALOG
    from app.domain.user import User
    from app.resource import table_of
    from app.store.engine import open_database
    from app.store.identity import IdCodec

    table, codec = table_of(User), IdCodec(settings.secret)
    database, passwords = await open_database(settings), Passwords()
    try:
        async with database.engine.connect() as connection:
            whose = (table.c.email == EMAIL, table.c.twin_of.is_(None))  # not its likeness in the sandbox
            member = (await connection.execute(select(table).where(*whose))).one()
        if await passwords.is_right(earlier, member.password_hash):
            return {"email": EMAIL, "password": earlier}
        password = secrets.token_urlsafe(12)
        which = codec.encode(codec.base(CATALOG.nouns["User"].number) + member.id)
        change = {"id": which, "input": {}, "passwordHash": hash_password(password)}
        await operate(settings, database, "updateUser", member.workspace_id, change)
        return {"email": EMAIL, "password": password}
    finally:
        passwords.close()
        await database.close()
