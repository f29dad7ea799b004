"""Documents of a view: parsed, validated and planned once, then found by their text.

A document that does not fit the key's view, or variables that do not, are looked at against the whole schema only to
say why: if they fit there, what is missing is scopes, and the error names them. Nothing is read for either. Documents
that were refused are remembered as well.

All views together hold so many bytes; when there are more, the view that holds most gives up what it used least, so
that a key which sends ever new documents loses its own and not those of others.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from app.access.views import Views
from app.errors import BadRequest, LeadgraphError, ParseFailed
from app.graph.errors import Ambiguous, Refused
from app.graph.guarded import Guarded, required_by
from app.graph.operation import Operation
from app.graph.schema import View
from app.graph.sent import Sent
from app.graph.stored import Stored, without_directives
from app.graph.variables import Coercion
from app.logs import without_keys
from app.read.arguments import Variables

# graphql-core's own budget for comparing overlapping fields lets 5 kB of text block the process for seconds.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 20_000

_MAX_ERRORS = 20
_STORED_RULES = [rule for rule in specified_rules if rule is not NoUnusedVariablesRule]  # of optional parts
_MAX_LENGTH = 100_000  # characters: the lexer takes 0.1 µs for each, and holds up all others

# Bytes: not less than tracemalloc finds, as a test holds. A token takes 140 to 200, with its location up to 500.
_PER_DOCUMENT = 5_000
_PER_TOKEN = 200


class Document:
    """A document that fits a view."""

    def __init__(self, node: DocumentNode, schema: GraphQLSchema, *, plans: int, charge: Callable[[int], None]) -> None:
        fragments = {item.name.value: item for item in node.definitions if isinstance(item, FragmentDefinitionNode)}
        self.node = node
        self.weight = _PER_DOCUMENT + _PER_TOKEN * node.token_count
        needs = frozenset(required_by(schema, node))
        self._make = partial(Operation, fragments=fragments, schema=schema, needs=needs, plans=plans, charge=charge)
        found = (item for item in node.definitions if isinstance(item, OperationDefinitionNode))
        self._definitions = {item.name.value if item.name else None: item for item in found}
        self._operations: dict[str | None, Operation] = {}

    def operation(self, name: str | None) -> Operation:
        """The operation of a name, or the only one; `Ambiguous` otherwise.

        It is made when it is first asked for: each looks at all fragments, and a document may have hundreds of both.
        """
        if name is None:
            if len(self._definitions) != 1:
                raise Ambiguous
            [name] = self._definitions
        if name not in self._definitions:
            raise Ambiguous(f"The document has no operation named {str(name)[:100]!r}.")
        operation = self._operations.get(name)
        if operation is None:
            operation = self._operations[name] = self._make(self._definitions[name])
        return operation


class Refusal:
    """A document that does not fit a view, or anything. The error is a new one each time: one that is raised keeps
    the frames, and the request in them, alive."""

    def __init__(self, error_for: Callable[[frozenset[str]], LeadgraphError], weight: int = _PER_DOCUMENT) -> None:
        self.error_for = error_for
        self.weight = weight


class Documents:
    """Finds or makes the documents of views. `budget` is in bytes, `plans` the most of each operation."""

    def __init__(self, full: GraphQLSchema, views: Views[View], *, max_tokens: int, budget: int, plans: int) -> None:
        self._full = full
        self._views = views
        self._max_tokens = max_tokens
        self._budget = budget
        self._plans = plans
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return sum(len(view.documents) for view in self._views.kept)

    def get(self, view: View, scopes: frozenset[str], text: str | Stored) -> Document:
        """The document of a text, or of what the server holds itself, under a view.

        `Refused` or `InsufficientScope` if it does not fit.
        """
        cached = view.documents.get(text)
        if cached is not None:
            self.hits += 1
            view.documents.move_to_end(text)
        else:
            self.misses += 1
            cached = self.prepare(view, text)
            cached.weight += sys.getsizeof(text)
            view.documents[text] = cached
            self._charge(view, cached.weight)
        if isinstance(cached, Document):
            return cached
        raise cached.error_for(scopes)

    def coerce(self, operation: Operation, scopes: frozenset[str], inputs: Mapping[str, Any]) -> Variables:
        """The variables of an operation; `Refused`, or `InsufficientScope` because of that, if they do not fit."""
        try:
            return operation.coerce(inputs)
        except Refused as refused:
            with suppress(Refused):
                variables = Coercion(self._full, operation.definition).coerce(inputs)
                needed = Sent(self._full, operation.definition).needs(variables)
                raise Guarded(tuple(needed), operation.label).refusal(scopes) from refused
            raise

    def require(self, stored: Stored, operation: Operation, scopes: frozenset[str], inputs: Mapping[str, Any]) -> None:
        """Refuses values for optional variables that the view does not have, which would be passed over."""
        if not operation.variables.issuperset(inputs):
            needed = required_by(self._full, stored.with_variables(inputs))
            raise Guarded(tuple(needed), operation.label).refusal(scopes)

    def prepare(self, view: View, text: str | Stored) -> Document | Refusal:
        """The document of a text under a view, or why there is none; it is not kept."""
        if isinstance(text, Stored):
            return self._prepare_stored(view, text)
        if len(text) > _MAX_LENGTH:
            return Refusal(lambda _: ParseFailed(f"A document may have {_MAX_LENGTH} characters."))
        try:
            node = parse(text, max_lexical_tokens=self._max_tokens, max_comments=self._max_tokens)
            errors = validate(view.schema, node, specified_rules, max_errors=_MAX_ERRORS)
            if not errors:
                # Locations and the tokens they hang on are two thirds of a document, and only validation tells them.
                return self._document(view, text, parse(text, no_location=True))
            aborted = any("aborted" in error.message for error in errors)  # it would be on the whole schema, too
            if not aborted and not validate(self._full, node, specified_rules, max_errors=1):
                return Refusal(Guarded(tuple(required_by(self._full, node)), _name_in(node)).refusal)
            return _refused(Refused.validation(errors))
        except GraphQLError as error:
            return _refused(Refused.parsing(error))
        except BadRequest as error:
            message, reason = error.message, error.reason
            return Refusal(lambda _: BadRequest(message, reason=reason))
        except RecursionError:
            return Refusal(lambda _: BadRequest("The document is nested too deeply.", reason="DEPTH_LIMIT"))

    def _prepare_stored(self, view: View, stored: Stored) -> Document | Refusal:
        node = stored.within(view.schema)
        if validate(view.schema, without_directives(node), _STORED_RULES, max_errors=1):
            return Refusal(Guarded(tuple(required_by(self._full, stored.with_variables(()))), stored.name).refusal)
        return self._document(view, stored, node)

    def _document(self, view: View, text: str | Stored, node: DocumentNode) -> Document:
        return Document(node, view.schema, plans=self._plans, charge=partial(self._grow, view, text))

    def _grow(self, view: View, text: str | Stored, weight: int) -> None:
        """A plan was added to a document, or exchanged; one that has been dropped meanwhile counts no more."""
        cached = view.documents.get(text)
        if cached is not None:
            cached.weight += weight
            self._charge(view, weight)

    def _charge(self, view: View, weight: int) -> None:
        view.weight += weight
        while sum(each.weight for each in self._views.kept) > self._budget:
            heaviest = max(self._views.kept, key=lambda each: each.weight)
            heaviest.weight -= heaviest.documents.popitem(last=False)[1].weight


def _name_in(node: DocumentNode) -> str | None:
    """The name of the only operation of a document, as logs and events tell it."""
    names = [item.name for item in node.definitions if isinstance(item, OperationDefinitionNode)]
    return without_keys(names[0].value) if len(names) == 1 and names[0] is not None else None


def _refused(refused: Refused) -> Refusal:
    told = sum(len(problem["message"]) + 400 for problem in refused.problems)
    return Refusal(lambda _: refused.again(), _PER_DOCUMENT + told)
