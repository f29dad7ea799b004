"""What a CSV cell may hold, by field (S4-30, S4-33…36)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import CATALOG
from app.write.cells import converter


def convert(noun: str, field: str, text: str) -> Any:
    return converter(CATALOG.nouns[noun], CATALOG.nouns[noun].attributes[field])(text)


@pytest.mark.parametrize(
    ("noun", "field", "text", "value"),
    [
        ("Contact", "email", "Ada@Example.org", "Ada@Example.org"),
        ("Contact", "email", "josé@müller.example.org", "josé@müller.example.org"),
        ("Contact", "phone", "+1-555-0199", "+1-555-0199"),
        ("Contact", "firstName", "Łukasz 🦊", "Łukasz 🦊"),
        ("Contact", "firstName", "x" * 100, "x" * 100),
        ("Contact", "source", "referral", "referral"),
        ("Contact", "source", "REFERRAL", "referral"),
        ("SenderPool", "strategy", "Round robin", "round_robin"),
        ("Contact", "score", "0", 0),
        ("Contact", "score", "+100", 100),
        ("Company", "size", "10000000", 10_000_000),
        ("Contact", "customFields", '{"b": 1, "a": [null, "é"]}', {"b": 1, "a": [None, "é"]}),
        ("User", "developer", "Yes", True),
        ("User", "developer", "0", False),
        ("Task", "dueAt", "2026-02-08T15:30:00.1239+01:00", datetime(2026, 2, 8, 14, 30, 0, 123000, tzinfo=UTC)),
    ],
)
def test_a_cell_becomes_the_value_of_its_field(noun: str, field: str, text: str, value: object) -> None:
    assert convert(noun, field, text) == value


@pytest.mark.parametrize(
    ("noun", "field", "text", "rule"),
    [
        ("Contact", "email", "ada", "is not an e-mail address"),
        ("Contact", "email", "ada@", "is not an e-mail address"),
        ("Contact", "email", "a b@example.org", "is not an e-mail address"),
        ("Contact", "email", "ada@example.org, bob@example.org", "is not an e-mail address"),
        ("Contact", "email", "Ada <ada@example.org>", "is not an e-mail address"),
        ("Contact", "email", f"{'x' * 250}@example.org", "254 are allowed"),
        ("Contact", "firstName", "x" * 101, "has 101 characters; 100 are allowed"),
        ("Contact", "firstName", "a\0b", "contains the NUL character"),
        ("Contact", "source", "phone", "is none of web, referral, api, import, manual"),
        ("Contact", "status", "", "is none of new"),
        ("Contact", "score", "101", "is not from 0 to 100"),
        ("Contact", "score", "-1", "is not from 0 to 100"),
        ("Contact", "score", "12.5", "is not a whole number"),
        ("Contact", "score", "1_0", "is not a whole number"),
        ("Contact", "score", "١٢", "is not a whole number"),
        ("Contact", "score", "9" * 30, "is not a whole number"),
        ("Company", "size", "10000001", "is not from 0 to 10000000"),
        ("Contact", "customFields", "{", "is not JSON"),
        ("Contact", "customFields", "[1]", "is not a JSON object"),
        ("Contact", "customFields", '{"a": NaN}', "is not JSON"),
        ("Contact", "customFields", '{"a": 1e400}', "must be finite"),
        ("Contact", "customFields", '{"a": ["\\u0000"]}', "must not contain the NUL"),
        ("Contact", "customFields", '{"\\ud800": 1}', "unpaired surrogates"),
        ("Contact", "customFields", '{"a":' + "[" * 20_000, "is not JSON"),
        ("User", "developer", "maybe", "is neither true nor false"),
        ("Task", "dueAt", "tomorrow", "is not a time"),
        ("Task", "dueAt", "2026-02-08", "has no time zone"),
    ],
)
def test_a_cell_that_breaks_a_rule_is_told_which(noun: str, field: str, text: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        convert(noun, field, text)
