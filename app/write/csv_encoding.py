"""Which encoding and which delimiter a CSV file has, from its bytes. Guesses only where a wrong guess is unlikely."""

import codecs
import csv
from io import StringIO
from itertools import islice
from pathlib import Path

from app.errors import BadUserInput

DELIMITERS = ",;\t|"

_SAMPLE = 65_536
_MARKS = {  # the longer ones first: UTF-16's mark begins UTF-32's
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
}
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r")
_MOST_CONTROLS = 0.03  # a stray one is a matter of its row


def detect_encoding(path: Path) -> str:
    """The encoding by byte order mark, else UTF-8 if all of the file is, else Windows-1252 if its letters look like it.

    `BadUserInput` for what is no text, and for other encodings: those are told apart too rarely to trust.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    for magic, name in _FORMATS.items():
        if start.startswith(magic):
            raise BadUserInput(f"{path.name} is {name}, not a CSV file; export it as CSV.")
    if len(start.translate(None, _CONTROLS)) < len(start) * (1 - _MOST_CONTROLS):
        raise BadUserInput(f"{path.name} is a binary file, or text in an encoding that needs --encoding (utf-16-le …).")
    stranger = _first_not_utf8(path)
    return "utf-8" if stranger is None else _guess(path, stranger)


def check_encoding(name: str) -> str:
    """The encoding under a name that can be read with; `BadUserInput` for any other name."""
    try:
        known = codecs.lookup(name).name
        "".encode(known)
    except (LookupError, ValueError):
        raise BadUserInput(f"{name!r} is not an encoding; try utf-8, cp1252 or utf-16.") from None
    return "utf-8-sig" if known == "utf-8" else known  # the mark is optional


def check_delimiter(text: str) -> str:
    """The delimiter that is meant; `BadUserInput` for more than one character and for those that CSV reserves."""
    meant = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(text.lower(), text)
    if len(meant) != 1 or meant in '"\r\n\0':
        raise BadUserInput(f"{text!r} is not a delimiter: give one character, or tab.")
    return meant


def sniff_delimiter(sample: str) -> str:
    """The delimiter that cuts the most rows into as many cells as the first one; a comma when none cuts anything."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for row in islice(csv.reader(StringIO(sample, newline=""), delimiter=delimiter), 100) if row]
        except csv.Error:
            return 0, 0
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0), width

    return max(DELIMITERS, key=fit)


def _first_not_utf8(path: Path) -> int | None:
    """The place of the first byte that UTF-8 does not allow."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(1 << 20)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return read + len(chunk) - len(error.object) + error.start
            read += len(chunk)
            if not chunk:
                return None


def _guess(path: Path, stranger: int) -> str:
    from charset_normalizer import from_bytes

    with path.open("rb") as file:
        file.seek(max(0, stranger - _SAMPLE // 2))
        sample = file.read(_SAMPLE)
    if from_bytes(sample, cp_isolation=["cp1252", "latin_1"]).best():
        return "cp1252"
    likely = from_bytes(sample).best()
    hint = f"; it looks like {likely.encoding}" if likely else ""
    raise BadUserInput(f"{path.name} is not UTF-8 (byte {stranger}){hint}: say which with --encoding.")
