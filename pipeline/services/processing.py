from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditEvent, AuditTag
from pipeline.domain.documents import DocumentState, PageRef, check_move
from pipeline.domain.extraction import Extraction, FieldExtraction
from pipeline.domain.fields import TYPE_FIELD, DocumentType
from pipeline.domain.pages import PageSummary
from pipeline.domain.review import SETTLED, FieldState
from pipeline.domain.routing import FieldRouting, Outcome, Policy, RoutingDecision
from pipeline.errors import DocumentError, PipelineError
from pipeline.ports import Clock, Engines
from pipeline.services import access, summary
from pipeline.services.desk import same_number_reason
from pipeline.services.entries import document_entry
from pipeline.services.sources import Source, Sources, sources_of
from pipeline.services.typeshelf import TypeShelf
from pipeline.stages.calibrate import calibrate
from pipeline.stages.extract import extract
from pipeline.stages.route import route
from pipeline.stages.unseen import unseen
from pipeline.stages.validate import validate
from pipeline.stages.witness import witness
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.tables import ClaimRow, DocumentRow, ExtractionRow, FieldRow

BEYOND_LIMIT = timedelta(seconds=180)
"""How much longer than reading its files may take an attempt counts as running: extraction, and a busy machine."""

PROLONG_EVERY = timedelta(seconds=30)
"""How often an attempt that reads page after page off images says that it goes on."""

RETRY_MOST = timedelta(hours=1)

DIED = "The worker stopped in the middle of this document. Try again; if it stays, run `proofdesk doctor`."
FAULT = "Reading stopped on a fault of the program. Try again; if it stays, send the log to whoever runs Proofdesk."

log = structlog.get_logger()


@dataclass(frozen=True)
class _Attempt:
    """What one attempt works on, copied out of the database before the slow part."""

    document_id: int
    number: int
    sources: tuple[Source, ...]
    fixed_type: str | None
    policy: Policy


@dataclass(frozen=True)
class _Result:
    extraction: Extraction
    decision: RoutingDecision
    doctype: DocumentType | None
    pages: tuple[PageSummary, ...]
    model: str | None


