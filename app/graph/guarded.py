"""Why a document that fits the whole schema does not fit a key's view: the scopes that its parts need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    is_required_input_field,
    type_from_ast,
    visit,
)

from app.access.views import satisfied
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
        unmet = [requirement for requirement in self.requirements if not satisfied(requirement, scopes)]
        missing: list[str] = []
        for requirement in sorted(unmet, key=len):  # first what leaves no choice: it may do for what does
            missing += _cheapest(requirement, scopes.union(missing))
        listed = ", ".join(missing)
        message = f"This operation needs scopes that the key does not have: {listed}."
        return InsufficientScope(message, required=missing, operation=self.operation)


def _cheapest(requirement: Requirement, scopes: frozenset[str]) -> list[str]:
    """Of the alternatives, the one with the fewest scopes missing."""
    return min(([name for name in group if name not in scopes] for group in requirement), key=len)


def required_by(full: GraphQLSchema, node: DocumentNode) -> list[Requirement]:
    """The distinct requirements of a valid document's fields, arguments, input fields, enum values and types."""
    info = TypeInfo(full)
    found: dict[Requirement, None] = {}
    conditions = {
        item.name.value: item.type_condition for item in node.definitions if isinstance(item, FragmentDefinitionNode)
    }

    class Collect(Visitor):
        def enter(self, entered: Node, *_: Any) -> None:
            definitions: list[Any] = []
            if isinstance(entered, FieldNode):
                definitions.append(info.get_field_def())
            elif entered.kind == "argument":
                definitions.append(info.get_argument())
            elif entered.kind == "object_field":
                parent = get_named_type(info.get_parent_input_type())
                definitions.append(getattr(parent, "fields", {}).get(entered.name.value))  # type: ignore[attr-defined]
            elif entered.kind == "enum_value":
                definitions.append(info.get_enum_value())
            elif isinstance(entered, InlineFragmentNode) and entered.type_condition:
                definitions.append(_narrowed(full, info, entered.type_condition))
            elif isinstance(entered, FragmentSpreadNode):
                definitions.append(_narrowed(full, info, conditions[entered.name.value]))
            for definition in definitions:
                found.update(dict.fromkeys(_needs(definition)))

    visit(node, TypeInfoVisitor(info, Collect()))
    found.pop((), None)
    return list(found)


def required_by_variables(
    full: GraphQLSchema, definition: OperationDefinitionNode, inputs: Mapping[str, Any]
) -> list[Requirement]:
    """The distinct requirements of the input fields and enum values in variables that fit the whole schema."""
    found: dict[Requirement, None] = {}
    for declared in definition.variable_definitions or ():
        value = inputs.get(declared.variable.name.value)
        found.update(dict.fromkeys(_sent(type_from_ast(full, declared.type), value)))
    found.pop((), None)
    return list(found)


def _sent(type_: Any, value: Any) -> Iterator[Requirement]:
    """What is needed for a value of a type."""
    type_ = get_nullable_type(type_)
    if value is None:
        return
    if isinstance(type_, GraphQLList):
        for item in value if isinstance(value, list) else [value]:
            yield from _sent(type_.of_type, item)
    elif isinstance(type_, GraphQLEnumType):
        yield requirement_on(type_.values[value])
    elif isinstance(type_, GraphQLInputObjectType):
        for name, inner in value.items():
            yield from _needs(type_.fields[name])
            yield from _sent(type_.fields[name].type, inner)


def _needs(definition: Any) -> Iterator[Requirement]:
    """The requirement of a part of the schema, and of what it cannot be used without."""
    if definition is None:
        return
    yield requirement_on(definition)
    for argument in getattr(definition, "args", {}).values():
        if is_required_argument(argument):
            yield from _needs(argument)
    type_ = get_named_type(getattr(definition, "type", None))
    if isinstance(type_, GraphQLEnumType):
        yield _any_of(type_.values.values())
    elif isinstance(type_, GraphQLInputObjectType):
        yield _any_of(type_.fields.values())
        for field in type_.fields.values():
            if is_required_input_field(field):
                yield from _needs(field)


def _any_of(members: Iterable[Any]) -> Requirement:
    """What it takes for a type to have a member left."""
    requirements = [requirement_on(member) for member in members]
    return () if () in requirements else tuple(dict.fromkeys(group for each in requirements for group in each))


def _narrowed(full: GraphQLSchema, info: TypeInfo, condition: NamedTypeNode) -> Any:
    """The object type that a fragment narrows an interface to: reaching it that way has a requirement of its own."""
    type_ = full.get_type(condition.name.value)
    return None if info.get_parent_type() is type_ else type_
