"""The documented scopes: their names, display names, groups and order (S1-20…26, X9), and what each implies.

The canonical verbs are `read`, `create`, `update`, `delete`; `write` is all four, `manage` likewise where a resource
has no finer ones, `*` is everything. `leads:` and `campaigns:` are other names of `contacts:` and `automations:` (X11,
X12).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import BadUserInput


@dataclass(frozen=True)
class Scope:
    """One scope that a key can be granted."""

    name: str
    display_name: str
    group: str
    description: str
    implies: tuple[str, ...] = ()


_GROUPS = (
    ("Contacts & Messaging", ("contacts", "messages")),
    ("Organization", ("projects", "lists", "tags")),
    ("Pipeline & Tasks", ("pipelines", "tasks")),
    ("Automations", ("automations",)),
    ("Companies & Analytics", ("companies",)),
    ("Settings", ("sender_profiles",)),
)
_VERBS = ("read", "create", "update", "delete")
_DOES = {"read": "Read", "create": "Create", "update": "Update", "delete": "Delete", "write": "Write"}
_ALIASES = {"leads": "contacts", "campaigns": "automations"}


def _resource_scopes(resource: str, group: str) -> Iterable[Scope]:
    label = resource.replace("_", " ")
    titled = label.title()
    yield Scope(f"{resource}:read", f"Read {titled}", group, f"Read {label}.")
    everything = tuple(f"{resource}:{verb}" for verb in _VERBS)
    yield Scope(f"{resource}:write", f"Write {titled}", group, f"Read, create, update and delete {label}.", everything)
    for verb in _VERBS[1:]:
        yield Scope(f"{resource}:{verb}", f"{_DOES[verb]} {titled}", group, f"{_DOES[verb]} {label}, and nothing else.")


def _all_scopes() -> Iterable[Scope]:
    for group, resources in _GROUPS:
        for resource in resources:
            yield from _resource_scopes(resource, group)
        if group == "Companies & Analytics":
            yield Scope(
                "analytics:read", "Read Analytics", group, "Read ready-made counts, without the records behind them."
            )
    group = "Settings"
    yield Scope(
        "webhooks:manage",
        "Manage Webhooks",
        group,
        "Read, create, update and delete webhooks, and read what they were sent.",
    )
    yield Scope("schema:read", "Read Schema", group, "Explore the schema on a server that hides it from other keys.")
    yield Scope("workspace:read", "Read Workspace", group, "Read the workspace and its members.")
    yield Scope("api_keys:manage", "Manage API Keys", group, "Read, create, rotate, revoke and delete API keys.")
    yield Scope(
        "audit_log:read",
        "Read Audit Log",
        group,
        "Read who changed what, when, and the changed values, of records of every kind.",
    )
    yield Scope("users:impersonate", "Act on Behalf of Users", group, "Act as another member of the workspace.")
    yield Scope("*", "Full Access", group, "Everything, now and in the future.")


SCOPES: dict[str, Scope] = {scope.name: scope for scope in _all_scopes()}


def canonical(name: str) -> str:
    """The documented name of a scope or of one of its aliases; `BadUserInput` for anything else."""
    resource, _, verb = name.partition(":")
    known = f"{_ALIASES.get(resource, resource)}:{verb}" if verb else name
    if known not in SCOPES:
        raise BadUserInput(f"{name!r} is not a scope; the scopes are {', '.join(SCOPES)}.")
    return known


def expand(names: Iterable[str]) -> frozenset[str]:
    """Everything that the granted scopes allow, `write` and `*` spelled out; unknown names grant nothing."""
    granted: set[str] = set()
    for name in names:
        resource, _, verb = name.partition(":")
        known = SCOPES.get(f"{_ALIASES.get(resource, resource)}:{verb}" if verb else name)
        if known is None:
            continue
        granted.add(known.name)
        granted.update(SCOPES if known.name == "*" else known.implies)
    return frozenset(granted)
