"""Keep when a session signed last, and how whoever signed was known."""

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("approvals", sa.Column("signed_with", sa.String(length=32), nullable=True))
    op.add_column("signatures", sa.Column("signed_with", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("signatures", "signed_with")
    op.drop_column("approvals", "signed_with")
    op.drop_column("sessions", "signed_at")
