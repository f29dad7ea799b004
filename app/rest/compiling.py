"""Makes routes of documents: parsed, validated against the whole schema, each operation on its own.

`ConfigurationError` names the file or the operation and what is wrong with it, and nothing is served then.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    Source,
    get_argument_values,
    parse,
    print_ast,
    separate_operations,
    specified_rules,
    type_from_ast,
    validate,
)

from app.access.requirements import least
from app.errors import ConfigurationError
from app.graph.guarded import required_by
from app.graph.stored import Stored
from app.read.selection import PLAIN
from app.rest.completing import DRY_RUN, completed
from app.rest.directives import directive, knowing_directives
from app.rest.reading import Parameter, json_reader, text_reader
from app.rest.replacing import replacement
from app.rest.retiring import Retirement
from app.rest.route import Route, arguments_of, shape_of

OWN = Path(__file__).parent / "routes"
_FRAGMENTS = OWN / "fragments.graphql"
_RULES = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]

_METHODS = {"GET": "query", "POST": "mutation", "PUT": "mutation", "PATCH": "mutation", "DELETE": "mutation"}
_PATH = re.compile(r"(/([a-z0-9-]+|\{[A-Za-z]+\}))+")
_USUAL_LIMIT = 25
_SWITCHES = ("include", "expand")
VERSION = "ifVersion"
"""The variable that `If-Match` is the value of."""


def read_routes(schema: GraphQLSchema, folder: Path) -> list[Route]:
    """The routes of all documents in a folder; they may spread our own fragments."""
    if not folder.is_dir():
        raise ConfigurationError(f"LEADGRAPH_ROUTES: there is no folder {folder}.")
    try:
        parsed = [
            parse(Source(path.read_text(), str(path))) for path in sorted({_FRAGMENTS, *folder.glob("*.graphql")})
        ]
        document = DocumentNode(definitions=tuple(each for one in parsed for each in one.definitions))
        errors = validate(knowing_directives(schema), document, _RULES, max_errors=1)
    except (GraphQLError, OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The routes in {folder} cannot be read: {error}") from None
    if errors:
        raise ConfigurationError(f"The routes in {folder} do not fit the schema: {errors[0]}")
    routes: list[Route] = []
    for name, single in separate_operations(document).items():
        try:
            routes += _compiled(schema, name, completed(single))
        except ValueError as error:
            raise ConfigurationError(f"The route {name or 'without a name'} in {folder}: {error}.") from None
    return [*routes, *_replacing(schema, routes)]


def _compiled(schema: GraphQLSchema, name: str, document: DocumentNode) -> Iterator[Route]:
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    places = [
        get_argument_values(directive(PLAIN), each) for each in operation.directives or () if each.name.value == PLAIN
    ]
    if not name or not places:
        raise ValueError("it must have a name and a directive @rest")
    yield from _routes(schema, document, places)


def _replacing(schema: GraphQLSchema, routes: Sequence[Route]) -> Iterator[Route]:
    """For each PUT what it does under `Prefer: handling=strict`; it needs what the POST that creates does."""
    needed = {route.path: route.required for route in routes if route.method == "POST"}
    for route in routes:
        if route.method == "PUT" and route.when is None:
            collection = route.path.rpartition("/")[0]
            document = replacement(schema, route.stored.node, needed.get(collection, ()))
            if document is not None:
                place = {"method": route.method, "path": route.path, "status": route.status}
                yield from _routes(schema, document, [place], strict=True)


def _routes(
    schema: GraphQLSchema, document: DocumentNode, places: Sequence[dict[str, Any]], *, strict: bool = False
) -> Iterator[Route]:
    """The routes of one operation, one for each place that it is served at."""
    document = parse(print_ast(document), no_location=True)  # anew, for its number of tokens is what it weighs
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    stored = Stored(operation.name.value, document)
    variables = {
        each.variable.name.value: (type_from_ast(schema, each.type), each.default_value is None)
        for each in operation.variable_definitions or ()
    }
    required = {each: bare and isinstance(type_, GraphQLNonNull) for each, (type_, bare) in variables.items()}
    requirements = tuple(required_by(schema, stored.with_variables(())))
    scopes = tuple(least(requirements))
    description = operation.description.value if operation.description else ""
    for given in places:
        method, path = given["method"], given["path"]
        switches = {prefix: _switched(prefix, variables) for prefix in _SWITCHES if method == "GET"}
        switched = {name for each in switches.values() for name in each.values()}
        beside = {DRY_RUN} if method != "GET" else set()
        reader_of = text_reader if method == "GET" else json_reader
        if _METHODS.get(method) != operation.operation.value:
            raise ValueError(f"a {operation.operation.value} cannot be {method}")
        segments = tuple(_segments(path))
        for needed in (*segments, *filter(None, [given.get("body")])):
            if needed not in variables:
                raise ValueError(f"it has no variable ${needed}")
        yield Route(
            method=method,
            path=path,
            stored=stored,
            description=description,
            requirements=requirements,
            scopes=scopes,
            segments=segments,
            parameters={
                each: Parameter(each, type_, required[each], reader_of(type_))
                for each, (type_, _) in variables.items()
                if each not in {*segments, *switched, *beside, VERSION}
            },
            options={
                each: Parameter(each, type_, required[each], text_reader(type_))
                for each, (type_, _) in variables.items()
                if each in beside
            },
            required=tuple(each for each, needed in required.items() if needed and each not in segments),
            switches={prefix: each for prefix, each in switches.items() if each},
            body=given.get("body"),
            when=tuple(given["when"].split("=", 1)) if "when" in given else None,
            strict=strict,
            status=given["status"],
            limit=_limit(operation),
            shape=shape_of(schema, operation),
            arguments=arguments_of(operation),
            retirement=Retirement.declared(given),
        )


def _limit(operation: OperationDefinitionNode) -> int:
    """How many records a page has unless a request says so."""
    defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
    default = defaults.get("limit")
    return int(default.value) if isinstance(default, IntValueNode) else _USUAL_LIMIT


def _switched(prefix: str, variables: Iterable[str]) -> dict[str, str]:
    """The Boolean variables that a parameter switches on, by what it calls them."""
    found = {each.removeprefix(prefix): each for each in variables if each.startswith(prefix) and each != prefix}
    return {name[0].lower() + name[1:]: each for name, each in found.items()}


def _segments(path: str) -> list[str]:
    """The variables in a path."""
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path} is no path: it must be like /contacts/{{id}}")
    return [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
