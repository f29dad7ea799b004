"""What a key may be named, granted and restricted to."""

import unicodedata

from app.access.address import parse_network
from app.access.scopes import canonical
from app.errors import BadUserInput
from app.write.rules import Broken


def key_name(text: str) -> str:
    """The name without white space around it, which has 1 to 100 printable characters (S3-4, X24)."""
    name = text.strip()
    if not 1 <= len(name) <= 100:
        code = "TOO_LONG" if name else "BLANK"
        raise Broken(f"The name of a key has 1 to 100 characters, not {len(name)}.", code)
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise Broken("The name of a key has no control characters.")
    return name


def scope(text: str) -> str:
    """A documented scope, or another name of one (X9, X11)."""
    try:
        canonical(text)
    except BadUserInput as error:
        raise Broken(error.message) from None
    return text


def network(text: str) -> str:
    """An IP address, or a network of them, without white space around it."""
    try:
        parse_network(text)
    except BadUserInput as error:
        raise Broken(error.message) from None
    return text.strip()
