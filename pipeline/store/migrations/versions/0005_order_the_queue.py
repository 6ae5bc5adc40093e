"""Keep each document's place in the queue, how fast fields are settled, and how many documents are in which state."""

import math
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

INDICES = {
    "rank": ("rank", "id"),
    "received": ("received_at", "id"),
    "type": ("type", "due_at", "id"),
    "number": ("number", "id"),
    "party": ("party", "id"),
    "amount": ("amount", "id"),
    "open": ("open_count", "id"),
}
COLUMNS = ("chance", "seconds", "rank", "priority", "priority_why")

LESS = (
    "UPDATE document_counts SET documents = documents - 1, exceptions = exceptions - OLD.open_count "
    "WHERE state = OLD.state AND type = COALESCE(OLD.type, '');"
)
MORE = (
    "INSERT INTO document_counts (state, type, documents, exceptions) "
    "VALUES (NEW.state, COALESCE(NEW.type, ''), 1, NEW.open_count) "
    "ON CONFLICT (state, type) DO UPDATE SET documents = document_counts.documents + 1, "
    "exceptions = document_counts.exceptions + excluded.exceptions;"
)
SQLITE = {
    "documents_count_insert": f"AFTER INSERT ON documents BEGIN {MORE} END",
    "documents_count_delete": f"AFTER DELETE ON documents BEGIN {LESS} END",
    "documents_count_update": (
        "AFTER UPDATE OF state, type, open_count ON documents WHEN OLD.state IS NOT NEW.state "
        f"OR OLD.type IS NOT NEW.type OR OLD.open_count IS NOT NEW.open_count BEGIN {LESS} {MORE} END"
    ),
}
COUNT = f"""
CREATE FUNCTION proofdesk_count_documents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN {LESS} END IF;
    IF TG_OP <> 'DELETE' THEN {MORE} END IF;
    RETURN NULL;
END $$
"""
POSTGRESQL = {
    "documents_count_change": (
        "AFTER INSERT OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION proofdesk_count_documents()"
    ),
    "documents_count_update": (
        "AFTER UPDATE OF state, type, open_count ON documents FOR EACH ROW "
        "WHEN (ROW(OLD.state, OLD.type, OLD.open_count) IS DISTINCT FROM ROW(NEW.state, NEW.type, NEW.open_count)) "
        "EXECUTE FUNCTION proofdesk_count_documents()"
    ),
}
START = datetime(2026, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    op.add_column("documents", sa.Column("chance", sa.Float(), nullable=True))
    op.add_column("documents", sa.Column("seconds", sa.Float(), nullable=True))
    op.add_column("documents", sa.Column("rank", sa.Float(), nullable=True))
    op.add_column("documents", sa.Column("priority", sa.String(length=8), nullable=False, server_default="normal"))
    op.add_column("documents", sa.Column("priority_why", sa.Text(), nullable=True))
    _rank_what_waits()
    for name, columns in INDICES.items():
        op.create_index(f"ix_documents_state_{name}", "documents", ["state", *columns], unique=False)
    op.create_index("ix_claims_user_id", "claims", ["user_id"], unique=False)
    op.create_table(
        "paces",
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("type", "field", name="pk_paces"),
    )
    op.create_table(
        "document_counts",
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("exceptions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", "type", name="pk_document_counts"),
    )
    op.execute(
        "INSERT INTO document_counts (state, type, documents, exceptions) "
        "SELECT state, COALESCE(type, ''), COUNT(*), SUM(open_count) FROM documents GROUP BY state, COALESCE(type, '')"
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
        op.execute("DROP FUNCTION proofdesk_count_documents()")
    op.drop_table("document_counts")
    op.drop_table("paces")
    op.drop_index("ix_claims_user_id", "claims")
    for name in INDICES:
        op.drop_index(f"ix_documents_state_{name}", "documents")
    for name in reversed(COLUMNS):
        op.drop_column("documents", name)


def _rank_what_waits() -> None:
    """Give documents under review a place by their open fields' confidence; their next change makes it exact."""
    documents = sa.table(
        "documents",
        sa.column("id", sa.BigInteger),
        sa.column("state"),
        sa.column("amount", sa.Float),
        sa.column("received_at", sa.DateTime(timezone=True)),
        sa.column("chance", sa.Float),
        sa.column("seconds", sa.Float),
        sa.column("rank", sa.Float),
    )
    fields = sa.table(
        "fields", sa.column("document_id", sa.BigInteger), sa.column("state"), sa.column("confidence", sa.Float)
    )
    columns = (documents.c.id, documents.c.amount, documents.c.received_at, fields.c.confidence)
    found = op.get_bind().execute(
        sa.select(*columns)
        .join(fields, sa.and_(fields.c.document_id == documents.c.id, fields.c.state == "open"))
        .where(documents.c.state.in_(["review", "held"]))
    )
    open_ones: dict[int, tuple[float, int, float | None, datetime]] = {}
    for document_id, amount, received_at, confidence in found:
        right, count, _, _ = open_ones.get(document_id, (1.0, 0, amount, received_at))
        open_ones[document_id] = (right * confidence, count + 1, amount, received_at)
    ranked: list[dict[str, float]] = []
    for document_id, (right, count, amount, received_at) in open_ones.items():
        chance, seconds = 1 - right, 6.0 + 5.0 * count
        at_risk = 100.0 if amount is None else min(max(abs(amount), 1.0), 10_000_000.0)
        aware = received_at if received_at.tzinfo else received_at.replace(tzinfo=UTC)
        rank = math.log2(at_risk * max(chance, 0.01) / seconds) - (aware - START).total_seconds() / 43_200
        ranked.append({"row": document_id, "chance": chance, "seconds": seconds, "rank": rank})
    if ranked:
        op.get_bind().execute(
            documents.update()
            .where(documents.c.id == sa.bindparam("row"))
            .values(chance=sa.bindparam("chance"), seconds=sa.bindparam("seconds"), rank=sa.bindparam("rank")),
            ranked,
        )
