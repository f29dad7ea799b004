"""Literals in a document and numbers in JSON: what no double holds exactly, variables inside JSON."""

from typing import Any

import pytest
from graphql import parse_value

from app.read.arguments import literal
from tests.changing import change, refusals
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


def creating(number: float) -> list[tuple[str, dict[str, Any]]]:
    """A contact with a number in a custom field, by a variable and by a literal: documents with their variables."""
    create = "createContact(input: { customFields: %s }) { contact { customFields } userErrors { field code } }"
    by_variable = f"mutation ($fields: JSON) {{ {create % '$fields'} }}"
    return [(by_variable, {"fields": {"n": number}}), (f"mutation {{ {create % f'{{ n: {number} }}'} }}", {})]


@pytest.mark.parametrize("number", [2**64 - 1, 1 - 2**63, 2**53 + 1, -0.25, 1.5e19])
async def test_a_number_in_json_comes_back_as_it_was_sent(client: Client, number: float) -> None:
    """S4-37"""
    for document, variables in creating(number):
        assert (await change(client, document, **variables))["contact"]["customFields"] == {"n": number}


@pytest.mark.parametrize("number", [2**64, -(2**63), 10**22 + 1, 10**300])
async def test_a_number_in_json_that_would_be_rounded_is_refused(client: Client, number: int) -> None:
    """S4-37: rather than given back as another one."""
    for document, variables in creating(number):
        assert await refusals(client, document, **variables) == [("INVALID", "input.customFields")]


@pytest.mark.parametrize("number", [2**31, 2**64, 10**22])
async def test_an_int_has_32_bits(client: Client, number: int) -> None:
    """A variable, and a literal, is refused before anything is done."""
    create = "createContact(input: { score: %s }) { userErrors { code } }"
    refused = await client.refused(f"mutation ($n: Int) {{ {create % '$n'} }}", {"n": number})
    assert (refused["status"], refused["code"]) == (400, "BAD_USER_INPUT")
    refused = await client.refused(f"mutation {{ {create % number} }}")
    assert (refused["status"], refused["code"]) == (400, "GRAPHQL_VALIDATION_FAILED")
