"""The scopes that a person may tick, as the dialect groups them: what reads and writes, below it the finer verbs."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field

from app.access.dialect import Dialect, Preset
from app.access.scopes import Scope

_FINE = {"create", "update", "delete"}


@dataclass(slots=True)
class Row:
    """The scopes of one resource."""

    main: list[Scope] = field(default_factory=list)
    fine: list[Scope] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading with the resources below it."""

    label: str
    rows: tuple[Row, ...]


def groups_of(dialect: Dialect, grantable: Mapping[str, Scope], held: Collection[str]) -> list[Group]:
    """What may be ticked: of what the dialect offers what the member can give, and what the key has besides."""
    offered = [
        (label, [scope for scope in scopes if scope.name in grantable]) for label, scopes in dialect.scope_groups
    ]
    shown = {choice.name for _, choices in offered for choice in choices}
    besides = [dialect.scope(name) for name in held if name not in shown]
    return [Group(label, _rows(choices)) for label, choices in (*offered, ("Also granted", besides)) if choices]


def presets_of(dialect: Dialect, grantable: Set[str]) -> list[Preset]:
    """The presets that a member can give; `*` is never one of a member's, and Select All comes near it."""
    return [preset for preset in dialect.presets if grantable >= set(preset.scopes) and preset.label != "Select All"]


def _rows(choices: Sequence[Scope]) -> tuple[Row, ...]:
    """A row for each resource with several scopes, and one for all others."""
    rows: dict[str, Row] = {}
    names = {choice.name for choice in choices}
    for choice in choices:
        resource, _, verb = choice.name.partition(":")
        written = f"{resource}:write" in names
        row = rows.setdefault(resource if written else "", Row())
        # Where a dialect offers the single verbs alone, they are what there is to tick.
        (row.fine if written and verb in _FINE else row.main).append(choice)
    return tuple(rows.values())
