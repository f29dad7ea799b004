"""Every error code with its statuses, what it means and what helps; statuses come from where errors are declared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.errors import LeadgraphError
from app.rest.envelope import Invalid


@dataclass(frozen=True)
class Code:
    """One code; `reasons` are finer ones, each with what it means."""

    name: str
    meaning: str
    remedy: str
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def statuses(self) -> tuple[int, ...]:
        """The HTTP statuses that the code comes with."""
        own = {each.status for each in _errors(LeadgraphError) if each.code == self.name}
        return tuple(sorted(own | _BESIDES.get(self.name, set())))


_BESIDES: Final = {Invalid.code: {Invalid.status}, "BAD_REQUEST": {408, 414, 431}, "CONFLICT": {412}}
"""Statuses that an error has on one surface only, or is given where it is raised."""

CODES: Final = (
    Code(
        "UNAUTHENTICATED",
        "Nobody knows who asks.",
        "Send a key that is valid, in one header. Of a key that was lost or revoked make another.",
        (
            ("MISSING", "No header carries a key."),
            ("MALFORMED", "The header is not “Bearer”, one space and the key, or holds characters that no key has."),
            ("UNKNOWN", "No key is like this one: it may be mistyped, cut off or deleted."),
            ("REVOKED", "The key was revoked, or rotated."),
            ("EXPIRED", "The key’s expiry has passed, or the session’s."),
            ("AMBIGUOUS_CREDENTIALS", "Two headers carry different keys."),
            ("SIGN_IN_FAILED", "The e-mail address or the password is wrong."),
        ),
    ),
    Code(
        "FORBIDDEN",
        "The key is good, and may not do that.",
        "Read the reason. A scope that is missing stands in requiredScopes: give it to the key, which stays the same.",
        (
            ("INSUFFICIENT_SCOPE", "The key lacks a scope; requiredScopes tells which."),
            ("API_DISABLED", "The API is switched off for the workspace."),
            ("PLAN_REQUIRED", "The plan of the workspace does not include the API."),
            ("SANDBOX_DISABLED", "The workspace has no sandbox, so test keys do not work."),
            ("IP_NOT_ALLOWED", "The key may be used from other addresses only."),
            ("WRONG_WORKSPACE", "X-On-Behalf-Of names nobody in this workspace."),
            ("UNREGISTERED_DOCUMENT", "The key may send registered GraphQL documents only."),
        ),
    ),
    Code(
        "BAD_USER_INPUT",
        "A value breaks a rule.",
        "In REST each entry of errors names a field and what is wrong with it: mend them all, and send it again.",
    ),
    Code(
        "BAD_REQUEST",
        "The request cannot be read, or asks for too much.",
        "Read the message: it names the header, the parameter or the limit.",
        (
            ("COST_LIMIT", "It may bring more records than one request may: ask for smaller pages."),
            ("DEPTH_LIMIT", "Records are nested too deep inside one another."),
            ("TOO_MANY_FIELDS", "More fields are selected than one request may select."),
            ("RESPONSE_TOO_LARGE", "The answer would have too many bytes: ask for fewer records or fields."),
        ),
    ),
    Code(
        "NOT_FOUND",
        "There is nothing at this path, or no such record.",
        "Check the path and the id. A record of another workspace is answered like one that does not exist.",
    ),
    Code(
        "CONFLICT",
        "Somebody else was faster.",
        "After If-Match (412): read the record again, and decide anew. Otherwise (409): try again, a little later.",
        (("IDEMPOTENCY_KEY_IN_USE", "The first request with this Idempotency-Key still runs."),),
    ),
    Code(
        "IDEMPOTENCY_KEY_REUSED",
        "Another request was sent with this Idempotency-Key.",
        "Make a new key for each thing that is to happen, and use it again for retries of that one only.",
    ),
    Code(
        "RATE_LIMITED",
        "Too many requests.",
        "Wait as many seconds as Retry-After says. X-RateLimit-Remaining tells beforehand how many are left.",
        (
            ("IP", "Of one address."),
            ("WORKSPACE", "Of all keys of the workspace."),
            ("KEY", "Of this key."),
            ("SIGN_IN", "Attempts to sign in with one address."),
        ),
    ),
    Code(
        "SERVICE_UNAVAILABLE",
        "The database is away, or takes too long.",
        "Try again after the seconds that Retry-After says, changes with the same Idempotency-Key.",
        (("OPERATION_TIMEOUT", "The operation took longer than the server allows."),),
    ),
    Code(
        "INTERNAL_SERVER_ERROR",
        "A defect of this server.",
        "Quote X-Request-Id when you report it: under this id the log tells what happened.",
    ),
    Code(
        "GRAPHQL_PARSE_FAILED",
        "GraphQL only: the document is not GraphQL.",
        "The message tells line and column.",
    ),
    Code(
        "GRAPHQL_VALIDATION_FAILED",
        "GraphQL only: the document does not fit the schema that the key sees.",
        "Compare it with the schema in the playground, opened with the same key.",
    ),
    Code(
        "OPERATION_RESOLUTION_FAILURE",
        "GraphQL only: it is not clear which operation of the document is meant.",
        "Send operationName, or a document with one operation.",
    ),
    Code(
        "PERSISTED_QUERY_NOT_FOUND",
        "GraphQL only: the hash or id of a document is not known here.",
        "Send the text of the document along, once; Apollo’s clients do so by themselves.",
    ),
)


def _errors(kind: type[LeadgraphError]) -> Iterator[type[LeadgraphError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _errors(each)
