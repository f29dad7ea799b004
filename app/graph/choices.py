"""What each value of the declared enums means, as developers read it in the schema."""

from enum import StrEnum

from app.domain.api_key import KeyMode, KeyState
from app.domain.automation import AutomationStatus, AutomationTrigger, EnrollmentStatus, StepKind
from app.domain.contact import ContactSource, ContactStatus, DuplicateStatus
from app.domain.contact_list import ListKind
from app.domain.custom_field import CustomFieldEntity, CustomFieldType
from app.domain.message import Channel, Direction, MessageStatus
from app.domain.pipeline import StageKind
from app.domain.sender_profile import PoolStrategy, SenderStatus
from app.domain.task import TaskPriority, TaskStatus
from app.domain.user import Role
from app.domain.webhook import DeliveryState, WebhookState
from app.domain.workspace import Dialect, Plan, PlaygroundMode, RevocationPolicy, TestKeyPolicy

MEANINGS: dict[type[StrEnum], dict[str, str]] = {
    AutomationStatus: {
        "DRAFT": "Being written; takes no contacts on yet.",
        "ACTIVE": "Takes contacts on and moves them along.",
        "PAUSED": "Takes nobody on, and holds those it has.",
        "ARCHIVED": "Out of use, kept for its history.",
    },
    AutomationTrigger: {
        "MANUAL": "Somebody enrolls it by hand or through the API.",
        "CONTACT_CREATED": "The contact was created.",
        "TAG_ADDED": "The contact was given a tag.",
        "STAGE_CHANGED": "The contact moved to another stage.",
        "LIST_JOINED": "The contact came onto a list.",
    },
    Channel: {
        "EMAIL": "E-mail.",
        "SMS": "Text message to a telephone.",
        "WHATSAPP": "WhatsApp.",
        "LINKEDIN": "LinkedIn.",
    },
    ContactSource: {
        "WEB": "A form on a web page.",
        "REFERRAL": "Somebody recommended it.",
        "API": "A program, through this API.",
        "IMPORT": "A file that was imported.",
        "MANUAL": "Somebody entered it by hand.",
    },
    ContactStatus: {
        "NEW": "Nobody has been in touch yet.",
        "CONTACTED": "Somebody has been in touch.",
        "QUALIFIED": "Worth pursuing.",
        "UNQUALIFIED": "Not worth pursuing.",
    },
    CustomFieldEntity: {
        "CONTACT": "Contacts.",
        "COMPANY": "Companies.",
    },
    CustomFieldType: {
        "TEXT": "A string.",
        "NUMBER": "A number.",
        "BOOLEAN": "True or false.",
        "DATE": "A date or a time, as a string.",
        "ENUM": "One of the field's options.",
        "MULTI": "Any number of the field's options, as a list.",
    },
    DeliveryState: {
        "PENDING": "Not tried yet, or to be tried again.",
        "SUCCEEDED": "The receiver accepted it.",
        "FAILED": "Given up.",
    },
    Dialect: {
        "SPROOTAL": "The conventions of Sprootal.",
        "LEADTERRA": "The conventions of Leadterra.",
        "COMPACT": "Short keys, and the conventions that go with them.",
        "LEADRON": "The conventions of Leadron.",
        "SPREEFLO": "The conventions of Spreeflo.",
        "CUSTOM": "Leadgraph's own conventions.",
    },
    Direction: {
        "OUTBOUND": "To the contact.",
        "INBOUND": "From the contact.",
    },
    DuplicateStatus: {
        "UNCHECKED": "Not looked at yet.",
        "UNIQUE": "No other contact is like it.",
        "SUSPECTED": "It may be the same person as another contact.",
        "DUPLICATE": "It is the same person as another contact.",
    },
    EnrollmentStatus: {
        "ACTIVE": "On its way through the steps.",
        "PAUSED": "Held where it stands.",
        "COMPLETED": "Went through all steps.",
        "STOPPED": "Ended before its last step.",
        "FAILED": "Ended because a step could not be done.",
    },
    KeyMode: {
        "LIVE": "The workspace's own records; messages are sent.",
        "TEST": "Nothing reaches the outside world.",
    },
    KeyState: {
        "ACTIVE": "Works until it expires.",
        "REVOKED": "Works no more; kept for the records.",
        "DELETED": "Works no more, and is listed no more.",
    },
    ListKind: {
        "STATIC": "People and automations put contacts on it.",
        "DYNAMIC": "A filter decides; the list follows the contacts as they change.",
    },
    MessageStatus: {
        "DRAFT": "Being written.",
        "SCHEDULED": "To be sent at its time.",
        "QUEUED": "Handed over for sending.",
        "SENT": "On its way.",
        "DELIVERED": "Reached the recipient's server.",
        "OPENED": "The recipient opened it.",
        "REPLIED": "The recipient answered.",
        "BOUNCED": "Came back.",
        "FAILED": "Could not be sent.",
    },
    Plan: {
        "FREE": "The free plan.",
        "STARTER": "The starter plan.",
        "PRO": "The professional plan.",
        "TEAM": "The team plan.",
        "ENTERPRISE": "The enterprise plan.",
    },
    PlaygroundMode: {
        "TEST": "Test keys: nothing reaches the outside world.",
        "LIVE": "Live keys: what is done is done.",
    },
    PoolStrategy: {
        "ROUND_ROBIN": "One account after the other.",
        "LEAST_USED": "The one that has sent least today.",
        "RANDOM": "Any of them, by chance.",
    },
    RevocationPolicy: {
        "PERMANENT": "A revoked key never works again.",
        "REVERSIBLE": "A revoked key can be re-activated.",
    },
    Role: {
        "OWNER": "Everything, the workspace's end included.",
        "ADMIN": "Everything but the workspace's end.",
        "MEMBER": "The daily work.",
    },
    SenderStatus: {
        "ACTIVE": "Messages are sent from it.",
        "PAUSED": "Held back by somebody.",
        "DISCONNECTED": "The provider lets nobody in: it has to be connected again.",
    },
    StageKind: {
        "OPEN": "Still in play.",
        "WON": "The deal was made.",
        "LOST": "The deal was lost.",
    },
    StepKind: {
        "SEND": "Sends a message to the contact.",
        "WAIT": "Waits before the next step.",
        "ADD_TAG": "Puts a tag on the contact.",
        "REMOVE_TAG": "Takes a tag off the contact.",
        "MOVE_STAGE": "Moves the contact to a stage.",
        "ADD_TO_LIST": "Puts the contact on a list.",
        "CREATE_TASK": "Creates a task about the contact.",
        "WEBHOOK": "Posts to an address.",
        "BRANCH": "Goes on at one step or another, by a condition.",
    },
    TaskPriority: {
        "LOW": "When there is time.",
        "NORMAL": "As it comes.",
        "HIGH": "Before others.",
        "URGENT": "At once.",
    },
    TaskStatus: {
        "OPEN": "Still to be done.",
        "COMPLETED": "Done.",
    },
    TestKeyPolicy: {
        "ISOLATED": "In the paired sandbox, on records of its own.",
        "SHARED": "On the same records as live keys, without side effects.",
    },
    WebhookState: {
        "ACTIVE": "Events are delivered.",
        "PAUSED": "Somebody stopped the deliveries.",
        "DISABLED": "Switched off by the server after too many failures.",
    },
}


def meaning(enum: type[StrEnum], name: str) -> str | None:
    """What one value of a declared enum means; None for an enum of a catalog that is not ours."""
    return MEANINGS.get(enum, {}).get(name)
