"""schema.graphql: the whole schema as it is committed, in order, described throughout, with the scopes it takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import DirectiveDefinitionNode, NamedTypeNode, Node, TypeDefinitionNode, TypeNode, parse

from app.commands.schema import sdl
from app.domain import CATALOG
from app.graph.inputs import constant_name

SCHEMA = Path(__file__).parent.parent / "schema.graphql"
DEFINITIONS = parse(SCHEMA.read_text()).definitions
TYPES = {node.name.value: node for node in DEFINITIONS if isinstance(node, TypeDefinitionNode)}
NOUNS = sorted(CATALOG.nouns)


def parts(node: Node, *kinds: str) -> list[Any]:
    """The fields, values, arguments or directives of a node."""
    return [part for kind in kinds for part in getattr(node, kind, None) or ()]


def described() -> Iterator[tuple[str, str]]:
    """Everything that can have a description, as path and description."""

    def walk(path: str, node: Any) -> Iterator[tuple[str, str]]:
        yield path, node.description.value if node.description else ""
        for part in parts(node, "fields", "values", "arguments"):
            yield from walk(f"{path}.{part.name.value}", part)

    for node in DEFINITIONS:
        assert isinstance(node, TypeDefinitionNode | DirectiveDefinitionNode), node.kind
        yield from walk(node.name.value, node)


def in_order() -> Iterator[tuple[str, list[str]]]:
    """Every list of names, by what it is a list of."""
    yield "types", list(TYPES)
    for name, node in TYPES.items():
        members = parts(node, "fields", "values")
        yield name, [member.name.value for member in members]
        for member in members:
            yield f"{name}.{member.name.value}", [each.name.value for each in parts(member, "arguments")]


def named(node: TypeNode) -> str:
    while not isinstance(node, NamedTypeNode):
        node = node.type  # type: ignore[attr-defined]
    return node.name.value


def scopes_of(node: Node) -> list[list[str]]:
    """The scopes that `@requiresScopes` on a definition asks for; none when it is not there."""
    for directive in parts(node, "directives"):
        if directive.name.value == "requiresScopes":
            (argument,) = directive.arguments
            return [[scope.value for scope in group.values] for group in argument.value.values]
    return []


def fields_into(*types: str) -> dict[str, Node]:
    """The fields of objects and inputs that lead to one of some types, by path."""
    fields = ((f"{name}.{field.name.value}", field) for name, node in TYPES.items() for field in parts(node, "fields"))
    return {path: field for path, field in fields if named(field.type) in types}


def test_the_committed_schema_is_the_one_of_the_code() -> None:
    is_fresh = SCHEMA.read_text() == sdl(None)
    assert is_fresh, "schema.graphql is stale: run scripts/schema and commit what it writes"


def test_every_name_is_in_order() -> None:
    lists = list(in_order())
    assert len(lists) > 1_000
    assert [name for name, names in lists if names != sorted(names, key=str.lower)] == []


def test_everything_has_a_description() -> None:
    assert [path for path, description in described() if not description.strip()] == []


def test_a_description_is_made_of_sentences() -> None:
    sentence = re.compile(r"[A-Z`0-9].*[.]", re.DOTALL)
    assert [(path, text) for path, text in described() if text and not sentence.fullmatch(text)] == []


def test_no_description_speaks_of_our_own_papers() -> None:
    inside = re.compile(r"\b[SX]\d+(-\d+)?\b|CONTRACT|DESIGN|HARDENING")
    assert [(path, text) for path, text in described() if inside.search(text)] == []


@pytest.mark.parametrize("noun", NOUNS)
def test_every_edge_into_a_noun_names_its_scopes(noun: str) -> None:
    own = {f"{noun}Connection.edges", f"{noun}Connection.nodes", f"{noun}Edge.node"}
    kinds = ("", "Connection", "Aggregate", "ToOneFilter", "ToManyFilter")
    edges = {
        path: field for path, field in fields_into(*(f"{noun}{kind}" for kind in kinds)).items() if path not in own
    }
    assert len(edges) >= 3  # one, many and the aggregate at the root, at the least
    assert [path for path, field in edges.items() if not scopes_of(field)] == []


@pytest.mark.parametrize("noun", NOUNS)
def test_the_root_asks_for_what_reads_the_noun(noun: str) -> None:
    reading = [list(group) for group in CATALOG.nouns[noun].resource.reading]
    assert scopes_of(TYPES[noun]) == reading
    into = fields_into(noun, f"{noun}Connection", f"{noun}Aggregate")
    assert [scopes_of(field) for path, field in into.items() if path.startswith("Query.")] == [reading] * 3


def test_grouping_by_a_noun_takes_what_its_key_takes() -> None:
    keys = {name: parts(node, "fields") for name, node in TYPES.items() if name.endswith("GroupKey")}
    assert keys
    for name, fields in keys.items():
        by = {
            value.name.value: scopes_of(value) for value in parts(TYPES[name.replace("GroupKey", "GroupBy")], "values")
        }
        assert by == {constant_name(field.name.value): scopes_of(field) for field in fields}
