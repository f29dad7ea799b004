"""Which header texts are taken for a key, and what is said about the others (X1, X33, S2-24, S2-25, S2-30, S3-13)."""

import timeit
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.access.credentials import Credentials, read_credentials, unknown_key
from app.errors import Unauthenticated
from app.graph.incoming import by_name

KEY = "sk_12345678_abcdefghijklmnopqrstuvwxyzABCDEF"
OTHER = "ldr_live_sk_a1b2c3d4e5f6g7h8i9j0"
OURS = "lgk_live_0123456789abcdefghijABCDEFGHIJ014AU6Tp"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhZGEifQ" * 20 + ".c2lnbmF0dXJl-_x"


def bearer(key: str) -> tuple[bytes, bytes]:
    return b"authorization", b"Bearer " + key.encode()


def header(key: str) -> tuple[bytes, bytes]:
    return b"x-api-key", key.encode()


def refusal(headers: Sequence[tuple[bytes, bytes]]) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        read_credentials(by_name(headers))
    assert caught.value.status == 401
    return caught.value


def answer(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """The message of a refusal, nothing when the key is accepted."""
    try:
        read_credentials(by_name(headers))
    except Unauthenticated as error:
        return error.message
    return ""


@pytest.mark.parametrize(
    "headers",
    [
        [bearer(KEY)],
        [header(KEY)],
        [(b"authorization", b"bearer " + KEY.encode())],
        [bearer(KEY), header(KEY)],
        [(b"host", b"localhost"), header(KEY), (b"cookie", b"a=b"), (b"cookie", b"c=d")],
    ],
    ids=["bearer", "x-api-key", "lower case", "both", "among others"],
)
def test_a_key_is_read_from_either_header(headers: list[tuple[bytes, bytes]]) -> None:
    """X1, S1-5, S2-2, S3-13, S4-5"""
    assert read_credentials(by_name(headers)) == Credentials(KEY)


def test_a_request_without_credentials_is_told_how_to_send_them() -> None:
    """S2-24, X15"""
    error = refusal([(b"host", b"localhost"), (b"cookie", b"key=" + KEY.encode())])
    assert error.reason == "MISSING"
    assert "Authorization: Bearer" in error.message
    assert "X-API-Key" in error.message


@pytest.mark.parametrize(
    "headers",
    [
        [bearer(KEY), header(OTHER)],
        [bearer(KEY), bearer(OTHER)],
        [header(KEY), header(OTHER)],
        [header(KEY), header(OTHER), bearer(KEY)],
        [bearer(KEY), bearer(KEY)],
        [header(KEY), header(KEY), bearer(KEY)],
        [(b"authorization", b"Bearer " + KEY.encode() + b", Bearer " + OTHER.encode())],
        [bearer(KEY), header(KEY + " ")],
        [bearer(JWT), header(KEY)],
    ],
)
def test_several_credentials_are_refused_whichever_is_good(headers: list[tuple[bytes, bytes]]) -> None:
    """X1; HARDENING 2: never the luckier one, and no header twice, be it that a proxy has joined the two."""
    for order in (headers, headers[::-1]):
        error = refusal(order)
        assert error.reason == "AMBIGUOUS_CREDENTIALS"
        assert "sk_" not in error.message


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"", "Bearer, one space"),
        (b"Bearer", "Bearer, one space"),
        (b"Bearer ", "is empty"),
        (KEY.encode(), "Bearer, one space"),
        (b"Basic " + KEY.encode(), "Bearer, one space"),
        (b"Token " + KEY.encode(), "Bearer, one space"),
        (b"Bearer\t" + KEY.encode(), "Bearer, one space"),
        (b" Bearer " + KEY.encode(), "Bearer, one space"),
        (b"Bearer  " + KEY.encode(), "contains a space at its start"),
        (b"Bearer " + KEY.encode() + b" ", "contains a space at its end"),
        (b"Bearer " + KEY.encode() + b"\n", "contains a line break at its end"),
        (b"Bearer " + KEY.encode() + b"\r\n", "contains a line break"),
        (b"Bearer " + KEY.encode() + b"\t", "contains a tab at its end"),
        (b"Bearer " + KEY[:20].encode() + b" " + KEY[20:].encode(), "contains a space;"),
        (b"Bearer " + KEY.encode() + b"\x00", "contains a control character at its end"),
        (b"Bearer " + KEY.encode() + b"-" + "é".encode(), "contains a punctuation character;"),
        (b'Bearer "' + KEY.encode() + b'"', "contains a punctuation character at its start"),
    ],
)
def test_a_malformed_key_is_refused_with_the_broken_rule(value: bytes, told: str) -> None:
    """S2-25, S2-30, S3-17, X33; HARDENING 1: no trimming, no repair."""
    error = refusal([(b"authorization", value)])
    assert error.reason == "MALFORMED"
    assert told in error.message
    assert len(error.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        KEY[:14].encode(),
        KEY.encode() + b"x" * 200,
        b"x" * 100_000,
        OURS[:-1].encode(),
        OURS[:20].encode(),
        OURS[:30].encode() + OURS[30:].swapcase().encode(),
        KEY.encode() + "é".encode(),
        "ключ".encode(),
        b"\xa0" + KEY.encode(),
    ],
)
def test_what_cannot_be_a_key_is_answered_as_an_unknown_key_is(text: bytes) -> None:
    """HARDENING 1"""
    for name, value in ((b"authorization", b"Bearer " + text), (b"x-api-key", text)):
        error = refusal([(name, value)])
        assert (error.message, error.extensions) == (unknown_key().message, unknown_key().extensions)


