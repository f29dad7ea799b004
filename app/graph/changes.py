"""Runs the fields of a mutation one after the other, each in a transaction of its own, as GraphQL says.

What fails before anything is committed fails the request, as a query does. Afterwards a field that fails is null and
has its error beside it, so that nobody takes for undone what was done. An answer is measured while what it tells of can
still be undone.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from app.errors import Internal, LeadgraphError, ResponseTooLarge, Unauthenticated
from app.graph.errors import formatted
from app.logs import Trace, log_failure
from app.read.plan import Change, ConstantRoot, Context, PrincipalChanged
from app.store.reading import Database, Reading
from app.verb import Outcome, Rejected
from app.write.idempotency import Once, Running
from app.write.run import Runner
from app.write.transaction import Actor


class Changes:
    """Runs what is planned of mutations."""

    def __init__(self, database: Database, runners: Mapping[str, Runner], max_bytes: int) -> None:
        self._database = database
        self._runners = runners
        self._max_bytes = max_bytes
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
        sizes: dict[str, int] = {}
        committed = False
        for step, (key, change) in enumerate(changes):
            if isinstance(change, ConstantRoot):
                data[key] = change.value
                continue
            context.run.verified = False
            try:
                data[key] = await self._change(change, context, trace, once, step, partial(self._measure, sizes, key))
                committed = True
            except asyncio.CancelledError:
                if committed:
                    trace.done = dict.fromkeys(key for key, _ in changes) | data
                raise
            except Exception as error:
                if not committed:
                    raise
                data[key] = None
                sizes.pop(key, None)
                errors += [each | {"path": [key]} for each in formatted(_told(error, trace), trace.request_id)]
        if not context.run.verified:
            await self._database.read(_verify(context))
        return {"data": data, "errors": errors} if errors else {"data": data}

    async def _change(
        self,
        change: Change,
        context: Context,
        trace: Trace,
        once: Once | None,
        step: int,
        measure: Callable[[Any], None],
    ) -> Any:
        given = change.given(context.run)
        dry_run = given.pop("dryRun", False)
        actor = actor_of(context, trace)

        def answer(outcome: Outcome) -> Reading[Any]:
            shown = yield from change.answer.read(outcome, context)
            measure(shown)
            return shown

        within = None if once is None or dry_run else partial(once.step, step)
        runner = self._runners[change.verb]
        try:
            shown = await runner.run(self._database, actor, given, answer, dry_run=dry_run, once=within)
            if not context.run.verified:  # what was answered once already
                await self._database.read(_verify(context))
            return shown
        except Rejected as rejected:
            await self._database.read(_verify(context))
            refused = change.answer.refused([problem.told() for problem in rejected.problems])
            measure(refused)
            return refused

    def _measure(self, sizes: dict[str, int], key: str, shown: Any) -> None:
        """Notes how large a field's answer is; refuses what makes all of them too large."""
        sizes[key] = len(orjson.dumps(shown))
        if (size := sum(sizes.values())) > self._max_bytes:
            raise ResponseTooLarge(size, self._max_bytes)


def actor_of(context: Context, trace: Trace) -> Actor:
    """Who runs an operation, as events tell it."""
    principal = context.principal
    return Actor(
        workspace_id=principal.workspace_id,
        key_id=principal.key_id,
        key_prefix=principal.prefix,
        mode=principal.mode,
        user_id=principal.user_id,
        authority=principal.authority,
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
