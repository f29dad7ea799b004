"""The trash of a workspace: another workspace, which holds what was deleted, and which nobody gets into."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Select, Table, Update, bindparam, false, insert, null, select, update

from app.store.types import BigInt
from app.write.transaction import Transaction

TRASH_SLUG = "~"
"""What the slug of a workspace begins with that holds what was deleted; no other can."""


async def trash_of(tx: Transaction) -> int:
    """The workspace that holds what was deleted from this one; made when it is first needed."""
    workspaces = tx.noun("Workspace").table
    [(key,)] = await tx.execute(_known(workspaces))
    if key is None:
        [(key,)] = await tx.execute(_make(workspaces), {"slug": f"{TRASH_SLUG}{tx.workspace_id}"})
        await tx.execute(_link(workspaces), {"trash": key})
    return int(key)


@cache
def _known(workspaces: Table) -> Select[Any]:
    return select(workspaces.c.trash_id).where(_mine(workspaces))


@cache
def _make(workspaces: Table) -> Insert:
    """A workspace like this one, but for what would let anybody in."""
    other = {
        "slug": bindparam("slug", type_=workspaces.c.slug.type),
        "api_enabled": false(),
        "sandbox_id": null(),
        "trash_id": null(),
    }
    return another_workspace(workspaces, other)


def another_workspace(workspaces: Table, other: Mapping[str, ColumnElement[Any]]) -> Insert:
    """Makes a workspace like that of the transaction but for `other` columns, and gives its key."""
    names = [column.name for column in workspaces.columns if column.name != "id"]
    like = select(*(other.get(name, workspaces.c[name]) for name in names)).where(_mine(workspaces))
    return insert(workspaces).from_select(names, like, include_defaults=False).returning(workspaces.c.id)


@cache
def _link(workspaces: Table) -> Update:
    return update(workspaces).where(_mine(workspaces)).values(trash_id=bindparam("trash", type_=BigInt))


def _mine(workspaces: Table) -> ColumnElement[bool]:
    return workspaces.c.id == bindparam("workspace", type_=BigInt)