@dataclass(frozen=True)
class Processing:
    """Reads a queued document and routes it. Every step re-reads the state first: running twice is harmless."""

    store: Store
    sources: Sources
    engines: Engines
    types: TypeShelf
    clock: Clock
    attempts_max: int
    retry: timedelta
    draw: Callable[[], float]
    """A uniform random number in [0, 1): whether a field becomes a quality sample."""

    def process(self, document_id: int, *, by: Actor, begun: Callable[[int], None] = lambda attempt: None) -> None:
        """Read the document if it waits for that; the outcome is in its state.

        Args:
            document_id: which.
            by: who asks.
            begun: told the attempt's number once it counts, so that whoever sees this process die can `bury` it.
        """
        access.check_may(by, Act.PROCESS)
        attempt = self._begin(document_id)
        if attempt is None:
            return
        begun(attempt.number)
        try:
            result = self._work(attempt)
        except DocumentError as error:
            self._fail(attempt, error, by, final=True)
        except Exception as error:
            self._fail(attempt, error, by, final=False)
            if not isinstance(error, PipelineError):
                raise  # a bug: its traceback belongs in the log
        else:
            self._finish(attempt, result, by)

    def bury(self, document_id: int, attempt: int, *, by: Actor) -> None:
        """End an attempt whose process is known to be dead: the document is queued again, or failed after its last.

        Nothing happens where that attempt has ended, however it did, or where another has begun since.
        """
        access.check_may(by, Act.PROCESS)
        self._fail(_Attempt(document_id, attempt, (), None, Policy()), PipelineError(DIED), by, final=False)

    def due(self, *, by: Actor, idle: timedelta = timedelta(0), limit: int = 500) -> tuple[int, ...]:
        """Return queued documents whose time has come, oldest first; attempts whose worker died are queued again first.

        Args:
            by: who asks.
            idle: only those that nothing happened to for so long: their ring may be on its way.
            limit: at most so many.
        """
        access.check_may(by, Act.SWEEP)
        now = self.clock.now()
        with self.store.reading() as session:
            dead = session.execute(
                select(DocumentRow.id, DocumentRow.attempt).where(
                    DocumentRow.state == DocumentState.READING, DocumentRow.running_until < now
                )
            ).all()
        for document_id, number in dead:
            self.bury(document_id, number, by=by)
        with self.store.reading() as session:
            statement = (
                select(DocumentRow.id)
                .where(
                    DocumentRow.state == DocumentState.QUEUED,
                    DocumentRow.changed_at <= now - idle,
                    or_(DocumentRow.next_try_at.is_(None), DocumentRow.next_try_at <= now),
                )
                .order_by(DocumentRow.id)
                .limit(limit)
            )
            return tuple(session.scalars(statement))

    def _begin(self, document_id: int) -> _Attempt | None:
        """Count the attempt before the work, so that a document which kills its worker runs out of them."""
        now = self.clock.now()
        with self.store.writing() as session:
            document = queries.get_document(session, document_id)
            if document.state != DocumentState.QUEUED or (document.next_try_at and document.next_try_at > now):
                return None
            document.state = check_move(document.id, DocumentState(document.state), DocumentState.READING)
            document.attempts += 1
            document.attempt += 1
            sources = sources_of(session, document)
            document.running_until = now + timedelta(seconds=self.sources.limits.seconds * len(sources)) + BEYOND_LIMIT
            document.next_try_at = None
            document.changed_at = now
            return _Attempt(
                document_id=document.id,
                number=document.attempt,
                sources=sources,
                fixed_type=document.type if document.type_fixed else None,
                policy=queries.get_policy(session).policy,
            )

    def _work(self, attempt: _Attempt) -> _Result:
        reading = self.sources.read(attempt.sources, self._prolonging(attempt))
        pages = reading.pages
        serving = self.engines.current()
        read = calibrate(extract(reading, self.types.enabled, serving.extractor, attempt.fixed_type))
        heard = witness(read, reading, self.types.enabled, serving.extractor, attempt.fixed_type)
        extraction, findings = heard.extraction, heard.findings + unseen(pages)
        doctype = self.types.find(extraction.type.name)
        if doctype is not None:
            findings += validate({field.name: field.value for field in extraction.fields}, doctype)
        names = [spec.name for spec in doctype.fields] if doctype else []
        draws = {name: self.draw() for name in names}
        derived = serving.thresholds_of(doctype)
        decision = route(extraction, findings, doctype, attempt.policy, draws, derived)
        summaries = tuple(
            PageSummary(
                number=page.number,
                width=page.size.width,
                height=page.size.height,
                has_text=page.has_text,
                note=page.note,
                frame=page.frame,
            )
            for page in pages
        )
        return _Result(extraction, decision, doctype, summaries, serving.model)

    def _prolonging(self, attempt: _Attempt) -> Callable[[int, int], None]:
        """Return what to call after each page read off its image: such pages take long, but the attempt is alive."""
        told = self.clock.now()

        def tell(done: int, wanted: int) -> None:
            nonlocal told
            now = self.clock.now()
            log.info("processing.images", document_id=attempt.document_id, done=done, wanted=wanted)
            if now - told < PROLONG_EVERY or done == wanted:
                return
            told = now
            with self.store.writing() as session:
                document = queries.get_document(session, attempt.document_id)
                if document.attempt == attempt.number and document.state == DocumentState.READING:
                    document.running_until = now + timedelta(seconds=self.sources.limits.seconds) + BEYOND_LIMIT

        return tell

    def _finish(self, attempt: _Attempt, result: _Result, by: Actor) -> None:
        """Save extraction, decision, state and event in one transaction, if the attempt is still the current one."""
        now = self.clock.now()
        with self.store.writing() as session:
            document = queries.get_document(session, attempt.document_id)
            if document.attempt != attempt.number or document.state != DocumentState.READING:
                log.info("processing.overtaken", document_id=attempt.document_id, attempt=attempt.number)
                return
            session.add(
                ExtractionRow(
                    document_id=document.id,
                    attempt=attempt.number,
                    engine=result.extraction.engine,
                    created_at=now,
                    result=result.extraction,
                )
            )
            fields = _replace_unsettled(session, document, result)
            document.type = result.extraction.type.name
            document.page_count, document.page_summaries = len(result.pages), result.pages
            summary.refresh(session, document, fields, result.doctype)
            self._mark_same_number(session, document, fields, result.doctype)
            outcome = Outcome.REVIEW if document.open_count else Outcome.READY
            target = DocumentState.REVIEW if outcome is Outcome.REVIEW else DocumentState.READY
            document.state = check_move(document.id, DocumentState(document.state), target)
            document.findings = result.decision.findings
            document.policy_version = result.decision.policy_version
            # a model whose file is gone reads by the rules: to be read again for it once was enough
            document.model = result.model or document.model
            document.revision += 1
            document.running_until = document.failure = document.failure_code = None
            document.attempts = 0
            document.read_at = document.changed_at = now
            events.append(session, _read_event(document, attempt, result, fields, by, now))
            claim = session.get(ClaimRow, document.id)
            if target is DocumentState.READY and claim is not None:
                # the reviewer who chose its type has nothing left to do here, and approval is somebody else's desk
                session.delete(claim)
                facts = {"holder": claim.user_id}
                events.append(session, document_entry(AuditTag.CLAIM_RELEASE, document, by, now, facts=facts))

    def _mark_same_number(
        self, session: Session, document: DocumentRow, fields: list[FieldRow], doctype: DocumentType | None
    ) -> None:
        """Make the same number from the same party in other bytes an exception of the number's field."""
        others = summary.list_same(session, document)
        field = next((row for row in fields if doctype and row.name == doctype.summary.number), None)
        if not others or field is None or field.state in SETTLED:
            return
        field.reasons = (*field.reasons, same_number_reason(document, others))
        field.state = FieldState.OPEN
        summary.refresh(session, document, fields, doctype)

    def _fail(self, attempt: _Attempt, error: Exception, by: Actor, *, final: bool) -> None:
        """Queue another attempt, or give up: FAILED, with the cause, and nothing lost."""
        now = self.clock.now()
        code = error.code if isinstance(error, PipelineError) else "internal"
        sentence = str(error) if isinstance(error, PipelineError) else FAULT
        with self.store.writing() as session:
            document = queries.get_document(session, attempt.document_id)
            if document.attempt != attempt.number or document.state != DocumentState.READING:
                return
            given_up = final or document.attempts >= self.attempts_max
            target = DocumentState.FAILED if given_up else DocumentState.QUEUED
            document.state = check_move(document.id, DocumentState(document.state), target)
            document.running_until = None
            document.failure_code, document.failure = code, sentence
            if not given_up:
                document.next_try_at = now + min(self.retry * 2 ** min(document.attempts - 1, 20), RETRY_MOST)
            document.changed_at = now
            document.revision += 1
            tag = AuditTag.DOCUMENT_FAIL if given_up else AuditTag.DOCUMENT_RETRY
            facts = {"code": code, "attempt": attempt.number, "attempts": document.attempts}
            events.append(session, document_entry(tag, document, by, now, facts=facts))
        log.warning("processing.failed", document_id=attempt.document_id, code=code, final=given_up)


