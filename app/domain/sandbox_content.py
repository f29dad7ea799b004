"""What is in a sandbox before anybody has worked in it: copies of what a workspace is set up with, and samples.

Its members are those of the workspace, so that tasks can be assigned and test keys can act for them. They have no
passwords: nobody signs in to a sandbox. The samples are the same every time.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Select, Table, bindparam, select

from app.catalog import Noun
from app.domain.contact import ContactSource, ContactStatus
from app.resource import Exposure
from app.store.fold import fold
from app.store.types import BigInt
from app.write import records
from app.write.checking import Entry
from app.write.standard import create_entries
from app.write.transaction import Transaction

T = TypeVar("T")

Keys: TypeAlias = dict[int, int]
"""Keys of copies by those of what they are copies of."""

_COPIED = ("CustomField", "Tag", "Pipeline", "Stage")  # what refers to others after these
_OWN = {"id", "created_at", "updated_at", "version"}

_COMPANIES = (
    ("Northwind Traders", "northwind", "retail", 240, "Seattle"),
    ("Blue Yonder Airlines", "blueyonder", "travel", 5200, "Denver"),
    ("Tailspin Toys", "tailspin", "manufacturing", 85, "Portland"),
    ("Lucerne Publishing", "lucerne", "media", 31, "Luzern"),
    ("Fourth Coffee", "fourthcoffee", "food", 12, "Melbourne"),
    ("Litware", "litware", "software", 640, "Bengaluru"),
)
_FIRST_NAMES = ("Amara", "Björn", "Chloé", "Daniel", "Elena", "Farid", "Grace", "Hiroshi", "Inês")
_LAST_NAMES = ("Okafor", "Lindqvist", "Moreau", "Kim")


async def copy_members(live: Transaction, sandbox: Transaction) -> None:
    """Gives a sandbox the members that its workspace has now."""
    noun = live.noun("User")
    members, twins = await _rows(live, noun), await _rows(sandbox, noun)
    keys = {member["id"] for member in members}
    await records.delete_all(sandbox, noun, [twin for twin in twins if twin["twin_of"] not in keys])
    there = {twin["twin_of"]: twin for twin in twins}
    new = []
    for member in members:
        entry = Entry((), _copied(noun, member) | {"twin_of": member["id"]}, {})
        if twin := there.get(member["id"]):
            entry.stand_for(twin)
            await records.update_all(sandbox, noun, [entry])
        else:
            new.append(entry)
    await records.create(sandbox, noun, new)


async def fill(live: Transaction, sandbox: Transaction) -> None:
    """Fills a sandbox that has members and nothing else."""
    keys: dict[str, Keys] = {}
    for name in _COPIED:
        noun = live.noun(name)
        keys[noun.table.name] = await _copy(noun, live, sandbox, keys)
    await _add_samples(sandbox, stages=list(keys["stage"].values()))


async def _copy(noun: Noun, live: Transaction, sandbox: Transaction, keys: Mapping[str, Keys]) -> Keys:
    copies: dict[int, Entry] = {}
    for row in await _rows(live, noun):
        values = _copied(noun, row)
        for column in noun.table.columns:
            exposure: Exposure = column.info["exposure"]
            if exposure.refers_to is not None and exposure.refers_to in keys:
                values[column.name] = keys[exposure.refers_to].get(row[column.name])
        copies[row["id"]] = Entry((), values, {})
    await records.create(sandbox, noun, list(copies.values()))
    return {key: copy.id for key, copy in copies.items() if copy.id is not None}


async def _add_samples(sandbox: Transaction, stages: list[int]) -> None:
    companies = [
        Entry((), {"name": name, "domain": f"{host}.example", "industry": industry, "size": size, "location": city}, {})
        for name, host, industry, size, city in _COMPANIES
    ]
    await create_entries(sandbox, sandbox.noun("Company"), companies)
    members = [member["id"] for member in await _rows(sandbox, sandbox.noun("User"))]
    contacts = []
    for number, (first, last) in enumerate(product(_FIRST_NAMES, _LAST_NAMES)):
        company = companies[number % len(companies)]
        values = {
            "first_name": first,
            "last_name": last,
            "email": f"{fold(first)}.{fold(last)}@{company.values['domain']}",
            "phone": f"+1 555 {number + 100:07}",
            "source": _in_turn(list(ContactSource), number).value,
            "status": _in_turn(list(ContactStatus), number // 2).value,
            "score": number * 37 % 101,
            "company_id": company.id,
            "stage_id": _in_turn([None, *stages], number),
            "assigned_to_id": _in_turn([*members, None], number),
        }
        contacts.append(Entry((), values, {}))
    await create_entries(sandbox, sandbox.noun("Contact"), contacts)


def _in_turn(choices: Sequence[T], number: int) -> T:
    return choices[number % len(choices)]


def _copied(noun: Noun, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a copy has of a record, references aside."""
    columns = (attribute.column.name for attribute in noun.attributes.values())
    return {name: row[name] for name in columns if name not in _OWN}


async def _rows(tx: Transaction, noun: Noun) -> list[dict[str, Any]]:
    """All records of a noun in the workspace, oldest first."""
    names = noun.table.columns.keys()
    return [dict(zip(names, row, strict=True)) for row in await tx.execute(_all(noun.table))]


@cache
def _all(table: Table) -> Select[Any]:
    mine = table.c.workspace_id == bindparam("workspace", type_=BigInt)
    return select(table).where(mine).order_by(table.c.id)
