"""Reading CSV files: encodings, delimiters, broken rows, and what is no CSV file at all."""

import gzip
import random
import sqlite3
from pathlib import Path

import pytest

from app.errors import BadUserInput
from app.write.csv_file import CsvFile, open_csv

TABLE = "first_name,last_name\nJürgen,Müller\nZoë,Noël\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def cells(file: CsvFile) -> list[list[str]]:
    return [row.cells for row in file.rows()]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_the_encoding_is_found_out(path: Path, encoding: str, found: str) -> None:
    path.write_bytes(TABLE.encode(encoding))
    file = open_csv(path)
    assert file.encoding == found
    assert file.header == ("first_name", "last_name")
    assert cells(file) == [["Jürgen", "Müller"], ["Zoë", "Noël"]]


@pytest.mark.parametrize("text", ["name\nUrsula “Uschi” – 5 €\n", "name\nFrançois Lefèvre\n", "name\nMuñoz\n"])
def test_western_text_is_read_as_windows_1252(path: Path, text: str) -> None:
    path.write_bytes(text.encode("cp1252"))
    assert cells(open_csv(path)) == [[text.split("\n")[1]]]


def test_one_accent_far_behind_is_enough_to_find_the_encoding(path: Path) -> None:
    path.write_bytes(b"name\n" + b"Smith\n" * 500_000 + "Noël\n".encode("cp1252"))
    assert open_csv(path).encoding == "cp1252"


def test_an_encoding_that_cannot_be_told_is_asked_for(path: Path) -> None:
    path.write_bytes(("имя,город\n" + "Иван,Санкт-Петербург\n" * 5).encode("cp1251"))
    with pytest.raises(BadUserInput, match=r"is not UTF-8 .* it looks like cp1251: say which with --encoding"):
        open_csv(path)
    assert cells(open_csv(path, encoding="windows-1251"))[0] == ["Иван", "Санкт-Петербург"]


def test_a_wrong_encoding_is_told_with_line_and_byte(path: Path) -> None:
    body = ("a,b\n" + "x,y\n" * 5000).encode()
    path.write_bytes(body + b"caf\xe9,z\n" + b"x,y\n" * 5000)
    with pytest.raises(BadUserInput, match=f"Line 5002, byte {len(body) + 3}: 0xE9 is not utf-8"):
        open_csv(path, encoding="utf-8")
    path.write_bytes(TABLE.encode("utf-8"))
    with pytest.raises(BadUserInput, match=r"Line 2, byte 22: 0xC3 is not ascii"):
        open_csv(path, encoding="ascii")


def test_a_character_cut_off_at_the_end_is_told(path: Path) -> None:
    path.write_bytes("a\nNoé".encode()[:-1])
    with pytest.raises(BadUserInput, match="Line 2, byte 4: 0xC3 is not utf-8"):
        open_csv(path, encoding="utf-8")


def test_a_mark_at_the_beginning_is_no_part_of_the_header(path: Path) -> None:
    path.write_bytes(TABLE.encode("utf-8-sig"))
    assert open_csv(path, encoding="UTF-8").header[0] == "first_name"


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", ""])
def test_what_is_no_encoding_is_refused(path: Path, name: str) -> None:
    path.write_text(TABLE, encoding="utf-8")
    if name:
        with pytest.raises(BadUserInput, match="is not an encoding"):
            open_csv(path, encoding=name)
    else:
        assert open_csv(path, encoding=name).encoding == "utf-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(path: Path, delimiter: str) -> None:
    lines = (("name", "price", "note"), ("A", "1", "x"), ("B", "2", '"p,q;r|s"'), ("C", "3", ""))
    path.write_text("\n".join(delimiter.join(line) for line in lines), encoding="utf-8")
    file = open_csv(path)
    assert file.delimiter == delimiter
    assert cells(file)[1] == ["B", "2", "p,q;r|s"]


def test_decimal_commas_do_not_hide_a_semicolon(path: Path) -> None:
    path.write_text("name;price\nA;1,5\nB;2,5\nC;3,5\n", encoding="utf-8")
    assert open_csv(path).delimiter == ";"


def test_one_column_needs_no_delimiter(path: Path) -> None:
    path.write_text("email\na@example.org\nb@example.org\n", encoding="utf-8")
    assert cells(open_csv(path)) == [["a@example.org"], ["b@example.org"]]


