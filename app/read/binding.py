"""Parameters of a statement: where each one's value comes from when the plan runs.

Values are always bound, never written into the text; the workspace rule and the key's guard are bound here too, so
every table access of every plan goes through `workspace_rule`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    FromClause,
    bindparam,
)

from app.access.guard import Guard
from app.access.principal import Principal
from app.catalog import Noun
from app.errors import BadUserInput
from app.rate import Standings
from app.read.arguments import Bound, Variables
from app.store.dialect import Dialect
from app.store.identity import IdCodec
from app.store.reading import Statement
from app.store.types import BigInt, Kind, unstorable


@dataclass(slots=True)
class Run:
    """What one execution of a plan is given, and whether a row has already proved that the principal still stands."""

    variables: Variables
    workspace_id: int
    principal: Principal
    standings: Standings = field(default_factory=Standings)  # of the limits that the request is under
    parents: Sequence[int] = ()
    key: int = 0  # of the one record that is looked up
    verified: bool = False


Source: TypeAlias = Callable[[Run], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement's text in the driver's style, and what gives its values in their order."""

    text: str
    values: Callable[[Run], tuple[Any, ...]]

    def of(self, run: Run) -> Statement:
        return Statement(self.text, self.values(run))


class Binder:
    """Collects the parameters of one statement while its SQL is built, then compiles it."""

    def __init__(self, dialect: Dialect, codec: IdCodec, numbers: dict[str, int], guard: Guard) -> None:
        self.dialect = dialect
        self.codec = codec
        self._numbers = numbers
        self._guard = guard
        self._sources: dict[str, Source | str] = {}
        self.workspace = self.bind(BigInt, "run.workspace_id")

    def bind(self, type_: Any, source: Source | str) -> BindParameter[Any]:
        """A parameter of a SQLAlchemy type; its value is a function of the run, or a Python expression of it."""
        name = f"p{len(self._sources)}"
        self._sources[name] = source
        # Not required: it gets its value when the plan runs, long after the statement is compiled.
        return bindparam(name, type_=type_, required=False)

    def value(self, given: Any, convert: Callable[[Any], Any]) -> Callable[..., BindParameter[Any]]:
        """What operators call to bind an API value: it goes through `convert`, then through the dialect's own form."""
        get = given.get if isinstance(given, Bound) else lambda _: given

        def bind(type_: Any, form: Callable[[Any], Any] | None = None) -> BindParameter[Any]:
            if form is None:
                return self.bind(type_, lambda run: convert(get(run.variables)))
            return self.bind(type_, lambda run: form(convert(get(run.variables))))

        return bind

    def parents(self, type_: Any, form: Callable[[Any], Any] | None = None) -> BindParameter[Any]:
        """The ids of the parents that a batched statement is for."""
        return self.bind(type_, (lambda run: form(run.parents)) if form else "run.parents")

    def workspace_rule(self, noun: Noun, source: FromClause) -> ColumnElement[bool]:
        """What every table access must satisfy: the row is of the caller's workspace."""
        return source.c[noun.workspace_column] == self.workspace

    def guard(self) -> ColumnElement[bool]:
        """Holds while the principal still stands; every request's first statement carries it."""
        return self._guard.condition(self.bind)

    def converter(self, kind: Kind, what: str, refers_to: str | None = None) -> Callable[[Any], Any]:
        """From the API's value of a kind to the database's; `what` names the field in errors."""
        if kind is Kind.ID:
            if refers_to is None:
                return self.codec.number
            number = self._numbers[refers_to]
            return lambda text: self.codec.key(number, text)
        if kind is Kind.ENUM:
            return lambda member: member.value
        if kind in {Kind.STRING, Kind.STRINGS}:
            return lambda text: clean(text, what)
        return lambda value: value

    def compile(self, statement: Executable) -> Prepared:
        compiled = statement.compile(dialect=self.dialect.sqlalchemy, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        names: dict[str, Any] = {}
        items: list[str] = []
        for name in compiled.positiontup or ():
            source = self._sources.get(name)
            if isinstance(source, str):
                items.append(source)
            else:
                names[name] = compiled.params[name] if source is None else source
                items.append(name if source is None else f"{name}(run)")
        listed = "".join(f"{item}, " for item in items)
        # One generated function instead of a call for each value: most are plain attributes of the run.
        return Prepared(str(compiled), eval(f"lambda run: ({listed})", names))


def clean(text: str, what: str) -> str:
    """Text that both databases can hold; `BadUserInput` otherwise."""
    reason = unstorable(text)
    if reason:
        raise BadUserInput(f"{what} must not contain {reason}.")
    return text
