"""`@requiresScopes`: the one source of truth for who may use what."""

from collections.abc import Iterable

import strawberry
from graphql import GraphQLSchema
from strawberry.schema_directive import Location

from app.resource import Requirement


@strawberry.schema_directive(
    locations=[
        Location.FIELD_DEFINITION,
        Location.ARGUMENT_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.ENUM_VALUE,
        Location.OBJECT,
    ],
    name="requiresScopes",
    description=(
        "The scopes a key needs to see and use this: any one of the lists, all scopes of that list. On an object: to "
        "reach it through an interface; a field that returns it directly carries its own. What a key may not use does "
        "not exist in its schema."
    ),
)
class RequiresScopes:
    scopes: list[list[str]] = strawberry.directive_field(name="scopes")


def describe_argument(schema: GraphQLSchema) -> None:
    """Describes the directive's argument, which Strawberry has no way to."""
    directive = schema.get_directive("requiresScopes")
    if directive is not None:
        directive.args["scopes"].description = "Lists of scopes: all of one list are enough."


def requires(*requirements: Requirement) -> list[RequiresScopes]:
    """The directive for the first requirement that asks for anything, or none."""
    return [RequiresScopes(scopes=[list(group) for group in each]) for each in requirements if each][:1]


def requirement_of(directives: Iterable[object]) -> Requirement:
    """The requirement among the directives of a definition; empty when it is open."""
    for directive in directives:
        if isinstance(directive, RequiresScopes):
            return tuple(tuple(group) for group in directive.scopes)
    return ()
