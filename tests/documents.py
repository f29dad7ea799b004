"""Random documents over a schema: whatever a view has, an operation here can use, arguments drawn from real values.

    written = DocumentWriter(view.schema, Random(7), values).operation()
    await client.send(written.query, written.variables)

Most are valid; a few break a rule of paging or name an id that is none, because refusals must be equal too. The same
seed, schema and values give the same document.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_input_field,
)

_PAGING = {"first", "last", "after", "before"}


@dataclass(frozen=True)
class Written:
    """An operation and its variables."""

    query: str
    variables: dict[str, Any]


@dataclass(frozen=True)
class Values:
    """What arguments are drawn from: ids and cursors by the noun they are of, texts and times of any field."""

    ids: Mapping[str, Sequence[str]]
    texts: Sequence[str]
    times: Sequence[str]
    cursors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Sequence[str] = ()
    garbage: Sequence[str] = ("", "x", "0123456789abcdef", "ffffffffffffffff", "0123456789ABCDEF", "é" * 16)


class _Constant(str):
    """An enum value: bare in a document, a string in variables."""


class DocumentWriter:
    """Writes operations; `depth` is how many records may lie inside one another."""

    def __init__(
        self, schema: GraphQLSchema, random: Random, values: Values, *, depth: int = 4, roots: Sequence[str] = ()
    ) -> None:
        self._schema = schema
        self._random = random
        self._values = values
        self._depth = depth
        self._roots = roots
        self._declared: dict[str, str] = {}
        self._variables: dict[str, Any] = {}
        self._names = 0

    def operation(self) -> Written:
        """A query of one to three root fields."""
        self._declared, self._variables, self._names = {}, {}, 0
        query = self._schema.query_type
        assert query is not None
        names = [name for name in query.fields if not self._roots or name in self._roots]
        chosen = self._random.sample(names, k=min(len(names), self._random.choice((1, 1, 1, 2, 3))))
        body = " ".join(self._field(name, query.fields[name], self._depth) for name in chosen)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        return Written(f"query{f'({declared})' if declared else ''} {{ {body} }}", self._variables)

    def pages(self) -> Written:
        """A query for a page of a root list, which takes `$size` and `$after`; it shows where the page ends."""
        self._declared, self._variables, self._names = {"size": "Int", "after": "String"}, {}, 0
        query = self._schema.query_type
        assert query is not None
        lists = [name for name, item in query.fields.items() if "after" in item.args]
        name = self._random.choice(lists)
        definition = query.fields[name]
        noun = get_named_type(definition.type).name.removesuffix("Connection")
        given = "".join(
            f", {each}: {self._given(self._argument(each, declared, noun), declared)}"
            for each, declared in definition.args.items()
            if each not in _PAGING and self._chance(60 if each == "orderBy" else 20)
        )
        record = self._selections(self._schema.get_type(noun), 0)
        shown = f"{{ totalCount pageInfo {{ endCursor hasNextPage }} edges {{ cursor node {record} }} }}"
        declared = ", ".join(f"${each}: {type_}" for each, type_ in self._declared.items())
        return Written(
            f"query({declared}) {{ page: {name}(first: $size, after: $after{given}) {shown} }}", self._variables
        )

    def _chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    # Selections

    def _field(self, name: str, definition: GraphQLField, depth: int) -> str:
        type_ = get_named_type(definition.type)
        arguments = self._arguments(name, definition, type_.name)
        if is_leaf_type(type_):
            return f"{name}{arguments}" if not self._chance(5) else f"{self._name('f')}: {name}{arguments}"
        # An alias of its own, so that no two selections of a field have to agree on their arguments.
        return f"{self._name('f')}: {name}{arguments} {self._selections(type_, depth - 1)}"

    def _selections(self, type_: Any, depth: int) -> str:
        if isinstance(type_, GraphQLInterfaceType):
            possible = self._schema.get_possible_types(type_)
            parts = [
                f"... on {each.name} {self._selections(each, depth)}"
                for each in self._random.sample(list(possible), k=min(len(possible), 3))
            ]
            return f"{{ __typename id {' '.join(parts)} }}"
        assert isinstance(type_, GraphQLObjectType)
        leaves = [name for name, item in type_.fields.items() if is_leaf_type(get_named_type(item.type))]
        # A review tells of events to whom they are not shown otherwise: see test_key_usage.py.
        inner = [name for name in type_.fields if name not in leaves and name != "usage"]
        chosen = self._random.sample(leaves, k=min(len(leaves), self._random.randrange(1, 6)))
        if inner and (depth > 0 or type_.name.endswith(("Connection", "Edge"))):
            chosen += self._random.sample(inner, k=min(len(inner), self._random.choice((1, 1, 2))))
        if self._chance(10) or not chosen:
            chosen.append("__typename")
        written = [
            name if name == "__typename" else self._field(name, type_.fields[name], self._below(type_, depth))
            for name in chosen
        ]
        if self._chance(8):
            written[0] = f"... on {type_.name} {{ {written[0]} }}"
        if self._chance(5) and len(written) > 1:
            written[0] += " @skip(if: false)" if "{" not in written[0] else ""
        return "{ " + " ".join(written) + " }"

    @staticmethod
    def _below(type_: GraphQLObjectType, depth: int) -> int:
        return depth + 1 if type_.name.endswith(("Connection", "Edge")) else depth  # only records count as a level

    # Arguments

    def _arguments(self, name: str, definition: GraphQLField, target: str) -> str:
        noun = target.removesuffix("Connection").removesuffix("Aggregate")
        chosen = {
            argument: self._argument(argument, declared, noun)
            for argument, declared in definition.args.items()
            if argument not in _PAGING and (isinstance(declared.type, GraphQLNonNull) or self._chance(45))
        }
        if "after" in definition.args:
            chosen |= self._paging(noun)
        elif "first" in definition.args and self._chance(40):
            chosen["first"] = self._random.randrange(1, 9)
        written = [f"{each}: {self._given(value, definition.args[each])}" for each, value in chosen.items()]
        return f"({', '.join(written)})" if written else ""

    def _given(self, value: Any, declared: GraphQLArgument) -> str:
        if self._chance(30):
            name = self._name("v")
            self._declared[name] = str(declared.type)
            self._variables[name] = json.loads(json.dumps(value))
            return f"${name}"
        return literal(value)

    def _paging(self, noun: str) -> dict[str, Any]:
        size = self._random.choice((0, 1, 2, 2, 3, 4, 5))
        known = [*self._values.cursors.get(noun, ()), *(["x"] if self._chance(10) else [])]
        match self._random.choice(
            ("first", "first", "last", "after", "before", "both" if self._chance(10) else "first")
        ):
            case "after" if known:
                return {"first": size, "after": self._random.choice(known)}
            case "before" if known:
                return {"last": size, "before": self._random.choice(known)}
            case "last":
                return {"last": size}
            case "both":
                return {"first": size, "last": size}
        return {"first": size}

    def _argument(self, name: str, declared: GraphQLArgument, noun: str) -> Any:
        if name == "search":
            word = self._text()
            return self._random.choice((word, word[:2], word[1:4].upper(), f"{word} {self._text()[:3]}"))
        if name in {"id", "ids"}:
            return self._id(noun) if name == "id" else [self._id(noun) for _ in range(self._random.randrange(1, 6))]
        return self._value(declared.type, name, noun, 3)

    def _id(self, noun: str) -> str:
        own = self._values.ids.get(noun, ())
        if own and self._chance(70):
            return self._random.choice(own)
        if self._chance(15):
            return self._random.choice(self._values.garbage)
        return self._random.choice([each for ids in self._values.ids.values() for each in ids])

    def _text(self) -> str:
        return self._random.choice(self._values.texts)

    def _value(self, type_: Any, name: str, noun: str, depth: int) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, name, noun, depth)
        if isinstance(type_, GraphQLList):
            return [self._value(type_.of_type, name, noun, depth) for _ in range(self._random.choice((1, 1, 2, 3)))]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, noun, depth)
        if isinstance(type_, GraphQLEnumType):
            return _Constant(self._random.choice(list(type_.values)))
        match type_.name:
            case "ID":
                return self._id(noun)
            case "Int":
                return self._random.choice((0, 1, 2, 10, 50, 100, -1))
            case "Float":
                return self._random.choice((0, 1, 2.5, 50, -1.25))
            case "Boolean":
                return self._chance(50)
            case "DateTime":
                return self._random.choice(self._values.times)
        text = self._random.choice(self._values.keys) if name == "key" and self._values.keys else self._text()
        if name in {"contains", "startsWith", "endsWith"}:
            return text[: self._random.randrange(4)]
        return text

    def _object(self, type_: GraphQLInputObjectType, noun: str, depth: int) -> dict[str, Any]:
        noun = type_.name.removesuffix("Filter") if type_.name.removesuffix("Filter") in self._values.ids else noun
        required = [name for name, item in type_.fields.items() if is_required_input_field(item)]
        optional = [
            name
            for name, item in type_.fields.items()
            if name not in required and (depth > 0 or not isinstance(get_named_type(item.type), GraphQLInputObjectType))
        ]
        count = self._random.choice((1, 1, 1, 2, 3))
        chosen = [*required, *self._random.sample(optional, k=min(len(optional), count))]
        made: dict[str, Any] = {}
        for name in chosen:
            if name in {"eq", "ne"} and self._chance(8):
                made[name] = None
            else:
                made[name] = self._value(type_.fields[name].type, name, noun, depth - 1)
        return made


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    if isinstance(value, _Constant):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
