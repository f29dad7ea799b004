"""How keys are minted, hashed and shown (X2, X21, S3-11, S3-14, S3-15)."""

import re
from binascii import crc32

import pytest

from app.access.credentials import read_credentials
from app.access.dialect import DIALECTS, Format
from app.access.keys import cut_keys, hash_key, is_intact, looks_like_key, mint, prefix

SHAPES = {
    "sprootal": r"lg_{mode}_\w{{32}}",
    "leadterra": r"sk_{mode}_\w{{32}}",
    "compact": r"sk_[0-9A-Za-z]{{8}}_[0-9A-Za-z]{{32}}",
    "leadron": r"ldr_{sandbox}_sk_[0-9a-z]{{26}}",
    "spreeflo": r"lgk_{mode}_[0-9A-Za-z]{{38}}",
    "custom": r"lgk_{mode}_[0-9A-Za-z]{{38}}",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_minted_key_has_the_documented_shape(dialect: str, mode: str) -> None:
    """X2, X3, S1-6, S1-7, S2-10, S3-14, S4-9"""
    key = mint(dialect, "live" if mode == "live" else "test")
    sandbox = "live" if mode == "live" else "sandbox"
    assert re.fullmatch(SHAPES[dialect].format(mode=mode, sandbox=sandbox), key)
    assert looks_like_key(key)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_minted_key_is_accepted_as_a_credential(dialect: str) -> None:
    """X2"""
    key = mint(dialect, "test")
    assert read_credentials({b"authorization": f"Bearer {key}".encode()}).text == key


@pytest.mark.parametrize("declared", [dialect.key for dialect in DIALECTS.values()])
def test_a_secret_has_at_least_128_random_bits(declared: Format) -> None:
    assert len(declared.alphabet) ** declared.secret >= 2**128


def test_minted_keys_differ() -> None:
    assert len({mint("compact", "live") for _ in range(1000)}) == 1000


def test_a_public_part_never_reads_like_a_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """X2: `sk_live_` and `sk_xxxxxxxx_` cannot collide."""
    drawn = iter(["liveAAAA", "TESTbbbb", "Public01", "s" * 32])
    monkeypatch.setattr("app.access.keys._draw", lambda *_: next(drawn))
    assert mint("compact", "live") == "sk_Public01_" + "s" * 32


def test_the_prefix_is_the_first_14_characters() -> None:
    """S3-15, X21"""
    assert prefix("sk_12345678_abcdefgh") == "sk_12345678_ab"


def test_the_hash_is_the_sha_256_of_the_key() -> None:
    """S3-11"""
    assert hash_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_text_shows_the_prefix_of_a_key_at_most(dialect: str) -> None:
    """S2-18, S3-16"""
    for key in (mint(dialect, "live"), mint(dialect, "test")):
        assert cut_keys(f"Unexpected Name '{key}', {key}") == f"Unexpected Name '{key[:14]}…', {key[:14]}…"
    for kept in (prefix(key), "contactsByCompanyAndStageAndOwner", "task_ask_risk_and_much_more_of_the_same"):
        assert cut_keys(f"Cannot query field '{kept}'.") == f"Cannot query field '{kept}'."


def test_our_own_keys_end_in_a_checksum() -> None:
    """HARDENING: CRC32 as six base62 characters."""
    key = mint("custom", "live")
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value = 0
    for character in key[-6:]:
        value = value * 62 + digits.index(character)
    assert value == crc32(key[:-6].encode())


@pytest.mark.parametrize("place", [0, 9, 20, -6, -1])
def test_a_mistyped_key_of_ours_is_not_intact(place: int) -> None:
    key = bytearray(mint("custom", "live").encode())
    assert is_intact(bytes(key))
    if place == 0:
        swapped = bytes(key).swapcase()
        assert not swapped.startswith(b"lgk_") or not is_intact(swapped)
        return
    key[place] = ord("a") if key[place] != ord("a") else ord("b")
    assert not is_intact(bytes(key))


def test_keys_of_other_dialects_have_no_checksum_to_fail() -> None:
    assert is_intact(b"sk_live_" + b"x" * 32)
