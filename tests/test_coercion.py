"""Variables: the short way for what is plainly of its type comes to what graphql-core comes to."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_variable_values,
    parse,
    type_from_ast,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.access.scopes import SCOPES
from app.application import create_app
from app.graph import variables as module
from app.graph.coercion import readers_of
from app.graph.errors import Refused
from app.graph.variables import Coercion
from app.settings import Settings
from tests.planned import whole_schema

TOYS = build_schema("""
    type Query { toys(input: Toy, list: [Toy!]!, either: Either): Int }
    enum Colour { RED GREEN }
    scalar Any
    input Toy {
      name: String! = "bear"
      tags: [String!]
      grid: [[Int]]
      colour: Colour = GREEN
      parts: [Toy!]
      like: Toy = { count: 3, like: null }
      count: Int!
      price: Float
      flag: Boolean! = false
      any: [Any!]
      made: ID
    }
    input Either @oneOf { left: Int, right: String }
""")
TYPES = [
    *(
        (TOYS, text)
        for text in (
            "Toy!",
            "[Toy!]!",
            "[[Int]!]",
            "Either",
            "[Either!]",
            "Colour",
            "Any",
            "[Any]",
            "ID!",
            "Float",
            "[Int!]",
        )
    ),
    *((whole_schema(), text) for text in ("ContactFilter", "CompanyFilter!", "[ContactOrder!]", "DateTimeFilter")),
    *((whole_schema(), text) for text in ("CustomValueFilter!", "[DateTime!]", "StringFilter", "[ContactGroupBy!]!")),
]
LEAVES = st.sampled_from(
    [None, True, 0, 1, -1, 2**31, 2**53, 1.0, 1.5, "", "a", "RED", "ASC", "CREATED_AT", "2026-02-08T14:30:00+01:00"]
)
JUNK = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2)
)


def coercion_of(schema: GraphQLSchema, declared: str) -> tuple[Coercion, OperationDefinitionNode]:
    definition = parse(f"query ($it: {declared}) {{ __typename }}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return Coercion(schema, definition), definition


def graphql_core(schema: GraphQLSchema, definition: OperationDefinitionNode, inputs: Mapping[str, Any]) -> Any:
    """What graphql-core makes of the inputs, as text, in which `1` is not `1.0` and members have an order."""
    result = get_variable_values(schema, definition.variable_definitions or (), dict(inputs), max_errors=20)
    return [error.message for error in result][:20] if isinstance(result, list) else repr(result.coerced)


def ours(coercion: Coercion, inputs: Mapping[str, Any]) -> Any:
    try:
        return repr(coercion.coerce(inputs))
    except Refused as refused:
        return [problem["message"] for problem in refused.problems]


def values_of(type_: Any, depth: int = 3) -> st.SearchStrategy[Any]:
    """Values that mostly fit a type, and sometimes are something else."""
    if isinstance(type_, GraphQLNonNull):
        fitting = values_of(type_.of_type, depth)
    elif isinstance(type_, GraphQLList):
        fitting = st.lists(values_of(type_.of_type, depth), max_size=3)
    elif isinstance(type_, GraphQLInputObjectType):
        fitting = objects_of(type_, depth)
    elif isinstance(type_, GraphQLEnumType):
        fitting = st.sampled_from(list(type_.values))
    else:
        fitting = LEAVES
    return st.integers(0, 19).flatmap(lambda number: fitting if number else JUNK)


@st.composite
def objects_of(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from([*type_.fields]), max_size=4 if depth else 0, unique=True))
    names += [name for name, field in type_.fields.items() if name == "count" and name not in names]
    unknown = draw(st.sampled_from([*[()] * 19, ("unknown",)]))
    return {name: draw(values_of(type_.fields[name].type, depth - 1)) for name in names} | dict.fromkeys(unknown, 1)


@st.composite
def cases(draw: st.DrawFn) -> tuple[GraphQLSchema, str, dict[str, Any]]:
    schema, text = draw(st.sampled_from(TYPES))
    definition = coercion_of(schema, text)[1]
    declared = type_from_ast(schema, (definition.variable_definitions or ())[0].type)
    return schema, text, draw(st.just({}) | values_of(declared).map(lambda value: {"it": value}))


@given(cases())
@example((TOYS, "Toy!", {"it": {"count": 1}}))
@example((TOYS, "Toy!", {"it": {"made": None, "count": 1, "name": None}}))
@example((TOYS, "Toy", {"it": None}))
@example((TOYS, "[Any!]", {"it": [None]}))
@example((TOYS, "Toy = { count: 2, parts: { count: 1 } }", {}))
@example((TOYS, "Int! = 2", {}))
@example((TOYS, "Int! = 2", {"it": None}))
@settings(max_examples=400, deadline=None)
def test_the_short_way_agrees_with_graphql_core(case: tuple[GraphQLSchema, str, dict[str, Any]]) -> None:
    schema, declared, inputs = case
    coercion, definition = coercion_of(schema, declared)
    assert ours(coercion, inputs) == graphql_core(schema, definition, inputs)


@pytest.mark.parametrize("levels", [99, 100, 101, 480])
def test_the_short_way_goes_as_deep_as_graphql_core(levels: int) -> None:
    value: dict[str, Any] = {"count": 1}
    for _ in range(levels):
        value = {"count": 1, "parts": [value]}
    coercion, definition = coercion_of(TOYS, "Toy!")
    assert ours(coercion, {"it": value}) == graphql_core(TOYS, definition, {"it": value})


@pytest.mark.parametrize(
    ("schema", "declared", "value"),
    [
        (TOYS, "[Toy!]!", [{"count": 1, "tags": ["a"], "colour": "RED", "parts": [{"count": 2}], "any": [{"a": 1}]}]),
        (TOYS, "Toy", {"count": 1, "price": 1, "flag": True, "made": None, "grid": [[1], [2, 3]]}),
        (whole_schema(), "ContactFilter", {"and": [{"tags": {"some": {"name": {"eq": "a"}}}}, {"score": {"gt": 1}}]}),
        (whole_schema(), "ContactFilter", {"createdAt": {"gt": "2026-02-08T14:30:00+01:00"}, "status": {"eq": "NEW"}}),
        (whole_schema(), "[ContactOrder!] = []", [{"field": "CREATED_AT", "direction": "DESC"}]),
    ],
)
def test_what_is_plainly_of_its_type_goes_the_short_way(
    schema: GraphQLSchema, declared: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    coercion, definition = coercion_of(schema, declared)
    expected = graphql_core(schema, definition, {"it": value})
    monkeypatch.setattr(module, "get_variable_values", None)
    assert ours(coercion, {"it": value}) == expected


def test_a_view_reads_only_its_own_fields() -> None:
    """The whole schema's readers know fields that the view does not have."""
    views = create_app(Settings()).views
    whole, narrow = views.view(frozenset(SCOPES)).schema, views.view(frozenset({"contacts:read"})).schema
    value = {"it": {"tags": {"some": {"name": {"eq": "hot"}}}}}
    assert coercion_of(whole, "ContactFilter")[0].coerce(value) == value
    assert readers_of(narrow) is not readers_of(whole)
    with pytest.raises(Refused, match="tags"):
        coercion_of(narrow, "ContactFilter")[0].coerce(value)
