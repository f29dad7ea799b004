"""Object types: nouns, their connections, aggregates and summaries."""

from collections.abc import Iterable, Iterator
from typing import Any

from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from app.catalog import Attribute, Catalog, Noun
from app.graph.build import Types, argument, field, listed, optional
from app.graph.inputs import constant_name
from app.graph.reports import reports_in, shown_field
from app.graph.scalars import DateTime, annotation_of
from app.graph.wording import common_value, grouping, plural, singular
from app.read.grouping import extremes_of, groups_of, numbers_of
from app.resource import Analytics, Measure, One, Requirement
from app.store.types import Kind
from app.verb import Report


def declare_objects(types: Types, catalog: Catalog) -> None:
    """Makes the classes of every object type."""
    types.object("PageInfo", "Where a page lies in its list.")
    node = types["Node"]
    for noun in catalog.nouns.values():
        resource, many = noun.resource, plural(noun)
        types.object(noun.name, resource.description, interfaces=(node,), requirement=resource.reading)
        types.object(f"{noun.name}Connection", f"A page of {many}.")
        types.object(f"{noun.name}Edge", f"One {singular(noun)} of a page, with its cursor.")
        types.object(f"{noun.name}Aggregate", f"Numbers of a group of {many}.")
        for summary in noun.summaries.values():
            types.object(summary.type_name, summary.description)
        for report in _reports_on(noun):
            types.object(report.name, report.description)
        if groups_of(noun):
            types.object(f"{noun.name}GroupKey", f"What the {many} of a group have in common.")
        if numbers_of(noun):
            types.object(f"{noun.name}Sum", f"Sums over a group of {many}.")
            types.object(f"{noun.name}Average", f"Averages over a group of {many}.")
        types.object(f"{noun.name}Extremes", f"The smallest or the largest values in a group of {many}.")
    types.object("AnalyticsLabel", "A record that a count is grouped by: enough to label it.")
    for analytics in catalog.analytics:
        title = title_of(analytics)
        types.object(title, analytics.description)
        types.object(f"{title}Key", f"What the records of a group of `{analytics.name}` have in common.")


def title_of(analytics: Analytics) -> str:
    """`contactAnalytics` → `ContactAnalytics`."""
    return analytics.name[0].upper() + analytics.name[1:]


def fill_objects(types: Types, catalog: Catalog) -> None:
    """Gives every object type its fields."""
    types.extend(
        "PageInfo",
        [
            field("hasNextPage", bool, "Whether there is a further page forwards."),
            field("hasPreviousPage", bool, "Whether there is a further page backwards."),
            field("startCursor", optional(str), "The cursor of the first record; null on an empty page."),
            field("endCursor", optional(str), "The cursor of the last record; null on an empty page."),
        ],
    )
    for noun in catalog.nouns.values():
        types.extend(noun.name, _noun_fields(types, catalog, noun))
        _fill_connection(types, noun)
        _fill_aggregate(types, catalog, noun)
        for summary in noun.summaries.values():
            types.extend(summary.type_name, [_measure(measure) for measure in summary.measures])
        for report in _reports_on(noun):
            types.extend(report.name, [shown_field(types, catalog, shown) for shown in report.fields])
    types.extend(
        "AnalyticsLabel",
        [field("id", annotation_of(Kind.ID), "The record's id."), field("name", str, "The record's name.")],
    )
    for analytics in catalog.analytics:
        _fill_analytics(types, catalog.nouns[analytics.of], analytics)


def _reports_on(noun: Noun) -> Iterator[Report]:
    for review in noun.reviews.values():
        yield review.report
        yield from reports_in(review.report.fields)


def page_arguments(types: Types, noun: Noun) -> list[StrawberryArgument]:
    """The arguments of every list of a noun."""
    arguments = [
        argument("after", optional(str), "Only what comes after this cursor."),
        argument("before", optional(str), "Only what comes before this cursor."),
        argument("filter", optional(types[f"{noun.name}Filter"]), "Which records to find."),
        argument(
            "first", optional(int), "How many records from the beginning; 25 when neither `first` nor `last` is given."
        ),
        argument("last", optional(int), "How many records from the end."),
        argument(
            "orderBy",
            optional(listed(types[f"{noun.name}Order"])),
            "What to sort by; the fields in their order of weight.",
        ),
    ]
    if noun.resource.search:
        arguments.append(search_argument(noun))
    return arguments


def search_argument(noun: Noun) -> StrawberryArgument:
    """Full-text search over the fields that the noun declares."""
    looked_at = ", ".join(noun.resource.search).replace("_", " ")
    return argument(
        "search",
        optional(str),
        f"Words that must all occur in {looked_at}, case and accents aside; one under three letters begins a word.",
    )


