"""Archiving projects and taking them into use again."""

from collections.abc import Mapping
from typing import Any

from app.domain.project import PROJECT
from app.write.state import state_verb
from app.write.transaction import Transaction


async def archive_project(tx: Transaction, project: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"archived_at": project["archived_at"] or tx.now}


async def unarchive_project(_tx: Transaction, _project: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"archived_at": None}


PROJECT_VERBS = (
    state_verb(
        PROJECT,
        "archiveProject",
        "Archives a project; what belongs to it stays as it is.",
        archive_project,
        event="archived",
    ),
    state_verb(
        PROJECT, "unarchiveProject", "Takes an archived project into use again.", unarchive_project, event="unarchived"
    ),
)
