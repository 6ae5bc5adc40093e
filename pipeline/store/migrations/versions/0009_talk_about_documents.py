"""Keep comments on documents and whom they name; the database itself counts them, as it counts documents."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None

# what is withdrawn counts no more, and what was read waits for nobody
COUNTED = {
    "comments": ("withdrawn_at", "documents", "comment_count", "document_id"),
    "mentions": ("read_at", "users", "unread_mentions", "user_id"),
}


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def more(table: str) -> str:
    _, target, counter, key = COUNTED[table]
    return f"UPDATE {target} SET {counter} = {counter} + 1 WHERE id = NEW.{key};"


def less(table: str) -> str:
    _, target, counter, key = COUNTED[table]
    return f"UPDATE {target} SET {counter} = {counter} - 1 WHERE id = OLD.{key};"


def on_sqlite(table: str) -> dict[str, str]:
    over = COUNTED[table][0]
    return {
        f"{table}_count_insert": f"AFTER INSERT ON {table} WHEN NEW.{over} IS NULL BEGIN {more(table)} END",
        f"{table}_count_delete": f"AFTER DELETE ON {table} WHEN OLD.{over} IS NULL BEGIN {less(table)} END",
        f"{table}_count_over": (
            f"AFTER UPDATE OF {over} ON {table} WHEN OLD.{over} IS NULL AND NEW.{over} IS NOT NULL "
            f"BEGIN {less(table)} END"
        ),
        f"{table}_count_again": (
            f"AFTER UPDATE OF {over} ON {table} WHEN OLD.{over} IS NOT NULL AND NEW.{over} IS NULL "
            f"BEGIN {more(table)} END"
        ),
    }


def on_postgresql(table: str) -> str:
    over = COUNTED[table][0]
    return f"""
CREATE FUNCTION proofdesk_count_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF OLD.{over} IS NULL THEN {less(table)} END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF NEW.{over} IS NULL THEN {more(table)} END IF;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("document_id", row_id(), nullable=False),
        sa.Column("user_id", row_id(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("answers", row_id(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_comments_document_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_comments_user_id"),
        sa.ForeignKeyConstraint(["answers"], ["comments.id"], name="fk_comments_answers"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_document_id", "comments", ["document_id"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("user_id", row_id(), nullable=False),
        sa.Column("comment_id", row_id(), nullable=False),
        sa.Column("document_id", row_id(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_mentions_user_id"),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name="fk_mentions_comment_id"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_mentions_document_id"),
        sa.PrimaryKeyConstraint("user_id", "comment_id", name="pk_mentions"),
    )
    op.create_index("ix_mentions_comment_id", "mentions", ["comment_id"], unique=False)
    op.create_index("ix_mentions_user_document", "mentions", ["user_id", "document_id"], unique=False)
    op.add_column("documents", sa.Column("comment_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("unread_mentions", sa.Integer(), nullable=False, server_default="0"))
    for table in COUNTED:
        if op.get_bind().dialect.name == "sqlite":
            for name, body in on_sqlite(table).items():
                op.execute(f"CREATE TRIGGER {name} {body}")
        else:
            op.execute(on_postgresql(table))
            op.execute(
                f"CREATE TRIGGER {table}_count AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION proofdesk_count_{table}()"
            )


def downgrade() -> None:
    op.drop_table("mentions")  # its triggers go with it, and so do those of comments
    op.drop_table("comments")
    if op.get_bind().dialect.name != "sqlite":
        for table in COUNTED:
            op.execute(f"DROP FUNCTION proofdesk_count_{table}()")
    op.drop_column("users", "unread_mentions")
    op.drop_column("documents", "comment_count")
