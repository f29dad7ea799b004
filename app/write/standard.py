"""The verbs that every noun has, derived from its declaration: create, update, delete."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from app.catalog import Attribute, Catalog, Noun
from app.resource import Exposure, One, Resource, Written
from app.store.types import Kind
from app.verb import Form, Given, Outcome, Problem, Rejected, Shown, UserErrorCode, Verb
from app.write import records
from app.write.checking import Entry
from app.write.clearing import MOST_CLEARED, clear_references, cleared_events
from app.write.rules import not_blank
from app.write.transaction import Transaction
from app.write.trash import trash

_OWN = {"id", "createdAt", "updatedAt", "version"}
_APPENDED = {"position"}  # a new record comes last (`app/write/position.py`), wherever that is


def standard_verbs(catalog: Catalog) -> Iterator[Verb]:
    """The verbs of every noun that is declared to be written."""
    for noun in catalog.nouns.values():
        writing = noun.resource.write
        if writing is None:
            continue
        if writing.create:
            yield _create_verb(catalog, noun)
        if writing.update:
            yield _update_verb(catalog, noun)
        if writing.delete:
            yield _delete_verb(noun)


def _create_verb(catalog: Catalog, noun: Noun) -> Verb:
    resource = noun.resource
    made = resource.changing("create")  # whoever may create may see what was just made, and nothing else (X9)
    return Verb(
        f"create{noun.name}",
        f"Creates {a(noun)}.",
        made,
        (Given("input", create_form(catalog, noun), f"The {words(noun)}.", required=True),),
        (Shown(resource.singular, noun.name, f"The new {words(noun)}; null if it was refused.", requires=made),),
        partial(_create, noun=noun),
        events=(f"{resource.event}.created",),
    )


async def _create(tx: Transaction, noun: Noun, input: Entry) -> Outcome:
    await create_entries(tx, noun, [input])
    return {noun.resource.singular: input.id}


async def create_entries(tx: Transaction, noun: Noun, entries: list[Entry]) -> None:
    """Creates records, all of them or, with `Rejected`, none."""
    await prepare(tx, noun, entries)
    refuse_any(entries)
    await records.create(tx, noun, entries)
    await finish(tx, noun, entries)


def _update_verb(catalog: Catalog, noun: Noun) -> Verb:
    resource = noun.resource
    return Verb(
        f"update{noun.name}",
        f"Changes the given fields of {a(noun)}; those that are left out stay as they are, null clears.",
        resource.changing("update"),
        (
            subject(noun),
            Given("input", update_form(catalog, noun), "What to change.", required=True),
            if_version(noun),
        ),
        (Shown(resource.singular, noun.name, f"The {words(noun)} as it is now; null if the change was refused."),),
        partial(_update, noun=noun),
        events=update_events(noun),
    )


async def _update(
    tx: Transaction,
    noun: Noun,
    id: int,
    input: Entry,
    ifVersion: int | None,  # noqa: N803
) -> Outcome:
    input.before = await existing(tx, noun, id, if_version=ifVersion)
    input.id = input.before["id"]
    await update_entries(tx, noun, [input])
    return {noun.resource.singular: input.id}


async def update_entries(tx: Transaction, noun: Noun, entries: list[Entry]) -> list[Entry]:
    """Changes records that have been found, all of them or, with `Rejected`, none; gives those that were not so."""
    await prepare(tx, noun, entries)
    refuse_any(entries)
    changed = await records.update_all(tx, noun, entries)
    await finish(tx, noun, changed)
    return changed


def _delete_verb(noun: Noun) -> Verb:
    resource = noun.resource
    undone = f" It can be restored for some time with `restore{noun.name}`." if resource.soft else ""
    cleared = tuple(cleared_events(noun))
    left = f" Records that refer to it, {MOST_CLEARED} at most, no longer do, each with an event." if cleared else ""
    return Verb(
        f"delete{noun.name}",
        f"Deletes {a(noun)}, and whatever belongs to it alone.{undone}{left}",
        resource.changing("delete"),
        (subject(noun), if_version(noun)),
        (Shown("deletedId", Kind.ID, f"The id of the deleted {words(noun)}; null if it was refused."),),
        partial(_delete, noun=noun),
        bulk=bool(cleared),
        events=(f"{resource.event}.deleted", *cleared),
    )


async def _delete(tx: Transaction, noun: Noun, id: int, ifVersion: int | None) -> Outcome:  # noqa: N803
    before = await existing(tx, noun, id, if_version=ifVersion)
    await delete_found(tx, noun, [before])
    return {"deletedId": tx.id_of(noun, before["id"])}


async def delete_found(tx: Transaction, noun: Noun, befores: list[Mapping[str, Any]]) -> None:
    """Deletes records that have been found; those of a soft noun can be restored."""
    if noun.resource.soft:
        await trash(tx, noun, befores)
    else:
        for other, changed in await clear_references(tx, noun, [before["id"] for before in befores]):
            await finish(tx, other, changed)
        await records.delete_all(tx, noun, befores)


async def existing(
    tx: Transaction, noun: Noun, key: int, *, path: str = "id", if_version: int | None = None
) -> Mapping[str, Any]:
    """A record by its key, or by that of one that it was merged with, locked.

    `Rejected` if there is none, or if it has another version than is expected.
    """
    found = await find_led(tx, noun, [key])
    if not found:
        raise Rejected(Problem((path,), f"There is no {words(noun)} with this id.", UserErrorCode.NOT_FOUND))
    [record] = found.values()
    version = record["version"]
    if if_version is not None and version != if_version:
        message = f"The {words(noun)} has been changed: its version is {version}, not {if_version}."
        raise Rejected(Problem(("ifVersion",), message, UserErrorCode.CONFLICT, version))
    return record


async def find_led(tx: Transaction, noun: Noun, keys: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Records by keys that were given, locked: the key of one that was merged into another gives the other."""
    found = await records.find(tx, noun, keys)
    into = await records.merged_into(tx, noun, [key for key in keys if key not in found])
    if not into:
        return found
    others = found | await records.find(tx, noun, set(into.values()) - found.keys())
    return found | {old: others[new] for old, new in into.items() if new in others}


