"""Many records at once: one result for each row, in the order of the rows, in one transaction."""

from functools import cache

from app.resource import Requirement, Resource
from app.store.types import Kind
from app.verb import Report, RowAction, Shown, user_errors


@cache
def result_of(resource: Resource) -> Report:
    """What became of one of many records: `{"id", noun, "action", "userErrors"}` in the results of a verb."""
    return _result(f"{resource.name}Result", resource, None)


def _result(name: str, resource: Resource, requires: Requirement | None) -> Report:
    return Report(
        name,
        f"What became of one of several {resource.plural}.",
        (
            Shown("id", Kind.ID, "The id of the record, of a deleted one too; null if there is none."),
            Shown(
                resource.singular, resource.name, "The record as it is now; null if there is none.", requires=requires
            ),
            Shown("action", RowAction, "What was done.", required=True),
            user_errors("All that is wrong with it."),
        ),
    )
