"""What is searched for and what is searched are folded the same way."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.fold import fold, search_text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("  Ada \t Lovelace\n", "ada lovelace"),
        ("Łukasz  MÜLLER", "lukasz muller"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Ærøskøbing", "aeroskobing"),
        ("Œuvre", "oeuvre"),
        ("İstanbul", "istanbul"),
        ("IŞIK ışık", "isik isik"),
        ("Đorđe Þór", "dorde thor"),
        ("e\u0301te\u0301", "ete"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("ﬁnance", "finance"),
        ("№ ½", "no 1⁄2"),
        ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
        ("ФЁДОР", "федор"),
        ("東京 ﾄｳｷｮｳ", "東京 トウキョウ"),
        ("한국", "한국"),
        ("a\N{NO-BREAK SPACE}b\N{EM SPACE}c", "a b c"),
        ("👋🏽 José", "👋🏽 jose"),
        ("50%_\\'\"", "50%_\\'\""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == normalize("NFKD", folded)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_words_fold_one_by_one(left: str, right: str) -> None:
    """So a word that is looked for folds to what it became as a part of the text."""
    assert fold(f"{left} {right}") == f"{fold(left)} {fold(right)}".strip()


def test_every_word_of_a_search_text_follows_one_space() -> None:
    assert search_text("Ada  King", None, "", " \t ", "ada@acme.example") == " ada king ada@acme.example"
    assert search_text(None, "  ") == ""
    assert search_text() == ""