async def prepare(tx: Transaction, noun: Noun, entries: list[Entry]) -> None:
    """Has the noun look at what is about to be written, and looks for values that are taken."""
    writing = noun.resource.write
    if writing is not None and writing.prepare is not None:
        await writing.prepare(tx, entries)
    await records.check_unique(tx, noun, entries)


async def finish(tx: Transaction, noun: Noun, entries: list[Entry]) -> None:
    """Has the noun follow up on what was written."""
    writing = noun.resource.write
    if writing is not None and writing.done is not None and entries:
        await writing.done(tx, entries)


def refuse_any(entries: list[Entry]) -> None:
    """`Rejected` with all that is wrong with any of the entries."""
    problems = dict.fromkeys(problem for entry in entries for problem in entry.problems)
    if problems:
        raise Rejected(*problems)


def words(noun: Noun | Resource) -> str:
    """`SenderProfile` → `sender profile`."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in noun.name).strip()


def a(noun: Noun | Resource) -> str:
    """`an automation`."""
    return f"{'an' if words(noun)[0] in 'aeiou' else 'a'} {words(noun)}"


def subject(noun: Noun | Resource, name: str = "id", *, column: str = "") -> Given:
    """The argument that names the record a verb changes."""
    return Given(
        name,
        Kind.ID,
        f"The id of the {words(noun)}.",
        required=True,
        nullable=False,
        refers_to=noun.name,
        subject=True,
        column=column,
    )


def if_version(noun: Noun | Resource) -> Given:
    """The argument that guards against concurrent edits; who cannot read the noun cannot know its version."""
    return Given(
        "ifVersion",
        Kind.INT,
        f"Only if the {words(noun)} still has this version; CONFLICT otherwise.",
        requires=noun.reading,
    )


def create_form(catalog: Catalog, noun: Noun) -> Form:
    """What a new record is given."""
    fields = tuple(_fields(catalog, noun, ("always", "once"), creating=True))
    return Form(f"Create{noun.name}Input", f"A new {words(noun)}.", fields)


def update_form(catalog: Catalog, noun: Noun) -> Form:
    """What can be changed of a record."""
    fields = tuple(_fields(catalog, noun, ("always",), creating=False))
    return Form(f"Update{noun.name}Input", f"Changes of {a(noun)}: what is left out stays as it is.", fields)


def upsert_form(catalog: Catalog, noun: Noun) -> Form:
    """What a record is given that may be a new one."""
    fields = tuple(_fields(catalog, noun, ("always",), creating=True))
    described = f"{a(noun).capitalize()} as it shall be: of one that exists, what is left out stays as it is."
    return Form(f"Upsert{noun.name}Input", described, fields)


def update_events(noun: Noun) -> tuple[str, ...]:
    """The types of events that a changed record can leave: some fields have one of their own."""
    written: list[Exposure] = [column.info["exposure"] for column in noun.table.columns]
    own = {exposure.event for exposure in written if exposure.written == "always"} - {"updated"}
    return tuple(f"{noun.resource.event}.{event}" for event in ("updated", *sorted(own)))


def _fields(catalog: Catalog, noun: Noun, written: tuple[Written, ...], *, creating: bool) -> Iterator[Given]:
    for attribute in noun.attributes.values():
        if attribute.name not in _OWN and attribute.exposure.written in written:
            yield _field(catalog, noun, attribute, creating=creating)
    shown = {attribute.column.name for attribute in noun.attributes.values()}
    for link in noun.links.values():
        if isinstance(link, One) and link.written in written and link.column not in {*shown, "workspace_id"}:
            column = noun.table.c[link.column]
            yield Given(
                f"{link.name}Id",
                Kind.ID,
                link.description,
                required=creating and not column.nullable,
                nullable=bool(column.nullable),
                refers_to=link.to,
                column=link.column,
                requires=catalog.requires(link),
            )


def _field(catalog: Catalog, noun: Noun, attribute: Attribute, *, creating: bool) -> Given:
    exposure, column = attribute.exposure, attribute.column
    declared = noun.resource.table.model_fields[column.name]
    required = creating and declared.is_required()
    starts = not declared.is_required() and attribute.name not in _APPENDED
    target = catalog.by_table[exposure.refers_to].name if exposure.refers_to else None
    return Given(
        attribute.name,
        exposure.enum or exposure.kind,
        exposure.description,
        required=required,
        nullable=attribute.nullable,
        refers_to=target,
        column=column.name,
        initial=declared.get_default(call_default_factory=True) if starts else None,
        max_length=getattr(column.type, "length", None) if exposure.kind is Kind.STRING else None,
        low=exposure.low,
        high=exposure.high,
        rule=exposure.rule or (not_blank if declared.is_required() else None),
        requires=catalog.nouns[exposure.filter_of].resource.reading if exposure.filter_of else exposure.requires,
        filter_of=exposure.filter_of,
    )
