"""Who may use what: every thing of the schema against every scope, what scopes mean (X9, X11, X12, S1-20…26)."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_client_schema,
    build_schema,
    get_introspection_query,
    get_named_type,
    is_introspection_type,
    is_scalar_type,
)

from app.access.scopes import SCOPES, canonical, expand
from app.access.views import Views
from app.domain import CATALOG, VERBS
from app.errors import BadUserInput, InsufficientScope
from app.graph.documents import Documents
from app.graph.schema import View, assemble, requirement_on, views_of
from app.resource import Choice, One, Requirement
from app.verb import USER_ERROR, Form, Report, Verb
from tests.mutations import given_to, shown_by
from tests.readable import meets
from tests.recording import record
from tests.serving import KEYS, Client
from tests.surface import coordinates, expected, things


@cache
def views() -> Views[View]:
    return views_of(assemble(CATALOG, VERBS), 64)


FULL = views().view(frozenset(SCOPES)).schema
THINGS = things(FULL)
DOCUMENTS = Documents(FULL, views(), max_tokens=1000, budget=2**24, plans=1)

# Every thing against every scope


@pytest.mark.parametrize("scope", ["none", *SCOPES])
def test_a_view_holds_what_its_scope_may_use_and_nothing_else(scope: str) -> None:
    scopes = expand([scope])
    assert coordinates(views().view(scopes).schema) == expected(FULL, scopes)


@pytest.mark.parametrize("scope", ["none", *SCOPES])
def test_the_printed_schema_is_the_view(scope: str) -> None:
    view = views().view(expand([scope]))
    assert coordinates(build_schema(view.sdl)) == coordinates(view.schema)


async def test_introspection_shows_the_view(sqlite_client: Client) -> None:
    for key in ("nothing", "contacts", "people", "analytics", "all"):
        shown = build_client_schema(await sqlite_client.ask(get_introspection_query(), key=key))
        assert coordinates(shown) == coordinates(views().view(expand(KEYS[key][1])).schema)


async def test_introspection_finds_no_type_that_is_out_of_reach(sqlite_client: Client) -> None:
    query = "query ($name: String!) { __type(name: $name) { name } }"
    for name in FULL.type_map:
        data = await sqlite_client.ask(query, {"name": name}, key="tags")
        known = name in views().view(expand(["tags:read"])).schema.type_map
        assert data["__type"] == ({"name": name} if known else None)


def test_every_thing_of_the_schema_is_looked_at() -> None:
    assert set(THINGS) == coordinates(FULL)


@pytest.mark.parametrize("type_name", sorted({coordinate.partition(".")[0] for coordinate in THINGS}))
def test_a_document_is_accepted_or_names_exactly_the_scopes_that_it_misses(type_name: str) -> None:
    for thing in THINGS.values():
        if thing.document is not None and thing.coordinate.partition(".")[0] == type_name:
            named = {name for requirement in thing.requirements for group in requirement for name in group}
            for scopes in (frozenset[str](), expand(["*"]), *(expand([name]) for name in sorted(named))):
                check(thing.document, thing.requirements, scopes)


def check(document: str, requirements: frozenset[Requirement], scopes: frozenset[str]) -> None:
    view = views().view(scopes)
    if all(meets(scopes, requirement) for requirement in requirements):
        DOCUMENTS.get(view, scopes, document)
        return
    with pytest.raises(InsufficientScope) as refusal:
        DOCUMENTS.get(view, scopes, document)
    missing = frozenset(refusal.value.required)
    assert all(meets(scopes | missing, requirement) for requirement in requirements), document
    for name in missing:  # none too many
        assert not all(meets(scopes | missing - {name}, requirement) for requirement in requirements), document
    assert refusal.value.extensions == {
        "code": "FORBIDDEN",
        "reason": "INSUFFICIENT_SCOPE",
        "requiredScopes": list(refusal.value.required),
    }
    assert all(name in refusal.value.message for name in missing)


# A new noun or link cannot forget its requirement

SUFFIXES = (
    "Connection",
    "Edge",
    "Aggregate",
    "GroupKey",
    "Sum",
    "Average",
    "Extremes",
    "Filter",
    "ToOneFilter",
    "ToManyFilter",
    "Order",
    "OrderField",
    "GroupBy",
    "",
)
FAMILIES = {f"{noun}{suffix}": noun for suffix in SUFFIXES for noun in CATALOG.nouns}
ENUMS = {
    a.exposure.enum.__name__ for noun in CATALOG.nouns.values() for a in noun.attributes.values() if a.exposure.enum
}
SUMMARIES = {summary.type_name: summary for noun in CATALOG.nouns.values() for summary in noun.summaries.values()}
REVIEWS = {"ApiKeyUsage", "UsedScope", "DeniedAttempts"}
ANALYTICS = {analytics.name[0].upper() + analytics.name[1:]: analytics for analytics in CATALOG.analytics}
GIVEN = [given.type for verb in VERBS for given in given_to(verb.arguments)]
SHOWN = [shown.type for verb in VERBS for shown in shown_by((*verb.returns, *USER_ERROR.fields))]
OF_VERBS = {
    "Mutation",
    USER_ERROR.name,
    *(verb.payload for verb in VERBS),
    *(type_.name for type_ in (*GIVEN, *SHOWN) if isinstance(type_, Form | Report)),
    *(type_.__name__ for type_ in (*GIVEN, *SHOWN) if isinstance(type_, type) and issubclass(type_, Choice)),
}
OF_NO_NOUN = {
    "Query",
    "Node",
    "PageInfo",
    "Viewer",
    "ViewerMember",
    "ViewerWorkspace",
    "RateLimit",
    "RateLimitBucket",
    "RateLimitKind",
    "Scope",
    "AnalyticsLabel",
    "Change",
    "ChangeFeed",
    "ScopesNeeded",
    "ScopeChoice",
    "SchemaChange",
    "SchemaChangeType",
    "SchemaPart",
    "OrderDirection",
    "NullsPosition",
    "CustomValueFilter",
    *(f"{scalar}Filter" for scalar in ("ID", "String", "Int", "Float", "Boolean", "DateTime", "StringList")),
    *ENUMS,
    *(f"{enum}Filter" for enum in ENUMS),
    *SUMMARIES,
    *REVIEWS,
    *(f"{title}{suffix}" for title in ANALYTICS for suffix in ("", "Key", "GroupBy")),
}


def at_least(requirement: Requirement, other: Requirement) -> bool:
    """Whether whoever meets a requirement meets the other as well."""
    return bool(requirement) and all(meets(frozenset(group), other) for group in requirement)


def shows_only_what_was_created(type_name: str, noun: str, requirement: Requirement) -> bool:
    """Whoever may create may read back what was just created (X9): in payloads of verbs that can name no older one."""
    creating = CATALOG.nouns[noun].resource.changing("create")
    using = [verb for verb in VERBS if type_name in {verb.payload, *report_names(verb)}]
    named = {name for verb in using for given in given_to(verb.arguments) for name in (given.refers_to, given.type)}
    return bool(using) and noun not in named and all(creating == verb.requires == requirement for verb in using)


def report_names(verb: Verb) -> set[str]:
    return {shown.type.name for shown in shown_by(verb.returns) if isinstance(shown.type, Report)}


def test_every_type_is_of_a_noun_or_known_to_be_of_none() -> None:
    named = {type_.name for type_ in FULL.type_map.values() if not is_introspection_type(type_)}
    of_a_noun = {name for name in named if name in FAMILIES}
    scalars = {name for name in named if is_scalar_type(FULL.type_map[name])}
    assert named - of_a_noun - scalars == OF_NO_NOUN | OF_VERBS
    assert not of_a_noun & (OF_NO_NOUN | OF_VERBS)


@pytest.mark.parametrize("noun", sorted(CATALOG.nouns))
def test_a_noun_asks_for_scopes_that_there_are(noun: str) -> None:
    """One that nobody can be granted would take the noun out of every schema, without a word."""
    asked = {scope for scopes in CATALOG.nouns[noun].resource.reading for scope in scopes}
    assert asked <= set(SCOPES), "access/scopes.py lists the scopes"


def test_whatever_leads_into_a_noun_carries_the_requirement_of_the_noun() -> None:
    crossings = 0
    for type_ in FULL.type_map.values():
        if is_introspection_type(type_):
            continue
        home = FAMILIES.get(type_.name)
        for name, item in getattr(type_, "fields", {}).items():
            own = requirement_on(item)
            leads_to = [(item.type, own)]
            leads_to += [(each.type, requirement_on(each) or own) for each in getattr(item, "args", {}).values()]
            for target, requirement in leads_to:
                noun = FAMILIES.get(get_named_type(target).name)
                if noun is not None and noun != home:
                    crossings += 1
                    reading = CATALOG.nouns[noun].resource.reading
                    assert reading
                    known = at_least(requirement, reading) or shows_only_what_was_created(type_.name, noun, requirement)
                    assert known, f"{type_.name}.{name} leads to {noun}"
    assert crossings > 200


def test_links_carry_their_requirement_wherever_they_can_be_used() -> None:
    for noun in CATALOG.nouns.values():
        for link in noun.links.values():
            wanted = CATALOG.requires(link)
            assert requirement_on(FULL.type_map[noun.name].fields[link.name]) == wanted  # type: ignore[attr-defined]
            assert requirement_on(FULL.type_map[f"{noun.name}Filter"].fields[link.name]) == wanted  # type: ignore[attr-defined]
            if isinstance(link, One) and link.group:
                constant = "".join(f"_{c}" if c.isupper() else c.upper() for c in link.name)
                assert requirement_on(FULL.type_map[f"{noun.name}GroupBy"].values[constant]) == wanted  # type: ignore[attr-defined]


def test_summaries_and_analytics_have_a_requirement() -> None:
    for type_ in FULL.type_map.values():
        for item in getattr(type_, "fields", {}).values():
            target = get_named_type(item.type).name
            declared = SUMMARIES.get(target) or ANALYTICS.get(target)
            if declared is not None:
                assert requirement_on(item) == declared.requires
                assert declared.requires


def test_node_gives_a_noun_to_those_who_may_read_it() -> None:
    node = FULL.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    possible = {type_.name: type_ for type_ in FULL.get_possible_types(node)}
    assert set(possible) == set(CATALOG.nouns)
    for name, type_ in possible.items():
        assert requirement_on(type_) == CATALOG.nouns[name].resource.reading


# What scopes mean

RESOURCES = (
    "contacts",
    "messages",
    "projects",
    "lists",
    "tags",
    "pipelines",
    "tasks",
    "automations",
    "companies",
    "sender_profiles",
)
SCOPE_VERBS = ("read", "create", "update", "delete")


def test_the_scopes_are_those_of_the_contract() -> None:
    assert set(SCOPES) == {
        *(f"{resource}:{verb}" for resource in RESOURCES for verb in (*SCOPE_VERBS, "write")),
        "analytics:read",
        "webhooks:manage",
        "api_keys:manage",
        "audit_log:read",
        "users:impersonate",
        "workspace:read",
        "schema:read",  # ours, for servers that hide their schema
        "*",
    }


@pytest.mark.parametrize("resource", RESOURCES)
def test_write_is_all_four_verbs_and_a_verb_is_itself_alone(resource: str) -> None:
    assert expand([f"{resource}:write"]) == {f"{resource}:{verb}" for verb in (*SCOPE_VERBS, "write")}
    for verb in SCOPE_VERBS:
        assert expand([f"{resource}:{verb}"]) == {f"{resource}:{verb}"}


def test_scopes_without_finer_ones_are_themselves_alone() -> None:
    for name in ("analytics:read", "webhooks:manage", "api_keys:manage", "audit_log:read", "users:impersonate"):
        assert expand([name]) == {name}


def test_a_star_is_everything_and_nothing_is_nothing() -> None:
    assert expand(["*"]) == set(SCOPES)
    assert expand([]) == set()


@pytest.mark.parametrize(("alias", "name"), [("leads", "contacts"), ("campaigns", "automations")])
def test_aliases_are_other_names_of_the_same_scopes(alias: str, name: str) -> None:
    for verb in (*SCOPE_VERBS, "write"):
        assert expand([f"{alias}:{verb}"]) == expand([f"{name}:{verb}"])
        assert canonical(f"{alias}:{verb}") == f"{name}:{verb}"


@pytest.mark.parametrize(
    "name",
    ["contacts", "contacts:", ":read", "contacts:manage", "Contacts:read", "contacts:read ", "**", "", "leads:*"],
)
def test_unknown_scopes_are_refused_and_grant_nothing(name: str) -> None:
    assert expand([name]) == set()
    with pytest.raises(BadUserInput, match="is not a scope"):
        canonical(name)


def test_a_key_that_only_creates_contacts_sees_none_but_in_what_creating_answers() -> None:
    """X9, S3-5."""
    schema = views().view(expand(["contacts:create"])).schema
    assert [name for name in schema.type_map if FAMILIES.get(name)] == ["Contact"]
    contact, query, mutation = schema.type_map["Contact"], schema.query_type, schema.mutation_type
    assert isinstance(contact, GraphQLObjectType)
    assert set(contact.fields) == set(CATALOG.nouns["Contact"].attributes)
    creating = (("contacts:create",),)
    for type_ in schema.type_map.values():
        if any(get_named_type(field.type) is contact for field in getattr(type_, "fields", {}).values()):
            assert shows_only_what_was_created(type_.name, "Contact", creating)
    assert isinstance(mutation, GraphQLObjectType)
    assert set(mutation.fields) == {verb.name for verb in VERBS if verb.requires == creating}
    assert isinstance(query, GraphQLObjectType)
    of_everybody = {"node", "nodes", "ping", "rateLimit", "schemaDiff", "scopes", "scopesFor", "viewer"}
    assert set(query.fields) - {"changes"} == of_everybody
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert not list(schema.get_possible_types(node))


async def test_a_key_that_only_creates_contacts_gets_none(sqlite_client: Client) -> None:
    for query in (
        "{ contacts { totalCount } }",
        '{ contact(id: "x") { id } }',
        "{ contactsAggregate { count } }",
        "{ contactAnalytics { count } }",
        "query ($id: ID!) { node(id: $id) { ... on Contact { email } } }",
        "{ companies { nodes { contacts { totalCount } } } }",
        "{ companies(filter: {contacts: {some: {}}}) { totalCount } }",
    ):
        variables = {"id": sqlite_client.ids["ada"]} if "$id" in query else None
        refusal = await sqlite_client.refused(query, variables, key="capture")
        assert refusal["reason"] == "INSUFFICIENT_SCOPE"
        assert "contacts:create" not in refusal["requiredScopes"]
    found = "query ($id: ID!) { node(id: $id) { id __typename } nodes(ids: [$id]) { id } }"
    data = await sqlite_client.ask(found, {"id": sqlite_client.ids["ada"]}, key="capture")
    assert data == {"node": None, "nodes": [None]}


async def test_a_node_of_an_unreadable_noun_is_nothing(sqlite_client: Client) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
    ids = [sqlite_client.ids[name] for name in ("ada", "initech", "hot")]
    data = await sqlite_client.ask(query, {"ids": ids}, key="companies")
    assert data == {"nodes": [None, {"id": ids[1], "__typename": "Company"}, None]}


# What a key can ask of itself and of the scopes

DOCUMENTED = {
    "Contacts & Messaging": ("Read Contacts", "Write Contacts", "Read Messages", "Write Messages"),
    "Organization": ("Read Projects", "Write Projects", "Read Lists", "Write Lists", "Read Tags", "Write Tags"),
    "Pipeline & Tasks": ("Read Pipelines", "Write Pipelines", "Read Tasks", "Write Tasks"),
    "Automations": ("Read Automations", "Write Automations"),
    "Companies & Analytics": ("Read Companies", "Write Companies", "Read Analytics"),
    "Settings": ("Read Sender Profiles", "Write Sender Profiles", "Manage Webhooks"),
}
"""S1-20…26, word for word."""


async def test_scopes_stand_in_the_documented_groups_and_order(sqlite_client: Client) -> None:
    data = await sqlite_client.ask("{ scopes { name displayName group } }", key="nothing")
    assert [scope["name"] for scope in data["scopes"]] == list(SCOPES)
    assert list(dict.fromkeys(scope["group"] for scope in data["scopes"])) == list(DOCUMENTED)
    for group, names in DOCUMENTED.items():
        shown = [scope["displayName"] for scope in data["scopes"] if scope["group"] == group]
        assert [name for name in shown if name in names] == list(names)
    assert sum(map(len, DOCUMENTED.values())) == 22
    assert len({scope["displayName"] for scope in data["scopes"]}) == len(SCOPES)


async def test_scopes_tell_what_they_imply(sqlite_client: Client) -> None:
    data = await sqlite_client.ask("{ scopes { name implies description } }", key="nothing")
    for scope in data["scopes"]:
        assert {scope["name"], *scope["implies"]} == expand([scope["name"]])
        assert scope["name"] not in scope["implies"]
        assert scope["description"].endswith(".")


async def test_scopes_tell_which_the_key_has(sqlite_client: Client) -> None:
    await sqlite_client.add_key("writer", scopes=("leads:write", "analytics:read"))
    granted = {}
    for key in ("nothing", "all", "writer", "capture"):
        data = await sqlite_client.ask("{ scopes { name granted } }", key=key)
        granted[key] = {scope["name"] for scope in data["scopes"] if scope["granted"]}
    assert granted == {
        "nothing": set(),
        "all": set(SCOPES),
        "writer": {*(f"contacts:{verb}" for verb in (*SCOPE_VERBS, "write")), "analytics:read"},
        "capture": {"contacts:create"},
    }


async def test_a_key_without_any_scope_can_ping(client: Client) -> None:
    assert await client.ask("{ ping }", key="nothing") == {"ping": "pong"}


VIEWER = "{ viewer { name mode prefix scopes expiresAt workspace { id name slug } } }"


async def test_a_key_without_any_scope_knows_itself(client: Client) -> None:
    assert await client.ask(VIEWER, key="nothing") == {
        "viewer": {
            "name": "nothing",
            "mode": "LIVE",
            "prefix": client.keys["nothing"][:14],
            "scopes": [],
            "expiresAt": None,
            "workspace": {"id": client.ids["acme"], "name": "Acme", "slug": "acme"},
        }
    }


async def test_a_key_sees_its_scopes_as_they_were_granted(client: Client) -> None:
    await client.add_key("writer", "globex", scopes=("contacts:write", "analytics:read"))
    viewer = (await client.ask(VIEWER, key="writer"))["viewer"]
    assert viewer["scopes"] == ["contacts:write", "analytics:read"]
    assert viewer["workspace"]["slug"] == "globex"
    assert viewer["workspace"]["id"] == client.ids["globex"]


async def test_a_test_key_with_an_expiry_says_so(client: Client) -> None:
    await client.change_workspace("acme", test_key_policy="shared")
    moment = datetime(2099, 12, 31, 23, 59, 59, 987000, tzinfo=UTC)
    await client.add_key("temporary", mode="test", expires_at=moment)
    viewer = (await client.ask(VIEWER, key="temporary"))["viewer"]
    assert (viewer["mode"], viewer["expiresAt"]) == ("TEST", "2099-12-31T23:59:59.987Z")


async def test_viewer_follows_a_change_of_the_key(client: Client) -> None:
    await client.ask(VIEWER, key="contacts")
    await client.change_key("contacts", name="Renamed", scopes=["tags:read"])
    viewer = (await client.ask(VIEWER, key="contacts"))["viewer"]
    assert (viewer["name"], viewer["scopes"]) == ("Renamed", ["tags:read"])


# Refused before anything is read

REFUSED = (
    ("{ contacts { nodes { company { name } } } }", ["companies:read"]),
    ("{ ping contacts { totalCount } companies { totalCount } tags { totalCount } }", ["companies:read", "tags:read"]),
    ('{ contacts(filter: {tags: {some: {name: {eq: "hot"}}}}) { totalCount } }', ["tags:read"]),
    ("{ contactsAggregate(groupBy: [STAGE]) { count } }", ["pipelines:read"]),
    ("{ contacts { nodes { stats { sent } } } }", ["messages:read"]),
    ('{ node(id: "x") { ... on Company { name } } }', ["companies:read"]),
    ('query { node(id: "x") { ...f } } fragment f on Company { name }', ["companies:read"]),
    ('query { contact(id: "x") { ...f } } fragment f on Contact { email company { name } }', ["companies:read"]),
)


@pytest.mark.parametrize(("query", "missing"), REFUSED)
async def test_what_needs_more_scopes_is_refused_before_anything_is_read(
    client: Client, query: str, missing: list[str]
) -> None:
    await client.ask("{ ping }", key="contacts")
    statements = record(client.database)
    refusal = await client.refused(query, key="contacts")
    assert refusal["requiredScopes"] == missing
    assert (refusal["status"], refusal["code"], refusal["reason"]) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE")
    assert [statement.text for statement in statements] == [guard(client)]


FILTERED = "query ($v: ContactFilter) { contacts(filter: $v) { totalCount } }"
GROUPED = "query ($v: [ContactGroupBy!]) { contactsAggregate(groupBy: $v) { count } }"
SMUGGLED: tuple[tuple[str, Any, list[str]], ...] = (
    (FILTERED, {"company": {"isNull": True}}, ["companies:read"]),
    (FILTERED, {"not": {"tags": {"some": {}}}}, ["tags:read"]),
    (FILTERED, {"or": [{"score": {"gt": 1}}, {"tags": {"some": {}}, "stage": {}}]}, ["pipelines:read", "tags:read"]),
    (GROUPED, "COMPANY", ["companies:read"]),
    (GROUPED, ["STATUS", "STAGE"], ["pipelines:read"]),
)


@pytest.mark.parametrize(("query", "value", "missing"), SMUGGLED)
async def test_variables_cannot_carry_what_the_view_does_not_have(
    client: Client, query: str, value: Any, missing: list[str]
) -> None:
    """They are refused as the same in a literal is."""
    await client.ask("{ ping }", key="contacts")
    statements = record(client.database)
    refusal = await client.refused(query, {"v": value}, key="contacts")
    assert refusal["requiredScopes"] == missing
    assert (refusal["status"], refusal["code"], refusal["reason"]) == (403, "FORBIDDEN", "INSUFFICIENT_SCOPE")
    assert [statement.text for statement in statements] == [guard(client)]
    assert (await client.ask(query, {"v": value}, key="all")) is not None


async def test_variables_that_fit_no_schema_are_told_by_the_view_alone(client: Client) -> None:
    """Scopes alone would not make them good, so none is named."""
    values: list[Any] = [{"company": {"isNull": 7}}, {"tags": {"some": {}}, "scor": {}}, {"tags": {"some": 1}}]
    for value in values:
        refusal = await client.refused(FILTERED, {"v": value}, key="contacts")
        assert (refusal["status"], refusal["code"]) == (400, "BAD_USER_INPUT")
        assert "requiredScopes" not in refusal


def guard(client: Client) -> str:
    """The statement that only asks whether the key still stands."""
    assert client.app.executor is not None
    return client.app.executor._guard.text
