"""A route: a stored operation, where it is served, and what of its result is the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from app.graph.stored import Stored
from app.read.selection import LIFT
from app.resource import Requirement
from app.rest.history import History
from app.rest.reading import Parameter
from app.rest.retiring import Retirement

ETAG = "etag"
"""The alias of the field that is told as `ETag` and not among the data."""

FIELDS = "fields"
"""The parameter that names the members of a record that are to be shown."""

_ERRORS = "userErrors"


@dataclass(frozen=True)
class Shape:
    """Where the data stand in a result: under the root, and of a mutation's payload under `member`, if it has one.

    What is `paged` is a connection, whose nodes are the data and whose page is told beside them. `members` are those of
    a record, or of each, that is read.
    """

    root: str
    member: str | None = None
    paged: bool = False
    members: frozenset[str] = frozenset()
    history: History | None = None


@dataclass(frozen=True)
class Route:
    """One method at one path. `scopes` are the least that meet its requirements, of which no key can do without any."""

    method: str
    path: str
    stored: Stored
    description: str
    requirements: tuple[Requirement, ...]
    scopes: tuple[str, ...]
    segments: tuple[str, ...]  # variables in the path, in its order
    parameters: Mapping[str, Parameter]  # all other variables that a request gives
    options: Mapping[str, Parameter]  # variables that the query string gives beside a body
    required: tuple[str, ...]  # of the parameters
    switches: Mapping[str, Mapping[str, str]]  # `include=total` sets `$includeTotal`, `expand=tags` `$expandTags`
    body: str | None
    when: tuple[str, str] | None
    strict: bool
    status: int
    limit: int  # of the records of a page, unless a request says so
    shape: Shape
    arguments: Mapping[tuple[str, ...], str]  # variables by where they stand in the arguments
    retirement: Retirement | None

    @property
    def name(self) -> str:
        return self.stored.name

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def takes_version(self) -> bool:
        """Whether it heeds `If-Match`."""
        return "ifVersion" in self.arguments.values()

    @property
    def members(self) -> frozenset[str]:
        """What `fields` may name, unless the document takes it for something else."""
        return frozenset() if self.writes or FIELDS in self.parameters else self.shape.members

    def field(self, path: tuple[str, ...]) -> str:
        """What a request calls the place that a path into the operation's arguments leads to."""
        for length in range(len(path), 0, -1):
            name = self.arguments.get(path[:length])
            if name is not None:
                return ".".join((*(() if name == self.body else (name,)), *path[length:]))
        return ".".join(path)


def shape_of(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Shape:
    """The shape of an operation with one field, whose fragments are written out; `ValueError` says what is wrong."""
    root, *more = operation.selection_set.selections
    if more or not isinstance(root, FieldNode):
        raise ValueError("it must have exactly one field at its root")
    key = (root.alias or root.name).value
    type_ = schema.get_root_type(operation.operation)
    assert type_ is not None
    node, declared = root, type_.fields[root.name.value].type
    for inner in [*_lifted(root)][1:]:
        node, declared = inner, get_named_type(declared).fields[inner.name.value].type
    members = _members(node)
    target = get_named_type(declared)
    if operation.operation.value == "mutation":
        if _ERRORS not in members:
            raise ValueError("it must select userErrors { field message code }")
        rest = [name for name in members if name != _ERRORS]
        return Shape(key, rest[0] if len(rest) == 1 else None)
    if isinstance(target, GraphQLObjectType) and target.name.endswith("Connection"):
        if members.keys() - {"totalCount"} != {"nodes", "pageInfo"}:
            raise ValueError("a list must select nodes, pageInfo and perhaps totalCount")
        members = _members(members["nodes"])
        return Shape(key, paged=True, members=frozenset(members), history=History.of(schema, members))
    return Shape(key, members=frozenset(members) - {ETAG}, history=History.of(schema, members))


def arguments_of(operation: OperationDefinitionNode) -> Mapping[tuple[str, ...], str]:
    """Where the variables of an operation with one field stand in its arguments, as `userErrors` tells places."""
    [root] = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    return {
        path: name
        for node in _lifted(root)
        for argument in node.arguments or ()
        for path, name in _places(argument.value, (argument.name.value,))
    }


def _places(node: ValueNode, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, VariableNode):
        yield path, node.name.value
    elif isinstance(node, ObjectValueNode):
        for field in node.fields:
            yield from _places(field.value, (*path, field.name.value))
    else:
        for place, item in enumerate(getattr(node, "values", ())):
            yield from _places(item, (*path, str(place)))


def _fields(node: FieldNode) -> list[FieldNode]:
    selections = node.selection_set.selections if node.selection_set else ()
    return [each for each in selections if isinstance(each, FieldNode)]


def _members(node: FieldNode) -> dict[str, FieldNode]:
    return {(each.alias or each.name).value: each for each in _fields(node)}


def _lifted(node: FieldNode) -> Iterator[FieldNode]:
    """A field, and what is shown in its place."""
    yield node
    while any(each.name.value == LIFT for each in node.directives or ()):
        [node] = _fields(node)
        yield node
