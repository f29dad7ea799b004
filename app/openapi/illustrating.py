"""Puts what was recorded into the operations of a document, as far as its view has it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from app.graph.incoming import JSON
from app.openapi.components import Components, Schema
from app.openapi.examples import Example
from app.openapi.fitting import NOTHING, fitted
from app.rest.binding import bind, choose
from app.rest.envelope import Invalid
from app.rest.route import Route


def illustrate(operation: Schema, example: Example, components: Components) -> None:
    """Adds an example to an operation: to its parameters, its body, its answers."""
    query = parse_qs(example["query"])
    for parameter in operation["parameters"]:
        if parameter.get("in") == "path":
            parameter["example"] = example["parameters"][parameter["name"]]
        elif parameter.get("in") == "query" and parameter["name"] in query:
            value = fitted(_value(query[parameter["name"]], parameter["schema"]), parameter["schema"], components)
            if value is not NOTHING and value != []:
                parameter["example"] = value
    if "requestBody" in operation and "body" in example:
        _show(operation["requestBody"], example["body"], components)
    _show(operation["responses"][str(example["status"])], example["answer"], components)
    if "tried" in example:
        _show(operation["responses"]["200"], example["tried"], components)


def _show(holder: Schema, value: Any, components: Components) -> None:
    content = holder["content"][JSON]
    shown = fitted(value, content["schema"], components)
    if shown is not NOTHING:
        content["examples"] = {"demo": {"value": shown}}


def _value(texts: list[str], schema: Schema) -> Any:
    if schema["type"] == "array":
        return [part for text in texts for part in text.split(",")] if "enum" in schema["items"] else texts
    return orjson.loads(texts[0]) if schema["type"] in {"integer", "boolean"} else texts[0]


def graphql_variables(routes: Sequence[Route], operation: Schema, example: Example) -> tuple[Route, dict[str, Any]]:
    """The route of several that an example is for, and the variables that its operation is given."""
    body = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("examples", {})
    given = dict(body["demo"]["value"]) if body else {}
    query = {each["name"]: _texts(each["example"]) for each in operation["parameters"] if _is_asked(each)}
    try:
        route = choose(routes, given, strict=False)
        return route, bind(route, list(example["parameters"].values()), query, given, {})
    except Invalid:  # of what is left of it under a view
        return routes[0], {}


def _is_asked(parameter: Mapping[str, Any]) -> bool:
    return parameter.get("in") == "query" and "example" in parameter


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]
