"""What of a recorded value a key may be shown: members and values of enums that its document has."""

from typing import Any

from app.openapi.components import Components, Schema

NOTHING = object()
"""What is left of a value of which nothing may be shown."""


def fitted(value: Any, schema: Schema, components: Components) -> Any:
    """The value as far as the schema has it, or `NOTHING`."""
    schema = components.resolved(schema)
    for choices in ("anyOf", "oneOf"):
        if choices in schema:
            found = (fitted(value, each, components) for each in schema[choices])
            return next((each for each in found if each is not NOTHING), NOTHING)
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return NOTHING
    if not _is_of(value, schema.get("type")):
        return NOTHING
    if isinstance(value, dict) and "properties" in schema:
        own = schema["properties"]
        kept = {name: fitted(inner, own[name], components) for name, inner in value.items() if name in own}
        return {name: inner for name, inner in kept.items() if inner is not NOTHING}
    if isinstance(value, list) and "items" in schema:
        return [each for item in value if (each := fitted(item, schema["items"], components)) is not NOTHING]
    return value


def _is_of(value: Any, types: str | list[str] | None) -> bool:
    """Whether a value can be of a type, as far as choices need to be told apart."""
    told = [types] if isinstance(types, str) else types
    if told is None:
        return True
    if value is None:
        return "null" in told
    return told != ["null"]
