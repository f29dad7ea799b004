"""What route documents say besides GraphQL: directives, made known to the schema that they are validated against."""

from functools import cache

from graphql import GraphQLDirective, GraphQLSchema, build_schema

from app.graph.stored import DIRECTIVES

_SDL = '''
"""Serves the operation at a path below /v1; with `when`, for bodies that have this member: "status=paused"."""
directive @rest(
  method: String!
  path: String!
  "The variable that the whole body is the value of; without it, members of the body are variables."
  body: String
  when: String
  status: Int = 200
  "The day since which it is deprecated: 2026-12-31."
  deprecated: String
  "The day on which it goes."
  sunset: String
  "The path of what comes after it."
  successor: String
) repeatable on QUERY | MUTATION

"""Shows the only member of an object or a list in its place."""
directive @lift on FIELD

"""Shows the slug of the workspace instead of the field's value."""
directive @tenant on FIELD

"""Shows values of enums as they are stored, in changes of what the member `of` names the type of."""
directive @changes(of: String!) on FIELD

"""Is left out for keys that may not read the field, or not use the variable's type."""
directive @optional on FIELD | VARIABLE_DEFINITION

type Query {
  nothing: Boolean
}
'''


@cache
def _directives() -> tuple[GraphQLDirective, ...]:
    return tuple(each for each in build_schema(_SDL).directives if each.name in DIRECTIVES)


def directive(name: str) -> GraphQLDirective:
    """One of those by name."""
    return next(each for each in _directives() if each.name == name)


def knowing_directives(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema, and what route documents may say besides."""
    return GraphQLSchema(
        query=schema.query_type,
        mutation=schema.mutation_type,
        types=tuple(schema.type_map.values()),
        directives=(*schema.directives, *_directives()),
        assume_valid=True,
    )
