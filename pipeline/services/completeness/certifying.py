import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.value import Frozen
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.ports import BlobStore, Clock
from pipeline.record.certificate import digest_of, with_sums, with_totals, write_certificate
from pipeline.record.verify import Ledger, mapping
from pipeline.services import access, outlets
from pipeline.services.checking import check_within
from pipeline.services.checkpointing import Checkpointing
from pipeline.services.completeness.comparing import list_differences
from pipeline.services.completeness.totals import control_totals
from pipeline.services.entries import entry
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.stored import snapshot
from pipeline.store.tables import CertificateRow, EventRow

AFTER_MIDNIGHT = timedelta(minutes=10)
"""How long after a day's end its certificate is made: what was begun before is on record by then."""
LOOK_BACK = timedelta(days=31)
"""How far back the sweep makes up for certificates that nobody was there to make."""
CLAIMED_LONGEST = timedelta(hours=1)
"""A file that was claimed so long ago and has no outcome is a difference: the sweep settles them within minutes."""

log = structlog.get_logger()


class CertificateView(Frozen):
    """A day's certificate, and whether it is still the one that was made."""

    id: int
    day: date
    at: datetime
    by: str
    is_over: bool
    """Whether the day was over when it was made."""
    is_complete: bool
    is_intact: bool
    """Whether the record names this very text."""
    differences: tuple[str, ...]
    head: int
    """Number of the last event that it covers."""
    balance: dict[str, Any]
    """Of the day: `files`, `documents` and `totals`, as `pipeline.record.verify.Ledger.day` gives them."""
    standing: dict[str, Any]
    """Then: as `Ledger.standing` gives it."""
    totals: dict[str, Any] | None
    """Sums of amounts, `signed` on the day and `in_force` then; None where they were erased."""
    left_at: datetime | None


class CertificatePage(Frozen):
    """The newest certificate of each day, newest day first."""

    rows: tuple[CertificateView, ...]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True)
class Certifying:
    """Certificates that every file and every document that came in is accounted for, a day each (UTC).

    The record is replayed and set against the tables and the stored bytes. Who sees a part alone can't make or see
    one: it is about everything.
    """

    store: Store
    blobs: BlobStore
    clock: Clock
    checkpointing: Checkpointing
    types: TypeShelf

    def write(self, day: date | None = None, *, by: Actor) -> CertificateView:
        """Make the certificate of a day, put it on record, and return it; `is_complete` is False where anything is off.

        Args:
            day: in UTC; None: today, as far as it went.
            by: who asks.

        Raises:
            InvalidCorrectionError: the day has not begun.
            RecordBrokenError: nothing can be put on record.
        """
        access.check_may(by, Act.AUDIT)
        if by.sight.is_limited:
            raise AccessDeniedError(
                "Certificates are about all files and documents, and your groups show you a part of them. "
                "Ask an auditor who is in no group."
            )
        today = self.clock.now().astimezone(UTC).date()
        if day is not None and day > today:
            raise InvalidCorrectionError("That day has not begun. Choose today or one that has passed.")
        [made] = self._write([day or today], by)
        return self.get(made, by=by)

    def get(self, certificate_id: int, *, by: Actor) -> CertificateView:
        """Return a certificate.

        Raises:
            NotFoundError: there is none of that number, or none for them.
        """
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            return _view(session, _get(session, certificate_id, by))

    def get_content(self, certificate_id: int, *, by: Actor) -> bytes:
        """Return a certificate as a file: with its sums of amounts, where they were not erased."""
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            row = _get(session, certificate_id, by)
            return with_totals(_said(row.content), row.totals)

    def list_days(self, *, by: Actor, page: int = 1, page_size: int = 31) -> CertificatePage:
        """Return the newest certificate of each day that has one; none to who sees a part alone."""
        access.check_may(by, Act.AUDIT)
        newest = select(func.max(CertificateRow.id)).group_by(CertificateRow.day)
        page = max(page, 1)
        if by.sight.is_limited:
            return CertificatePage(rows=(), total=0, page=page, page_size=page_size)
        with self.store.reading() as session:
            rows = session.scalars(
                select(CertificateRow)
                .where(CertificateRow.id.in_(newest))
                .order_by(CertificateRow.day.desc())
                .limit(page_size)
                .offset((page - 1) * page_size)
            ).all()
            return CertificatePage(
                rows=tuple(_view(session, row) for row in rows),
                total=session.scalar(select(func.count(CertificateRow.day.distinct()))) or 0,
                page=page,
                page_size=page_size,
            )

    def is_due(self, *, by: Actor) -> bool:
        """Return whether a day is over and has no certificate yet, or one has not left the machine."""
        access.check_may(by, Act.SWEEP)
        if not self.checkpointing.outlets:
            return False
        with self.store.reading() as session:
            return bool(self._missing(session) or (_unsent(session, 1) and self._is_reachable()))

    def write_due(self, *, by: Actor) -> int:
        """Make the certificates of days that are over and have none, let them leave, and return how many were made.

        Raises:
            RecordBrokenError: nothing can be put on record.
            TransientError: a place can't be reached; it is tried again.
        """
        access.check_may(by, Act.SWEEP)
        if not self.checkpointing.outlets:
            return 0
        with self.store.reading() as session:
            missing = self._missing(session)
        made = self._write(missing, by) if missing else []
        self._let_leave()
        return len(made)

    def _write(self, days: list[date], by: Actor) -> list[int]:
        """Make the certificates of some days from one look at everything; return their numbers."""
        ledger = Ledger(day.isoformat() for day in days)
        now = self.clock.now()
        with snapshot(self.store) as session:
            report, problems = check_within(session, heard=ledger.add)
            differences = [*problems, *ledger.finish(), *list_differences(session, ledger, self.blobs)]
            differences += _claimed_too_long(ledger, now)
            totals = {day: control_totals(session, day, self.types) for day in days}
        key = self.checkpointing.signing_key(by=by)
        statements = self.checkpointing.keys.statements()
        written: list[int] = []
        for day in days:
            is_over = now >= _end_of(day)
            said, sums = write_certificate(
                report,
                ledger,
                day,
                now,
                by=by.name,
                is_over=is_over,
                differences=differences,
                totals=totals[day],
                key=key,
                statements=statements,
            )
            facts = {
                "format": "certificate",
                "day": day.isoformat(),
                "head": report.seq,
                "hash": report.hash,
                "complete": not differences,
                "differences": len(differences),
                "sha256": digest_of(said),
                "signed_with": key.public,
            }
            row = CertificateRow(
                day=day.isoformat(),
                is_over=is_over,
                is_complete=not differences,
                at=now,
                content=with_totals(said, None).decode(),
                totals=sums,
                key=self.store.take_key(),
            )
            with self.store.writing() as session:
                [row.event_seq] = events.append(session, entry(AuditTag.EXPORT_WRITE, by, now, facts=facts))
                session.add(row)
                session.flush()
                written.append(row.id)
        if differences:
            log.error("certifying.not_complete", differences=len(differences))
        return written

    def _missing(self, session: Session) -> list[date]:
        """Return the days that are over and have no certificate made since, oldest first."""
        first = session.scalar(select(func.min(EventRow.at)))
        if first is None:
            return []
        now = self.clock.now()
        last = (now - AFTER_MIDNIGHT).astimezone(UTC).date() - timedelta(days=1)
        day = max(first.astimezone(UTC).date(), last - LOOK_BACK)
        done = set(
            session.scalars(
                select(CertificateRow.day).where(
                    CertificateRow.is_over.is_(True), CertificateRow.day >= day.isoformat()
                )
            )
        )
        days = [day + timedelta(days=number) for number in range((last - day).days + 1)]
        return [each for each in days if each.isoformat() not in done]

    def _is_reachable(self) -> bool:
        return all(outlets.is_open(self.store, outlet, self.clock.now()) for outlet in self.checkpointing.outlets)

    def _let_leave(self) -> None:
        """Put what has not left yet where checkpoints leave to: without sums of amounts, which could not be erased."""
        with self.store.reading() as session:
            waiting = [(row.id, row.day, row.content) for row in _unsent(session, 100)]
        for number, day, content in waiting:
            head = mapping(_said(content).get("head")).get("seq")
            for outlet in self.checkpointing.outlets:
                name = f"proofdesk-certificate-{day}-at-{head}.json"
                outlets.hand_over(self.store, outlet, name, content.encode(), self.clock.now())
            with self.store.writing() as session:
                session.get_one(CertificateRow, number).left_at = self.clock.now()


