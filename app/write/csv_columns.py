"""Which column of a CSV file goes to which field of a noun, decided once from the header. Refuses what is ambiguous."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from app.catalog import Attribute, Noun
from app.errors import BadUserInput
from app.resource import Entity
from app.store.types import Kind
from app.write.cells import Convert, can_hold, converter, custom_converter
from app.write.custom_fields import Definition

CUSTOM_FIELDS = "customFields"
_MOST_OF_A_KEY = 100

_KEPT = set(Entity.model_fields)


@dataclass(frozen=True)
class FieldColumn:
    """A column of the file that fills the field `name`, stored in the table's column `column`."""

    place: int
    header: str
    name: str
    column: str
    convert: Convert


@dataclass(frozen=True)
class CustomColumn:
    """A column of the file that becomes the member `key` of the custom fields."""

    place: int
    header: str
    key: str
    convert: Convert


C = TypeVar("C", FieldColumn, CustomColumn)


@dataclass(frozen=True)
class Columns:
    """What becomes of each column. `key` is the one that says which record a row is about; `required` are the columns
    of the table that a new record needs, with the headers that fill them; `custom_column` holds the custom fields.
    """

    width: int
    fields: tuple[FieldColumn, ...]
    custom: tuple[CustomColumn, ...]
    ignored: tuple[str, ...]
    key: FieldColumn | None
    required: Mapping[str, str]
    custom_column: str | None

    @property
    def names(self) -> dict[str, str]:
        """The headers by the columns of the table that they fill."""
        return {column.column: column.header for column in self.fields}

    def header(self, path: Sequence[str]) -> str:
        """What a path leads to: `("E-mail",)`, or for a custom field `("customFields", key)`."""
        return next((column.header for column in self.custom if column.key in path[1:]), path[0])


def importable(noun: Noun) -> dict[str, Attribute]:
    """The fields a file can fill: neither those that the server keeps itself nor references to other records."""
    return {
        name: attribute
        for name, attribute in noun.attributes.items()
        if attribute.column.name not in _KEPT and can_hold(attribute) and attribute.exposure.written != "never"
    }


def match_columns(
    noun: Noun,
    header: Sequence[str],
    *,
    mapping: Mapping[str, str] | None = None,
    key: str | None = None,
    rest_as_custom_fields: bool = False,
    definitions: Mapping[str, Definition] = MappingProxyType({}),
) -> Columns:
    """Matches headers with API field names by their letters and digits alone, after what `mapping` says by header.

    A mapping leads to a field, to `customFields.<key>`, or with an empty text to nowhere. Custom fields that have a
    definition are read as it says.
    """
    fields = importable(noun)
    _check_header(header)
    wanted = _resolve_mapping(header, mapping or {})
    by_letters = {_letters(name): name for name in fields}
    mapped = {_letters(target) for target in wanted.values()}
    matched: dict[str, FieldColumn] = {}
    custom: dict[str, CustomColumn] = {}
    ignored = []
    for place, name in enumerate(header):
        target = wanted.get(name, "") if name in wanted or not name else by_letters.get(_letters(name))
        if name not in wanted and _letters(target or "") in mapped:
            target = None
        if target is None and rest_as_custom_fields:
            target = f"{CUSTOM_FIELDS}.{name}"
        if not target:
            ignored.append(name or f"(column {place + 1}, without a name)")
        elif target.startswith(f"{CUSTOM_FIELDS}."):
            custom_key = _check_custom_key(noun, target.partition(".")[2])
            convert = custom_converter(definitions.get(custom_key))
            _claim(custom, target, CustomColumn(place, name, custom_key, convert))
        else:
            field = by_letters.get(_letters(target))
            if field is None:
                raise BadUserInput(f"{noun.name} has no field {target!r} to import; it has {', '.join(fields)}.")
            attribute = fields[field]
            column = FieldColumn(place, name, field, attribute.column.name, converter(noun, attribute))
            _claim(matched, field, column)
    if not matched:
        raise BadUserInput(
            f"No column is a field of {noun.name}. The columns are {_listed(header)};"
            f" the fields are {', '.join(fields)}."
        )
    columns = tuple(matched.values())
    found_key = _find_key(columns, fields, key) if key else None
    holder = noun.attributes.get(CUSTOM_FIELDS)
    return Columns(
        width=len(header),
        fields=columns,
        custom=tuple(custom.values()),
        ignored=tuple(ignored),
        key=found_key,
        required=_find_required(noun, matched, found_key),
        custom_column=holder.column.name if holder else None,
    )


def _check_header(header: Sequence[str]) -> None:
    seen = set()
    for name in filter(None, header):
        if name in seen:
            raise BadUserInput(f"Two columns have the header {name!r}.")
        if not name.isprintable():
            raise BadUserInput(f"The header {name!r} contains a character that cannot be printed.")
        seen.add(name)


def _resolve_mapping(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping by the exact headers: names that differ in case or spacing only are meant as well."""
    by_letters = {_letters(name): name for name in header}
    resolved = {}
    for name, target in mapping.items():
        exact = name if name in header else by_letters.get(_letters(name))
        if not exact:
            raise BadUserInput(f"There is no column {name!r}; the columns are {_listed(header)}.")
        resolved[exact] = target.strip()
    return resolved


def _check_custom_key(noun: Noun, key: str) -> str:
    if CUSTOM_FIELDS not in noun.attributes:
        raise BadUserInput(f"{noun.name} has no custom fields.")
    if not 1 <= len(key) <= _MOST_OF_A_KEY:
        raise BadUserInput(f"The custom field {key!r} must have a key of 1 to {_MOST_OF_A_KEY} characters.")
    return key


def _claim(taken: dict[str, C], target: str, column: C) -> None:
    if target in taken:
        raise BadUserInput(f"Two columns go to {target}: {taken[target].header!r} and {column.header!r}.")
    taken[target] = column


def _find_key(columns: Sequence[FieldColumn], fields: Mapping[str, Attribute], key: str) -> FieldColumn:
    letters = _letters(key)
    for column in columns:
        if letters in {_letters(column.name), _letters(column.header)}:
            if fields[column.name].exposure.kind not in {Kind.STRING, Kind.INT}:
                raise BadUserInput(f"{column.name} cannot be the key: records are told apart by a text or a number.")
            return column
    filled = ", ".join(column.name for column in columns)
    raise BadUserInput(f"The key {key!r} is not among the fields that the file fills: {filled}. Map a column to it.")


def _find_required(noun: Noun, matched: Mapping[str, FieldColumn], key: FieldColumn | None) -> dict[str, str]:
    model = noun.resource.table.model_fields
    required = {}
    for name, attribute in noun.attributes.items():
        column = attribute.column.name
        if not attribute.nullable and model[column].is_required():
            if name not in matched and key is None:  # with a key, rows may all be about records that there are
                raise BadUserInput(f"A {noun.name} needs {name}; map a column to it.")
            required[column] = matched[name].header if name in matched else name
    return required


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name for name in names[:20] if name)
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
