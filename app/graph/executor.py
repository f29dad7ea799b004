"""Runs an operation for a key: view, document, plan, rows. Used by every surface."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from app.access.credentials import Credentials
from app.access.limits.admission import Admission
from app.access.principal import Principal
from app.access.recognition import Principals
from app.access.views import Views
from app.errors import (
    BadRequest,
    InsufficientScope,
    LeadgraphError,
    MethodNotAllowed,
    Unavailable,
    ValidationFailed,
)
from app.graph.changes import Changes, actor_of
from app.graph.documents import Documents
from app.graph.errors import Refused
from app.graph.hiding import SCHEMA_SCOPE, exploring, without_names
from app.graph.operation import Operation
from app.graph.persisted import Persisted, unregistered
from app.graph.schema import View
from app.graph.stored import Stored
from app.logs import Trace
from app.read.arguments import Shapes, Variables
from app.read.binding import Prepared, Run
from app.read.cursor import null_pattern
from app.read.plan import Context, Plan, PrincipalChanged, Sealer
from app.read.planner import Planner
from app.store.reading import Database, Reading
from app.write.denials import Denials
from app.write.idempotency import Once, fingerprint
from app.write.usage import Usage


@dataclass(slots=True)
class Request:
    """A GraphQL request as every transport brings it."""

    query: str | None  # None where `document_id` names the document
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    read_only: bool = False
    tells_cost: bool = False
    document_id: str | None = None
    idempotency_key: str | None = None
    stored: Stored | None = None  # the document, where the server holds it itself
    refusal: LeadgraphError | None = None  # what is wrong with it, for those who may ask at all


@dataclass(slots=True)
class Execution:
    """What `PlannedExecution` calls back for the planned part of an operation: one execution's context and plan."""

    executor: "Executor"
    operation: Operation
    context: Context

    async def run(self, operation: OperationDefinitionNode, fragments: Any, variables: Variables) -> dict[str, Any]:
        return await self.executor.read(self.operation, self.context)


