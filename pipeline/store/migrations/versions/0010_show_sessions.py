"""Keep where a session's browser was and what it is, so that people recognise their own."""

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("agent", sa.String(length=300), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sessions", "agent")
    op.drop_column("sessions", "address")
