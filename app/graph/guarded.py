"""Which scopes the parts of a document need: why one that fits the whole schema does not fit a key's view."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_required_argument,
    is_required_input_field,
    visit,
)

from app.access.requirements import least
from app.errors import InsufficientScope
from app.graph.schema import requirement_on
from app.resource import Requirement


@dataclass(frozen=True)
class Guarded:
    """A document that fits the whole schema but not a view. Keys that share the view can miss different scopes."""

    requirements: tuple[Requirement, ...]
    operation: str | None = None  # the name of the only one

    def refusal(self, scopes: frozenset[str]) -> InsufficientScope:
        """The error that names what the document needs besides the scopes given."""
        missing = least(self.requirements, scopes)
        listed = ", ".join(missing)
        message = f"This operation needs scopes that the key does not have: {listed}."
        return InsufficientScope(message, required=missing, operation=self.operation)


def required_by(schema: GraphQLSchema, node: DocumentNode) -> dict[Requirement, list[str]]:
    """The distinct requirements of a valid document's fields, arguments, input fields, enum values and types.

    Each with the schema coordinates of the parts that have it.
    """
    info = TypeInfo(schema)
    found: dict[Requirement, dict[str, None]] = {}
    conditions = {
        item.name.value: item.type_condition for item in node.definitions if isinstance(item, FragmentDefinitionNode)
    }

    class Collect(Visitor):
        field = ""  # the one whose arguments come

        def enter(self, entered: Node, *_: Any) -> None:
            if isinstance(entered, FieldNode):
                self.field = f"{info.get_parent_type()}.{entered.name.value}"
                self.found(self.field, info.get_field_def())
            elif isinstance(entered, ArgumentNode):
                self.found(f"{self.field}({entered.name.value}:)", info.get_argument())
            elif isinstance(entered, ObjectFieldNode):
                parent: Any = get_named_type(info.get_parent_input_type())
                name = entered.name.value
                self.found(f"{parent}.{name}", getattr(parent, "fields", {}).get(name))
            elif isinstance(entered, EnumValueNode):
                self.found(f"{get_named_type(info.get_input_type())}.{entered.value}", info.get_enum_value())
            elif isinstance(entered, InlineFragmentNode) and entered.type_condition:
                self.narrowed(entered.type_condition)
            elif isinstance(entered, FragmentSpreadNode):
                self.narrowed(conditions[entered.name.value])

        def narrowed(self, condition: NamedTypeNode) -> None:
            """Reaching an object type through an interface has a requirement of its own."""
            type_ = schema.get_type(condition.name.value)
            if info.get_parent_type() is not type_:
                self.found(condition.name.value, type_)

        def found(self, coordinate: str, definition: Any) -> None:
            for requirement in needs_of(definition):
                found.setdefault(requirement, {})[coordinate] = None

    visit(node, TypeInfoVisitor(info, Collect()))
    found.pop((), None)
    return {requirement: list(parts) for requirement, parts in found.items()}


def needs_of(definition: Any) -> Iterator[Requirement]:
    """The requirement of a part of the schema, and of what it cannot be used without."""
    if definition is None:
        return
    yield requirement_on(definition)
    for argument in getattr(definition, "args", {}).values():
        if is_required_argument(argument):
            yield from needs_of(argument)
    type_ = get_named_type(getattr(definition, "type", None))
    if isinstance(type_, GraphQLEnumType):
        yield _any_of(type_.values.values())
    elif isinstance(type_, GraphQLInputObjectType):
        yield _any_of(type_.fields.values())
        for field in type_.fields.values():
            if is_required_input_field(field):
                yield from needs_of(field)


def _any_of(members: Iterable[Any]) -> Requirement:
    """What it takes for a type to have a member left."""
    requirements = [requirement_on(member) for member in members]
    return () if () in requirements else tuple(dict.fromkeys(group for each in requirements for group in each))
