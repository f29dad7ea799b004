"""Making and changing workspaces: for the operator's commands, no API can (S3-33)."""

import re
from functools import partial

from sqlalchemy import bindparam, insert, select

from app.access.dialect import DIALECTS
from app.catalog import Catalog, Noun
from app.domain.sandbox import FILLED, align_sandbox, ensure_sandbox
from app.domain.workspace import Dialect, PlaygroundMode, RevocationPolicy, TestKeyPolicy, Workspace
from app.errors import BadUserInput
from app.resource import table_of
from app.store.writing import Writer
from app.verb import Given, Outcome, Verb
from app.write.checking import Entry
from app.write.standard import existing, update_entries, update_form
from app.write.transaction import Transaction

_WORKSPACES = table_of(Workspace)
_HOLDERS = select(_WORKSPACES.c.id).where(_WORKSPACES.c.slug == bindparam("slug"))
_VALUES = {column.name: bindparam(column.name, type_=column.type) for column in _WORKSPACES.c if column.name != "id"}
_INSERT = insert(_WORKSPACES).values(_VALUES).returning(_WORKSPACES.c.id)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch


async def create_workspace(writer: Writer, *, name: str, slug: str, dialect: Dialect = Dialect.CUSTOM) -> int:
    """Makes a workspace without members, with the policies of its dialect; its row's id.

    `BadUserInput` for a name or slug that breaks its rule.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise BadUserInput("The name of a workspace has 1 to 100 characters.")
    if not _SLUG(slug):
        raise BadUserInput(f"{slug!r} is no slug: up to 63 lower-case letters, digits and hyphens between them.")
    if await writer.execute(_HOLDERS, {"slug": slug}):
        raise BadUserInput(f"There is a workspace {slug!r} already.")
    conventions = DIALECTS[dialect]
    made = Workspace(
        name=name,
        slug=slug,
        dialect=dialect,
        test_key_policy=TestKeyPolicy(conventions.test_key_policy),
        revocation_policy=RevocationPolicy(conventions.revocation_policy),
        playground_mode=PlaygroundMode(conventions.playground_mode),
    )
    [(key,)] = await writer.execute(_INSERT, made.model_dump(exclude={"id"}))
    return int(key)


def workspace_verbs(catalog: Catalog) -> tuple[Verb, ...]:
    """What the operator changes of a workspace."""
    noun = catalog.nouns["Workspace"]
    return (
        Verb(
            "updateWorkspace",
            "Changes the workspace, and so what its keys and members may do from the next request on.",
            (),
            (Given("input", update_form(catalog, noun), "What to change.", required=True),),
            (),
            partial(update_workspace, noun=noun),
            events=("workspace.updated", FILLED),
        ),
    )


async def update_workspace(tx: Transaction, noun: Noun, input: Entry) -> Outcome:
    input.stand_for(await existing(tx, noun, tx.workspace_id))
    await update_entries(tx, noun, [input])
    if "test_key_policy" in input.values:
        await ensure_sandbox(tx)
    await align_sandbox(tx)
    return {}
