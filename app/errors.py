"""Every error this server answers: code, HTTP status, default message, the same on every surface.

LeadgraphError
├── BadRequest            the request itself is malformed (body, parameters, operation name)
│   ├── BodyTooLarge
│   ├── CostLimit
│   ├── MethodNotAllowed
│   ├── NotAcceptable
│   └── UnsupportedMediaType
├── ParseFailed           the document is not GraphQL
├── ValidationFailed      the document does not fit the key's schema
├── BadUserInput          a value breaks a rule
│   └── BadCursor
├── PersistedQueryNotFound  the id of a document names none
├── Unauthenticated       401: MISSING, MALFORMED, UNKNOWN, REVOKED, EXPIRED, AMBIGUOUS_CREDENTIALS, SIGN_IN_FAILED
├── Forbidden             403: reason API_DISABLED, PLAN_REQUIRED, SANDBOX_DISABLED, UNREGISTERED_DOCUMENT
│   └── InsufficientScope
├── NotFound
├── Conflict              409: others keep changing the same records; reason IDEMPOTENCY_KEY_IN_USE
├── IdempotencyKeyReused  422: another request had the key
├── RateLimited           429: reason IP, WORKSPACE, KEY or SIGN_IN, by which bucket is empty
├── Unavailable           503: the database is away
├── Internal              a defect of ours; the cause is in the log, under the request id
└── ConfigurationError    refused before serving; never sent to a client
"""

from collections.abc import Sequence


class LeadgraphError(Exception):
    """Something went wrong."""

    code = "INTERNAL_SERVER_ERROR"
    status = 500

    def __init__(self, message: str | None = None, *, reason: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.reason = reason
        super().__init__(self.message)

    @property
    def extensions(self) -> dict[str, object]:
        """What stands beside the message: `code`, and `reason` where there is a finer one."""
        return {"code": self.code, **({"reason": self.reason} if self.reason else {})}


class BadRequest(LeadgraphError):
    """The request is malformed."""

    code = "BAD_REQUEST"
    status = 400


class BodyTooLarge(BadRequest):
    """The request body is larger than this server accepts."""

    status = 413


class MethodNotAllowed(BadRequest):
    """This method is not allowed here."""

    status = 405

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class NotAcceptable(BadRequest):
    """None of the media types in the Accept header can be produced."""

    status = 406


class UnsupportedMediaType(BadRequest):
    """The Content-Type must be application/json."""

    status = 415


class ResponseTooLarge(BadRequest):
    """The answer would have more bytes than this server sends at once."""

    def __init__(self, size: int, limit: int) -> None:
        told = f"The answer would have {size} bytes; this server sends {limit} at most."
        super().__init__(f"{told} Ask for fewer records at a time, or for fewer fields.", reason="RESPONSE_TOO_LARGE")


class CostLimit(BadRequest):
    """The operation asks for more records than this server brings at once."""

    def __init__(self, message: str, *, requested: int, limit: int) -> None:
        super().__init__(message, reason="COST_LIMIT")
        self.requested = requested
        self.limit = limit

    @property
    def extensions(self) -> dict[str, object]:
        """Adds `cost`, as `extensions.cost` of an answer tells it."""
        return super().extensions | {"cost": {"requested": self.requested, "limit": self.limit}}


class ParseFailed(LeadgraphError):
    """The document is not valid GraphQL."""

    code = "GRAPHQL_PARSE_FAILED"
    status = 400


class ValidationFailed(LeadgraphError):
    """The document does not fit the schema."""

    code = "GRAPHQL_VALIDATION_FAILED"
    status = 400


class BadUserInput(LeadgraphError):
    """A value breaks a rule."""

    code = "BAD_USER_INPUT"
    status = 400

    def __init__(self, message: str | None = None, *, argument: str | None = None) -> None:
        super().__init__(message)
        self.argument = argument  # of the field, where one is to blame


class BadCursor(BadUserInput):
    """The cursor is not one that this list, in this order, has given out."""

    def __init__(self) -> None:
        super().__init__(argument="after")


class PersistedQueryNotFound(LeadgraphError):
    """PersistedQueryNotFound"""

    # Apollo's clients compare the message, some of them only in an answer of status 200; then they send the text.
    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 200


class Unauthenticated(LeadgraphError):
    """A valid API key is required."""

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, reason=reason)


class Forbidden(LeadgraphError):
    """This key may not do that."""

    code = "FORBIDDEN"
    status = 403


class InsufficientScope(Forbidden):
    """The key lacks a scope that this operation needs."""

    def __init__(self, message: str, *, required: Sequence[str], operation: str | None = None) -> None:
        super().__init__(message, reason="INSUFFICIENT_SCOPE")
        self.required = tuple(required)
        self.operation = operation

    @property
    def extensions(self) -> dict[str, object]:
        """Adds `requiredScopes`: the scopes that are missing, each one enough for its part of the document."""
        return super().extensions | {"requiredScopes": list(self.required)}


class NotFound(LeadgraphError):
    """There is nothing at this path."""

    code = "NOT_FOUND"
    status = 404


class Conflict(LeadgraphError):
    """Other changes of the same records were in the way; try again."""

    code = "CONFLICT"
    status = 409


class IdempotencyKeyReused(LeadgraphError):
    """Another request was sent with this Idempotency-Key; a key names one request and its retries."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422


class RateLimited(LeadgraphError):
    """Too many requests; try again later."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, message: str | None = None, *, reason: str, retry_after: int) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after  # whole seconds

    @property
    def extensions(self) -> dict[str, object]:
        """Adds `retryAfter`, the seconds that the header Retry-After tells."""
        return super().extensions | {"retryAfter": self.retry_after}


class Unavailable(LeadgraphError):
    """The database cannot be reached; try again shortly."""

    code = "SERVICE_UNAVAILABLE"
    status = 503


class Internal(LeadgraphError):
    """An internal error occurred; quote the request id when you report it."""


class ConfigurationError(Exception):
    """A setting or a declaration is wrong; the message names it and the rule."""
