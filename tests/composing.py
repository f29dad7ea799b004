"""Random documents that are valid in a schema, with variables that can be given other values.

    composed = Composer(schema, CATALOG, pools, Random(7)).compose()
    composed.text, composed.values(), composed.values("leaves"), composed.values("fresh")

Anything the schema has may occur: aliases, merged and conditional fields, fragments, variables wherever they may stand.
Operands are drawn from the data, so that filters find something, and from the edges of their types.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Literal, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)

from app.catalog import Catalog, Noun
from app.store.types import Kind
from tests.oracle import Order, constant, moment_of, written

# Values with the places where variables stand in for them


@dataclass
class Leaf:
    """A value drawn anew whenever the variables are to differ."""

    draw: Callable[[], Any]
    enum: bool = False
    drawn: Any = None

    def __post_init__(self) -> None:
        self.drawn = self.draw()


@dataclass(frozen=True)
class Use:
    """A variable in place of a value."""

    name: str


Tree: TypeAlias = "dict[str, Tree] | list[Tree] | Leaf | Use | None"
Make: TypeAlias = Callable[[], Tree]
_ABSENT = object()


@dataclass
class Variable:
    """A declared variable: how its values are made, and the one that it has first."""

    type: str
    kind: str
    make: Make
    nullable: bool
    may_be_null: bool
    default: Tree
    tree: Any


@dataclass(frozen=True)
class Pools:
    """What operands are drawn from: values by noun and attribute, search words by noun, cursors by noun and order."""

    values: Mapping[tuple[str, str], Sequence[Any]]
    words: Mapping[str, Sequence[str]]
    cursors: Mapping[tuple[str, Order], Sequence[str]]
    json_keys: Sequence[str]
    json_values: Sequence[Any]


@dataclass
class Composed:
    """A document and its variables."""

    text: str
    variables: dict[str, Variable]
    random: Random

    def values(self, change: Literal["none", "leaves", "fresh"] = "none") -> dict[str, Any]:
        """Values for the variables: the first ones, others in the same places, or any others."""
        values = {name: self._value(variable, change) for name, variable in self.variables.items()}
        return {name: value for name, value in values.items() if value is not _ABSENT}

    def _value(self, variable: Variable, change: str) -> Any:
        if change == "fresh":
            return plain(choose_value(variable, self.random))
        if change == "leaves":
            _redraw(variable.tree)
        return plain(variable.tree)


def choose_value(variable: Variable, random: Random) -> Any:
    """A value for a variable, which may be none."""
    chance = random.random()
    if variable.nullable and chance < 0.1:
        return _ABSENT
    if variable.may_be_null and chance < 0.2:
        return None
    return variable.make()


def plain(tree: Any) -> Any:
    """A tree as it stands in JSON."""
    if isinstance(tree, dict):
        return {name: plain(item) for name, item in tree.items()}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    return tree.drawn if isinstance(tree, Leaf) else tree


def _redraw(tree: Any) -> None:
    if isinstance(tree, Leaf):
        tree.drawn = tree.draw()
    for item in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        _redraw(item)


def literal(tree: Any) -> str:
    """A tree as it stands in a document."""
    match tree:
        case dict():
            return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in tree.items()) + "}"
        case list():
            return "[" + ", ".join(literal(item) for item in tree) + "]"
        case Use():
            return f"${tree.name}"
        case Leaf():
            return str(tree.drawn) if tree.enum else json.dumps(tree.drawn, ensure_ascii=False)
    return "null"


def leaf(draw: Callable[[], Any], enum: bool = False) -> Make:
    """Makes leaves of what is drawn."""
    return lambda: Leaf(draw, enum)


def order_tree(order: Order) -> Tree:
    """An order as an argument, the same whenever it is drawn."""
    return [
        {
            "field": _fixed(constant(key.name)),
            "direction": _fixed("DESC" if key.descending else "ASC"),
            "nulls": _fixed("LAST" if key.nulls_last else "FIRST"),
        }
        for key in order
    ]


def _fixed(value: str) -> Leaf:
    return Leaf(lambda: value, enum=True)


@dataclass
class Scope:
    """The response keys of one object: what a key means, and the keys below it."""

    keys: dict[str, tuple[str, "Scope"]] = field(default_factory=dict)


TEXTS = ("", " ", "a", "A", "é", "%", "_", "\\", "'", '"', "😀", "\u0301", "\U00010000", "\ue000", "null", "x" * 150)
NO_IDS = ("", "x", "0" * 16, "f" * 16, "é" * 16)
LISTS = {"first", "last", "after", "before", "orderBy"}
JSON_TYPES: Mapping[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "boolean": (bool,), "exists": ()}


def _is_root(kind: str, name: str) -> bool:
    if name in {"scopesFor", "schemaDiff", "rateLimit"}:  # no record's: see test_explaining.py, test_rate_limits.py
        return False
    computed = name in {"viewer", "scopes"}
    match kind:
        case "aggregate":
            return name.endswith("Aggregate")
        case "analytics":
            return name.endswith("Analytics") or computed
        case "node":
            return name in {"node", "nodes"}
    return not (name.endswith(("Aggregate", "Analytics")) or name in {"node", "nodes"} or computed)


class Composer:
    """Composes one document."""

    def __init__(self, schema: GraphQLSchema, catalog: Catalog, pools: Pools, random: Random) -> None:
        self._schema = schema
        self._catalog = catalog
        self._pools = pools
        self._random = random
        self._variables: dict[str, Variable] = {}
        self._fragments: dict[str, tuple[str, str]] = {}  # type and text, by name
        self._left = random.choice((6, 15, 30, 50))
        self._names = 0
        self._pure = False  # inside the value of a variable there are no variables
        self._eager = random.choice((0.0, 0.1, 0.4))  # how readily a variable is used

    def compose(self) -> Composed:
        query = self._schema.query_type
        assert query is not None
        body = self._selections(query, 0, Scope())
        declared = ", ".join(
            f"${name}: {variable.type}" + (f" = {literal(variable.default)}" if variable.default is not None else "")
            for name, variable in self._variables.items()
        )
        fragments = "".join(f"\nfragment {name} on {type_} {text}" for name, (type_, text) in self._fragments.items())
        return Composed(f"query {f'({declared}) ' if declared else ''}{body}{fragments}", self._variables, self._random)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    # Selections

    def _selections(self, type_: Any, depth: int, scope: Scope, *, aliased: bool = False) -> str:
        """A selection set; `aliased` where a key of another type might stand beside one of this."""
        parts = [
            self._selection(type_, depth, scope, aliased=aliased) for _ in range(self._random.choice((1, 2, 2, 3, 4)))
        ]
        self._random.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _selection(self, type_: Any, depth: int, scope: Scope, *, aliased: bool) -> str:
        if isinstance(type_, GraphQLInterfaceType) and self._chance(0.7):
            return self._on_member(type_, depth, scope)
        chance = self._random.random()
        if chance < 0.06:
            return f"...{self._directives()} {self._selections(type_, depth, scope, aliased=aliased)}"
        if chance < 0.10:
            return f"... on {type_.name}{self._directives()} {self._selections(type_, depth, scope, aliased=aliased)}"
        if chance < 0.14:
            return self._spread(type_, depth)
        if chance < 0.16 and any(each.name == "Node" for each in getattr(type_, "interfaces", ())):
            return "... on Node { id __typename }"
        return self._field(type_, depth, scope, aliased=aliased)

    def _on_member(self, interface: GraphQLInterfaceType, depth: int, scope: Scope) -> str:
        member = self._random.choice(list(self._schema.get_possible_types(interface)))
        if self._chance(0.2):
            return self._spread(member, depth)
        return f"... on {member.name}{self._directives()} {self._selections(member, depth, scope, aliased=True)}"

    def _spread(self, type_: Any, depth: int) -> str:
        known = [name for name, (on, _) in self._fragments.items() if on == type_.name]
        if known and self._chance(0.5):
            return f"...{self._random.choice(known)}{self._directives()}"
        text = self._selections(type_, depth, Scope(), aliased=True)
        name = self._name("F")
        self._fragments[name] = (type_.name, text)
        return f"...{name}{self._directives()}"

    def _field(self, type_: Any, depth: int, scope: Scope, *, aliased: bool) -> str:
        merged = [(key, what) for key, (what, below) in scope.keys.items() if below.keys]
        if merged and self._chance(0.15):
            return self._again(type_, depth, scope, *self._random.choice(merged))
        fields = type_.fields
        leaves = [name for name, each in fields.items() if not is_composite_type(get_named_type(each.type))]
        # The oracle has no feed, and does not review.
        deep = [name for name in fields if name not in leaves and name not in {"changes", "usage"}]
        self._left -= 1
        dig = deep and (not leaves or (self._left > 0 and depth < 7 and self._chance(0.45 if depth else 0.95)))
        if not dig and self._chance(0.1):
            return self._key("__typename", "__typename", "t", aliased=False) + self._directives()
        name = self._weighed(type_, self._preferred(type_, deep) if dig else leaves)
        each: GraphQLField = fields[name]
        arguments = self._arguments(name, each)
        if not dig:
            return (
                self._key(name, name, "a", aliased=(aliased and name != "id") or bool(arguments)) + self._directives()
            )
        key = self._name("o")
        below = Scope()
        what = f"{name}{arguments}"
        if not arguments and not aliased and name not in scope.keys and self._chance(0.7):
            key = name
        scope.keys[key] = (what, below)
        named = what if key == name else f"{key}: {what}"
        return f"{named}{self._directives()} {self._selections(get_named_type(each.type), depth + 1, below)}"

    def _preferred(self, type_: Any, names: Sequence[str]) -> Sequence[str]:
        """Of a connection mostly its records; of the root every kind of field."""
        if type_ is self._schema.query_type:
            kind = self._random.choice(
                ("record", "record", "record", "record", "aggregate", "aggregate", "analytics", "node")
            )
            return [name for name in names if _is_root(kind, name)] or names
        records = [name for name in names if name in {"nodes", "edges"}]
        return records if records and self._chance(0.7) else names

    def _weighed(self, type_: Any, names: Sequence[str]) -> str:
        """One of the fields, more often one that takes many arguments."""
        arguments = [type_.fields[name].args for name in names]
        return self._random.choices(names, [3 + len(args) * (4 if "search" in args else 1) for args in arguments])[0]

    def _again(self, type_: Any, depth: int, scope: Scope, key: str, what: str) -> str:
        """A field that is selected already, with further selections to merge."""
        name = what.split("(", maxsplit=1)[0]
        if name not in type_.fields:
            return "__typename"
        below = self._selections(get_named_type(type_.fields[name].type), depth + 1, scope.keys[key][1])
        return f"{what if key == name else f'{key}: {what}'} {below}"

    def _key(self, name: str, what: str, prefix: str, *, aliased: bool) -> str:
        return f"{self._name(prefix)}: {what}" if aliased or self._chance(0.15) else what

    def _directives(self) -> str:
        if not self._chance(0.05):
            return ""
        chosen = self._random.sample(("skip", "include"), self._random.choice((1, 1, 2)))
        return "".join(f" @{name}(if: {self._condition()})" for name in chosen)

    def _condition(self) -> str:
        return literal(self._place("Boolean!", "flag", self._flag, eager=0.6))

    # Arguments

    def _arguments(self, name: str, each: GraphQLField) -> str:
        noun = self._noun_of(each)
        listed = noun is not None and "orderBy" in each.args
        given = self._list_arguments(noun, each) if noun is not None and listed else {}
        for argument, declared in each.args.items():
            required = isinstance(declared.type, GraphQLNonNull)
            if not (listed and argument in LISTS) and (required or self._chance(0.5)):
                given[argument] = self._argument(name, argument, declared.type, noun)
        items = [f"{argument}: {literal(tree)}" for argument, tree in given.items()]
        self._random.shuffle(items)
        return f"({', '.join(items)})" if items else ""

    def _noun_of(self, each: GraphQLField) -> Noun | None:
        name = get_named_type(each.type).name
        return self._catalog.nouns.get(name.removesuffix("Connection").removesuffix("Aggregate"))

    def _argument(self, name: str, argument: str, declared: GraphQLInputType, noun: Noun | None) -> Tree:
        text, named = str(declared), get_named_type(declared)
        match argument:
            case "id":
                return self._place(text, f"id of {name}", leaf(lambda: self._id(noun)))
            case "ids":
                return self._many("ID!", "id of nodes", leaf(lambda: self._id(None)), (0, 1, 2, 3, 5), text)
            case "filter" if noun is not None:
                return self._place(text, text, lambda: self._filter(named, noun, 0), may_be_null=True)
            case "search" if noun is not None:
                return self._place(text, "text", leaf(lambda: self._search(noun)), may_be_null=True, eager=0.4)
            case "groupBy":
                return self._groups(declared)
            case "first":
                return self._place(text, "groups", leaf(lambda: self._random.randrange(1, 6)), may_be_null=True)
            case "from" | "to":
                return self._place(text, "time", leaf(self._time), may_be_null=True)
        raise AssertionError(argument)

    def _groups(self, declared: GraphQLInputType) -> Tree:
        enum = get_named_type(declared)
        assert isinstance(enum, GraphQLEnumType)
        one = leaf(lambda: self._random.choice(list(enum.values)), enum=True)
        if self._chance(0.2):
            return one()  # one value stands for a list of one
        return self._many(f"{enum.name}!", enum.name, one, (0, 1, 1, 1, 2, 2, 3), str(declared), may_be_null=True)

    def _list_arguments(self, noun: Noun, each: GraphQLField) -> dict[str, Tree]:
        given: dict[str, Tree] = {}
        order_type = get_named_type(each.args["orderBy"].type)
        assert isinstance(order_type, GraphQLInputObjectType)
        backwards = self._chance(0.4)
        if self._chance(0.25):
            order = self._random.choice(self._known_orders(noun, order_type))
            cursors = self._pools.cursors[noun.name, order]
            # Not null, so that it is never another order than that of the cursor.
            given["orderBy"] = self._place(f"[{order_type.name}!]!", "", lambda: order_tree(order), reuse=False)
            given["before" if backwards else "after"] = self._place(
                "String",
                f"cursor {noun.name} {order}",
                leaf(lambda: self._random.choice(cursors)),
                may_be_null=True,
                eager=0.5,
            )
        elif self._chance(0.5):
            given["orderBy"] = self._orders(order_type)
        size = leaf(lambda: self._random.choice((0, 1, 1, 2, 3, 5, 40)))
        if backwards:
            # Not null: without last, before would be refused.
            given["last"] = self._place("Int!", "size", size)
        elif self._chance(0.5):
            given["first"] = self._place("Int", "size", size, may_be_null=True)
        return given

    def _known_orders(self, noun: Noun, type_: GraphQLInputObjectType) -> list[Order]:
        allowed = get_named_type(type_.fields["field"].type)
        assert isinstance(allowed, GraphQLEnumType)
        known = [order for name, order in self._pools.cursors if name == noun.name]
        return [order for order in known if all(constant(key.name) in allowed.values for key in order)]

    def _orders(self, type_: GraphQLInputObjectType) -> Tree:
        def part(name: str) -> Tree:
            enum = get_named_type(type_.fields[name].type)
            assert isinstance(enum, GraphQLEnumType)
            one = leaf(lambda: self._random.choice(list(enum.values)), enum=True)
            return self._place(str(type_.fields[name].type), enum.name, one, may_be_null=name != "field")

        def one() -> Tree:
            return {name: part(name) for name in type_.fields if name == "field" or self._chance(0.5)}

        return self._many(f"{type_.name}!", type_.name, one, (0, 1, 1, 2, 3), f"[{type_.name}!]", may_be_null=True)

    # Filters

    def _filter(self, type_: Any, noun: Noun, depth: int) -> Tree:
        names = list(type_.fields)
        weights = [
            4 if isinstance(each.type, GraphQLList) or name in noun.links else 1 for name, each in type_.fields.items()
        ]
        chosen = dict.fromkeys(self._random.choices(names, weights, k=self._random.choice((0, 1, 1, 1, 2, 3))))
        conditions: dict[str, Tree] = {}
        for name in chosen:
            if depth < 3 or name in noun.attributes:
                conditions[name] = self._condition_on(type_, noun, name, depth + 1)
        return conditions

    def _condition_on(self, type_: Any, noun: Noun, name: str, depth: int) -> Tree:
        declared = type_.fields[name].type
        text, named = str(declared), get_named_type(declared)
        if name in {"and", "or"}:
            return self._many(
                f"{named.name}!", named.name, lambda: self._filter(named, noun, depth), (0, 1, 2, 3), text
            )
        if name == "not":
            return self._place(text, text, lambda: self._filter(named, noun, depth))
        if name in noun.links:
            target = self._catalog.nouns[noun.links[name].to]
            return self._place(text, text, lambda: self._link_condition(named, target, depth))
        if isinstance(declared, GraphQLList):
            return self._many(f"{named.name}!", named.name, lambda: self._custom(named), (0, 1, 1, 2), text)
        kind = f"{noun.name}.{name}"
        return self._place(text, kind, lambda: self._operators(named, lambda: self._operand(noun, name), kind))

    def _link_condition(self, type_: Any, target: Noun, depth: int) -> Tree:
        chosen = self._random.sample(list(type_.fields), self._random.choice((1, 1, 1, 2)))
        return {name: self._quantified(type_.fields[name].type, target, depth) for name in chosen}

    def _quantified(self, declared: GraphQLInputType, target: Noun, depth: int) -> Tree:
        named = get_named_type(declared)
        if named.name == "Boolean":
            return self._place("Boolean", "flag", self._flag)
        return self._place(str(declared), str(declared), lambda: self._filter(named, target, depth))

    def _custom(self, type_: Any) -> Tree:
        key = self._place("String!", "json key", leaf(lambda: self._random.choice(self._pools.json_keys)))
        conditions: dict[str, Tree] = {"key": key}
        for name in self._random.sample(list(JSON_TYPES), self._random.choice((0, 1, 1, 2))):
            conditions[name] = self._custom_condition(get_named_type(type_.fields[name].type), name)
        return conditions

    def _custom_condition(self, named: Any, name: str) -> Tree:
        if name == "exists":
            return self._place("Boolean", "flag", self._flag)
        values = [value for value in self._pools.json_values if type(value) in JSON_TYPES[name]]
        # An integer that no Float is equal to is refused.
        values = [value for value in values if type(value) is not int or abs(value) < 2**53]
        kind = f"custom {name}"
        return self._place(named.name, kind, lambda: self._operators(named, lambda: self._random.choice(values), kind))

    def _operators(self, type_: Any, draw: Callable[[], Any], kind: str) -> Tree:
        chosen = self._random.sample(list(type_.fields), min(len(type_.fields), self._random.choice((1, 1, 1, 2))))
        return {name: self._operator(type_.fields[name].type, name, draw, kind) for name in chosen}

    def _operator(self, declared: GraphQLInputType, name: str, draw: Callable[[], Any], kind: str) -> Tree:
        text, enum = str(declared), isinstance(get_named_type(declared), GraphQLEnumType)
        if name == "isNull":
            return self._place("Boolean", "flag", self._flag)
        if name in {"contains", "startsWith", "endsWith"}:
            return self._place("String", "text", leaf(lambda: self._part(draw(), name)))
        if isinstance(declared, GraphQLList):
            return self._many(str(declared.of_type), f"{kind} {declared.of_type}", leaf(draw, enum), (0, 1, 2, 3), text)
        plain = "text" if text == "String" else f"{kind} {text}"
        return self._place(text, plain, leaf(draw, enum), may_be_null=name in {"eq", "ne"})

    # Operands

    def _flag(self) -> Tree:
        return Leaf(lambda: self._chance(0.5))

    def _operand(self, noun: Noun, name: str) -> Any:
        sample = self._random.choice(self._pools.values[noun.name, name])
        match noun.attributes[name].exposure.kind:
            case Kind.INT if self._chance(0.2):
                return self._random.choice((sample - 1, -1, 2**31 - 1, -(2**31)))
            case Kind.DATETIME:
                return self._time_near(sample)
            case Kind.ID if self._chance(0.1):
                return self._random.choice((*NO_IDS, self._id(None)))
            case Kind.STRING if self._chance(0.15):
                return self._random.choice(TEXTS)
        return sample

    def _id(self, noun: Noun | None) -> str:
        if self._chance(0.05):
            return self._random.choice(NO_IDS)
        if noun is None or self._chance(0.1):
            noun = self._random.choice(list(self._catalog.nouns.values()))
        return str(self._random.choice(self._pools.values[noun.name, "id"]))

    def _time(self) -> str:
        return self._time_near(self._random.choice(self._pools.values["Contact", "createdAt"]))

    def _time_near(self, text: str) -> str:
        moment = moment_of(text) + timedelta(milliseconds=self._random.choice((0, 0, 0, 1, -1, 3_600_000)))
        match self._random.randrange(4):
            case 0:
                return (moment + timedelta(hours=2)).isoformat(timespec="microseconds").replace("+00:00", "+02:00")
            case 1:
                return (moment + timedelta(microseconds=999)).isoformat(timespec="microseconds")
        return written(moment)

    def _part(self, text: str, operator: str) -> str:
        if self._chance(0.2):
            return self._random.choice(TEXTS)
        start, end = sorted(self._random.randrange(len(text) + 1) for _ in "se")
        return {"contains": text[start:end], "startsWith": text[:end], "endsWith": text[start:]}[operator]

    def _search(self, noun: Noun) -> str:
        words = self._pools.words[noun.name]
        found = [self._search_word(self._random.choice(words)) for _ in range(self._random.choice((0, 1, 1, 1, 2, 3)))]
        return self._random.choice((" ", "  ", "\t")).join(found)[:200]

    def _search_word(self, word: str) -> str:
        match self._random.randrange(6):
            case 0:
                return word.upper()
            case 1:
                return word[: self._random.randrange(1, 4)]
            case 2:
                return self._part(word, "contains")
            case 3:
                return self._random.choice(TEXTS)
        return word

    # Variables

    def _place(
        self,
        type_: str,
        kind: str,
        make: Make,
        *,
        may_be_null: bool = False,
        reuse: bool = True,
        eager: float | None = None,
    ) -> Tree:
        """A value, a variable in its place, or null where that is allowed; `kind` says which variables will do."""
        if not self._pure and self._chance(self._eager if eager is None else eager):
            return Use(self._variable(type_, kind, make, may_be_null=may_be_null, reuse=reuse))
        if may_be_null and self._chance(0.05):
            return None
        return make()

    def _many(
        self, item: str, kind: str, make: Make, counts: Sequence[int], type_: str, *, may_be_null: bool = False
    ) -> Tree:
        """A list of a number of values, any of them a variable, or all of it."""
        return self._place(
            type_,
            f"[{kind}]",
            lambda: [self._place(item, kind, make) for _ in range(self._random.choice(counts))],
            may_be_null=may_be_null,
        )

    def _variable(self, type_: str, kind: str, make: Make, *, may_be_null: bool, reuse: bool) -> str:
        required = type_.endswith("!")
        usable = [
            name
            for name, known in self._variables.items()
            if known.kind == kind
            and (known.type == type_ or (known.type == f"{type_}!" and not required))
            and (may_be_null or not known.may_be_null)
        ]
        if usable and reuse and self._chance(0.4):
            return self._random.choice(usable)
        default: Tree = None
        self._pure, before = True, self._pure
        if not required and self._chance(0.2):
            type_, required, may_be_null = f"{type_}!", True, False
        elif self._chance(0.2):
            default = make()
            if required:  # the default makes up for what may be missing
                type_, may_be_null = type_.removesuffix("!"), False
        variable = Variable(type_, kind, self._purely(make), not type_.endswith("!"), may_be_null, default, None)
        variable.tree = choose_value(variable, self._random)
        self._pure = before
        name = self._name("v")
        self._variables[name] = variable
        return name

    def _purely(self, make: Make) -> Make:
        def purely() -> Tree:
            before, self._pure = self._pure, True
            try:
                return make()
            finally:
                self._pure = before

        return purely
