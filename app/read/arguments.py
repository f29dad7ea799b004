"""Argument values as the planner sees them: what shapes the SQL is plain, what only fills it is `Bound`.

A plan serves every request whose variables have the same *shape*. The planner cannot look into a `Bound` value, so a
plan never depends on one by accident; whatever it may look at (which keys a filter has, nulls, booleans, page sizes,
orders, how many search terms, where a cursor has nulls) is what `shape_of` puts into the plan's key.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    value_from_ast_untyped,
)
from graphql.utilities import coerce_input_literal

from app.errors import BadUserInput
from app.store.fold import fold

Variables: TypeAlias = Mapping[str, Any]
Getter: TypeAlias = Callable[[Variables], Any]


class Mode(Enum):
    """How much of a value the planner may look at."""

    BOUND = "its structure, nulls and booleans"
    LITERAL = "all of it"
    CURSOR = "where it has nulls"
    SEARCH = "how long each of its terms is"
    NODE = "how many ids there are, and of which types"
    GIVEN = "nothing: a verb gets it as it is"


_MODES = {
    "first": Mode.LITERAL,
    "last": Mode.LITERAL,
    "orderBy": Mode.LITERAL,
    "groupBy": Mode.LITERAL,
    "after": Mode.CURSOR,
    "before": Mode.CURSOR,
    "search": Mode.SEARCH,
}
_NODE_FIELDS = {"node", "nodes"}
FILTER = "filter"
"""The one argument of a verb that is planned: it finds the records to change."""


def mode_of(field_name: str, argument: str, verbs: Collection[str] = ()) -> Mode:
    """How the planner reads an argument; decided by its name, which means the same everywhere in the schema."""
    if field_name in verbs and argument != FILTER:
        return Mode.GIVEN
    if field_name in _NODE_FIELDS and argument in {"id", "ids"}:
        return Mode.NODE
    return _MODES.get(argument, Mode.BOUND)


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that is read when the plan runs. `sample` is the one it was planned with: for its shape only."""

    get: Getter
    sample: Any = None


class Absent(Enum):
    """An argument or input field that was not given."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the plan's key needs to know beyond structure: given by those who understand cursors and ids."""

    cursor: Callable[[str], object]
    node: Callable[[str], object]


def shape_of(value: Any, mode: Mode, shapes: Shapes) -> object:
    """The hashable shape of a coerced variable value under a mode."""
    if mode is Mode.GIVEN:
        return ...
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return tuple((name, shape_of(item, mode, shapes)) for name, item in value.items())
    if isinstance(value, list):
        if mode is Mode.NODE:
            return len(value), frozenset(shapes.node(item) for item in value)  # how many counts against the limits
        if mode is Mode.LITERAL or any(isinstance(item, dict) for item in value):
            return tuple(shape_of(item, mode, shapes) for item in value)
        return ...
    if mode is Mode.LITERAL:
        return value
    if isinstance(value, str):
        if mode is Mode.CURSOR:
            return shapes.cursor(value)
        if mode is Mode.SEARCH:
            return search_shape(value)
        if mode is Mode.NODE:
            return shapes.node(value)
    return ...


def search_shape(text: str) -> tuple[bool, ...]:
    """For each search term, whether an index can find it: three characters, a leading space included."""
    return tuple(len(pattern) >= 3 for pattern in search_patterns(text))


_MAX_SEARCH = 500  # characters; folding runs of combining marks takes time that grows with their square


def search_patterns(text: str) -> list[str]:
    """What must occur in the search text: each term of three characters or more; a shorter one led by a space."""
    if len(text) > _MAX_SEARCH:
        raise BadUserInput(f"search may have {_MAX_SEARCH} characters, not {len(text)}.", argument="search")
    return [term if len(term) >= 3 else " " + term for term in fold(text).split()]


def variable_modes(uses: Iterator[tuple[str, Mode]]) -> dict[str, tuple[Mode, ...]]:
    """All the ways each variable is used: its shape is the shape under every one of them."""
    modes: dict[str, dict[Mode, None]] = {}
    for name, mode in uses:
        modes.setdefault(name, {})[mode] = None
    return {name: tuple(used) for name, used in modes.items()}


def arguments_of(node: FieldNode, declared: Mapping[str, GraphQLArgument], variables: Variables) -> dict[str, Any]:
    """The arguments of a field: plain structure with `Bound` leaves; those neither given nor defaulted are missing."""
    given: dict[str, ArgumentNode] = {argument.name.value: argument for argument in node.arguments or ()}
    values: dict[str, Any] = {}
    for name, argument in declared.items():
        mode = mode_of(node.name.value, name)
        value: Any = ABSENT
        if name in given:
            value = _trace(given[name].value, argument.type, variables, mode)
        if value is ABSENT:
            default = default_of(argument)
            if default is ABSENT:
                continue
            value = _wrap(default, argument.type, lambda _, value=default: value, mode)  # type: ignore[misc]
        values[name] = value
    return values