def test_a_malformed_key_is_refused_in_the_other_header_as_well() -> None:
    """X1, X33"""
    error = refusal([header(KEY + " ")])
    assert error.message == (
        "The key in the X-API-Key header contains a space at its end; keys are made of letters, digits and underscores"
        " (sk_12345678_ab…)."
    )


def test_a_session_token_is_told_apart_from_a_key() -> None:
    """X1: a Bearer value with two dots is a session JWT."""
    credentials = read_credentials(dict([bearer(JWT)]))
    assert (credentials.kind, credentials.text) == ("token", JWT)
    assert read_credentials(dict([bearer(KEY)])).kind == "key"
    for malformed in (
        header("a.b.c"),
        bearer("a.b.c.d"),
        bearer("a.b"),
        bearer("a.b.c="),
        bearer(f"{'a' * 9_000}.b.c"),
    ):
        assert "punctuation" in refusal([malformed]).message


@given(st.binary(max_size=250))
@example(KEY.encode() + b" ")
@example(b"live.with.dots_and_something_secret")
def test_a_refusal_never_repeats_more_than_the_prefix(text: bytes) -> None:
    """X33, S3-16, S2-18"""
    for name, value in ((b"authorization", b"Bearer " + text), (b"authorization", text), (b"x-api-key", text)):
        message = answer([(name, value)])
        shown = text.decode("latin-1")
        assert len(shown) < 15 or shown[:15] not in message


def test_the_prefix_is_repeated_only_when_the_text_starts_like_a_key() -> None:
    """X33, S3-16"""
    assert "(sk_12345678_ab…)" in refusal([bearer(KEY + "!")]).message
    assert "hunter2" not in refusal([bearer("hunter2-and-some-password")]).message
    assert "ab" not in refusal([bearer("sk_live_é" + KEY)]).message.replace("alphabet", "")


def test_a_good_key_is_read_in_microseconds() -> None:
    sent = [(b"host", b"localhost"), (b"accept", b"*/*"), (b"content-type", b"application/json"), bearer(OURS)]
    headers = by_name(sent)
    fastest = min(timeit.repeat(lambda: read_credentials(headers), number=1000, repeat=20)) / 1000
    assert fastest < 20e-6  # about 1 µs; generous for a busy machine
