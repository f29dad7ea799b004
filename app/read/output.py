"""What a row becomes: a tree decided when the operation is planned, compiled once to a Python function.

The generated function turns the rows of a statement into the objects of the response, with ids encoded, enums named,
stored JSON passed through, and to-many children looked up by the parent's key. `orjson` writes the result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from app.store.identity import IdCodec
from app.store.types import Kind


@dataclass(frozen=True)
class Value:
    """A column of the row. `number` is the type of an id, `names` the API names of an enum's stored values."""

    slot: int
    kind: Kind
    nullable: bool
    number: int = 0
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Constant:
    """The same for every row."""

    value: Any


@dataclass(frozen=True)
class Child:
    """What a to-many statement found for this row's key: the result of child `index`, looked up by `slot`."""

    index: int
    slot: int


@dataclass(frozen=True)
class Cursor:
    """The cursor of the row: the values in `slots`, the id last."""

    slots: tuple[int, ...]
    signature: bytes
    number: int
    booleans: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Object:
    """An object; null where the row has nothing in the slot `present`."""

    fields: tuple[tuple[str, "Node"], ...]
    present: int | None = None


Node: TypeAlias = Value | Constant | Child | Cursor | Object
Seal: TypeAlias = Callable[[bytes, list[Any]], str]
"""Makes a cursor for the running request's workspace."""
Found: TypeAlias = tuple[Mapping[Any, Any], Any]
"""What a child statement found, by parent key, and what stands where it found nothing."""
Build: TypeAlias = Callable[[Sequence[Any], Sequence[Found], Seal], list[Any]]


def compile_rows(node: Node, codec: IdCodec) -> Build:
    """The function `(rows, children, seal) -> list` for a tree."""
    writer = _Writer(codec)
    body = writer.expression(node)
    children = "".join(f"    k{n}, e{n} = kids[{n}]\n" for n in sorted(writer.children))
    source = (
        f"def build(rows, kids, seal, encode=encode, Fragment=Fragment):\n{children}    return [{body} for r in rows]\n"
    )
    namespace = writer.namespace | {"encode": codec.encode, "Fragment": orjson.Fragment}
    exec(compile(source, "<plan>", "exec"), namespace)
    build: Build = namespace["build"]
    return build


class _Writer:
    def __init__(self, codec: IdCodec) -> None:
        self._codec = codec
        self.namespace: dict[str, Any] = {}
        self.children: set[int] = set()

    def expression(self, node: Node) -> str:
        match node:
            case Value():
                return self._value(node)
            case Constant():
                return self._name(node.value)
            case Child():
                self.children.add(node.index)
                return f"k{node.index}.get(r[{node.slot}], e{node.index})"
            case Cursor():
                *values, last = node.slots
                listed = ", ".join(self._cursor_value(slot, node.booleans) for slot in values)
                encoded = f"encode({self._codec.base(node.number)} + r[{last}])"
                return f"seal({self._name(node.signature)}, [{listed}{', ' if listed else ''}{encoded}])"
            case Object():
                body = "{" + ", ".join(f"{key!r}: {self.expression(field)}" for key, field in node.fields) + "}"
                return body if node.present is None else f"(None if r[{node.present}] is None else {body})"

    def _cursor_value(self, slot: int, booleans: frozenset[int]) -> str:
        return f"(None if r[{slot}] is None else r[{slot}] == 1)" if slot in booleans else f"r[{slot}]"

    def _value(self, node: Value) -> str:
        cell = f"r[{node.slot}]"
        if node.kind is Kind.ID:
            written = f"encode({self._codec.base(node.number)} + {cell})"
        elif node.kind is Kind.ENUM:
            return f"{self._name(dict(node.names) | {None: None})}[{cell}]"
        elif node.kind in {Kind.JSON, Kind.STRINGS}:
            written = f"Fragment({cell})"
        elif node.kind is Kind.BOOLEAN:
            written = f"{cell} == 1"  # SQLite has no booleans, and True == 1
        else:
            return cell
        return f"(None if {cell} is None else {written})" if node.nullable else written

    def _name(self, value: Any) -> str:
        name = f"c{len(self.namespace)}"
        self.namespace[name] = value
        return name


@dataclass(frozen=True)
class PageInfo:
    """Which fields of `pageInfo` are asked for, by response key."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rows:
    """A list in a connection, `nodes` or `edges`: one object for each row."""

    build: Build


@dataclass(frozen=True)
class Total:
    """`totalCount`."""


Part: TypeAlias = PageInfo | Rows | Total | Constant


@dataclass(frozen=True)
class Connection:
    """A Relay connection: its parts by response key; `cursor` makes the cursor of a row."""

    parts: tuple[tuple[str, Part], ...]
    cursor: Build | None

    def assemble(
        self,
        rows: Sequence[Any],
        kids: Sequence[Found],
        seal: Seal,
        *,
        total: int,
        has_next: bool,
        has_previous: bool,
    ) -> dict[str, Any]:
        """The connection object for the rows of one page, in the order they are shown."""
        result: dict[str, Any] = {}
        for key, part in self.parts:
            match part:
                case Rows():
                    result[key] = part.build(rows, kids, seal)
                case Total():
                    result[key] = total
                case Constant():
                    result[key] = part.value
                case PageInfo():
                    result[key] = {
                        field_key: self._page_info(name, rows, seal, has_next=has_next, has_previous=has_previous)
                        for field_key, name in part.fields
                    }
        return result

    def _page_info(self, name: str, rows: Sequence[Any], seal: Seal, *, has_next: bool, has_previous: bool) -> Any:
        match name:
            case "hasNextPage":
                return has_next
            case "hasPreviousPage":
                return has_previous
            case "__typename":
                return "PageInfo"
        if not rows:
            return None
        assert self.cursor is not None
        return self.cursor([rows[0] if name == "startCursor" else rows[-1]], (), seal)[0]
