"""Every operator, search, group, number and field answers as the oracle does: what chance might not come upon."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from graphql import get_named_type, is_leaf_type

from app.catalog import Attribute, Noun
from app.domain import CATALOG
from app.store.types import Kind
from tests import dense
from tests.composing import NO_IDS, TEXTS
from tests.trial import trying

UNTOLD = {"usage"}
"""What the oracle does not know: the use of keys, which test_key_usage.py asks for."""


def fields_by_kind() -> list[tuple[Noun, Attribute]]:
    """A field of every kind that filters tell apart, with and without NULLs."""
    found: dict[tuple[Kind, bool], tuple[Noun, Attribute]] = {}
    for noun in CATALOG.nouns.values():
        for attribute in noun.attributes.values():
            if attribute.exposure.filter:
                found.setdefault((attribute.exposure.kind, attribute.nullable), (noun, attribute))
    return list(found.values())


def operands(operator: str, kind: Kind, values: Sequence[Any], random: Random) -> list[Any]:
    """What an operator is tried with: values of the field, those next to them, the edges of the type."""
    if operator == "isNull":
        return [True, False]
    edges: list[Any] = []
    if kind in {Kind.STRING, Kind.STRINGS}:
        edges = [*TEXTS, *(value[:1] for value in values), *(value[1:] for value in values), *(f"{v}x" for v in values)]
    if kind is Kind.INT:
        edges = [value + 1 for value in values if value < 2**31 - 1]
    if kind is Kind.ID:
        edges = list(NO_IDS)
    tried = sorted({value for value in (*values, *edges) if value is not None})
    if operator in {"in", "notIn"}:
        return [[], *([value] for value in tried[:3]), *(random.sample(tried, k=min(3, len(tried))) for _ in range(5))]
    return [*tried, None] if operator in {"eq", "ne"} else tried


async def test_every_operator_answers_as_the_oracle_does(database_url: str) -> None:
    async with trying(database_url, "all") as trial:
        random = Random(1)
        pools = await trial.pools(random)
        for noun, attribute in fields_by_kind():
            filters: Any = trial.view.schema.type_map[f"{noun.name}Filter"]
            type_ = filters.fields[attribute.name].type
            found = f"{noun.resource.plural}(first: 200, filter: {{{attribute.name}: $f}}) {{ nodes {{ id }} }}"
            query = f"query ($f: {type_}) {{ {found} }}"
            values = pools.values[noun.name, attribute.name]
            if attribute.exposure.kind is Kind.JSON:
                for given in custom_conditions(random):
                    await trial.agree(query, {"f": [given]})
                continue
            for operator in get_named_type(type_).fields:
                for operand in operands(operator, attribute.exposure.kind, values, random):
                    await trial.agree(query, {"f": {operator: operand}})


def custom_conditions(random: Random) -> Iterator[dict[str, Any]]:
    texts = [value for value in dense.JSON_VALUES if isinstance(value, str)]
    numbers = [value for value in dense.JSON_VALUES if type(value) is float or (type(value) is int and value < 2**53)]
    for key in (*dense.JSON_KEYS, "absent"):
        yield from ({"key": key, "exists": value} for value in (True, False))
        yield from (
            {"key": key, "boolean": {name: value}} for name in ("eq", "ne", "isNull") for value in (True, False)
        )
        for kind, values in (("text", texts), ("number", numbers)):
            for operator in ("eq", "ne", "lt", "lte", "gt", "gte"):
                yield from ({"key": key, kind: {operator: value}} for value in random.sample(values, 3))
            yield from ({"key": key, kind: {operator: values}} for operator in ("in", "notIn"))
        for operator in ("contains", "startsWith", "endsWith"):
            yield from (
                {"key": key, "text": {operator: value}} for value in ("", "d", "A", "A\N{LATIN SMALL LETTER DOTLESS I}")
            )


async def test_every_search_answers_as_the_oracle_does(database_url: str) -> None:
    async with trying(database_url, "all") as trial:
        pools = await trial.pools(Random(1))
        for noun in CATALOG.nouns.values():
            if noun.resource.search:
                query = f"query ($s: String) {{ {noun.resource.plural}(search: $s, first: 200) {{ nodes {{ id }} }} }}"
                words = sorted(set(pools.words[noun.name]))
                pieces = (
                    word[start : start + length] for word in words for start in range(3) for length in (1, 2, 3, 4)
                )
                for text in (
                    *dense.TEXTS,
                    *TEXTS,
                    *words,
                    *dict.fromkeys(pieces),
                    "a b",
                    "AD ov",
                    "  x  y  ",
                    '"',
                    '""" a',
                ):
                    await trial.agree(query, {"s": text})


async def test_every_number_and_group_is_that_of_the_oracle(database_url: str) -> None:
    async with trying(database_url, "all") as trial:
        query = trial.view.schema.query_type
        assert query is not None
        for name, each in query.fields.items():
            selected = all_of(each.type)
            if "groupBy" in each.args:
                groups = list(get_named_type(each.args["groupBy"].type).values)
                for given in ([], *([group] for group in groups), *pairwise(groups)):
                    await trial.agree(f"{{ {name}(groupBy: [{', '.join(given)}]) {selected} }}", {})
            elif name.endswith("Aggregate"):
                await trial.agree(f"{{ {name} {selected} }}", {})
        await trial.agree(
            "{ viewer "
            + all_of(query.fields["viewer"].type)
            + " scopes "
            + all_of(query.fields["scopes"].type)
            + " ping }",
            {},
        )


async def test_every_field_is_that_of_the_oracle(database_url: str) -> None:
    async with trying(database_url, "all") as trial:
        for noun in CATALOG.nouns.values():
            type_ = trial.view.schema.type_map[noun.name]
            await trial.agree(f"{{ {noun.resource.plural}(first: 200) {{ nodes {all_of(type_)} }} }}", {})


def all_of(type_: Any, depth: int = 2) -> str:
    """A selection of all there is, links left out where they would lead further."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    inner = (
        f"{name} {all_of(each.type, depth - 1)}"
        for name, each in named.fields.items()
        if is_leaf_type(get_named_type(each.type)) or (depth and not each.args and name not in UNTOLD)
    )
    return f"{{ __typename {' '.join(inner)} }}"
