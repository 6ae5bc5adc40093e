"""Sort and search by codes under a key in the vault; what is there already is written anew by the machine's upkeep."""

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | None = None
depends_on: str | None = None

SORTED = ("number", "party", "amount")
SEALED = '"sealed.1.'

SIGNED = ("id", "document_id", "revision", "by_id", "by", "at", "by_display", "meaning", "was_reviewer", "record_sha256")
APPROVALS = "A signed approval cannot be changed or removed, only superseded once, or emptied with its erased document."
SAME = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in (*SIGNED, "signed_with"))
SUPERSEDED = 'OLD.superseded_at IS NULL AND NEW."record" IS OLD."record"'
EMPTIED = (
    "NEW.superseded_at IS OLD.superseded_at AND NEW.\"record\" = '{}' "
    "AND EXISTS (SELECT 1 FROM documents WHERE id = OLD.document_id AND erased_at IS NOT NULL)"
)
NEWLY_SEALED = (
    f"NEW.superseded_at IS OLD.superseded_at AND OLD.\"record\" NOT LIKE '{SEALED}%' "
    f"AND NEW.\"record\" LIKE '{SEALED}%'"
)
ON_POSTGRESQL = """
CREATE OR REPLACE FUNCTION proofdesk_only_supersede_or_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at' AND OLD.superseded_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - 'record' = to_jsonb(OLD) - 'record' AND NEW.record::jsonb = '{}'::jsonb
        AND EXISTS (SELECT 1 FROM documents WHERE id = OLD.document_id AND erased_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;%s
    RAISE EXCEPTION '%s';
END $$
"""
SEALED_ON_POSTGRESQL = f"""
    IF to_jsonb(NEW) - 'record' = to_jsonb(OLD) - 'record' AND OLD.record::text NOT LIKE '{SEALED}%'
        AND NEW.record::text LIKE '{SEALED}%' THEN
        RETURN NEW;
    END IF;"""


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def bytewise(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade() -> None:
    for name in SORTED:
        op.drop_index(f"ix_documents_state_{name}", "documents")
        op.add_column("documents", sa.Column(f"{name}_order", bytewise(80), nullable=True))
        op.create_index(f"ix_documents_state_{name}", "documents", ["state", f"{name}_order", "id", "type", "folder"])
    op.drop_column("documents", "amount")
    for table in ("taught", "certificates"):
        op.add_column(table, sa.Column("key", sa.String(length=32), nullable=True))
    op.add_column("erasures", sa.Column("keys", sa.JSON(), nullable=False, server_default="[]"))
    _name_documents_of_findings()
    with op.batch_alter_table("search_terms") as batch:
        batch.alter_column("term", existing_type=bytewise(64), type_=bytewise(128), existing_nullable=False)
    op.create_table(
        "file_terms",
        sa.Column("file_id", row_id(), nullable=False),
        sa.Column("term", bytewise(128), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_file_terms_file_id"),
        sa.PrimaryKeyConstraint("file_id", "term", name="pk_file_terms"),
    )
    op.create_index("ix_file_terms_term", "file_terms", ["term", "file_id"])
    op.create_table(
        "list_coding",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_list_coding"),
    )
    op.execute("INSERT INTO list_coding (id, newest, oldest, done, upto) VALUES (1, 0, 0, 0, 0)")
    _guard_approvals(f"({SUPERSEDED}) OR ({EMPTIED}) OR ({NEWLY_SEALED})", SEALED_ON_POSTGRESQL)


def downgrade() -> None:
    _guard_approvals(f"({SUPERSEDED}) OR ({EMPTIED})", "")
    op.drop_table("list_coding")
    op.drop_table("file_terms")
    op.execute("DELETE FROM search_terms WHERE LENGTH(term) > 64")
    with op.batch_alter_table("search_terms") as batch:
        batch.alter_column("term", existing_type=bytewise(128), type_=bytewise(64), existing_nullable=False)
    with op.batch_alter_table("sample_findings") as batch:
        batch.drop_index("ix_sample_findings_document_id")
        batch.drop_constraint("fk_sample_findings_document_id", type_="foreignkey")
        batch.drop_column("document_id")
    op.drop_column("erasures", "keys")
    for table in ("certificates", "taught"):
        op.drop_column(table, "key")
    op.add_column("documents", sa.Column("amount", sa.Float(), nullable=True))
    for name in SORTED:
        op.drop_index(f"ix_documents_state_{name}", "documents")
        op.drop_column("documents", f"{name}_order")
        op.create_index(f"ix_documents_state_{name}", "documents", ["state", name, "id"])


def _name_documents_of_findings() -> None:
    op.add_column("sample_findings", sa.Column("document_id", row_id(), nullable=True))
    op.execute(
        "UPDATE sample_findings SET document_id = (SELECT document_id FROM sample_items "
        "WHERE sample_items.sample_id = sample_findings.sample_id "
        "AND sample_items.position = sample_findings.position)"
    )
    with op.batch_alter_table("sample_findings") as batch:
        batch.alter_column("document_id", existing_type=row_id(), nullable=False)
        batch.create_foreign_key("fk_sample_findings_document_id", "documents", ["document_id"], ["id"])
        batch.create_index("ix_sample_findings_document_id", ["document_id"])


def _guard_approvals(allowed: str, more: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER approvals_refuse_update")
        op.execute(
            f"CREATE TRIGGER approvals_refuse_update BEFORE UPDATE ON approvals WHEN NOT ({SAME} AND ({allowed})) "
            f"BEGIN SELECT RAISE(ABORT, '{APPROVALS}'); END"
        )
    else:
        op.execute(ON_POSTGRESQL % (more, APPROVALS))
