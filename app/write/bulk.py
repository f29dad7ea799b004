"""Many records at once: one result for each row, in the order of the rows, in one transaction."""

from functools import cache

from app.catalog import Noun
from app.resource import Requirement
from app.store.types import Kind
from app.verb import Report, RowAction, Shown, user_errors


@cache
def result_of(noun: Noun) -> Report:
    """What became of one of many records: `{"id", noun, "action", "userErrors"}` in the results of a verb."""
    return _result(f"{noun.name}Result", noun, None)


def _result(name: str, noun: Noun, requires: Requirement | None) -> Report:
    record = noun.resource.singular
    return Report(
        name,
        f"What became of one of several {noun.resource.plural}.",
        (
            Shown("id", Kind.ID, "The id of the record, of a deleted one too; null if there is none."),
            Shown(record, noun.name, "The record as it is now; null if there is none.", requires=requires),
            Shown("action", RowAction, "What was done.", required=True),
            user_errors("All that is wrong with it."),
        ),
    )
