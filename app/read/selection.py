"""What a selection set asks for, as `CollectFields` of the GraphQL specification (section 6.3.2) says.

Aliases, merged fragments, type conditions, @skip and @include are settled here, once per plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)
from graphql.language import BooleanValueNode

from app.errors import BadUserInput
from app.read.arguments import Variables

Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]

PLAIN, LIFT, TENANT = "rest", "lift", "tenant"
"""Directives of stored documents: of an operation, that shows enum values as they are stored; of a field, that shows
its only member in its place, or the slug of the workspace."""


@dataclass(frozen=True)
class Selected:
    """One response key: the field it shows, and all the nodes whose selections are merged under it."""

    key: str
    nodes: tuple[FieldNode, ...]

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    def has(self, directive: str) -> bool:
        """Whether it carries a directive of a stored document."""
        return any(each.name.value == directive for node in self.nodes for each in node.directives or ())

    @property
    def selections(self) -> tuple[SelectionSetNode, ...]:
        return tuple(node.selection_set for node in self.nodes if node.selection_set is not None)


@dataclass(frozen=True)
class Collector:
    """Collects the fields of one operation under given variables."""

    schema: GraphQLSchema
    fragments: Fragments
    variables: Variables
    plain: bool = False  # whether enum values are shown as they are stored

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        variables: Variables,
    ) -> Self:
        """The collector of an operation."""
        plain = any(each.name.value == PLAIN for each in operation.directives or ())
        return cls(schema, fragments, variables, plain)

    def fields(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> list[Selected]:
        """The response keys for an object of a concrete type, in the order of their first appearance."""
        found = _Found()
        for selections in sets:
            self._visit(type_, selections.selections, found)
        return [Selected(key, tuple(nodes)) for key, nodes in found.nodes.items()]

    def _visit(self, type_: GraphQLObjectType, selections: Iterable[SelectionNode], found: "_Found") -> None:
        for selection in selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                found.nodes.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, type_):
                    self._visit(type_, selection.selection_set.selections, found)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in found.fragments:
                    found.fragments.add(name)
                    fragment = self.fragments[name]
                    if self._applies(fragment.type_condition.name.value, type_):
                        self._visit(type_, fragment.selection_set.selections, found)

    def _included(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            if directive.name.value in {"skip", "include"}:
                value = (directive.arguments or ())[0].value
                if isinstance(value, VariableNode):
                    name = value.name.value
                    condition = self.variables[name]
                    if condition is None:
                        raise BadUserInput(f"${name} must not be null: @{directive.name.value} asks for it.")
                else:
                    assert isinstance(value, BooleanValueNode)
                    condition = value.value
                if condition == (directive.name.value == "skip"):
                    return False
        return True

    def _applies(self, condition: str, type_: GraphQLNamedType) -> bool:
        if condition == type_.name:
            return True
        abstract = self.schema.get_type(condition)
        if abstract is None or not is_abstract_type(abstract):
            return False
        return isinstance(type_, GraphQLObjectType) and self.schema.is_sub_type(abstract, type_)


@dataclass
class _Found:
    nodes: dict[str, list[FieldNode]] = field(default_factory=dict)
    fragments: set[str] = field(default_factory=set)
