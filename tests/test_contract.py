"""Every statement of the contract is named by a test, or stands with the reason why none can show it."""

from tests.contract import UNTESTED, covered, named_in, statements


def test_every_statement_is_tested_or_told_why_not() -> None:
    known, named = set(statements()), set(covered())
    assert len(known) == 221
    assert named - known == set()
    assert known - named - set(UNTESTED) == set()
    assert named & set(UNTESTED) == set()
    assert set(UNTESTED) <= known


def test_ranges_name_all_that_lie_between() -> None:
    assert named_in("S1-8…10, X5 and S2-1..2; not XS4-1 or S4-") == {"S1-8", "S1-9", "S1-10", "X5", "S2-1", "S2-2"}
