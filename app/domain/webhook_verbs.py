"""Making webhooks, with the secret that signs their deliveries, exchanging it, stopping them and letting them go on.

A secret leaves this server once, in the payload of the verb that makes it; no event tells it, and no retry is told it
again. Each is drawn anew: who knows one, or has tried what an exchange would give, does not know the next.
"""

import secrets

from app.catalog import Catalog
from app.domain.webhook import WEBHOOK, WebhookState, signing_secret
from app.store.types import Kind
from app.verb import Given, Outcome, Secret, Shown, Verb
from app.write.checking import Entry
from app.write.records import update_all
from app.write.standard import create_entries, create_form, existing, if_version, subject
from app.write.state import becomes, state_verb
from app.write.transaction import Transaction

_SECRET = Shown("secret", Kind.STRING, "The secret: keep it, it is shown here and never again.")


async def create_webhook(tx: Transaction, webhook: Entry) -> Outcome:
    salt = webhook.values["salt"] = secrets.token_hex(16)
    await create_entries(tx, tx.noun("Webhook"), [webhook])
    return {"webhook": webhook.id, "secret": Secret(signing_secret(tx.writes.secret, salt))}


async def rotate_secret(tx: Transaction, id: int, ifVersion: int | None = None) -> Outcome:  # noqa: N803
    noun = tx.noun("Webhook")
    before = await existing(tx, noun, id, if_version=ifVersion)
    salt = secrets.token_hex(16)
    values = {"salt": salt, "previous_salt": before["salt"], "secret_rotated_at": tx.now}
    await update_all(tx, noun, [Entry((), values, {}, before=before, id=id)], event="secret_rotated")
    return {"webhook": id, "secret": Secret(signing_secret(tx.writes.secret, salt))}


def webhook_verbs(catalog: Catalog) -> tuple[Verb, ...]:
    """All but changing and deleting, which are as for every noun."""
    form = create_form(catalog, catalog.nouns[WEBHOOK.name])
    return (
        Verb(
            "createWebhook",
            "Creates a webhook, and the secret that its deliveries are signed with.",
            WEBHOOK.changing("create"),
            (Given("input", form, "The webhook.", required=True, nullable=False, column="webhook"),),
            (Shown("webhook", "Webhook", "The new webhook; null if it was refused."), _SECRET),
            create_webhook,
            events=("webhook.created",),
        ),
        Verb(
            "rotateWebhookSecret",
            "Gives a webhook a new signing secret; the one before it remains valid for 24 hours.",
            WEBHOOK.changing("update"),
            (subject(WEBHOOK), if_version(WEBHOOK)),
            (Shown("webhook", "Webhook", "The webhook as it is now; null if it was refused."), _SECRET),
            rotate_secret,
            events=("webhook.secret_rotated",),
        ),
        state_verb(
            WEBHOOK,
            "pauseWebhook",
            "Stops the deliveries of a webhook.",
            becomes("state", WebhookState.PAUSED, of=(WebhookState.ACTIVE,)),
            event="updated",
        ),
        state_verb(
            WEBHOOK,
            "resumeWebhook",
            "Lets a webhook deliver that somebody stopped, or that the server switched off.",
            becomes("state", WebhookState.ACTIVE, of=(WebhookState.PAUSED, WebhookState.DISABLED)),
            event="updated",
        ),
    )
