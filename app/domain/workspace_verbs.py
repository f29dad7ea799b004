"""Making workspaces."""

import re

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.workspace import Workspace
from app.errors import BadUserInput
from app.resource import table_of

_WORKSPACES = table_of(Workspace)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch


async def create_workspace(connection: AsyncConnection, *, name: str, slug: str) -> int:
    """Makes a workspace without members; its row's id. `BadUserInput` for a name or slug that breaks its rule."""
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise BadUserInput("The name of a workspace has 1 to 100 characters.")
    if not _SLUG(slug):
        raise BadUserInput(f"{slug!r} is no slug: up to 63 lower-case letters, digits and hyphens between them.")
    if await connection.scalar(select(_WORKSPACES.c.id).where(_WORKSPACES.c.slug == slug)) is not None:
        raise BadUserInput(f"There is a workspace {slug!r} already.")
    made = Workspace(name=name, slug=slug).model_dump(exclude={"id"})
    inserted = await connection.execute(insert(_WORKSPACES).values(made).returning(_WORKSPACES.c.id))
    return int(inserted.scalar_one())
