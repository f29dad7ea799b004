"""A schema that is not to be explored: what a key without `schema:read` is told of a document that is refused.

Every document that does not fit gets one and the same answer, whatever is wrong with it, so that names cannot be
guessed from answers. What a key may run still tells what it brings. Used where LEADGRAPH_HIDE_SCHEMA says so.
"""

from app.errors import BadUserInput, InsufficientScope, LeadgraphError, ValidationFailed
from app.graph.errors import Refused

SCHEMA_SCOPE = "schema:read"


def exploring() -> InsufficientScope:
    """The refusal of an introspection."""
    return InsufficientScope(
        f"The schema is shown to keys with the scope {SCHEMA_SCOPE} only.", required=[SCHEMA_SCOPE]
    )


def without_names(error: LeadgraphError) -> LeadgraphError:
    """The error, or what may be told of it."""
    missing = isinstance(error, InsufficientScope) and error.required != (SCHEMA_SCOPE,)
    if missing and isinstance(error.__cause__, Refused):  # what the variables got, before scopes were thought of
        error = error.__cause__
    elif missing or error.code == ValidationFailed.code:
        return ValidationFailed("The document does not fit the schema of this key.")
    if isinstance(error, Refused) and error.code == BadUserInput.code:
        return BadUserInput("A variable does not fit its type.")
    return error
