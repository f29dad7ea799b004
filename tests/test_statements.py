"""What is asked of the database: how many statements, in which words, and never without the workspace's rule.

The words stand in tests/golden, one file for each operation and database; `LEADGRAPH_TEST_GOLDEN=write` writes them
anew, and their diff is reviewed like any other.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, FromClause, literal_column

from app.catalog import Noun
from app.domain import CATALOG
from app.errors import BadUserInput
from app.read.binding import Binder
from app.read.grouping import groups_of
from app.resource import Many, One
from tests.planned import DIALECTS, WORKSPACE, Planned, cursor_of, id_of, planned, whole_schema
from tests.recording import record
from tests.serving import Client
from tests.surface import things

GOLDEN = Path(__file__).parent / "golden"
ID = id_of("Contact", 7)

OPERATIONS = {
    "one_record": f'{{ contact(id: "{ID}") {{ id email company {{ name }} stage {{ name pipeline {{ name }} }} }} }}',
    "page": "{ contacts(first: 50) { nodes { id email company { name } } pageInfo { hasNextPage } totalCount } }",
    "page_beyond_a_cursor": f"""{{ contacts(
        first: 20, orderBy: [{{field: LAST_NAME}}, {{field: SCORE, direction: DESC}}],
        after: "{cursor_of(b"Contact|last_name 01|score 11|id 11", ["Lovelace", 90, ID])}"
        ) {{ edges {{ cursor }} }} }}""",
    "page_beyond_a_cursor_in_the_index": f"""{{ contacts(
        last: 20, before: "{cursor_of(b"Contact|created_at 11|id 11", ["2026-01-01T00:00:00.000Z", ID])}"
        ) {{ nodes {{ id }} }} }}""",
    "filter": """{ contacts(filter: {
        or: [{status: {eq: NEW}}, {tags: {some: {name: {in: ["VIP", "hot"]}}}}],
        not: {company: {is: {name: {startsWith: "A"}}}}, createdAt: {gte: "2026-01-01T00:00:00Z"}
        customFields: [{key: "budget", number: {gt: 1000}}, {key: "plan", text: {ne: "free"}}]
        messages: {every: {status: {ne: BOUNCED}}}, stage: {isNull: false}, email: {contains: "@"}
        }) { totalCount } }""",
    "filter_by_linked_ids": f"""{{ contacts(filter: {{
        tags: {{some: {{id: {{eq: "{id_of("Tag", 3)}"}}}}}}, stage: {{is: {{id: {{eq: "{id_of("Stage", 4)}"}}}}}}
        company: {{isNot: {{id: {{eq: "{id_of("Company", 5)}"}}}}}}
        }}) {{ totalCount }} }}""",
    "search": '{ contacts(search: "ada lo", first: 10) { nodes { id } } }',
    "to_many": """{ companies(first: 10) { nodes { id contacts(first: 5, orderBy: {field: LAST_NAME}) {
        nodes { email tags { nodes { name } } stage { name } } totalCount } } } }""",
    "summary": "{ contacts(first: 10) { nodes { id stats { sent replied lastContactedAt } } } }",
    "nodes": f'{{ nodes(ids: ["{ID}", "{id_of("Company", 9)}"]) {{ id ... on Contact {{ email }} }} }}',
    "aggregate": """{ contactsAggregate(
        filter: {score: {gte: 10}}, groupBy: [STATUS, CREATED_AT_WEEK, COMPANY], first: 20
        ) { count key { status createdAtWeek company { name } } sum { score } average { score } max { score } } }""",
    "analytics": """{ messageAnalytics(
        from: "2026-01-01T00:00:00Z", groupBy: [CHANNEL, AUTOMATION, CREATED_AT_QUARTER]
        ) { count sent replied key { channel createdAtQuarter automation { name } } } }""",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_statements_are_the_golden_ones(name: str, dialect: str) -> None:
    document = "".join(f"-- {line.strip()}\n" for line in OPERATIONS[name].splitlines())
    # The spaces that SQLAlchemy leaves at the ends of lines say nothing.
    statements = [re.sub(r" +$", "", each.text, flags=re.MULTILINE) for each in planned(dialect, OPERATIONS[name])]
    text = document + "".join(f"\n{statement};\n" for statement in statements)
    path = GOLDEN / f"{name}.{dialect}.sql"
    if os.environ.get("LEADGRAPH_TEST_GOLDEN") == "write":
        path.write_text(text)
    assert path.read_text() == text


def test_every_golden_file_is_of_an_operation() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{each}.sql" for name in OPERATIONS for each in DIALECTS
    }


# How many


@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_to_many_link_more_is_one_statement_more(dialect: str) -> None:
    query, counts = "id", []
    for link in ("", "tags", "messages(first: 3)", "lists", "tasks", "enrollments", "stageMoves"):
        query += f" {link} {{ nodes {{ id }} }}" if link else ""
        counts.append(len(planned(dialect, f"{{ contacts {{ nodes {{ {query} }} }} }}", usual=True)))
    assert counts == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_links_within_links_are_one_statement_each(dialect: str) -> None:
    inner = "lists { nodes { contacts(first: 2) { nodes { id } } } }"
    assert (
        len(planned(dialect, f"{{ tags {{ nodes {{ contacts(first: 2) {{ nodes {{ {inner} }} }} }} }} }}", usual=True))
        == 4
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_to_one_links_cost_no_statement(dialect: str) -> None:
    links = "company { name } stage { pipeline { name } } assignedTo { workspace { id } }"
    assert len(planned(dialect, f"{{ messages {{ nodes {{ contact {{ {links} }} }} }} }}", usual=True)) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_counted_costs_one_statement_each(dialect: str) -> None:
    assert len(planned(dialect, "{ contacts { totalCount } }", usual=True)) == 1
    assert len(planned(dialect, "{ contacts { nodes { id } totalCount } }", usual=True)) == 2
    assert len(planned(dialect, "{ contacts { nodes { stats { sent received } } } }", usual=True)) == 2
    assert len(planned(dialect, "{ contacts { nodes { tags { totalCount } } } }", usual=True)) == 2
    assert len(planned(dialect, "{ contacts { nodes { tags { nodes { id } totalCount } } } }", usual=True)) == 3


async def test_the_data_decides_nothing_about_the_number_of_statements(client: Client) -> None:
    query = """query ($n: Int, $search: String) { contacts(first: $n, search: $search, orderBy: {field: CREATED_AT}) {
        nodes { company { name } tags { nodes { name } } messages { nodes { subject } totalCount } } } }"""
    await client.ask("{ ping }")
    statements = record(client.database)
    counts = []
    for variables in ({"n": 1}, {"n": 5}, {"n": 200}, {"n": 5, "search": "ada"}):
        statements.clear()
        await client.ask(query, variables)
        counts.append(len(statements))
    assert counts == [4, 4, 4, 4]


async def test_a_lookup_is_one_statement_that_proves_the_key_as_well(client: Client) -> None:
    query = "query ($id: ID!) { contact(id: $id) { email company { name } stage { pipeline { name } } } }"
    await client.ask("{ ping }")
    statements = record(client.database)
    await client.ask(query, {"id": client.ids["ada"]})
    (statement,) = statements
    assert "FROM api_key AS guard" in statement.text
    assert client.key_rows["all"] in statement.values


# The workspace rule


def _filter(noun: Noun) -> str:
    """A filter that follows every link of a noun in every way."""
    one, many = "{is: {}, isNot: {}, isNull: false}", "{some: {}, none: {}, every: {id: {isNull: false}}}"
    links = (f"{link.name}: {one if isinstance(link, One) else many}" for link in noun.links.values())
    return f"{{{', '.join(links)}, and: [{{}}], or: [{{}}], not: {{id: {{isNull: true}}}}}}"


def _record(noun: Noun) -> Iterator[str]:
    yield "id"
    for link in noun.links.values():
        if isinstance(link, Many):
            target = CATALOG.nouns[link.to]
            yield f"{link.name}(filter: {_filter(target)}) {{ nodes {{ id {_ones(target)} }} totalCount }}"
    yield _ones(noun)
    for summary in noun.summaries.values():
        yield f"{summary.name} {{ {' '.join(measure.name for measure in summary.measures)} }}"


def _ones(noun: Noun) -> str:
    return " ".join(f"{link.name} {{ id }}" for link in noun.links.values() if isinstance(link, One))


def _documents() -> Iterator[str]:
    """Every root field of every noun, every link in records, filters and groups."""
    for noun in CATALOG.nouns.values():
        resource, fields = noun.resource, " ".join(_record(noun))
        given = f"filter: {_filter(noun)}" + (', search: "ab cde"' if resource.search else "")
        yield f'{{ {resource.singular}(id: "{id_of(noun.name, 1)}") {{ {fields} }} }}'
        yield f'{{ nodes(ids: ["{id_of(noun.name, 1)}"]) {{ ... on {noun.name} {{ {fields} }} }} }}'
        yield f"{{ {resource.plural}({given}) {{ nodes {{ {fields} }} edges {{ cursor }} totalCount }} }}"
        links = [group for group in groups_of(noun).values() if group.link is not None]
        names = ", ".join(re.sub("([A-Z])", r"_\1", group.name).upper() for group in links)
        keys = " ".join(f"{group.name} {{ id }}" for group in links)
        groups = f", groupBy: [{names}]" if links else ""
        yield f"{{ {resource.plural}Aggregate({given}{groups}) {{ count {f'key {{ {keys} }}' if links else ''} }} }}"


_GUARD = {"guard_workspace", "guard_api_key", "guard_user"}  # who asks
_ACCESS = re.compile(r'(?:FROM|JOIN|,)\s+"?(\w+)"? AS "?(\w+)"?')


def unruled(dialect: str, statement: Planned) -> list[str]:
    """The accesses to a noun's table that a statement does not hold to the workspace."""
    found = _ACCESS.findall(statement.text)
    aliases = [alias for _, alias in found]
    assert len(aliases) == len(set(aliases)), "the names of accesses must tell them apart"
    return [
        f"{table} AS {alias}"
        for table, alias in found
        if table in CATALOG.by_table and not _is_ruled(dialect, statement, CATALOG.by_table[table], alias)
    ]


