import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Text, and_, func, or_, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.value import Frozen
from pipeline.errors import InvalidCorrectionError, RecordBrokenError
from pipeline.ports import Clock
from pipeline.record import verify as verifier
from pipeline.record.canonical import digest
from pipeline.record.verify import Checkpoint, parse_checkpoint
from pipeline.services import access, visible
from pipeline.services.checking import check_record
from pipeline.services.entries import entry
from pipeline.services.exports import rows, statement
from pipeline.services.exports.filter import ExportFilter, ExportFormat, ExportPart
from pipeline.services.exports.lines import write_jsonl
from pipeline.services.exports.redaction import redact
from pipeline.services.exports.select import event_conditions, list_subjects
from pipeline.services.exports.tabular import write_csv
from pipeline.services.exports.workbook import write_xlsx
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import EventPage, EventView, VerificationView
from pipeline.store import events
from pipeline.store.columns import vault_of
from pipeline.store.engine import Store
from pipeline.store.keyring import FolderKeys
from pipeline.store.stored import list_stored, snapshot
from pipeline.store.tables import EventRow, EventValueRow
from pipeline.store.values import MARK, key_of, open_value

AT_ONCE = 1000
"""Values that are opened at once, in search of one."""

log = structlog.get_logger()


class EventFilter(Frozen):
    """What the list of events shows; everything optional, so that it lives in the address."""

    since: datetime | None = None
    until: datetime | None = None
    """Before this time."""
    tag: str | None = None
    """A tag, or its subject alone: `document`."""
    person: str | None = None
    """Login name."""
    document_id: int | None = None
    search: str = ""
    """Found in the event's text, in values that were not erased, or as the number of event or document."""
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True)
class Auditing:
    """The auditor's side: see the record, check it, and take it away."""

    store: Store
    clock: Clock
    types: TypeShelf = field(default_factory=lambda: TypeShelf(()))
    """Tells amounts from other text, for spreadsheets."""
    keys: FolderKeys | None = None
    """What signs checkpoints; without it theirs are believed as they stand."""

    def list_events(self, wanted: EventFilter, *, by: Actor) -> EventPage:
        """Return one page of events, newest first."""
        access.check_may(by, Act.AUDIT)
        seen = visible.of_events(visible.sight_of(by, self.types))
        page, size = max(wanted.page, 1), min(max(wanted.page_size, 1), 500)
        with self.store.reading() as session:
            conditions = [*_conditions(wanted), *seen]
            if search := printable(wanted.search).strip():
                conditions.append(_said_in(session, search, conditions))
            total = session.scalar(select(func.count(EventRow.seq)).where(*conditions)) or 0
            found = session.scalars(
                select(EventRow).where(*conditions).order_by(EventRow.seq.desc()).limit(size).offset((page - 1) * size)
            ).all()
            return EventPage(
                rows=_views(session, found),
                total=total,
                page=page,
                page_size=size,
                tags=tuple(session.scalars(select(EventRow.tag).where(*seen).distinct().order_by(EventRow.tag))),
                people=tuple(session.scalars(select(EventRow.by).where(*seen).distinct().order_by(EventRow.by))),
            )

    def history(self, document_id: int, *, by: Actor) -> tuple[EventView, ...]:
        """Return all that happened to a document and to the file it came in, oldest first."""
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            document = visible.get_remains(session, document_id, by, self.types)
            of_file = and_(EventRow.document_id.is_(None), EventRow.file_id == document.file_id)
            statement = select(EventRow).where(or_(EventRow.document_id == document_id, of_file)).order_by(EventRow.seq)
            return _views(session, session.scalars(statement).all())

    def verify(self, checkpoint: bytes | None = None, *, by: Actor) -> VerificationView:
        """Check the whole record as it lies in the database, and return every problem as a sentence.

        Args:
            checkpoint: the content of a checkpoint that left the machine earlier: it shows a chain that was cut off
                or made anew, which the database alone cannot.
            by: who asks; that they did is an event too.
        """
        access.check_may(by, Act.AUDIT)
        unusable: list[str] = []
        known: Checkpoint | None = None
        if checkpoint is not None:
            try:
                known = parse_checkpoint(checkpoint, self._first_key())
            except ValueError as error:
                unusable.append(f"The checkpoint cannot be used: {error}. Choose a file that Proofdesk wrote.")
        report, found = check_record(self.store, known)
        problems = (*unusable, *found)
        facts = {
            "events": report.events,
            "head": report.seq,
            "hash": report.hash,
            "problems": len(problems),
            "checkpoint": known.seq if known else None,
        }
        try:
            self._write(AuditTag.EXPORT_VERIFY, facts, by)
        except (DBAPIError, RecordBrokenError) as error:
            if not problems:
                raise
            log.warning("auditing.check_not_recorded", error=type(error).__name__)
            problems = (*problems, "The record is damaged so far that nothing can be added to it, not even this check.")
        return VerificationView(
            events=report.events,
            head=report.hash,
            problems=problems,
            checkpoint_seq=known.seq if known else None,
        )

    def export(
        self, form: ExportFormat, wanted: ExportFilter | None = None, *, by: Actor, bom: bool = False
    ) -> Iterator[bytes]:
        """Return the export as an iterator of bytes, all from one moment; memory does not grow with its size.

        That it was made is an event, written before the first bytes leave.

        Args:
            form: csv, jsonl (the one that verify.py checks) or xlsx.
            wanted: what it holds; None: every approval with every field, and every event.
            by: who asks.
            bom: for CSV: put a byte order mark first, for Excel.
        """
        access.check_may(by, Act.AUDIT)
        seen = (wanted or ExportFilter()).model_copy(update={"sight": visible.sight_of(by, self.types)})
        if seen.redact and form is not ExportFormat.JSONL:
            raise InvalidCorrectionError(
                "Fields can be left out of evidence and of JSON lines alone. Choose one of them."
            )
        return self._export(form, seen, by, bom)

    def get_verifier(self, *, by: Actor) -> bytes:
        """Return verify.py: one file that a stranger can check a JSONL export with, offline."""
        access.check_may(by, Act.AUDIT)
        return Path(verifier.__file__).read_bytes()

    def _export(self, form: ExportFormat, wanted: ExportFilter, by: Actor, bom: bool) -> Iterator[bytes]:
        with snapshot(self.store) as session:
            stated = statement.state(session, wanted, by)
            if wanted.redact:
                stated["control_totals"] = [{**total, "amount": None} for total in stated["control_totals"]]
            facts = _recorded(stated)
            at, seq = self._write(AuditTag.EXPORT_WRITE, {**facts, "format": form.value}, by)
            stated |= {"at": at, "recorded_as": seq}
            match form:
                case ExportFormat.CSV:
                    yield from write_csv(stated, self._flat(session, wanted), bom=bom)
                case ExportFormat.JSONL:
                    lines = self._lines(session, wanted)
                    yield from write_jsonl(stated, redact(lines, wanted.redact) if wanted.redact else lines)
                case ExportFormat.XLSX:
                    flat = self._flat(session, wanted)
                    yield from write_xlsx(stated, (rows.numeric(row, self.types) for row in flat))

    def _flat(self, session: Session, wanted: ExportFilter) -> Iterator[rows.Row]:
        """Yield rows for tables: what belongs to the document is on each of its fields' rows."""
        if ExportPart.APPROVALS in wanted.parts:
            for subject in list_subjects(session, wanted):
                document = rows.document_row(subject)
                yield document
                for row in rows.field_rows(subject):
                    yield {**document, **row}
        if ExportPart.EVENTS in wanted.parts:
            for event in list_stored(session, *event_conditions(wanted)):
                yield rows.event_row(event)

    def _lines(self, session: Session, wanted: ExportFilter) -> Iterator[rows.Row]:
        """Yield rows for JSON lines: the signed record whole, and events as they are hashed."""
        if ExportPart.APPROVALS in wanted.parts:
            for subject in list_subjects(session, wanted):
                document = rows.document_row(subject)
                yield {**document, "record": subject.record} if subject.approval else document
                yield from rows.field_rows(subject)
        if ExportPart.EVENTS in wanted.parts:
            for event in list_stored(session, *event_conditions(wanted)):
                yield rows.event_line(event)

    def _first_key(self) -> str | None:
        """Return the key that every checkpoint of this installation goes back to; None where nothing was signed yet."""
        statements = self.keys.statements() if self.keys is not None else []
        return str(statements[0]["key"]) if statements else None

    def _write(self, tag: AuditTag, facts: dict[str, Any], by: Actor) -> tuple[datetime, int]:
        """Record that somebody looked at the whole record or took it away; return when, and as which event."""
        now = self.clock.now()
        with self.store.writing() as session:
            return now, events.append(session, entry(tag, by, now, facts=facts))[0]


