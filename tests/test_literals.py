"""Literals in a document: numbers that no double holds exactly, variables inside JSON."""

from typing import Any

import pytest
from graphql import parse_value

from app.read.arguments import literal
from tests.planned import whole_schema
from tests.serving import Client


@pytest.mark.parametrize("bound", ["12345678901234567890123", "9007199254740993", "1e400", "1" * 5_000])
async def test_a_large_number_bounds_a_filter(client: Client, bound: str) -> None:
    """HARDENING 22: beyond a double it is infinite, and so not less than any."""
    number = f"""{{ contacts(filter: {{ customFields: [{{ key: "budget", number: {{ lte: {bound} }} }}] }}) {{
        nodes {{ firstName }}
    }} }}"""
    assert await client.ask(number) == {"contacts": {"nodes": [{"firstName": "Ada"}]}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{ a: $x, b: [$x, { c: $x }], d: null }", {"a": {"y": 1}, "b": [{"y": 1}, {"c": {"y": 1}}], "d": None}),
        ("{ a: $none, b: [$none, 1] }", {"b": [None, 1]}),
        ("[true, 1.5, -0, ENUM]", [True, 1.5, 0, "ENUM"]),
        ("12345678901234567890123", 12345678901234567890123),
    ],
)
def test_variables_may_stand_inside_json(text: str, value: Any) -> None:
    assert literal(parse_value(text), whole_schema().type_map["JSON"])({"x": {"y": 1}}) == value  # type: ignore[arg-type]
