"""What `Prefer: handling=strict` makes of an update (X20): an operation that replaces what it could only change.

Every field that it can be given and is not is set as if the record were new: to null, or to what a new one starts with.
What can be neither is required, and so is what a new one must be given. Custom fields start as none, which are merged
into those that are there.
"""

import json
from collections.abc import Collection
from dataclasses import replace
from enum import Enum
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    NameNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    parse,
    parse_value,
)

from app.graph.schema import given_on
from app.graph.stored import OPTIONAL
from app.verb import Form


def replacement(schema: GraphQLSchema, document: DocumentNode, needed: Collection[str]) -> DocumentNode | None:
    """The document that replaces what a compiled one changes; None for one that has no input to be completed.

    The variables that are `needed` have to be given, whatever their fields are.
    """
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    [root] = operation.selection_set.selections
    root_type = schema.get_root_type(operation.operation)
    assert isinstance(root, FieldNode)
    assert root_type is not None
    declared = root_type.fields[root.name.value].args
    for argument in root.arguments or ():
        definition = declared[argument.name.value]
        given = given_on(definition)
        if given is not None and isinstance(given.type, Form) and not given.many:
            input_type = get_named_type(definition.type)
            assert isinstance(input_type, GraphQLInputObjectType)
            return DocumentNode(definitions=(_completed(operation, root, argument, input_type, needed),))
    return None


def _completed(
    operation: OperationDefinitionNode,
    root: FieldNode,
    argument: ArgumentNode,
    input_type: GraphQLInputObjectType,
    needed: Collection[str],
) -> OperationDefinitionNode:
    places = _places(argument, input_type)
    given = [
        _definition(variable, input_type.fields[field], needed=variable in needed) for field, variable in places.items()
    ]
    taken = {argument.value.name.value} if isinstance(argument.value, VariableNode) else set(places.values())
    kept = [each for each in operation.variable_definitions or () if each.variable.name.value not in taken]
    members = " ".join(f"{field}: ${variable}" for field, variable in places.items())
    whole = replace(argument, value=parse_value(f"{{{members}}}", no_location=True))
    arguments = tuple(whole if each is argument else each for each in root.arguments or ())
    assert operation.name is not None
    return replace(
        operation,
        name=NameNode(value=f"{operation.name.value}Strictly"),
        variable_definitions=(*kept, *given),
        selection_set=SelectionSetNode(selections=(replace(root, arguments=arguments),)),
    )


def _places(argument: ArgumentNode, input_type: GraphQLInputObjectType) -> dict[str, str]:
    """The fields of the input that a request can give, and the variables they are given by."""
    if isinstance(argument.value, VariableNode):
        return {name: name for name in input_type.fields}
    assert isinstance(argument.value, ObjectValueNode)
    fields = argument.value.fields
    return {each.name.value: each.value.name.value for each in fields if isinstance(each.value, VariableNode)}


def _definition(variable: str, field: Any, *, needed: bool) -> VariableDefinitionNode:
    """A variable that is what the field starts with where it is not given; none for keys that do not see the field."""
    given = given_on(field)
    assert given is not None
    required = needed or (not given.nullable and given.initial is None)
    written = f"{field.type}!" if required else f"{field.type} = {_literal(given.initial, field.type)}"
    [operation] = parse(f"query (${variable}: {written} @{OPTIONAL}) {{ _ }}", no_location=True).definitions
    assert isinstance(operation, OperationDefinitionNode)
    [definition] = operation.variable_definitions or ()
    return definition


def _literal(value: Any, type_: Any) -> str:
    return str(type_.serialize(value.value)) if isinstance(value, Enum) else json.dumps(value)
