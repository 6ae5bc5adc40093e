import json
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import or_, select

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.errors import DestinationUnavailableError, PipelineError, TransientError
from pipeline.ports import Clock, Destination
from pipeline.services import access
from pipeline.services.entries import entry
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.tables import ApprovalRow, DeliveryRow

FAULT = (
    "Sending stopped on a fault of the program. It is tried again by itself; "
    "if it stays, send the log to whoever runs Proofdesk."
)

LEFT_BEHIND = timedelta(days=1)
"""How old something half sent is before nobody can be at work on it any more."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Delivering:
    """Sends what approval ordered: each outbox row once, however often it is tried."""

    store: Store
    destinations: tuple[Destination, ...]
    clock: Clock
    retry: timedelta
    retry_most: timedelta = timedelta(hours=1)

    def deliver(self, document_id: int, *, by: Actor) -> None:
        """Send every delivery of the document that waits; a destination that is down is tried again later."""
        access.check_may(by, Act.DELIVER)
        now = self.clock.now()
        with self.store.reading() as session:
            waiting = session.execute(
                select(DeliveryRow.id, DeliveryRow.destination, DeliveryRow.key, ApprovalRow)
                .join(ApprovalRow, ApprovalRow.id == DeliveryRow.approval_id)
                .where(
                    DeliveryRow.document_id == document_id,
                    DeliveryRow.state == "pending",
                    or_(DeliveryRow.next_try_at.is_(None), DeliveryRow.next_try_at <= now),
                )
                .order_by(DeliveryRow.id)
            ).all()
        for delivery_id, name, key, approval in waiting:
            try:
                destination = next((each for each in self.destinations if each.name == name), None)
                if destination is None:
                    raise DestinationUnavailableError(f"No destination is called {name} here. Configure it again.")
                receipt = destination.send(key, payload_of(approval))
            except Exception as error:
                # whatever it was, the next try waits: a sweep must not ring for a broken destination every few seconds
                self._postpone(delivery_id, error, by)
                if not isinstance(error, TransientError):
                    raise  # a bug: its traceback belongs in the log
            else:
                self._confirm(delivery_id, receipt.reference, receipt.sha256, by)

    def due(self, *, by: Actor, limit: int = 500) -> tuple[int, ...]:
        """Return documents with a delivery whose time has come."""
        access.check_may(by, Act.SWEEP)
        now = self.clock.now()
        with self.store.reading() as session:
            statement = (
                select(DeliveryRow.document_id)
                .where(
                    DeliveryRow.state == "pending",
                    or_(DeliveryRow.next_try_at.is_(None), DeliveryRow.next_try_at <= now),
                )
                .distinct()
                .limit(limit)
            )
            return tuple(session.scalars(statement))

    def tidy(self, *, by: Actor) -> int:
        """Remove what killed deliveries left at the destinations a day ago or earlier; return how much."""
        access.check_may(by, Act.SWEEP)
        before = self.clock.now() - LEFT_BEHIND
        return sum(destination.tidy(before) for destination in self.destinations)

    def _confirm(self, delivery_id: int, reference: str, sha256: str, by: Actor) -> None:
        now = self.clock.now()
        with self.store.writing() as session:
            row = session.get_one(DeliveryRow, delivery_id)
            if row.state == "sent":
                return  # another worker sent the same bytes under the same key and was quicker to say so
            row.state, row.sent_at, row.reference, row.error = "sent", now, reference, None
            row.attempts += 1
            events.append(
                session,
                entry(
                    AuditTag.DELIVERY_SEND,
                    by,
                    now,
                    document_id=row.document_id,
                    facts={"destination": row.destination, "key": row.key, "sha256": sha256, "attempts": row.attempts},
                ),
            )

    def _postpone(self, delivery_id: int, error: Exception, by: Actor) -> None:
        now = self.clock.now()
        code = error.code if isinstance(error, PipelineError) else "internal"
        with self.store.writing() as session:
            row = session.get_one(DeliveryRow, delivery_id)
            if row.state != "pending":
                return  # another worker was luckier
            row.attempts += 1
            row.error = str(error) if isinstance(error, PipelineError) else FAULT
            row.next_try_at = now + min(self.retry * 2 ** min(row.attempts - 1, 20), self.retry_most)
            events.append(
                session,
                entry(
                    AuditTag.DELIVERY_FAIL,
                    by,
                    now,
                    document_id=row.document_id,
                    facts={"destination": row.destination, "code": code, "attempts": row.attempts},
                ),
            )
            log.warning("delivering.postponed", document_id=row.document_id, code=code)


def payload_of(approval: ApprovalRow) -> bytes:
    """Return the delivered JSON: exactly what was signed, and the hash of its canonical form."""
    record = {**approval.record, "approval": approval.id, "record_sha256": approval.record_sha256}
    return (json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
