"""The dialects: the conventions of the five documented products, and our own, as records (X1…X10, X24…X28)."""

from pathlib import Path

import pytest

from app.access.dialect import DIALECTS, Dialect
from app.access.scopes import SCOPES, expand
from app.domain.workspace import Dialect as DialectName
from app.domain.workspace import PlaygroundMode, RevocationPolicy, TestKeyPolicy
from tests.serving import Client

ROOT = Path(__file__).parent.parent


def test_every_dialect_of_a_workspace_is_declared() -> None:
    """X2"""
    assert list(DIALECTS) == [name.value for name in DialectName]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_what_a_dialect_names_exists(dialect: Dialect) -> None:
    TestKeyPolicy(dialect.test_key_policy)
    RevocationPolicy(dialect.revocation_policy)
    PlaygroundMode(dialect.playground_mode)
    assert set(dialect.default_scopes or ()) <= set(SCOPES)
    assert {scope for preset in dialect.presets for scope in preset.scopes} <= set(SCOPES)
    assert {scope.name for _, scopes in dialect.scope_groups for scope in scopes} <= set(SCOPES)
    assert dialect.presets
    assert dialect.labels.path.startswith("/")


def test_default_scopes_are_the_documented_ones() -> None:
    """X10, S3-6, S4-12, S5-10: nothing ticked, everything, or a choice that must be made."""
    assert {name: dialect.default_scopes for name, dialect in DIALECTS.items()} == {
        "sprootal": None,
        "leadterra": ("*",),
        "compact": (),
        "leadron": ("*",),
        "spreeflo": ("*",),
        "custom": None,
    }


def test_policies_are_the_documented_ones() -> None:
    """X4, X5, X27, S1-51, S1-55, S3-23, S5-7"""
    assert {name for name, dialect in DIALECTS.items() if dialect.test_key_policy == "shared"} == {"sprootal"}
    assert {name for name, dialect in DIALECTS.items() if dialect.revocation_policy == "reversible"} == {"compact"}
    assert {name for name, dialect in DIALECTS.items() if dialect.playground_mode == "live"} == {"compact"}
    assert {name for name, dialect in DIALECTS.items() if dialect.hides_revoked} == {"sprootal"}


def test_leadron_keys_act_as_their_creator_and_go_in_a_header_of_their_own() -> None:
    """X1, X3, X25, S4-5, S4-11, S4-15"""
    assert {name for name, dialect in DIALECTS.items() if dialect.acts_as_creator} == {"leadron"}
    assert {name for name, dialect in DIALECTS.items() if dialect.header == "X-API-Key"} == {"leadron"}
    assert {name for name, dialect in DIALECTS.items() if dialect.test_word == "sandbox"} == {"leadron"}


def test_sprootal_offers_22_scopes_in_six_groups() -> None:
    """S1-18, S1-20…26, X22"""
    groups = {label: [scope.display_name for scope in scopes] for label, scopes in DIALECTS["sprootal"].scope_groups}
    assert groups == {
        "Contacts & Messaging": ["Read Contacts", "Write Contacts", "Read Messages", "Write Messages"],
        "Organization": ["Read Projects", "Write Projects", "Read Lists", "Write Lists", "Read Tags", "Write Tags"],
        "Pipeline & Tasks": ["Read Pipelines", "Write Pipelines", "Read Tasks", "Write Tasks"],
        "Automations": ["Read Automations", "Write Automations"],
        "Companies & Analytics": ["Read Companies", "Write Companies", "Read Analytics"],
        "Settings": ["Read Sender Profiles", "Write Sender Profiles", "Manage Webhooks"],
    }
    [everything] = DIALECTS["sprootal"].presets
    assert (everything.label, len(everything.scopes)) == ("Select All", 22)


def test_compact_offers_the_four_verbs_on_leads() -> None:
    """S3-5, S3-28, X11"""
    [(label, scopes)] = DIALECTS["compact"].scope_groups
    assert label == "Leads"
    assert [scope.display_name for scope in scopes] == ["Read Leads", "Create Leads", "Update Leads", "Delete Leads"]
    assert expand(["contacts:read"]) < expand(scope.name for scope in scopes)


def test_the_others_offer_every_scope_under_their_words() -> None:
    """X9, X11, X12"""
    for name in ("leadterra", "leadron", "spreeflo", "custom"):
        offered = [scope.name for _, scopes in DIALECTS[name].scope_groups for scope in scopes]
        assert sorted(offered) == sorted(SCOPES)
    assert DIALECTS["leadterra"].scope("automations:write").display_name == "Write Campaigns"


def test_settings_pages_are_found_where_the_products_have_them() -> None:
    """X28, S1-2, S1-8, S1-16, S2-7, S3-3, S4-8, S5-5"""
    assert {name: (dialect.labels.trail, dialect.labels.new) for name, dialect in DIALECTS.items()} == {
        "sprootal": (("Settings", "DEVELOPER", "API Keys"), "Create API Key"),
        "leadterra": (("Settings", "API Keys"), "Create new key"),
        "compact": (("Dashboard", "Developer"), "New key"),
        "leadron": (("Settings", "Integrations"), "Create API Key"),
        "spreeflo": (("Settings", "API Keys"), "Add API Key"),
        "custom": (("Settings", "API Keys"), "Create API Key"),
    }
    assert DIALECTS["sprootal"].labels.docs == "API Docs"
    assert DIALECTS["leadterra"].labels.name == "Label"


async def test_the_api_is_published_under_the_name_of_the_product(sqlite_client: Client) -> None:
    """S1-3, S5-14, X28: to who asks with a key of its workspace."""
    told = {}
    for dialect in ("sprootal", "spreeflo"):
        await sqlite_client.change_workspace("acme", dialect=dialect)
        answer = await sqlite_client.http.get("/openapi.json", headers=sqlite_client.bearer("nothing"))
        info = answer.json()["info"]
        told[dialect] = (info["title"], info.get("contact"))
    assert told == {
        "sprootal": ("LeadGen Public API", None),
        "spreeflo": ("Spreeflo API", {"email": "support@spreeflo.com"}),
    }


def test_the_readme_tells_what_the_dialects_do() -> None:
    rows = {}
    for line in (ROOT / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].strip("`") in DIALECTS:
            rows[cells[0].strip("`")] = cells[1:]
    assert rows == {name: _told(dialect) for name, dialect in DIALECTS.items()}


def _told(dialect: Dialect) -> list[str]:
    scopes: dict[tuple[str, ...] | None, str] = {None: "must be named", (): "none", ("*",): "`*`"}
    revoked = "can come back" if dialect.revocation_policy == "reversible" else "stay revoked"
    return [
        f"`{dialect.key.live}{'xxxxxxxx_' if dialect.key.public else ''}…`",
        scopes[dialect.default_scopes],
        revoked + (", hidden from lists for people" if dialect.hides_revoked else ""),
        {"shared": "on the same records", "isolated": "in the sandbox"}[dialect.test_key_policy],
        dialect.playground_mode,
    ]
