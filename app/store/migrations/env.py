"""Runs alembic on the connection that `app.store.migrate` hands over; there is no other way to run it."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateTableOp
from sqlalchemy import BigInteger, String, Text
from sqlmodel import SQLModel

from app.store.types import Json, Timestamp


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Only what is declared: not the tables of other libraries, nor the search index (`app.store.search`)."""
    if kind == "table":
        return name in SQLModel.metadata.tables
    return kind != "index" or not str(name).endswith("_search")


def render(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Column types by the names they have in `app.store.types`."""
    if kind != "type":
        return False
    name = {BigInteger: "BigInt", Text: "LongText", Json: "Json", Timestamp: "Timestamp"}.get(type(item))
    if type(item) is String:
        autogenerate.imports.add("from app.store.types import varchar")
        return f"varchar({item.length})"
    if name is None:
        return False
    autogenerate.imports.add(f"from app.store.types import {name}")
    return f"{name}()" if name in {"Json", "Timestamp"} else name


def never_reuse_ids(_context: object, _revision: object, directives: list[Any]) -> None:
    """SQLite hands out the id of a deleted last row again unless its table says AUTOINCREMENT."""
    for script in directives:
        for operation in script.upgrade_ops.ops:
            if isinstance(operation, CreateTableOp) and any(getattr(c, "name", "") == "id" for c in operation.columns):
                operation.kw["sqlite_autoincrement"] = True


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_name=ours,
    render_item=render,
    process_revision_directives=never_reuse_ids,
    render_as_batch=True,
    transactional_ddl=True,  # on SQLite too: we begin its transactions ourselves
)
with context.begin_transaction():
    context.run_migrations()
