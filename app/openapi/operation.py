"""One operation of the document: a method at a path, which several routes can share."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import DocumentNode, GraphQLNonNull, GraphQLSchema, get_named_type, is_object_type
from graphql.pyutils import Undefined

from app.graph.incoming import JSON
from app.openapi.asking import parameter_description, parameter_schema, switches_schema
from app.openapi.components import Components, Schema
from app.openapi.examples import Example
from app.openapi.groups import Noun
from app.openapi.illustrating import graphql_variables, illustrate
from app.openapi.incoming import Incoming, object_of
from app.openapi.places import Variable, text_of, variables_in
from app.openapi.responses import responses_of
from app.openapi.subject import data_schema, subject_of
from app.rest.route import Route

_SWITCHES = {"include": "What to count besides.", "expand": "What to show besides of each record."}


def shared_parameters() -> Schema:
    """`components.parameters`: the headers that routes heed."""
    return {
        "onBehalfOf": _header(
            "X-On-Behalf-Of",
            "The id of a member of the workspace to act for, with the scope `users:impersonate`.",
            {"type": "string"},
        ),
        "idempotencyKey": _header(
            "Idempotency-Key",
            "Names the request, so that it can be sent again: for 24 hours it has its effect once.",
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        ),
        "ifMatch": _header(
            "If-Match",
            "The `ETag` of the record as it was read: what somebody else has changed since is not overwritten (412).",
            {"type": "string", "pattern": '^("?[0-9]{1,9}"?|\\*)$'},
        ),
        "prefer": _header(
            "Prefer",
            "`return=minimal` asks for 204 without a body; `handling=strict` that a PUT replaces the record, so that "
            "what is not given is as in a new one.",
            {"type": "string"},
        ),
    }


def _header(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema}


class Operations:
    """Describes operations under one view."""

    def __init__(self, schema: GraphQLSchema, components: Components, examples: Mapping[str, Example]) -> None:
        self._schema = schema
        self._examples = examples
        self._components = components
        self._incoming = Incoming(components)

    def subject(self, noun: Noun) -> Schema:
        """The description of a noun: what the schema says of its records."""
        route = noun.routes[0]
        type_ = subject_of(self._schema, route, route.stored.within(self._schema)).type
        return {"description": type_.description} if is_object_type(type_) else {}

    def describe(self, routes: Sequence[Route], noun: Noun, id_: str) -> Schema:
        """The operation object of the routes at one method and path: more than one where a member of the body, or a
        preference, decides."""
        plain = [route for route in routes if not route.strict] or [*routes]
        route = plain[0]
        documents = [each.stored.within(self._schema) for each in plain]
        variables = variables_in(self._schema, documents[0])
        subject = subject_of(self._schema, route, documents[0])
        data = data_schema(self._components, self._schema, route, subject, noun.singular)
        described = " ".join(dict.fromkeys(each.description for each in plain))
        made: Schema = {
            "operationId": id_,
            "summary": described.split(";")[0].split(":")[0].rstrip("."),
            "description": described,
            "tags": [noun.tag],
            "parameters": self._parameters(route, variables),
        }
        if route.retirement is not None:
            made |= {"deprecated": True, "description": f"{described} {route.retirement.told}"}
        if body := self._body(plain, documents):
            made["requestBody"] = body
        made |= {
            "responses": responses_of(route, data),
            **self._fields(route, data),
            "security": [{"bearer": []}, {"apiKey": []}],
            "x-scopes": list(route.scopes),
        }
        return made | {"x-graphql": self._illustrated(made, plain)}

    def _illustrated(self, operation: Schema, routes: Sequence[Route]) -> Schema:
        """Adds what was recorded to an operation; the GraphQL request that is equal to it."""
        route, variables = routes[0], dict[str, Any]()
        example = self._examples.get(f"{route.method} {route.path}")
        if example is not None:
            illustrate(operation, example, self._components)
            route, variables = graphql_variables(routes, operation, example)
        document = route.stored.within(self._schema)
        return {"query": text_of(document, variables_in(self._schema, document)), "variables": variables}

    def _fields(self, route: Route, data: Schema) -> Schema:
        """`x-fields`: what the parameter `fields` can name; none for a schema, which describes answers without it."""
        shown = self._components.resolved(data.get("items", data)).get("properties", {})
        names = [name for name in shown if name in route.members]
        return {"x-fields": names} if names else {}

    def _parameters(self, route: Route, variables: Mapping[str, Variable]) -> list[Schema]:
        found = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": variables[name].description,
                "schema": {"type": "string"},
            }
            for name in route.segments
        ]
        asked = route.options if route.writes else route.parameters
        found += [self._parameter(route, name, each) for name, each in variables.items() if name in asked]
        found += self._switches(route, variables)
        shared = ["onBehalfOf"]
        if route.writes:
            shared += ["idempotencyKey", "prefer"]
        if route.takes_version and "ifVersion" in variables:
            shared.append("ifMatch")
        return found + [{"$ref": f"#/components/parameters/{name}"} for name in shared]

    def _parameter(self, route: Route, name: str, variable: Variable) -> Schema:
        schema = parameter_schema(name, variable.type)
        if variable.default not in (Undefined, None):
            schema["default"] = variable.default
        made: Schema = {"name": name, "in": "query", "schema": schema}
        made["description"] = parameter_description(name, variable.type, variable.description)
        if name in route.required:
            made["required"] = True
        if variable.definition.deprecation_reason:
            made["deprecated"] = True
        return made

    def _switches(self, route: Route, variables: Mapping[str, Variable]) -> list[Schema]:
        found = []
        for name, switches in route.switches.items():
            left = [told for told, variable in switches.items() if variable in variables]
            if left:
                described = _SWITCHES[name]
                found.append({"name": name, "in": "query", "description": described, "schema": switches_schema(left)})
        return found

    def _body(self, routes: Sequence[Route], documents: Sequence[DocumentNode]) -> Schema:
        if routes[0].method not in {"POST", "PUT", "PATCH"}:
            return {}
        bodies = [self._members(each, document) for each, document in zip(routes, documents, strict=True)]
        schema = _together(routes, bodies)
        if not schema.get("properties") and "$ref" not in schema and "oneOf" not in schema:
            return {}
        return {"required": _needs_body(schema), "content": {JSON: {"schema": schema}}}

    def _members(self, route: Route, document: DocumentNode) -> Schema:
        variables = variables_in(self._schema, document)
        if route.body is not None:
            return self._incoming.schema(variables[route.body].type)
        properties = {name: self._member(each) for name, each in variables.items() if name in route.parameters}
        return object_of(properties, [name for name in route.required if name in properties])

    def _member(self, variable: Variable) -> Schema:
        made = self._incoming.described(variable.type, variable.definition)
        if isinstance(variable.type, GraphQLNonNull):
            made = self._incoming.schema(variable.type, variable.definition) | made
        if variable.default not in (Undefined, None):
            stored = getattr(get_named_type(variable.type), "values", {}).get(variable.default)
            made["default"] = variable.default if stored is None else stored.value
        return made


def _together(routes: Sequence[Route], bodies: Sequence[Schema]) -> Schema:
    """The body of routes that differ in the value of one member."""
    if routes[0].when is None:
        return bodies[0]
    told = [(*route.when, body) for route, body in zip(routes, bodies, strict=True) if route.when is not None]
    if all(body == bodies[0] for body in bodies):
        name = told[0][0]
        values = {"type": "string", "enum": [value for _, value, _ in told]}
        return _with_member(bodies[0], name, values)
    return {"oneOf": [_with_member(body, name, {"type": "string", "const": value}) for name, value, body in told]}


def _with_member(body: Schema, name: str, values: Schema) -> Schema:
    return object_of({name: values, **body["properties"]}, [name, *body.get("required", ())])


def _needs_body(schema: Schema) -> bool:
    return bool(schema.get("required") or "$ref" in schema or "oneOf" in schema)
