"""What a key looks like: how a dialect's are minted (X2), and what is kept of one, hash and prefix (S3-11, S3-15, X21).

Formats matter for minting only: any text of the key alphabet may be looked up, by its SHA-256. Keys of our own dialects
end in a checksum, so that a mistyped one is refused without a look-up.
"""

import hashlib
import re
import secrets
from binascii import crc32

from app.access.dialect import BASE62, DIALECTS, Mode

PREFIX_LENGTH = 14
CHECKSUM_LENGTH = 6

_VALUES = bytes(max(BASE62.find(chr(code)), 0) for code in range(256))
_FORMATS = {dialect.key for dialect in DIALECTS.values()}
_STARTS = tuple({start for form in _FORMATS for start in (form.live, form.test)})
_WHOLE = re.compile(rf"(?<!\w)(?=(?:{'|'.join(_STARTS)}))(\w{{{PREFIX_LENGTH}}})\w{{6,}}", re.ASCII)
_CHECKED = tuple(start.encode() for form in _FORMATS if form.checksum for start in (form.live, form.test))


def mint(dialect: str, mode: Mode) -> str:
    """A new key."""
    declared = DIALECTS[dialect].key
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


def cut_keys(text: str) -> str:
    """A text with what a client has sent in it, and no more than the prefix of anything there that looks like a key."""
    return _WHOLE.sub(r"\1…", text)


def is_intact(key: bytes) -> bool:
    """False for a key of our own dialects whose checksum is wrong; it cannot exist."""
    if not key.startswith(_CHECKED):
        return True
    a, b, c, d, e, f = key[-CHECKSUM_LENGTH:].translate(_VALUES)  # unrolled: this runs on every request
    return ((((a * 62 + b) * 62 + c) * 62 + d) * 62 + e) * 62 + f == crc32(key[:-CHECKSUM_LENGTH])


def _public_part(length: int) -> str:
    # `sk_live_…` of one dialect and `sk_<public>_…` of another must not be taken for each other.
    while (part := _draw(BASE62, length)).lower().startswith(("live", "test")):
        continue
    return part


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _checksum(text: str) -> str:
    number, digits = crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits
