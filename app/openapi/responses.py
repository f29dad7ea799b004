"""What routes answer: the envelope around the data, errors of every status, the headers beside them."""

from collections.abc import Iterable, Sequence

from app.graph.incoming import JSON
from app.openapi.components import Components, Schema, reference
from app.openapi.envelopes import envelopes
from app.openapi.examples import Example
from app.openapi.incoming import object_of
from app.rest.route import Route
from app.rest.wishes import PROBLEM

_BODIES = {"POST", "PUT", "PATCH"}

ERRORS: dict[int, tuple[str, str]] = {
    400: ("BadRequest", "The request is malformed, or asks for more than this server brings at once."),
    401: ("Unauthorized", "There is no key, or it is malformed, unknown, revoked or expired."),
    403: ("Forbidden", "The key lacks a scope, or may not be used from there, or for that."),
    404: ("NotFound", "There is no such record."),
    406: ("NotAcceptable", "None of the media types that are accepted can be produced."),
    409: ("Conflict", "Others change the same records, or a request with this Idempotency-Key still runs."),
    412: ("PreconditionFailed", "The record is not of the version that If-Match names."),
    413: ("ContentTooLarge", "The body is larger than this server accepts."),
    415: ("UnsupportedMediaType", "The body is not sent as application/json."),
    422: ("UnprocessableContent", "What is wrong with which field, all of it at once."),
    429: ("TooManyRequests", "There were too many requests; Retry-After says when to come again."),
    500: ("InternalServerError", "A defect of this server; quote the request id when you report it."),
    503: ("ServiceUnavailable", "The database is away or takes too long; try again shortly."),
}
"""The name and meaning of every error status that a route has."""

_MEANINGS = {200: "It is done.", 201: "It is created."}

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_HEADERS: dict[str, tuple[str, Schema, str | int]] = {
    "X-Request-Id": ("Names the request in logs and the audit log.", _TEXT, "5e0c1b7f2a964d83"),
    "X-RateLimit-Limit": ("Requests in a window, of the limit of which the least is left.", _NUMBER, 10000),
    "X-RateLimit-Remaining": ("Requests that may be made at once.", _NUMBER, 999),
    "X-RateLimit-Reset": ("When all of them may be made again, in seconds since the epoch.", _NUMBER, 1795212000),
    "ETag": ("The version of the record, for If-Match.", {"type": "string", "pattern": '^"[0-9]+"$'}, '"1"'),
    "Location": ("Where the new record is found.", _TEXT, "/v1/contacts/3f2a9c0d51b7e684"),
    "Retry-After": ("Seconds to wait.", _NUMBER, 1),
    "WWW-Authenticate": ("How to prove who asks.", _TEXT, 'Bearer realm="leadgraph"'),
    "Idempotency-Replayed": ("The answer is that to the first request with this key.", _TEXT, "true"),
    "Preference-Applied": ("Which preference was heeded.", _TEXT, "return=minimal"),
    "Deprecation": ("Since when the route is deprecated (RFC 9745).", _TEXT, "@1767225600"),
    "Sunset": ("When it goes away (RFC 8594).", _TEXT, "Thu, 31 Dec 2026 23:59:59 GMT"),
    "Link": ("Where its successor or its next page is found.", _TEXT, '</v1/contacts>; rel="successor-version"'),
}
_ALWAYS = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_BESIDE = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def shared_headers() -> Schema:
    """`components.headers`."""
    return {
        name: {"description": described, "schema": schema, "example": example}
        for name, (described, schema, example) in _HEADERS.items()
    }


def shared_responses(components: Components, examples: Sequence[Example]) -> Schema:
    """`components.responses`: all errors, each with the first example of its status."""
    components.schemas |= envelopes()
    found = {example["status"]: example for example in reversed(examples)}
    return {name: _error(status, described, found.get(status, {})) for status, (name, described) in ERRORS.items()}


def _error(status: int, described: str, example: Example) -> Schema:
    told = {JSON: ("Error", "answer"), PROBLEM: ("Problem", "problem")}
    if status == 406:  # whoever takes problems is answered
        del told[PROBLEM]
    content: Schema = {type_: {"schema": reference(name)} for type_, (name, _) in told.items()}
    for type_, (_, kept) in told.items():
        if kept in example:
            content[type_]["examples"] = {"demo": {"value": example[kept]}}
    return {"description": described, "headers": _headers(_BESIDE.get(status, ())), "content": content}


def errors_of(route: Route) -> list[int]:
    """The error statuses that a route can answer."""
    never = set()
    if not route.segments:
        never.add(404)
    if not route.writes:
        never.add(409)
    if not route.takes_version:
        never.add(412)
    if route.method not in _BODIES:
        never |= {413, 415}
    return [status for status in ERRORS if status not in never]


def responses_of(route: Route, data: Schema) -> dict[str, Schema]:
    """All responses of a route that answers with data of this schema."""
    found = {str(route.status): success(route, route.status, data)}
    if route.options and route.status != 200:
        found["200"] = success(route, 200, data) | {"description": "It was tried only."}
    if route.writes and route.status != 201:
        found["204"] = {
            "description": "It is done, and `Prefer: return=minimal` asked for no body.",
            "headers": _headers(_own_headers(route)),
        }
    for status in errors_of(route):
        found[str(status)] = {"$ref": f"#/components/responses/{ERRORS[status][0]}"}
    return found


def success(route: Route, status: int, data: Schema) -> Schema:
    """The response with the data in their envelope."""
    envelope = object_of(
        {
            "success": {"type": "boolean", "const": True},
            "status": {"type": "integer", "const": status},
            "message": {"type": "string"},
            "data": data,
            "meta": reference("PageMeta" if route.shape.paged else "Meta"),
        },
        ["success", "status", "message", "data", "meta"],
    )
    return {
        "description": "It is created."
        if route.status == 201
        else "It is done."
        if route.writes
        else "What was asked for.",
        "headers": _headers(_own_headers(route)),
        "content": {JSON: {"schema": envelope}},
    }


def _own_headers(route: Route) -> Iterable[str]:
    if route.retirement is not None:
        yield from ("Deprecation", "Sunset", "Link")
    if tells_version(route):
        yield "ETag"
    if route.status == 201:
        yield "Location"
    if route.writes:
        yield "Idempotency-Replayed"
        if route.status != 201:
            yield "Preference-Applied"


def tells_version(route: Route) -> bool:
    """Whether its answer has an ETag."""
    return "etag: version" in route.stored.source


def _headers(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_ALWAYS, *names)}
