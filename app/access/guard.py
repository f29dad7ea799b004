"""Whether who asks is still what he was when he was recognised: asked inside the first statement of every request.

So what is changed of a workspace, a key or a member holds from the next request on, in every process, at no round trip
more; whoever changes it raises its version.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, Table, and_, exists, literal_column, or_, select

from app.store.types import BigInt

Bind = Callable[[Any, str], BindParameter[Any]]
"""Makes a parameter of a type, whose value is a Python expression of the `run`."""


@dataclass(frozen=True)
class Guard:
    """The tables that hold who may ask."""

    workspaces: Table
    keys: Table
    users: Table

    def condition(self, bind: Bind) -> ColumnElement[bool]:
        """Holds while the principal's workspace, its key and its member, as far as it has them, are as they were.

        Each is a look-up of its own: a join of two takes PostgreSQL 45 µs longer to plan.
        """
        home, key, user = (bind(BigInt, f"run.principal.{name}_id") for name in ("home", "key", "user"))
        return and_(
            _stands(self.workspaces, home, bind(Integer(), "run.principal.home_version")),
            or_(key.is_(None), _stands(self.keys, key, bind(Integer(), "run.principal.key_version"))),
            or_(user.is_(None), _stands(self.users, user, bind(Integer(), "run.principal.user_version"))),
        )


def _stands(table: Table, id_: BindParameter[Any], version: BindParameter[Any]) -> ColumnElement[bool]:
    row = table.alias(f"guard_{table.name}").c
    return exists(select(literal_column("1")).where(row.id == id_, row.version == version))
