"""Planning a mutation: what each verb is given, and what is read for its payload once it is done.

A verb answers plain values by payload field, in which records are keys. The payload's lookups turn keys into objects,
one statement for each place that shows records, inside the verb's own transaction and under the key's own view.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from sqlalchemy import literal_column

from app.catalog import Noun
from app.errors import BadUserInput
from app.read.arguments import ABSENT, FILTER, Getter, Variables, default_of, literal
from app.read.binding import Prepared
from app.read.plan import Answer, Change, Context, Lookup
from app.read.planning import Planning
from app.read.records import plan_lookup_of_many
from app.read.selection import Selected
from app.store.reading import Reading
from app.verb import MOST


def plan_change(planning: Planning, root: GraphQLObjectType, selected: Selected) -> Change:
    """One field of a mutation."""
    field = root.fields[selected.name]
    node = selected.nodes[0]
    declared = {name: argument for name, argument in field.args.items() if name != FILTER}
    payload = get_named_type(field.type)
    assert isinstance(payload, GraphQLObjectType)
    planning.charge(1)
    found = None
    if FILTER in field.args:
        noun = planning.engine.catalog.nouns[get_named_type(field.args[FILTER].type).name.removesuffix("Filter")]
        found = _plan_filter(planning, root, selected, noun)
    answer = PayloadAnswer(*_Planner(planning).object(payload, selected, times=1))
    return Change(selected.name, _reader_of_arguments(node, declared), found, answer)


def _plan_filter(
    planning: Planning, root: GraphQLObjectType, selected: Selected, noun: Noun
) -> tuple[str, Prepared] | None:
    arguments = planning.arguments(root, selected)
    if arguments.get(FILTER) is None:
        return None
    if not _says(arguments[FILTER]):
        raise BadUserInput(
            "The filter of a change must hold a condition: a forgotten variable must not make it mean everything. "
            "What all records meet is, for instance, createdAt: {isNull: false}."
        )
    binder = planning.binder()
    source = noun.table.alias("r")
    conditions = planning.rows(noun, binder, source, {FILTER: arguments[FILTER]})
    rows = source.select().with_only_columns(source.c.id).where(*conditions, binder.guard()).order_by(source.c.id)
    return FILTER, binder.compile(rows.limit(literal_column(str(MOST + 1))))


def _says(given: Any) -> bool:
    """Whether a filter, or a part of one, holds any condition."""
    if isinstance(given, Mapping):
        return any(_says(part) for part in given.values())
    return any(_says(part) for part in given) if isinstance(given, list) else given is not ABSENT


# What is answered


Write: TypeAlias = Callable[[Any, Sequence[Mapping[int, Any]]], Any]
"""From a value of the outcome, and what the lookups found, to what is shown."""
Keys: TypeAlias = Callable[[Any, list[list[int]]], None]
"""Notes the keys of the records in a value of the outcome, a list for each lookup."""


@dataclass(frozen=True)
class PayloadAnswer(Answer):
    """What a payload shows."""

    lookups: tuple[Lookup, ...]
    keys: Keys
    write: Write

    def read(self, outcome: Mapping[str, Any], context: Context) -> Reading[dict[str, Any]]:
        context.run.verified = False  # that the key stood when this was tried before says nothing of now
        keys: list[list[int]] = [[] for _ in self.lookups]
        self.keys(outcome, keys)
        found = []
        for lookup, wanted in zip(self.lookups, keys, strict=True):
            found.append((yield from lookup.find(list(dict.fromkeys(wanted)), context)) if wanted else {})
        yield from context.verify()
        return self.write({**outcome, "userErrors": ()}, found)  # type: ignore[no-any-return]

    def refused(self, errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return self.write({"userErrors": errors}, [{}] * len(self.lookups))  # type: ignore[no-any-return]


class _Planner:
    """Collects the lookups of one payload."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        self._lookups: list[Lookup] = []

    def object(
        self, type_: GraphQLObjectType, selected: Selected, times: int
    ) -> tuple[tuple[Lookup, ...], Keys, Write]:
        """How an object that is no record is shown; all lookups of what is below it."""
        parts = [
            (inner.key, inner.name, *self._part(type_, inner, times))
            for inner in self._planning.fields_of(type_, selected.selections)
        ]
        collecting = [(name, keys) for _, name, keys, _ in parts if keys is not None]

        def keys(value: Any, into: list[list[int]]) -> None:
            for name, collect in collecting:
                inner = value.get(name)
                if inner is not None:
                    collect(inner, into)

        def write(value: Any, found: Sequence[Mapping[int, Any]]) -> Any:
            return {key: part(value.get(name), found) for key, name, _, part in parts}

        return tuple(self._lookups), keys, write

    def _part(self, type_: GraphQLObjectType, selected: Selected, times: int) -> tuple[Keys | None, Write]:
        if selected.name == "__typename":
            return None, lambda value, found: type_.name
        declared = type_.fields[selected.name].type
        many = is_list_type(declared.of_type if isinstance(declared, GraphQLNonNull) else declared)
        times = MOST if many else times
        target = get_named_type(declared)
        if not isinstance(target, GraphQLObjectType):
            show = self._planning.leaf(target)
            return None, lambda value, found: show(value)
        noun = self._planning.engine.catalog.nouns.get(target.name)
        if noun is not None:
            return self._record(noun, selected, times, many=many)
        _, keys, write = self.object(target, selected, times)
        if not many:
            return keys, lambda value, found: None if value is None else write(value, found)

        def every(values: Any, into: list[list[int]]) -> None:
            for value in values:
                keys(value, into)

        def listed(values: Any, found: Sequence[Mapping[int, Any]]) -> Any:
            return None if values is None else [write(value, found) for value in values]

        return every, listed

    def _record(self, noun: Noun, selected: Selected, times: int, *, many: bool) -> tuple[Keys, Write]:
        place = len(self._lookups)
        self._planning.charge(times)
        self._lookups.append(plan_lookup_of_many(self._planning, noun, selected.selections, times))
        if many:

            def listed(values: Any, found: Sequence[Mapping[int, Any]]) -> Any:
                return None if values is None else [found[place].get(key) for key in values]

            return lambda values, into: into[place].extend(values), listed
        return lambda value, into: into[place].append(value), lambda value, found: found[place].get(value)


