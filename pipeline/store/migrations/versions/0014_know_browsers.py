"""Know browsers that somebody logged in with before, so that what others guess does not keep them out."""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", row_id(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_devices_user_id"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_devices"),
    )
    op.create_index("ix_devices_user_id", "devices", ["user_id"], unique=False)
    op.add_column("login_failures", sa.Column("device", sa.String(length=64), nullable=True))
    op.create_index("ix_login_failures_address", "login_failures", ["address"], unique=False)
    op.add_column("half_logins", sa.Column("device", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("half_logins", "device")
    op.drop_index("ix_login_failures_address", table_name="login_failures")
    op.drop_column("login_failures", "device")
    op.drop_table("devices")
