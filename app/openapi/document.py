"""The OpenAPI 3.1 document of some routes under a view of the schema."""

from collections.abc import Iterable, Sequence
from typing import Any

from graphql import GraphQLSchema

from app.access.dialect import DIALECTS
from app.openapi.components import Components, Schema
from app.openapi.examples import recorded
from app.openapi.groups import nouns_of, tag_groups
from app.openapi.operation import Operations, shared_parameters
from app.openapi.responses import shared_headers, shared_responses
from app.rest.route import Route
from app.rest.router import MOUNTS

_DESCRIPTION = """\
Every route is a stored GraphQL operation, printed beside it as `x-graphql`; `x-scopes` are the scopes that it needs.

Answers are JSON in one envelope: `success`, `status`, `message`, `data`, `meta`. With the header \
`X-Response-Profile: bare` they are the data alone, and the next page of a list is told by a `Link`. \
Errors tell in `errors` what is wrong with which field, or why the request was refused; with \
`Accept: application/problem+json` they are answered as RFC 9457 has them.

Where `x-fields` lists members, `fields=id,email` shows these alone. The schemas describe answers without `fields` and \
in the envelope.

HEAD is answered wherever GET is, OPTIONS everywhere; other methods get 405 with `Allow`.
"""


def describe(routes: Iterable[Route], schema: GraphQLSchema, dialect: str = "custom") -> Schema:
    """The document of routes that all fit the schema, in the words of a dialect."""
    components, examples = Components(), recorded()
    operations = Operations(schema, components, examples.operations)
    nouns = nouns_of(routes)
    shown = {None, *(f"{route.method} {route.path}" for noun in nouns for route in noun.routes)}
    responses = shared_responses(components, [each for each in examples.errors if each["of"] in shown])
    paths: dict[str, Schema] = {}
    taken: dict[str, str] = {}  # paths by operation id
    for noun in nouns:
        for path, methods in noun.paths.items():
            paths[path] = {
                method.lower(): operations.describe(same, noun, _operation_id(same, taken))
                for method, same in methods.items()
            }
    return {
        "openapi": "3.1.0",
        "info": _info(dialect),
        "servers": [{"url": mount} for mount in MOUNTS],
        "security": [{"bearer": []}, {"apiKey": []}],
        "tags": [{"name": noun.tag} | operations.subject(noun) for noun in nouns],
        "x-tagGroups": tag_groups(nouns),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": responses,
            "parameters": shared_parameters(),
            "headers": shared_headers(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a member's session."},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
            },
        },
    }


def _info(dialect: str) -> Schema:
    own = DIALECTS[dialect].api
    made: dict[str, Any] = {"title": own.title, "version": "v1", "description": _DESCRIPTION}
    return made | ({"contact": {"email": own.contact}} if own.contact else {})


def _operation_id(routes: Sequence[Route], taken: dict[str, str]) -> str:
    """The name of the route; that of one which has several places says which of them it is, after the first."""
    route = routes[0]
    words = "".join(part.title() for part in route.path.replace("-", "/").split("/") if not part.startswith("{"))
    name = route.name if route.when is None else f"{route.method.title()}{words}"
    if taken.get(name, route.path) != route.path:
        name += f"At{words}"
    if name in taken:
        name += f"By{route.method.title()}"
    taken[name] = route.path
    return name