@pytest.mark.parametrize(("text", "meant"), [("tab", "\t"), ("\\t", "\t"), ("^", "^"), ("semicolon", ";")])
def test_a_delimiter_can_be_given(path: Path, text: str, meant: str) -> None:
    path.write_text(f"a{meant}b\n1{meant}2\n", encoding="utf-8")
    assert open_csv(path, delimiter=text).header == ("a", "b")


@pytest.mark.parametrize("text", ["||", '"', "\n", "\0"])
def test_what_is_no_delimiter_is_refused(path: Path, text: str) -> None:
    path.write_text(TABLE, encoding="utf-8")
    with pytest.raises(BadUserInput, match="is not a delimiter"):
        open_csv(path, delimiter=text)


def test_rows_carry_the_line_they_begin_on(path: Path) -> None:
    path.write_text('a,b\n\n1,"x\ny"\n\n2,z\r\n3,\n', encoding="utf-8", newline="")
    rows = [(row.line, row.cells) for row in open_csv(path).rows()]
    assert rows == [(3, ["1", "x\ny"]), (6, ["2", "z"]), (7, ["3", ""])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(path: Path, end: str) -> None:
    path.write_text(TABLE.replace("\n", end), encoding="utf-8", newline="")
    assert len(cells(open_csv(path))) == 2


def test_a_broken_row_does_not_break_the_others(path: Path) -> None:
    path.write_text('a,b\n1,2\n"x"y,3\n4,5\n6,"7\n8,9\n', encoding="utf-8")
    rows = list(open_csv(path).rows())
    assert [row.cells for row in rows] == [["1", "2"], [], ["4", "5"], []]
    assert rows[1].line == 3
    assert rows[1].flaw == "a quotation mark inside a quoted cell must be doubled"
    assert rows[3].line == 5
    assert "reaches to the end of the file" in (rows[3].flaw or "")


def test_an_open_quotation_that_swallows_the_file_is_told_with_its_line(path: Path) -> None:
    path.write_text('a,b\n1,2\n3,"4\n' + "5,6\n" * 50_000, encoding="utf-8")
    with pytest.raises(BadUserInput, match="Line 3: a cell is longer than 131072 characters; is a quotation mark"):
        open_csv(path)


def test_a_line_without_end_is_no_csv(path: Path) -> None:
    path.write_text("a,b\n" + "x," * 8_000_001, encoding="utf-8")
    with pytest.raises(BadUserInput, match="Line 2 is longer than 16000000 characters"):
        open_csv(path)


def test_a_missing_file_a_directory_and_an_empty_file_are_told_apart(path: Path) -> None:
    with pytest.raises(BadUserInput, match="There is no file"):
        open_csv(path)
    with pytest.raises(BadUserInput, match="is not a file"):
        open_csv(path.parent)
    path.touch()
    with pytest.raises(BadUserInput, match=r"people\.csv is empty"):
        open_csv(path)
    path.write_text("\n\n", encoding="utf-8")
    with pytest.raises(BadUserInput, match="only blank lines"):
        open_csv(path)
    path.write_text("first_name,last_name\n\n", encoding="utf-8")
    with pytest.raises(BadUserInput, match="has a header and no rows"):
        open_csv(path)
    path.write_text('"first_name"x\nAda\n', encoding="utf-8")
    with pytest.raises(BadUserInput, match=r"The header of people\.csv is broken"):
        open_csv(path)


def test_a_binary_file_is_told_by_its_format(path: Path) -> None:
    for content, told in (
        (b"PK\x03\x04" + b"sheet" * 100, "an Excel workbook or a zip archive"),
        (gzip.compress(TABLE.encode()), "a gzip archive"),
        (b"%PDF-1.7\n", "a PDF document"),
        (random.Random(1).randbytes(5000), "a binary file"),
        (TABLE.encode("utf-16-le"), "a binary file, or text in an encoding that needs --encoding"),
    ):
        path.write_bytes(content)
        with pytest.raises(BadUserInput, match=f"people.csv is {told}"):
            open_csv(path)
    assert len(cells(open_csv(path, encoding="utf-16-le"))) == 2


def test_a_database_is_no_csv(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(BadUserInput, match="an SQLite database"):
        open_csv(path)


def test_progress_is_told_in_bytes(path: Path) -> None:
    path.write_text("a,b\n" + "1,2\n" * 20_000, encoding="utf-8")
    told: list[int] = []
    file = open_csv(path)
    assert sum(1 for _ in file.rows(told.append)) == 20_000
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1] == file.size == path.stat().st_size
