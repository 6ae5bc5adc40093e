"""Keep the first of two signatures under a document, until the second is given."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "signatures",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("document_id", row_id(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", row_id(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("by_display", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("was_reviewer", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_signatures_document_id"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_signatures_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_signatures"),
    )
    op.create_index("ix_signatures_document_id", "signatures", ["document_id"], unique=False)


def downgrade() -> None:
    op.drop_table("signatures")
