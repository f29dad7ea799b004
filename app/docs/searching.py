"""Finds operations and guides by the words that are written of them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.docs.fields import Field
from app.docs.guides import GUIDES
from app.docs.operations import Group, Operation


@dataclass(frozen=True)
class Find:
    """A place in the documentation; `method` is empty for a guide."""

    address: str
    title: str
    told: str
    method: str = ""


def find(text: str, groups: Iterable[Group]) -> list[Find]:
    """What has all words of a text, those first that are called so."""
    words = re.findall(r"[a-z0-9_:/-]+", text.lower())
    if not words:
        return []
    found = [(_weight(words, each.title, where), each) for each, where in _places(groups)]
    return [each for weight, each in sorted(found, key=lambda pair: -pair[0]) if weight]


def _weight(words: list[str], title: str, where: str) -> int:
    if not all(word in where for word in words):
        return 0
    return 1 + sum(word in title.lower() for word in words)


def _places(groups: Iterable[Group]) -> Iterator[tuple[Find, str]]:
    for guide in GUIDES:
        yield (
            Find(f"/docs/guides/{guide.name}", guide.title, guide.lead),
            f"{guide.name} {guide.title} {guide.lead}".lower(),
        )
    for group in groups:
        for each in group.operations:
            shown = Find(f"/docs/{group.slug}#{each.id}", each.summary, each.path, each.method)
            yield shown, f"{group.name} {each.words} {' '.join(_names(each))}".lower()


def _names(operation: Operation) -> Iterator[str]:
    yield operation.description
    yield from operation.scopes
    for fields in (*operation.parameters.values(), *(fields for _, fields in operation.bodies)):
        yield from _inside(fields)


def _inside(fields: Iterable[Field]) -> Iterator[str]:
    for each in fields:
        yield each.name
        yield from _inside(each.fields)
