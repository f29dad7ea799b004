"""Errors as GraphQL answers them: one shape, the codes that clients know, beside them reason and request id."""

from collections.abc import Iterable, Sequence
from typing import Any

from graphql import GraphQLError

from app.errors import (
    BadUserInput,
    LeadgraphError,
    MethodNotAllowed,
    ParseFailed,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)


class Refused(LeadgraphError):
    """A document or its variables, refused for one or more errors of graphql-core."""

    def __init__(self, kind: type[LeadgraphError], errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.code = kind.code
        self.status = kind.status
        self.errors = tuple(errors)

    @classmethod
    def parsing(cls, error: GraphQLError) -> "Refused":
        return cls(ParseFailed, [error])

    @classmethod
    def validation(cls, errors: Sequence[GraphQLError]) -> "Refused":
        return cls(ValidationFailed, errors)

    @classmethod
    def variables(cls, errors: Sequence[GraphQLError]) -> "Refused":
        return cls(BadUserInput, errors)


class Ambiguous(LeadgraphError):
    """The document has several operations; operationName must name one of them."""

    code = "OPERATION_RESOLUTION_FAILURE"
    status = 400


def formatted(error: LeadgraphError, request_id: str) -> list[dict[str, Any]]:
    """The `errors` of a response."""
    extensions = error.extensions | {"requestId": request_id}
    if isinstance(error, Refused):
        return [_located(each, extensions) for each in _bounded(error.errors)]
    return [{"message": error.message, "extensions": extensions}]


def _located(error: GraphQLError, extensions: dict[str, object]) -> dict[str, Any]:
    answer: dict[str, Any] = {"message": _short(error.message)}
    if error.locations:
        answer["locations"] = [{"line": location.line, "column": location.column} for location in error.locations[:10]]
    answer["extensions"] = extensions
    return answer


def _bounded(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    return list(errors)[:20]


def _short(message: str) -> str:
    return message if len(message) <= 1000 else message[:999] + "…"


def headers_of(error: LeadgraphError) -> list[tuple[bytes, bytes]]:
    """What HTTP asks to be said beside an error."""
    if isinstance(error, Unauthenticated):
        return [(b"www-authenticate", b'Bearer realm="leadgraph"')]
    if isinstance(error, MethodNotAllowed):
        return [(b"allow", error.allow.encode())]
    if isinstance(error, Unavailable):
        return [(b"retry-after", b"1")]
    return []
