"""Schemas that a document names once and refers to."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, or another object of an OpenAPI document."""


class Components:
    """`components.schemas` in the making."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def named(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to the schema of this name, which is made when it is first asked for: it may refer to itself."""
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = make()
        return reference(name)

    def shared(self, names: Sequence[str], schema: Schema) -> Schema:
        """A reference to a schema, under the first of these names that no other one has, or the one it has already."""
        found = next((name for name, other in self.schemas.items() if other == schema), None)
        name = found or next(each for each in names if each not in self.schemas)
        self.schemas[name] = schema
        return reference(name)

    def resolved(self, schema: Schema) -> Schema:
        """The schema that a reference is to, or itself."""
        return self.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def reference(name: str) -> Schema:
    """A reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    """A schema that takes null, too."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "type" not in schema:
        return schema
    if "enum" in schema:
        schema = schema | {"enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]}
