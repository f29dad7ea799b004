"""Runs verbs as the operator, whom no scope binds, and reads passwords, which are never printed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.reading import Database
    from app.store.writing import Writer
    from app.verb import Outcome


async def operate(
    settings: Settings, database: Database, verb: str, workspace_id: int, given: Mapping[str, Any]
) -> Outcome:
    """The outcome of a verb in a workspace; `BadUserInput` tells all that is wrong with what it is given."""

    async def work(writer: Writer) -> Outcome:
        return await operate_in(writer, settings, verb, workspace_id, given)

    return await database.write(work)


async def operate_in(
    writer: Writer, settings: Settings, verb: str, workspace_id: int, given: Mapping[str, Any]
) -> Outcome:
    """The same as part of a transaction."""
    from app.domain import CATALOG, OPERATED, VERBS
    from app.domain.event import Event
    from app.errors import BadUserInput
    from app.resource import table_of
    from app.store.identity import IdCodec
    from app.verb import Rejected
    from app.write.event import write_events
    from app.write.run import Runner
    from app.write.transaction import Actor, Transaction, Writes

    writes = Writes(CATALOG, IdCodec(settings.secret), table_of(Event), settings.restore_days, settings.secret)
    [declared] = [each for each in (*OPERATED, *VERBS) if each.name == verb]
    tx = Transaction(writes, writer, Actor(workspace_id))
    try:
        outcome = await Runner(declared, writes).apply(tx, given)
    except Rejected as rejected:
        told = [f"{problem.path[-1]}: {problem.message}" for problem in rejected.problems]
        raise BadUserInput(" ".join(told)) from None
    await write_events(tx)
    return outcome


def read_password(file: Path | None, variable: str | None = None) -> str:
    """A new password: from a file, or an environment variable, or typed twice without being shown."""
    if file is not None:
        return file.read_text().rstrip("\r\n")
    if variable is not None and variable in os.environ:
        return os.environ[variable]
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Password again", err=True)
    return password
