"""Key-scoped views of toy schemas: what vanishes, what goes with it, what is shared, what is kept."""

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    graphql_sync,
    lexicographic_sort_schema,
    parse,
    print_schema,
    validate,
)

from app.access.derive import Whole
from app.access.requirements import satisfied
from app.access.views import Guarded, Views
from app.errors import ConfigurationError
from app.resource import Requirement
from tests.surface import faults_of

NEEDS = """
directive @needs(all: [String!]!) repeatable on
  OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"""

TOY = """
interface Node { id: ID! }

type Query {
  node(id: ID!): Node
  cat(name: String, chip: String @needs(all: ["chips"])): Cat @needs(all: ["cats"])
  cats(filter: CatFilter, orderBy: [CatOrder!], colours: [Colour!]): [Cat!]! @needs(all: ["cats"])
  dog: Dog @needs(all: ["dogs"])
  ping: String
}

type Cat implements Node @needs(all: ["cats"]) {
  id: ID!
  colour: Colour
  "What it cost."
  price: Float @needs(all: ["prices"]) @needs(all: ["owners", "audit"])
  owner: Person @needs(all: ["owners"])
}

type Person implements Node @needs(all: ["people"]) {
  id: ID!
  name: String @deprecated(reason: "Ask it.")
  cat: Cat @needs(all: ["cats"])
}

type Dog { bone: Bone @needs(all: ["bones"]) }

type Bone { weight: Int }

input CatFilter { colour: Colour = BLACK, price: PriceFilter, chip: String @needs(all: ["chips"]) }

input PriceFilter { below: Float @needs(all: ["prices"]) }

input CatOrder { field: CatField!, up: Boolean }

enum CatField { PRICE @needs(all: ["prices"]) }

enum Colour { BLACK, WHITE, GOLD @needs(all: ["prices"]) }
"""


def requirement_of(definition: Any) -> Requirement:
    """The requirement that a toy's `@needs` spell out: each one is a way to meet it."""
    node = getattr(definition, "ast_node", None)
    directives = [each for each in getattr(node, "directives", None) or () if each.name.value == "needs"]
    return tuple(tuple(scope.value for scope in each.arguments[0].value.values) for each in directives)


def toy(text: str = TOY, *, size: int = 50) -> Views[GraphQLSchema]:
    return Views(Guarded(build_schema(NEEDS + text), requirement_of), lambda derived: derived, size)


def shows(text: str, *scopes: str, what: str) -> None:
    """That the view of a toy schema is just this SDL."""
    view = toy(text).view(frozenset(scopes))
    assert faults_of(view) == []
    _directive, _, seen = print_schema(lexicographic_sort_schema(view)).partition("\n\n")
    assert seen == print_schema(lexicographic_sort_schema(build_schema(what)))


def test_a_requirement_is_met_by_one_of_its_groups() -> None:
    requirement = (("a", "b"), ("c",))
    assert satisfied((), frozenset())
    assert satisfied(requirement, frozenset("ab"))
    assert satisfied(requirement, frozenset("c"))
    assert not satisfied(requirement, frozenset("a"))


def test_a_refused_field_is_gone() -> None:
    text = (
        'type Query { open: Int, one: Int @needs(all: ["a"]), other: Int @needs(all: ["a"]) @needs(all: ["b", "c"]) }'
    )
    shows(text, what="type Query { open: Int }")
    shows(text, "a", what="type Query { open: Int, one: Int, other: Int }")
    shows(text, "b", what="type Query { open: Int }")
    shows(text, "b", "c", what="type Query { open: Int, other: Int }")


def test_a_refused_argument_is_gone() -> None:
    text = 'type Query { cat(name: String, chip: String = "1" @needs(all: ["a"])): Int }'
    shows(text, what="type Query { cat(name: String): Int }")
    shows(text, "a", what='type Query { cat(name: String, chip: String = "1"): Int }')


def test_a_refused_input_field_is_gone() -> None:
    text = 'type Query { cat(filter: F): Int } input F { a: Int, b: Int @needs(all: ["a"]), f: F }'
    shows(text, what="type Query { cat(filter: F): Int } input F { a: Int, f: F }")


