"""The verbs of nouns whose deletion can be undone: restore, purge."""

from collections.abc import Iterator
from functools import partial

from app.catalog import Catalog, Noun
from app.store.types import Kind
from app.verb import Outcome, Shown, Verb
from app.write.standard import a, subject, words
from app.write.transaction import Transaction
from app.write.trash import purge, restore

_KEPT = "The server keeps what was deleted for a number of days, 30 unless it is set up otherwise."


def restoring_verbs(catalog: Catalog) -> Iterator[Verb]:
    """The verbs of every soft noun."""
    for noun in catalog.nouns.values():
        if noun.resource.soft:
            yield _restore_verb(noun)
            yield _purge_verb(noun)


def _restore_verb(noun: Noun) -> Verb:
    resource = noun.resource
    return Verb(
        f"restore{noun.name}",
        f"Brings {a(noun)} back that was deleted, with what was deleted along with it. {_KEPT}",
        resource.changing("delete"),
        (subject(noun),),
        (Shown(resource.singular, noun.name, f"The restored {words(noun)}; null if it was refused."),),
        partial(_restore, noun=noun),
        events=(f"{resource.event}.restored",),
    )


async def _restore(tx: Transaction, noun: Noun, id: int) -> Outcome:
    return {noun.resource.singular: await restore(tx, noun, id)}


def _purge_verb(noun: Noun) -> Verb:
    resource = noun.resource
    return Verb(
        f"purge{noun.name}",
        f"Deletes {a(noun)} for good that was deleted before. {_KEPT}",
        resource.changing("delete"),
        (subject(noun),),
        (Shown("purgedId", Kind.ID, f"The id of the {words(noun)} that was; null if it was refused."),),
        partial(_purge, noun=noun),
        events=(f"{resource.event}.purged",),
    )


async def _purge(tx: Transaction, noun: Noun, id: int) -> Outcome:
    return {"purgedId": tx.id_of(noun, await purge(tx, noun, id))}
