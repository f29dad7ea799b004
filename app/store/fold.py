"""Folding text for search: one function for what is stored and for what is asked, so that both databases agree."""

import unicodedata

# Letters that Unicode does not decompose, but people type without their stroke or ligature.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def fold(text: str) -> str:
    """`text` without case, accents and repeated white space: `Łukasz  MÜLLER` → `lukasz muller`."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.casefold().translate(_PLAIN).split())


def search_text(*values: str | None) -> str:
    """What is stored for search: every word folded and led by a space, so that ` ab` finds the beginnings of words."""
    words = [fold(value) for value in values if value]
    return " " + " ".join(words) if words else ""
