"""What text and JSON may hold (S4-30, S4-33, S4-37, S4-43; HARDENING 25)."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from app.write import rules
from app.write.rules import Broken, json_value

Rule: TypeAlias = Callable[[str], str]
LONGEST = "x" * 64 + "@" + ("y" * 61 + ".") * 3 + "com"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.email, "Ada.Lovelace+crm@Example.org"),
        (rules.email, "o'hara@example.org"),
        (rules.email, "josé@müller.example.org"),
        (rules.email, "ada@xn--mller-kva.example.org"),
        (rules.email, LONGEST),
        (rules.phone, "+1-555-0199"),
        (rules.phone, "+49 (0)30 123456"),
        (rules.phone, "(+353) 1.234.5678 ext. 12"),
        (rules.phone, "+800 1234 5678"),
        (rules.phone, "030/123456x7"),
        (rules.phone, "911"),
        (rules.phone, "0049 30 123456 Extension 12"),
        (rules.url, "https://acme.com"),
        (rules.url, "HTTP://Acme.com:8080/a/ü?q=@#top"),
        (rules.url, "https://müller.de/"),
        (rules.url, "http://intranet/wiki"),
        (rules.url, "http://[::1]:80/"),
        (rules.url, "http://192.168.0.1"),
        (rules.domain, "acme.com"),
        (rules.domain, "Sub-1.Acme.co.uk"),
        (rules.domain, "müller.de"),
        (rules.domain, "例え.jp"),
        (rules.domain, "xn--mller-kva.de"),
        (rules.domain, "4chan.org"),
        (rules.color, "#2f80ED"),
        (rules.key, "shoeSize_2"),
        (rules.key, "a" * 100),
        (rules.not_blank, " a\n"),
        (rules.printable, "line\r\nbreak, \u202ebidi\u202c, 🦊, Cyrillic а, e\u0301\t\x7f"),
        (rules.printable, ""),
    ],
)
def test_text_that_keeps_a_rule_is_given_back_as_it_was_sent(rule: Rule, text: str) -> None:
    """HARDENING 25, S4-33."""
    assert rule(text) is text


@pytest.mark.parametrize(
    ("rule", "text", "message"),
    [
        *((rules.email, text, "Invalid email format") for text in ("", "ada", "a b@example.org", "ada@localhost")),
        (rules.email, "Ada <ada@example.org>", "Invalid email format"),
        (rules.email, "ada@example.org\n", "Invalid email format"),
        (rules.email, "ada\0@example.org", "Invalid email format"),
        (rules.email, "ada@" + "é" * 1_000_000, "Invalid email format"),
        (rules.phone, "", "telephone number"),
        (rules.phone, "12", "telephone number"),
        (rules.phone, "1" * 16, "telephone number"),
        (rules.phone, "1-800-FLOWERS", "telephone number"),
        (rules.phone, "555 ext.", "telephone number"),
        (rules.phone, "555\n0199", "telephone number"),
        (rules.phone, "٥٥٥٠١٩٩", "telephone number"),
        (rules.phone, "+", "telephone number"),
        (rules.phone, " " * 1_000_000, "telephone number"),
        (rules.phone, "+999 555 0199", "no such country code"),
        (rules.phone, "+001 555 0199", "no such country code"),
        (rules.url, "acme.com", "http or https"),
        (rules.url, "ftp://acme.com", "http or https"),
        (rules.url, "javascript:alert(1)", "http or https"),
        (rules.url, "https://", "http or https"),
        (rules.url, "https:///path", "http or https"),
        (rules.url, "https://ada:secret@acme.com", "http or https"),
        (rules.url, "https://@acme.com", "http or https"),
        (rules.url, "https://acme.com/a b", "http or https"),
        (rules.url, " https://acme.com", "http or https"),
        (rules.url, "https://acme.com\\@evil.com", "http or https"),
        (rules.url, "https://acme.com/\x00", "http or https"),
        (rules.url, "https://acme.com:99999", "http or https"),
        (rules.url, "https://acme.com:port", "http or https"),
        (rules.url, "https://acme..com", "http or https"),
        (rules.url, "https://[::1", "http or https"),
        (rules.domain, "https://acme.com", "internet domain"),
        (rules.domain, "acme", "internet domain"),
        (rules.domain, "acme.com.", "internet domain"),
        (rules.domain, "acme_1.com", "internet domain"),
        (rules.domain, "-acme.com", "internet domain"),
        (rules.domain, "127.0.0.1", "internet domain"),
        (rules.domain, "acme.com\n", "internet domain"),
        (rules.domain, "ü..de", "internet domain"),
        (rules.domain, f"{'a' * 64}.com", "internet domain"),
        (rules.domain, "ü" * 1_000_000, "internet domain"),
        (rules.color, "2f80ed", "#rrggbb"),
        (rules.color, "#fff", "#rrggbb"),
        (rules.color, "#2f80ed\n", "#rrggbb"),
        (rules.key, "2nd", "letter"),
        (rules.key, "größe", "letter"),
        (rules.key, "a" * 101, "letter"),
        (rules.not_blank, "", "blank"),
        (rules.not_blank, " \t\n\u00a0\u3000", "blank"),
        (rules.printable, "a\0b", "NUL"),
        (rules.printable, "a\ud800b", "surrogate"),
    ],
)
def test_text_that_breaks_a_rule_is_told_which(rule: Rule, text: str, message: str) -> None:
    """HARDENING 25, S4-43."""
    with pytest.raises(Broken, match=message) as caught:
        rule(text)
    assert caught.value.code.name == ("BLANK" if rule is rules.not_blank else "INVALID")


ADDRESSES = st.builds(
    "{}@{}.{}".format,
    st.text("aZ09.+_-'", min_size=1, max_size=66),
    st.text("aZ09.-", min_size=1, max_size=66) | st.sampled_from(["xn--a", "ab--c", "xn--mller-kva", "y" * 63]),
    st.sampled_from([*SPECIAL_USE_DOMAIN_NAMES, "TEST", "org", "x", "x1", "9", "xn--p1ai"]),
)


@given(st.one_of(ADDRESSES, st.emails(), st.text(max_size=80)))
@example(LONGEST)
@example("x" + LONGEST)
@example(f"a@{'y.' * 125}com")
@example("a..b@example.org")
@example("a@example.org\n")
def test_the_short_way_for_plain_addresses_decides_like_email_validator(text: str) -> None:
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        assert not rules._PLAIN_EMAIL(text)
        with pytest.raises(Broken, match="Invalid email format"):
            rules.email(text)
    else:
        assert rules.email(text) is text


@pytest.mark.parametrize("rule", [rules.email, rules.phone, rules.url, rules.domain, rules.color, rules.key])
@given(text=st.text() | st.text().map(lambda text: f"https://{text}") | st.text("0123456789+.-:/@[]x", max_size=20))
def test_no_text_makes_a_rule_stumble(rule: Rule, text: str) -> None:
    try:
        assert rule(text) is text
    except Broken as broken:
        assert broken.message  # noqa: PT017 (either is right)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"b": 1, "a": [None, True, "é\n🦊", {"": -0.0}]},
        {"large": 2**64 - 1, "low": 1 - 2**63, "double": 1.5e19, "tiny": 5e-324},
        [],
        "text",
        None,
        {"a": "x" * 65_528},
    ],
)
def test_json_that_both_databases_hold_is_given_back_as_it_was_sent(value: Any) -> None:
    """S4-37."""
    assert json_value(value) is value


def nested(depth: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    ("value", "message", "code"),
    [
        ({"a": math.inf}, "finite", "INVALID"),
        ([-math.inf], "finite", "INVALID"),
        ({"a": {"b": math.nan}}, "finite", "INVALID"),
        ({"a": 2**64}, "64 bits", "INVALID"),
        ({"a": float(2**64)}, "64 bits", "INVALID"),
        ({"a": -float(2**63)}, "64 bits", "INVALID"),
        ({"a": 10**5_000}, "64 bits", "INVALID"),
        ({"a": object()}, "no JSON", "INVALID"),
        ({"a\0": 1}, "NUL", "INVALID"),
        ({"a": ["\0"]}, "NUL", "INVALID"),
        ({"a": {"\udfff": 1}}, "surrogate", "INVALID"),
        ("\ud800", "surrogate", "INVALID"),
        ({"a": "x" * 65_529}, "65536 bytes, not 65537", "TOO_LONG"),
        ({"a": "é" * 32_765}, "65536 bytes, not 65538", "TOO_LONG"),
        (nested(21, lambda value: [value]), "too deeply", "TOO_LONG"),
        (nested(5_000, lambda value: {"a": value}), "too deeply", "TOO_LONG"),
    ],
    ids=range(16),
)
def test_json_that_a_database_or_a_client_cannot_hold_is_refused(value: Any, message: str, code: str) -> None:
    """HARDENING 25."""
    with pytest.raises(Broken, match=message) as caught:
        json_value(value)
    assert caught.value.code.name == code


def test_json_may_be_nested_twenty_deep() -> None:
    assert json_value(nested(20, lambda value: [value])) == nested(20, lambda value: [value])