# What is given


def _reader_of_arguments(
    node: FieldNode, declared: Mapping[str, GraphQLArgument]
) -> Callable[[Variables], dict[str, Any]]:
    """Makes the arguments of a field from the variables; those neither given nor defaulted are missing."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    readers = [
        (name, _reader(given.get(name), argument.type, default_of(argument))) for name, argument in declared.items()
    ]

    def read(variables: Variables) -> dict[str, Any]:
        values = ((name, reader(variables)) for name, reader in readers)
        return {name: value for name, value in values if value is not ABSENT}

    return read


def _reader(node: ValueNode | None, declared: GraphQLInputType, default: Any = ABSENT) -> Getter:
    if node is None:
        return lambda _: default
    if isinstance(node, VariableNode):
        return _variable(node.name.value, declared, default)
    if isinstance(node, NullValueNode):
        return lambda _: None
    inner = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
    if isinstance(inner, GraphQLInputObjectType):
        assert isinstance(node, ObjectValueNode)
        return _object(node, inner)
    if isinstance(inner, GraphQLList):
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        items = [_reader(item, inner.of_type, None) for item in nodes]
        return lambda variables: [item(variables) for item in items]
    return literal(node, inner)


def _variable(name: str, declared: GraphQLInputType, default: Any) -> Getter:
    required = isinstance(declared, GraphQLNonNull)

    def read(variables: Variables) -> Any:
        value = variables.get(name, default)
        if value is None and required:
            # A default makes a nullable variable valid here; what it is given is known only now.
            raise BadUserInput(f"${name} must not be null: it is used where {declared} is expected.")
        return value

    return read


def _object(node: ObjectValueNode, declared: GraphQLInputObjectType) -> Getter:
    given = {field.name.value: field.value for field in node.fields}
    readers = [
        (name, _reader(given.get(name), field.type, default_of(field))) for name, field in declared.fields.items()
    ]

    def read(variables: Variables) -> dict[str, Any]:
        values = ((name, reader(variables)) for name, reader in readers)
        return {name: value for name, value in values if value is not ABSENT}

    return read
