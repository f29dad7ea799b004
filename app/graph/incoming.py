"""What a request to `/graphql` says: the media type it wants, its body, its parameters. A refusal names the rule."""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import orjson

from app.errors import BadRequest, BodyTooLarge, NotAcceptable, UnsupportedMediaType
from app.graph.executor import Request

Headers: TypeAlias = Mapping[bytes, bytes]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

_KEY = re.compile(r"[ -~]{1,255}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\["\\])*"')
_ESCAPED = re.compile(r'\\(["\\])')


class ClientGone(Exception):
    """The client closed the connection before it was answered."""


def by_name(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The headers of an ASGI scope; the values of one that is repeated are joined by commas (RFC 9110, 5.3)."""
    found = dict(headers)
    if len(found) < len(headers):
        for name in found:
            found[name] = b", ".join([value for each, value in headers if each == name])
    return found


def negotiate(headers: Headers) -> tuple[str, bool]:
    """The media type to answer with, and whether it is the legacy one asked for by name."""
    accept = headers.get(b"accept", b"")
    return _USUAL.get(accept) or _weigh(accept)


def _weigh(accept: bytes) -> tuple[str, bool]:
    wanted = media_ranges(accept)
    modern = wanted.get(GRAPHQL_RESPONSE, wanted.get("application/*", 0.0))
    legacy = wanted.get(JSON, wanted.get("application/*", wanted.get("*/*", 0.0)))
    if modern <= 0 and legacy <= 0:
        raise NotAcceptable(f"This endpoint answers {GRAPHQL_RESPONSE} or {JSON}.")
    if modern >= legacy:
        return GRAPHQL_RESPONSE, False
    return JSON, JSON in wanted


def media_ranges(accept: bytes) -> dict[str, float]:
    """The media ranges of an Accept header with their qualities."""
    wanted: dict[str, float] = {}
    for item in accept.decode("latin-1").lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        wanted[name] = next((_quality(each) for each in parameters if each.startswith("q=")), 1.0)
    return wanted


def _quality(parameter: str) -> float:
    try:
        return float(parameter[2:])
    except ValueError:
        return 0.0


_USUAL = {each: _weigh(each) for each in (b"*/*", JSON.encode(), GRAPHQL_RESPONSE.encode())} | {b"": (JSON, False)}


def require_json(headers: Headers) -> None:
    """Refuses a body that is not declared to be JSON in UTF-8: a form in a browser cannot do that (HARDENING 12)."""
    declared = headers.get(b"content-type", b"")
    if declared != b"application/json":
        media_type, _, parameters = declared.decode("latin-1").lower().partition(";")
        charset = parameters.replace(" ", "").replace('"', "")
        if media_type.strip() != JSON or charset not in {"", "charset=utf-8", "charset=utf8"}:
            raise UnsupportedMediaType("The Content-Type must be application/json, in UTF-8.")


def read_idempotency_key(headers: Headers, sent: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The `Idempotency-Key`: a string of structured fields (RFC 9651), or the same without quotes.

    `sent` are the headers as they came: a key may hold commas, so that two of them, joined, would be a third.
    """
    given = headers.get(b"idempotency-key")
    if given is None:
        return None
    if (b"idempotency-key", given) not in sent:
        raise BadRequest("The request carries several Idempotency-Key headers; send one.")
    text = given.decode("latin-1")
    if text.startswith('"'):
        text = _ESCAPED.sub(r"\1", text[1:-1]) if _QUOTED.fullmatch(text) else ""
    if not _KEY.fullmatch(text):
        raise BadRequest("The Idempotency-Key must have 1 to 255 printable ASCII characters, with or without quotes.")
    return text


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body; `BodyTooLarge` as soon as it is known to be larger than `limit` bytes."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and (len(length) > 15 or int(length) > limit):
        raise BodyTooLarge(f"The request body may have {limit} bytes at most.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("The request body must not be compressed.")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(f"The request body may have {limit} bytes at most.")
        if not message.get("more_body"):
            return b"".join((*chunks, chunk)) if chunks else chunk
        chunks.append(chunk)


def from_body(body: bytes) -> Request:
    """The request of a POST."""
    try:
        parameters = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from None
    if not isinstance(parameters, dict):
        raise BadRequest("The request body must be a JSON object.")
    return _request(parameters, read_only=False)


def from_query(query_string: bytes) -> Request:
    """The request of a GET; it may only read."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise BadRequest("The query string must be UTF-8 in percent-encoding, with 20 parameters at most.") from None
    parameters: dict[str, Any] = {}
    for name, text in pairs:
        if name in parameters:
            raise BadRequest(f"The parameter {name[:50]} is given twice.")
        parameters[name] = _json_parameter(name, text) if name in {"variables", "extensions"} else text
    return _request(parameters, read_only=True)


def _json_parameter(name: str, text: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        raise BadRequest(f"The parameter {name} must be a JSON object.") from None


def _request(parameters: dict[str, Any], *, read_only: bool) -> Request:
    query = parameters.get("query")
    extensions = parameters.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("The parameter extensions must be a JSON object.")
    document_id = _document_id(parameters, extensions) if extensions or "documentId" in parameters else None
    if not isinstance(query, str) and (query is not None or document_id is None):
        raise BadRequest("The parameter query must be given, as a string.")
    variables = parameters.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("The parameter variables must be a JSON object.")
    name = parameters.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadRequest("The parameter operationName must be a string.")
    if not extensions:
        return Request(query, variables or {}, name or None, read_only, document_id=document_id)
    return Request(query, variables or {}, name or None, read_only, extensions.get("cost") is True, document_id)


def _document_id(parameters: dict[str, Any], extensions: dict[str, Any] | None) -> str | None:
    """The id of a persisted document: `documentId` as GraphQL over HTTP has it, or Apollo's `persistedQuery`."""
    given = parameters.get("documentId")
    persisted = extensions.get("persistedQuery") if extensions else None
    if persisted is not None:
        if not isinstance(persisted, dict) or persisted.get("version") != 1:
            raise BadRequest("The extension persistedQuery must be an object of version 1.")
        if given is not None:
            raise BadRequest("Name a document by documentId or by persistedQuery, not by both.")
        given = persisted.get("sha256Hash", "")
    if given is not None and (not isinstance(given, str) or not given):
        raise BadRequest("The id of a persisted document must be a string.")
    return given and given.removeprefix("sha256:")
