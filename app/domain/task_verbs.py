"""Completing tasks and opening them again."""

from collections.abc import Mapping
from typing import Any

from app.domain.task import TASK, TaskStatus
from app.write.state import becomes, state_verb
from app.write.transaction import Transaction


async def complete_task(tx: Transaction, task: Mapping[str, Any]) -> Mapping[str, Any]:
    if task["status"] == TaskStatus.COMPLETED:
        return {}
    return {"status": TaskStatus.COMPLETED.value, "completed_at": tx.now}


TASK_VERBS = (
    state_verb(
        TASK,
        "completeTask",
        "Completes a task; one that is completed keeps its time.",
        complete_task,
        event="completed",
    ),
    state_verb(
        TASK,
        "reopenTask",
        "Opens a completed task again.",
        becomes("status", TaskStatus.OPEN, of=(TaskStatus.COMPLETED,), completed_at=None),
        event="reopened",
    ),
)
