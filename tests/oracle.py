"""What the right answer is: graphql-core over the same schema, with naive resolvers over all rows in memory.

It shares nothing with the read engine but the declarations it is held against: the catalog, and the codec of ids. Meant
to be plain rather than fast: filters are evaluated row by row, links are followed by scanning, pages are slices. Where
an answer has a cursor it writes a marked `Place`; the place of a cursor in a document it asks of `cursors`.
"""

import json
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key, lru_cache, partial
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    print_schema,
)
from sqlalchemy import select

from app.access.scopes import SCOPES, expand
from app.catalog import Attribute, Catalog, Noun
from app.resource import Analytics, Many, One, Through
from app.store.fold import fold
from app.store.identity import IdCodec
from app.store.reading import Database
from app.store.types import Kind

Row = Mapping[str, Any]


class SortKey(NamedTuple):
    """One field of an order."""

    name: str
    descending: bool
    nulls_last: bool


Order = tuple[SortKey, ...]


class Place(NamedTuple):
    """What a cursor stands for: a row in an order."""

    noun: str
    order: Order
    row: int

    def marked(self) -> str:
        """The text that stands for it in an answer."""
        return _MARK + json.dumps(self)

    @classmethod
    def of(cls, text: object) -> "Place | None":
        """The place that a text in an answer stands for."""
        if not isinstance(text, str) or not text.startswith(_MARK):
            return None
        noun, order, row = json.loads(text.removeprefix(_MARK))
        return cls(noun, tuple(SortKey(*key) for key in order), row)


_MARK = "place:"


@dataclass(frozen=True)
class Record:
    """A row and what it is."""

    noun: Noun
    row: Row


@dataclass(frozen=True)
class Group:
    """The records of a group of an aggregate, and what they have in common, by the name of the group."""

    noun: Noun
    key: Mapping[str, Any]
    records: Sequence[Record]


MEASURES: Mapping[str, Callable[[Row], bool]] = {
    "sent": lambda row: row["direction"] == "outbound" and row["sent_at"] is not None,
    "received": lambda row: row["direction"] == "inbound",
    "delivered": lambda row: MEASURES["sent"](row) and row["delivered_at"] is not None,
    "opened": lambda row: MEASURES["sent"](row) and row["opened_at"] is not None,
    "replied": lambda row: MEASURES["sent"](row) and row["replied_at"] is not None,
    "bounced": lambda row: MEASURES["sent"](row) and row["bounced_at"] is not None,
    "completed": lambda row: row["status"] == "completed",
    "stopped": lambda row: row["status"] in {"stopped", "failed"},
}

Cursors = Callable[[str], Place]