def test_a_refused_enum_value_is_gone_from_input_output_and_suggestions() -> None:
    view = toy('enum C { BLACK, GOLD @needs(all: ["a"]) } type Query { cat(colour: C): C }').view(frozenset())
    colour = view.type_map["C"]
    assert isinstance(colour, GraphQLEnumType)
    assert list(colour.values) == ["BLACK"]
    (error,) = validate(view, parse("{ cat(colour: GOLD) }"))
    assert error.message == "Value 'GOLD' does not exist in 'C' enum."
    shown = graphql_sync(view, "query ($c: C) { cat(colour: $c) }", {"cat": "BLACK"}, variable_values={"c": "GOLD"})
    assert shown.errors
    assert "GOLD' does not exist" in shown.errors[0].message
    assert graphql_sync(view, "{ cat }", {"cat": "GOLD"}).errors
    assert graphql_sync(view, "{ cat }", {"cat": "BLACK"}).data == {"cat": "BLACK"}


def test_a_refused_object_leaves_its_interface_but_not_the_fields_that_return_it() -> None:
    text = """
    interface Node { id: ID! }
    type Query { node: Node, cat: Cat, dog: Dog }
    type Cat implements Node @needs(all: ["a"]) { id: ID! }
    type Dog implements Node { id: ID! }
    """
    without = "interface Node { id: ID! } type Dog implements Node { id: ID! }"
    shows(text, what=f"type Query {{ node: Node, cat: Cat, dog: Dog }} type Cat {{ id: ID! }} {without}")
    shows(text, "a", what=text.replace('@needs(all: ["a"])', ""))


def test_a_refused_object_that_only_its_interface_leads_to_is_gone() -> None:
    text = """
    interface Node { id: ID! }
    type Query { node: Node }
    type Cat implements Node @needs(all: ["a"]) { id: ID! }
    """
    shows(text, what="interface Node { id: ID! } type Query { node: Node }")
    view = toy(text).view(frozenset())
    (error,) = validate(view, parse("{ node { ... on Cat { id } } }"))
    assert error.message == "Unknown type 'Cat'."


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('type Query { ok: Int, a: A } type A { b: B } type B { c: Int @needs(all: ["x"]) }', "type Query { ok: Int }"),
        (
            'type Query { ok(f: F): Int } input F { g: [G!] } input G { a: Int @needs(all: ["x"]) }',
            "type Query { ok: Int }",
        ),
        ('type Query { ok(e: E): Int, e: [E] } enum E { A @needs(all: ["x"]) }', "type Query { ok: Int }"),
        (
            'type Query { ok: Int, a: A @needs(all: ["x"]) } type A { b: B } type B { a: A, c: Int }',
            "type Query { ok: Int }",
        ),
        (
            'type Query { ok: Int, i: I } interface I { a: Int @needs(all: ["x"]) } type T implements I { a: Int }',
            "type Query { ok: Int }",
        ),
    ],
    ids=["objects", "inputs", "enums", "out of reach", "interface"],
)
def test_what_is_empty_or_out_of_reach_is_gone(text: str, what: str) -> None:
    shows(text, what=what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('type Query { ok: Int, a(b: Int! @needs(all: ["x"])): Int }', "type Query { ok: Int }"),
        ('type Query { ok: Int, a(e: E!): Int } enum E { A @needs(all: ["x"]) }', "type Query { ok: Int }"),
        ('type Query { a(b: Int! = 1 @needs(all: ["x"])): Int }', "type Query { a: Int }"),
        ('type Query { ok(f: F): Int } input F { a: Int! @needs(all: ["x"]), b: Int }', "type Query { ok: Int }"),
        (
            'type Query { ok: Int, a(f: F!): Int } input F { e: E!, b: Int } enum E { A @needs(all: ["x"]) }',
            "type Query { ok: Int }",
        ),
        (
            'type Query { ok(f: F): Int } input F { a: Int! = 1 @needs(all: ["x"]), b: Int }',
            "type Query { ok(f: F): Int } input F { b: Int }",
        ),
    ],
    ids=["argument", "argument's type", "default", "input field", "input field's type", "input field's default"],
)
def test_what_cannot_be_used_without_something_refused_is_gone(text: str, what: str) -> None:
    shows(text, what=what)


