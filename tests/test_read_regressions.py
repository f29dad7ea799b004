"""Defects of reading that random documents found, each once."""

import pytest

from app.errors import ConfigurationError
from app.graph.build import Types
from tests.serving import Client


async def test_records_of_which_no_column_is_selected_are_still_listed(client: Client) -> None:
    data = await client.ask("{ tags(first: 2) { nodes { __typename } pageInfo { hasNextPage } } }")
    assert data["tags"] == {"nodes": [{"__typename": "Tag"}] * 2, "pageInfo": {"hasNextPage": True}}


async def test_a_cursor_is_good_for_its_order_however_that_is_written(sqlite_client: Client) -> None:
    query = "query ($o: [TagOrder!], $c: String) { tags(orderBy: $o, after: $c, first: 1) { edges { cursor } } }"
    plain = await sqlite_client.ask(query, {"o": [{"field": "NAME"}]})
    # A name is never null, so where nulls come decides nothing.
    spelled = [{"field": "NAME", "direction": "ASC", "nulls": "FIRST"}]
    assert plain == await sqlite_client.ask(query, {"o": spelled})
    cursor = plain["tags"]["edges"][0]["cursor"]
    assert len((await sqlite_client.ask(query, {"o": spelled, "c": cursor}))["tags"]["edges"]) == 1


async def test_the_filter_of_a_noun_is_not_that_of_a_link_to_another(sqlite_client: Client) -> None:
    # ContactList's filter and the filter of a list of contacts once had the same name.
    fields = sqlite_client.app.full.schema.type_map
    assert not {"some", "none", "every"} & set(fields["ContactListFilter"].fields)  # type: ignore[attr-defined]
    data = await sqlite_client.ask('{ tags(filter: {contacts: {some: {firstName: {eq: "Ada"}}}}) { nodes { name } } }')
    assert [tag["name"] for tag in data["tags"]["nodes"]] == ["cold", "hot"]


def test_two_types_cannot_have_one_name() -> None:
    types = Types()
    types.object("ContactListFilter", "One.")
    with pytest.raises(ConfigurationError, match="ContactListFilter"):
        types.input("ContactListFilter", "Another.")
