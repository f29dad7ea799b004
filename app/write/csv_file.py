"""A CSV file as rows with line numbers, read as a stream.

It is read through once before anything is made of it, so that a wrong encoding or a broken structure refuses the file
as a whole; a single broken row is only refused itself.
"""

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

from app.errors import BadUserInput
from app.write.csv_encoding import check_delimiter, check_encoding, detect_encoding, sniff_delimiter

LONGEST_LINE = 16_000_000
_SAMPLE = 65_536
_PROGRESS_EVERY = 1024

Progress = Callable[[int], None]
"""Told how many bytes of the file have been read."""


class Row(NamedTuple):
    """A record: the line it begins on, and its cells, or what is wrong with it as a whole."""

    line: int
    cells: list[str]
    flaw: str | None = None


@dataclass(frozen=True)
class CsvFile:
    """A file that was found to be CSV."""

    path: Path
    size: int
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def rows(self, progress: Progress = lambda _: None) -> Iterator[Row]:
        """The rows below the header, blank lines left out."""
        rows = _rows(self.path, self.encoding, self.delimiter, progress)
        next(rows)
        return rows


def open_csv(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, progress: Progress = lambda _: None
) -> CsvFile:
    """Finds out what is not given, and reads the file through. `BadUserInput` says why it is no CSV file, and where."""
    if not path.is_file():
        raise BadUserInput(f"There is no file {path}." if not path.exists() else f"{path} is not a file.")
    size = path.stat().st_size
    if size == 0:
        raise BadUserInput(f"{path.name} is empty.")
    encoding = check_encoding(encoding) if encoding else detect_encoding(path)
    delimiter = check_delimiter(delimiter) if delimiter else sniff_delimiter(_sample(path, encoding))
    rows = _rows(path, encoding, delimiter, progress)
    header = next(rows, None)
    if header is None:
        raise BadUserInput(f"{path.name} has only blank lines.")
    if header.flaw:
        raise BadUserInput(f"The header of {path.name} is broken: {header.flaw}.")
    if next(rows, None) is None:
        raise BadUserInput(f"{path.name} has a header and no rows.")
    for _ in rows:  # to the end: what cannot be decoded or parsed raises
        pass
    return CsvFile(path, size, encoding, delimiter, tuple(cell.strip() for cell in header.cells))


def _rows(path: Path, encoding: str, delimiter: str, progress: Progress) -> Iterator[Row]:
    """All rows, the header first."""
    with path.open("rb") as binary, TextIOWrapper(binary, encoding, newline="") as text:
        reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
        count = 0
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except UnicodeDecodeError as error:
                raise _undecodable(path, encoding, binary.tell() - len(error.object) + error.start, error) from None
            except csv.Error as error:
                if "field larger" in str(error):
                    raise BadUserInput(
                        f"Line {line}: a cell is longer than {csv.field_size_limit()} characters; is a quotation mark"
                        " not closed?"
                    ) from None
                yield Row(line, [], _explained(error))
                continue
            if cells:
                yield Row(line, cells)
            count += 1
            if count % _PROGRESS_EVERY == 0:
                progress(binary.tell())
        progress(binary.tell())


def _lines(text: TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise BadUserInput(f"Line {number} is longer than {LONGEST_LINE} characters: this is no CSV file.")
        yield line


def _explained(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quotation mark is not closed: this row reaches to the end of the file"
    if "expected after" in str(error):
        return "a quotation mark inside a quoted cell must be doubled"
    return str(error)


def _undecodable(path: Path, encoding: str, place: int, error: UnicodeDecodeError) -> BadUserInput:
    name = encoding.removesuffix("-sig")
    found = error.object[error.start : error.start + 1].hex().upper()
    return BadUserInput(
        f"Line {_line_at(path, encoding, place)}, byte {place}: 0x{found} is not {name}. Nothing was imported;"
        " say the right encoding with --encoding."
    )


def _line_at(path: Path, encoding: str, place: int) -> int:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    lines = 1
    with path.open("rb") as file:
        while place > 0:
            chunk = file.read(min(place, 1 << 20))
            lines += decoder.decode(chunk).count("\n")
            place -= len(chunk)
    return lines


def _sample(path: Path, encoding: str) -> str:
    """The first lines, whole ones unless there is only one."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with path.open("rb") as file:
        sample = decoder.decode(file.read(_SAMPLE))
        return sample if not file.read(1) else sample[: sample.rfind("\n") + 1] or sample
