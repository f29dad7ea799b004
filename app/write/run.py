"""Runs a verb: checks what it is given, runs it in one transaction, reads its payload, writes its events, commits.

A transaction that lost a race is run again from the start (store/writing.py): nothing is kept from one run to the
next.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.store.reading import Database, Reading, T
from app.store.writing import Work, Writer
from app.verb import Outcome, Problem, Rejected, UserErrorCode, Verb
from app.write.checking import Checking, Reader
from app.write.event import write_events
from app.write.transaction import Actor, Transaction, Writes


class Runner:
    """A verb, ready to be run."""

    def __init__(self, verb: Verb, writes: Writes) -> None:
        self.verb = verb
        self._writes = writes
        self._reader = Reader(verb.arguments, writes.catalog, writes.ids)
        self._defaults = {given.target: given.default for given in verb.arguments}
        self._said = [given.name for given in verb.arguments if given.said]

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
        await _check_references(tx, checking)
        if checking.problems:
            raise Rejected(*checking.problems)
        return await self.verb.run(tx, **arguments)


async def _check_references(tx: Transaction, checking: Checking) -> None:
    for name, references in checking.references.items():
        noun = tx.noun(name)
        found = await tx.exist(noun, {reference.key for reference in references})
        for reference in references:
            if reference.key not in found:
                message = f"There is no {noun.resource.singular} with this id."
                reference.problems.append(Problem(reference.path, message, UserErrorCode.NOT_FOUND))
