"""Let documents be erased: requests and tombstones, legal holds, and a signed record that may become empty."""

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | None = None
depends_on: str | None = None

SIGNED = ("id", "document_id", "revision", "by_id", "by", "at", "by_display", "meaning", "was_reviewer", "record_sha256")
"""What never changes, whatever becomes of an approval."""
APPROVALS = "A signed approval cannot be changed or removed, only superseded once, or emptied with its erased document."

SAME = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in (*SIGNED, "signed_with"))
SUPERSEDED = 'OLD.superseded_at IS NULL AND NEW."record" IS OLD."record"'
EMPTIED = (
    "NEW.superseded_at IS OLD.superseded_at AND NEW.\"record\" = '{}' "
    "AND EXISTS (SELECT 1 FROM documents WHERE id = OLD.document_id AND erased_at IS NOT NULL)"
)
SQLITE = (
    f"CREATE TRIGGER approvals_refuse_update BEFORE UPDATE ON approvals WHEN NOT ({SAME} AND (({SUPERSEDED}) "
    f"OR ({EMPTIED}))) BEGIN SELECT RAISE(ABORT, '{APPROVALS}'); END"
)
POSTGRESQL = f"""
CREATE FUNCTION proofdesk_only_supersede_or_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at' AND OLD.superseded_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - 'record' = to_jsonb(OLD) - 'record' AND NEW.record::jsonb = '{{}}'::jsonb
        AND EXISTS (SELECT 1 FROM documents WHERE id = OLD.document_id AND erased_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '{APPROVALS}';
END $$
"""
BEFORE = (
    "id", "document_id", "revision", "by_id", "by", "at", "by_display", "meaning", "was_reviewer", "record",
    "record_sha256",
)  # fmt: skip
APPROVALS_BEFORE = "A signed approval cannot be changed or removed, only superseded once."


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("documents", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("files", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "erasures",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("file_id", row_id(), nullable=False),
        sa.Column("document_id", row_id(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_by", sa.String(length=200), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("cleared", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_erasures_file_id"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_erasures_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_file_id", "erasures", ["file_id"])
    op.create_index("ix_erasures_document_id", "erasures", ["document_id"])
    op.create_index("ix_erasures_state", "erasures", ["state"])
    op.create_table(
        "legal_holds",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("document_id", row_id(), nullable=False),
        sa.Column("matter", sa.String(length=120), nullable=False),
        sa.Column("placed_by", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=200), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_legal_holds_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_index("ix_legal_holds_document", "legal_holds", ["document_id", "released_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER approvals_refuse_update")
        op.execute(SQLITE)
        return
    op.execute("DROP TRIGGER approvals_refuse_update ON approvals")
    op.execute(POSTGRESQL)
    op.execute(
        "CREATE TRIGGER approvals_refuse_update BEFORE UPDATE ON approvals FOR EACH ROW "
        "EXECUTE FUNCTION proofdesk_only_supersede_or_empty()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER approvals_refuse_update")
        changed = " OR ".join(f'NEW."{column}" IS NOT OLD."{column}"' for column in BEFORE)
        op.execute(
            f"CREATE TRIGGER approvals_refuse_update BEFORE UPDATE ON approvals WHEN OLD.superseded_at IS NOT NULL "
            f"OR {changed} BEGIN SELECT RAISE(ABORT, '{APPROVALS_BEFORE}'); END"
        )
    else:
        op.execute("DROP TRIGGER approvals_refuse_update ON approvals")
        op.execute("DROP FUNCTION proofdesk_only_supersede_or_empty()")
        op.execute(
            "CREATE TRIGGER approvals_refuse_update BEFORE UPDATE ON approvals FOR EACH ROW "
            f"EXECUTE FUNCTION proofdesk_only_supersede('{APPROVALS_BEFORE}')"
        )
    op.drop_table("legal_holds")
    op.drop_table("erasures")
    op.drop_column("files", "erased_at")
    op.drop_column("documents", "erased_at")
