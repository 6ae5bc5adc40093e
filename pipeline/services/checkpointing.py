from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

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
from pipeline.record.verify import STAMP_LATE, mapping, sha256_hex
from pipeline.services import access, outlets
from pipeline.services.checking import check_record
from pipeline.services.entries import entry
from pipeline.services.outlets import Outlet, StampAuthority, Standing
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.keyring import FolderKeys
from pipeline.store.stored import find_head
from pipeline.store.tables import CheckpointRow, EventRow

log = structlog.get_logger()

STAMPABLE = STAMP_LATE - timedelta(hours=1)
"""A checkpoint older than this is not stamped any more: its stamp would be refused as too late."""
BATCH = 20
LAID = timedelta(days=7)


class KeyView(Frozen):
    """A signing key, by its public half."""

    number: int
    key: str
    at: datetime
    is_current: bool


class StampedCheckpoint(Frozen):
    """A checkpoint that was made earlier, and the answer of the authority that stamped it."""

    seq: int
    sha256: str
    content: bytes
    stamp: bytes
    stamped_at: datetime


@dataclass(frozen=True)
class Checkpointing:
    """Signed statements of where the record stands, which leave the machine, and the keys that sign them."""

    store: Store
    clock: Clock
    keys: FolderKeys
    outlets: tuple[Outlet, ...] = ()
    every: timedelta = field(default=timedelta(hours=24))
    authority: StampAuthority | None = None
    """Who stamps them; None: nobody."""

    def write(self, *, by: Actor) -> bytes:
        """Return a checkpoint of the record as it stands, to be kept where nobody on this machine can change it.

        Raises:
            RecordBrokenError: the record does not hold; a checkpoint would cover that up.
            ConfigurationError: the signing keys can't be used.
        """
        access.check_may(by, Act.AUDIT)
        return self._write(by).content

    def stamp(self, checkpoint: bytes, *, by: Actor) -> bytes | None:
        """Return the time-stamp of a checkpoint that was made here, asked for now where there is none yet.

        None where nobody is set to give one, or does not give it: it is asked for again later.
        """
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            row = session.get(CheckpointRow, sha256_hex(checkpoint))
        if row is None or row.stamp is not None:
            return row.stamp if row is not None else None
        return self._stamp(row, by)

    def list_stamped(self, *, by: Actor) -> tuple[StampedCheckpoint, ...]:
        """Return earlier checkpoints that were stamped, oldest first: the first of each day, and the last of all."""
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            rows = session.scalars(
                select(CheckpointRow).where(CheckpointRow.stamp.is_not(None)).order_by(CheckpointRow.made_at.desc())
            ).all()
        chosen = {row.made_at.date(): row for row in rows}
        chosen_ones = {row.sha256: row for row in (*reversed(chosen.values()), *rows[:1])}
        return tuple(
            StampedCheckpoint(
                seq=row.seq,
                sha256=row.sha256,
                content=row.content,
                stamp=row.stamp or b"",
                stamped_at=row.stamped_at or row.made_at,
            )
            for row in chosen_ones.values()
        )

    def standing(self, *, by: Actor) -> Standing:
        """Return how checkpoints get away from this machine, and whether they are stamped."""
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            authority = None
            if self.authority is not None:
                authority = outlets.view(session, outlets.stamps_place(self.authority), self.authority.name)
            places = tuple(outlets.view(session, each.place, each.place) for each in self.outlets)
            return Standing(outlets=places, authority=authority)

    def is_due(self, *, by: Actor) -> bool:
        """Return whether a checkpoint has to leave or to be stamped: the last is too old, and anything happened."""
        access.check_may(by, Act.SWEEP)
        return bool(self._due() or self._unstamped())

    def write_due(self, *, by: Actor) -> int:
        """Let a checkpoint leave to each place that is due one, and have those stamped that are not yet.

        Returns to how many places it went.

        Raises:
            RecordBrokenError: the record does not hold.
            TransientError: a place can't be reached; the others have theirs, and it is tried again.
        """
        access.check_may(by, Act.SWEEP)
        due = self._due()
        failed: TransientError | None = None
        if due:
            made = self._find_leaving() or self._write(by, is_leaving=True)
            for outlet in due:
                failed = self._put(outlet, made, by) or failed
        for row in self._unstamped():
            if self._stamp(row, by) is None:
                break  # an authority that is down is not asked again and again
        self._lay_stamps()
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

    def _write(self, by: Actor, *, is_leaving: bool = False) -> CheckpointRow:
        report, problems = check_record(self.store)
        if problems:
            raise RecordBrokenError(
                f"The audit record does not hold, so no checkpoint was made. {problems[0]} "
                "Run `proofdesk audit verify` for all problems."
            )
        key = self.signing_key(by=by)
        now = self.clock.now()
        content = write_checkpoint(report, now, key, self.keys.statements())
        row = CheckpointRow(
            sha256=sha256_hex(content), seq=report.seq, made_at=now, content=content, is_leaving=is_leaving
        )
        facts = {
            "format": "checkpoint",
            "head": report.seq,
            "hash": report.hash,
            "merkle_root": report.merkle_root,
            "signed_with": key.public,
            "sha256": row.sha256,
        }
        with self.store.writing() as session:
            events.append(session, entry(AuditTag.EXPORT_WRITE, by, now, facts=facts))
            return session.merge(row)  # the same one where two are made of the same record at once

    def _put(self, outlet: Outlet, made: CheckpointRow, by: Actor) -> TransientError | None:
        """Let a checkpoint leave to a place, and keep how that went; return why it did not."""
        try:
            outlets.hand_over(self.store, outlet, _name(made), made.content, self.clock.now())
        except TransientError as error:
            return error
        now = self.clock.now()
        facts = {"head": made.seq, "sha256": made.sha256, "destination": outlet.name}
        with self.store.writing() as session:
            outlets.note(session, outlet.place, now, sent=made.made_at)
            events.append(session, entry(AuditTag.CHECKPOINT_SEND, by, now, facts=facts))
        return None

    def _stamp(self, row: CheckpointRow, by: Actor) -> bytes | None:
        """Have a checkpoint stamped and keep the answer, or why there is none."""
        authority = self.authority
        if authority is None:
            return None
        place = outlets.stamps_place(authority)
        with self.store.reading() as session:
            if outlets.rests(outlets.find_tried(session, place), self.clock.now()):
                return None
        try:
            answer, stamp = authority.stamp(row.content, self.clock.now())
        except TransientError as error:
            log.warning("checkpointing.not_stamped", error=str(error))
            with self.store.writing() as session:
                outlets.note(session, place, self.clock.now(), problem=str(error))
            return None
        now = self.clock.now()
        facts = {
            "head": row.seq,
            "sha256": row.sha256,
            "authority": authority.name,
            "stamped_at": stamp.at,
            "stamp_sha256": sha256_hex(answer),
        }
        with self.store.writing() as session:
            kept = session.get(CheckpointRow, row.sha256)
            if kept is None or kept.stamp is not None:  # another process was faster
                return kept.stamp if kept is not None else None
            kept.stamp, kept.stamped_at = answer, stamp.at
            outlets.note(session, place, now, sent=row.made_at)
            events.append(session, entry(AuditTag.CHECKPOINT_STAMP, by, now, facts=facts))
        return answer

    def _unstamped(self) -> Sequence[CheckpointRow]:
        """Return the checkpoints that a time-stamp can still be asked for, newest first; none where nobody is asked."""
        now = self.clock.now()
        if self.authority is None:
            return []
        with self.store.reading() as session:
            if outlets.rests(outlets.find_tried(session, outlets.stamps_place(self.authority)), now):
                return []
            return session.scalars(
                select(CheckpointRow)
                .where(CheckpointRow.stamp.is_(None), CheckpointRow.made_at > now - STAMPABLE)
                .order_by(CheckpointRow.made_at.desc())
                .limit(BATCH)
            ).all()

    def _lay_stamps(self) -> None:
        """Put time-stamps beside their checkpoints wherever one is missing there."""
        with self.store.reading() as session:
            rows = session.scalars(
                select(CheckpointRow).where(
                    CheckpointRow.stamp.is_not(None),
                    CheckpointRow.is_leaving,
                    CheckpointRow.made_at > self.clock.now() - LAID,
                )
            ).all()
        for outlet in self.outlets:
            try:
                for row in rows:
                    outlet.put_stamp(_name(row), row.stamp or b"")
            except TransientError as error:
                log.warning("checkpointing.stamp_not_laid", error=str(error))

    def _find_leaving(self) -> CheckpointRow | None:
        """Return the checkpoint that is leaving, which not every place has yet; None: a new one is made."""
        with self.store.reading() as session:
            return session.scalar(
                select(CheckpointRow)
                .where(CheckpointRow.is_leaving, CheckpointRow.made_at > self.clock.now() - self.every)
                .order_by(CheckpointRow.made_at.desc())
                .limit(1)
            )

    def _due(self) -> list[Outlet]:
        """Return the places whose last checkpoint is too old; one that can't be asked is tried again."""
        now = self.clock.now()
        lasts = [(outlet, last) for outlet in self.outlets for last in self._find_last(outlet, now)]
        old = [(outlet, last) for outlet, last in lasts if last is None or last <= now - self.every]
        if not old:
            return []
        leaving = self._find_leaving()
        with self.store.reading() as session:
            is_quiet = _is_quiet(session)
        if not is_quiet:
            return [outlet for outlet, _ in old]
        # nothing has happened since the last checkpoint was made: then that one is enough, wherever it is missing
        made_at = leaving.made_at.replace(microsecond=0) if leaving else None
        return [outlet for outlet, last in old if made_at is not None and (last is None or last < made_at)]

    def _find_last(self, outlet: Outlet, now: datetime) -> Iterator[datetime | None]:
        """Yield when the last checkpoint was made that is there; nothing where the place can't be asked just now."""
        with self.store.reading() as session:
            row = outlets.find_tried(session, outlet.place)
        if outlets.rests(row, now):
            return
        try:
            last = outlet.find_last(row.sent_at if row else None)
        except TransientError as error:
            log.warning("checkpointing.outlet_unreachable", error=str(error))
            with self.store.writing() as session:
                outlets.note(session, outlet.place, now, problem=str(error))
            return
        if row is not None and row.problem and last is not None and last > now - self.every:
            with self.store.writing() as session:  # it is back, and has what it needs
                outlets.note(session, outlet.place, now)
        yield last

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


def _name(row: CheckpointRow) -> str:
    return f"proofdesk-checkpoint-{row.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"


def _is_quiet(session: Session) -> bool:
    """Return whether nothing has happened yet, or nothing since the last checkpoint but where that one went."""
    head = find_head(session)
    if head is None or head[0] == 0:
        return True
    last = session.execute(
        select(EventRow.seq, EventRow.text)
        .where(EventRow.tag == AuditTag.EXPORT_WRITE)
        .order_by(EventRow.seq.desc())
        .limit(1)
    ).one_or_none()
    if last is None or '"format":"checkpoint"' not in last.text:
        return False
    of_it = (AuditTag.CHECKPOINT_SEND, AuditTag.CHECKPOINT_STAMP)
    other = select(EventRow.seq).where(EventRow.seq > last.seq, EventRow.tag.not_in(of_it)).limit(1)
    return session.scalar(other) is None
