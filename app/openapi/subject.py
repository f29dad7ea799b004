"""What a route's answer is about: the selection that is the data, below what is lifted, and its type."""

from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, get_named_type

from app.openapi.components import Components, Schema
from app.openapi.outgoing import Outgoing, has
from app.openapi.places import operation_in
from app.read.selection import LIFT
from app.rest.route import ETAG, Route

_ERRORS = "userErrors"


@dataclass
class Subject:
    """A field of an operation, and the type that the field stands in."""

    node: FieldNode
    parent: Any

    @property
    def type(self) -> Any:
        return get_named_type(self.parent.fields[self.node.name.value].type)

    def member(self, key: str) -> "Subject":
        """What is selected of it under a response key."""
        assert self.node.selection_set is not None
        fields = [each for each in self.node.selection_set.selections if isinstance(each, FieldNode)]
        return Subject(next(each for each in fields if (each.alias or each.name).value == key), self.type)


def subject_of(schema: GraphQLSchema, route: Route, document: DocumentNode) -> Subject:
    """The field whose value is the data, or holds them."""
    operation = operation_in(document)
    root_type = schema.get_root_type(operation.operation)
    [root] = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    subject = Subject(root, root_type)
    while has([subject.node], LIFT):
        assert subject.node.selection_set is not None
        [only] = subject.node.selection_set.selections
        assert isinstance(only, FieldNode)
        subject = Subject(only, subject.type)
    if route.shape.paged:
        return subject.member("nodes")
    return subject.member(route.shape.member) if route.shape.member is not None else subject


def data_schema(components: Components, schema: GraphQLSchema, route: Route, subject: Subject, singular: str) -> Schema:
    """The schema of a route's `data`; a record's is named after its type, or else after the route's noun."""
    if route.method == "DELETE":
        return {"type": "null"}
    outgoing = Outgoing(schema)
    if getattr(subject.type, "fields", None) is None:  # a scalar
        return _not_null(outgoing.shown([subject.node], subject.parent))
    made = outgoing.object(subject.type, [subject.node])
    for name in (ETAG, _ERRORS) if route.writes else (ETAG,):
        made["properties"].pop(name, None)
    made["required"] = [name for name in made["required"] if name in made["properties"]]
    name = subject.type.name
    named = (
        made
        if route.writes and route.shape.member is None
        else components.shared([name, singular, f"{name}Of{route.name}"], made)
    )
    whole = outgoing.shown([subject.node], subject.parent)
    return {"type": "array", "items": named} if whole.get("type") == "array" else named


def _not_null(schema: Schema) -> Schema:
    return schema | {"type": schema["type"][0]} if isinstance(schema.get("type"), list) else schema
