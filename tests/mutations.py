"""Valid calls of every verb, made from its declaration: a new verb is tested by `test_every_mutation.py` as well.

A call is made for records of its own, so that many of them can share one database. Where a verb wants more than its
declaration says (a record in some state, one of two arguments), `ARRANGED` and `FITTING` say so.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeAlias

from graphql import GraphQLSchema, get_named_type, is_leaf_type

from app.catalog import Noun
from app.domain import CATALOG, VERBS, key_rules
from app.graph.schema import assemble
from app.resource import Choice, Exposure
from app.store.fold import search_text
from app.store.session import transaction
from app.store.types import Kind
from app.verb import Form, Given, Report, Shown, Verb
from app.write import rules
from tests.serving import Client

Arguments: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]

NAMED: Mapping[str, Verb] = {verb.name: verb for verb in VERBS}

_numbers = count(1)
_SAMPLES: Mapping[Callable[[str], str] | None, str] = {
    None: "Some text {}",
    rules.not_blank: "Some text {}",
    rules.email: "somebody{}@example.org",
    rules.phone: "+1 555 0{:05}",
    rules.url: "https://example.org/{}",
    rules.domain: "d{}.example.org",
    rules.color: "#{:06x}",
    rules.key: "key{}",
    key_rules.key_name: "Some name {}",
}
"""A text that a rule takes; made unique by a number."""


# What is declared


def given_to(arguments: Iterable[Given]) -> Iterator[Given]:
    """Arguments, and the fields of the inputs among them."""
    for given in arguments:
        yield given
        if isinstance(given.type, Form):
            yield from given_to(given.type.fields)


def shown_by(returns: Iterable[Shown]) -> Iterator[Shown]:
    """Fields of a payload, and of the reports in it."""
    for shown in returns:
        yield shown
        if isinstance(shown.type, Report):
            yield from shown_by(shown.type.fields)


@dataclass(frozen=True)
class Place:
    """A value in the arguments of a call, and what is declared of it; `item` if it is one of a list."""

    path: Path
    given: Given
    item: bool = False

    @property
    def field(self) -> list[str]:
        """As a user error names it."""
        return [str(step) for step in self.path]


def places(declared: Iterable[Given], arguments: Mapping[str, Any], path: Path = ()) -> Iterator[Place]:
    """Every value in some arguments: the arguments, the fields of inputs, and the first item of each list."""
    for given in declared:
        if given.name in arguments:
            place = Place((*path, given.name), given)
            yield place
            value = arguments[given.name]
            if given.many:
                place = Place((*place.path, 0), given, item=True)
                yield place
                value = value[0]
            if isinstance(given.type, Form):
                yield from places(given.type.fields, value, place.path)


def replaced(arguments: Arguments, path: Path, value: Any) -> Arguments:
    """The arguments with another value at a place."""
    changed: Any = deepcopy(arguments)
    *way, last = path
    inner = changed
    for step in way:
        inner = inner[step]
    inner[last] = value
    return changed  # type: ignore[no-any-return]


# Documents


@cache
def full_schema() -> GraphQLSchema:
    """All that there is."""
    return assemble(CATALOG, VERBS)._schema


def document(verb: Verb, arguments: Iterable[str], *, dry_run: bool = False, shown: str | None = None) -> str:
    """The mutation with these arguments as variables; unless told what to show, all of its payload, links aside."""
    return _document(verb.name, tuple(arguments), dry_run, shown)


@cache
def _document(name: str, arguments: tuple[str, ...], dry_run: bool, shown: str | None) -> str:
    mutation = full_schema().mutation_type
    assert mutation is not None
    field = mutation.fields[name]
    variables = [f"${argument}: {field.args[argument].type}" for argument in arguments]
    passed = [f"{argument}: ${argument}" for argument in arguments] + ["dryRun: true"] * dry_run
    selection = shown or _selection(get_named_type(field.type))
    return f"mutation {_listed(variables)} {{ {name}{_listed(passed)} {{ {selection} }} }}"


def _listed(arguments: list[str]) -> str:
    return f"({', '.join(arguments)})" if arguments else ""


def _selection(type_: Any) -> str:
    parts = []
    for name, field in type_.fields.items():
        target = get_named_type(field.type)
        if is_leaf_type(target):
            parts.append(name)
        elif type_.name not in CATALOG.nouns:
            parts.append(f"{name} {{ {_selection(target)} }}")
    return " ".join(parts)


def errors_of(payload: Any) -> list[Mapping[str, Any]]:
    """All user errors of a payload, also those of its rows."""
    if isinstance(payload, list):
        return [error for item in payload for error in errors_of(item)]
    if not isinstance(payload, Mapping):
        return []
    below = (each for name, value in payload.items() if name != "userErrors" for each in errors_of(value))
    return [*payload.get("userErrors", ()), *below]


# Calls


@dataclass(frozen=True)
class Maker:
    """Makes records and calls in one of the workspaces of a client's world."""

    client: Client
    workspace: str = "acme"

    async def key(self, noun_name: str, **values: Any) -> int:
        """The key of a new record with these columns, the least else, written past the API."""
        noun = CATALOG.nouns[noun_name]
        if noun_name == "Workspace":
            return self.client.rows[self.workspace]
        row = noun.resource.table().model_dump(exclude={"id"}, warnings=False) | values
        row["workspace_id"] = self.client.rows[self.workspace]
        for column in noun.table.columns:
            if column.name not in row and not column.primary_key:
                row[column.name] = await self._column(noun, column.name, column.info["exposure"])
        if noun.resource.search:
            row["search_text"] = search_text(*(row[name] for name in noun.resource.search))
        async with transaction(self.client.database) as tx:
            made = await tx.connection.execute(noun.table.insert().values(row).returning(noun.table.c.id))
            return int(made.scalar_one())

    async def _column(self, noun: Noun, name: str, exposure: Exposure) -> Any:
        if exposure.refers_to is not None:
            return await self.key(CATALOG.by_table[exposure.refers_to].name)
        if exposure.enum is not None:
            return next(iter(exposure.enum)).value
        length = getattr(noun.table.c[name].type, "length", None)
        return _text(exposure.rule, length) if exposure.kind is Kind.STRING else 1

    async def id(self, noun_name: str, **values: Any) -> str:
        """The id of a new record."""
        return self.shown(noun_name, await self.key(noun_name, **values))

    def shown(self, noun_name: str, key: int) -> str:
        """The id of a record as the API shows it."""
        ids = self.client.app.ids
        return ids.encode(ids.base(CATALOG.nouns[noun_name].number) + key)

    async def arguments(self, verb: Verb, *, full: bool = False) -> Arguments:
        """Valid arguments, the least or all, for records that are new."""
        made = await self._fields(verb.name, verb.arguments, full=full)
        if verb.name in ARRANGED:
            made |= await ARRANGED[verb.name](self)
        if verb.name in AFTER:
            made |= await self._done(NAMED[AFTER[verb.name]], made)
        return made

    async def _done(self, verb: Verb, wanted: Arguments) -> Arguments:
        arguments = await self.arguments(verb)
        key = {"acme": "all", "globex": "foreign"}[self.workspace]
        data = await self.client.ask(document(verb, arguments), arguments, key=key)
        assert not errors_of(data)
        return {
            name: 2 if name == "ifVersion" else arguments[name] for name in wanted if name in (*arguments, "ifVersion")
        }

    async def _fields(self, of: str, declared: Iterable[Given], *, full: bool) -> Arguments:
        made = {}
        for given in declared:
            place = (of, given.name)
            if (full or given.required or given.said or place in NEEDED) and place not in LEFT_OUT:
                made[given.name] = FITTING[place]() if place in FITTING else await self._value(given, full=full)
        return made

    async def _value(self, given: Given, *, full: bool) -> Any:
        one = await self._one(given, full=full)
        return [one] if given.many else one

    async def _one(self, given: Given, *, full: bool) -> Any:
        if isinstance(given.type, Form):
            return await self._fields(given.type.name, given.type.fields, full=full)
        if isinstance(given.type, str):
            return {"id": {"eq": await self.id(given.type)}}
        if not isinstance(given.type, Kind):
            return _member(given.type)
        if given.type is Kind.ID and given.refers_to is not None:
            return await self.id(given.refers_to)
        if given.type is Kind.INT:
            return 1 if given.low is None else given.low
        return _text(given.rule, given.max_length) if given.type is Kind.STRING else _PLAIN[given.type]


