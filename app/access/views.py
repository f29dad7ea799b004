"""Key-scoped views: the schema without what a set of scopes may not use, as a `GraphQLSchema` of its own.

A refused field, argument, input field, enum value or interface membership does not exist in a view; what only refused
things lead to does not exist either. So validation, introspection, coercion, suggestions and SDL obey the scopes with no
code of theirs. Derived once for each distinct set of satisfied requirements and kept in a bounded LRU.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
)

from app.resource import Requirement

RequirementOf = Callable[[Any], Requirement]
"""Reads the requirement off a definition: a type, field, argument, input field or enum value."""

V = TypeVar("V")


def satisfied(requirement: Requirement, scopes: frozenset[str]) -> bool:
    """Whether scopes meet an OR of ANDs; an empty one is met by anybody."""
    return not requirement or any(scopes.issuperset(group) for group in requirement)


class Views(Generic[V]):
    """The views of a schema: `make` turns a derived schema into what is kept for it."""

    def __init__(
        self, schema: GraphQLSchema, requirement_of: RequirementOf, make: Callable[[GraphQLSchema], V], size: int
    ) -> None:
        self._schema = schema
        self._make = make
        self._size = size
        # By identity: definitions compare by value and cannot be hashed; the schema keeps them alive.
        self._required = {id(item): requirement_of(item) for item in definitions(schema)}
        self._requirements = tuple(sorted(set(self._required.values()) - {()}))
        self._by_scopes: dict[frozenset[str], V] = {}
        self._cache: OrderedDict[tuple[bool, ...], V] = OrderedDict()

    def view(self, scopes: frozenset[str]) -> V:
        """What is kept for a set of scopes, derived when it is first asked for."""
        found = self._by_scopes.get(scopes)
        if found is None:
            if len(self._by_scopes) >= 8 * self._size:
                self._by_scopes.clear()
            found = self._by_scopes[scopes] = self._derived(scopes)
        return found

    def _derived(self, scopes: frozenset[str]) -> V:
        met = tuple(satisfied(requirement, scopes) for requirement in self._requirements)
        if met not in self._cache:
            allowed = {
                (),
                *(requirement for requirement, is_met in zip(self._requirements, met, strict=True) if is_met),
            }
            derived = derive(self._schema, lambda item: self._required[id(item)] in allowed)
            self._cache[met] = self._make(derived)
            if len(self._cache) > self._size:
                self._cache.popitem(last=False)
                self._by_scopes.clear()
        self._cache.move_to_end(met)
        return self._cache[met]


def definitions(schema: GraphQLSchema) -> Iterable[Any]:
    """Everything in a schema that can carry a requirement."""
    for type_ in schema.type_map.values():
        yield type_
        if isinstance(type_, GraphQLEnumType):
            yield from type_.values.values()
        for field in getattr(type_, "fields", {}).values():
            yield field
            yield from getattr(field, "args", {}).values()


def derive(schema: GraphQLSchema, allows: Callable[[Any], bool]) -> GraphQLSchema:
    """The schema without what `allows` refuses, and without what is then empty or out of reach; names sorted."""
    return _Derivation(schema, allows).derive()


class _Derivation:
    def __init__(self, schema: GraphQLSchema, allows: Callable[[Any], bool]) -> None:
        self._schema = schema
        self._allows = allows
        self._members = {
            name: self._initial(type_) for name, type_ in schema.type_map.items() if not is_introspection_type(type_)
        }
        self._drop_what_is_empty()
        self._made: dict[str, GraphQLNamedType] = {}

    def derive(self) -> GraphQLSchema:
        schema = self._schema
        roots = {
            kind: self._make(root) if root is not None and self._members[root.name] else None
            for kind, root in (
                ("query", schema.query_type),
                ("mutation", schema.mutation_type),
                ("subscription", schema.subscription_type),
            )
        }
        members = [
            self._make(type_)
            for type_ in schema.type_map.values()
            if isinstance(type_, GraphQLObjectType)
            and type_.interfaces
            and self._members.get(type_.name)
            and self._allows(type_)
        ]
        return GraphQLSchema(
            **roots,  # type: ignore[arg-type]
            types=members,
            directives=schema.directives,
            description=schema.description,
            extensions=dict(schema.extensions),
        )

    def _initial(self, type_: GraphQLNamedType) -> dict[str, Any] | None:
        """The allowed fields or values of a type; None for a scalar, which has none."""
        if isinstance(type_, GraphQLEnumType):
            return {name: value for name, value in sorted(type_.values.items()) if self._allows(value)}
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            return {name: field for name, field in sorted(type_.fields.items()) if self._allows(field)}
        return None

    def _drop_what_is_empty(self) -> None:
        while True:
            empty = {name for name, members in self._members.items() if members is not None and not members}
            dropped = False
            for members in self._members.values():
                for name, field in list((members or {}).items()):
                    if isinstance(field, GraphQLField | GraphQLInputField) and get_named_type(field.type).name in empty:
                        del members[name]  # type: ignore[union-attr]
                        dropped = True
            if not dropped:
                self._empty = empty
                return

    def _make(self, type_: GraphQLNamedType) -> Any:
        name = type_.name
        if name not in self._made:
            self._made[name] = self._copy(type_)
        return self._made[name]

    def _copy(self, type_: GraphQLNamedType) -> GraphQLNamedType:
        members: Mapping[str, Any] = self._members.get(type_.name) or {}
        known: dict[str, Any] = {"description": type_.description, "extensions": type_.extensions}
        if isinstance(type_, GraphQLObjectType):
            return GraphQLObjectType(
                type_.name,
                lambda: {name: self._field(field) for name, field in members.items()},
                interfaces=lambda: [self._make(each) for each in self._interfaces(type_)],
                is_type_of=type_.is_type_of,
                **known,
            )
        if isinstance(type_, GraphQLInterfaceType):
            return GraphQLInterfaceType(
                type_.name,
                lambda: {name: self._field(field) for name, field in members.items()},
                interfaces=lambda: [self._make(each) for each in type_.interfaces],
                resolve_type=type_.resolve_type,
                **known,
            )
        if isinstance(type_, GraphQLInputObjectType):
            return GraphQLInputObjectType(
                type_.name,
                lambda: {name: self._input_field(field) for name, field in members.items()},
                out_type=type_.out_type,
                is_one_of=type_.is_one_of,
                **known,
            )
        if isinstance(type_, GraphQLEnumType):
            return _EnumView(type_, members)
        return type_

    def _interfaces(self, type_: GraphQLObjectType) -> Iterable[GraphQLInterfaceType]:
        return type_.interfaces if self._allows(type_) else ()

    def _field(self, field: GraphQLField) -> GraphQLField:
        arguments = {
            name: GraphQLArgument(
                self._type(argument.type),
                default_value=argument.default_value,
                description=argument.description,
                deprecation_reason=argument.deprecation_reason,
                out_name=argument.out_name,
                extensions=argument.extensions,
            )
            for name, argument in sorted(field.args.items())
            if self._allows(argument) and get_named_type(argument.type).name not in self._empty
        }
        return GraphQLField(
            self._type(field.type),
            arguments,
            resolve=field.resolve,
            subscribe=field.subscribe,
            description=field.description,
            deprecation_reason=field.deprecation_reason,
            extensions=field.extensions,
        )

    def _input_field(self, field: GraphQLInputField) -> GraphQLInputField:
        return GraphQLInputField(
            self._type(field.type),
            default_value=field.default_value,
            description=field.description,
            deprecation_reason=field.deprecation_reason,
            out_name=field.out_name,
            extensions=field.extensions,
        )

    def _type(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._type(type_.of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._type(type_.of_type))
        return self._make(type_)


class _EnumView(GraphQLEnumType):
    """An enum with some of its values, that still takes in the members of the declared one."""

    def __init__(self, full: GraphQLEnumType, values: Mapping[str, Any]) -> None:
        super().__init__(full.name, dict(values), description=full.description, extensions=full.extensions)
        self._full = full
        self.wrapped_cls = getattr(full, "wrapped_cls", None)

    def coerce_input_value(self, input_value: Any, hide_suggestions: bool = False) -> Any:
        super().coerce_input_value(input_value, hide_suggestions)
        return self._full.coerce_input_value(input_value, hide_suggestions)

    def coerce_input_literal(self, value_node: Any, hide_suggestions: bool = False) -> Any:
        super().coerce_input_literal(value_node, hide_suggestions)
        return self._full.coerce_input_literal(value_node, hide_suggestions)

    parse_value = coerce_input_value

    def parse_literal(self, value_node: Any, variables: Any = None, hide_suggestions: bool = False) -> Any:
        return self.coerce_input_literal(value_node, hide_suggestions)

    def coerce_output_value(self, output_value: Any) -> str:
        return self._full.coerce_output_value(output_value)
