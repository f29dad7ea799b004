"""Which column of a CSV file goes to which field."""

import pytest

from app.catalog import Noun
from app.domain import CATALOG
from app.errors import BadUserInput
from app.write.csv_columns import Columns, importable, match_columns

CONTACT, COMPANY = CATALOG.nouns["Contact"], CATALOG.nouns["Company"]


def pairs(columns: Columns) -> dict[str, str]:
    return {column.header: column.name for column in columns.fields}


@pytest.mark.parametrize("header", ["firstName", "first_name", "First Name", "FIRST-NAME", " first name ", "FirstName"])
def test_a_header_is_matched_by_its_letters(header: str) -> None:
    assert pairs(match_columns(CONTACT, [header])) == {header: "firstName"}


def test_what_the_server_keeps_itself_cannot_be_imported() -> None:
    header = ["email", "id", "createdAt", "updated_at", "version", "assignedToId", "workspace_id", "duplicateStatus"]
    columns = match_columns(CONTACT, header)
    assert pairs(columns) == {"email": "email"}
    assert columns.ignored == tuple(header[1:])


@pytest.mark.parametrize("noun", [CONTACT, COMPANY], ids=["Contact", "Company"])
def test_every_other_field_can_be_imported(noun: Noun) -> None:
    names = list(importable(noun))
    assert pairs(match_columns(noun, names)) == {name: name for name in names}
    kept = {"id", "createdAt", "updatedAt", "version", "assignedToId", "duplicateStatus"}
    assert set(noun.attributes) - set(names) <= kept


def test_a_mapping_goes_before_a_matching_name() -> None:
    columns = match_columns(
        CONTACT,
        ["first_name", "nick", "E-Mail 2", "city", "notes", ""],
        mapping={"nick": "firstName", "e-mail 2": "email", "city": "customFields.town", "notes": ""},
    )
    assert pairs(columns) == {"nick": "firstName", "E-Mail 2": "email"}
    assert [(column.header, column.key) for column in columns.custom] == [("city", "town")]
    assert columns.ignored == ("first_name", "notes", "(column 6, without a name)")


def test_the_rest_becomes_custom_fields_under_its_own_names() -> None:
    columns = match_columns(CONTACT, ["email", "Date added", "id"], rest_as_custom_fields=True)
    assert [column.key for column in columns.custom] == ["Date added", "id"]
    assert columns.ignored == ()
    assert columns.names == {"email": "email"}


@pytest.mark.parametrize("key", ["externalId", "external_id", "bioguide_id"])
def test_a_key_is_named_by_its_field_or_its_column(key: str) -> None:
    columns = match_columns(CONTACT, ["email", "bioguide_id"], mapping={"bioguide_id": "externalId"}, key=key)
    assert columns.key
    assert columns.key.name == "externalId"


@pytest.mark.parametrize(
    ("header", "options", "told"),
    [
        (["email", "email"], {}, "Two columns have the header 'email'"),
        (["email", "E-Mail"], {}, "Two columns go to email: 'email' and 'E-Mail'"),
        (["a", "b"], {"mapping": {"a": "email", "b": "email"}}, "Two columns go to email"),
        (["email", "a"], {"mapping": {"a": "customFields.x", "email": "customFields.x"}}, "Two columns go to customF"),
        (["email", "a\x1b[2J"], {}, "cannot be printed"),
        (["email"], {"mapping": {"mail": "email"}}, "There is no column 'mail'; the columns are email"),
        (["a"], {"mapping": {"a": "emial"}}, "Contact has no field 'emial' to import; it has email, firstName"),
        (["a"], {"mapping": {"a": "id"}}, "Contact has no field 'id' to import"),
        (["a"], {"mapping": {"a": "customFields."}}, "must have a key of 1 to 100 characters"),
        (["email", "x" * 101], {"rest_as_custom_fields": True}, "must have a key of 1 to 100 characters"),
        (["foo", "bar"], {}, "No column is a field of Contact. The columns are foo, bar; the fields are email"),
        (["foo", "bar"], {"rest_as_custom_fields": True}, "No column is a field of Contact"),
        (["email"], {"key": "externalId"}, "The key 'externalId' is not among the fields that the file fills: email"),
        (["email", "status"], {"key": "status"}, "status cannot be the key"),
        (["email", "x"], {"key": "x", "rest_as_custom_fields": True}, "The key 'x' is not among"),
    ],
)
def test_what_is_ambiguous_or_unknown_is_refused(header: list[str], options: dict[str, object], told: str) -> None:
    with pytest.raises(BadUserInput) as caught:
        match_columns(CONTACT, header, **options)  # type: ignore[arg-type]
    assert told in caught.value.message


def test_a_required_field_must_be_filled_unless_a_key_finds_records() -> None:
    with pytest.raises(BadUserInput, match="A Company needs name; map a column to it"):
        match_columns(COMPANY, ["domain"])
    assert match_columns(COMPANY, ["domain"], key="domain").required == {"name": "name"}
    assert match_columns(COMPANY, ["Firm"], mapping={"Firm": "name"}).required == {"name": "Firm"}


def test_custom_fields_need_a_noun_that_has_them() -> None:
    with pytest.raises(BadUserInput, match="Tag has no custom fields"):
        match_columns(CATALOG.nouns["Tag"], ["name", "x"], rest_as_custom_fields=True)