def _is_ruled(dialect: str, statement: Planned, noun: Noun, alias: str) -> bool:
    if alias in _GUARD:
        return True
    if alias == "page":  # on SQLite the page of a parent is read again, by the ids that were found under the rule
        return "page.id IN (SELECT r.id" in statement.text
    parameter = r"\?" if dialect == "sqlite" else r"\$(\d+)"
    rules = re.finditer(rf"\b{alias}\.{noun.workspace_column} = {parameter}", statement.text)
    places = (statement.text[: rule.start()].count("?") if dialect == "sqlite" else int(rule[1]) - 1 for rule in rules)
    return any(statement.values[place] == WORKSPACE for place in places)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_table_is_reached_under_the_rule_of_the_workspace(dialect: str) -> None:
    reached: set[str] = set()
    for document in _documents():
        for statement in planned(dialect, document):
            assert unruled(dialect, statement) == [], document
            reached |= {table for table, alias in _ACCESS.findall(statement.text) if alias not in _GUARD}
    assert reached >= set(CATALOG.by_table)
    for thing in things(whole_schema()).values():
        with suppress(BadUserInput):  # the smallest value of some arguments is refused
            for statement in planned(dialect, thing.document or "{ ping }"):
                assert unruled(dialect, statement) == [], thing.document


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("noun", ["Contact", "Tag", "Company", "Message"])
def test_a_rule_left_out_anywhere_would_be_noticed(monkeypatch: pytest.MonkeyPatch, dialect: str, noun: str) -> None:
    rule = Binder.workspace_rule

    def careless(self: Binder, each: Noun, source: FromClause) -> ColumnElement[bool]:
        return literal_column("true") if each.name == noun else rule(self, each, source)

    monkeypatch.setattr(Binder, "workspace_rule", careless)
    accesses = [
        f'{{ {CATALOG.nouns[noun].resource.singular}(id: "{id_of(noun, 1)}") {{ id }} }}',
        f"{{ {CATALOG.nouns[noun].resource.plural} {{ nodes {{ id }} }} }}",
        f"{{ {CATALOG.nouns[noun].resource.plural}Aggregate {{ count }} }}",
        {
            "Contact": "{ messages { nodes { contact { id } } } }",
            "Tag": "{ contacts { nodes { tags { nodes { id } } } } }",
            "Company": "{ contacts(filter: {company: {isNull: true}}) { totalCount } }",
            "Message": "{ contacts { nodes { stats { sent } } } }",
        }[noun],
    ]
    for document in accesses:
        assert any(unruled(dialect, statement) for statement in planned(dialect, document)), document
