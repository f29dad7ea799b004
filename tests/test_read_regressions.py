"""Defects of reading that random documents found, each once."""

import pytest
from sqlalchemy import update

from app.domain import CATALOG
from app.errors import ConfigurationError
from app.graph.build import Types
from app.store.session import transaction
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


async def test_a_plan_for_few_ids_is_no_way_around_the_limits(sqlite_client: Client) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ada = sqlite_client.ids["ada"]
    await sqlite_client.ask(query, {"ids": [ada]})
    error = await sqlite_client.refused(query, {"ids": [ada] * 201})
    assert (error["code"], error["message"]) == ("BAD_USER_INPUT", "ids must hold at most 200 ids, not 201.")


@pytest.mark.parametrize(
    "query",
    [
        'query ($v: ID = "x") { contact(id: $v) { id } }',
        'query ($v: ID = "x") { nodes(ids: [$v]) { id } }',
        'query ($v: [ID!] = ["x"]) { nodes(ids: $v) { id } }',
        'query ($v: String = "x") { contacts(filter: {customFields: [{key: $v}]}) { totalCount } }',
        'query ($v: String = "x") { contacts(filter: {email: {in: [$v]}}) { totalCount } }',
        "query ($v: ContactOrderField = SCORE) { contacts(orderBy: {field: $v}) { totalCount } }",
        "query ($v: ContactGroupBy = STATUS) { contactsAggregate(groupBy: [$v]) { count } }",
        "query ($v: Boolean = true) { contacts { totalCount @include(if: $v) } }",
    ],
)
async def test_null_is_refused_where_only_the_default_of_a_variable_made_it_valid(
    sqlite_client: Client, query: str
) -> None:
    error = await sqlite_client.refused(query, {"v": None})
    assert error["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("$v must not be null")


@pytest.mark.parametrize("more", ["", "__schema { __typename }"])
async def test_a_number_that_no_float_is_equal_to_is_refused_on_every_way(sqlite_client: Client, more: str) -> None:
    found = 'contacts(filter: {customFields: [{key: "n", number: {eq: $n}}]}) { totalCount }'
    query = f"query ($n: Float) {{ {found} {more} }}"
    assert (await sqlite_client.refused(query, {"n": 2**53 + 1}))["status"] == 400


async def test_integers_in_custom_fields_compare_as_the_floats_next_to_them(client: Client) -> None:
    contacts = CATALOG.nouns["Contact"].table
    async with transaction(client.database) as tx:
        ada = update(contacts).where(contacts.c.id == client.rows["ada"])
        await tx.connection.execute(ada.values(custom_fields={"number": 2**53 + 1}))
    query = 'query ($n: Float!) { contacts(filter: {customFields: {key: "number", number: {eq: $n}}}) { totalCount } }'
    assert await client.ask(query, {"n": 2.0**53}) == {"contacts": {"totalCount": 1}}
