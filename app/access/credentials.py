"""What a request proves itself with, from its headers alone: a key, as `Authorization: Bearer <key>` or as
`X-API-Key: <key>`, or a session token (JWT), in the first of them only (X1).

Refuses what cannot be a key before anything is looked up, and never repairs it: no trimming (S2-30, X33). A message
names what stands in a key that never does, with no more of the text than its prefix, and that only when it starts like
a key. Whatever else is wrong with a key, the answer is that to an unknown one: it tells nobody how near he came.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.access.keys import is_intact, looks_like_key, prefix
from app.errors import Unauthenticated

MIN_LENGTH, MAX_LENGTH = 20, 200
MAX_TOKEN_LENGTH = 8_192

_KEY = rb"([0-9A-Za-z_]{%d,%d})" % (MIN_LENGTH, MAX_LENGTH)
_BEARER = re.compile(rb"(?i:bearer) " + _KEY).fullmatch
_PLAIN = re.compile(_KEY).fullmatch
_FOREIGN = re.compile(rb"[^0-9A-Za-z_\x80-\xff]").search
_TOKEN = re.compile(rb"[0-9A-Za-z_-]*\.[0-9A-Za-z_-]*\.[0-9A-Za-z_-]*").fullmatch


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request proves itself with: a key, and perhaps the member whom it acts for (S4-16), or a session."""

    text: str = field(repr=False)
    on_behalf_of: str | None = None
    kind: Literal["key", "token", "cookie"] = "key"  # no request to the API is believed a cookie


def read_credentials(headers: Mapping[bytes, bytes]) -> Credentials:
    """The credentials in the headers of a request, those that are repeated joined by commas.

    `Unauthenticated` as MISSING, MALFORMED, UNKNOWN or AMBIGUOUS_CREDENTIALS.
    """
    member = headers.get(b"x-on-behalf-of")
    text = _read_text(headers)
    kind: Literal["key", "token"] = "token" if "." in text else "key"
    return Credentials(text, None if member is None else member.decode("latin-1"), kind)


def _read_text(headers: Mapping[bytes, bytes]) -> str:
    bearer, plain = headers.get(b"authorization"), headers.get(b"x-api-key")
    if bearer is None or plain is None:
        match = _BEARER(bearer or b"") if plain is None else _PLAIN(plain)
        if match and is_intact(match[1]):
            return match[1].decode()
    return _judge(bearer, plain)


def unknown_key() -> Unauthenticated:
    """What is said of every text that is no key here, whether it was looked up or cannot be one (HARDENING 1)."""
    return Unauthenticated("The key is not known here: it may be mistyped, cut off or deleted.", reason="UNKNOWN")


def _judge(bearer: bytes | None, plain: bytes | None) -> str:
    """The key that both headers agree on, or the session token, or the reason why there is none."""
    texts = {} if bearer is None else {"Authorization": _after_scheme(bearer)}
    if plain is not None:
        texts["X-API-Key"] = plain
    if not texts:
        raise Unauthenticated(
            "Send an API key, as `Authorization: Bearer <key>` or as `X-API-Key: <key>`.", reason="MISSING"
        )
    if len(set(texts.values())) > 1 or any(b"," in text for text in texts.values()):
        raise Unauthenticated("The request carries several credentials; send one.", reason="AMBIGUOUS_CREDENTIALS")
    header, text = next(iter(texts.items()))
    if header == "Authorization" and len(text) <= MAX_TOKEN_LENGTH and _TOKEN(text):
        return text.decode()
    if flaw := _flaw(text):
        raise _malformed(f"The key in the {header} header {flaw}{_shown(text)}.")
    if not (_PLAIN(text) and is_intact(text)):
        raise unknown_key()
    return text.decode()


def _after_scheme(value: bytes) -> bytes:
    if value[:7].lower() != b"bearer ":
        raise _malformed("The Authorization header must be the word Bearer, one space, and the key.")
    return value[7:]


def _flaw(text: bytes) -> str | None:
    if not text:
        return "is empty"
    if foreign := _FOREIGN(text):
        where = {0: " at its start", len(text) - 1: " at its end"}.get(foreign.start(), "")
        return f"contains {_character_class(foreign[0])}{where}; keys are made of letters, digits and underscores"
    return None


def _character_class(character: bytes) -> str:
    code = character[0]
    named = {0x20: "a space", 0x09: "a tab", 0x0A: "a line break", 0x0D: "a line break"}
    if code in named:
        return named[code]
    return "a control character" if code < 0x20 or code == 0x7F else "a punctuation character"


def _shown(text: bytes) -> str:
    shown = text.decode("latin-1")
    return f" ({prefix(shown)}…)" if looks_like_key(shown) else ""


def _malformed(message: str) -> Unauthenticated:
    return Unauthenticated(message, reason="MALFORMED")
