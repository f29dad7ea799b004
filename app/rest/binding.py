"""Makes the variables of a route's operation from a request: path, query string, body, `If-Match`."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

from app.errors import BadRequest
from app.graph.incoming import Headers
from app.rest.compiling import VERSION
from app.rest.envelope import Invalid
from app.rest.reading import REQUIRED, Wrong, unknown
from app.rest.route import FIELDS, Route

MOST = 100
"""Records of a page (CONTRACT, part 3)."""

_ETAG = re.compile(r'"?([0-9]{1,9})"?')


def read_query(query_string: bytes) -> dict[str, list[str]]:
    """The parameters of a query string, each with all its values."""
    found: dict[str, list[str]] = {}
    if query_string:
        try:
            pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
        except ValueError:
            message = "The query string must be UTF-8 in percent-encoding, with 200 parameters at most."
            raise BadRequest(message) from None
        for name, text in pairs:
            found.setdefault(name, []).append(text)
    return found


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty one."""
    if not body:
        return {}
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The request body is not JSON: {error}.") from None
    if not isinstance(given, dict):
        raise BadRequest("The request body must be a JSON object.")
    return given


def choose(routes: Sequence[Route], body: dict[str, Any], *, strict: bool) -> Route:
    """The route that a body is for; takes out of it what says so."""
    if len(routes) == 1:
        return routes[0]
    routes = [route for route in routes if route.strict == strict] or routes
    whens = {route.when[1]: route for route in routes if route.when is not None}
    if not whens:
        return routes[0]
    name = routes[0].when[0] if routes[0].when else ""
    given = body.pop(name, None)
    if not isinstance(given, str) or given not in whens:
        message = REQUIRED if given is None else f"This must be one of {', '.join(sorted(whens))}"
        raise Invalid([{"field": name, "message": message}])
    return whens[given]


def bind(
    route: Route, values: Sequence[str], query: Mapping[str, list[str]], body: Mapping[str, Any], headers: Headers
) -> dict[str, Any]:
    """The variables; `Invalid` tells all that is wrong with those that were given."""
    variables: dict[str, Any] = dict(zip(route.segments, values, strict=True))
    wrong: list[tuple[str, str]] = []
    asked = route.options if route.writes else route.parameters
    for name, texts in query.items():
        try:
            if name in route.switches:
                variables |= _switched(route.switches[name], name, texts)
            elif name in asked:
                variables[name] = _limited(name, asked[name].read(texts, name))
            elif name == FIELDS and route.members:
                _require_fields(texts, route.members)
            else:
                raise Wrong((name, "There is no such parameter here"))
        except Wrong as refused:
            wrong += refused.places
    members = {route.body: body} if route.body else body
    for name, value in members.items():
        try:
            known = route.parameters.get(name)
            variables[name] = unknown(value, name) if known is None else known.read(value, "" if route.body else name)
        except Wrong as refused:
            wrong += refused.places
    if route.required:
        given = variables.keys() | query.keys() | members.keys()
        wrong += [(name, REQUIRED) for name in route.required if name not in given]
    if wrong:
        raise Invalid([{"field": name, "message": message} for name, message in wrong])
    version = _version(route, headers)
    return variables if version is None else variables | {VERSION: version}


def _switched(switches: Mapping[str, str], name: str, texts: Sequence[str]) -> dict[str, bool]:
    asked = [part for text in texts for part in text.split(",")]
    if not switches.keys() >= set(asked):
        raise Wrong((name, f"This must be one of {', '.join(switches)}"))
    return {switches[part]: True for part in asked}


def read_fields(texts: Sequence[str]) -> list[str]:
    """The names that `fields` gives, each once: they are looked for in every record."""
    return [*dict.fromkeys(name for text in texts for name in text.split(","))]


def lacking(names: Sequence[str], members: Collection[str]) -> str | None:
    """What is wrong with names of which one is not shown: to a key that may not read a field, there is none."""
    missing = next((name for name in names if name not in members), None)
    return None if missing is None else f"There is no field {missing[:50]!r} here"


def _require_fields(texts: Sequence[str], members: Collection[str]) -> None:
    told = lacking(read_fields(texts), members)
    if told is not None:
        raise Wrong((FIELDS, told))


def _limited(name: str, value: Any) -> Any:
    if name == "limit" and not 1 <= value <= MOST:
        raise Wrong((name, f"This must be from 1 to {MOST}"))
    return value


def _version(route: Route, headers: Headers) -> int | None:
    """The version that `If-Match` names; `*` is any."""
    given = headers.get(b"if-match")
    if given is None or not route.writes or given == b"*":
        return None
    match = _ETAG.fullmatch(given.decode("latin-1"))
    if match is None or not route.takes_version:
        raise BadRequest('If-Match must be one ETag that this path has answered with, such as "3".')
    return int(match[1])
