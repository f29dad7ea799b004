"""Documents that a request names instead of sending: those registered with the server, and those that clients left.

Registered documents stand in a file of the operator's; everybody's key may name them, and a key or a server can be
held to them. Any other document is named after it was sent with its SHA-256 once (Apollo's automatic persisted
queries), within the workspace that sent it. What is named is validated under the key's own view like what is sent.
"""

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, parse

from app.errors import BadUserInput, ConfigurationError, Forbidden, PersistedQueryNotFound

_APOLLO = "apollo-persisted-query-manifest"


class Persisted:
    """Finds the text of a document by its id. `budget` bounds the bytes of what clients left, `only` means all keys."""

    def __init__(self, registered: Mapping[str, str], *, budget: int, only: bool) -> None:
        self.only = only
        self._registered = registered
        self._texts = frozenset(registered.values())
        self._budget = budget
        self._weight = 0
        self._left: OrderedDict[tuple[int, str], str] = OrderedDict()

    def find(self, workspace_id: int, document_id: str | None, query: str | None, *, only: bool) -> str:
        """The text to run: the one that was sent, or else the one that the id names.

        `PersistedQueryNotFound` for an id of nothing; `BadUserInput` for an id that is not the sent text's; `Forbidden`
        (UNREGISTERED_DOCUMENT) for a text that is not registered where `only` those are run.
        """
        text = query
        if document_id is not None:
            text = self._named(workspace_id, document_id, query)
        if only and text not in self._texts:
            if query is None:
                raise PersistedQueryNotFound
            raise unregistered()
        assert text is not None  # a request without a text has an id
        return text

    def keep(self, workspace_id: int, document_id: str, text: str) -> None:
        """Keeps a text, which fits the view of the key that sent it, under its SHA-256."""
        place = (workspace_id, document_id)
        if place not in self._left:
            self._left[place] = text
            self._weight += _weight(text)
            while self._weight > self._budget:
                self._weight -= _weight(self._left.popitem(last=False)[1])

    def _named(self, workspace_id: int, document_id: str, query: str | None) -> str:
        registered = self._registered.get(document_id)
        if registered is not None and query in (None, registered):
            return registered
        if query is not None:
            if hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest() != document_id:
                raise BadUserInput("The hash of the persisted document is not the SHA-256 of query.")
            return query
        place = (workspace_id, document_id)
        left = self._left.get(place)
        if left is None:
            raise PersistedQueryNotFound
        self._left.move_to_end(place)
        return left


def unregistered() -> Forbidden:
    """The refusal of whatever is not registered, of the schema too."""
    return Forbidden("Only registered documents are run here.", reason="UNREGISTERED_DOCUMENT")


def _weight(text: str) -> int:
    return sys.getsizeof(text) + 300  # the entry


def read_documents(path: str | None, *, max_tokens: int) -> Mapping[str, str]:
    """The documents of a file by id: Apollo's manifest, or an object `{id: text}`, as Relay and GraphQL Codegen write.

    `ConfigurationError` for anything else, and for a text that does not parse.
    """
    if path is None:
        return {}
    try:
        content = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: {path} cannot be read: {error.strerror}.") from None
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: {path} is not JSON: {error}.") from None
    if isinstance(content, dict) and "operations" in content:
        content = _of_manifest(content, path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: {path} holds neither an object of texts nor {_APOLLO}.")
    for name, text in content.items():
        if not isinstance(text, str):
            raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: {name[:100]} in {path} is not a text.")
        try:
            parse(text, max_lexical_tokens=max_tokens, no_location=True)
        except GraphQLError as error:
            told = f"{name[:100]} in {path} does not parse: {error.message}"
            raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: {told}") from None
    return content


def _of_manifest(content: dict[str, Any], path: str) -> dict[str, Any]:
    listed = content["operations"]
    if content.get("format") != _APOLLO or content.get("version") != 1 or not isinstance(listed, list):
        raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: {path} is not {_APOLLO} of version 1.")
    bodies: dict[str, Any] = {}
    for operation in listed:
        if not isinstance(operation, dict) or not isinstance(operation.get("id"), str) or "body" not in operation:
            raise ConfigurationError(f"LEADGRAPH_DOCUMENTS: an operation in {path} lacks id or body.")
        bodies[operation["id"]] = operation["body"]
    return bodies
