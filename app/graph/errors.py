"""Errors as GraphQL answers them: one shape, the codes that clients know, beside them reason and request id.

A message may quote what was sent, but never a key: messages end up in logs of clients (S2-18).
"""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from app.access.keys import cut_keys
from app.errors import (
    BadUserInput,
    Conflict,
    LeadgraphError,
    MethodNotAllowed,
    ParseFailed,
    RateLimited,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)

_MAX_PROBLEMS = 20


class Refused(LeadgraphError):
    """A document or its variables, refused for one or more errors of graphql-core.

    Only what is told is kept: an error of graphql-core holds the whole document.
    """

    def __init__(self, kind: type[LeadgraphError], problems: Sequence[dict[str, Any]]) -> None:
        super().__init__(problems[0]["message"])
        self.code = kind.code
        self.status = kind.status
        self.problems = tuple(problems)
        self._kind = kind

    @classmethod
    def parsing(cls, error: GraphQLError) -> "Refused":
        return cls(ParseFailed, _problems([error]))

    @classmethod
    def validation(cls, errors: Sequence[GraphQLError]) -> "Refused":
        return cls(ValidationFailed, _problems(errors))

    @classmethod
    def variables(cls, errors: Sequence[GraphQLError]) -> "Refused":
        return cls(BadUserInput, _problems(errors))

    def again(self) -> "Refused":
        """The same refusal as an exception of its own."""
        return Refused(self._kind, self.problems)


class Ambiguous(LeadgraphError):
    """The document has several operations; operationName must name one of them."""

    code = "OPERATION_RESOLUTION_FAILURE"
    status = 400


def formatted(error: LeadgraphError, request_id: str) -> list[dict[str, Any]]:
    """The `errors` of a response."""
    extensions = error.extensions | {"requestId": request_id}
    if isinstance(error, Refused):
        return [problem | {"extensions": extensions} for problem in error.problems]
    return [{"message": cut_keys(error.message), "extensions": extensions}]


def _problems(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [_problem(error) for error in errors[:_MAX_PROBLEMS]]


def _problem(error: GraphQLError) -> dict[str, Any]:
    problem: dict[str, Any] = {"message": _short(cut_keys(error.message))}
    if error.locations:
        problem["locations"] = [{"line": each.line, "column": each.column} for each in error.locations[:10]]
    return problem


def _short(message: str) -> str:
    return message if len(message) <= 1000 else message[:999] + "…"


def headers_of(error: LeadgraphError) -> list[tuple[bytes, bytes]]:
    """What HTTP asks to be said beside an error."""
    if isinstance(error, Unauthenticated):
        return [(b"www-authenticate", b'Bearer realm="leadgraph"')]
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", error.allow.encode())]
    if isinstance(error, RateLimited):
        return [(b"retry-after", b"%d" % error.retry_after)]
    if isinstance(error, Unavailable | Conflict):
        return [(b"retry-after", b"1")]
    return []