_PLAIN: Mapping[Kind, Any] = {
    Kind.FLOAT: 1.5,
    Kind.BOOLEAN: True,
    Kind.DATETIME: "2040-01-01T00:00:00.000Z",
    Kind.STRINGS: ["one"],
    Kind.JSON: {"color": "blue"},
}


def _text(rule: Callable[[str], str] | None, length: int | None) -> str:
    assert rule in _SAMPLES, f"_SAMPLES needs a text that {rule} takes"
    return _SAMPLES[rule].format(next(_numbers))[:length]


def _member(enum: type[Choice]) -> str:
    return next(iter(enum)).name


# What declarations do not say


async def _option_list(maker: Maker) -> Arguments:
    return {"id": await maker.id("CustomField", type="enum", options=["two"])}


async def _dynamic_list(maker: Maker) -> Arguments:
    return {"id": await maker.id("ContactList", kind="dynamic", filter={})}


async def _stages(maker: Maker) -> Arguments:
    pipeline = await maker.key("Pipeline")
    stages = [await maker.id("Stage", pipeline_id=pipeline, position=position) for position in range(2)]
    return {"pipelineId": maker.shown("Pipeline", pipeline), "stageIds": stages[::-1]}


async def _steps(maker: Maker) -> Arguments:
    automation = await maker.key("Automation")
    steps = [await maker.id("AutomationStep", automation_id=automation, position=position) for position in range(2)]
    return {"automationId": maker.shown("Automation", automation), "automationStepIds": steps[::-1]}


