"""The key text of a request, from its headers alone: `Authorization: Bearer <key>` or `X-API-Key: <key>` (X1).

Refuses what cannot be a key before anything is looked up, and never repairs it: no trimming (S2-30, X33). A message
says which rule was broken and repeats no more of the text than its prefix, and that only when it starts like a key.
"""

import re
from collections.abc import Iterable

from app.access.keys import is_intact, looks_like_key, prefix
from app.errors import Unauthenticated

MIN_LENGTH, MAX_LENGTH = 20, 200

_HEADERS = {b"authorization": "Authorization", b"x-api-key": "X-API-Key"}
_BEARER = b"bearer "
_KEY = rb"([0-9A-Za-z_]{%d,%d})" % (MIN_LENGTH, MAX_LENGTH)
_FORMS = {
    b"authorization": re.compile(rb"(?i:bearer) " + _KEY).fullmatch,
    b"x-api-key": re.compile(_KEY).fullmatch,
}
_FOREIGN = re.compile(rb"[^0-9A-Za-z_]").search
_TOKEN = re.compile(rb"[0-9A-Za-z_-]*\.[0-9A-Za-z_-]*\.[0-9A-Za-z_-]*").fullmatch


def read_credentials(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The key in the headers of an ASGI scope; `Unauthenticated` as MISSING, MALFORMED or AMBIGUOUS_CREDENTIALS."""
    sent = [(name, value) for name, value in headers if name in _FORMS]
    if len(sent) == 1:
        [(name, value)] = sent
        match = _FORMS[name](value)
        if match and is_intact(match[1]):
            return match[1].decode()
    return _judge(sent)


def _judge(sent: list[tuple[bytes, bytes]]) -> str:
    """The key that all headers agree on, or the reason why there is none."""
    if not sent:
        raise Unauthenticated(
            "Send an API key, as `Authorization: Bearer <key>` or as `X-API-Key: <key>`.", reason="MISSING"
        )
    texts = {(_HEADERS[name], _text(name, value)) for name, value in sent}
    if len({text for _, text in texts}) > 1:
        raise Unauthenticated("The request carries different credentials; send one.", reason="AMBIGUOUS_CREDENTIALS")
    header, text = min(texts)
    if header == "Authorization" and _TOKEN(text):
        raise _malformed("The Authorization header holds a session token (JWT); send an API key.")
    if flaw := _flaw(text):
        raise _malformed(f"The key in the {header} header {flaw}{_shown(text)}.")
    return text.decode()


def _text(name: bytes, value: bytes) -> bytes:
    """What a header offers as a key."""
    if name == b"x-api-key":
        return value
    if value[:7].lower() != _BEARER:
        raise _malformed("The Authorization header must be the word Bearer, one space, and the key.")
    return value[7:]


def _flaw(text: bytes) -> str | None:
    if not text:
        return "is empty"
    if len(text) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    if foreign := _FOREIGN(text):
        where = {0: " at its start", len(text) - 1: " at its end"}.get(foreign.start(), "")
        return f"contains {_character_class(foreign[0])}{where}; keys are made of letters, digits and underscores"
    if len(text) < MIN_LENGTH:
        return f"is shorter than {MIN_LENGTH} characters: it was cut off"
    if not is_intact(text):
        return "was mistyped or cut off: its checksum is wrong"
    return None


def _character_class(character: bytes) -> str:
    code = character[0]
    named = {0x20: "a space", 0x09: "a tab", 0x0A: "a line break", 0x0D: "a line break"}
    if code in named:
        return named[code]
    if code < 0x20 or code == 0x7F:
        return "a control character"
    return "a punctuation character" if code < 0x80 else "a character outside ASCII"


def _shown(text: bytes) -> str:
    shown = text.decode("latin-1")
    return f" ({prefix(shown)}…)" if looks_like_key(shown) else ""


def _malformed(message: str) -> Unauthenticated:
    return Unauthenticated(message, reason="MALFORMED")
