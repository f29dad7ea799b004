"""What a key has been used for in the last 30 days, and what of its scopes it could do without."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Select, Text, and_, cast, func, or_, select

from app.access.scopes import SCOPES, expand
from app.domain.event import Event
from app.domain.event_type import EventType
from app.domain.workspace import Workspace
from app.resource import table_of
from app.review import About, Review
from app.store.types import Kind
from app.verb import Report, Shown
from app.write.usage import KEY_USAGE

_DAYS = 30
_MOST = 1_000  # kinds of denied attempts that are read of all keys of a page
_FINE = frozenset(name for name, scope in SCOPES.items() if not scope.implies and name != "*")

_USED_SCOPE = Report(
    "UsedScope",
    "How often a scope was needed.",
    (
        Shown("scope", Kind.STRING, "The scope, where `write` and `*` are spelled out.", required=True),
        Shown("requests", Kind.INT, "Requests that needed it.", required=True),
        Shown("lastUsedOn", Kind.STRING, "The last day on which one did, in UTC: `2026-02-08`.", required=True),
    ),
)
_DENIED = Report(
    "DeniedAttempts",
    "Attempts that the scopes of a key did not allow.",
    (
        Shown("missingScopes", Kind.STRINGS, "The scopes that were missing; empty for further kinds.", required=True),
        Shown("count", Kind.INT, "How many there were.", required=True),
        Shown("lastAt", Kind.DATETIME, "When the last began to be counted, to the minute.", required=True),
    ),
)
_REPORT = Report(
    "ApiKeyUsage",
    f"What a key has been used for in the last {_DAYS} days, up to some seconds ago.",
    (
        Shown("scopes", _USED_SCOPE, "The scopes that its requests needed.", many=True, required=True),
        Shown(
            "unusedScopes",
            Kind.STRINGS,
            "The granted scopes that no request needed; where some did need a part of one, the rest of it.",
            required=True,
        ),
        Shown("denied", _DENIED, "What it tried and was refused, the most frequent first.", many=True, required=True),
        Shown(
            "suggestedScopes",
            Kind.STRINGS,
            "The least of the granted scopes that would have been enough for all it did.",
            required=True,
        ),
    ),
)


def _granted(about: About) -> Select[Any]:
    return select(about.records.c.id, about.records.c.scopes)


def _needed(about: About) -> Select[Any]:
    key, use = about.records.c.id, KEY_USAGE.c
    found = select(key, use.scope, func.sum(use.requests), func.max(use.day))
    return (
        found.join_from(about.records, KEY_USAGE, use.key_id == key)
        .where(use.day >= about.since)
        .group_by(key, use.scope)
    )


def _refused(about: About) -> Select[Any]:
    """By what the events hold; those of an isolated test key stand in the sandbox."""
    records, workspace, event = about.records, table_of(Workspace).alias("home"), table_of(Event).alias("denied")
    changes, last = cast(event.c.changes, Text), func.max(event.c.at)
    found = select(records.c.id, changes, func.sum(event.c.count), about.time(last))
    place = or_(event.c.workspace_id == about.workspace, event.c.workspace_id == workspace.c.sandbox_id)
    return (
        found.join_from(records, workspace, workspace.c.id == about.workspace)
        .join(event, and_(place, event.c.subject_id == records.c.id + about.base))
        .where(event.c.type == EventType.ACCESS_DENIED.value, event.c.at >= about.moment)
        .group_by(records.c.id, changes)
        .order_by(last.desc(), records.c.id, changes)
        .limit(_MOST)
    )


def _tell(
    granted: Sequence[tuple[str]], needed: Sequence[tuple[str, int, str]], refused: Sequence[tuple[str, int, str]]
) -> Mapping[str, Any]:
    scopes = orjson.loads(granted[0][0]) if granted else []
    uses = {scope: {"scope": scope, "requests": requests, "lastUsedOn": day} for scope, requests, day in needed}
    return {
        "scopes": [uses[name] for name in SCOPES if name in uses],
        "unusedScopes": _unused(scopes, uses),
        "denied": _denied(refused),
        "suggestedScopes": _suggested(uses.keys() & expand(scopes)),
    }


def _unused(granted: Sequence[str], used: Collection[str]) -> list[str]:
    unused: set[str] = set()
    for name in granted:
        included = expand([name]) & _FINE
        rest = included.difference(used)
        unused |= {name} if rest == included else rest
    return [name for name in (*SCOPES, *sorted(unused.difference(SCOPES))) if name in unused]


def _suggested(used: Collection[str]) -> list[str]:
    """In the names that are granted: `write` where all of it was used."""
    whole = [scope for scope in SCOPES.values() if scope.implies and set(scope.implies) <= set(used)]
    names = {scope.name for scope in whole} | set(used).difference(*(scope.implies for scope in whole))
    return [name for name in SCOPES if name in names]


def _denied(rows: Sequence[tuple[str, int, str]]) -> list[dict[str, Any]]:
    counts: defaultdict[tuple[str, ...], int] = defaultdict(int)
    last: dict[tuple[str, ...], str] = {}
    for changes, count, at in rows:
        missing = tuple(orjson.loads(changes).get("missingScopes", ()))
        counts[missing] += count
        last[missing] = max(at, last.get(missing, at))
    inorder = sorted(counts, key=lambda missing: (-counts[missing], missing))
    return [{"missingScopes": list(each), "count": counts[each], "lastAt": last[each]} for each in inorder]


API_KEY_USAGE = Review(
    "usage", "ApiKey", "What the key is used for.", _REPORT, _DAYS, (_granted, _needed, _refused), _tell
)