def default_of(argument: Any) -> Any:
    """The coerced default of an argument or input field, `ABSENT` without one."""
    return ABSENT if argument.default_value is Undefined else argument.default_value


def _trace(node: ValueNode, declared: GraphQLInputType, variables: Variables, mode: Mode) -> Any:
    if isinstance(node, VariableNode):
        name = node.name.value
        if name not in variables:
            return ABSENT
        if variables[name] is None and isinstance(declared, GraphQLNonNull):
            # A default makes a nullable variable valid here; what it is given is known only now.
            raise BadUserInput(f"${name} must not be null: it is used where {declared} is expected.")
        return _wrap(variables[name], declared, lambda variables: variables[name], mode)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(declared, GraphQLNonNull):
        return _trace(node, declared.of_type, variables, mode)
    if isinstance(declared, GraphQLList):
        structural = _is_structural(declared, mode)
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        if structural or any(isinstance(item, VariableNode) for item in nodes):
            items = [_trace(item, declared.of_type, variables, mode) for item in nodes]
            return items if structural else _bound_list(items)
    if isinstance(declared, GraphQLInputObjectType):
        assert isinstance(node, ObjectValueNode)
        return _trace_object(node, declared, variables, mode)
    get = literal(node, declared)
    return _wrap(get(variables), declared, get, mode)


def literal(node: ValueNode, declared: GraphQLInputType) -> Getter:
    """Reads a literal of a leaf type, or of a list of one. In one of a JSON scalar, variables may stand anywhere."""
    if isinstance(declared, GraphQLScalarType) and isinstance(node, ObjectValueNode | ListValueNode):
        read = _untyped(node)
        return lambda variables: declared.coerce_input_value(read(variables))
    value = coerce_input_literal(node, declared)
    return lambda _: value


def _untyped(node: ValueNode) -> Getter:
    if isinstance(node, VariableNode):
        return lambda variables: variables.get(node.name.value, ABSENT)
    if isinstance(node, ListValueNode):
        items = [_untyped(item) for item in node.values]
        return lambda variables: [None if (value := item(variables)) is ABSENT else value for item in items]
    if isinstance(node, ObjectValueNode):
        members = [(field.name.value, _untyped(field.value)) for field in node.fields]
        return lambda variables: {name: value for name, member in members if (value := member(variables)) is not ABSENT}
    value = value_from_ast_untyped(node)
    return lambda _: value


def _trace_object(node: ObjectValueNode, declared: GraphQLInputObjectType, variables: Variables, mode: Mode) -> Any:
    given = {field.name.value: field.value for field in node.fields}
    traced: dict[str, Any] = {}
    for name, field in declared.fields.items():
        value = _trace(given[name], field.type, variables, mode) if name in given else ABSENT
        if value is ABSENT:
            default = default_of(field)
            if default is ABSENT:
                continue
            value = _wrap(default, field.type, lambda _, value=default: value, mode)  # type: ignore[misc]
        traced[name] = value
    return traced


def _wrap(value: Any, declared: GraphQLInputType, get: Getter, mode: Mode) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(declared, GraphQLNonNull):
        return _wrap(value, declared.of_type, get, mode)
    if isinstance(declared, GraphQLInputObjectType):
        return {name: _wrap(item, declared.fields[name].type, _member(get, name), mode) for name, item in value.items()}
    if isinstance(declared, GraphQLList) and _is_structural(declared, mode):
        return [_wrap(item, declared.of_type, _member(get, place), mode) for place, item in enumerate(value)]
    return value if mode is Mode.LITERAL else Bound(get, value)


def _is_structural(declared: GraphQLList[Any], mode: Mode) -> bool:
    return mode is Mode.LITERAL or isinstance(get_named_type(declared), GraphQLInputObjectType)


def _bound_list(items: list[Any]) -> Bound:
    getters = [item.get if isinstance(item, Bound) else _constant(item) for item in items if item is not ABSENT]
    samples = [item.sample if isinstance(item, Bound) else item for item in items if item is not ABSENT]
    return Bound(lambda variables: [get(variables) for get in getters], samples)


def _constant(value: Any) -> Getter:
    return lambda _: value


def _member(get: Getter, key: str | int) -> Getter:
    return lambda variables: get(variables)[key]
