"""What the audit log tells of changes, with values of enums as they are stored: in GraphQL they have their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import orjson
from graphql import FieldNode, GraphQLEnumType, GraphQLObjectType, GraphQLSchema, get_argument_values, get_named_type

from app.graph.stored import CHANGES
from app.rest.directives import directive


@dataclass(frozen=True)
class History:
    """Where a record tells of changes, and of which type; stored values by type, field and name."""

    changes: str
    type: str
    stored: Mapping[tuple[str, str], Mapping[str, Any]]

    @classmethod
    def of(cls, schema: GraphQLSchema, members: Mapping[str, FieldNode]) -> Self | None:
        """What the members of a record declare; `ValueError` if one does that has not what it needs."""
        for key, node in members.items():
            for place in node.directives or ():
                if place.name.value == CHANGES:
                    of = get_argument_values(directive(CHANGES), place)["of"]
                    if of not in members:
                        raise ValueError(f"{key} needs {of} beside it")
                    return cls(key, of, _stored(schema))
        return None

    def shown(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record with its changes as REST shows values."""
        changes = orjson.loads(orjson.dumps(record[self.changes]))
        for name, change in changes.items():
            values = self.stored.get((record[self.type], name))
            if values is not None:
                changes[name] = {side: values.get(value, value) for side, value in change.items()}
        return {**record, self.changes: changes}


def _stored(schema: GraphQLSchema) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (type_.name, name): {member: value.value for member, value in enum.values.items()}
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if isinstance(enum := get_named_type(field.type), GraphQLEnumType)
    }
