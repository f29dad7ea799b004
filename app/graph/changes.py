"""Runs the fields of a mutation one after the other, each in a transaction of its own, as GraphQL says.

What fails before anything is committed fails the request, as a query does. Afterwards a field that fails is null and
has its error beside it, so that nobody takes for undone what was done.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from app.errors import Internal, LeadgraphError, Unauthenticated
from app.graph.errors import formatted
from app.logs import Trace, log_failure
from app.read.plan import Change, ConstantRoot, Context, PrincipalChanged
from app.store.reading import Database, Reading
from app.verb import Rejected
from app.write.idempotency import Once, Running
from app.write.run import Runner
from app.write.transaction import Actor


class Changes:
    """Runs what is planned of mutations."""

    def __init__(self, database: Database, runners: Mapping[str, Runner]) -> None:
        self._database = database
        self._runners = runners
        self._running = Running()

    async def run(
        self,
        changes: Sequence[tuple[str, Change | ConstantRoot]],
        context: Context,
        trace: Trace,
        once: Once | None = None,
    ) -> dict[str, Any]:
        """The response: `data`, and `errors` where a field failed after another was done."""
        if once is None:
            return await self._run(changes, context, trace, None)
        with self._running.alone(once):
            answer = await self._run(changes, context, trace, once)
        trace.replayed = once.replayed
        return answer

    async def _run(
        self,
        changes: Sequence[tuple[str, Change | ConstantRoot]],
        context: Context,
        trace: Trace,
        once: Once | None,
    ) -> dict[str, Any]:
        data: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        committed = False
        for step, (key, change) in enumerate(changes):
            if isinstance(change, ConstantRoot):
                data[key] = change.value
                continue
            context.run.verified = False
            try:
                data[key] = await self._change(change, context, trace, once, step)
                committed = True
            except Exception as error:
                if not committed:
                    raise
                data[key] = None
                errors += [each | {"path": [key]} for each in formatted(_told(error, trace), trace.request_id)]
        if not context.run.verified:
            await self._database.read(_verify(context))
        return {"data": data, "errors": errors} if errors else {"data": data}

    async def _change(self, change: Change, context: Context, trace: Trace, once: Once | None, step: int) -> Any:
        given = change.given(context.run)
        dry_run = given.pop("dryRun", False)
        actor = actor_of(context, trace)
        answer = partial(change.answer.read, context=context)
        within = None if once is None or dry_run else partial(once.step, step)
        runner = self._runners[change.verb]
        try:
            shown = await runner.run(self._database, actor, given, answer, dry_run=dry_run, once=within)
            if not context.run.verified:  # what was answered once already
                await self._database.read(_verify(context))
            return shown
        except Rejected as rejected:
            await self._database.read(_verify(context))
            return change.answer.refused([problem.told() for problem in rejected.problems])


def actor_of(context: Context, trace: Trace) -> Actor:
    """Who runs an operation, as events tell it."""
    principal = context.principal
    return Actor(
        workspace_id=principal.workspace_id,
        key_id=principal.key_id,
        key_prefix=principal.prefix,
        mode=principal.mode,
        request_id=trace.request_id,
    )


def _told(error: Exception, trace: Trace) -> LeadgraphError:
    if isinstance(error, PrincipalChanged):
        return Unauthenticated("The key was changed while the mutation ran.", reason="REVOKED")
    if isinstance(error, LeadgraphError):
        return error
    log_failure(trace.request_id, error)
    return Internal()


def _verify(context: Context) -> Reading[None]:
    yield from context.verify()
