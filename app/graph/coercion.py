"""The short way from a variable's JSON to its value, for what is plainly of its type: a tenth of graphql-core's time.

Readers are made for the types of one schema, as they are used: types refer to one another in circles, and most of
them are never sent. What a reader does not take goes graphql-core's way, to the same value or its errors.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    is_required_input_field,
)
from graphql.language.parser import MAX_NESTING_DEPTH
from graphql.utilities.coerce_input_value import coerce_default_value

_MAX_LAYOUTS = 16  # of a type: a client sends the same few

Reader: TypeAlias = Callable[[Any, int], Any]
"""Gives the value of what was sent, not a null, at some depth of the variable; `LookupError` or `GraphQLError` if it is
not plainly one of its type."""


class NotPlain(LookupError):
    """What was sent has to go graphql-core's way."""


class Readers:
    """Finds or makes the readers of one schema. Never of another: views share the names of types, not their fields."""

    def __init__(self) -> None:
        self._named: dict[str, Reader] = {}

    def of(self, type_: Any) -> tuple[Reader, bool]:
        """The reader of a type, and whether a null fits it as well."""
        nullable = not isinstance(type_, GraphQLNonNull)
        if not nullable:
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            return _list(self.of(type_.of_type)[0]), nullable
        reader = self._named.get(type_.name)
        if reader is None:
            reader = self._named[type_.name] = self._make(type_)
        return reader, nullable

    def _make(self, type_: Any) -> Reader:
        if isinstance(type_, GraphQLInputObjectType):
            plain = not type_.is_one_of and type_.out_type is GraphQLInputObjectType.out_type
            return _object(type_, self) if plain else _refuse
        if isinstance(type_, GraphQLEnumType):
            return _enum(type_)
        return _BUILT_IN.get(type_.name) or _scalar(type_)


_known: WeakKeyDictionary[GraphQLSchema, Readers] = WeakKeyDictionary()


def readers_of(schema: GraphQLSchema) -> Readers:
    """The readers of a schema; they go when it goes."""
    readers = _known.get(schema)
    if readers is None:
        readers = _known[schema] = Readers()
    return readers


class _Layout:
    """How objects of a type with these members, in this order, are read; `LookupError` where none of them is right."""

    def __init__(self, type_: GraphQLInputObjectType, names: tuple[str, ...], readers: Readers) -> None:
        fields = [(name, type_.fields[name]) for name in names]
        self.members = [(field.out_name or name, *readers.of(field.type)) for name, field in fields]
        # In the order of the declaration, as graphql-core has them: plans are kept by it.
        self.template: dict[str, Any] = {}
        for name, field in type_.fields.items():
            if name in names:
                self.template[field.out_name or name] = None
            elif is_required_input_field(field):
                raise NotPlain
            elif (default := coerce_default_value(field)) is not Undefined:
                self.template[field.out_name or name] = default


def _object(type_: GraphQLInputObjectType, readers: Readers) -> Reader:
    layouts: dict[tuple[str, ...], _Layout] = {}

    def read(value: Any, depth: int) -> Any:
        if type(value) is not dict or depth >= MAX_NESTING_DEPTH:
            raise NotPlain
        names = tuple(value)
        layout = layouts.get(names)
        if layout is None:
            if len(layouts) >= _MAX_LAYOUTS:
                layouts.clear()
            layout = layouts[names] = _Layout(type_, names, readers)
        coerced, below = layout.template.copy(), depth + 1
        for (target, read_field, nullable), item in zip(layout.members, value.values(), strict=True):
            if item is not None:
                coerced[target] = read_field(item, below)
            elif not nullable:
                raise NotPlain
        return coerced

    return read


def _list(read_item: Reader) -> Reader:
    def read(value: Any, depth: int) -> Any:
        if type(value) is not list or depth >= MAX_NESTING_DEPTH:
            raise NotPlain
        below = depth + 1
        return [read_item(item, below) for item in value]

    return read


def _enum(type_: GraphQLEnumType) -> Reader:
    members = {name: type_.parse_value(name) for name in type_.values}

    def read(value: Any, _: int) -> Any:
        if type(value) is str:
            return members[value]
        raise NotPlain

    return read


def _scalar(type_: GraphQLScalarType) -> Reader:
    coerce = type_.coerce_input_value

    def read(value: Any, _: int) -> Any:
        if value is not None:  # in a list, that is
            return coerce(value)
        raise NotPlain

    return read


def _text(value: Any, _: int) -> Any:
    if type(value) is str:
        return value
    raise NotPlain


def _boolean(value: Any, _: int) -> Any:
    if type(value) is bool:
        return value
    raise NotPlain


def _int(value: Any, _: int) -> Any:
    if type(value) is int and -(2**31) <= value < 2**31:
        return value
    raise NotPlain


def _float(value: Any, _: int) -> Any:
    if math.isfinite(value) if type(value) is float else type(value) is int and abs(value) < 2**53:
        return float(value)
    raise NotPlain


def _refuse(_: Any, __: int) -> Any:
    raise NotPlain


_BUILT_IN: dict[str, Reader] = {"ID": _text, "String": _text, "Boolean": _boolean, "Int": _int, "Float": _float}