def _get(session: Session, certificate_id: int, by: Actor) -> CertificateRow:
    row = session.get(CertificateRow, certificate_id)
    if row is None or by.sight.is_limited:
        raise NotFoundError(f"There is no certificate {certificate_id}.")
    return row


def _unsent(session: Session, limit: int) -> list[CertificateRow]:
    statement = (
        select(CertificateRow)
        .where(CertificateRow.left_at.is_(None), CertificateRow.is_over.is_(True))
        .order_by(CertificateRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def _view(session: Session, row: CertificateRow) -> CertificateView:
    said = _said(row.content)
    text = session.scalar(select(EventRow.text).where(EventRow.seq == row.event_seq))
    named = mapping(mapping(json.loads(text or "{}")).get("facts")).get("sha256")
    return CertificateView(
        id=row.id,
        day=date.fromisoformat(row.day),
        at=row.at,
        by=str(said.get("by")),
        is_over=row.is_over,
        is_complete=said.get("complete") is True,
        is_intact=named == digest_of(with_sums(said, row.totals)),
        differences=tuple(said.get("differences") or ()),
        head=mapping(said.get("head")).get("seq") or 0,
        balance=mapping(said.get("balance")),
        standing=mapping(said.get("standing")),
        totals=row.totals,
        left_at=row.left_at,
    )


def _said(content: str) -> dict[str, Any]:
    """Return what a kept text says; nothing where it was tampered with so that it cannot be read."""
    try:
        return mapping(json.loads(content))
    except ValueError:
        return {}


def _claimed_too_long(ledger: Ledger, now: datetime) -> list[str]:
    oldest = mapping(ledger.standing()["oldest_claim"])
    if not oldest or now - datetime.fromisoformat(str(oldest["since"])) <= CLAIMED_LONGEST:
        return []
    return [
        f"File {oldest['file']} was claimed at {oldest['since']} and has no outcome yet. "
        "Look whether the watcher runs, and whether its disk is full."
    ]


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
