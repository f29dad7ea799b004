"""Making Strawberry types from the catalog: names, annotations, descriptions and scopes in one call each.

Types refer to one another in circles, so every class is made first and gets its fields afterwards.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Optional

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from app.errors import ConfigurationError
from app.graph.directive import requires
from app.resource import Choice, Requirement
from app.verb import Given

GIVEN = "given"

_OPEN: Mapping[str, Requirement] = MappingProxyType({})


class Types:
    """The registry of the schema's types by GraphQL name."""

    def __init__(self) -> None:
        self._types: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self._types[name]

    def __contains__(self, name: str) -> bool:
        return name in self._types

    def object(
        self, name: str, description: str, *, interfaces: tuple[type, ...] = (), requirement: Requirement = ()
    ) -> None:
        """An object type, still without fields."""
        self._refuse_known(name)
        bare = type(name, interfaces, {"__annotations__": {}, "__doc__": description})
        self._types[name] = strawberry.type(bare, name=name, description=description, directives=requires(requirement))

    def input(self, name: str, description: str, *, one_of: bool = False) -> None:
        """An input type, still without fields."""
        self._refuse_known(name)
        bare = type(name, (), {"__annotations__": {}})
        self._types[name] = strawberry.input(bare, name=name, description=description, one_of=one_of)

    def enum(self, name: str, description: str, values: Iterable[tuple[str, str, str, Requirement]]) -> None:
        """An enum from (GraphQL name, Python value, description, requirement)."""
        self._refuse_known(name)
        members = {
            member: strawberry.enum_value(value, description=text, directives=requires(requirement))
            for member, value, text, requirement in values
        }
        made: Any = Enum(name, members)  # type: ignore[misc]
        self._types[name] = strawberry.enum(made, name=name, description=description)

    def known_enum(self, enum: type[Choice], requirements: Mapping[str, Requirement] = _OPEN) -> Any:
        """The GraphQL enum of a declared one; its docstring and its members' meanings describe it.

        Who says what its members require, by name, has to be the first to ask for it.
        """
        if enum.__name__ not in self._types:
            description = (enum.__doc__ or "").strip()
            made: Any = strawberry.enum(enum, name=enum.__name__, description=description)
            for value in made.__strawberry_definition__.values:
                value.description = enum[value.name].meaning
                value.directives = tuple(requires(requirements.get(value.name, ())))
            self._types[enum.__name__] = made
        return self._types[enum.__name__]

    def put(self, name: str, type_: Any) -> Any:
        self._types[name] = type_
        return type_

    def extend(self, name: str, fields: Iterable[StrawberryField]) -> None:
        """Gives a type its fields."""
        definition = self._types[name].__strawberry_definition__
        added = list(fields)
        for item in added:
            item.origin = self._types[name]
        definition.fields = [*definition.fields, *added]

    def _refuse_known(self, name: str) -> None:
        # Names are derived, so two nouns can come to the same one: ContactList's filter, Contact's list filter.
        if name in self._types:
            raise ConfigurationError(f"Two types of the schema would be named {name}")

    def bare_names(self) -> list[str]:
        """Types that never got a field."""
        return [
            name
            for name, type_ in self._types.items()
            if hasattr(type_, "__strawberry_definition__") and not type_.__strawberry_definition__.fields
        ]


def field(
    name: str,
    annotation: Any,
    description: str,
    *,
    requirement: Requirement = (),
    arguments: Iterable[StrawberryArgument] = (),
    default: Any = None,
    is_input: bool = False,
    given: Given | None = None,
) -> StrawberryField:
    """A field of an object or input type."""
    made = StrawberryField(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        directives=requires(requirement),
        metadata=_metadata(given),
        **({"default": UNSET if default is None else default} if is_input else {}),
    )
    made.name = name
    made.arguments = list(arguments)
    return made


def argument(
    name: str, annotation: Any, description: str, *, requirement: Requirement = (), given: Given | None = None
) -> StrawberryArgument:
    """An argument; one of an optional type may be left out."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        directives=requires(requirement),
        metadata=_metadata(given),
    )


def input_field(
    name: str, annotation: Any, description: str, *, requirement: Requirement = (), given: Given | None = None
) -> StrawberryField:
    """A field of an input type; one of an optional type may be left out."""
    return field(name, annotation, description, requirement=requirement, is_input=True, given=given)


def _metadata(given: Given | None) -> dict[str, Any]:
    """What it is declared as, kept for whoever tells of lengths, ranges and rules."""
    return {} if given is None else {GIVEN: given}


def optional(annotation: Any) -> Any:
    """The nullable form of a type."""
    return Optional[annotation]  # noqa: UP045 (strings and made classes do not take `|`)


def listed(annotation: Any) -> Any:
    """The list form of a type."""
    return list[annotation]
