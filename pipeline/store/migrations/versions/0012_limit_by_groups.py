"""Limit people to document types and folders: groups, the folder of each file and document, and counts by folder."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None

AT_ONCE = 5_000
FOLDER = sa.String(length=255).with_variant(sa.String(length=255, collation="C"), "postgresql")

OLD_ROW = "state = OLD.state AND type = COALESCE(OLD.type, '') AND folder = OLD.folder"
LESS = (
    "UPDATE folder_counts SET documents = documents - 1, exceptions = exceptions - OLD.open_count "
    f"WHERE {OLD_ROW}; DELETE FROM folder_counts WHERE {OLD_ROW} AND documents <= 0;"
)
MORE = (
    "INSERT INTO folder_counts (state, type, folder, documents, exceptions) "
    "VALUES (NEW.state, COALESCE(NEW.type, ''), NEW.folder, 1, NEW.open_count) "
    "ON CONFLICT (state, type, folder) DO UPDATE SET documents = folder_counts.documents + 1, "
    "exceptions = folder_counts.exceptions + excluded.exceptions;"
)
COUNTED = "state, type, open_count, folder"
SQLITE = {
    "documents_folder_insert": f"AFTER INSERT ON documents BEGIN {MORE} END",
    "documents_folder_delete": f"AFTER DELETE ON documents BEGIN {LESS} END",
    "documents_folder_update": (
        f"AFTER UPDATE OF {COUNTED} ON documents WHEN OLD.state IS NOT NEW.state OR OLD.type IS NOT NEW.type "
        f"OR OLD.open_count IS NOT NEW.open_count OR OLD.folder IS NOT NEW.folder BEGIN {LESS} {MORE} END"
    ),
}
COUNT = f"""
CREATE FUNCTION proofdesk_count_folders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN {LESS} END IF;
    IF TG_OP <> 'DELETE' THEN {MORE} END IF;
    RETURN NULL;
END $$
"""
POSTGRESQL = {
    "documents_folder_change": (
        "AFTER INSERT OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION proofdesk_count_folders()"
    ),
    "documents_folder_update": (
        f"AFTER UPDATE OF {COUNTED} ON documents FOR EACH ROW "
        "WHEN (ROW(OLD.state, OLD.type, OLD.open_count, OLD.folder) "
        "IS DISTINCT FROM ROW(NEW.state, NEW.type, NEW.open_count, NEW.folder)) "
        "EXECUTE FUNCTION proofdesk_count_folders()"
    ),
}
ORDERS = {"due": "due_at", "rank": "rank"}


def row_id() -> sa.types.TypeEngine[int]:
    """SQLite gives only INTEGER primary keys a row id of their own."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "groups",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("allowance", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
        sa.UniqueConstraint("name", name="uq_groups_name"),
    )
    op.create_table(
        "group_members",
        sa.Column("group_id", row_id(), nullable=False),
        sa.Column("user_id", row_id(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_group_members_group_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_group_members_user_id"),
        sa.PrimaryKeyConstraint("group_id", "user_id", name="pk_group_members"),
    )
    op.create_index("ix_group_members_user_id", "group_members", ["user_id"], unique=False)
    op.create_table(
        "folder_counts",
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("folder", FOLDER, nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("exceptions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", "type", "folder", name="pk_folder_counts"),
    )
    for table in ("files", "documents"):
        op.add_column(table, sa.Column("folder", FOLDER, nullable=False, server_default=""))
    _note_folders()
    op.create_index("ix_files_folder", "files", ["folder"], unique=False)
    columns = ["state", "folder", "type", "due_at", "rank"]
    op.create_index("ix_documents_state_folder", "documents", columns, unique=False)
    for name, column in ORDERS.items():
        op.drop_index(f"ix_documents_state_{name}", "documents")
        columns = ["state", column, "id", "type", "folder"]
        op.create_index(f"ix_documents_state_{name}", "documents", columns, unique=False)
    op.execute(
        "INSERT INTO folder_counts (state, type, folder, documents, exceptions) "
        "SELECT state, COALESCE(type, ''), folder, COUNT(*), SUM(open_count) FROM documents "
        "GROUP BY state, COALESCE(type, ''), folder"
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, body in SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {body}")
        return
    op.execute(COUNT)
    for name, body in POSTGRESQL.items():
        op.execute(f"CREATE TRIGGER {name} {body}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name in POSTGRESQL:
            op.execute(f"DROP TRIGGER {name} ON documents")
        op.execute("DROP FUNCTION proofdesk_count_folders()")
    for name, column in ORDERS.items():
        op.drop_index(f"ix_documents_state_{name}", "documents")
        op.create_index(f"ix_documents_state_{name}", "documents", ["state", column, "id"], unique=False)
    op.drop_index("ix_documents_state_folder", "documents")
    op.drop_index("ix_files_folder", "files")
    for table in ("documents", "files"):
        op.drop_column(table, "folder")
    op.drop_table("folder_counts")
    op.drop_table("group_members")
    op.drop_table("groups")


def _note_folders() -> None:
    """Give each file that lay in a folder, and the documents it became, that folder."""
    connection = op.get_bind()
    names = sa.text("SELECT id, name FROM files WHERE id > :last ORDER BY id LIMIT :most")
    on_files = sa.text("UPDATE files SET folder = :folder WHERE id = :id")
    on_documents = sa.text("UPDATE documents SET folder = :folder WHERE file_id = :id")
    last = 0
    while rows := connection.execute(names, {"last": last, "most": AT_ONCE}).all():
        last = rows[-1][0]
        found = [
            {"id": file_id, "folder": folder}
            for file_id, name in rows
            if (folder := unicodedata.normalize("NFC", name).rpartition("/")[0][:255])
        ]
        if found:
            connection.execute(on_files, found)
            connection.execute(on_documents, found)