@dataclass
class Oracle:
    """The answers for one key over the rows of a database."""

    catalog: Catalog
    rows: Mapping[str, Sequence[Row]]
    ids: IdCodec
    key: Row
    page_size: int = 25
    cursors: Cursors = lambda cursor: Place("", (), 0)
    _schemas: dict[int, GraphQLSchema] = field(default_factory=dict)

    # The document

    def answer(self, schema: GraphQLSchema, query: str, variables: Mapping[str, Any]) -> Any:
        """The `data` of a valid document; a marked `Place` where it has a cursor."""
        naive = self._schemas.get(id(schema))
        if naive is None:
            naive = self._schemas[id(schema)] = build_schema(print_schema(schema))
        result = execute_sync(
            naive,
            _parsed(query),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda value, info, type_: value.noun.name,
        )
        if result.errors:
            raise result.errors[0]
        return result.data

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        name = info.field_name
        if source is None:
            return self._root(name, info, arguments)
        if isinstance(source, Record):
            return self._field(source, name, arguments)
        if isinstance(source, Group):
            return self._number(source, name)
        return source[name]

    def _root(self, name: str, info: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Any:
        if name == "node":
            return self._by_id(arguments["id"], self._reachable(info))
        if name == "nodes":
            return [self._by_id(text, self._reachable(info)) for text in arguments["ids"]]
        for noun in self.catalog.nouns.values():
            if name == noun.resource.singular:
                return self._by_id(arguments["id"], {noun.name})
            if name == noun.resource.plural:
                return self._page(noun, self.all(noun), arguments)
            if name == f"{noun.resource.plural}Aggregate":
                return self._aggregate(noun, self._found(noun, self.all(noun), arguments), arguments)
        for analytics in self.catalog.analytics:
            if name == analytics.name:
                return self._analytics(analytics, arguments)
        return {"ping": "pong", "viewer": self._viewer(), "scopes": self._scopes()}[name]

    def _reachable(self, info: GraphQLResolveInfo[Any]) -> set[str]:
        interface = get_named_type(info.return_type)
        return {type_.name for type_ in info.schema.get_possible_types(interface)}  # type: ignore[arg-type]

    def _viewer(self) -> Any:
        workspace = self.catalog.nouns["Workspace"]
        (own,) = self.all(workspace)
        key = Record(self.catalog.nouns["ApiKey"], self.key)
        shown = {name: self._field(key, name, {}) for name in ("name", "mode", "prefix", "scopes", "expiresAt")}
        return {
            **shown,
            "member": None,
            "workspace": {name: self._field(own, name, {}) for name in ("id", "name", "slug")},
        }

    def _scopes(self) -> Any:
        granted = expand(self.key["scopes"])
        return [
            {
                "name": scope.name,
                "displayName": scope.display_name,
                "group": scope.group,
                "description": scope.description,
                "implies": [name for name in SCOPES if name != "*"] if scope.name == "*" else list(scope.implies),
                "granted": scope.name in granted,
            }
            for scope in SCOPES.values()
        ]

    # Records

    def all(self, noun: Noun) -> list[Record]:
        """Every record of the workspace."""
        own = self.key["workspace_id"]
        return [Record(noun, row) for row in self.rows[noun.table.name] if row[noun.workspace_column] == own]

    def _by_id(self, text: str, reachable: set[str]) -> Record | None:
        for noun in self.catalog.nouns.values():
            for record in self.all(noun) if noun.name in reachable else ():
                if self.id_of(record) == text:
                    return record
        return None

    def id_of(self, record: Record) -> str:
        return self._encoded(record.noun, record.row["id"])

    def _encoded(self, noun: Noun, key: int) -> str:
        return self.ids.encode(self.ids.base(noun.number) + key)

    def _field(self, record: Record, name: str, arguments: Mapping[str, Any]) -> Any:
        noun = record.noun
        if name in noun.attributes:
            return self.value(record, noun.attributes[name])
        if name in noun.summaries:
            summary = noun.summaries[name]
            of = self.catalog.nouns[summary.of]
            counted = [each for each in self.all(of) if each.row[summary.column] == record.row["id"]]
            return Group(of, {}, counted)
        link = noun.links[name]
        if isinstance(link, One):
            return self.linked(record, link)
        target = self.catalog.nouns[link.to]
        return self._page(target, self.listed(record, link), arguments)

    def value(self, record: Record, attribute: Attribute) -> Any:
        """A field as the API shows it."""
        raw = record.row[attribute.column.name]
        exposure = attribute.exposure
        if raw is None:
            return None
        if exposure.kind is Kind.ID:
            table = record.noun.refers_to(attribute)
            return self._encoded(self.catalog.by_table[table], raw) if table is not None else self.ids.encode(raw)
        if exposure.enum is not None:
            return exposure.enum(raw).name
        return written(raw) if isinstance(raw, datetime) else raw

    def linked(self, record: Record, link: One) -> Record | None:
        target = self.catalog.nouns[link.to]
        return next((other for other in self.all(target) if other.row["id"] == record.row[link.column]), None)

    def listed(self, record: Record, link: Many) -> list[Record]:
        others = self.all(self.catalog.nouns[link.to])
        if link.through is not None:
            far = self._far(record, link.through)
            return [other for other in others if other.row["id"] in far]
        assert link.column is not None
        return [other for other in others if other.row[link.column] == record.row["id"]]

    def _far(self, record: Record, through: Through) -> set[int]:
        pairs = self.rows[through.table.name]
        return {pair[through.far] for pair in pairs if pair[through.near] == record.row["id"]}

    # Lists

    def _page(self, noun: Noun, records: Sequence[Record], arguments: Mapping[str, Any]) -> Any:
        order = order_of(noun, arguments.get("orderBy"))
        found = self.ordered(order, self._found(noun, records, arguments))
        after, before = arguments.get("after"), arguments.get("before")
        shown = found
        if after is not None:
            shown = [record for record in found if self._compare(order, self._cursor(noun, order, after), record) < 0]
        if before is not None:
            shown = [record for record in found if self._compare(order, record, self._cursor(noun, order, before)) < 0]
        first, last = arguments.get("first"), arguments.get("last")
        size = last if last is not None else self.page_size if first is None else first
        page = shown[max(len(shown) - size, 0) :] if last is not None else shown[:size]
        more = len(shown) > size
        places = [Place(noun.name, order, record.row["id"]) for record in page]
        return {
            "nodes": page,
            "edges": [{"cursor": place.marked(), "node": record} for place, record in zip(places, page, strict=True)],
            "totalCount": len(found),
            "pageInfo": {
                "hasNextPage": more if last is None else before is not None,
                "hasPreviousPage": more if last is not None else after is not None,
                "startCursor": places[0].marked() if places else None,
                "endCursor": places[-1].marked() if places else None,
            },
        }

    def _cursor(self, noun: Noun, order: Order, cursor: str) -> Record:
        place = self.cursors(cursor)
        assert (place.noun, place.order) == (noun.name, order)
        return next(record for record in self.all(noun) if record.row["id"] == place.row)

    def ordered(self, order: Order, records: Iterable[Record]) -> list[Record]:
        return sorted(records, key=cmp_to_key(partial(self._compare, order)))

    def _compare(self, order: Order, one: Record, other: Record) -> int:
        for key in order:
            column = one.noun.attributes[key.name].column.name
            left, right = one.row[column], other.row[column]
            if left == right:
                continue
            if left is None or right is None:
                return -1 if (left is None) != key.nulls_last else 1
            return -1 if (left < right) != key.descending else 1
        left, right = one.row["id"], other.row["id"]
        return 0 if left == right else -1 if (left < right) != order[-1].descending else 1

    def _found(self, noun: Noun, records: Iterable[Record], arguments: Mapping[str, Any]) -> list[Record]:
        given, search = arguments.get("filter"), arguments.get("search")
        return [
            record
            for record in records
            if (given is None or self.holds(record, given)) and (search is None or searched(record, search))
        ]

    # Filters

    def holds(self, record: Record, given: Mapping[str, Any]) -> bool:
        """Whether a filter holds for a record: two-valued, whatever is NULL."""
        return all(self._holds(record, name, value) for name, value in given.items())

    def _holds(self, record: Record, name: str, given: Any) -> bool:
        if name == "and":
            return all(self.holds(record, each) for each in given)
        if name == "or":
            return any(self.holds(record, each) for each in given)
        if name == "not":
            return not self.holds(record, given)
        link = record.noun.links.get(name)
        if isinstance(link, One):
            return self._holds_linked(self.linked(record, link), given)
        if isinstance(link, Many):
            return self._holds_listed(self.listed(record, link), given)
        attribute = record.noun.attributes[name]
        raw = record.row[attribute.column.name]
        if attribute.exposure.kind is Kind.JSON:
            return all(_holds_custom(raw, each) for each in given)
        value = raw if isinstance(raw, datetime) else self.value(record, attribute)
        return all(_operate(operator, value, operand) for operator, operand in given.items())

    def _holds_linked(self, other: Record | None, given: Mapping[str, Any]) -> bool:
        meanings: Mapping[str, Callable[[Any], bool]] = {
            "is": lambda operand: other is not None and self.holds(other, operand),
            "isNot": lambda operand: other is None or not self.holds(other, operand),
            "isNull": lambda operand: operand is (other is None),
        }
        return all(meanings[name](operand) for name, operand in given.items())

    def _holds_listed(self, others: Sequence[Record], given: Mapping[str, Any]) -> bool:
        meanings: Mapping[str, Callable[[Any], bool]] = {
            "some": lambda operand: any(self.holds(other, operand) for other in others),
            "none": lambda operand: not any(self.holds(other, operand) for other in others),
            "every": lambda operand: all(self.holds(other, operand) for other in others),
        }
        return all(meanings[name](operand) for name, operand in given.items())

    # Aggregates

    def _analytics(self, analytics: Analytics, arguments: Mapping[str, Any]) -> list[Group]:
        noun = self.catalog.nouns[analytics.of]
        start, end = (moment_of(arguments[name]) if arguments.get(name) else None for name in ("from", "to"))
        records = [
            record
            for record in self.all(noun)
            if (start is None or record.row[analytics.time] >= start)
            and (end is None or record.row[analytics.time] < end)
        ]
        return self._aggregate(noun, records, arguments)

    def _aggregate(self, noun: Noun, records: Sequence[Record], arguments: Mapping[str, Any]) -> list[Group]:
        names = list(dict.fromkeys(arguments.get("groupBy") or ()))
        if not names:
            return [Group(noun, {}, records)]
        groups: dict[tuple[Any, ...], list[Record]] = {}
        for record in records:
            groups.setdefault(tuple(self._part(record, name)[1] for name in names), []).append(record)
        # The largest first, then by what they have in common, what has none last.
        ordered = sorted(groups.items(), key=lambda item: [-len(item[1]), *((part is None, part) for part in item[0])])
        size = arguments.get("first")
        return [
            Group(noun, dict(self._shown(found[0], name) for name in names), found)
            for _, found in ordered[: 100 if size is None else size]
        ]

    def _part(self, record: Record, name: str) -> tuple[str, Any]:
        """What a record is grouped by under the name of an enum value: the name in the key, the stored value."""
        for attribute in record.noun.attributes.values():
            raw = record.row[attribute.column.name]
            if constant(attribute.name) == name:
                return attribute.name, raw
            if name.startswith(constant(attribute.name) + "_"):
                unit = name.removeprefix(constant(attribute.name) + "_").lower()
                if attribute.exposure.kind is Kind.DATETIME and unit in {
                    "hour",
                    "day",
                    "week",
                    "month",
                    "quarter",
                    "year",
                }:
                    return attribute.name + unit.title(), None if raw is None else written(beginning(raw, unit))
        link = next(link for link in record.noun.links.values() if constant(link.name) == name)
        assert isinstance(link, One)
        return link.name, record.row[link.column]

    def _shown(self, record: Record, name: str) -> tuple[str, Any]:
        shown, part = self._part(record, name)
        if shown in record.noun.attributes:
            return shown, self.value(record, record.noun.attributes[shown])
        link = record.noun.links.get(shown)
        return shown, self.linked(record, link) if isinstance(link, One) else part

    def _number(self, group: Group, name: str) -> Any:
        if name == "count":
            return len(group.records)
        if name == "lastContactedAt":
            times = [record.row["sent_at"] for record in group.records if MEASURES["sent"](record.row)]
            return written(max(times)) if times else None
        if name in MEASURES:
            return sum(1 for record in group.records if MEASURES[name](record.row))
        return _Parts(lambda field_name: self._computed(group, name, field_name))

    def _computed(self, group: Group, function: str, name: str) -> Any:
        if function == "key":
            return group.key.get(name)
        column = group.noun.attributes[name].column.name
        values = [record.row[column] for record in group.records if record.row[column] is not None]
        if not values:
            return None
        if function in {"sum", "average"}:
            return float(sum(values)) if function == "sum" else statistics.fmean(values)
        extreme = min(values) if function == "min" else max(values)
        return written(extreme) if isinstance(extreme, datetime) else extreme


@dataclass(frozen=True)
class _Parts:
    """An object whose fields are computed by name."""

    compute: Callable[[str], Any]

    def __getitem__(self, name: str) -> Any:
        return self.compute(name)


async def load_rows(database: Database, catalog: Catalog) -> dict[str, list[Row]]:
    """All there is, by table."""
    metadata = catalog.nouns["Workspace"].table.metadata
    async with database.engine.connect() as connection:
        return {
            table.name: [dict(row._mapping) for row in await connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def order_of(noun: Noun, given: Sequence[Mapping[str, Any]] | None) -> Order:
    """What `orderBy` means: the first mention of a field counts, NULLs come last unless they are to come first."""
    keys: dict[str, SortKey] = {}
    for item in given or ():
        name = next(name for name in noun.attributes if constant(name) == item["field"])
        nullable = noun.attributes[name].nullable
        nulls_last = item.get("nulls") != "FIRST"
        keys.setdefault(name, SortKey(name, item.get("direction") == "DESC", nulls_last or not nullable))
    if keys:
        return tuple(keys.values())
    names = {attribute.column.name: name for name, attribute in noun.attributes.items()}
    return tuple(SortKey(names[column], direction == "DESC", True) for column, direction in noun.resource.order)


@lru_cache(maxsize=8)
def _parsed(query: str) -> DocumentNode:
    return parse(query)


def constant(name: str) -> str:
    """`createdAt` → `CREATED_AT`."""
    return re.sub("([A-Z])", r"_\1", name).upper()


def written(moment: datetime) -> str:
    """A time as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """A time as the API reads it: to the millisecond."""
    moment = datetime.fromisoformat(text.upper())
    return moment - timedelta(microseconds=moment.microsecond % 1000)


def beginning(moment: datetime, unit: str) -> datetime:
    """The beginning of a bucket of time."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
        case "year":
            return day.replace(day=1, month=1)
    return day


def searched(record: Record, search: str) -> bool:
    """Every word must occur: anywhere in a word from three letters on, at its beginning below."""
    text = record.row["search_text"]
    return all((word if len(word) >= 3 else f" {word}") in text for word in fold(search).split())


def _holds_custom(document: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    member = document.get(given["key"])
    kinds: Mapping[str, Any] = {
        "text": member if isinstance(member, str) else None,
        "boolean": member if isinstance(member, bool) else None,
        "number": float(member) if isinstance(member, int | float) and not isinstance(member, bool) else None,
    }
    for name, operand in given.items():
        if name == "exists":
            if (member is not None) != operand:
                return False
        elif name != "key" and not all(_operate(operator, kinds[name], value) for operator, value in operand.items()):
            return False
    return True


def _operate(operator: str, value: Any, operand: Any) -> bool:
    if isinstance(value, datetime) and operator != "isNull" and operand is not None:
        operand = [moment_of(item) for item in operand] if isinstance(operand, list) else moment_of(operand)
    if operator in {"eq", "ne"}:
        return bool(value == operand) == (operator == "eq")
    if operator in {"in", "notIn"}:
        return (value is not None and value in operand) == (operator == "in")
    if operator == "isNull":
        return bool((value is None) == operand)
    return value is not None and _COMPARE[operator](value, operand)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda value, operand: bool(value < operand),
    "lte": lambda value, operand: bool(value <= operand),
    "gt": lambda value, operand: bool(value > operand),
    "gte": lambda value, operand: bool(value >= operand),
    "contains": lambda value, operand: bool(operand in value),
    "startsWith": lambda value, operand: bool(value.startswith(operand)),
    "endsWith": lambda value, operand: bool(value.endswith(operand)),
    "has": lambda value, operand: bool(operand in value),
}
