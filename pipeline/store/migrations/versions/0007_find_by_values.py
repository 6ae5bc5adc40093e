"""Find documents by any of their values: the terms of each, and those of its file's name."""

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from pipeline.domain.terms import terms_of

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

AT_ONCE = 500

TERM = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "search_terms",
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("term", TERM, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_search_terms_document_id"),
        sa.PrimaryKeyConstraint("document_id", "term", name="pk_search_terms"),
    )
    _index_what_is_there()
    op.create_index("ix_search_terms_term", "search_terms", ["term", "document_id"], unique=False)


def downgrade() -> None:
    op.drop_table("search_terms")


def _index_what_is_there() -> None:
    terms = sa.table("search_terms", sa.column("document_id", sa.BigInteger), sa.column("term"))
    connection = op.get_bind()
    names = sa.text(
        "SELECT documents.id, files.name FROM documents JOIN files ON files.id = documents.file_id "
        "WHERE documents.id > :last ORDER BY documents.id LIMIT :most"
    )
    values = sa.text(
        "SELECT document_id, name, value FROM fields WHERE document_id > :first AND document_id <= :last "
        "AND state <> 'absent' AND value IS NOT NULL"
    )
    last = 0
    while rows := connection.execute(names, {"last": last, "most": AT_ONCE}).all():
        first, last = last, rows[-1][0]
        found: dict[int, dict[str, Any]] = defaultdict(dict)
        for document_id, field, value in connection.execute(values, {"first": first, "last": last}):
            # SQLite hands JSON out as its text, PostgreSQL as what it means
            found[document_id][field] = json.loads(value) if op.get_bind().dialect.name == "sqlite" else value
        made = [
            {"document_id": document_id, "term": term}
            for document_id, name in rows
            for term in sorted(terms_of(found[document_id], name))
        ]
        if made:
            connection.execute(terms.insert(), made)
