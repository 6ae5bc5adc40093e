"""Let groups limit what a token sees; those that are there see everything, as they did."""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("api_tokens", sa.Column("groups", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_tokens", "groups")
