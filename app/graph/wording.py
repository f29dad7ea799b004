"""The words of generated descriptions: how a sentence names nouns, groups and orders."""

import re

from app.catalog import Noun
from app.read.grouping import Group
from app.resource import camel


def singular(noun: Noun) -> str:
    """`ApiKey` → `API key`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", noun.name).lower().replace("api ", "API ")


def plural(noun: Noun) -> str:
    """`ApiKey` → `API keys`. Of the type's name: the name of the list may be another, as in `auditLog`."""
    one = singular(noun)
    return f"{one[:-1]}ies" if re.search(r"[^aeiou]y$", one) else f"{one}s"


def sentence(text: str) -> str:
    """The text with a capital."""
    return text[0].upper() + text[1:]


def default_order(noun: Noun) -> str:
    """`sorted by `createdAt`, descending`."""
    keys = [f"`{camel(column)}`, {direction.lower()}ending" for column, direction in noun.resource.order]
    return f"sorted by {' and '.join(keys)}"


def grouping(group: Group) -> str:
    """What grouping by it does."""
    known = group.link.description if group.link else group.attribute.exposure.description  # type: ignore[union-attr]
    by = f"the {group.bucket} of `{group.origin}`, in UTC" if group.bucket else f"`{group.name}`"
    return f"Group by {by}. {known}"


def common_value(group: Group) -> str:
    """What the key of a group holds for it."""
    shared = f"beginning of the {group.bucket} of `{group.origin}`, in UTC," if group.bucket else f"`{group.name}`"
    return f"The {shared} that the records of the group share; null where they have none, or unless grouped by it."
