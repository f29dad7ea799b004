"""The guides: texts in templates, with the facts that they tell from where those are declared."""

from dataclasses import dataclass
from typing import Any, Final

from app.access.dialect import DIALECTS
from app.access.limits.admission import PLANS
from app.access.scopes import SCOPES
from app.docs.codes import CODES
from app.domain.key_life import PLAYGROUND_NAME
from app.rest.binding import MOST
from app.verb import UserErrorCode


@dataclass(frozen=True)
class Guide:
    """A page that explains something; `lead` is what it is about."""

    name: str
    title: str
    lead: str


GUIDES: Final = (
    Guide("authentication", "Authentication", "One header with every request. Keys of every documented form work."),
    Guide("scopes", "Scopes", "What a key may do is what its scopes say, and nothing else exists for it."),
    Guide("requests", "Requests and answers", "JSON both ways, in one envelope that every route shares."),
    Guide("errors", "Errors", "Every code that the API answers, what it means, and what helps."),
    Guide("lists", "Paging, filters and sorting", "How lists are read: page by page, of what you want, in your order."),
    Guide("idempotency", "Safe retries", "Send the same change twice and have it happen once."),
    Guide("concurrency", "Concurrent changes", "Do not overwrite what somebody else has changed meanwhile."),
    Guide("rate-limits", "Rate limits", "How many requests a plan allows, and how to see what is left."),
    Guide("test-keys", "Test keys and the sandbox", "Try everything without touching what matters."),
    Guide("members", "Acting for members", "One integration, many people: whose name stands behind a change."),
    Guide("graphql", "GraphQL beside REST", "Each route is a GraphQL operation, and you can send that yourself."),
    Guide("webhooks", "Webhooks", "Be told instead of asking: what is there today, and what is to come."),
)
"""In the order of the navigation."""

FACTS: Final[dict[str, Any]] = {
    "codes": CODES,
    "problems": tuple(UserErrorCode),
    "dialects": tuple(DIALECTS.values()),
    "plans": PLANS,
    "scopes": tuple(SCOPES.values()),
    "playground_name": PLAYGROUND_NAME,
    "most": MOST,
}
"""What the texts tell of the server."""
