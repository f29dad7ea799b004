"""Plans without a database: the statements that a document would run, in the SQL of either."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

from graphql import GraphQLSchema, parse

from app.access.guard import Guard
from app.access.principal import Principal
from app.access.scopes import SCOPES
from app.application import create_app
from app.domain import CATALOG
from app.domain.api_key import ApiKey
from app.domain.user import User
from app.domain.workspace import Workspace
from app.graph.documents import Document, Documents
from app.graph.explaining import Explaining
from app.graph.query import COMPUTED
from app.read.arguments import Shapes
from app.read.binding import Prepared, Run
from app.read.cursor import CursorCodec, null_pattern
from app.read.planner import Planner
from app.read.planning import Engine
from app.resource import table_of
from app.settings import Settings
from app.store.dialect import dialect_named
from app.store.identity import IdCodec

DIALECTS = ("sqlite", "postgresql")
WORKSPACE, KEY, VERSION, HOME_VERSION = 424_242, 525_252, 626_262, 727_272
"""What a planned statement is run with: numbers that occur nowhere else."""
PRINCIPAL = Principal(
    home_id=WORKSPACE,
    home_version=HOME_VERSION,
    workspace_id=WORKSPACE,
    workspace_ref="",
    workspace_name="",
    workspace_slug="",
    plan="pro",
    dialect="custom",
    test_key_policy="isolated",
    name="",
    scopes=frozenset(SCOPES),
    granted=("*",),
    key_id=KEY,
    key_version=VERSION,
)


@dataclass(frozen=True)
class Planned:
    """A statement, and the values it is sent with in workspace `WORKSPACE`."""

    text: str
    values: list[Any]


@cache
def whole_schema() -> GraphQLSchema:
    """The schema of a key that may do all."""
    return create_app(Settings()).views.view(frozenset(SCOPES)).schema


@cache
def planner_for(dialect: str) -> Planner:
    """The planner over the catalog, for a dialect."""
    guard = Guard(table_of(Workspace), table_of(ApiKey), table_of(User))
    views = create_app(Settings()).views
    full = views.view(frozenset(SCOPES))
    documents = Documents(full.schema, views, max_tokens=1000, budget=2**20, plans=1)
    computed = COMPUTED | Explaining(views, full, documents, hides_schema=False).computed
    codec, cursors = IdCodec("a secret for tests"), CursorCodec("a secret for tests")
    return Planner(Engine(CATALOG, dialect_named(dialect), codec, cursors, guard, computed))


def id_of(noun: str, row: int) -> str:
    """An id as the plans here take it."""
    codec = planner_for("sqlite").engine.ids
    return codec.encode(codec.base(CATALOG.nouns[noun].number) + row)


def cursor_of(order: bytes, values: list[Any]) -> str:
    """A cursor as the plans here take it."""
    return planner_for("sqlite").engine.cursors.encode(order, WORKSPACE, values)


def planned(
    dialect: str, query: str, variables: Mapping[str, Any] | None = None, *, usual: bool = False
) -> list[Planned]:
    """The statements of a document in the order of their planning, parents before children; or only those that run
    where a record has as few of something as it should."""
    planner = planner_for(dialect)
    operation = Document(parse(query), whole_schema(), plans=8, charge=lambda _: None).operation(None)
    coerced = operation.coerce(variables or {})
    shapes = Shapes(cursor=null_pattern, node=lambda text: planner.engine.ids.decode(text)[0])
    plan = operation.plan(planner, shapes, coerced)
    run = Run(coerced, WORKSPACE, PRINCIPAL, parents=[1, 2])
    return [
        Planned(each.text, list(each.of(run).values)) for each in _statements(plan, {"if_many"} if usual else set())
    ]


def _statements(part: Any, without: set[str]) -> Iterator[Prepared]:
    if isinstance(part, Prepared):
        yield part
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            if field.name not in without:
                yield from _statements(getattr(part, field.name), without)
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _statements(item, without)
    elif isinstance(part, Mapping):
        for item in part.values():
            yield from _statements(item, without)
