"""Ready-made counts under `analytics:read`: groups and a time range, never a filter or a row."""

from app.domain.message import MESSAGE_MEASURES
from app.resource import Analytics, Measure

_READ = (("analytics:read",),)

CONTACT_ANALYTICS = Analytics(
    name="contactAnalytics",
    of="Contact",
    description="Contacts by status, source and stage over time.",
    requires=_READ,
    groups=("status", "source", "stage", "createdAt"),
    time="created_at",
)

MESSAGE_ANALYTICS = Analytics(
    name="messageAnalytics",
    of="Message",
    description="Messages sent, delivered, opened, answered and bounced, over time and by channel.",
    requires=_READ,
    groups=("channel", "automation", "senderProfile", "createdAt"),
    time="created_at",
    measures=tuple(measure for measure in MESSAGE_MEASURES if measure.latest is None),
)

PIPELINE_ANALYTICS = Analytics(
    name="pipelineAnalytics",
    of="StageMove",
    description="Pipeline conversion: how many moves led into each stage, and from where.",
    requires=_READ,
    groups=("fromStage", "toStage", "movedAt"),
    time="moved_at",
)

AUTOMATION_ANALYTICS = Analytics(
    name="automationAnalytics",
    of="Enrollment",
    description="Automation funnel: enrollments by automation, status and step.",
    requires=_READ,
    groups=("automation", "status", "step", "createdAt"),
    time="created_at",
    measures=(
        Measure("completed", "Runs that went through.", where=lambda t: t.c.status == "completed"),
        Measure("stopped", "Runs that were stopped or failed.", where=lambda t: t.c.status.in_(("stopped", "failed"))),
    ),
)

ANALYTICS = (CONTACT_ANALYTICS, MESSAGE_ANALYTICS, PIPELINE_ANALYTICS, AUTOMATION_ANALYTICS)
