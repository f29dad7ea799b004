"""Values of custom fields against their definitions (S4-37)."""

from typing import Any

import pytest

from app.domain.custom_field import CustomFieldType
from app.write.custom_fields import Definition, check_custom_fields

DEFINITIONS = {
    "note": Definition("text"),
    "size": Definition("number"),
    "vip": Definition("boolean"),
    "born": Definition("date"),
    "plan": Definition("enum", ["free", "paid"]),
    "langs": Definition("multi", ["de", "en", "fr"]),
    "many": Definition("enum", [f"o{number}" for number in range(200)]),
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("note", ""),
        ("size", 0),
        ("size", -1.5),
        ("vip", False),
        ("born", "2024-02-29"),
        ("born", "2026-02-08T14:30:00Z"),
        ("born", "2026-02-08t14:30:00.123456789+01:00"),
        ("plan", "paid"),
        ("langs", []),
        ("langs", ["en", "de"]),
        *((key, None) for key in DEFINITIONS),
    ],
)
def test_a_value_that_fits_its_definition_passes(key: str, value: Any) -> None:
    assert check_custom_fields({key: value}, DEFINITIONS, strict=True) == []


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("note", 1, "text"),
        ("note", ["a"], "text"),
        ("size", "1", "a number"),
        ("size", True, "a number"),
        ("vip", 1, "true or false"),
        ("vip", "true", "true or false"),
        ("born", 20260208, "a date"),
        ("born", "2026-02-30", "a date"),
        ("born", "20260208", "a date"),
        ("born", "2026-02-08T14:30:00", "a date"),
        ("born", "2026-02-08T25:00:00Z", "a date"),
        ("born", "2026-02-08\n", "a date"),
        ("plan", "Paid", "one of free, paid"),
        ("plan", ["paid"], "one of free, paid"),
        ("langs", "de", "a list of different ones of de, en, fr"),
        ("langs", ["de", "de"], "a list of different ones of de, en, fr"),
        ("langs", ["de", {}], "a list of different ones of de, en, fr"),
        ("many", "x", "o8, o9 and 190 more"),
    ],
)
def test_a_value_that_does_not_fit_is_told_what_would(key: str, value: Any, rule: str) -> None:
    ((told, message, code),) = check_custom_fields({key: value, "other": {}}, DEFINITIONS, strict=False)
    assert (told, code) == (key, "INVALID")
    assert rule in message


def test_only_a_strict_workspace_refuses_keys_that_are_not_defined() -> None:
    """S4-37."""
    values = {"note": "a", "other": {"any": ["thing"]}, "third": None}
    assert check_custom_fields(values, DEFINITIONS, strict=False) == []
    told = [(key, code) for key, _, code in check_custom_fields(values, DEFINITIONS, strict=True)]
    assert told == [("other", "UNKNOWN_FIELD"), ("third", "UNKNOWN_FIELD")]


def test_every_type_of_a_custom_field_is_checked() -> None:
    for kind in CustomFieldType:
        assert check_custom_fields({"a": object()}, {"a": Definition(kind.value)}, strict=False)
