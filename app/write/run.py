"""Runs a verb: checks what it is given, runs it in one transaction, reads its payload, writes its events, commits.

A transaction that lost a race is run again from the start (store/writing.py): nothing is kept from one run to the
next.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from app.catalog import Noun
from app.store.reading import Database, Reading, T
from app.store.writing import Work, Writer
from app.verb import Form, Given, Outcome, Problem, Rejected, UserErrorCode, Verb
from app.write import records
from app.write.checking import Checking, Reader
from app.write.event import write_events
from app.write.results import rows_of
from app.write.transaction import Actor, Transaction, Writes


class Runner:
    """A verb, ready to be run."""

    def __init__(self, verb: Verb, writes: Writes) -> None:
        self.verb = verb
        self._writes = writes
        self._defaults = {given.target: given.default for given in verb.arguments}
        self._rows = [given for given in verb.arguments if given.each and given.refers_to]
        self._said = [given.name for given in verb.arguments if given.said]

    @cached_property  # most verbs are not run by most processes
    def _reader(self) -> Reader:
        return Reader(self.verb.arguments, self._writes.catalog, self._writes.ids)

    async def run(
        self,
        database: Database,
        actor: Actor,
        given: Mapping[str, Any],
        answer: Callable[[Outcome], Reading[T]],
        *,
        dry_run: bool = False,
        once: Callable[[Work[T]], Work[T]] | None = None,
    ) -> T:
        """What `answer` reads in the transaction of the verb; `Rejected` when the verb refuses what it is given.

        `once` goes around the work of the transaction, and answers in its place what is done already.
        """

        async def work(writer: Writer) -> T:
            tx = Transaction(self._writes, writer, actor)
            outcome = await self.apply(tx, given)
            answered = await writer.read(answer(outcome))
            if not dry_run:  # which would hold up all others who write in the workspace
                await write_events(tx)
            return answered

        return await database.write(once(work) if once else work, bulk=self.verb.bulk, dry_run=dry_run)

    async def apply(self, tx: Transaction, given: Mapping[str, Any]) -> Outcome:
        """Checks the arguments and does what the verb does, in a transaction of the caller's."""
        checking = Checking()
        arguments = self._defaults | self._reader.read(given, (), checking, checking.problems)
        for name in self._said:
            if name not in given:
                message = f"{name} must be given; null is for none."
                checking.problems.append(Problem((name,), message, UserErrorCode.REQUIRED))
        await _check_references(tx, checking, self.verb.arguments, arguments)
        wrong = await self._find_rows(tx, arguments)
        if checking.problems:
            raise Rejected(*checking.problems, *wrong)
        return await self.verb.run(tx, **arguments)

    async def _find_rows(self, tx: Transaction, arguments: dict[str, Any]) -> list[Problem]:
        """Gives lists of subjects their rows; what is wrong with these is for the verb to tell, unless more is."""
        wrong: list[Problem] = []
        for given in self._rows:
            keys = arguments[given.target]
            if keys is not None:
                rows = arguments[given.target] = await rows_of(tx, tx.noun(str(given.refers_to)), keys, given.name)
                wrong += (problem for row in rows for problem in row.problems)
        return wrong


async def _check_references(
    tx: Transaction, checking: Checking, fields: Iterable[Given], arguments: dict[str, Any]
) -> None:
    for name, references in checking.references.items():
        noun = tx.noun(name)
        keys = {reference.key for reference in references}
        found = await tx.exist(noun, keys)
        into = await _merged_into(tx, noun, keys - found)
        if into:
            _lead(fields, arguments, name, into)
        for reference in references:
            if reference.key not in found and reference.key not in into:
                message = f"There is no {noun.resource.singular} with this id."
                reference.problems.append(Problem(reference.path, message, UserErrorCode.NOT_FOUND))


async def _merged_into(tx: Transaction, noun: Noun, keys: Collection[int]) -> dict[int, int]:
    """Of keys of records that were merged into others: the keys of these, which are there."""
    into = await records.merged_into(tx, noun, keys)
    there = await tx.exist(noun, into.values()) if into else ()
    return {old: new for old, new in into.items() if new in there}


def _lead(fields: Iterable[Given], values: dict[str, Any], noun: str, into: Mapping[int, int]) -> None:
    """Puts those that they lead to in the place of keys of a noun's records."""
    for given in fields:
        value = values.get(given.target)
        if value is None:
            continue
        if isinstance(given.type, Form):
            for entry in value if given.many else (value,):
                _lead(given.type.fields, entry.values, noun, into)
        elif given.refers_to == noun and not given.subject:
            values[given.target] = [into.get(key, key) for key in value] if given.many else into.get(value, value)