class Executor:
    """The one way in: every answer that leaves has been checked against the key as it stands in the database."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        views: Views[View],
        documents: Documents,
        persisted: Persisted,
        principals: Principals,
        *,
        admission: Admission,
        changes: Changes,
        denials: Denials,
        usage: Usage,
        hides_schema: bool = False,
    ) -> None:
        self._database = database
        self._planner = planner
        self._views = views
        self._documents = documents
        self._persisted = persisted
        self._only = persisted.only
        self._admission = admission
        self._changes = changes
        self._denials = denials
        self._usage = usage
        self._hides_schema = hides_schema
        self._exploring = frozenset({((SCHEMA_SCOPE,),)} if hides_schema else ())
        self._principals = principals
        self._guard: Prepared = planner.engine.standing()
        self._shapes = Shapes(cursor=null_pattern, node=lambda text: planner.engine.ids.decode(text)[0])

    async def execute(self, credentials: Credentials, request: Request, trace: Trace) -> dict[str, Any]:
        """The response to a request made with some credentials; a `LeadgraphError` if it is refused."""
        for attempt in (1, 2):
            principal = await self._recognise(credentials, trace)
            if attempt == 1:
                await self._admission.of_principal(principal, trace)
            context = self._context(principal, trace)
            try:
                return await self._answer(principal, request, context, trace)
            except PrincipalChanged:
                # The key or the member was changed since it was recognised: look again, once.
                self._principals.forget(credentials)
                if attempt == 2:
                    raise Unavailable("The key is being changed at this moment; try again.") from None
            finally:
                if context.run.verified:
                    self._usage.note(principal, trace.ip, context.needs)
        raise AssertionError

    async def explore(self, credentials: Credentials, trace: Trace) -> Principal:
        """Whose key it is as it stands now, if what it sees may be told outside GraphQL, as to an introspection."""
        self._principals.forget(credentials)
        principal = await self._recognise(credentials, trace)
        await self._admission.of_principal(principal, trace)
        if self._hides_from(principal):
            raise exploring()
        if self._only or principal.registered_documents_only:
            raise unregistered()
        self._usage.note(principal, trace.ip, self._exploring)
        return principal

    async def read(self, operation: Operation, context: Context) -> dict[str, Any]:
        """Plans and runs the part of an operation that reads data."""
        plan: Plan = operation.plan(self._planner, self._shapes, context.run.variables)
        return await self._database.read(plan.read(context))

    async def _recognise(self, credentials: Credentials, trace: Trace) -> Principal:
        try:
            principal = await self._principals.recognise(credentials, trace.ip)
        except InsufficientScope as error:
            itself = await self._recognise(replace(credentials, on_behalf_of=None), trace)
            await self._denials.note(actor_of(self._context(itself, trace), trace), error.required, error.operation)
            raise
        trace.prefix, trace.mode, trace.profile = principal.prefix, principal.mode, principal.response_profile
        return principal

    def _context(self, principal: Principal, trace: Trace) -> Context:
        run = Run({}, principal.workspace_id, principal, trace.standings)
        return Context(run, self._guard, Sealer(self._planner.engine.cursors, principal))

    async def _answer(self, principal: Principal, request: Request, context: Context, trace: Trace) -> dict[str, Any]:
        try:
            view = self._views.view(principal.scopes)
            stored = request.stored
            text = self._text_for(principal, request, view) if stored is None else stored.source
            document = text if stored is None else stored
            operation = self._documents.get(view, principal.scopes, document).operation(request.operation_name)
            trace.operation, trace.kind = operation.label, operation.kind
            if request.read_only and operation.kind != "query":
                raise _by_post(operation.kind)
            if stored is not None:
                self._documents.require(stored, operation, principal.scopes, request.variables)
            if request.refusal is not None:
                raise request.refusal
            context.run.variables = self._documents.coerce(operation, principal.scopes, request.variables)
            plan = operation.plan(self._planner, self._shapes, context.run.variables)
            trace.cost = cost = operation.cost + plan.cost
            fields = len(plan.roots) + len(plan.changes)
            await self._admission.of_operation(principal, trace, fields=fields, cost=cost)
            context.needs = operation.needs(context.run.variables) if plan.changes else plan.needs
            if operation.introspects:
                trace.kind = "introspection"
                if self._hides_from(principal):
                    raise exploring()
                context.needs |= self._exploring
                if operation.told is None:
                    data = await self._introspect(view, operation, text, request.variables, context)
                    operation.keep(data, plan)
                else:
                    data = operation.told | await self._database.read(plan.read(context))
            elif plan.changes:
                answer = await self._changes.run(plan.changes, context, trace, _once(principal, request, text))
                return answer | self._cost(request, cost)
            else:
                data = await self._database.read(plan.read(context))
            return {"data": data} | self._cost(request, cost, statements=plan.statements)
        except (LeadgraphError, RecursionError) as error:
            # A database that is away cannot verify, and waiting for it a second time doubles what it takes to say so.
            if not context.run.verified and not isinstance(error, Unavailable):
                await self._database.read(self._verify(context))
            if isinstance(error, InsufficientScope):
                await self._denials.note(actor_of(context, trace), error.required, error.operation)
            if isinstance(error, RecursionError):
                raise BadRequest("The operation is nested too deeply.", reason="DEPTH_LIMIT") from None
            if request.read_only and (error.code == ValidationFailed.code or isinstance(error, InsufficientScope)):
                _refuse_to_write(request)
            if self._hides_from(principal) and request.stored is None:  # what is stored is known to all
                raise without_names(error) from None
            raise

    def _cost(self, request: Request, requested: int, **more: int) -> dict[str, Any]:
        """The part of a response that tells the cost, to who asks for it."""
        if not request.tells_cost:
            return {}
        cost = {"requested": requested, "limit": self._planner.engine.limits.max_cost, **more}
        return {"extensions": {"cost": cost}}

    def _hides_from(self, principal: Principal) -> bool:
        return self._hides_schema and SCHEMA_SCOPE not in principal.scopes

    def _text_for(self, principal: Principal, request: Request, view: View) -> str:
        """The text of a request; it may name a document, and a key be held to what is registered."""
        only = self._only or principal.registered_documents_only
        workspace_id, id_ = principal.workspace_id, request.document_id
        if request.query is not None and id_ is None and not only:
            return request.query
        text = self._persisted.find(workspace_id, id_, request.query, only=only)
        if id_ is not None and request.query is not None and not only:
            self._documents.get(view, principal.scopes, text)  # nothing is kept that does not fit
            self._persisted.keep(workspace_id, id_, text)
        return text

    async def _introspect(
        self, view: View, operation: Operation, text: str, variables: Variables, context: Context
    ) -> dict[str, Any]:
        result = await view.strawberry.execute(
            text,
            dict(variables),
            context_value=Execution(self, operation, context),
            operation_name=operation.name,
        )
        if result.errors:
            raise _cause(result.errors)
        assert result.data is not None
        return result.data

    def _verify(self, context: Context) -> Reading[None]:
        yield from context.verify()


def _refuse_to_write(request: Request) -> None:
    """Tells that GET only reads, also where the document, which parses, does not fit the view."""
    for node in parse(request.query or "{ _ }", no_location=True).definitions:
        if isinstance(node, OperationDefinitionNode) and node.operation is not OperationType.QUERY:
            raise _by_post(node.operation.value)


def _once(principal: Principal, request: Request, text: str) -> Once | None:
    if request.idempotency_key is None:
        return None
    asked = fingerprint(text, request.variables, request.operation_name)
    actor = principal.key_id or 0, principal.user_id or 0
    return Once(principal.workspace_id, *actor, request.idempotency_key, asked)


def _by_post(kind: str) -> MethodNotAllowed:
    return MethodNotAllowed(f"A {kind} must be sent by POST.", allow="POST")


def _cause(errors: list[GraphQLError]) -> BaseException:
    """What made an execution fail: our own error where one of ours was raised inside."""
    original = errors[0].original_error
    if isinstance(original, LeadgraphError | PrincipalChanged):
        return original
    return Refused.validation(errors) if original is None else original
