"""*plain*: what an ordinary Strawberry server answers: SQLAlchemy sessions, DataLoaders, ASGI view.

It changes what it is told to change and adds the event, and leaves out the rest: rules, references, custom fields.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.scalars import JSON

from app.domain.company import Company as CompanyRow
from app.domain.contact import Contact as ContactRow
from app.domain.contact import ContactSource, ContactStatus, contact_tag
from app.domain.event import Event as EventRow
from app.domain.message import Message as MessageRow
from app.domain.message import MessageStatus
from app.domain.pipeline import Pipeline as PipelineRow
from app.domain.pipeline import Stage as StageRow
from app.domain.tag import Tag as TagRow
from app.store.fold import search_text

URL = os.environ["BENCH_DATABASE"]
engine = create_async_engine(URL, connect_args={"timeout": 60})  # of SQLite: who writes waits for the others
sessions = async_sessionmaker(engine, expire_on_commit=False)
strawberry.enum(ContactSource)
strawberry.enum(ContactStatus)
strawberry.enum(MessageStatus)


@strawberry.type
class Tag:
    name: str


@strawberry.type
class TagConnection:
    nodes: list[Tag]


@strawberry.type
class Pipeline:
    name: str


@strawberry.type
class Stage:
    name: str
    row: strawberry.Private[Any]

    @strawberry.field
    async def pipeline(self, info: strawberry.Info) -> Pipeline:
        found = await info.context["pipelines"].load(self.row.pipeline_id)
        return Pipeline(name=found.name)


@strawberry.type
class Company:
    name: str


@strawberry.type
class Message:
    id: strawberry.ID
    subject: str | None
    status: MessageStatus
    sent_at: datetime | None


@strawberry.type
class MessageConnection:
    nodes: list[Message]


@strawberry.type
class Contact:
    id: strawberry.ID
    email: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    source: ContactSource
    status: ContactStatus
    score: int
    created_at: datetime
    custom_fields: JSON
    row: strawberry.Private[Any]

    @strawberry.field
    async def tags(self, info: strawberry.Info) -> TagConnection:
        return TagConnection(nodes=[Tag(name=tag.name) for tag in await info.context["tags"].load(self.row.id)])

    @strawberry.field
    async def stage(self, info: strawberry.Info) -> Stage | None:
        found = await info.context["stages"].load(self.row.stage_id)
        return Stage(name=found.name, row=found)

    @strawberry.field
    async def company(self, info: strawberry.Info) -> Company | None:
        return Company(name=(await info.context["companies"].load(self.row.company_id)).name)

    @strawberry.field
    async def messages(self, info: strawberry.Info, first: int) -> MessageConnection:
        rows = (await info.context["messages"].load(self.row.id))[:first]
        return MessageConnection(
            nodes=[
                Message(id=strawberry.ID(str(r.id)), subject=r.subject, status=r.status, sent_at=r.sent_at)
                for r in rows
            ]
        )


def contact(row: ContactRow) -> Contact:
    return Contact(
        id=strawberry.ID(str(row.id)),
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        phone=row.phone,
        source=row.source,
        status=row.status,
        score=row.score,
        created_at=row.created_at,
        custom_fields=row.custom_fields,
        row=row,
    )


@strawberry.input
class StatusFilter:
    eq: ContactStatus


@strawberry.input
class IDFilter:
    eq: strawberry.ID


@strawberry.input
class TagFilter:
    id: IDFilter


@strawberry.input
class TagListFilter:
    some: TagFilter


@strawberry.input
class IntFilter:
    gte: int


@strawberry.input
class ContactFilter:
    status: StatusFilter
    tags: TagListFilter
    score: IntFilter


@strawberry.type
class ContactConnection:
    nodes: list[Contact]
    query: strawberry.Private[Any]

    @strawberry.field
    async def total_count(self, info: strawberry.Info) -> int:
        return int(await info.context["session"].scalar(select(func.count()).select_from(self.query.subquery())))


@strawberry.type
class Query:
    @strawberry.field
    async def contact(self, info: strawberry.Info, id: strawberry.ID) -> Contact | None:
        row = await info.context["session"].get(ContactRow, int(id))
        return contact(row) if row else None

    @strawberry.field
    async def contacts(
        self, info: strawberry.Info, first: int, filter: ContactFilter | None = None
    ) -> ContactConnection:
        query = select(ContactRow).where(ContactRow.workspace_id == 1)
        if filter:
            tagged = select(contact_tag.c.contact_id).where(contact_tag.c.tag_id == int(filter.tags.some.id.eq))
            query = query.where(
                ContactRow.status == filter.status.eq, ContactRow.score >= filter.score.gte, ContactRow.id.in_(tagged)
            )
        page = query.order_by(ContactRow.created_at.desc(), ContactRow.id.desc()).limit(first)
        rows = (await info.context["session"].scalars(page)).all()
        return ContactConnection(nodes=[contact(row) for row in rows], query=query)


@strawberry.input
class CreateContactInput:
    email: str
    first_name: str
    last_name: str
    phone: str
    score: int
    custom_fields: JSON


@strawberry.type
class ContactPayload:
    contact: Contact


@strawberry.type
class ContactsPayload:
    results: list[ContactPayload]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_contact(self, info: strawberry.Info, input: CreateContactInput) -> ContactPayload:
        [made] = await _create(info.context["session"], [input])
        return made

    @strawberry.mutation
    async def create_contacts(self, info: strawberry.Info, contacts: list[CreateContactInput]) -> ContactsPayload:
        return ContactsPayload(results=await _create(info.context["session"], contacts))


async def _create(session: AsyncSession, given: list[CreateContactInput]) -> list[ContactPayload]:
    rows = []
    for each in given:
        row = ContactRow(workspace_id=1, **vars(each))
        row.search_text = search_text(each.first_name, each.last_name, each.email, each.phone)
        rows.append(row)
    session.add_all(rows)
    await session.flush()
    for row, each in zip(rows, given, strict=True):
        changes = {name: {"old": None, "new": value} for name, value in vars(each).items()}
        session.add(
            EventRow(workspace_id=1, type="contact.created", subject_type="Contact", subject_id=row.id, changes=changes)
        )
    await session.commit()
    return [ContactPayload(contact=contact(row)) for row in rows]


def _by_id(session: AsyncSession, model: Any) -> DataLoader[int, Any]:
    async def load(keys: list[int]) -> list[Any]:
        rows = {row.id: row for row in await session.scalars(select(model).where(model.id.in_(keys)))}
        return [rows.get(key) for key in keys]

    return DataLoader(load)


def _tags(session: AsyncSession) -> DataLoader[int, Any]:
    async def load(keys: list[int]) -> list[Any]:
        found: dict[int, list[Any]] = {key: [] for key in keys}
        joined = select(contact_tag.c.contact_id, TagRow).join(TagRow, TagRow.id == contact_tag.c.tag_id)
        for key, tag in await session.execute(joined.where(contact_tag.c.contact_id.in_(keys)).order_by(TagRow.name)):
            found[key].append(tag)
        return [found[key] for key in keys]

    return DataLoader(load)


def _messages(session: AsyncSession) -> DataLoader[int, Any]:
    async def load(keys: list[int]) -> list[Any]:
        found: dict[int, list[Any]] = {key: [] for key in keys}
        newest = select(MessageRow).where(MessageRow.contact_id.in_(keys)).order_by(MessageRow.created_at.desc())
        for row in await session.scalars(newest):
            found[row.contact_id].append(row)
        return [found[key] for key in keys]

    return DataLoader(load)


class View(GraphQL[Any, Any]):
    async def get_context(self, request: Any, response: Any) -> Any:
        session = request.scope["session"]
        return {
            "session": session,
            "stages": _by_id(session, StageRow),
            "pipelines": _by_id(session, PipelineRow),
            "companies": _by_id(session, CompanyRow),
            "tags": _tags(session),
            "messages": _messages(session),
        }


view = View(strawberry.Schema(query=Query, mutation=Mutation))


class WithSession:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with sessions() as session:
            await view(scope | {"session": session}, receive, send)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = Starlette(routes=[Route("/graphql", WithSession())], lifespan=lifespan)
