"""Start the chain and the policies, and let the database itself refuse what rewrites the record."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

SIGNED = (
    "id", "document_id", "revision", "by_id", "by", "at", "by_display", "meaning", "was_reviewer", "record",
    "record_sha256",
)

EVENTS = "An event of the audit record cannot be changed or removed."
VALUES = "A value of the audit record cannot be changed, only erased."
APPROVALS = "A signed approval cannot be changed or removed, only superseded once."

SQLITE = {
    "events_refuse_update": f"BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, '{EVENTS}'); END",
    "events_refuse_delete": f"BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, '{EVENTS}'); END",
    # INSERT OR REPLACE removes the old row without asking a delete trigger
    "events_refuse_replace": (
        "BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE seq = NEW.seq) "
        f"BEGIN SELECT RAISE(ABORT, '{EVENTS}'); END"
    ),
    "event_values_refuse_update": f"BEFORE UPDATE ON event_values BEGIN SELECT RAISE(ABORT, '{VALUES}'); END",
    "event_values_refuse_replace": (
        "BEFORE INSERT ON event_values "
        "WHEN EXISTS (SELECT 1 FROM event_values WHERE seq = NEW.seq AND name = NEW.name) "
        f"BEGIN SELECT RAISE(ABORT, '{VALUES}'); END"
    ),
    "approvals_refuse_update": (
        "BEFORE UPDATE ON approvals WHEN OLD.superseded_at IS NOT NULL OR "
        + " OR ".join(f'NEW."{column}" IS NOT OLD."{column}"' for column in SIGNED)
        + f" BEGIN SELECT RAISE(ABORT, '{APPROVALS}'); END"
    ),
    "approvals_refuse_delete": f"BEFORE DELETE ON approvals BEGIN SELECT RAISE(ABORT, '{APPROVALS}'); END",
    "approvals_refuse_replace": (
        "BEFORE INSERT ON approvals WHEN EXISTS (SELECT 1 FROM approvals WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, '{APPROVALS}'); END"
    ),
}

REFUSE = """
CREATE FUNCTION proofdesk_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END $$
"""
ONLY_SUPERSEDE = """
CREATE FUNCTION proofdesk_only_supersede() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.superseded_at IS NOT NULL
        OR to_jsonb(NEW) - 'superseded_at' IS DISTINCT FROM to_jsonb(OLD) - 'superseded_at' THEN
        RAISE EXCEPTION '%', TG_ARGV[0];
    END IF;
    RETURN NEW;
END $$
"""
POSTGRESQL = {
    "events": {
        "events_refuse_change": f"BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION proofdesk_refuse('{EVENTS}')",
        "events_refuse_truncate": f"BEFORE TRUNCATE ON events EXECUTE FUNCTION proofdesk_refuse('{EVENTS}')",
    },
    "event_values": {
        "event_values_refuse_update": (
            f"BEFORE UPDATE ON event_values FOR EACH ROW EXECUTE FUNCTION proofdesk_refuse('{VALUES}')"
        ),
        "event_values_refuse_truncate": f"BEFORE TRUNCATE ON event_values EXECUTE FUNCTION proofdesk_refuse('{VALUES}')",
    },
    "approvals": {
        "approvals_refuse_update": (
            "BEFORE UPDATE ON approvals FOR EACH ROW "
            f"EXECUTE FUNCTION proofdesk_only_supersede('{APPROVALS}')"
        ),
        "approvals_refuse_delete": (
            f"BEFORE DELETE ON approvals FOR EACH ROW EXECUTE FUNCTION proofdesk_refuse('{APPROVALS}')"
        ),
        "approvals_refuse_truncate": f"BEFORE TRUNCATE ON approvals EXECUTE FUNCTION proofdesk_refuse('{APPROVALS}')",
    },
}

chain_head = sa.table("chain_head", sa.column("id", sa.Integer), sa.column("seq", sa.BigInteger), sa.column("hash"))
policies = sa.table(
    "policies",
    sa.column("version", sa.Integer),
    sa.column("by"),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("why"),
    sa.column("policy", sa.JSON),
)


def upgrade() -> None:
    op.execute(chain_head.insert().values(id=1, seq=0, hash="0" * 64))
    first: dict[str, object] = {"version": 1, "sample_rate": 0.02, "separate_duties": False, "thresholds": {}}
    op.execute(
        policies.insert().values(
            version=1, by="machine:setup", at=datetime.now(UTC), why="The policy that Proofdesk starts with.", policy=first
        )
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, body in SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {body}")
        return
    op.execute(REFUSE)
    op.execute(ONLY_SUPERSEDE)
    for triggers in POSTGRESQL.values():
        for name, body in triggers.items():
            op.execute(f"CREATE TRIGGER {name} {body}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        for table, triggers in POSTGRESQL.items():
            for name in triggers:
                op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute("DROP FUNCTION proofdesk_only_supersede()")
        op.execute("DROP FUNCTION proofdesk_refuse()")
    op.execute(policies.delete())
    op.execute(chain_head.delete())