def page_ref(document: DocumentRow, page: int) -> PageRef:
    """Return the file and page behind page `page` (from 1) of the document."""
    return document.pages[page - 1] if document.pages else PageRef(file_id=document.file_id, page=page)


def _replace_unsettled(session: Session, document: DocumentRow, result: _Result) -> list[FieldRow]:
    """Give the document the fields of this reading, but keep what a person settled."""
    kept: dict[str, FieldRow] = {}
    known = {routing.name for routing in result.decision.fields}
    for row in queries.list_fields(session, document.id):
        if (row.state in SETTLED or row.settled_by is not None) and row.name in known:
            kept[row.name] = row
        else:
            session.delete(row)
    session.flush()
    fields: list[FieldRow] = []
    for position, routing in enumerate(result.decision.fields):
        row = kept.get(routing.name)
        if row is None:
            row = _field_row(document.id, position, routing, _read_field(result.extraction, routing.name))
            session.add(row)
        row.position = position
        fields.append(row)
    return fields


def _read_field(extraction: Extraction, name: str) -> FieldExtraction | None:
    if name != TYPE_FIELD:
        return extraction.find_field(name)
    guess = extraction.type
    return FieldExtraction(name=TYPE_FIELD, text=guess.name, value=guess.name, confidence=guess.confidence)


def _field_row(document_id: int, position: int, routing: FieldRouting, read: FieldExtraction | None) -> FieldRow:
    value = read.value if read else None
    return FieldRow(
        document_id=document_id,
        name=routing.name,
        position=position,
        state=FieldState.OPEN if routing.reasons else FieldState.ACCEPTED,
        machine_value=value,
        value=value,
        confidence=read.confidence if read else 0.0,
        threshold=routing.threshold,
        threshold_kind=routing.threshold_kind,
        reasons=routing.reasons,
        sample_probability=routing.sample_probability,
        provenance=read.provenance if read else None,
    )


def _read_event(
    document: DocumentRow, attempt: _Attempt, result: _Result, fields: list[FieldRow], by: Actor, now: datetime
) -> AuditEvent:
    values: Mapping[str, Any] = {row.name: row.machine_value for row in fields}
    shown = {
        row.name: sorted(reason.code.value for reason in row.reasons) for row in fields if row.state == FieldState.OPEN
    }
    return document_entry(
        AuditTag.DOCUMENT_READ,
        document,
        by,
        now,
        facts={
            "attempt": attempt.number,
            "engine": result.extraction.engine,
            "reader": result.extraction.reader,
            "policy": result.decision.policy_version,
            "type": document.type,
            "type_version": result.doctype.version if result.doctype else None,
            "pages": len(result.pages),
            "shown": shown,
            "accepted": sum(row.state == FieldState.ACCEPTED for row in fields),
            "confidence": {row.name: round(row.confidence, 6) for row in fields},
        },
        values={"fields": dict(values)},
    )
