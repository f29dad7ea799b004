"""From a traced filter argument to SQL conditions, over fields, custom fields and links."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from app.catalog import Attribute, Catalog, Noun
from app.errors import BadUserInput
from app.read.arguments import Bound, search_patterns
from app.read.binding import Binder, clean
from app.read.operators import CUSTOM_KINDS, OPERATORS, Operand, Operator
from app.resource import Many, One
from app.store.types import BigInt, Kind

_MAX_DEPTH = 10
_MAX_TERMS = 20


class Filters:
    """Builds the conditions of one statement; refuses more than a database takes, or anybody needs."""

    def __init__(self, catalog: Catalog, binder: Binder, charge: Callable[[int], None]) -> None:
        self._catalog = catalog
        self._binder = binder
        self._charge = charge
        self._aliases = 0
        self._depth = 0

    def conditions(self, noun: Noun, source: FromClause, given: Mapping[str, Any]) -> ColumnElement[bool]:
        """All that a filter object says, joined by AND; an empty one says nothing."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadUserInput(f"A filter may be nested {_MAX_DEPTH} levels deep.")
        self._charge(len(given))
        found = and_(true(), *(self._condition(noun, source, name, value) for name, value in given.items()))
        self._depth -= 1
        return found

    def search(self, source: FromClause, given: Any) -> Iterable[ColumnElement[bool]]:
        """Every term must occur: as it is from three characters on, as the beginning of a word below (fold.py)."""
        patterns = search_patterns(given.sample if isinstance(given, Bound) else given)
        if len(patterns) > _MAX_TERMS:
            raise BadUserInput(f"search may have {_MAX_TERMS} words, not {len(patterns)}.", argument="search")
        for place, pattern in enumerate(patterns):
            bind = self._binder.value(given, lambda text, place=place: search_patterns(clean(text, "search"))[place])  # type: ignore[misc]
            yield self._binder.dialect.found(source, bind, len(pattern) >= 3)

    def _condition(self, noun: Noun, source: FromClause, name: str, value: Any) -> ColumnElement[bool]:
        if value is None:
            raise BadUserInput(f"{noun.name}Filter.{name} must not be null; leave it out instead.")
        if name == "and":
            return and_(true(), *(self.conditions(noun, source, item) for item in value))
        if name == "or":
            return or_(false(), *(self.conditions(noun, source, item) for item in value))
        if name == "not":
            return not_(self._certain(self.conditions(noun, source, value)))
        if name in noun.links:
            return self._link(noun, source, name, value)
        attribute = noun.attributes[name]
        if attribute.exposure.kind is Kind.JSON:
            return and_(true(), *(self._custom(source.c[attribute.column.name], item) for item in value))
        return self._operations(attribute, source, value, f"{noun.name}.{name}", noun)

    def _certain(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        """The condition with unknown as false, so that its negation is its complement."""
        return func.coalesce(condition, false())

    def _operations(
        self, attribute: Attribute, source: FromClause, given: Mapping[str, Any], what: str, noun: Noun
    ) -> ColumnElement[bool]:
        exposure = attribute.exposure
        convert = self._binder.converter(exposure.kind, what, noun.refers_to(attribute))
        return self._apply(source.c[attribute.column.name], exposure.kind, given, what, convert)

    def _apply(
        self, column: ColumnElement[Any], kind: Kind, given: Mapping[str, Any], what: str, convert: Callable[[Any], Any]
    ) -> ColumnElement[bool]:
        self._charge(len(given))
        operators = {operator.name: operator for operator in OPERATORS[kind]}
        return and_(
            true(),
            *(self._operation(column, kind, operators[name], value, what, convert) for name, value in given.items()),
        )

    def _operation(
        self,
        column: ColumnElement[Any],
        kind: Kind,
        operator: Operator,
        value: Any,
        what: str,
        convert: Callable[[Any], Any],
    ) -> ColumnElement[bool]:
        if value is None:
            if operator.name in {"eq", "ne"}:
                return column.is_(None) if operator.name == "eq" else column.is_not(None)
            raise BadUserInput(f"{what}: {operator.name} must not be null; use isNull.")
        if operator.operand is Operand.FLAG:
            return column.is_(None) if value else column.is_not(None)
        if kind is Kind.BOOLEAN:  # booleans are part of the plan's shape, so they stand in the text
            wanted = true() if value else false()
            return column == wanted if operator.name == "eq" else column.is_distinct_from(wanted)
        if operator.operand is Operand.MANY:
            bind = self._binder.value(value, lambda items: [convert(item) for item in items if item is not None])
        else:
            bind = self._binder.value(value, convert)
        return operator.apply(self._binder.dialect, column, bind, kind)

    def _custom(self, document: ColumnElement[Any], given: Mapping[str, Any]) -> ColumnElement[bool]:
        self._charge(len(given))
        key = self._binder.value(given["key"], lambda text: clean(text, "customFields.key"))
        dialect = self._binder.dialect
        conditions: list[ColumnElement[bool]] = []
        for name, value in given.items():
            if name == "key":
                continue
            if value is None:
                raise BadUserInput(f"customFields.{name} must not be null; leave it out instead.")
            if name == "exists":
                has = dialect.json_has(document, key(Text()))
                conditions.append(has if value else not_(has))
                continue
            kind = CUSTOM_KINDS[name]
            convert = self._binder.converter(kind, f"customFields.{name}")
            # Each operator gets the member anew: a parameter is bound once.
            for operator, operand in value.items():
                member = dialect.json_member(document, key(Text()), kind)
                conditions.append(self._apply(member, kind, {operator: operand}, f"customFields.{name}", convert))
        return and_(true(), *conditions)

    def _link(self, noun: Noun, source: FromClause, name: str, given: Mapping[str, Any]) -> ColumnElement[bool]:
        link = noun.links[name]
        conditions: list[ColumnElement[bool]] = []
        for quantifier, value in given.items():
            if value is None:
                raise BadUserInput(f"{noun.name}Filter.{name}.{quantifier} must not be null; leave it out instead.")
            if quantifier == "isNull":
                missing = not_(self._exists(source, link, {}))
                conditions.append(missing if value else not_(missing))
            elif quantifier in {"is", "some"}:
                conditions.append(self._exists(source, link, value))
            elif quantifier in {"isNot", "none"}:
                conditions.append(not_(self._certain(self._exists(source, link, value))))
            else:
                conditions.append(not_(self._exists(source, link, value, negated=True)))
        return and_(true(), *conditions)

    def _exists(
        self, source: FromClause, link: One | Many, given: Mapping[str, Any], *, negated: bool = False
    ) -> ColumnElement[bool]:
        target = self._catalog.nouns[link.to]
        self._aliases += 1
        alias = target.table.alias(f"f{self._aliases}")
        condition = self.conditions(target, alias, given)
        found: Select[Any] = select(literal_column("1")).where(self._binder.workspace_rule(target, alias))
        found = found.where(not_(self._certain(condition)) if negated else condition)
        one_id = None if negated else _only_id(given)
        if isinstance(link, One):
            key = source.c[link.column]
            if one_id is not None:
                return and_(self._is_id(key, target, one_id), found.select_from(alias).exists())
            found = found.select_from(alias).where(alias.c.id == key)
        elif link.through is not None:
            pairs = link.through.table.alias(f"j{self._aliases}")
            paired = pairs.c[link.through.near] == source.c.id
            if one_id is not None:
                wanted = self._is_id(pairs.c[link.through.far], target, one_id)
                pair: Select[Any] = select(literal_column("1")).select_from(pairs).where(paired, wanted)
                return and_(pair.correlate(source).exists(), found.select_from(alias).exists())
            found = found.select_from(pairs.join(alias, alias.c.id == pairs.c[link.through.far])).where(paired)
        else:
            assert link.column is not None
            found = found.select_from(alias).where(alias.c[link.column] == source.c.id)
        return found.correlate(source).exists()

    def _is_id(self, key: ColumnElement[Any], target: Noun, given: Any) -> ColumnElement[bool]:
        """Whether a key is that of one record; that record itself is looked up once, not once for each row."""
        convert = self._binder.converter(Kind.ID, f"{target.name}.id", target.table.name)
        return key == self._binder.value(given, convert)(BigInt)


def _only_id(given: Mapping[str, Any]) -> Any:
    """The id that a filter asks for if that is all it does, as in `tags: {some: {id: {eq: …}}}`."""
    if given.keys() != {"id"} or given["id"] is None or given["id"].keys() != {"eq"}:
        return None
    return given["id"]["eq"]
