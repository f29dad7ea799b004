"""The Mutation type, derived from the verbs: inputs from their forms, payloads from what they answer."""

from collections.abc import Iterable, Iterator
from typing import Any

from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from app.catalog import Catalog
from app.graph.build import Types, argument, field, input_field, listed, optional
from app.graph.reports import leaf, reports_in, shown_field
from app.graph.wording import sentence
from app.verb import Form, Given, Shown, Verb, user_errors


def declare_mutation(types: Types, verbs: Iterable[Verb]) -> None:
    """Makes the types that only mutations use."""
    types.object("Mutation", "Everything that can be changed. Fields run one after the other, each in a transaction.")
    for verb in verbs:
        types.object(verb.payload, f"What `{verb.name}` answers.")
        for form in _forms(verb.arguments):
            if form.name not in types:
                types.input(form.name, form.description)
        for report in reports_in(_payload(verb)):
            if report.name not in types:
                types.object(report.name, report.description)


def fill_mutation(types: Types, catalog: Catalog, verbs: Iterable[Verb]) -> None:
    """Gives Mutation and its own types their fields."""
    filled: set[str] = set()
    fields: list[StrawberryField] = []
    for verb in verbs:
        for form in _forms(verb.arguments):
            if form.name not in filled:
                filled.add(form.name)
                types.extend(form.name, [_input_field(types, given) for given in form.fields])
        for report in reports_in(_payload(verb)):
            if report.name not in filled:
                filled.add(report.name)
                types.extend(report.name, [shown_field(types, catalog, shown) for shown in report.fields])
        types.extend(verb.payload, [shown_field(types, catalog, shown) for shown in _payload(verb)])
        fields.append(_verb_field(types, verb))
    types.extend("Mutation", fields)


def _payload(verb: Verb) -> tuple[Shown, ...]:
    return (*verb.returns, user_errors("All that is wrong; empty when it was done."))


def _verb_field(types: Types, verb: Verb) -> StrawberryField:
    dry_run = argument("dryRun", bool, "Only check and show: nothing is changed, and no event is left.")
    dry_run.default = False
    return field(
        verb.name,
        optional(types[verb.payload]),
        verb.description,
        requirement=verb.requires,
        arguments=[*(_argument(types, given) for given in verb.arguments), dry_run],
    )


def _argument(types: Types, given: Given) -> StrawberryArgument:
    made = argument(given.name, _annotation(types, given), _described(given), requirement=given.requires, given=given)
    if given.default is not None:
        made.default = given.default
    return made


def _input_field(types: Types, given: Given) -> StrawberryField:
    annotation = _annotation(types, given)
    return input_field(given.name, annotation, _described(given), requirement=given.requires, given=given)


def _described(given: Given) -> str:
    described = sentence(given.description)
    if given.most is not None:
        return f"{described} At most {given.most}."
    return described


def _annotation(types: Types, given: Given) -> Any:
    if isinstance(given.type, Form):
        made: Any = types[given.type.name]
    elif isinstance(given.type, str):
        made = types[f"{given.type}Filter"]
    elif given.filter_of is not None:
        made = types[f"{given.filter_of}Filter"]
    else:
        made = leaf(types, given.type)
    if given.many:
        made = listed(made)
    return made if given.required or given.default is not None else optional(made)


def _forms(given: Iterable[Given]) -> Iterator[Form]:
    for each in given:
        if isinstance(each.type, Form):
            yield each.type
            yield from _forms(each.type.fields)
