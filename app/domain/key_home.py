"""The workspace that keys are made for: its conventions and policies."""

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select

from app.access.dialect import DIALECTS, Dialect
from app.domain.workspace import Workspace
from app.resource import table_of
from app.store.types import BigInt
from app.verb import Problem, Rejected, UserErrorCode
from app.write.transaction import Transaction

_WORKSPACES = table_of(Workspace)
_OWNERS = _WORKSPACES.alias("owner")
_FIND = select(
    _WORKSPACES.c.dialect,
    _WORKSPACES.c.revocation_policy,
    _WORKSPACES.c.playground_mode,
    _WORKSPACES.c.sandbox_enabled,
    exists().where(_OWNERS.c.sandbox_id == _WORKSPACES.c.id),
).where(_WORKSPACES.c.id == bindparam("workspace", type_=BigInt))


@dataclass(frozen=True)
class Home:
    """What a workspace says about its keys."""

    dialect: Dialect
    revocation_policy: str
    playground_mode: str
    sandbox_enabled: bool


async def home_of(tx: Transaction, path: str = "id") -> Home:
    """The workspace of a transaction. `Rejected` in a sandbox: its test keys belong to the workspace itself (X4)."""
    [(dialect, revocation_policy, playground_mode, sandbox_enabled, is_sandbox)] = await tx.execute(_FIND)
    if is_sandbox:
        told = "A sandbox has no keys of its own: its test keys are made in the workspace that it belongs to."
        raise Rejected(Problem((path,), told, UserErrorCode.NOT_ALLOWED))
    return Home(DIALECTS[dialect], revocation_policy, playground_mode, sandbox_enabled)
