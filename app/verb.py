"""The vocabulary that changes are declared with: verbs, what they are given, what they answer, what was wrong.

Everything that changes data is a `Verb`. Those that every noun has (create, update, delete …) are derived from its
declaration by `app/write/`; the others stand in `app/domain/`. A verb gets arguments that have been checked already and
answers a dict by payload field, in which records are primary keys.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.resource import Choice, Requirement
from app.store.types import Kind

MOST = 1_000
"""Records that one call may change; items of a list, unless it says otherwise."""


class UserErrorCode(Choice):
    """Why a change was refused."""

    BLANK = "blank", "The text is empty or white space only."
    REQUIRED = "required", "A value is needed here."
    INVALID = "invalid", "The value does not have the form that is asked for."
    TOO_LONG = "too_long", "The text, the list or the document is longer than allowed."
    OUT_OF_RANGE = "out_of_range", "The number lies outside its range."
    NOT_FOUND = "not_found", "There is no such record."
    TAKEN = "taken", "Another record has this value, which must be unique."
    DUPLICATE = "duplicate", "The same thing is given twice in this call."
    UNKNOWN_FIELD = "unknown_field", "The workspace takes no custom fields but those that are defined."
    NOT_ALLOWED = "not_allowed", "The record is in a state that does not allow this."
    CONFLICT = "conflict", "The record was changed since the version that `ifVersion` names."
    SANDBOX_DISABLED = "sandbox_disabled", "The workspace has no sandbox, so it has no test keys."
    REVOCATION_PERMANENT = "revocation_permanent", "What was revoked in this workspace is never used again."
    EXCEEDS_AUTHORITY = "exceeds_authority", "It would give, or takes, more rights than the caller has."
    AMBIGUOUS = "ambiguous", "Several records have this value, so that it does not say which one is meant."


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a call: `path` leads into its arguments (`("contacts", "3", "email")`)."""

    path: tuple[str, ...]
    message: str
    code: UserErrorCode
    version: int | None = None  # of the record as it is, for CONFLICT

    def told(self) -> dict[str, Any]:
        """As `USER_ERROR` shows it."""
        return {
            "field": list(self.path),
            "message": self.message,
            "code": self.code.name,
            "currentVersion": self.version,
        }


class Rejected(Exception):
    """A call was refused for what its caller can mend; nothing of it is done."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(problems[0].message if problems else "")


Rule: TypeAlias = Callable[[str], str]
"""Gives back the text that is stored, or raises `app.write.rules.Broken`."""


@dataclass(frozen=True)
class Given:
    """An argument of a verb, or a field of one of its inputs.

    `type` is a kind, an enum, another input, or, for a filter, the name of the noun that it finds. An ID `refers_to` a
    noun; unless it is the `subject`, which the verb looks up itself, it must be that of a record. `column` is what the
    value is called when the verb gets it. A list of inputs, or of subjects, that is `each` can be refused row by row:
    the verb gets an `Entry` for each of them. An argument that is `said` may be null, but not left out: a variable that
    was forgotten must not clear anything. `initial` is what a new record has if the field is not given.
    """

    name: str
    type: "Kind | type[Choice] | Form | str"
    description: str
    required: bool = False
    nullable: bool = True
    said: bool = False
    many: bool = False
    each: bool = False
    refers_to: str | None = None
    subject: bool = False
    column: str = ""
    default: Any = None
    initial: Any = field(default=None, hash=False)  # a list or an object, too
    max_length: int | None = None
    most: int | None = None  # items of a list
    low: int | None = None
    high: int | None = None
    rule: Rule | None = None
    requires: Requirement = ()
    filter_of: str | None = None  # of a JSON object: it is kept, and is in the form of this noun's filter

    @property
    def target(self) -> str:
        return self.column or self.name


@dataclass(frozen=True)
class Form:
    """An input object type."""

    name: str
    description: str
    fields: tuple[Given, ...]


@dataclass(frozen=True)
class Shown:
    """A field of a payload, or of a report in it. `type` is the name of a noun, a kind, an enum or a report."""

    name: str
    type: "str | Kind | type[Choice] | Report"
    description: str
    many: bool = False
    required: bool = False
    requires: Requirement | None = None  # None: what reading the noun takes


@dataclass(frozen=True)
class Report:
    """An object type in a payload that is no record: what became of a row, for instance."""

    name: str
    description: str
    fields: tuple[Shown, ...]


USER_ERROR = Report(
    "UserError",
    "Something that is wrong with what a mutation was given; it is not done.",
    (
        Shown(
            "field",
            Kind.STRINGS,
            'Where in the arguments: `["contacts", "3", "email"]`.',
            required=True,
        ),
        Shown("message", Kind.STRING, "What is wrong, for people.", required=True),
        Shown("code", UserErrorCode, "What is wrong, for programs.", required=True),
        Shown("currentVersion", Kind.INT, "The version of the record as it is, beside CONFLICT."),
    ),
)


def user_errors(description: str) -> Shown:
    """The field of a payload, or of a report in it, that tells what is wrong."""
    return Shown("userErrors", USER_ERROR, description, many=True, required=True)


class RowAction(Choice):
    """What became of one of many."""

    CREATED = "created", "It is a new record."
    UPDATED = "updated", "The record was changed."
    UNCHANGED = "unchanged", "The record was already as it was asked to be."
    DELETED = "deleted", "The record was deleted."
    REFUSED = "refused", "Nothing was done; `userErrors` tell why."


Outcome: TypeAlias = Mapping[str, Any]
"""What a verb answers, by payload field."""


class Secret(str):
    """A text of an outcome that is shown once: an answer that is kept for retries has null in its place."""


@dataclass(frozen=True)
class Verb:
    """One mutation. `run(tx, **arguments)`; `bulk` if it may change many records, which takes time.

    Every verb also takes `dryRun`, and answers `userErrors`.
    """

    name: str
    description: str
    requires: Requirement
    arguments: tuple[Given, ...]
    returns: tuple[Shown, ...]
    run: Callable[..., Awaitable[Outcome]]
    bulk: bool = False
    events: tuple[str, ...] = field(default=())  # types of those that it may leave

    @property
    def payload(self) -> str:
        """The name of the payload's type: `createContact` → `CreateContactPayload`."""
        return f"{self.name[0].upper()}{self.name[1:]}Payload"
