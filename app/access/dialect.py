"""Dialects: the conventions of the documented products where they differ (X2…X10, X24…X28), each a record of its own.

A dialect gives defaults, words and labels, and the form of minted keys. What a client sends is read the same in all of
them; the policies can be set otherwise for a workspace afterwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from app.access.scopes import SCOPES, Scope

Mode: TypeAlias = Literal["live", "test"]

DIGITS = "0123456789"
LOWER = DIGITS + "abcdefghijklmnopqrstuvwxyz"
BASE62 = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + LOWER[10:]


@dataclass(frozen=True)
class Format:
    """What stands before the secret in either mode, and the secret: at least 128 random bits."""

    live: str
    test: str
    secret: int = 32
    alphabet: str = BASE62
    public: int = 0
    checksum: bool = False


@dataclass(frozen=True)
class Preset:
    """Scopes that are often granted together, under a name for people."""

    label: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Labels:
    """What the settings page says: where it is found, and what stands on its buttons."""

    trail: tuple[str, ...] = ("Settings", "API Keys")
    path: str = "/settings/api-keys"
    new: str = "Create API Key"
    submit: str = "Create Key"
    name: str = "Name"
    docs: str = "API Docs"


@dataclass(frozen=True)
class Published:
    """What the REST API calls itself, and who answers questions about it."""

    title: str = "Leadgraph API"
    contact: str = ""


@dataclass(frozen=True)
class Dialect:
    """One product's conventions; those that it leaves open are Leadgraph's own."""

    name: str
    key: Format
    default_scopes: tuple[str, ...] | None = None  # None: some must be named
    offered: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the scopes of the page, by group; () for all
    presets: tuple[Preset, ...] = ()
    nouns: tuple[tuple[str, str], ...] = ()  # other names for resources: ("Contacts", "Leads")
    header: Literal["Authorization", "X-API-Key"] = "Authorization"
    test_word: str = "test"  # what test mode is called
    test_key_policy: Literal["isolated", "shared"] = "isolated"
    revocation_policy: Literal["permanent", "reversible"] = "permanent"
    playground_mode: Mode = "test"
    hides_revoked: bool = False  # whether lists for people leave out revoked keys
    acts_as_creator: bool = False
    labels: Labels = field(default_factory=Labels)
    api: Published = Published()

    @property
    def scope_groups(self) -> tuple[tuple[str, tuple[Scope, ...]], ...]:
        """The scopes that a person picks from, by group, under the names that the product has for them."""
        offered = self.offered or _by_group(SCOPES)
        return tuple((group, tuple(self.scope(name) for name in names)) for group, names in offered)

    def scope(self, name: str) -> Scope:
        """A scope as the product calls it."""
        scope = SCOPES[name]
        shown = scope.display_name
        for ours, theirs in self.nouns:
            shown = shown.replace(ours, theirs)
        return replace(scope, display_name=shown)


def _by_group(names: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    groups: dict[str, tuple[str, ...]] = {}
    for name in names:
        groups[SCOPES[name].group] = (*groups.get(SCOPES[name].group, ()), name)
    return tuple(groups.items())


_EVERYTHING = ("*",)
_FULL = Preset("Full access", _EVERYTHING)
_READ = Preset("Read only", tuple(name for name in SCOPES if name.endswith(":read") and name != "schema:read"))
_CAPTURE = Preset("Lead capture", ("contacts:create",))
_COMMON = (_FULL, _READ, _CAPTURE)
_OWN_KEY = Format("lgk_live_", "lgk_test_", checksum=True)
_LEADS = tuple(f"contacts:{verb}" for verb in ("read", "create", "update", "delete"))

# The 22 of S1-20…25: reading and writing, analytics and webhooks.
_TICKED = tuple(
    name
    for name in SCOPES
    if name in {"analytics:read", "webhooks:manage"}
    or (name.endswith((":read", ":write")) and name.partition(":")[0] + ":write" in SCOPES)
)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "sprootal",
            Format("lg_live_", "lg_test_"),
            offered=_by_group(_TICKED),
            presets=(Preset("Select All", _TICKED),),
            test_key_policy="shared",
            hides_revoked=True,
            labels=Labels(trail=("Settings", "DEVELOPER", "API Keys"), path="/settings/developer/api-keys"),
            api=Published("LeadGen Public API"),
        ),
        Dialect(
            "leadterra",
            Format("sk_live_", "sk_test_"),
            _EVERYTHING,
            presets=_COMMON,
            nouns=(("Contacts", "Leads"), ("Automations", "Campaigns")),
            labels=Labels(new="Create new key", submit="Create key", name="Label"),
            api=Published("Leadterra API"),
        ),
        Dialect(
            "compact",
            Format("sk_", "sk_", public=8),
            (),
            offered=(("Leads", _LEADS),),
            presets=(Preset("Leads CRUD", _LEADS), _CAPTURE),
            nouns=(("Contacts", "Leads"),),
            revocation_policy="reversible",
            playground_mode="live",
            labels=Labels(
                trail=("Dashboard", "Developer"), path="/dashboard/developer", new="New key", submit="Create key"
            ),
            api=Published("Public REST API"),
        ),
        Dialect(
            "leadron",
            Format("ldr_live_sk_", "ldr_sandbox_sk_", secret=26, alphabet=LOWER),
            _EVERYTHING,
            presets=_COMMON,
            nouns=(("Contacts", "Leads"),),
            header="X-API-Key",
            test_word="sandbox",
            acts_as_creator=True,
            labels=Labels(trail=("Settings", "Integrations"), path="/settings/integrations", docs="API Reference"),
            api=Published("Leadron API"),
        ),
        Dialect(
            "spreeflo",
            _OWN_KEY,
            _EVERYTHING,
            presets=(_FULL,),
            labels=Labels(new="Add API Key", submit="Create", docs="API Reference"),
            api=Published("Spreeflo API", "support@spreeflo.com"),
        ),
        Dialect("custom", _OWN_KEY, presets=_COMMON),
    )
}
