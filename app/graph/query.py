"""The root: `noun`, `nouns` and `nounsAggregate` of every noun, analytics, `node`, `nodes`, and who the key is."""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from app.access.coverage import widest
from app.access.scopes import SCOPES
from app.catalog import Catalog, Noun
from app.graph.build import Types, argument, field, listed, optional
from app.graph.explanation import declare_explanation, explanation_fields
from app.graph.feed import feed_fields
from app.graph.limits import declare_limits, limit_field, tell_limits
from app.graph.objects import page_arguments, search_argument, title_of
from app.graph.scalars import DateTime
from app.graph.wording import default_order, plural, sentence, singular
from app.read.binding import Run
from app.read.grouping import groups_of
from app.read.planning import Compute

_ID = strawberry.ID


def declare_query(types: Types) -> None:
    """Makes the types that only the root uses."""
    types.object("Query", "Everything that can be read.")
    types.object("Scope", "A permission that a key can be granted.")
    types.object("Viewer", "The key that asks.")
    types.object("ViewerWorkspace", "The workspace of the key that asks.")
    types.object("ViewerMember", "The member who asks.")
    declare_explanation(types)
    declare_limits(types)


def fill_query(types: Types, catalog: Catalog) -> None:
    """Gives the root and its own types their fields."""
    types.extend("Scope", _scope_fields())
    types.extend("Viewer", _viewer_fields(types))
    types.extend(
        "ViewerWorkspace",
        [
            field("id", _ID, "The workspace's id."),
            field("name", str, "Name shown to people."),
            field("slug", str, "Name in addresses."),
        ],
    )
    types.extend(
        "ViewerMember",
        [
            field("id", _ID, "The member's id."),
            field("name", str, "Full name."),
            field("email", str, "E-mail address."),
            field("role", str, "What the member may do: `OWNER`, `ADMIN` or `MEMBER`."),
            field("developer", bool, "Whether the member may manage API keys."),
        ],
    )
    fields: list[StrawberryField] = [
        field("ping", str, "Answers pong: the key works."),
        field("viewer", types["Viewer"], "The key that asks, as it stands now."),
        field("scopes", listed(types["Scope"]), "All scopes there are."),
        field(
            "node",
            optional(types["Node"]),
            "A record of any type by its id; null where there is none.",
            arguments=[
                argument("id", _ID, "The record's id."),
            ],
        ),
        field(
            "nodes",
            listed(optional(types["Node"])),
            "Records of any type by their ids, null where there is none.",
            arguments=[
                argument("ids", listed(_ID), "The records' ids."),
            ],
        ),
    ]
    for noun in catalog.nouns.values():
        fields.extend(_noun_fields(types, noun))
    fields.extend(_analytics_fields(types, catalog))
    fields.extend(feed_fields(types, catalog))
    fields.extend(explanation_fields(types))
    fields.append(limit_field(types))
    types.extend("Query", fields)


def _scope_fields() -> list[StrawberryField]:
    return [
        field("name", str, "The scope as keys are granted it."),
        field("displayName", str, "The scope as people are shown it."),
        field("group", str, "The heading it stands under."),
        field("description", str, "What it allows."),
        field("implies", list[str], "The scopes that it includes."),
        field("granted", bool, "Whether the key that asks has it."),
    ]


def _viewer_fields(types: Types) -> list[StrawberryField]:
    return [
        field("workspace", types["ViewerWorkspace"], "The workspace of the key."),
        field("name", str, "What the key is for; the name of a member who is signed in."),
        field("mode", types["KeyMode"], "Live or test."),
        field("prefix", optional(str), "The first 14 characters of the key; null for a member who is signed in."),
        field("member", optional(types["ViewerMember"]), "Who is signed in, or whom the key acts for."),
        field("scopes", list[str], "The scopes as they were granted; what is left of them where a member has fewer."),
        field("expiresAt", optional(DateTime), "When the key stops working; null for never."),
    ]


def _noun_fields(types: Types, noun: Noun) -> Iterable[StrawberryField]:
    resource = noun.resource
    reading = resource.reading
    yield field(
        resource.singular,
        optional(types[noun.name]),
        f"The {singular(noun)} with this id; null where there is none.",
        requirement=reading,
        arguments=[argument("id", _ID, "The record's id.")],
    )
    yield field(
        resource.plural,
        types[f"{noun.name}Connection"],
        f"{sentence(plural(noun))}, a page at a time; {default_order(noun)}, unless `orderBy` is given.",
        requirement=reading,
        arguments=page_arguments(types, noun),
    )
    arguments = [
        argument("filter", optional(types[f"{noun.name}Filter"]), "Which records to count."),
        argument("first", optional(int), "How many groups at most, the largest first; 100 unless given, at most 1000."),
    ]
    if groups_of(noun):
        grouping = listed(types[f"{noun.name}GroupBy"])
        arguments.append(argument("groupBy", optional(grouping), "What to group by; nothing for one number over all."))
    if resource.search:
        arguments.append(search_argument(noun))
    yield field(
        f"{resource.plural}Aggregate",
        listed(types[f"{noun.name}Aggregate"]),
        f"How many {plural(noun)} there are, and further numbers, over all of them or by group.",
        requirement=reading,
        arguments=arguments,
    )


def _analytics_fields(types: Types, catalog: Catalog) -> Iterable[StrawberryField]:
    for analytics in catalog.analytics:
        title = title_of(analytics)
        yield field(
            analytics.name,
            listed(types[title]),
            analytics.description,
            requirement=analytics.requires,
            arguments=[
                argument("first", optional(int), "How many groups at most, the largest first; 100 unless given."),
                argument("from", optional(DateTime), "From when on."),
                argument("groupBy", optional(listed(types[f"{title}GroupBy"])), "What to group by."),
                argument("to", optional(DateTime), "Until when, that moment excluded."),
            ],
        )


def _scopes(run: Run, _: Mapping[str, Any]) -> Any:
    return [
        {
            "name": scope.name,
            "displayName": scope.display_name,
            "group": scope.group,
            "description": scope.description,
            "implies": list(scope.implies) if scope.name != "*" else [name for name in SCOPES if name != "*"],
            "granted": scope.name in run.principal.scopes,
        }
        for scope in SCOPES.values()
    ]


def _viewer(run: Run, _: Mapping[str, Any]) -> Any:
    principal = run.principal
    member = principal.member
    return {
        "workspace": {
            "id": principal.workspace_ref,
            "name": principal.workspace_name,
            "slug": principal.workspace_slug,
        },
        "name": principal.name,
        "mode": principal.mode.upper(),
        "prefix": principal.prefix,
        "member": member
        and {
            "id": member.ref,
            "name": member.name,
            "email": member.email,
            "role": member.role.upper(),
            "developer": member.developer,
        },
        "scopes": list(principal.granted) if member is None else widest(principal.scopes),
        "expiresAt": principal.expires_at,
    }


COMPUTED: dict[str, Compute] = {
    "ping": lambda run, _: "pong",
    "viewer": _viewer,
    "scopes": _scopes,
    "rateLimit": tell_limits,
}
