"""What exists: one file per noun; `RESOURCES` is the list that everything else is derived from.

Append only: a resource's place in the list numbers the type inside its ids.
"""

from app.catalog import build_catalog
from app.domain.analytics import ANALYTICS
from app.domain.api_key import API_KEY
from app.domain.api_key_usage import API_KEY_USAGE
from app.domain.api_key_verbs import API_KEY_VERBS
from app.domain.automation import AUTOMATION, AUTOMATION_STEP, ENROLLMENT
from app.domain.automation_verbs import AUTOMATION_VERBS
from app.domain.company import COMPANY
from app.domain.contact import CONTACT
from app.domain.contact_list import CONTACT_LIST
from app.domain.contact_merge import MERGE_CONTACTS
from app.domain.contact_verbs import CONTACT_VERBS
from app.domain.custom_field import CUSTOM_FIELD
from app.domain.custom_field_verbs import custom_field_verbs
from app.domain.enrollment_verbs import ENROLLMENT_VERBS
from app.domain.event import EVENT
from app.domain.message import MESSAGE
from app.domain.message_verbs import MESSAGE_VERBS
from app.domain.pipeline import PIPELINE, STAGE, STAGE_MOVE
from app.domain.pipeline_verbs import pipeline_verbs
from app.domain.project import PROJECT
from app.domain.project_verbs import PROJECT_VERBS
from app.domain.sandbox import SANDBOX_VERBS
from app.domain.sender_profile import SENDER_POOL, SENDER_PROFILE
from app.domain.sender_profile_verbs import SENDER_PROFILE_VERBS
from app.domain.tag import TAG
from app.domain.task import TASK
from app.domain.task_verbs import TASK_VERBS
from app.domain.user import USER
from app.domain.user_verbs import user_verbs
from app.domain.webhook import DELIVERY, WEBHOOK
from app.domain.webhook_verbs import webhook_verbs
from app.domain.workspace import WORKSPACE
from app.domain.workspace_verbs import workspace_verbs
from app.write.bulk import bulk_verbs
from app.write.restoring import restoring_verbs
from app.write.standard import standard_verbs

RESOURCES = (
    WORKSPACE,
    USER,
    API_KEY,
    CONTACT,
    COMPANY,
    TAG,
    CONTACT_LIST,
    PIPELINE,
    STAGE,
    STAGE_MOVE,
    TASK,
    PROJECT,
    MESSAGE,
    SENDER_PROFILE,
    SENDER_POOL,
    AUTOMATION,
    AUTOMATION_STEP,
    ENROLLMENT,
    WEBHOOK,
    DELIVERY,
    CUSTOM_FIELD,
    EVENT,
)

CATALOG = build_catalog(RESOURCES, ANALYTICS, (API_KEY_USAGE,))

VERBS = (
    *standard_verbs(CATALOG),
    *bulk_verbs(CATALOG),
    *restoring_verbs(CATALOG),
    *pipeline_verbs(CATALOG),
    *webhook_verbs(CATALOG),
    *custom_field_verbs(CATALOG),
    *API_KEY_VERBS,
    *AUTOMATION_VERBS,
    *CONTACT_VERBS,
    MERGE_CONTACTS,
    *ENROLLMENT_VERBS,
    *MESSAGE_VERBS,
    *PROJECT_VERBS,
    *SANDBOX_VERBS,
    *SENDER_PROFILE_VERBS,
    *TASK_VERBS,
)
"""Everything that changes data."""

OPERATED = (*user_verbs(CATALOG), *workspace_verbs(CATALOG))
"""What only the operator's commands do."""
