"""The workspace: what a key belongs to, and the border that no statement crosses."""

from enum import StrEnum

from sqlmodel import Field

from app.resource import Entity, Exposure, Many, Resource, choice, flag, reference, text
from app.store.types import Kind, varchar


class Plan(StrEnum):
    """What the workspace pays for; decides its rate limits."""

    FREE = "free"
    STARTER = "starter"
    PRO = "pro"
    TEAM = "team"
    ENTERPRISE = "enterprise"


class Dialect(StrEnum):
    """Whose documented conventions the workspace follows where products differ."""

    SPROOTAL = "sprootal"
    LEADTERRA = "leadterra"
    COMPACT = "compact"
    LEADRON = "leadron"
    SPREEFLO = "spreeflo"
    CUSTOM = "custom"


class TestKeyPolicy(StrEnum):
    """Where a test key works: in the paired sandbox, or on the same rows without side effects."""

    __test__ = False  # not a test class, whatever pytest thinks

    ISOLATED = "isolated"
    SHARED = "shared"


class RevocationPolicy(StrEnum):
    """Whether a revoked key can come back."""

    PERMANENT = "permanent"
    REVERSIBLE = "reversible"


class PlaygroundMode(StrEnum):
    """The mode of temporary playground keys."""

    TEST = "test"
    LIVE = "live"


class Workspace(Entity, table=True):
    __tablename__ = "workspace"

    name: str = text("Name shown to people.", max_length=100)
    slug: str = Field(
        max_length=63,
        unique=True,
        sa_type=varchar(63),
        sa_column_kwargs={
            "info": {"exposure": Exposure(Kind.STRING, "Name in addresses, `tenantId` in REST. At most 63 characters.")}
        },
    )
    plan: Plan = choice(Plan, "What the workspace pays for.", default=Plan.PRO)
    dialect: Dialect = choice(Dialect, "Whose conventions new keys and REST answers follow.", default=Dialect.CUSTOM)
    test_key_policy: TestKeyPolicy = choice(TestKeyPolicy, "Where test keys work.", default=TestKeyPolicy.ISOLATED)
    revocation_policy: RevocationPolicy = choice(
        RevocationPolicy, "Whether a revoked key can be re-activated.", default=RevocationPolicy.PERMANENT
    )
    playground_mode: PlaygroundMode = choice(
        PlaygroundMode, "The mode of temporary playground keys.", default=PlaygroundMode.TEST
    )
    api_enabled: bool = flag("Whether keys work at all; set by the platform's administrator.", default=True)
    sandbox_enabled: bool = flag("Whether test keys can be made.", default=True)
    sandbox_id: int | None = reference("workspace", on_delete="SET NULL", default=None)


WORKSPACE = Resource(
    table=Workspace,
    name="Workspace",
    plural="workspaces",
    description="The tenant that a key works in: organisation, account or workspace in the documented products.",
    scope="workspace",
    links=(Many("members", "User", "The people of this workspace.", column="workspace_id"),),
)
