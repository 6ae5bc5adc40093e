"""Keep the samples that auditors draw, and what they find."""

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | None = None
depends_on: str | None = None


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    op.create_table(
        "samples",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("by_id", row_id(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("is_limited", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.String(length=100), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("population_sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=True),
        reference("samples", "by_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_samples"),
    )
    op.create_table(
        "sample_items",
        sa.Column("sample_id", row_id(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("approval_id", row_id(), nullable=False),
        sa.Column("document_id", row_id(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=True),
        reference("sample_items", "sample_id", "samples"),
        reference("sample_items", "approval_id", "approvals"),
        reference("sample_items", "document_id", "documents"),
        sa.PrimaryKeyConstraint("sample_id", "position", name="pk_sample_items"),
    )
    op.create_table(
        "sample_findings",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("sample_id", row_id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        reference("sample_findings", "sample_id", "samples"),
        sa.PrimaryKeyConstraint("id", name="pk_sample_findings"),
    )
    op.create_index("ix_sample_findings_sample_id", "sample_findings", ["sample_id"], unique=False)


def downgrade() -> None:
    op.drop_table("sample_findings")
    op.drop_table("sample_items")
    op.drop_table("samples")
