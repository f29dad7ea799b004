"""The workspace: what a key belongs to, and the border that no statement crosses."""

from sqlmodel import Field

from app.resource import Choice, Entity, Exposure, Many, Resource, choice, flag, reference, text
from app.store.types import Kind, varchar
from app.write.rules import rate


class Plan(Choice):
    """What the workspace pays for; decides its rate limits."""

    FREE = "free", "The free plan."
    STARTER = "starter", "The starter plan."
    PRO = "pro", "The professional plan."
    TEAM = "team", "The team plan."
    ENTERPRISE = "enterprise", "The enterprise plan."


class Dialect(Choice):
    """Whose documented conventions the workspace follows where products differ."""

    SPROOTAL = "sprootal", "The conventions of Sprootal."
    LEADTERRA = "leadterra", "The conventions of Leadterra."
    COMPACT = "compact", "Short keys, and the conventions that go with them."
    LEADRON = "leadron", "The conventions of Leadron."
    SPREEFLO = "spreeflo", "The conventions of Spreeflo."
    CUSTOM = "custom", "Leadgraph's own conventions."


class TestKeyPolicy(Choice):
    """Where a test key works: in the paired sandbox, or on the same rows without side effects."""

    __test__ = False  # not a test class, whatever pytest thinks

    ISOLATED = "isolated", "In the paired sandbox, on records of its own."
    SHARED = "shared", "On the same records as live keys, without side effects."


class RevocationPolicy(Choice):
    """Whether a revoked key can come back."""

    PERMANENT = "permanent", "A revoked key never works again."
    REVERSIBLE = "reversible", "A revoked key can be re-activated."


class PlaygroundMode(Choice):
    """The mode of temporary playground keys."""

    TEST = "test", "Test keys: nothing reaches the outside world."
    LIVE = "live", "Live keys: what is done is done."


class CustomFieldPolicy(Choice):
    """Whether records take custom fields that nobody has defined."""

    LENIENT = "lenient", "Keys without a definition are kept as they are sent."
    STRICT = "strict", "Keys without a definition are refused."


class ResponseProfile(Choice):
    """What REST answers unless a request says otherwise."""

    ENVELOPE = "envelope", "The data in their envelope."
    BARE = "bare", "The data alone; errors have their envelope all the same."


class Workspace(Entity, table=True):
    __tablename__ = "workspace"

    name: str = text("Name shown to people.", max_length=100)
    slug: str = Field(
        max_length=71,
        unique=True,
        sa_type=varchar(71),
        sa_column_kwargs={
            "info": {
                "exposure": Exposure(
                    Kind.STRING,
                    "Name in addresses, `tenantId` in REST. At most 63 characters, in a sandbox with `~sandbox` after.",
                )
            }
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
    custom_field_policy: CustomFieldPolicy = choice(
        CustomFieldPolicy, "Whether custom fields must be defined.", default=CustomFieldPolicy.LENIENT
    )
    response_profile: ResponseProfile = choice(
        ResponseProfile, "What REST answers unless a request says otherwise.", default=ResponseProfile.ENVELOPE
    )
    rate_limit: str | None = text(
        "Requests of the plan `enterprise`: how many/in seconds/at once; null for what the server grants.",
        max_length=32,
        rule=rate,
        default=None,
    )
    api_enabled: bool = flag("Whether keys work at all; set by the platform's administrator.", default=True)
    sandbox_enabled: bool = flag("Whether test keys can be made.", default=True)
    sandbox_id: int | None = reference("workspace", on_delete="SET NULL", default=None)
    trash_id: int | None = reference("workspace", on_delete="SET NULL", default=None)


WORKSPACE = Resource(
    table=Workspace,
    name="Workspace",
    plural="workspaces",
    description="The tenant that a key works in: organisation, account or workspace in the documented products.",
    scope="workspace",
    links=(Many("members", "User", "The people of this workspace.", column="workspace_id"),),
)
