"""Filter and order inputs, derived from the catalog and the operators of the read engine."""

import strawberry

from app.catalog import Attribute, Catalog, Noun
from app.graph.build import Types, input_field, listed, optional
from app.graph.scalars import annotation_of
from app.graph.wording import grouping, plural, singular
from app.read.grouping import groups_of
from app.read.operators import CUSTOM_KINDS, OPERATORS, Operand, Operator
from app.resource import One, Requirement
from app.store.types import Kind

_KIND_FILTERS = {
    Kind.ID: "IDFilter",
    Kind.STRING: "StringFilter",
    Kind.INT: "IntFilter",
    Kind.FLOAT: "FloatFilter",
    Kind.BOOLEAN: "BooleanFilter",
    Kind.DATETIME: "DateTimeFilter",
    Kind.STRINGS: "StringListFilter",
}


def declare_inputs(types: Types, catalog: Catalog) -> None:
    """Makes the classes of every filter and order input."""
    for kind, name in _KIND_FILTERS.items():
        types.input(name, f"Conditions on a field of type {kind.value}; all that are given must hold.")
    types.input("CustomValueFilter", "Conditions on one key of customFields; all that are given must hold.")
    for noun in catalog.nouns.values():
        one, many = singular(noun), plural(noun)
        types.input(f"{noun.name}Filter", f"Which {many} to find; all conditions that are given must hold.")
        types.input(f"{noun.name}Order", f"A field to sort {many} by, and which way.")
        types.input(f"{noun.name}ToOneFilter", f"Conditions on the {one} that a record links to.")
        types.input(f"{noun.name}ToManyFilter", f"Conditions on the {many} that a record links to.")


def fill_inputs(types: Types, catalog: Catalog) -> None:
    """Gives every filter and order input its fields, and makes their enums."""
    types.enum(
        "OrderDirection",
        "Which end comes first.",
        [("ASC", "ASC", "Smallest first.", ()), ("DESC", "DESC", "Largest first.", ())],
    )
    types.enum(
        "NullsPosition",
        "Where records without a value come.",
        [("FIRST", "FIRST", "Before all others.", ()), ("LAST", "LAST", "After all others.", ())],
    )
    for kind, name in _KIND_FILTERS.items():
        types.extend(name, [_operator(kind, operator) for operator in OPERATORS[kind]])
    _fill_custom(types)
    for noun in catalog.nouns.values():
        _fill_filter(types, catalog, noun)
        _fill_order(types, noun)
        _fill_links(types, noun)
        _fill_groups(types, catalog, noun)


def _operator(kind: Kind, operator: Operator, enum: object = None) -> strawberry.types.field.StrawberryField:
    item = str if kind is Kind.STRINGS else annotation_of(kind, enum)
    operand = {Operand.ONE: item, Operand.MANY: listed(item), Operand.FLAG: bool}[operator.operand]
    return input_field(operator.name, optional(operand), operator.description)


def _fill_custom(types: Types) -> None:
    operands = [
        input_field(name, optional(types[_KIND_FILTERS[kind]]), f"Conditions on the value where it is a {kind.value}.")
        for name, kind in CUSTOM_KINDS.items()
    ]
    key = input_field("key", str, "The key in customFields.")
    exists = input_field("exists", optional(bool), "Whether the key has a value other than null.")
    types.extend("CustomValueFilter", [key, *operands, exists])


def _filter_type(types: Types, attribute: Attribute) -> object:
    exposure = attribute.exposure
    if exposure.kind is Kind.JSON:
        return listed(types["CustomValueFilter"])
    if exposure.enum is None:
        return types[_KIND_FILTERS[exposure.kind]]
    name = f"{exposure.enum.__name__}Filter"
    if name not in types:
        enum = types.known_enum(exposure.enum)
        types.input(name, f"Conditions on a field of type {exposure.enum.__name__}; all that are given must hold.")
        types.extend(name, [_operator(Kind.ENUM, operator, enum) for operator in OPERATORS[Kind.ENUM]])
    return types[name]


def _fill_filter(types: Types, catalog: Catalog, noun: Noun) -> None:
    own = types[f"{noun.name}Filter"]
    fields = [
        input_field(
            attribute.name,
            optional(_filter_type(types, attribute)),
            f"Filter by `{attribute.name}`. {attribute.exposure.description}",
            requirement=attribute.exposure.requires,
        )
        for attribute in noun.attributes.values()
        if attribute.exposure.filter
    ]
    for link in noun.links.values():
        suffix = "ToOneFilter" if isinstance(link, One) else "ToManyFilter"
        fields.append(
            input_field(
                link.name,
                optional(types[f"{link.to}{suffix}"]),
                f"Filter by `{link.name}`. {link.description}",
                requirement=catalog.requires(link),
            )
        )
    fields += [
        input_field("and", optional(listed(own)), "All of these must hold."),
        input_field("or", optional(listed(own)), "At least one of these must hold."),
        input_field("not", optional(own), "This must not hold."),
    ]
    types.extend(f"{noun.name}Filter", fields)


def _fill_links(types: Types, noun: Noun) -> None:
    condition = optional(types[f"{noun.name}Filter"])
    types.extend(
        f"{noun.name}ToOneFilter",
        [
            input_field("is", condition, "There is one, and this holds for it."),
            input_field("isNot", condition, "There is none for which this holds."),
            input_field("isNull", optional(bool), "Whether there is none."),
        ],
    )
    types.extend(
        f"{noun.name}ToManyFilter",
        [
            input_field("some", condition, "This holds for at least one of them."),
            input_field("none", condition, "This holds for none of them."),
            input_field("every", condition, "This holds for all of them, as it does where there are none."),
        ],
    )


def constant_name(name: str) -> str:
    """`createdAtMonth` → `CREATED_AT_MONTH`."""
    return "".join(f"_{char}" if char.isupper() else char.upper() for char in name)


def _fill_order(types: Types, noun: Noun) -> None:
    sortable = [attribute for attribute in noun.attributes.values() if attribute.exposure.sort]
    types.enum(
        f"{noun.name}OrderField",
        f"What {plural(noun)} can be sorted by.",
        [
            (constant_name(a.name), a.name, f"Sort by `{a.name}`. {a.exposure.description}", a.exposure.requires)
            for a in sorted(sortable, key=lambda a: a.name)
        ],
    )
    types.extend(
        f"{noun.name}Order",
        [
            input_field("field", types[f"{noun.name}OrderField"], "The field."),
            input_field("direction", optional(types["OrderDirection"]), "Which end comes first; ASC unless given."),
            input_field(
                "nulls", optional(types["NullsPosition"]), "Where records without a value come; LAST unless given."
            ),
        ],
    )


def _fill_groups(types: Types, catalog: Catalog, noun: Noun) -> None:
    values: list[tuple[str, str, str, Requirement]] = []
    for name, group in sorted(groups_of(noun).items()):
        requirement = catalog.requires(group.link) if group.link else group.attribute.exposure.requires  # type: ignore[union-attr]
        values.append((constant_name(name), name, grouping(group), requirement))
    if values:
        types.enum(f"{noun.name}GroupBy", f"What {plural(noun)} can be grouped by.", values)
