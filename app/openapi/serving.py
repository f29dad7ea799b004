"""The documents that are served: one for each view and dialect, made when it is first asked for."""

from collections import OrderedDict
from collections.abc import Sequence

from app.access.requirements import satisfied
from app.access.scopes import SCOPES
from app.access.views import Views
from app.graph.schema import View
from app.openapi.components import Schema
from app.openapi.document import describe
from app.rest.route import Route

_EVERYTHING = frozenset(SCOPES)
_KEPT = 16  # documents, of a few MB each

PATH = "/openapi.json"


class OpenApi:
    """Describes an application's routes: all of them, or those that a set of scopes can use."""

    def __init__(self, routes: Sequence[Route], views: Views[View]) -> None:
        self._routes = routes
        self._views = views
        self._documents: OrderedDict[tuple[View, str], Schema] = OrderedDict()

    def document(self, scopes: frozenset[str] = _EVERYTHING, dialect: str = "custom") -> Schema:
        """The document for whoever has these scopes, in the words of a dialect; it is shared, so not to be changed.

        Takes long when it is asked for the first time: not to be called on the event loop.
        """
        view = self._views.view(scopes)
        found = self._documents.get((view, dialect))
        if found is None:
            found = describe(self._usable(scopes), view.schema, dialect)
            self._documents[view, dialect] = found
            if len(self._documents) > _KEPT:
                self._documents.popitem(last=False)
        return found

    def _usable(self, scopes: frozenset[str]) -> list[Route]:
        return [route for route in self._routes if all(satisfied(each, scopes) for each in route.requirements)]
