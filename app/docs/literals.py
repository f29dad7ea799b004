"""JSON as the literals of programming languages, laid out over several lines as people write them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_SHORT: Final = 60  # characters up to which a list of plain values stays on one line


@dataclass(frozen=True)
class Notation:
    """How a language writes what JSON has."""

    quote: Callable[[str], str]
    null: str = "null"
    true: str = "true"
    false: str = "false"
    brackets: tuple[str, str] = ("{", "}")  # of objects
    pair: str = ": "
    empty: str = "{}"  # an object without members
    step: str = "  "
    trailing: str = ""  # after the last member


def write(value: Any, notation: Notation, margin: str = "") -> str:
    """The literal of a value, of which all lines but the first begin with `margin`."""
    if value is None:
        return notation.null
    if isinstance(value, bool):
        return notation.true if value else notation.false
    if isinstance(value, str):
        return notation.quote(value)
    if isinstance(value, dict):
        pairs = (
            notation.quote(name) + notation.pair + write(each, notation, margin + notation.step)
            for name, each in value.items()
        )
        return _between(notation.brackets, list(pairs), notation, margin) if value else notation.empty
    if isinstance(value, list):
        items = [write(each, notation, margin + notation.step) for each in value]
        line = f"[{', '.join(items)}]"
        short = len(line) <= _SHORT and not any(isinstance(each, dict | list) for each in value)
        return line if short else _between(("[", "]"), items, notation, margin)
    return json.dumps(value)


def _between(brackets: tuple[str, str], parts: list[str], notation: Notation, margin: str) -> str:
    first, last = brackets
    inner = f"\n{margin}{notation.step}"
    return f"{first}{inner}{f',{inner}'.join(parts)}{notation.trailing}\n{margin}{last}"


def quoted(text: str) -> str:
    """In double quotes, as JSON, Python and Go read it."""
    return json.dumps(text, ensure_ascii=False)


def quoted_for_ruby(text: str) -> str:
    """In double quotes, without anything that Ruby would put values into."""
    return quoted(text).replace("#", r"\#")


def quoted_for_php(text: str) -> str:
    """In single quotes, within which PHP reads nothing but two escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


JSON: Final = Notation(quoted)
PYTHON: Final = Notation(quoted, "None", "True", "False", step="    ", trailing=",")
RUBY: Final = Notation(quoted_for_ruby, null="nil", pair=" => ")
PHP: Final = Notation(
    quoted_for_php, brackets=("[", "]"), pair=" => ", empty="new stdClass()", step="    ", trailing=","
)
