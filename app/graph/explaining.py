"""Explaining access: the scopes that a document needs, and what one set of scopes shows of the schema beyond another.

Where the schema is hidden (app/graph/hiding.py), a key without `schema:read` is told of documents that fit its own
schema, and nothing of others.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode, Visitor, separate_operations, visit

from app.access.principal import Principal
from app.access.requirements import least, satisfied
from app.access.scopes import SCOPES
from app.access.views import Views
from app.errors import BadUserInput, LeadgraphError
from app.graph.difference import difference_of
from app.graph.documents import Document, Documents
from app.graph.errors import Refused
from app.graph.execution import is_introspection
from app.graph.guarded import required_by
from app.graph.hiding import SCHEMA_SCOPE, exploring, without_names
from app.graph.schema import View
from app.graph.sent import Sent
from app.graph.variables import Coercion
from app.read.binding import Run
from app.read.planning import Compute
from app.resource import Requirement

_MAX_VARIABLES = 100_000  # characters of JSON: one request may ask ten times, and each is read in full


class Explaining:
    """Answers the questions of keys about access."""

    def __init__(self, views: Views[View], full: View, documents: Documents, *, hides_schema: bool) -> None:
        self._views = views
        self._full = full
        self._documents = documents
        self._hides_schema = hides_schema
        self.computed: dict[str, Compute] = {"scopesFor": self._scopes_for, "schemaDiff": self._schema_diff}

    def _scopes_for(self, run: Run, arguments: Mapping[str, Any]) -> dict[str, Any]:
        principal = run.principal
        hidden = self._hides_from(principal)
        view = self._views.view(principal.scopes) if hidden else self._full
        prepared = self._documents.prepare(view, arguments["document"])
        try:
            if not isinstance(prepared, Document):
                raise prepared.error_for(principal.scopes)
            node = _operation_of(prepared.node, arguments.get("operationName"))
            needs = required_by(view.schema, node)
            if arguments.get("variables") is not None:
                needs |= _needs_of_variables(view.schema, node, arguments["variables"])
        except LeadgraphError as error:
            raise BadUserInput(_told(without_names(error) if hidden else error)) from None
        if self._hides_schema and _introspects(node):
            needs[((SCHEMA_SCOPE,),)] = []
        return _explained(needs, principal.scopes)

    def _schema_diff(self, run: Run, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self._hides_from(run.principal):
            raise exploring()
        return [
            {
                "change": each.change.name,
                "kind": each.kind.name,
                "path": each.path,
                "description": each.description,
            }
            for each in difference_of(self._views, arguments["from"], arguments["to"])
        ]

    def _hides_from(self, principal: Principal) -> bool:
        return self._hides_schema and SCHEMA_SCOPE not in principal.scopes


def _operation_of(node: DocumentNode, name: str | None) -> DocumentNode:
    """The document, or what is left of it when an operation is sent alone."""
    if name is None:
        return node
    alone = separate_operations(node).get(name)
    if not name or alone is None:
        raise BadUserInput(f"It has no operation named {name[:100]!r}.")
    return alone


def _needs_of_variables(schema: GraphQLSchema, node: DocumentNode, inputs: object) -> dict[Requirement, list[str]]:
    if not isinstance(inputs, dict):
        raise BadUserInput("variables must be an object.")
    if len(json.dumps(inputs)) > _MAX_VARIABLES:
        raise BadUserInput(f"variables may have {_MAX_VARIABLES} characters of JSON.")
    definitions = [item for item in node.definitions if isinstance(item, OperationDefinitionNode)]
    if len(definitions) != 1:
        raise BadUserInput("operationName must name the operation that the variables are for.")
    variables = Coercion(schema, definitions[0]).coerce(inputs)
    return {each: ["variables"] for each in Sent(schema, definitions[0]).needs(variables)}


def _introspects(node: DocumentNode) -> bool:
    found: list[FieldNode] = []

    class Find(Visitor):
        def enter_field(self, entered: FieldNode, *_: Any) -> None:
            if is_introspection(entered.name.value):
                found.append(entered)

    visit(node, Find())
    return bool(found)


def _explained(needs: Mapping[Requirement, list[str]], scopes: frozenset[str]) -> dict[str, Any]:
    sure = frozenset(name for requirement in needs if len(requirement) == 1 for name in requirement[0])
    return {
        "scopes": _listed(least(needs)),
        "missing": _listed(least(needs, scopes)),
        "alternatives": [
            {"parts": parts, "anyOf": [list(group) for group in requirement]}
            for requirement, parts in needs.items()
            if not satisfied(requirement, sure)
        ],
    }


def _listed(scopes: Collection[str]) -> list[str]:
    return [name for name in SCOPES if name in scopes]


def _told(error: LeadgraphError) -> str:
    """What is wrong with a document, and where."""
    places = error.problems[0].get("locations") if isinstance(error, Refused) else None
    place = f", line {places[0]['line']}, column {places[0]['column']}" if places else ""
    return f"document{place}: {error.message}"
