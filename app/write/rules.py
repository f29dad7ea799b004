"""What text and JSON may hold: each rule gives back what it was given, untouched, or raises `Broken`.

The rules know nothing of nouns. Lengths are the columns' and checked before.
"""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import idna
from email_validator import EmailNotValidError, validate_email
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from app.rate import Rate
from app.store.types import json_text, unstorable
from app.verb import UserErrorCode


class Broken(Exception):
    """A value breaks a rule; the message names the rule, `code` is the name of a `UserErrorCode`."""

    def __init__(self, message: str, code: str = "INVALID") -> None:
        self.message = message
        self.code = UserErrorCode[code]
        super().__init__(message)


_LABEL = r"(?=[A-Za-z0-9-]{1,63}(?:\.|\Z))[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}").fullmatch
# Names of the usual characters at a domain without `--` (IDNA), of a last part in letters that is not reserved.
_PLAIN_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    rf"@(?=.{{1,189}}\Z)(?!.*--)(?:{_LABEL}\.)+(?!(?i:arpa|invalid|local|localhost|onion|test)\Z)[A-Za-z]{{1,63}}"
).fullmatch
_PHONE = re.compile(
    r"(\(?\+)?([0-9(][0-9 ().\-/]*)(?:(?:x|ext\.?|extension) *[0-9]{1,7})?", re.ASCII | re.IGNORECASE
).fullmatch
_NO_DIGITS = str.maketrans("", "", " ().-/")
_COUNTRY_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}").fullmatch
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}").fullmatch
_NO_URL = re.compile(r"[\s\\\x00-\x20\x7f-\x9f]").search


def email(text: str) -> str:
    """An e-mail address, internationalised or not, of which nobody has asked whether it exists (S4-30, S4-43)."""
    if not _PLAIN_EMAIL(text):  # which takes 1 µs, where email-validator takes 30
        try:
            if len(text) > 254:  # it looks at every character
                raise Broken("Invalid email format")
            validate_email(text, check_deliverability=False, test_environment=True)  # which lets .test pass
        except EmailNotValidError as error:
            raise Broken("Invalid email format") from error
    return text


def rate(text: str) -> str:
    """A rate limit as settings have it."""
    try:
        Rate.parse(text)
    except ValueError as error:
        raise Broken(f"{error}.") from None
    return text


def phone(text: str) -> str:
    """A telephone number as people write it (S4-33): 3 to 15 digits, an extension; after a + an existing country code.

    Whether a number is in use is not asked: plans of numbering change, and `+1-555-0199` is in none.
    """
    found = _PHONE(text)
    digits = found[2].translate(_NO_DIGITS) if found else ""
    if found is None or not 3 <= len(digits) <= 15:
        raise Broken("This must be a telephone number of 3 to 15 digits, such as +1-555-0199 or 030 123456 ext. 12.")
    if found[1] and _COUNTRY_CODES.isdisjoint((digits[:1], digits[:2], digits[:3])):
        raise Broken("There is no such country code: after a + the number must begin with one, such as +1 or +44.")
    return text


def url(text: str) -> str:
    """An absolute http or https URL without a user name or password in it."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and "@" not in parts.netloc and _is_host(parts.hostname or "")
        fits = fits and parts.port != 0  # which also reads it: `ValueError` if it is none
    except ValueError:
        fits = False
    if not fits or _NO_URL(text):
        raise Broken("This must be an http or https URL without user name and spaces, such as https://acme.com/about.")
    return text


def domain(text: str) -> str:
    """An internet domain, internationalised or not, without scheme, port or path."""
    if not _is_domain(text):
        raise Broken("This must be an internet domain, such as acme.com, without https:// and path.")
    return text


def color(text: str) -> str:
    """A colour as `#rrggbb`."""
    if not _COLOR(text):
        raise Broken("This must be a colour as #rrggbb, such as #2f80ed.")
    return text


def key(text: str) -> str:
    """The key of a custom field."""
    if not _KEY(text):
        raise Broken("This must be a letter, followed by at most 99 letters (a to z), digits and underscores.")
    return text


def not_blank(text: str) -> str:
    """Text with something in it."""
    if not text or text.isspace():
        raise Broken("This must not be blank.", "BLANK")
    return text


def printable(text: str) -> str:
    """Text that both databases hold exactly (HARDENING 25)."""
    plain = text.isascii() and "\0" not in text  # as most are
    if not plain and (reason := unstorable(text)):
        raise Broken(f"Text must not contain {reason}.")
    return text


def json_value(value: Any, max_bytes: int = 65_536, max_depth: int = 20) -> Any:
    """A JSON document of at most so many bytes, and objects and lists inside one another."""
    _check_json(value, max_depth)
    size = len(json_text(value).encode())
    if size > max_bytes:
        raise Broken(f"As JSON this may have {max_bytes} bytes, not {size}.", "TOO_LONG")
    return value


def _check_json(value: Any, depth: int) -> None:
    if isinstance(value, str):
        printable(value)
    elif isinstance(value, (int, float)):
        if not -(2**63) < value < 2**64:  # in a variable, orjson has rounded a longer one
            raise Broken("A number in JSON must be finite and of 64 bits at most; send another one as text.")
    elif isinstance(value, (dict, list)):
        if not depth:
            raise Broken("Objects and lists are nested too deeply in this JSON.", "TOO_LONG")
        if isinstance(value, dict):
            for name in value:
                printable(name)
            value = value.values()
        for item in value:
            _check_json(item, depth - 1)
    elif value is not None:  # a variable in a literal can be of any type
        raise Broken("This is no JSON.")


def _is_domain(text: str) -> bool:
    return bool(_DOMAIN(text) if text.isascii() else _DOMAIN(_ascii(text)))


def _is_host(text: str) -> bool:
    """A domain, a name of the local network or an IP address."""
    if _is_domain(text) or _is_domain(f"{text}.local"):
        return True
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode() if len(domain) <= 253 else ""
    except idna.IDNAError:
        return ""
