"""The operations of an OpenAPI document as the pages show them, grouped by their tags."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

from app.docs.fields import Field, Reader
from app.docs.literals import JSON, write
from app.docs.samples import Call

Document: TypeAlias = Mapping[str, Any]

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_EVERYWHERE: Final = ("X-Request-Id", "X-RateLimit-")
"""Headers of all answers, which the guides tell of."""

_JSON: Final = "application/json"


@dataclass(frozen=True)
class Answer:
    """What one status is answered with; `fields` are those of the data."""

    status: int
    description: str
    headers: tuple[Field, ...]
    fields: tuple[Field, ...]
    example: str

    @property
    def phrase(self) -> str:
        return HTTPStatus(self.status).phrase

    @property
    def succeeds(self) -> bool:
        return self.status < 400


@dataclass(frozen=True)
class Operation:
    """A method at a path, with an example request of it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    deprecated: bool
    parameters: Mapping[str, tuple[Field, ...]]  # by place: path, query, header
    bodies: tuple[tuple[str, tuple[Field, ...]], ...]
    answers: tuple[Answer, ...]
    given: Mapping[str, Mapping[str, Any]]  # what the example gives, by place
    body: Any  # of the example; None for none
    query: str
    variables: str

    @property
    def words(self) -> str:
        """What it is found by."""
        return f"{self.method} {self.path} {self.summary} {self.id}".lower()

    @property
    def optional(self) -> list[tuple[str, Field]]:
        """The parameters that the example does without, each with its place."""
        return [
            (place, each)
            for place, fields in self.parameters.items()
            for each in fields
            if not each.required and each.name not in self.given[place]
        ]

    @property
    def playground(self) -> str:
        """The address of the playground with its GraphQL operation."""
        return f"/playground#{urlencode({'query': self.query, 'variables': self.variables}, quote_via=quote)}"

    def call(self, base: str) -> Call:
        """The example request at an address."""
        given = self.given["path"]
        path = re.sub(r"\{(\w+)\}", lambda found: quote(str(given.get(found[1], found[1])), safe=""), self.path)
        asked = urlencode(self.given["query"], doseq=True, quote_via=quote)
        headers = {name: str(value) for name, value in self.given["header"].items()}
        return Call(self.method, f"{base}{path}{'?' if asked else ''}{asked}", headers, self.body)

    @property
    def body_text(self) -> str:
        """The example's body as it is edited."""
        return write(self.body, JSON)


@dataclass(frozen=True)
class Group:
    """The operations of one tag; `slug` is its place in addresses."""

    slug: str
    name: str
    description: str
    section: str
    operations: list[Operation] = field(default_factory=list)


def groups_of(document: Document) -> tuple[Group, ...]:
    """All operations in the order of the tags and of the document."""
    sections = {tag: each["name"] for each in document.get("x-tagGroups", ()) for tag in each["tags"]}
    groups = {
        tag["name"]: Group(_slug(tag["name"]), tag["name"], tag.get("description", ""), sections.get(tag["name"], ""))
        for tag in document["tags"]
    }
    reader, mount = _Operations(document), document["servers"][0]["url"]
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                groups[item[method]["tags"][0]].operations.append(reader.read(method, mount + path, item[method]))
    return tuple(groups.values())


class _Operations:
    def __init__(self, document: Document) -> None:
        self._reader = Reader(document)

    def read(self, method: str, path: str, item: Mapping[str, Any]) -> Operation:
        parameters = [self._reader.resolve(each) for each in item.get("parameters", ())]
        content = self._reader.resolve(item.get("requestBody", {})).get("content", {}).get(_JSON, {})
        summary = item.get("summary", item["operationId"])
        equal = item.get("x-graphql", {"query": "", "variables": {}})
        return Operation(
            id=item["operationId"],
            method=method.upper(),
            path=path,
            summary=summary,
            description=item.get("description", ""),
            scopes=tuple(item.get("x-scopes", ())),
            deprecated=item.get("deprecated", False),
            parameters={place: self._fields(parameters, place) for place in ("path", "query", "header")},
            bodies=tuple(self._reader.forms(content["schema"])) if content else (),
            answers=tuple(self._answers(item["responses"])),
            given={place: dict(_examples(parameters, place)) for place in ("path", "query", "header")},
            body=next(iter(_contents(content)), None),
            query=equal["query"],
            variables=json.dumps(equal["variables"], indent=2, ensure_ascii=False),
        )

    def _fields(self, parameters: list[Mapping[str, Any]], place: str) -> tuple[Field, ...]:
        return tuple(
            self._reader.field(
                each["name"], each["schema"], required=each.get("required", False), told=each.get("description", "")
            )
            for each in parameters
            if each["in"] == place
        )

    def _answers(self, responses: Mapping[str, Any]) -> Iterator[Answer]:
        for status, given in responses.items():
            answer = self._reader.resolve(given)
            content = answer.get("content", {}).get(_JSON, {})
            yield Answer(
                int(status),
                answer["description"],
                tuple(self._headers(answer.get("headers", {}))),
                self._data(content.get("schema", {})),
                next((write(each, JSON) for each in _contents(content)), ""),
            )

    def _data(self, envelope: Mapping[str, Any]) -> tuple[Field, ...]:
        """The fields of what the envelope is around, or of each of them."""
        data = self._reader.resolve(envelope).get("properties", {}).get("data", {})
        return self._reader.field("data", data).fields

    def _headers(self, headers: Mapping[str, Any]) -> Iterator[Field]:
        for name, given in headers.items():
            header = self._reader.resolve(given)
            if not name.startswith(_EVERYWHERE):
                yield self._reader.field(name, header["schema"], told=header.get("description", ""))


def _examples(parameters: list[Mapping[str, Any]], place: str) -> Iterator[tuple[str, Any]]:
    for each in parameters:
        if each["in"] == place and "example" in each:
            yield each["name"], each["example"]


def _contents(content: Mapping[str, Any]) -> Iterator[Any]:
    """The examples of a body."""
    if "example" in content:
        yield content["example"]
    for each in content.get("examples", {}).values():
        yield each["value"]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
