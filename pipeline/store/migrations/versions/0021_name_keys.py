"""Name the key in the vault that each document's values are sealed under; what is there already stays as it is."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    for table in ("files", "documents"):
        op.add_column(table, sa.Column("key", sa.String(length=32), nullable=True))


def downgrade() -> None:
    for table in ("documents", "files"):
        op.drop_column(table, "key")
