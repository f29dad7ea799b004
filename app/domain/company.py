"""Companies that contacts work for."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint

from app.domain.custom_field import CustomFieldEntity
from app.domain.custom_field_values import values_checked
from app.resource import Many, Record, Resource, Writing, integer, json_object, private, text
from app.store.types import LongText
from app.write import rules


class Company(Record, table=True):
    __tablename__ = "company"
    __table_args__ = (
        Index("ix_company_newest", "workspace_id", "created_at", "id"),
        Index("ix_company_domain", "workspace_id", "domain"),
        UniqueConstraint("workspace_id", "external_id"),
    )

    name: str = text("Name of the company.", max_length=200)
    domain: str | None = text(
        "Internet domain, for instance acme.com.", max_length=253, default=None, rule=rules.domain
    )
    industry: str | None = text("Line of business.", max_length=100, default=None, group=True)
    size: int | None = integer("Number of employees.", low=0, high=10_000_000, default=None)
    website: str | None = text("Address of the website.", max_length=500, default=None, rule=rules.url)
    location: str | None = text("Where the company is seated.", max_length=200, default=None, group=True)
    external_id: str | None = text("The company's id in the system it was imported from.", max_length=200, default=None)
    custom_fields: dict[str, Any] = json_object(
        "Further values by key, given back as they were sent. An update changes the given keys; null removes a key."
    )
    search_text: str = private(LongText, "What search looks in: name, domain, industry, location, folded.", default="")


COMPANY = Resource(
    table=Company,
    name="Company",
    plural="companies",
    description="An organisation that contacts work for.",
    scope="companies",
    write=Writing(
        soft=True, bulk=True, keys=("domain", "external_id"), prepare=values_checked(CustomFieldEntity.COMPANY)
    ),
    search=("name", "domain", "industry", "location"),
    links=(Many("contacts", "Contact", "The contacts who work for the company.", column="company_id"),),
)
