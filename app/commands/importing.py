"""`import contacts|companies FILE.csv`: the options, the progress, the report and the exit code of a CSV import."""

from __future__ import annotations

import asyncio
import csv
import gc
import signal
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from app.commands.database import find_workspace, refusals, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.catalog import Noun
    from app.settings import Settings
    from app.store.reading import Database
    from app.write.csv_columns import Columns
    from app.write.csv_file import CsvFile, Row
    from app.write.csv_import import CsvImport, Summary
    from app.write.custom_fields import Definition
    from app.write.transaction import Actor, Writes

MOST_SHOWN = 20

_COLLECT = (20_000, 20, 20)  # a batch makes some 20,000 objects, none of them in a cycle


class Importable(StrEnum):
    """What can be imported."""

    CONTACTS = "contacts"
    COMPANIES = "companies"


def import_csv(
    noun: Annotated[Importable, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Argument(help="The CSV file; its first line names the columns.")],
    workspace: Annotated[
        str | None, typer.Option(help="Slug of the workspace; not needed if there is only one.")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="COLUMN=FIELD, for columns that are not named like their field; COLUMN= leaves one out."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Field that tells records apart, such as email or externalId: a row updates what has its key."
        ),
    ] = None,
    rest_as_custom_fields: Annotated[
        bool, typer.Option("--rest-as-custom-fields", help="Keep all other columns as custom fields.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report the same, write nothing.")] = False,
    delimiter: Annotated[
        str | None, typer.Option(help="Between cells: one character, or tab. Found out otherwise.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as utf-8, cp1252, utf-16. Found out otherwise.")] = None,
    errors: Annotated[Path | None, typer.Option(help="File for every refused row: line, column, reason.")] = None,
) -> None:
    """Import a CSV file.

    Columns are matched with fields of the same name, whatever the case, underscores and spaces. Without --key every row
    makes a new record; with it a repeated import updates, and an empty cell leaves what there is. Refused rows are
    reported and the good ones kept; every 1,000 rows are committed together. A custom field that is defined is read as
    its type says; between several options of one there is a semicolon. Every record leaves an event in the audit log,
    all with the request id that is printed at the end.

    Exit code: 0 when every row was imported, 1 when rows were refused, 2 when nothing could be started or the import
    broke off, 130 when it was interrupted; what was imported until then stays, and the same command with --key goes on.
    """
    summary = _import(
        _Options(
            noun=noun,
            file=file,
            target=run(partial(_find_target, noun, workspace)),
            mapping=mapping or [],
            key=key,
            rest_as_custom_fields=rest_as_custom_fields,
            dry_run=dry_run,
            delimiter=delimiter,
            encoding=encoding,
            errors=errors,
        )
    )
    if summary.stopped:
        raise typer.Exit(130)
    if summary.refused:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Target:
    """Where records go."""

    workspace_id: int
    definitions: dict[str, Definition]  # of custom fields


@dataclass(frozen=True)
class _Options:
    noun: Importable
    file: Path
    target: _Target
    mapping: list[str]
    key: str | None
    rest_as_custom_fields: bool
    dry_run: bool
    delimiter: str | None
    encoding: str | None
    errors: Path | None


def _import(options: _Options) -> Summary:
    from app.logs import new_request_id
    from app.write.csv_columns import match_columns
    from app.write.csv_file import open_csv
    from app.write.csv_import import CsvImport, Summary
    from app.write.transaction import Actor

    summary = Summary()
    noun, defaults = _declared(options.noun)
    with refusals(), _report(options) as report:
        with _progress("Checking", options.file) as advance:
            file = open_csv(options.file, encoding=options.encoding, delimiter=options.delimiter, progress=advance)
        columns = match_columns(
            noun,
            file.header,
            mapping=_parse_mapping(options.mapping),
            key=options.key,
            rest_as_custom_fields=options.rest_as_custom_fields,
            definitions=options.target.definitions,
        )
        actor = Actor(options.target.workspace_id, request_id=new_request_id())
        try:
            with _progress("Importing", options.file) as advance:
                work = partial(
                    CsvImport, noun=noun, actor=actor, columns=columns, refuse=report.refuse, defaults=defaults
                )
                run(partial(_work, work, file.rows(advance), summary, options.dry_run))
        finally:
            report.conclude(summary, file, columns, actor)
    return summary


