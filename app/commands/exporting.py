"""`export contacts`: what a key may read of a noun, as CSV or JSON Lines, page after page through the executor."""

from __future__ import annotations

import csv
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeAlias

import typer

from app.commands.database import find_workspace, run
from app.commands.operating import operate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from app.application import Application
    from app.catalog import Noun
    from app.graph.schema import View
    from app.settings import Settings
    from app.store.reading import Database

    Field: TypeAlias = tuple[str, ...]
    """A field, or one of a linked record: `("company", "name")`."""

_LONGEST = timedelta(days=1)


class Format(StrEnum):
    """How records are written."""

    CSV = "csv"
    JSONL = "jsonl"


def export(
    noun: Annotated[str, typer.Argument(help="What to export, as its list is called: contacts, companies, messages …")],
    key: Annotated[str | None, typer.Option(help="API key: what it may read is exported.")] = None,
    scopes: Annotated[
        str | None,
        typer.Option(help="Instead of a key, scopes with commas between them. A key is made for them, and revoked."),
    ] = None,
    workspace: Annotated[
        str | None, typer.Option(help="With --scopes, slug of the workspace; not needed if there is only one.")
    ] = None,
    filter_: Annotated[
        str | None, typer.Option("--filter", help='As in GraphQL, as JSON: {"score": {"gte": 50}}.')
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(help="Fields with commas between them, also of a linked record: email,company.name. All its own."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="CSV with a header, or a JSON object a line.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option(help="File to write; the standard output without this option.")] = None,
) -> None:
    """Export records to CSV or JSON Lines.

    One page of them is in memory, however many there are. What is changed meanwhile is exported as it was or as it is.

    Exit code: 0 when everything was exported, 2 otherwise; an output file is there only then.
    """
    from app.errors import BadUserInput

    async def work(settings: Settings, database: Database) -> int:
        if (key is None) == (scopes is None):
            raise BadUserInput("Say what may be read, with --key or with --scopes.")
        async with _serving(settings) as app, _key(settings, database, key, scopes, workspace) as granted:
            exported = _Export(app, granted, _noun_named(noun), _filter(filter_))
            with _opened(output) as file:
                return await exported.write(file, form, fields and fields.split(","))

    typer.echo(f"{run(work)} {noun} exported.", err=True)


@dataclass(frozen=True)
class _Export:
    """The records of a noun that a key may read and a filter finds."""

    app: Application
    key: str
    noun: Noun
    filter: Any

    async def write(self, file: TextIO, form: Format, names: Sequence[str] | None) -> int:
        """Writes the records, and counts them."""
        from app.access.credentials import Credentials
        from app.logs import Trace

        assert self.app.executor is not None
        principal = await self.app.executor.explore(Credentials(self.key), Trace())
        fields = _fields(self.app.views.view(principal.scopes), self.noun, names)
        add: Callable[[Any], None] | None = None
        count = 0
        async for records in self._pages(fields):
            if add is None:  # nothing is written before it is known that the filter is one
                add = _csv_writer(file, fields) if form is Format.CSV else partial(_write_json, file)
            for record in records:
                add(record)
            count += len(records)
        return count

    async def _pages(self, fields: Sequence[Field]) -> AsyncIterator[list[Any]]:
        from app.access.credentials import Credentials
        from app.graph.executor import Request
        from app.logs import Trace

        assert self.app.executor is not None
        credentials = Credentials(self.key)
        plural = self.noun.resource.plural
        text = f"""query ($first: Int!, $after: String, $filter: {self.noun.name}Filter) {{
            page: {plural}(first: $first, after: $after, filter: $filter) {{
                nodes {{ {_selection(fields)} }}
                pageInfo {{ hasNextPage endCursor }}
            }}
        }}"""
        variables = {"first": self.app.settings.max_page_size, "after": None, "filter": self.filter}
        more = True
        while more:
            answer = await self.app.executor.execute(credentials, Request(text, variables), Trace())
            page = answer["data"]["page"]
            yield page["nodes"]
            more = page["pageInfo"]["hasNextPage"]
            variables = {**variables, "after": page["pageInfo"]["endCursor"]}


@asynccontextmanager
async def _serving(settings: Settings) -> AsyncIterator[Application]:
    """The application, without what it keeps from those who are not at this machine."""
    from app.application import create_app

    app = create_app(
        settings.model_copy(update={"only_registered_documents": False, "hide_schema": False, "rate_limits": "off"})
    )
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


@asynccontextmanager
async def _key(
    settings: Settings, database: Database, key: str | None, scopes: str | None, workspace: str | None
) -> AsyncIterator[str]:
    """The key that was given, or one made for as long as the export takes."""
    from app.commands.key_search import id_of
    from app.store.identity import IdCodec
    from app.store.types import now

    if key is not None:
        yield key
        return
    granted = [scope.strip() for scope in (scopes or "").split(",") if scope.strip()]
    async with database.engine.connect() as connection:
        owner = (await find_workspace(connection, workspace))["id"]
    new = {"name": "Export", "scopes": granted, "expiresAt": (now() + _LONGEST).isoformat()}
    made = await operate(settings, database, "createApiKey", owner, {"input": new})
    try:
        yield made["key"]
    finally:
        which = {"id": id_of(IdCodec(settings.secret), made["apiKey"])}
        await operate(settings, database, "revokeApiKey", owner, which)


def _noun_named(plural: str) -> Noun:
    from app.domain import CATALOG
    from app.errors import BadUserInput

    known = {noun.resource.plural: noun for noun in CATALOG.nouns.values()}
    if plural not in known:
        raise BadUserInput(f"There are no {plural!r} to export; there are: {', '.join(sorted(known))}.")
    return known[plural]


def _filter(text: str | None) -> Any:
    import orjson

    from app.errors import BadUserInput

    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadUserInput(f"--filter takes JSON: {error}.") from None


def _fields(view: View, noun: Noun, names: Sequence[str] | None) -> list[Field]:
    """The fields of these names, or else all that hold a plain value, as far as the view has them."""
    from graphql import get_named_type, is_leaf_type

    from app.errors import BadUserInput

    query = view.schema.query_type
    if query is None or noun.resource.plural not in query.fields:
        raise BadUserInput(f"{noun.resource.plural} may not be read with these scopes.")
    type_: Any = view.schema.type_map[noun.name]
    if names is None:
        return [(name,) for name, field in type_.fields.items() if is_leaf_type(get_named_type(field.type))]
    return [_field(type_, name.strip()) for name in names]


def _field(type_: Any, name: str) -> Field:
    from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

    from app.errors import BadUserInput

    path = tuple(name.split("."))
    for part in path:
        if not isinstance(type_, GraphQLObjectType) or part not in type_.fields:
            raise BadUserInput(f"There is no field {name!r} of one record that may be read with these scopes.")
        type_ = type_.fields[part].type
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if not is_leaf_type(get_named_type(type_)):
        raise BadUserInput(f"The field {name!r} is no plain value; name one of its own fields, after a dot.")
    return path


def _selection(fields: Sequence[Field]) -> str:
    return " ".join(f"{' { '.join(path)}{' }' * (len(path) - 1)}" for path in fields)


def _csv_writer(file: TextIO, fields: Sequence[Field]) -> Callable[[Any], None]:
    writer = csv.writer(file)
    writer.writerow(".".join(path) for path in fields)
    return lambda record: writer.writerow([_cell(record, path) for path in fields])


def _cell(value: Any, path: Field) -> str:
    """Text as it is, nothing for null, all else as JSON."""
    import orjson

    for part in path:
        if value is None:
            break
        value = value[part]
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _write_json(file: TextIO, record: Any) -> None:
    import orjson

    file.write(orjson.dumps(record).decode() + "\n")


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """The standard output, or a file that takes its name when all is in it."""
    if output is None:
        yield sys.stdout
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
