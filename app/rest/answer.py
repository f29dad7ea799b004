"""What an executed operation is answered with: the data, the page it is of, or what a verb refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from app.errors import BadUserInput, NotFound
from app.rest.binding import lacking, read_fields
from app.rest.compiling import VERSION
from app.rest.completing import DRY_RUN
from app.rest.envelope import Invalid, Refusal, success
from app.rest.route import ETAG, FIELDS, Route
from app.rest.wishes import Wishes


@dataclass
class Reply:
    """Status, what is written as JSON (None for nothing), and headers of its own."""

    status: int
    body: Any
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    created: str | None = None  # the id of the record that is new


def answer(
    route: Route,
    result: Mapping[str, Any],
    query: Mapping[str, Sequence[str]],
    variables: Mapping[str, Any],
    wishes: Wishes,
) -> Reply:
    """The answer to a request whose operation had this result; `NotFound`, `Invalid` or `Refusal` otherwise."""
    shape = route.shape
    value = result[shape.root]
    if isinstance(value, orjson.Fragment):  # what was answered once already
        value = orjson.loads(orjson.dumps(value))
    if value is None:
        raise NotFound("There is no such record.")
    if route.writes:
        return _changed(route, value, wishes, tried=variables.get(DRY_RUN, False))
    if shape.paged:
        value["nodes"] = _shown(route, value["nodes"], query)
        return _listed(route, value, query, wishes)
    headers = _etag(value)
    value = _shown(route, value, query)
    return Reply(200, value if wishes.bare else success(200, value), headers)


def _shown(route: Route, data: Any, query: Mapping[str, Sequence[str]]) -> Any:
    """A record or several, with the members that `fields` names alone."""
    history = route.shape.history
    names = read_fields(query[FIELDS]) if FIELDS in query and route.members else None
    if names is None and history is None:
        return data

    def show(record: dict[str, Any]) -> dict[str, Any]:
        told = history.shown(record) if history else record
        return told if names is None else _only(names, told)

    return [show(each) for each in data] if isinstance(data, list) else show(data)


def _only(names: Sequence[str], record: Mapping[str, Any]) -> dict[str, Any]:
    """Of a record only these; what the key may not read is as if there were none."""
    told = lacking(names, record)
    if told is not None:
        raise Invalid([{"field": FIELDS, "message": told}])
    return {name: record[name] for name in names}


def _changed(route: Route, payload: dict[str, Any], wishes: Wishes, *, tried: bool) -> Reply:
    if errors := payload.pop("userErrors"):
        raise _refused(route, errors)
    data = payload if route.shape.member is None else payload[route.shape.member]
    if route.method == "DELETE":
        data = None
    headers = _etag(data)
    if tried:  # nothing has this version, and nothing was created
        return Reply(200, data if wishes.bare else success(200, data, dryRun=True))
    minimal = wishes.minimal and route.status != 201
    if applied := [told for told, asked in ((b"handling=strict", route.strict), (b"return=minimal", minimal)) if asked]:
        headers.append((b"preference-applied", b", ".join(applied)))
    if minimal:
        return Reply(204, None, headers)
    created = data.get("id") if route.status == 201 and isinstance(data, dict) else None
    return Reply(route.status, data if wishes.bare else success(route.status, data), headers, created)


def _refused(route: Route, errors: Sequence[Mapping[str, Any]]) -> Invalid | Refusal:
    places = [
        {"field": route.field(tuple(each["field"])), "message": each["message"], "code": each["code"]}
        for each in errors
    ]
    for place in places:
        if place["code"] == "not_found" and place["field"] in route.segments:
            return Refusal(place["message"], code="NOT_FOUND", status=404)
        if place["code"] == "conflict":
            # That of a version which `If-Match` named (RFC 9110, 13.1.1).
            return Refusal(place["message"], code="CONFLICT", status=412 if place["field"] == VERSION else 409)
    return Invalid(places)


def invalid(route: Route, error: BadUserInput) -> Invalid:
    """What is wrong with a value, in the words of a request; nothing in particular where it is all of them together."""
    if error.argument is None:
        return Invalid([{"field": "", "message": error.message}])
    message = error.message
    if message.startswith(error.argument):  # which a request calls something else
        message = f"This{message.removeprefix(error.argument)}"
    return Invalid([{"field": route.field((error.argument,)), "message": message}])


def _listed(route: Route, page: Mapping[str, Any], query: Mapping[str, Sequence[str]], wishes: Wishes) -> Reply:
    info = page["pageInfo"]
    more = info["hasNextPage"]
    told = {
        "limit": int(query["limit"][0]) if "limit" in query else route.limit,
        "nextCursor": info["endCursor"] if more else None,
        "hasMore": more,
    }
    if "totalCount" in page:
        told["total"] = page["totalCount"]
    if not wishes.bare:
        return Reply(200, success(200, page["nodes"], pagination=told))
    headers = []
    if more:
        following = urlencode({**query, "cursor": info["endCursor"]}, doseq=True)
        headers.append((b"link", f'<?{following}>; rel="next"'.encode()))
    return Reply(200, page["nodes"], headers)


def _etag(data: Any) -> list[tuple[bytes, bytes]]:
    version = data.pop(ETAG, None) if isinstance(data, dict) else None
    return [] if version is None else [(b"etag", b'"%d"' % version)]