async def _reversible(maker: Maker) -> Arguments:
    await maker.client.change_workspace(maker.workspace, revocation_policy="reversible")
    return {}


def _automation(status: str, argument: str = "id") -> Callable[[Maker], Awaitable[Arguments]]:
    async def made(maker: Maker) -> Arguments:
        automation = await maker.key("Automation", status=status)
        await maker.key("AutomationStep", automation_id=automation, kind="send", settings={"body": "Hello"})
        return {argument: maker.shown("Automation", automation)}

    return made


async def _written(maker: Maker) -> Arguments:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return {"id": await maker.id("Message", body="Hello"), "at": tomorrow.isoformat()}


NEEDED = frozenset(
    {
        ("CreateApiKeyInput", "name"),
        ("CreateApiKeyInput", "scopes"),
        ("CreateAutomationStepInput", "settings"),
        ("CreateWebhookInput", "events"),
        ("UpdateWebhookInput", "events"),
        ("UpsertContactInput", "email"),
        ("UpsertCompanyInput", "domain"),
        *((f"{verb}{nouns}", "ids") for verb in ("update", "delete") for nouns in ("Contacts", "Companies")),
    }
)
"""Of verbs and inputs, what may be left out by its declaration, and may not."""

LEFT_OUT = frozenset({("CreateApiKeyInput", "label")}) | frozenset(
    (f"{verb}{nouns}", "filter") for verb in ("update", "delete") for nouns in ("Contacts", "Companies")
)
"""What cannot be given beside the rest."""

FITTING: Mapping[tuple[str, str], Callable[[], Any]] = {
    ("CreateAutomationStepInput", "settings"): lambda: {"body": "Hello"},
    ("UpdateAutomationStepInput", "settings"): lambda: {"body": "Hello"},
    ("CreateContactListInput", "kind"): lambda: "DYNAMIC",
    ("CreateContactListInput", "filter"): lambda: {"status": {"eq": "NEW"}},
    ("UpdateContactListInput", "filter"): lambda: {"status": {"eq": "NEW"}},
    ("CreateSenderProfileInput", "address"): lambda: _text(rules.email, None),
    ("UpdateSenderProfileInput", "address"): lambda: _text(rules.email, None),
    ("CreateWebhookInput", "events"): lambda: ["contact.created"],
    ("UpdateWebhookInput", "events"): lambda: ["contact.created"],
    ("CreateApiKeyInput", "scopes"): lambda: ["contacts:read"],
    ("CreateApiKeyInput", "allowedIps"): lambda: ["192.0.2.0/24"],
    ("UpdateApiKeyInput", "scopes"): lambda: ["contacts:read"],
    ("UpdateApiKeyInput", "allowedIps"): lambda: ["192.0.2.0/24"],
    ("createPlaygroundKey", "scopes"): lambda: ["contacts:read"],
    ("DefineCustomFieldInput", "type"): lambda: "ENUM",
    ("LogInboundMessageInput", "receivedAt"): lambda: "2026-01-01T00:00:00.000Z",
}
"""Values that go with the others."""

ARRANGED: Mapping[str, Callable[[Maker], Awaitable[Arguments]]] = {
    "updateCustomField": _option_list,
    "updateContactList": _dynamic_list,
    "reorderStages": _stages,
    "reorderAutomationSteps": _steps,
    "activateAutomation": _automation("draft"),
    "pauseAutomation": _automation("active"),
    "enrollContacts": _automation("active", "automationId"),
    "scheduleMessage": _written,
    "reactivateApiKey": _reversible,
}
"""Records in the state that a verb wants them in."""

AFTER: Mapping[str, str] = {
    "restoreContact": "deleteContact",
    "purgeContact": "deleteContact",
    "restoreCompany": "deleteCompany",
    "purgeCompany": "deleteCompany",
    "removeTagsFromContacts": "addTagsToContacts",
    "removeContactsFromList": "addContactsToList",
    "unenrollContacts": "enrollContacts",
    "resumeAutomation": "pauseAutomation",
    "cancelMessage": "scheduleMessage",
    "unarchiveProject": "archiveProject",
    "activateSenderProfile": "pauseSenderProfile",
    "resumeWebhook": "pauseWebhook",
    "reactivateApiKey": "revokeApiKey",
    "reopenTask": "completeTask",
}
"""By verb, the one that it undoes: it is done to the same records before."""
