"""Let keys run registered documents only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # The default is for servers of the version before, which still write keys without the column.
    op.add_column(
        "api_key", sa.Column("registered_documents_only", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
