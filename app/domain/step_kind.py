"""What a step of an automation does, and the settings that each kind of step takes."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.domain.message import Channel
from app.resource import Choice
from app.verb import Problem
from app.write import rules
from app.write.checking import Entry
from app.write.rules import Broken
from app.write.standard import words
from app.write.transaction import Transaction


class StepKind(Choice):
    """What a step does, and what its `settings` hold."""

    SEND = "send", "Sends a message: `body`, and perhaps `subject` and `channel` (a value of Channel)."
    WAIT = "wait", "Waits before the next step: `minutes`, `hours`, `days`, at least one of them."
    ADD_TAG = "add_tag", "Puts a tag on the contact: `tagId`."
    REMOVE_TAG = "remove_tag", "Takes a tag off the contact: `tagId`."
    MOVE_STAGE = "move_stage", "Moves the contact to a stage: `stageId`."
    ADD_TO_LIST = "add_to_list", "Puts the contact on a list: `listId`."
    CREATE_TASK = "create_task", "Creates a task about the contact: `title`, and perhaps `dueInDays`."
    WEBHOOK = "webhook", "Posts to an address: `url`."
    BRANCH = "branch", "Goes on at the position `else` with contacts that `filter`, a ContactFilter, does not find."


Check: TypeAlias = Callable[[Any], object]
"""Raises `Broken` for a value that is wrong."""


@dataclass(frozen=True)
class Setting:
    """One key of the settings; `noun` is what it holds the id of."""

    check: Check
    required: bool = True
    noun: str | None = None


def _text(longest: int, rule: Callable[[str], str] = rules.not_blank) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, str):
            raise Broken("This must be text.")
        if len(value) > longest:
            raise Broken(f"This has {longest} characters at most, not {len(value)}.", "TOO_LONG")
        rule(value)

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Broken("This must be an integer.")
        if not low <= value <= high:
            raise Broken(f"This must be from {low} to {high}, not {value}.", "OUT_OF_RANGE")

    return check


def _channel(value: Any) -> None:
    if value not in Channel.__members__:
        raise Broken(f"This must be one of {', '.join(Channel.__members__)}.")


def _object(value: Any) -> None:
    if not isinstance(value, dict):
        raise Broken("This must be a JSON object.")


def _id(noun: str) -> Setting:
    return Setting(_text(16), noun=noun)


SETTINGS: Mapping[str, Mapping[str, Setting]] = {
    StepKind.SEND: {
        "body": Setting(_text(50_000)),
        "subject": Setting(_text(500), required=False),
        "channel": Setting(_channel, required=False),
    },
    StepKind.WAIT: {
        "minutes": Setting(_integer(1, 525_600), required=False),
        "hours": Setting(_integer(1, 8_760), required=False),
        "days": Setting(_integer(1, 365), required=False),
    },
    StepKind.ADD_TAG: {"tagId": _id("Tag")},
    StepKind.REMOVE_TAG: {"tagId": _id("Tag")},
    StepKind.MOVE_STAGE: {"stageId": _id("Stage")},
    StepKind.ADD_TO_LIST: {"listId": _id("ContactList")},
    StepKind.CREATE_TASK: {"title": Setting(_text(200)), "dueInDays": Setting(_integer(0, 3_650), required=False)},
    StepKind.WEBHOOK: {"url": Setting(_text(2_000, rules.url))},
    StepKind.BRANCH: {"filter": Setting(_object), "else": Setting(_integer(0, 1_000))},
}


async def check_settings(tx: Transaction, entries: list[Entry]) -> None:
    """For `Writing.prepare`: refuses settings that are not those of the step's kind."""
    for entry in entries:
        kind = entry.value("kind")
        if kind is None or not entry.values.keys() & {"kind", "settings"}:
            continue
        given = entry.value("settings") or {}
        problems = list(_problems(kind, given)) or [problem async for problem in _missing(tx, kind, given)]
        for key, broken in problems:
            path = (*entry.path, "settings", key) if key else (*entry.path, "settings")
            entry.problems.append(Problem(path, broken.message, broken.code))


def _problems(kind: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Broken]]:
    settings = SETTINGS[kind]
    name = StepKind(kind).name
    for key, value in given.items():
        if key not in settings:
            yield key, Broken(f"A step of kind {name} has no such setting, but {', '.join(settings)}.")
            continue
        try:
            settings[key].check(value)
        except Broken as broken:
            yield key, broken
    for key, setting in settings.items():
        if setting.required and key not in given:
            yield key, Broken(f"A step of kind {name} needs {key}.", "REQUIRED")
    if kind == StepKind.WAIT and not given:
        yield "", Broken(f"A step of kind {name} needs minutes, hours or days.", "REQUIRED")


async def _missing(tx: Transaction, kind: str, given: Mapping[str, Any]) -> AsyncIterator[tuple[str, Broken]]:
    for key, setting in SETTINGS[kind].items():
        if setting.noun is not None:
            noun = tx.noun(setting.noun)
            if not await tx.exist(noun, [tx.writes.ids.key(noun.number, given[key])]):
                yield key, Broken(f"There is no {words(noun)} with this id.", "NOT_FOUND")
