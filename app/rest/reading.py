"""What the text of a query string and the JSON of a body mean as values of a variable's type.

Enum values are those that are stored (S4-34, S4-35). All that is wrong is told at once, each under the name that the
request has for it; what is right is given on as the JSON that GraphQL takes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
    is_required_input_field,
)

from app.store.types import unstorable

REQUIRED = "This field is required"

MOST_WRONG = 100
"""Places that a refusal tells of."""

_MESSAGES = {
    "String": "This must be a string",
    "ID": "This must be an id, as answers show them",
    "Int": "This must be a whole number",
    "Float": "This must be a number",
    "Boolean": "This must be true or false",
}
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_BOOLEANS = {"true": True, "false": False}


class Wrong(Exception):
    """A value is not of its type; `places` are names of fields and what is wrong with each."""

    def __init__(self, *places: tuple[str, str]) -> None:
        self.places = places
        super().__init__(places[0][1])


Read: TypeAlias = Callable[[Any, str], Any]
"""Gives what GraphQL takes for a value that a request has under some name; `Wrong` otherwise."""


@dataclass(frozen=True)
class Parameter:
    """A variable that a request gives: all texts of a query string, or the JSON in a body, are read."""

    name: str
    type: Any  # of the whole schema
    required: bool
    read: Read


# JSON


def json_reader(type_: Any) -> Read:
    """How a member of a JSON body is read."""
    if isinstance(type_, GraphQLNonNull):
        inner = json_reader(type_.of_type)

        def read(value: Any, name: str) -> Any:
            if value is None:
                raise Wrong((name, REQUIRED))
            return inner(value, name)

        return read
    plain = _plain_reader(type_)
    return lambda value, name: None if value is None else plain(value, name)


def _plain_reader(type_: Any) -> Read:
    if isinstance(type_, GraphQLList):
        return _list_reader(json_reader(type_.of_type))
    if isinstance(type_, GraphQLInputObjectType):
        return _object_reader(type_)
    if isinstance(type_, GraphQLEnumType):
        return _enum_reader(type_)
    return _scalar_reader(type_)


def _list_reader(read_item: Read) -> Read:
    def read(value: Any, name: str) -> Any:
        if not isinstance(value, list):
            raise Wrong((name, "This must be a list"))
        return _all((read_item, item, f"{name}.{place}") for place, item in enumerate(value))

    return read


def _object_reader(type_: GraphQLInputObjectType) -> Read:
    readers: dict[str, Read] = {}
    required = [name for name, field in type_.fields.items() if is_required_input_field(field)]

    def read(value: Any, name: str) -> Any:
        if not isinstance(value, dict):
            raise Wrong((name, "This must be an object"))
        if not readers:  # not before: types refer to one another in circles
            readers.update({each: json_reader(field.type) for each, field in type_.fields.items()})
        inside = f"{name}." if name else ""
        missing = [(readers[each], None, inside + each) for each in required if each not in value]
        given = [(readers.get(each, unknown), item, inside + each) for each, item in value.items()]
        return dict(zip(value, _all([*given, *missing]), strict=False))

    return read


def _all(given: Any) -> list[Any]:
    """The values of some readers; all that is wrong with them at once, as far as it is told."""
    values: list[Any] = []
    places: list[tuple[str, str]] = []
    for read, item, name in given:
        try:
            values.append(read(item, name))
        except Wrong as wrong:
            places += wrong.places
            if len(places) >= MOST_WRONG:
                break
    if places:
        raise Wrong(*places)
    return values


def unknown(_: Any, name: str) -> Any:
    """Refuses what a route does not take."""
    raise Wrong((name, "There is no such field here"))


def _enum_reader(type_: GraphQLEnumType) -> Read:
    names = {member.value: name for name, member in type_.values.items()}
    message = f"This must be one of {', '.join(names)}" if len(names) <= 30 else f"There is no such {type_.name}"

    def read(value: Any, name: str) -> Any:
        if not isinstance(value, str) or value not in names:
            raise Wrong((name, message))
        return names[value]

    return read


def _scalar_reader(type_: GraphQLScalarType) -> Read:
    message = _MESSAGES.get(type_.name)
    textual = type_.name == "ID"  # of which GraphQL takes numbers, too

    def read(value: Any, name: str) -> Any:
        try:
            if textual and not isinstance(value, str):
                raise Wrong((name, _MESSAGES["ID"]))
            type_.coerce_input_value(value)
        except GraphQLError as error:
            raise Wrong((name, message or error.message)) from None
        return value

    return read


# The query string


def text_reader(type_: Any) -> Callable[[Sequence[str], str], Any]:
    """How all values of a parameter of a query string are read."""
    if isinstance(type_, GraphQLNonNull):
        return text_reader(type_.of_type)
    if isinstance(type_, GraphQLList):
        read_item = _text_item(type_.of_type)
        parts = isinstance(get_named_type(type_), GraphQLScalarType)

        def read_all(texts: Sequence[str], name: str) -> Any:
            # A text may hold commas; names of fields and values do not.
            split = texts if parts else [part for text in texts for part in text.split(",")]
            return _all((read_item, text, name) for text in split)

        return read_all
    if isinstance(type_, GraphQLInputObjectType):
        return _link_reader(type_)
    read_one = _text_item(type_)

    def read(texts: Sequence[str], name: str) -> Any:
        if len(texts) > 1:
            raise Wrong((name, "This parameter may be given once"))
        return read_one(texts[0], name)

    return read


def _text_item(type_: Any) -> Read:
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if isinstance(type_, GraphQLInputObjectType):
        return _order_reader(type_)
    read = _plain_reader(type_)
    if type_.name == "String":
        return _storable
    if type_.name == "Int":
        return lambda text, name: read(int(text) if _INTEGER.fullmatch(text) else text, name)
    if type_.name == "Boolean":
        return lambda text, name: read(_BOOLEANS.get(text, text), name)
    return read


def _storable(text: str, name: str) -> str:
    reason = unstorable(text)
    if reason:
        raise Wrong((name, f"This must not contain {reason}"))
    return text


def _order_reader(type_: GraphQLInputObjectType) -> Read:
    """`-createdAt`: a field to sort by, descending."""
    read = _enum_reader(get_named_type(type_.fields["field"].type))

    def read_order(text: str, name: str) -> Any:
        descending = text.startswith("-")
        return {"field": read(text[descending:], name), "direction": "DESC" if descending else "ASC"}

    return read_order


def _link_reader(type_: GraphQLInputObjectType) -> Callable[[Sequence[str], str], Any]:
    """Records that are linked to, by id or name: any of those given."""
    quantifier = "some" if "some" in type_.fields else "is"

    def read(texts: Sequence[str], name: str) -> Any:
        named = _all((_storable, text, name) for text in texts)
        return {quantifier: {"or": [{"id": {"in": texts}}, {"name": {"in": named}}]}}

    return read
