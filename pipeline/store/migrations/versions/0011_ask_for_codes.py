"""Keep what one-time passwords are made from, recovery codes, and log-ins that wait for one."""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", row_id(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_second_factors_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("user_id", row_id(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"], unique=False)
    op.create_table(
        "half_logins",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", row_id(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_half_logins_user_id"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_half_logins"),
    )
    op.create_index("ix_half_logins_user_id", "half_logins", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("half_logins")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
