"""Folding text for search: one function for what is stored and for what is asked, so that both databases agree."""

import unicodedata

# Letters that Unicode does not decompose, but people type without their stroke or ligature.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


class _Bare(dict[int, str]):
    """For `str.translate` of decomposed text: letters without case and stroke, marks gone; remembers what it met."""

    def __missing__(self, code: int) -> str:
        if len(self) > 10_000:  # of a million, should somebody send them all
            self.clear()
        char = chr(code)
        self[code] = "" if unicodedata.combining(char) else char.casefold().translate(_PLAIN)
        return self[code]


_BARE = _Bare()


def fold(text: str) -> str:
    """`text` without case, accents and repeated white space: `Łukasz  MÜLLER` → `lukasz muller`."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Word by word, because most words are plain even where some are not. A word can fold to none or to several.
    return " ".join(" ".join(map(_fold_word, text.split())).split())


def _fold_word(word: str) -> str:
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKD", word.casefold()).translate(_BARE)


def search_text(*values: str | None) -> str:
    """What is stored for search: every word folded and led by a space, so that ` ab` finds the beginnings of words."""
    words = fold(" ".join(filter(None, values)))
    return f" {words}" if words else ""
