"""Making webhooks, with the secret that signs their deliveries, stopping them and letting them go on.

The secret leaves this server once, in the payload of `createWebhook`; no event tells it, and no retry is told it again.
"""

import secrets

from app.catalog import Catalog
from app.domain.webhook import WEBHOOK, WebhookState, signing_secret
from app.store.types import Kind
from app.verb import Given, Outcome, Secret, Shown, Verb
from app.write.checking import Entry
from app.write.standard import create_entries, create_form
from app.write.state import becomes, state_verb
from app.write.transaction import Transaction


async def create_webhook(tx: Transaction, webhook: Entry) -> Outcome:
    salt = webhook.values["salt"] = secrets.token_hex(16)
    await create_entries(tx, tx.noun("Webhook"), [webhook])
    return {"webhook": webhook.id, "secret": Secret(signing_secret(tx.writes.secret, salt))}


def webhook_verbs(catalog: Catalog) -> tuple[Verb, ...]:
    """All but changing and deleting, which are as for every noun."""
    form = create_form(catalog, catalog.nouns[WEBHOOK.name])
    return (
        Verb(
            "createWebhook",
            "Creates a webhook, and the secret that its deliveries are signed with.",
            WEBHOOK.changing("create"),
            (Given("input", form, "The webhook.", required=True, nullable=False, column="webhook"),),
            (
                Shown("webhook", "Webhook", "The new webhook; null if it was refused."),
                Shown("secret", Kind.STRING, "The secret: keep it, it is shown here and never again."),
            ),
            create_webhook,
            events=("webhook.created",),
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
