"""How automations come into use and out of it, and the order of their steps."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, func, select

from app.domain.automation import AUTOMATION, AUTOMATION_STEP, AutomationStatus, AutomationStep
from app.resource import table_of
from app.store.types import BigInt
from app.verb import Problem, Rejected, UserErrorCode
from app.write.position import reorder_verb
from app.write.state import becomes, require, state_verb
from app.write.transaction import Transaction

_STEPS = table_of(AutomationStep)
FIRST_STEP = select(func.min(_STEPS.c.position)).where(
    _STEPS.c.workspace_id == bindparam("workspace", type_=BigInt),
    _STEPS.c.automation_id == bindparam("automation", type_=BigInt),
)
"""The position of the first step of an automation; null if it has none."""


async def activate_automation(tx: Transaction, automation: Mapping[str, Any]) -> Mapping[str, Any]:
    if automation["status"] == AutomationStatus.ACTIVE:
        return {}
    require(automation["status"], (AutomationStatus.DRAFT,))
    if await tx.execute(FIRST_STEP, {"automation": automation["id"]}) == [(None,)]:
        raise Rejected(Problem(("id",), "An automation needs a step to be activated.", UserErrorCode.NOT_ALLOWED))
    return {"status": AutomationStatus.ACTIVE.value}


AUTOMATION_VERBS = (
    state_verb(
        AUTOMATION,
        "activateAutomation",
        "Makes a draft take contacts on; it needs a step.",
        activate_automation,
        event="activated",
    ),
    state_verb(
        AUTOMATION,
        "pauseAutomation",
        "Stops an active automation: it takes nobody on, and holds the contacts it has.",
        becomes("status", AutomationStatus.PAUSED, of=(AutomationStatus.ACTIVE,)),
        event="paused",
    ),
    state_verb(
        AUTOMATION,
        "resumeAutomation",
        "Lets a paused automation go on.",
        becomes("status", AutomationStatus.ACTIVE, of=(AutomationStatus.PAUSED,)),
        event="resumed",
    ),
    state_verb(
        AUTOMATION,
        "archiveAutomation",
        "Takes an automation out of use for good; its contacts stay where they stand.",
        becomes(
            "status",
            AutomationStatus.ARCHIVED,
            of=(AutomationStatus.DRAFT, AutomationStatus.ACTIVE, AutomationStatus.PAUSED),
        ),
        event="archived",
    ),
    reorder_verb(AUTOMATION, AUTOMATION_STEP, "automation_id"),
)
