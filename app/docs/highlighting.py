"""Colours for code: enough of a grammar for what we print, which is JSON, GraphQL and our own samples."""

import re
from collections.abc import Iterator
from typing import Final

from markupsafe import Markup, escape

_KEYWORDS: Final = (
    r"as|defer|do|echo|end|false|False|from|func|if|import|mutation|new|nil|None|null|on|package|print|puts|query|require"
    r"|true|True|with"
)
_TOKEN: Final = re.compile(
    r"""
    (?P<comment> ""\"[^"]*""\" )
  | (?P<string> "(?:\\.|\#\{[^}]*\}|[^"\\\n])*" | '(?:\\.|[^'\\])*' | `[^`]*` )
  | (?P<variable> \$[A-Za-z_]\w* )
  | (?P<option> (?<=\s)-[A-Za-z]\b )
  | (?P<number> \b\d+(?:\.\d+)?\b )
  | (?P<keyword> \b(?:"""
    + _KEYWORDS
    + r""")\b )
    """,
    re.VERBOSE,
)


def highlight(code: str) -> Markup:
    """Code as HTML; names in JSON are told from texts."""
    return Markup("").join(_parts(code))


def _parts(code: str) -> Iterator[Markup]:
    at = 0
    for found in _TOKEN.finditer(code):
        yield escape(code[at : found.start()])
        kind = found.lastgroup or ""
        if kind == "string" and re.match(r"\s*(?::|=>)", code[found.end() : found.end() + 4]):
            kind = "name"
        yield Markup('<span class="t-{}">{}</span>').format(kind, found[0])
        at = found.end()
    yield escape(code[at:])