def test_the_views_of_the_toy() -> None:
    shows(TOY, what="interface Node { id: ID! } type Query { node(id: ID!): Node, ping: String }")
    shows(
        TOY,
        "cats",
        "dogs",
        what="""
        interface Node { id: ID! }
        type Query {
          node(id: ID!): Node
          cat(name: String): Cat
          cats(filter: CatFilter, colours: [Colour!]): [Cat!]!
          ping: String
        }
        type Cat implements Node { id: ID!, colour: Colour }
        input CatFilter { colour: Colour = BLACK }
        enum Colour { BLACK, WHITE }
        """,
    )


def test_a_view_of_everything_is_the_whole() -> None:
    everything = frozenset({"cats", "chips", "dogs", "bones", "prices", "owners", "people"})
    view, whole = toy().view(everything), build_schema(NEEDS + TOY)
    assert print_schema(lexicographic_sort_schema(view)) == print_schema(lexicographic_sort_schema(whole))


def test_deriving_leaves_the_whole_as_it_was_and_shares_what_it_can() -> None:
    schema = build_schema(NEEDS + TOY)
    before = print_schema(schema)
    views = Views(Guarded(schema, requirement_of), lambda derived: derived, 50)
    some, other = views.view(frozenset({"cats", "dogs", "bones"})), views.view(frozenset({"cats", "prices"}))
    assert print_schema(schema) == before
    assert some.type_map["Bone"] is schema.type_map["Bone"]
    assert some.type_map["Cat"] is not other.type_map["Cat"]
    assert some.type_map["Cat"].fields["id"] is other.type_map["Cat"].fields["id"]  # type: ignore[attr-defined]


def test_types_of_a_view_lead_to_types_of_that_view_only() -> None:
    view = toy().view(frozenset({"cats", "prices", "owners"}))
    for type_ in view.type_map.values():
        for interface in getattr(type_, "interfaces", ()):
            assert view.type_map[interface.name] is interface
        for field in getattr(type_, "fields", {}).values():
            for holder in (field, *getattr(field, "args", {}).values()):
                named = holder.type
                while hasattr(named, "of_type"):
                    named = named.of_type
                assert view.type_map[named.name] is named


def test_views_are_shared_by_scopes_that_meet_the_same_requirements() -> None:
    views = toy()
    cats = views.view(frozenset({"cats"}))
    assert views.view(frozenset({"cats"})) is cats
    assert views.view(frozenset({"cats", "unheard of"})) is cats
    assert views.view(frozenset({"cats", "audit"})) is cats
    assert views.view(frozenset({"cats", "prices"})) is not cats


def test_the_least_recently_used_view_is_dropped() -> None:
    views = toy(size=2)
    cats, dogs = views.view(frozenset({"cats"})), views.view(frozenset({"dogs"}))
    assert views.view(frozenset({"cats"})) is cats
    views.view(frozenset({"chips"}))
    assert views.view(frozenset({"cats"})) is cats
    assert views.view(frozenset({"dogs"})) is not dogs


def test_a_flood_of_scope_sets_is_forgotten() -> None:
    views = toy(size=2)
    cats = views.view(frozenset({"cats"}))
    for number in range(100):
        assert views.view(frozenset({"cats", f"unheard of {number}"})) is cats
    assert len(views._unmet) <= 16


def test_a_union_is_refused_rather_than_shown_whole() -> None:
    with pytest.raises(ConfigurationError, match="Pet is a union"):
        toy("type Query { pet: Pet } union Pet = A type A { a: Int }")


def test_a_definition_that_two_types_share_is_refused() -> None:
    identity = GraphQLField(GraphQLNonNull(GraphQLID))
    node = GraphQLInterfaceType("Node", {"id": identity})
    query = GraphQLObjectType("Query", {"id": identity}, [node])
    with pytest.raises(ConfigurationError, match="shares a definition"):
        Whole(GraphQLSchema(query))
