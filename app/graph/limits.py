"""`Query.rateLimit`: how the limits stand that the request is under, the request itself taken."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from strawberry.types.field import StrawberryField

from app.graph.build import Types, field, listed, optional
from app.graph.scalars import DateTime
from app.rate import Standing
from app.read.binding import Run
from app.resource import Choice
from app.store.types import timestamp_text


class RateLimitKind(Choice):
    """Whose requests a limit counts together."""

    IP = "ip", "Those of one address; of one network of 64 bits with IPv6."
    WORKSPACE = "workspace", "Those of all keys and members of one workspace; a sandbox is one of its own."
    KEY = "key", "Those of one key that has a limit of its own."


def declare_limits(types: Types) -> None:
    """Makes the types of the answer."""
    types.object("RateLimit", "How the limits stand that this request is under; first of all the tightest of them.")
    types.object("RateLimitBucket", "How one limit stands.")


def limit_field(types: Types) -> StrawberryField:
    """The field of the root; gives the types of its answer their fields."""
    types.extend("RateLimitBucket", list(_bucket_fields(types)))
    buckets = field("buckets", listed(types["RateLimitBucket"]), "All limits that this request is under.")
    types.extend("RateLimit", [*_bucket_fields(types), buckets])
    return field(
        "rateLimit", optional(types["RateLimit"]), "How the rate limits stand, this request taken; null without limits."
    )


def _bucket_fields(types: Types) -> Iterator[StrawberryField]:
    yield field("bucket", types.known_enum(RateLimitKind), "Whose requests are counted.")
    yield field("limit", int, "How many requests may be made in a window.")
    yield field("window", int, "The window in seconds.")
    yield field("burst", int, "How many requests may be made at once at most.")
    yield field("remaining", int, "How many requests may be made at once now.")
    yield field("resetAt", DateTime, "When the whole burst may be made again, if nothing is asked until then.")


def tell_limits(run: Run, _: Mapping[str, Any]) -> Any:
    """The value of the field."""
    tightest = run.standings.tightest()
    return tightest and _told(tightest) | {"buckets": [_told(each) for each in run.standings.values()]}


def _told(standing: Standing) -> dict[str, Any]:
    kind, _, rate = standing.bucket
    return {
        "bucket": kind.upper(),
        "limit": rate.limit,
        "window": rate.window,
        "burst": rate.burst,
        "remaining": standing.remaining,
        "resetAt": timestamp_text(datetime.fromtimestamp(standing.reset_at, UTC)),
    }
