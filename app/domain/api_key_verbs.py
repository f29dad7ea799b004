"""The verbs that rule over keys, all under `api_keys:manage`; what they do stands in `key_life.py`."""

from dataclasses import replace

from app.domain import key_life, key_rules
from app.domain.api_key import API_KEY, KeyMode
from app.domain.sandbox import FILLED
from app.store.types import Kind
from app.verb import Form, Given, Shown, Verb
from app.write.standard import if_version, subject
from app.write.state import state_verb

_WEEK = 7 * 24 * 60 * 60
_REQUIRES = API_KEY.changing("update")
_ID = subject(API_KEY)
_IF_VERSION = replace(if_version(API_KEY), column="if_version")
_KEY = Shown("key", Kind.STRING, "The key itself: keep it, it is shown here and never again.")
_NAME = Given(
    "name", Kind.STRING, "What the key is for, in 1 to 100 characters.", nullable=False, rule=key_rules.key_name
)
_SCOPES = Given(
    "scopes",
    Kind.STRINGS,
    "What the key may do, for instance `contacts:read`; nothing that you may not do yourself.",
    nullable=False,
    rule=key_rules.scope,
)
_NETWORKS = Given(
    "allowedIps",
    Kind.STRINGS,
    "Addresses and networks that the key may be used from, such as `192.0.2.0/24`; empty for all.",
    nullable=False,
    column="allowed_ips",
    rule=key_rules.network,
)
_REGISTERED = Given(
    "registeredDocumentsOnly",
    Kind.BOOLEAN,
    "Whether the key runs no GraphQL document but those registered with the server.",
    nullable=False,
    column="registered_documents_only",
)
_RATE = Given(
    "rateLimit",
    Kind.INT,
    "Requests a minute that the key may make, besides what its workspace may; null for no limit of its own.",
    column="rate_limit",
    low=1,
    high=1_000_000,
)
_NEW = Form(
    "CreateApiKeyInput",
    "A new key. It cannot do more, or live longer, than the key or member that makes it, and is restricted as that "
    "is unless it is restricted further.",
    (
        _NAME,
        Given("label", Kind.STRING, "Another word for the name.", nullable=False, rule=key_rules.key_name),
        Given("mode", KeyMode, "Live or test; live, unless a test key makes it.", nullable=False),
        replace(
            _SCOPES,
            description=f"{_SCOPES.description} If left out, what the workspace's dialect says; most want them named.",
        ),
        Given("expiresAt", Kind.DATETIME, "When the key stops working; it can never be changed.", column="expires_at"),
        _NETWORKS,
        _REGISTERED,
        _RATE,
    ),
)
_CHANGES = Form(
    "UpdateApiKeyInput",
    "Changes of a key, which itself stays the same: what is left out stays as it is.",
    (_NAME, _SCOPES, _NETWORKS, _REGISTERED, _RATE),
)

API_KEY_VERBS = (
    Verb(
        "createApiKey",
        "Creates a key, and shows it this once.",
        _REQUIRES,
        (Given("input", _NEW, "The key.", required=True, nullable=False),),
        (Shown("apiKey", "ApiKey", "The new key's record; null if it was refused."), _KEY),
        key_life.create_api_key,
        events=("api_key.created", FILLED),
    ),
    Verb(
        "createPlaygroundKey",
        f"Creates a key for an hour, named `{key_life.PLAYGROUND_NAME}`, to try the API with.",
        _REQUIRES,
        (
            replace(
                _SCOPES, description="What the key may do; if left out, all that you may do yourself with contacts."
            ),
        ),
        (Shown("apiKey", "ApiKey", "The new key's record; null if it was refused."), _KEY),
        key_life.create_playground_key,
        events=("api_key.created", FILLED),
    ),
    Verb(
        "updateApiKey",
        "Changes name, scopes or restrictions of a key, from the next request on. Its expiry never changes.",
        _REQUIRES,
        (_ID, Given("input", _CHANGES, "What to change.", required=True, nullable=False), _IF_VERSION),
        (Shown("apiKey", "ApiKey", "The key's record as it is now; null if the change was refused."),),
        key_life.update_api_key,
        events=("api_key.updated",),
    ),
    Verb(
        "rotateApiKey",
        "Makes a key anew, and shows it this once: the same record with another key. The old one stops working at "
        "once, or after an overlap; that of a rotation before stops in any case.",
        _REQUIRES,
        (
            _ID,
            Given(
                "overlap",
                Kind.INT,
                "Seconds for which the old key works beside the new one, up to a week.",
                nullable=False,
                default=0,
                low=0,
                high=_WEEK,
            ),
            Given(
                "expiresAt",
                Kind.DATETIME,
                "When the new key stops working; when the old one did, if left out.",
                column="expires_at",
            ),
            _IF_VERSION,
        ),
        (Shown("apiKey", "ApiKey", "The key's record as it is now; null if it was refused."), _KEY),
        key_life.rotate_api_key,
        events=("api_key.rotated",),
    ),
    state_verb(
        API_KEY,
        "revokeApiKey",
        "Stops a key, from the next request on.",
        key_life.revoke_api_key,
        event="revoked",
    ),
    state_verb(
        API_KEY,
        "reactivateApiKey",
        "Takes a revoked key into use again, where the workspace's policy allows that.",
        key_life.reactivate_api_key,
        event="reactivated",
    ),
    Verb(
        "deleteApiKey",
        "Deletes a key for good, from the next request on; only the audit log tells of it then.",
        _REQUIRES,
        (_ID, _IF_VERSION),
        (Shown("deletedId", Kind.ID, "The id of the deleted key; null if it was refused."),),
        key_life.delete_api_key,
        events=("api_key.deleted",),
    ),
)