def _noun_fields(types: Types, catalog: Catalog, noun: Noun) -> Iterable[StrawberryField]:
    for attribute in noun.attributes.values():
        if attribute.name == "id":
            continue  # it comes with the Node interface
        annotation = attribute_annotation(types, attribute)
        yield field(
            attribute.name,
            optional(annotation) if attribute.nullable else annotation,
            attribute.exposure.description,
            requirement=attribute.exposure.requires,
        )
    for link in noun.links.values():
        target = catalog.nouns[link.to]
        if isinstance(link, One):
            yield field(link.name, optional(types[link.to]), link.description, requirement=catalog.requires(link))
        else:
            yield field(
                link.name,
                types[f"{link.to}Connection"],
                link.description,
                requirement=catalog.requires(link),
                arguments=page_arguments(types, target),
            )
    for summary in noun.summaries.values():
        yield field(summary.name, types[summary.type_name], summary.description, requirement=summary.requires)
    for review in noun.reviews.values():
        yield field(review.name, types[review.report.name], review.description)


def attribute_annotation(types: Types, attribute: Attribute) -> Any:
    """The annotation of a field, null apart."""
    enum = types.known_enum(attribute.exposure.enum) if attribute.exposure.enum else None
    return annotation_of(attribute.exposure.kind, enum)


def _fill_connection(types: Types, noun: Noun) -> None:
    record = types[noun.name]
    types.extend(
        f"{noun.name}Edge",
        [
            field("cursor", str, "Where the record lies in the list; `after` and `before` take it."),
            field("node", record, "The record."),
        ],
    )
    types.extend(
        f"{noun.name}Connection",
        [
            field("edges", listed(types[f"{noun.name}Edge"]), "The records of the page, each with its cursor."),
            field("nodes", listed(record), "The records of the page, for those who need no cursors."),
            field("pageInfo", types["PageInfo"], "Where the page lies in the list, and how to go on."),
            field("totalCount", int, "How many records there are on all pages; counted only when it is asked for."),
        ],
    )


def _fill_aggregate(types: Types, catalog: Catalog, noun: Noun) -> None:
    name = noun.name
    fields = [field("count", int, "How many records the group has.")]
    if groups_of(noun):
        types.extend(f"{name}GroupKey", _key_fields(types, catalog, noun))
        fields.append(field("key", types[f"{name}GroupKey"], "What the records of the group have in common."))
    if numbers_of(noun):
        for suffix, title in (("Sum", "The sum of"), ("Average", "The average of")):
            types.extend(f"{name}{suffix}", [_number(title, attribute, float) for attribute in numbers_of(noun)])
        any_of_them = any_of(attribute.exposure.requires for attribute in numbers_of(noun))
        sums, averages = "Sums of the fields that can be added up.", "Averages of the fields that can be added up."
        fields.append(field("sum", types[f"{name}Sum"], sums, requirement=any_of_them))
        fields.append(field("average", types[f"{name}Average"], averages, requirement=any_of_them))
    types.extend(
        f"{name}Extremes",
        [_number("The smallest or largest", a, annotation_of(a.exposure.kind)) for a in extremes_of(noun)],
    )
    fields.append(field("min", types[f"{name}Extremes"], "The smallest values."))
    fields.append(field("max", types[f"{name}Extremes"], "The largest values."))
    types.extend(f"{name}Aggregate", fields)


def any_of(requirements: Iterable[Requirement]) -> Requirement:
    """What it takes to see at least one of several fields: where all are guarded, so is what leads to nothing else."""
    alternatives = list(requirements)
    return () if () in alternatives else tuple(dict.fromkeys(group for each in alternatives for group in each))


def _number(title: str, attribute: Attribute, annotation: Any) -> StrawberryField:
    return field(
        attribute.name,
        optional(annotation),
        f"{title} `{attribute.name}` in the group; null where no record has one.",
        requirement=attribute.exposure.requires,
    )


def _key_fields(types: Types, catalog: Catalog, noun: Noun) -> Iterable[StrawberryField]:
    for name, group in groups_of(noun).items():
        description = common_value(group)
        if group.link is not None:
            yield field(name, optional(types[group.link.to]), description, requirement=catalog.requires(group.link))
        elif group.bucket:
            assert group.attribute is not None
            yield field(name, optional(DateTime), description, requirement=group.attribute.exposure.requires)
        else:
            assert group.attribute is not None
            annotation = attribute_annotation(types, group.attribute)
            yield field(name, optional(annotation), description, requirement=group.attribute.exposure.requires)


def _measure(measure: Measure) -> StrawberryField:
    annotation = optional(DateTime) if measure.latest else int
    return field(measure.name, annotation, measure.description)


def _fill_analytics(types: Types, noun: Noun, analytics: Analytics) -> None:
    title = title_of(analytics)
    keys: list[StrawberryField] = []
    values: list[tuple[str, str, str, Any]] = []
    for name, group in sorted(groups_of(noun).items()):
        if group.origin not in analytics.groups:
            continue
        values.append((constant_name(name), name, grouping(group), ()))
        annotation: Any = types["AnalyticsLabel"] if group.link else DateTime
        if group.link is None and not group.bucket:
            assert group.attribute is not None
            annotation = attribute_annotation(types, group.attribute)
        keys.append(field(name, optional(annotation), common_value(group)))
    types.enum(f"{title}GroupBy", f"What `{analytics.name}` can be grouped by.", values)
    types.extend(f"{title}Key", keys)
    types.extend(
        title,
        [
            field("count", int, "How many records the group has."),
            field("key", types[f"{title}Key"], "What the records of the group have in common."),
            *(_measure(measure) for measure in analytics.measures),
        ],
    )