async def _work(
    make: Callable[[Writes], CsvImport],
    rows: Iterator[Row],
    summary: Summary,
    dry_run: bool,
    settings: Settings,
    database: Database,
) -> None:
    """Imports until the end, or until the batch after Ctrl-C; a second Ctrl-C breaks that batch off."""
    from app.domain import CATALOG
    from app.domain.event import Event
    from app.resource import table_of
    from app.store.identity import IdCodec
    from app.write.transaction import Writes

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def interrupt(signal_number: int) -> None:
        stop.set()
        loop.remove_signal_handler(signal_number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt, number)
    try:
        with _collecting_less():
            work = make(Writes(CATALOG, IdCodec(settings.secret), table_of(Event)))
            await work.run(database, rows, summary, dry_run=dry_run, is_stopped=stop.is_set)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Has the garbage collector pass over what is there already, which takes a fifth of the time of an import."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _find_target(importable: Importable, slug: str | None, _: Settings, database: Database) -> _Target:
    from sqlalchemy import select

    from app.domain.custom_field import CustomField, CustomFieldEntity
    from app.resource import table_of
    from app.write.custom_fields import Definition

    field = table_of(CustomField).c
    entity = CustomFieldEntity.CONTACT if importable is Importable.CONTACTS else CustomFieldEntity.COMPANY
    async with database.engine.connect() as connection:
        workspace_id: int = (await find_workspace(connection, slug))["id"]
        stands = (field.workspace_id == workspace_id, field.entity == entity, field.retired_at.is_(None))
        rows = await connection.execute(select(field.key, field.type, field.options).where(*stands))
        return _Target(workspace_id, {key: Definition(type_, options) for key, type_, options in rows})


def _declared(importable: Importable) -> tuple[Noun, dict[str, Any]]:
    """The noun, and what new records get where the file says nothing."""
    from app.domain import CATALOG
    from app.domain.contact import ContactSource

    if importable is Importable.CONTACTS:
        return CATALOG.nouns["Contact"], {"source": ContactSource.IMPORT.value}
    return CATALOG.nouns["Company"], {}


def _parse_mapping(texts: list[str]) -> dict[str, str]:
    from app.errors import BadUserInput

    mapping: dict[str, str] = {}
    for text in texts:
        column, equals, target = text.rpartition("=")
        if not equals or not column:
            raise BadUserInput(f"--map takes COLUMN=FIELD, not {text!r}.")
        if column in mapping:
            raise BadUserInput(f"--map names the column {column!r} twice.")
        mapping[column] = target
    return mapping


@contextmanager
def _progress(label: str, file: Path) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of the file, on a terminal only."""
    if not sys.stderr.isatty() or not file.is_file():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    layout = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*layout, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=file.stat().st_size)
        yield lambda done: progress.update(task, completed=done)


class _Report:
    """What is said about the rows: all of it in the file of errors, the first on the terminal."""

    def __init__(self, options: _Options, errors: TextIO | None) -> None:
        self._options = options
        self._writer = csv.writer(errors) if errors else None
        self._shown: list[str] = []
        self._count = 0
        if self._writer:
            self._writer.writerow(("line", "column", "reason"))

    def refuse(self, line: int, column: str, reason: str) -> None:
        """Notes one thing that is wrong with a row."""
        self._count += 1
        if self._writer:
            self._writer.writerow((line, column, reason))
        if len(self._shown) < MOST_SHOWN:
            self._shown.append(f"Line {line}{f', {column}' if column else ''}: {reason}")

    def conclude(self, summary: Summary, file: CsvFile, columns: Columns, actor: Actor) -> None:
        """Prints what was refused and what was done."""
        for text in self._shown:  # which may name options that somebody has thought of
            typer.echo("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text), err=True)
        if self._count > len(self._shown):
            where = f"they are in {self._options.errors}" if self._options.errors else "--errors FILE lists them"
            typer.echo(f"… and {self._count - len(self._shown)} more: {where}.", err=True)
        if columns.ignored:
            typer.echo(f"Columns not imported: {', '.join(columns.ignored)}.")
        if summary.stopped:
            typer.echo(f"Interrupted after line {summary.last_line}: this is what was done until there.")
        typer.echo(
            f"{'Dry run, nothing was written: ' if self._options.dry_run else ''}{summary.rows} rows:"
            f" {summary.created} created, {summary.updated} updated, {summary.unchanged} unchanged,"
            f" {summary.refused} refused. ({file.encoding.removesuffix('-sig')}, delimiter {file.delimiter!r})"
        )
        if not self._options.dry_run:
            typer.echo(f"In the audit log it has the request id {actor.request_id}.")


@contextmanager
def _report(options: _Options) -> Iterator[_Report]:
    from app.errors import BadUserInput

    with ExitStack() as stack:
        errors = None
        if options.errors:
            if options.errors.exists() and options.file.exists() and options.errors.samefile(options.file):
                raise BadUserInput("The file of errors would replace the file that is imported.")
            errors = stack.enter_context(options.errors.open("w", encoding="utf-8", newline=""))
        yield _Report(options, errors)
