"""What rows become: trees decided when the operation is planned, compiled once to Python functions.

A generated function turns the rows of a statement into the objects of the response, with ids encoded, enums named,
stored JSON passed through, and to-many children looked up by the parent's key; another one writes a page of them as a
connection. `orjson` writes the result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import orjson

from app.store.identity import IdCodec
from app.store.types import Kind


@dataclass(frozen=True)
class Value:
    """A column of the row. `number` is the type of an id, `names` what an enum's stored values are shown as, if they
    are not shown as they are, `shown` gives what JSON is shown as, if that is not what is stored."""

    slot: int
    kind: Kind
    nullable: bool
    number: int = 0
    names: tuple[tuple[str, str | bool], ...] = ()
    shown: Callable[[str | bytes], Any] | None = None


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
class Tenant:
    """The slug of the workspace that the request works in."""


@dataclass(frozen=True)
class Object:
    """An object; null where the row has nothing in the slot `present`. One that is `lifted` shows its only field."""

    fields: tuple[tuple[str, "Node"], ...]
    present: int | None = None
    lifted: bool = False


@dataclass(frozen=True)
class Total:
    """`totalCount`."""


@dataclass(frozen=True)
class PageInfo:
    """Which fields of `pageInfo` are asked for, by response key; `cursor` is that of a row, if any is asked for."""

    fields: tuple[tuple[str, str], ...]
    cursor: Cursor | None


Node: TypeAlias = Value | Constant | Child | Cursor | Tenant | Object
Part: TypeAlias = Object | Total | PageInfo | Constant
"""A field of a connection; an object stands for the list of them, `nodes` or `edges`."""


class Seal(Protocol):
    """Makes cursors for the running request's workspace, whose slug is `tenant`."""

    @property
    def tenant(self) -> str: ...

    def __call__(self, signature: bytes, values: list[Any]) -> str: ...


Found: TypeAlias = tuple[Mapping[Any, Any], Any]
"""What a child statement found, by parent key, and what stands where it found nothing."""
Build: TypeAlias = Callable[[Sequence[Any], Sequence[Found], Seal], list[Any]]
Write: TypeAlias = Callable[[Sequence[list[Any]], Sequence[Any], Seal, int, int, int, bool], Any]


@dataclass(frozen=True)
class Connection:
    """Writes Relay connections. All rows of a statement become objects at once; each page is a slice of them."""

    lists: tuple[Build, ...]
    write: Write

    def build(self, rows: Sequence[Any], kids: Sequence[Found], seal: Seal) -> list[list[Any]]:
        """The objects of `nodes`, of `edges`, for all rows."""
        return [build(rows, kids, seal) for build in self.lists]

    def empty(self, seal: Seal, total: int = 0) -> Any:
        """A page without rows."""
        return self.write([[] for _ in self.lists], (), seal, 0, 0, total, False)


def compile_rows(node: Node, codec: IdCodec, width: int) -> Build:
    """The function `(rows, children, seal) -> list` for a tree over rows of `width` columns."""
    writer = _Writer(codec)
    body = writer.expression(node)
    children = "".join(f"    k{n}, e{n} = kids[{n}]\n" for n in sorted(writer.children))
    # Unpacking a row takes half as long as subscripting it column by column.
    columns = "".join(f"r{slot}, " for slot in range(width))
    build: Build = writer.function(
        f"def build(rows, kids, seal):\n{children}    return [{body} for {columns} in rows]\n", "build"
    )
    return build


def compile_connection(
    parts: Sequence[tuple[str, Part]],
    codec: IdCodec,
    width: int,
    *,
    backwards: bool,
    continued: bool,
    lifted: bool = False,
) -> Connection:
    """The connection of some parts by response key, for pages from either end that start after a cursor or do not.

    One that is `lifted` is its only part.
    """
    writer = _Writer(codec)
    lists: list[Build] = []
    written: list[tuple[str, str]] = []
    for key, part in parts:
        if isinstance(part, Object):
            written.append((key, f"lists[{len(lists)}][start:end]"))
            lists.append(compile_rows(part, codec, width))
        elif isinstance(part, Total):
            written.append((key, "total"))
        elif isinstance(part, Constant):
            written.append((key, writer.expression(part)))
        else:
            info = writer.page_info(part, width, backwards=backwards, continued=continued)
            written.append((key, f"{{{info}}}"))
    body = _written(written, lifted=lifted)
    source = f"def write(lists, rows, seal, start, end, total, more):\n    return {body}\n"
    return Connection(tuple(lists), writer.function(source, "write"))


def _written(fields: Sequence[tuple[str, str]], *, lifted: bool) -> str:
    if lifted:
        [(_, only)] = fields
        return only
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in fields) + "}"


class _Writer:
    def __init__(self, codec: IdCodec) -> None:
        self._codec = codec
        self._namespace: dict[str, Any] = {"encode": codec.encode, "Fragment": orjson.Fragment}
        self.children: set[int] = set()

    def function(self, source: str, name: str) -> Any:
        """The function of a name that Python source defines, over the names this writer has given out."""
        exec(compile(source, "<plan>", "exec"), self._namespace)
        return self._namespace.pop(name)

    def expression(self, node: Node) -> str:
        match node:
            case Value():
                return self._value(node)
            case Constant():
                return self._name(node.value)
            case Child():
                self.children.add(node.index)
                return f"k{node.index}.get(r{node.slot}, e{node.index})"
            case Tenant():
                return "seal.tenant"
            case Cursor():
                *values, last = node.slots
                listed = ", ".join(self._cursor_value(slot, node.booleans) for slot in values)
                encoded = f"encode({self._codec.base(node.number)} + r{last})"
                return f"seal({self._name(node.signature)}, [{listed}{', ' if listed else ''}{encoded}])"
            case Object():
                body = _written([(key, self.expression(field)) for key, field in node.fields], lifted=node.lifted)
                return body if node.present is None else f"(None if r{node.present} is None else {body})"

    def page_info(self, info: PageInfo, width: int, *, backwards: bool, continued: bool) -> str:
        cursor = self._name(compile_rows(info.cursor, self._codec, width)) if info.cursor is not None else None
        written = {
            "hasNextPage": repr(continued) if backwards else "more",
            "hasPreviousPage": "more" if backwards else repr(continued),
            "startCursor": f"({cursor}([rows[start]], (), seal)[0] if end > start else None)",
            "endCursor": f"({cursor}([rows[end - 1]], (), seal)[0] if end > start else None)",
            "__typename": "'PageInfo'",
        }
        return ", ".join(f"{key!r}: {written[name]}" for key, name in info.fields)

    def _cursor_value(self, slot: int, booleans: frozenset[int]) -> str:
        return f"(None if r{slot} is None else r{slot} == 1)" if slot in booleans else f"r{slot}"

    def _value(self, node: Value) -> str:
        cell = f"r{node.slot}"
        if node.kind is Kind.ID:
            written = f"encode({self._codec.base(node.number)} + {cell})"
        elif node.kind is Kind.ENUM and node.names:
            return f"{self._name(dict(node.names) | {None: None})}[{cell}]"
        elif node.shown is not None:
            written = f"{self._name(node.shown)}({cell})"
        elif node.kind in {Kind.JSON, Kind.STRINGS}:
            written = f"Fragment({cell})"
        elif node.kind is Kind.BOOLEAN:
            written = f"{cell} == 1"  # SQLite has no booleans, and True == 1
        else:
            return cell
        return f"(None if {cell} is None else {written})" if node.nullable else written

    def _name(self, value: Any) -> str:
        name = f"c{len(self._namespace)}"
        self._namespace[name] = value
        return name
