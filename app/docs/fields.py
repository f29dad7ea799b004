"""A JSON Schema as people read it: fields with their types, limits and descriptions, and those inside them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_NUMBER: Final = re.compile(r"\d+")
_DEEPEST: Final = 2  # fields inside one another that are shown; types refer to themselves
_LIMITS: Final = (
    ("minLength", "{} characters or more"),
    ("maxLength", "{} characters at most"),
    ("minimum", "{} or more"),
    ("maximum", "{} or less"),
    ("minItems", "{} items or more"),
    ("maxItems", "{} items at most"),
)
_FORMATS: Final = {"date-time": "time", "date": "day", "email": "e-mail", "idn-email": "e-mail", "uri": "URL"}
_RANGES: Final = (
    ("minLength", "maxLength", "{} to {} characters"),
    ("minimum", "maximum", "{} to {}"),
    ("minItems", "maxItems", "{} to {} items"),
)


@dataclass(frozen=True)
class Field:
    """A value under a name: a parameter, a header, a member of a body."""

    name: str
    type: str
    required: bool
    description: str
    limits: tuple[str, ...]
    choices: tuple[str, ...]
    deprecated: bool
    fields: tuple["Field", ...]


class Reader:
    """Reads schemas, which may refer to the named ones of their document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolve(self, item: Schema) -> Schema:
        """What a reference leads to; anything else itself. What stands beside a reference is laid over it."""
        while "$ref" in item:
            target: Any = self._document
            for step in item["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            item = {**target, **{name: value for name, value in item.items() if name != "$ref"}}
        return item

    def field(self, name: str, schema: Schema, *, required: bool = False, told: str = "", deep: int = 0) -> Field:
        """The field of this name that holds such a value; `told` is said of it elsewhere."""
        outer = self.resolve(schema)
        plain, null = self._without_null(outer)
        item = self.resolve(plain.get("items", {}))
        item, _ = self._without_null(item)
        described = told or outer.get("description", "")
        return Field(
            name,
            self._type(plain, item) + (" or null" if null else ""),
            required,
            described,
            tuple(_untold(_limits(plain), described)) + tuple(f"each {limit}" for limit in _limits(item)),
            tuple(_choices(plain) or _choices(item)),
            bool(outer.get("deprecated")),
            self.members(item if plain.get("type") == "array" else plain, deep + 1),
        )

    def members(self, schema: Schema, deep: int = 0) -> tuple[Field, ...]:
        """The fields of an object, in any of its forms; none of anything else."""
        schema = self.resolve(schema)
        if deep > _DEEPEST:
            return ()
        required = schema.get("required", ())
        own = [
            self.field(name, each, required=name in required, deep=deep)
            for name, each in schema.get("properties", {}).items()
        ]
        for part in schema.get("allOf", ()):
            own += self.members(part, deep)
        return tuple(own)

    def forms(self, schema: Schema) -> list[tuple[str, tuple[Field, ...]]]:
        """The forms that a body may have, each with its title and its fields."""
        schema = self.resolve(schema)
        choices = [self.resolve(each) for each in schema.get("oneOf", schema.get("anyOf", (schema,)))]
        return [(each.get("title", ""), self.members(each)) for each in choices]

    def _without_null(self, schema: Schema) -> tuple[Schema, bool]:
        """A schema without null among what it takes, and whether it was."""
        types = schema.get("type")
        if isinstance(types, list):
            rest = [each for each in types if each != "null"]
            return {**schema, "type": rest[0] if len(rest) == 1 else rest}, len(rest) < len(types)
        choices = [self.resolve(each) for each in schema.get("anyOf", ())]
        rest = [each for each in choices if each.get("type") != "null"]
        if len(rest) == 1 and len(choices) == 2:
            return {**rest[0], **{name: value for name, value in schema.items() if name != "anyOf"}}, True
        return schema, False

    def _type(self, plain: Schema, item: Schema) -> str:
        kind = plain.get("type", "any")
        if kind == "array":
            return f"list of {_kind(item)}s" if item.get("type") else "list"
        return _kind(plain) if isinstance(kind, str) else " or ".join(kind)


def _choices(schema: Schema) -> list[str]:
    given = [schema["const"]] if "const" in schema else schema.get("enum", ())
    return [str(each) for each in given if each is not None]


def _kind(schema: Schema) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)


def _untold(limits: Iterable[str], described: str) -> Iterator[str]:
    """Those of some limits whose numbers are not in the description already."""
    numbers = set(_NUMBER.findall(described.replace(",", "")))
    return (limit for limit in limits if not (found := set(_NUMBER.findall(limit))) or found - numbers)


def _limits(schema: Schema) -> Iterator[str]:
    told = set()
    for low, high, words in _RANGES:
        if low in schema and high in schema:
            told |= {low, high}
            yield words.format(schema[low], schema[high])
    for name, words in _LIMITS:
        if name in schema and name not in told:
            yield words.format(schema[name])
    if schema.get("default") is not None:
        yield f"default {json.dumps(schema['default'])}"
    if "pattern" in schema:
        yield f"form {schema['pattern']}"