def _recorded(stated: dict[str, Any]) -> dict[str, Any]:
    """Return what is put on record of an export's statement: its sums are values, which have to be able to go.

    The hash of the statement, which has a salt of its own, binds them to the record all the same.
    """
    facts = {name: value for name, value in stated.items() if name not in ("kind", "by", "by_name", "salt")}
    totals = [{**total, "amount": None} for total in stated["control_totals"]]
    return facts | {"control_totals": totals, "statement_sha256": digest(stated)}


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since:
        conditions.append(EventRow.at >= wanted.since)
    if wanted.until:
        conditions.append(EventRow.at < wanted.until)
    if wanted.tag:
        tag = printable(wanted.tag)
        conditions.append(EventRow.tag == tag if ":" in tag else EventRow.tag.startswith(tag + ":", autoescape=True))
    if wanted.person:
        conditions.append(EventRow.by == printable(wanted.person))
    if wanted.document_id is not None:
        conditions.append(EventRow.document_id == wanted.document_id)
    return conditions


def _said_in(session: Session, search: str, conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that an event, or a value of it that was not erased, says what is searched for.

    Sealed values are opened to look into them: that takes about a second for 100,000 of them, fewer where the other
    conditions leave fewer.
    """
    quoted = json.dumps(search, ensure_ascii=False)[1:-1]  # as the stored texts have it
    # as text: what is searched for is a part of a value, no value of its own
    values = type_coerce(EventValueRow.value, Text)
    plain = select(EventValueRow.seq).where(
        ~EventValueRow.salt.startswith(MARK), values.icontains(quoted, autoescape=True)
    )
    found = [EventRow.text.icontains(quoted, autoescape=True), EventRow.seq.in_(plain)]
    found.append(EventRow.seq.in_(_seqs_of_sealed(session, quoted.casefold(), conditions)))
    if search.isdecimal() and len(search) < 19:
        found += [EventRow.seq == int(search), EventRow.document_id == int(search)]
    return or_(*found)


def _seqs_of_sealed(session: Session, wanted: str, conditions: Sequence[ColumnElement[bool]]) -> list[int]:
    vault = vault_of(session.get_bind().dialect)
    if vault is None:
        return []
    sealed = (
        select(EventValueRow.seq, EventValueRow.salt, type_coerce(EventValueRow.value, Text))
        .join(EventRow, EventRow.seq == EventValueRow.seq)
        .where(EventValueRow.salt.startswith(MARK), *conditions)
        .execution_options(yield_per=AT_ONCE)
    )
    found: set[int] = set()
    for rows_at_once in session.execute(sealed).partitions():
        vault.load(key for _, salt, _ in rows_at_once if (key := key_of(salt)) is not None)
        for seq, salt, text in rows_at_once:
            opened = open_value(vault, salt, text)
            if opened is not None and wanted in opened[1].casefold():
                found.add(seq)
    return sorted(found)


def _views(session: Session, found: Any) -> tuple[EventView, ...]:
    values: dict[int, dict[str, Any]] = {}
    kept = select(EventValueRow.seq, EventValueRow.name, EventValueRow.salt, type_coerce(EventValueRow.value, Text))
    vault = vault_of(session.get_bind().dialect)
    for seq, name, salt, text in session.execute(kept.where(EventValueRow.seq.in_([row.seq for row in found]))):
        opened = open_value(vault, salt, text)
        if opened is not None:
            values.setdefault(seq, {})[name] = rows.parsed_value(opened[1].encode())
    views: list[EventView] = []
    for row in found:
        said = rows.parsed(row.text.encode())
        views.append(
            EventView(
                seq=row.seq,
                at=row.at,
                tag=row.tag,
                by=row.by,
                file_id=row.file_id,
                document_id=row.document_id,
                field=row.field,
                revision=said.get("revision"),
                facts=said.get("facts", {}),
                values=values.get(row.seq, {}),
                hash=row.hash,
            )
        )
    return tuple(views)
