"""What a key looks like: how each dialect mints one (X2), and what is kept of it, hash and prefix (S3-11, S3-15, X21).

Formats matter for minting only: any text of the key alphabet may be looked up, by its SHA-256. Keys of our own dialects
end in a checksum, so that a mistyped one is refused without a look-up.
"""

import hashlib
import secrets
from binascii import crc32
from dataclasses import dataclass
from typing import Literal

PREFIX_LENGTH = 14
CHECKSUM_LENGTH = 6

_DIGITS = "0123456789"
_LOWER = _DIGITS + "abcdefghijklmnopqrstuvwxyz"
_BASE62 = _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _LOWER[10:]
_VALUES = bytes(max(_BASE62.find(chr(code)), 0) for code in range(256))


@dataclass(frozen=True)
class Format:
    """What stands before the secret in either mode, and the secret: at least 128 random bits."""

    live: str
    test: str
    secret: int = 32
    alphabet: str = _BASE62
    public: int = 0
    checksum: bool = False


_OWN = Format("lgk_live_", "lgk_test_", checksum=True)

FORMATS = {
    "sprootal": Format("lg_live_", "lg_test_"),
    "leadterra": Format("sk_live_", "sk_test_"),
    "compact": Format("sk_", "sk_", public=8),
    "leadron": Format("ldr_live_sk_", "ldr_sandbox_sk_", secret=26, alphabet=_LOWER),
    "spreeflo": _OWN,
    "custom": _OWN,
}

_STARTS = tuple({start for declared in FORMATS.values() for start in (declared.live, declared.test)})
_CHECKED = tuple(start.encode() for start in (_OWN.live, _OWN.test))


def mint(dialect: str, mode: Literal["live", "test"]) -> str:
    """A new key."""
    declared = FORMATS[dialect]
    key = declared.live if mode == "live" else declared.test
    if declared.public:
        key += _public_part(declared.public) + "_"
    key += _draw(declared.alphabet, declared.secret)
    return key + _checksum(key) if declared.checksum else key


def hash_key(key: str) -> str:
    """The SHA-256 of a key in hexadecimal digits: the only trace of it that is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def prefix(key: str) -> str:
    """The part of a key that may be shown, in lists, logs and messages; it cannot authenticate (S3-16, S3-17)."""
    return key[:PREFIX_LENGTH]


def looks_like_key(text: str) -> bool:
    """Whether a text starts as a minted key does, so that its prefix may be repeated to whoever sent it."""
    return text.startswith(_STARTS) and text[:PREFIX_LENGTH].replace("_", "").isalnum() and text.isascii()


def is_intact(key: bytes) -> bool:
    """False for a key of our own dialects whose checksum is wrong; it cannot exist."""
    if not key.startswith(_CHECKED):
        return True
    a, b, c, d, e, f = key[-CHECKSUM_LENGTH:].translate(_VALUES)  # unrolled: this runs on every request
    return ((((a * 62 + b) * 62 + c) * 62 + d) * 62 + e) * 62 + f == crc32(key[:-CHECKSUM_LENGTH])


def _public_part(length: int) -> str:
    # `sk_live_…` of one dialect and `sk_<public>_…` of another must not be taken for each other.
    while (part := _draw(_BASE62, length)).lower().startswith(("live", "test")):
        continue
    return part


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _checksum(text: str) -> str:
    number, digits = crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
