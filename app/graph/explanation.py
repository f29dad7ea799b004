"""What explains access: the fields of the root that tell which scopes a document needs and what scopes show."""

from collections.abc import Iterator

from strawberry.types.field import StrawberryField

from app.graph.build import Types, argument, field, listed, optional
from app.graph.difference import SchemaChangeType, SchemaPart
from app.graph.scalars import JSON


def declare_explanation(types: Types) -> None:
    """Makes the types of the answers."""
    types.object("ScopesNeeded", "What a document needs of the key that sends it.")
    types.object("ScopeChoice", "Parts of a document that can be had with different scopes.")
    types.object("SchemaChange", "Something that only one of two sets of scopes shows of the schema.")


def explanation_fields(types: Types) -> Iterator[StrawberryField]:
    """The fields of the root; gives the types of their answers theirs."""
    types.extend(
        "ScopesNeeded",
        [
            field("scopes", list[str], "What a key must be granted to send it; none of them can be left out."),
            field("missing", list[str], "What the key that asks lacks."),
            field("alternatives", listed(types["ScopeChoice"]), "Where other scopes would do as well."),
        ],
    )
    types.extend(
        "ScopeChoice",
        [
            field("parts", list[str], "The parts by their schema coordinates, `variables` for what is in those."),
            field("anyOf", list[list[str]], "All scopes of any one of the lists are enough."),
        ],
    )
    types.extend(
        "SchemaChange",
        [
            field("change", types.known_enum(SchemaChangeType), "Which way it changes."),
            field("kind", types.known_enum(SchemaPart), "What it is."),
            field("path", str, "Its schema coordinate: `Type.field`, `Type.field(argument:)`."),
            field("description", str, "What it is for."),
        ],
    )
    name = "Which of its operations, sent alone; all of them unless given, because a document is accepted as a whole."
    variables = "Values for its variables: filters and inputs in them may need further scopes."
    yield field(
        "scopesFor",
        types["ScopesNeeded"],
        "The scopes that a GraphQL document needs, whether the key that asks has them or not.",
        arguments=[
            argument("document", str, "The document."),
            argument("operationName", optional(str), name),
            argument("variables", optional(JSON), variables),
        ],
    )
    yield field(
        "schemaDiff",
        listed(types["SchemaChange"]),
        "What a set of scopes shows of the schema that another does not, and the other way round; sorted by path.",
        arguments=[
            argument("from", list[str], "The first set of scopes."),
            argument("to", list[str], "The second set of scopes."),
        ],
    )
