"""The schemas of what stands around data, and of errors (S4-22 to S4-26, RFC 9457)."""

from app.openapi.components import Schema, nullable, reference
from app.openapi.incoming import object_of
from app.rest.wishes import PROBLEM

_TEXT: Schema = {"type": "string"}


def envelopes() -> dict[str, Schema]:
    """`Meta`, `PageMeta`, `Error` and `Problem`."""
    meta = {"timestamp": {"type": "string", "format": "date-time"}, "version": {"type": "string", "const": "v1"}}
    tried = {"type": "boolean", "const": True, "description": "Nothing was changed, as `dryRun` asked for."}
    page = object_of(
        {
            "limit": {"type": "integer", "description": "How many records a page has at most."},
            "nextCursor": nullable({"type": "string"}) | {"description": "The `cursor` of the next page."},
            "hasMore": {"type": "boolean", "description": "Whether there is a next page."},
            "total": {"type": "integer", "description": "How many records there are, with `include=total`."},
        },
        ["limit", "nextCursor", "hasMore"],
    )
    wrong = {
        "type": "object",
        "properties": {
            "field": {"type": "string", "description": "The field or parameter that is wrong; empty for the whole."},
            "message": {"type": "string", "description": "What is wrong with it."},
            "code": {"type": "string", "description": "What is wrong, for programs."},
            "reason": {"type": "string", "description": "A finer code."},
            "requiredScopes": {"type": "array", "items": _TEXT, "description": "The scopes that are missing."},
            "retryAfter": {"type": "integer", "description": "Seconds after which to try again."},
            "cost": {"type": "object", "description": "What the operation would cost, and may."},
        },
        "additionalProperties": False,
    }
    error = object_of(
        {
            "success": {"type": "boolean", "const": False},
            "status": {"type": "integer"},
            "message": {"type": "string", "description": "What is wrong, for people."},
            "errors": {"type": "array", "items": wrong},
            "meta": reference("Meta"),
        },
        ["success", "status", "message", "errors", "meta"],
    )
    own: Schema = wrong["properties"]  # type: ignore[assignment]
    problem = object_of(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong, for people."},
            "requestId": {"type": "string"},
            "errors": {"type": "array", "items": wrong},
            **{name: own[name] for name in ("code", "reason", "requiredScopes", "retryAfter", "cost")},
        },
        ["type", "title", "status", "detail", "code", "requestId"],
    )
    return {
        "Meta": object_of(meta | {"dryRun": tried}, [*meta]),
        "PageMeta": object_of(meta | {"pagination": page}, [*meta, "pagination"]),
        "Error": {"description": "What every error is answered with."} | error,
        "Problem": {"description": f"The same as RFC 9457 has it, for `Accept: {PROBLEM}`."} | problem,
    }
