"""The private spots of graphql-core and Strawberry that views stand on. Another minor of either has to be looked at."""

from functools import cache
from importlib.metadata import version

import pytest
import strawberry
from graphql import (
    EnumValueNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLSchema,
    GraphQLString,
    build_schema,
    introspection_from_schema,
    validate_schema,
)

from app.access.derive import Whole, copy_with
from app.access.scopes import SCOPES, expand
from app.access.views import Views
from app.domain import CATALOG, VERBS
from app.graph.schema import View, assemble, views_of
from tests.surface import faults_of


def minor(package: str) -> list[str]:
    return version(package).split(".")[:2]


def test_the_libraries_are_the_minors_that_the_views_were_written_for() -> None:
    assert (minor("graphql-core"), minor("strawberry-graphql")) == (["3", "3"], ["0", "341"])


def test_graphql_core_keeps_what_it_computed_where_copies_put_it() -> None:
    schema = build_schema("interface I { a: Int } type Query implements I { a: Int } input F { a: Int } enum E { A }")
    for name, attribute in {"Query": "fields", "I": "interfaces", "F": "fields", "E": "values"}.items():
        type_ = schema.type_map[name]
        assert getattr(type_, attribute) is vars(type_)[attribute]
        assert f"_{attribute}" in vars(type_)
    enum = schema.type_map["E"]
    assert isinstance(enum, GraphQLEnumType)
    assert enum.serialize("A") == "A"
    assert "_value_lookup" in vars(enum)


def test_a_copy_has_all_that_the_definition_has() -> None:
    field = GraphQLField(GraphQLString, description="A text.", extensions={"a": 1}, resolve=lambda *_: "x")
    copied = copy_with(field, type=GraphQLID)
    assert type(copied) is GraphQLField
    assert vars(copied) == vars(field) | {"type": GraphQLID}
    assert field.type is GraphQLString


@cache
def whole() -> strawberry.Schema:
    return assemble(CATALOG, VERBS)


@cache
def real() -> Views[View]:
    return views_of(whole(), size=100)


def test_strawberry_stands_on_the_core_schema_that_a_view_gives_it() -> None:
    assert isinstance(whole()._schema, GraphQLSchema)
    assert whole()._schema._strawberry_schema is whole()  # type: ignore[attr-defined]
    view = real().view(expand(["tags:read"]))
    assert view.strawberry is not whole()
    assert view.schema is view.strawberry._schema
    assert view.schema._strawberry_schema is view.strawberry  # type: ignore[attr-defined]
    assert view.schema.extensions["strawberry-definition"] is view.strawberry
    assert "contacts" in whole()._schema.type_map["Query"].fields  # type: ignore[attr-defined]


def test_every_definition_leads_back_to_the_one_that_carries_the_directives() -> None:
    for definition in Whole(whole()._schema).definitions:
        name = getattr(definition, "name", "")
        if not name.startswith("__") and name not in {"ID", "String", "Int", "Float", "Boolean"}:
            assert "strawberry-definition" in definition.extensions, definition


def test_strawberry_prints_a_view_and_no_more() -> None:
    text = real().view(expand(["tags:read"])).sdl
    assert "tags(" in text
    assert '@requiresScopes(scopes: [["tags:read"]])' in text
    assert "Contact" not in text
    assert validate_schema(build_schema(text)) == []


def test_introspection_shows_a_view_and_no_more() -> None:
    view = real().view(expand(["tags:read"]))
    names = {type_["name"] for type_ in introspection_from_schema(view.schema)["__schema"]["types"]}
    assert names == set(view.schema.type_map)
    assert "Tag" in names
    assert "Contact" not in names


def test_an_enum_of_a_view_takes_in_the_members_of_the_declared_one() -> None:
    full, part = (views.type_map["ApiKeyOrderField"] for views in (whole()._schema, real().view(expand(["*"])).schema))
    assert isinstance(full, GraphQLEnumType)
    assert isinstance(part, GraphQLEnumType)
    some = copy_with(full, values=dict(list(full.values.items())[:1]))
    for enum in (full, part, some):
        assert enum.coerce_input_value("CREATED_AT") is full.coerce_input_value("CREATED_AT")
        assert enum.parse_literal(EnumValueNode(value="CREATED_AT")) is full.coerce_input_value("CREATED_AT")


@pytest.mark.parametrize("scope", [*SCOPES, ""])
def test_the_view_of_a_scope_is_a_valid_schema(scope: str) -> None:
    assert faults_of(real().view(expand([scope])).schema) == []
    others = [name for name in SCOPES if name not in {scope, "*"} and scope not in SCOPES[name].implies]
    assert faults_of(real().view(expand(others)).schema) == []
