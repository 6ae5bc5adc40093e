from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.value import Frozen
from pipeline.errors import RecordBrokenError, TransientError
from pipeline.ports import Clock
from pipeline.record.checkpoint import write_checkpoint
from pipeline.record.keys import SigningKey
from pipeline.record.verify import mapping
from pipeline.services import access
from pipeline.services.checking import check_record
from pipeline.services.entries import entry
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.keyring import FolderKeys
from pipeline.store.stored import find_head
from pipeline.store.tables import EventRow

log = structlog.get_logger()


class Outlet(Protocol):
    """Somewhere that checkpoints leave the machine to."""

    def find_last(self) -> datetime | None:
        """Return when the last one was put there, in UTC; None where none was.

        Raises:
            TransientError: the place can't be reached.
        """
        ...

    def put(self, name: str, content: bytes) -> None:
        """Put a checkpoint there, whole or not at all.

        Raises:
            TransientError: the place can't be reached or written.
        """
        ...


class KeyView(Frozen):
    """A signing key, by its public half."""

    number: int
    key: str
    at: datetime
    is_current: bool


@dataclass(frozen=True)
class Checkpointing:
    """Signed statements of where the record stands, which leave the machine, and the keys that sign them."""

    store: Store
    clock: Clock
    keys: FolderKeys
    outlets: tuple[Outlet, ...] = ()
    every: timedelta = field(default=timedelta(hours=24))

    def write(self, *, by: Actor) -> bytes:
        """Return a checkpoint of the record as it stands, to be kept where nobody on this machine can change it.

        Raises:
            RecordBrokenError: the record does not hold; a checkpoint would cover that up.
            ConfigurationError: the signing keys can't be used.
        """
        access.check_may(by, Act.AUDIT)
        return self._write(by)

    def is_due(self, *, by: Actor) -> bool:
        """Return whether the last checkpoint that left is older than it may be, and anything happened since."""
        access.check_may(by, Act.SWEEP)
        return bool(self._due())

    def write_due(self, *, by: Actor) -> int:
        """Let a checkpoint leave to each place that is due one; return to how many it went.

        Raises:
            RecordBrokenError: the record does not hold.
            TransientError: a place can't be reached; the others have theirs.
        """
        access.check_may(by, Act.SWEEP)
        due = self._due()
        if not due:
            return 0
        content = self._write(by)
        name = f"proofdesk-checkpoint-{self.clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}.json"
        failed: TransientError | None = None
        for outlet in due:
            try:
                outlet.put(name, content)
            except TransientError as error:
                failed = error
        if failed is not None:
            raise failed
        return len(due)

    def rotate_key(self, *, by: Actor) -> KeyView:
        """Make a new signing key, introduced by the one before, which signs nothing any more."""
        access.check_may(by, Act.ADMINISTER)
        self._make_key(by)
        return self._views()[-1]

    def list_keys(self, *, by: Actor) -> tuple[KeyView, ...]:
        """Return the public halves of all keys, oldest first: what a stranger has to be given to check a signature."""
        access.check_may(by, Act.AUDIT)
        return self._views()

    def signing_key(self, *, by: Actor) -> SigningKey:
        """Return the key that signs now, made where there is none yet."""
        access.check_may(by, Act.AUDIT)
        key = self.keys.current()
        while key is None:
            self._make_key(by)
            key = self.keys.current()
        return key

    def _write(self, by: Actor) -> bytes:
        report, problems = check_record(self.store)
        if problems:
            raise RecordBrokenError(
                f"The audit record does not hold, so no checkpoint was made. {problems[0]} "
                "Run `proofdesk audit verify` for all problems."
            )
        key = self.signing_key(by=by)
        now = self.clock.now()
        facts = {
            "format": "checkpoint",
            "head": report.seq,
            "hash": report.hash,
            "merkle_root": report.merkle_root,
            "signed_with": key.public,
        }
        with self.store.writing() as session:
            events.append(session, entry(AuditTag.EXPORT_WRITE, by, now, facts=facts))
        return write_checkpoint(report, now, key, self.keys.statements())

    def _due(self) -> list[Outlet]:
        """Return the places whose last checkpoint is too old; one that can't be asked is tried again."""
        now = self.clock.now()
        due = [outlet for outlet in self.outlets if _is_old(outlet, now - self.every)]
        if not due:
            return []
        with self.store.reading() as session:
            head = find_head(session)
            # nothing has happened yet, or nothing but the last checkpoint itself since it was made
            return [] if head is None or head[0] in (0, _last_checkpoint(session)) else due

    def _make_key(self, by: Actor) -> None:
        """Make a key and put on record that there is one; whoever finds another than the record tells of sees it."""
        statement = self.keys.add(self.clock.now())
        facts = {"number": statement["number"], "key": statement["key"], "previous": statement["previous"]}
        with self.store.writing() as session:
            events.append(session, entry(AuditTag.KEY_MAKE, by, self.clock.now(), facts=facts))

    def _views(self) -> tuple[KeyView, ...]:
        statements: Sequence[dict[str, Any]] = self.keys.statements()
        return tuple(
            KeyView(
                number=said["number"],
                key=said["key"],
                at=datetime.fromisoformat(said["at"]),
                is_current=said is statements[-1],
            )
            for said in map(mapping, statements)
        )


def _is_old(outlet: Outlet, before: datetime) -> bool:
    try:
        last = outlet.find_last()
    except TransientError as error:
        log.warning("checkpointing.outlet_unreachable", error=str(error))
        return False
    return last is None or last <= before


def _last_checkpoint(session: Session) -> int | None:
    """Return the number of the event that the last checkpoint left."""
    rows = session.execute(
        select(EventRow.seq, EventRow.text)
        .where(EventRow.tag == AuditTag.EXPORT_WRITE)
        .order_by(EventRow.seq.desc())
        .limit(1)
    ).all()
    return rows[0].seq if rows and '"format":"checkpoint"' in rows[0].text else None
