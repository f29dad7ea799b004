"""Sandboxes: the workspace in which the isolated test keys of another work (X4): made, kept alike, emptied.

A sandbox has no keys and no sessions of its own, and the policies of the workspace that it belongs to.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, delete, false, literal_column, null, or_, select, tuple_, update

from app.domain.sandbox_content import copy_members, fill
from app.domain.workspace import TestKeyPolicy, Workspace
from app.resource import table_of
from app.store.command import SQL
from app.store.types import BigInt, Kind
from app.verb import Outcome, Problem, Rejected, Shown, UserErrorCode, Verb
from app.write.event import write_events
from app.write.transaction import Transaction
from app.write.trash_workspace import another_workspace

SANDBOX_SLUG = "~sandbox"
"""What the slug of a sandbox has after that of its workspace; no other can."""

FILLED = "workspace.sandbox_filled"
"""The event of both workspaces."""

_AT_ONCE = 5_000  # rows that a statement deletes
_KEPT = {"user"}  # of a sandbox that is emptied

_WORKSPACES = table_of(Workspace)
_LIVE = _WORKSPACES.alias("live")
_BIG = {name: bindparam(name, type_=BigInt) for name in ("workspace", "sandbox")}
_FOUND = ("id", "slug", "sandbox_id", "test_key_policy", "sandbox_enabled")
_FIND = (
    select(*(_LIVE.c[name] for name in _FOUND))
    .where(or_(_LIVE.c.id == _BIG["workspace"], _LIVE.c.sandbox_id == _BIG["workspace"]))
    .with_for_update(key_share=True)
)
_OTHERWISE = {
    "slug": bindparam("slug", type_=_WORKSPACES.c.slug.type),
    "sandbox_enabled": false(),
    "sandbox_id": null(),
    "trash_id": null(),
}
_MAKE = another_workspace(_WORKSPACES, _OTHERWISE)
_LINK = update(_WORKSPACES).where(_WORKSPACES.c.id == _BIG["workspace"]).values(sandbox_id=_BIG["sandbox"])
_ALIKE = [column.name for column in _WORKSPACES.columns if column.name not in {"id", "created_at", *_OTHERWISE}]
_ALIGN = (
    update(_WORKSPACES)
    .where(_WORKSPACES.c.id == _BIG["sandbox"])
    .values({name: select(_LIVE.c[name]).where(_LIVE.c.id == _BIG["workspace"]).scalar_subquery() for name in _ALIKE})
)


async def ensure_sandbox(tx: Transaction) -> None:
    """Makes the sandbox of a workspace, unless it has one, or its test keys share its records."""
    live = await _find(tx)
    if live["sandbox_id"] is None and _is_isolated(live):
        await _make(tx, live["slug"])


async def align_sandbox(tx: Transaction) -> None:
    """Has the sandbox of a workspace, if there is one, follow it in its policies and members.

    `Rejected` in a sandbox, which would be changed until it follows again.
    """
    live = await _find(tx)
    if live["id"] != tx.workspace_id:
        told = f"A sandbox follows its workspace: change {live['slug']}."
        raise Rejected(Problem(("workspace",), told, UserErrorCode.NOT_ALLOWED))
    if live["sandbox_id"] is not None:
        home, sandbox = _at(tx, live["id"]), _at(tx, live["sandbox_id"])
        await home.execute(_ALIGN, {"sandbox": sandbox.workspace_id})
        await copy_members(home, sandbox)


async def reset_sandbox(tx: Transaction) -> Outcome:
    live = await _find(tx)
    if not _is_isolated(live):
        told = "The test keys of this workspace have no records of their own."
        raise Rejected(Problem((), told, UserErrorCode.NOT_ALLOWED))
    if live["sandbox_id"] is None:
        await _make(tx, live["slug"])
        return {"deletedCount": 0}
    home, sandbox = _at(tx, live["id"]), _at(tx, live["sandbox_id"])
    deleted = await _empty(sandbox)
    await align_sandbox(home)
    await _fill(tx, home, sandbox)
    return {"deletedCount": deleted}


async def _find(tx: Transaction) -> dict[str, Any]:
    """The workspace of a transaction, or the one whose sandbox that is; locked."""
    found = [dict(zip(_FOUND, row, strict=True)) for row in await tx.execute(_FIND)]
    return next((live for live in found if live["sandbox_id"] == tx.workspace_id), found[0])


def _is_isolated(live: Mapping[str, Any]) -> bool:
    return bool(live["sandbox_enabled"] and live["test_key_policy"] == TestKeyPolicy.ISOLATED)


async def _make(tx: Transaction, slug: str) -> None:
    [(key,)] = await tx.execute(_MAKE, {"slug": f"{slug}{SANDBOX_SLUG}"})
    await tx.execute(_LINK, {"sandbox": key})
    sandbox = _at(tx, key)
    await copy_members(tx, sandbox)
    await _fill(tx, tx, sandbox)


async def _fill(tx: Transaction, live: Transaction, sandbox: Transaction) -> None:
    await fill(live, sandbox)
    sandbox.events.clear()  # one event tells of all of it
    for each in (sandbox, live):
        each.emit(FILLED, each.noun("Workspace"), each.workspace_id, {})
        if each is not tx:  # whose events are written by who runs it
            await write_events(each)


def _at(tx: Transaction, workspace_id: int) -> Transaction:
    """The same transaction at work in a workspace; in another one, its member is nobody."""
    if workspace_id == tx.workspace_id:
        return tx
    return Transaction(tx.writes, tx.writer, replace(tx.actor, workspace_id=workspace_id, user_id=None), tx.now)


async def _empty(sandbox: Transaction) -> int:
    """Deletes all that a sandbox and its trash hold, but for its members; the number of rows."""
    deleted = 0
    for statement in _deletes():
        rows = [()] * _AT_ONCE
        while len(rows) == _AT_ONCE:
            rows = await sandbox.execute(statement)
            deleted += len(rows)
    return deleted


@cache
def _deletes() -> tuple[SQL, ...]:
    """What deletes some rows of each table: those that refer to others first."""
    tables = reversed(_WORKSPACES.metadata.sorted_tables)
    return tuple(_delete(table) for table in tables if "workspace_id" in table.c and table.name not in _KEPT)


def _delete(table: Table) -> SQL:
    trash = select(_WORKSPACES.c.trash_id).where(_WORKSPACES.c.id == _BIG["workspace"])
    here = or_(table.c.workspace_id == _BIG["workspace"], table.c.workspace_id.in_(trash))
    key = tuple(table.primary_key)
    some = select(*key).where(here).limit(literal_column(str(_AT_ONCE)))
    these = tuple_(*key).in_(some) if len(key) > 1 else key[0].in_(some)
    return delete(table).where(these).returning(key[0])


SANDBOX_VERBS = (
    Verb(
        "resetSandbox",
        "Empties the sandbox that isolated test keys work in, and fills it anew: with copies of the workspace's custom "
        "fields, tags and pipelines, and with some companies and contacts. Members stay; its audit log begins again.",
        (("api_keys:manage",),),
        (),
        (Shown("deletedCount", Kind.INT, "How many rows were deleted; null if it was refused."),),
        reset_sandbox,
        bulk=True,
        events=(FILLED,),
    ),
)
