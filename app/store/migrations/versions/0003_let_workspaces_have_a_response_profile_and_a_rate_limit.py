"""Let workspaces have a response profile and a rate limit."""

import sqlalchemy as sa
from alembic import op

from app.store.types import varchar

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # The default is for servers of the version before, which still write workspaces without the column.
    profile = sa.Column("response_profile", varchar(32), server_default="envelope", nullable=False)
    op.add_column("workspace", profile)
    op.add_column("workspace", sa.Column("rate_limit", varchar(32), nullable=True))
