"""What a workspace has besides its contacts and companies: members, tags, pipelines, lists, senders, automations …"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.demo.calendar import REFERENCE
from app.demo.chance import Chance
from app.demo.write import Writer
from app.domain.automation import Automation, AutomationStep
from app.domain.contact_list import ContactList
from app.domain.custom_field import CustomField
from app.domain.pipeline import Pipeline, Stage
from app.domain.project import Project
from app.domain.sender_profile import SenderPool, SenderProfile
from app.domain.tag import Tag
from app.domain.user import User
from app.domain.webhook import Delivery, Webhook

Row = dict[str, Any]

MEMBERS = (
    ("Ada Lovelace", "owner", True),
    ("Jürgen Möller", "admin", True),
    ("Zoë Martínez", "member", True),
    ("Łukasz Nowak", "member", False),
    ("Aiko Tanaka", "member", False),
    ("Siân O'Connor", "member", False),
)
TAGS = {
    "VIP": "#d4380d",
    "Newsletter": "#1677ff",
    "Partner": "#389e0d",
    "Trial": "#faad14",
    "Churn risk": "#cf1322",
    "Entscheider": "#722ed1",
    "Événement": "#13c2c2",
    "展示会": "#eb2f96",
    "Webinar 🎥": "#2f54eb",
    "Cold": None,
    "Do not call": "#000000",
    "Investor": "#a0d911",
}
PIPELINES = {
    "Sales": ("New", "Contacted", "Demo", "Proposal", "Negotiation", "Won", "Lost"),
    "Partnerships": ("Identified", "In talks", "Contract", "Won", "Lost"),
    "Onboarding": ("Kick-off", "Set-up", "Training", "Won"),
}
PROJECTS = ("Spring launch", "Messe Köln 2026", "Réactivation")
STATIC_LISTS = ("Trade fair 2025", "Board members", "Beta testers", "Gästeliste")
CHANNELS = ("email", "email", "email", "sms", "whatsapp", "linkedin")
AUTOMATIONS = (
    ("Welcome", "active", "contact_created", ("send", "wait", "send", "create_task")),
    ("Trial follow-up", "active", "tag_added", ("send", "wait", "branch", "send", "create_task")),
    ("Win back", "paused", "manual", ("send", "wait", "send", "create_task")),
    ("Newsletter 2026", "draft", "list_joined", ("send",)),
)
STEP_SETTINGS: dict[str, Row] = {
    "send": {"channel": "EMAIL", "subject": "Hello {{firstName}} 👋", "body": "Thanks for your interest."},
    "wait": {"hours": 48},
    "branch": {"filter": {"score": {"gte": 50}}, "else": 4},
    "create_task": {"title": "Call the contact", "dueInDays": 3},
}
CUSTOM_FIELDS: tuple[tuple[str, str, str, str, list[str]], ...] = (
    (
        "contact",
        "language",
        "Language",
        "enum",
        ["de", "el", "en", "es", "fr", "ja", "ko", "pl", "pt", "ru", "sv", "tr", "zh"],
    ),
    ("contact", "newsletter", "Newsletter", "boolean", []),
    ("contact", "budget", "Budget in EUR", "number", []),
    ("contact", "birthday", "Birthday", "date", []),
    ("contact", "interests", "Interests", "multi", ["Analytics", "Integrations", "Prix", "Sicherheit", "モバイル"]),
    ("contact", "job_title", "Job title", "text", []),
    ("company", "account_tier", "Account tier", "enum", ["Gold", "Silver", "Bronze"]),
)
DYNAMIC_LISTS: tuple[tuple[str, Row, Callable[[Row, set[str]], bool]], ...] = (
    (
        "Hot and qualified",
        {"status": {"eq": "QUALIFIED"}, "score": {"gte": 70}},
        lambda contact, _: contact["status"] == "qualified" and contact["score"] >= 70,
    ),
    ("VIPs", {"tags": {"some": {"name": {"eq": "VIP"}}}}, lambda _, tags: "VIP" in tags),
    (
        "Without e-mail address",
        {"email": {"isNull": True}, "phone": {"isNull": False}},
        lambda contact, _: contact["email"] is None and contact["phone"] is not None,
    ),
    (
        "Newsletter readers",
        {"customFields": [{"key": "newsletter", "boolean": {"eq": True}}]},
        lambda contact, _: contact["custom_fields"].get("newsletter") is True,
    ),
)
WEBHOOKS = (
    ("active", ["contact.created", "contact.updated"]),
    ("paused", ["message.received"]),
    ("disabled", ["task.completed"]),
)


@dataclass
class Scene:
    """What contacts and what belongs to them refer to; a funnel is the open stages of a pipeline, and its ends."""

    workspace_id: int
    slug: str
    chance: Chance
    users: list[int] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    tag_names: list[str] = field(default_factory=list)
    funnels: list[tuple[list[Row], list[Row]]] = field(default_factory=list)
    projects: list[int] = field(default_factory=list)
    static_lists: list[int] = field(default_factory=list)
    dynamic_lists: list[tuple[int, Callable[[Row, set[str]], bool]]] = field(default_factory=list)
    profiles: dict[str, list[int]] = field(default_factory=dict)
    automations: list[Row] = field(default_factory=list)
    companies: list[Row] = field(default_factory=list)


async def set_scene(writer: Writer, scene: Scene) -> None:
    """Writes everything that `PIPELINES`, `TAGS` … above list."""
    domain = f"{scene.slug}.example"
    members = [
        {"name": name, "email": f"{name.split()[0].lower()}@{domain}", "role": role, "developer": developer}
        for name, role, developer in MEMBERS
    ]
    scene.users = await writer.add(User, _dated(scene, members))
    tags = await writer.add(Tag, _dated(scene, [{"name": name, "color": color} for name, color in TAGS.items()]))
    scene.tags, scene.tag_names = dict(zip(TAGS, tags, strict=True)), list(TAGS)
    projects = [{"name": name, "description": f"Everything about {name}.", "archived_at": None} for name in PROJECTS]
    scene.projects = await writer.add(Project, _dated(scene, projects))
    fields = [
        {"entity": entity, "key": key, "label": label, "type": kind, "options": options}
        for entity, key, label, kind, options in CUSTOM_FIELDS
    ]
    await writer.add(CustomField, _dated(scene, fields))
    await _pipelines(writer, scene)
    await _lists(writer, scene)
    await _automations(writer, scene, await _senders(writer, scene, domain))
    await _webhooks(writer, scene, domain)


async def _pipelines(writer: Writer, scene: Scene) -> None:
    ids = await writer.add(Pipeline, _dated(scene, [{"name": name} for name in PIPELINES]))
    for pipeline, names in zip(ids, PIPELINES.values(), strict=True):
        stages = [
            {
                "name": name,
                "position": position,
                "probability": {"Won": 100, "Lost": 0}.get(name, 10 + 80 * position // len(names)),
                "kind": name.lower() if name in {"Won", "Lost"} else "open",
                "pipeline_id": pipeline,
            }
            for position, name in enumerate(names)
        ]
        await writer.add(Stage, _dated(scene, stages))
        way = [stage for stage in stages if stage["kind"] == "open"]
        ends = [stage for stage in stages if stage["kind"] != "open"]
        scene.funnels += [(way, ends)] * len(stages)


async def _lists(writer: Writer, scene: Scene) -> None:
    listed: list[Row] = [{"name": name, "kind": "static", "filter": None} for name in STATIC_LISTS]
    listed += [{"name": name, "kind": "dynamic", "filter": found} for name, found, _ in DYNAMIC_LISTS]
    for number, row in enumerate(listed):
        row["description"] = None if number % 2 else f"{row['name']}, kept by marketing."
        row["project_id"] = scene.projects[number] if number < len(scene.projects) else None
    ids = await writer.add(ContactList, _dated(scene, listed))
    scene.static_lists = ids[: len(STATIC_LISTS)]
    belongs = [predicate for _, _, predicate in DYNAMIC_LISTS]
    scene.dynamic_lists = list(zip(ids[len(STATIC_LISTS) :], belongs, strict=True))


async def _senders(writer: Writer, scene: Scene, domain: str) -> list[int]:
    pools = [{"name": "Outreach", "strategy": "round_robin"}, {"name": "Support", "strategy": "least_used"}]
    pool_ids = await writer.add(SenderPool, _dated(scene, pools))
    profiles = [
        {
            "name": f"{name.split()[0]} ({channel})",
            "channel": channel,
            "address": f"+1-555-01{number:02}" if channel in {"sms", "whatsapp"} else f"sender{number}@mail.{domain}",
            "daily_limit": 200,
            "status": "disconnected" if number == len(CHANNELS) - 1 else "active",
            "credentials": None,
            "pool_id": pool_ids[number % 2],
        }
        for number, ((name, _, _), channel) in enumerate(zip(MEMBERS, CHANNELS, strict=True))
    ]
    for profile, number in zip(profiles, await writer.add(SenderProfile, _dated(scene, profiles)), strict=True):
        scene.profiles.setdefault(str(profile["channel"]), []).append(number)
    return pool_ids


async def _automations(writer: Writer, scene: Scene, pools: list[int]) -> None:
    automations: list[Row] = [
        {
            "name": name,
            "status": status,
            "trigger": trigger,
            "sender_pool_id": pools[0],
            "project_id": scene.projects[number % len(scene.projects)],
        }
        for number, (name, status, trigger, _) in enumerate(AUTOMATIONS)
    ]
    await writer.add(Automation, _dated(scene, automations))
    for automation, (_, _, _, kinds) in zip(automations, AUTOMATIONS, strict=True):
        steps = [
            {"position": position, "kind": kind, "settings": STEP_SETTINGS[kind], "automation_id": automation["id"]}
            for position, kind in enumerate(kinds)
        ]
        await writer.add(AutomationStep, _dated(scene, steps))
        scene.automations.append(automation | {"steps": len(kinds)})


async def _webhooks(writer: Writer, scene: Scene, domain: str) -> None:
    webhooks: list[Row] = [
        {"url": f"https://hooks.{domain}/{number}", "events": events, "selection": None, "state": state, "secret": None}
        for number, (state, events) in enumerate(WEBHOOKS, start=1)
    ]
    ids = await writer.add(Webhook, _dated(scene, webhooks))
    for webhook, number in zip(webhooks, ids, strict=True):
        await writer.add(Delivery, [_delivery(scene.chance, webhook, number) for _ in range(25)])


def _delivery(chance: Chance, webhook: Row, webhook_id: int) -> Row:
    at, failed = chance.before(REFERENCE, 30), chance.likely(0.15)
    event = chance.pick(webhook["events"])
    return {
        "workspace_id": webhook["workspace_id"],
        "created_at": at,
        "updated_at": at + timedelta(seconds=40),
        "event_type": event,
        "state": "failed" if failed else "succeeded",
        "attempts": 6 if failed else chance.pick((1, 1, 1, 2)),
        "status_code": chance.pick((500, 503, None)) if failed else 200,
        "duration_ms": chance.between(20, 900),
        "next_attempt_at": None,
        "payload": {"type": event, "timestamp": at.isoformat(timespec="seconds"), "data": {}},
        "webhook_id": webhook_id,
    }


def _dated(scene: Scene, rows: list[Row]) -> list[Row]:
    """The rows with the workspace and an age of about two years, in their order."""
    for moment, row in zip(_mornings(), rows, strict=False):
        row |= {"workspace_id": scene.workspace_id, "created_at": moment, "updated_at": moment}
    return rows


def _mornings() -> Iterator[Any]:
    moment = REFERENCE - timedelta(days=760)
    while True:
        moment += timedelta(hours=3, minutes=17)
        yield moment
