"""Tags that mark contacts."""

from sqlalchemy import UniqueConstraint

from app.domain.contact import contact_tag
from app.resource import Many, Record, Resource, Through, Writing, text
from app.write import rules


class Tag(Record, table=True):
    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: str = text("Name, unique in the workspace.", max_length=100)
    color: str | None = text("Colour as #rrggbb.", max_length=7, default=None, rule=rules.color)


TAG = Resource(
    table=Tag,
    name="Tag",
    plural="tags",
    description="A mark on contacts.",
    scope="tags",
    write=Writing(),
    order=(("name", "ASC"),),
    links=(
        Many(
            "contacts", "Contact", "Contacts that carry the tag.", through=Through(contact_tag, "tag_id", "contact_id")
        ),
    ),
)
