"""The machine's side of learning: train on what people settled, let the better model serve, read again what waits."""

import hashlib
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import DocumentType
from pipeline.domain.models import FieldCurves, ModelState, TypeFigures
from pipeline.errors import ConfigurationError, PipelineError, TransientError
from pipeline.extraction.engine import BaselineEngine
from pipeline.extraction.learned.model import Model
from pipeline.extraction.learned.training import Spread, Studied, study, train
from pipeline.ports import Clock, Job, JobQueue
from pipeline.record.canonical import canonical_json
from pipeline.services import access, contest, contradictions, reign
from pipeline.services.desk import Desk
from pipeline.services.engines import point
from pipeline.services.entries import entry
from pipeline.services.history import Known
from pipeline.services.lessons import Lesson, list_lessons, marker
from pipeline.services.sources import Sources
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.models import FolderModels
from pipeline.store.studies import FolderStudies, code_hash
from pipeline.store.tables import ClaimRow, DocumentRow, FieldRow, ModelRow, RecheckRow, TaughtRow, TrainingRow

TRAINING_MOST = timedelta(hours=1)
"""A training that takes longer is taken to hang."""
RETRY_FIRST, RETRY_MOST = timedelta(seconds=30), timedelta(hours=1)
REREAD_ROUND = 40
"""Waiting documents that are queued to be read again at once; the next ones follow when these are done."""
REREAD_DEPTH = 10
"""With more jobs than this waiting, documents that nobody has read at all go first."""
DIED = "The training stopped in the middle. It is tried again; if it stays, run `proofdesk doctor`."
FAULT = "The training stopped on a fault of the program. If it stays, send the log to whoever runs Proofdesk."

log = structlog.get_logger()


@dataclass(frozen=True)
class Trained:
    """What one training came to, before anything is saved of it."""

    model: Model
    lessons: int
    is_better: bool
    """No worse than the champion and than the rules."""
    compared_with: str | None
    why: str
    figures: tuple[TypeFigures, ...]
    curves: tuple[FieldCurves, ...]


@dataclass(frozen=True)
class Learning:
    """Learns from review. Like reading, every step looks at the state first: running twice is harmless."""

    store: Store
    sources: Sources
    studies: FolderStudies
    models: FolderModels
    jobs: JobQueue
    types: TypeShelf
    clock: Clock
    spread: Spread = map
    """How the fields are learned: one after the other, or side by side in processes."""
    is_on: bool = True

    def train(self, *, by: Actor, begun: Callable[[int], None] = lambda attempt: None) -> str | None:
        """Train where there is something new to learn; return the new model's version.

        Many approvals ring once each, and one training serves them all: where nothing changed since the last one, or
        one is running, nothing happens.

        Args:
            by: who asks.
            begun: told the attempt's number once it counts, so that whoever sees this process die can `bury` it.
        """
        access.check_may(by, Act.LEARN)
        attempt = self._begin()
        if attempt is None:
            return None
        number, seen = attempt
        begun(number)
        began = time.monotonic()
        try:
            trained = self._work()
            if trained is not None:
                self.models.write(trained.model, trained.model.version)
            is_promoted = self._finish(number, seen, trained, time.monotonic() - began, by)
        except Exception as error:
            self._fail(number, error)
            if isinstance(error, PipelineError):
                return None
            raise  # a bug: its traceback belongs in the log
        if trained is None:
            return None
        self._remove_unknown(trained.model.version)
        if is_promoted:
            point(self.models.folder, trained.model.version)
            self.reread(by=by)
            self._look_again(trained)
        self._ring_if_changed()
        return trained.model.version

    def bury(self, attempt: int, *, by: Actor) -> None:
        """End a training whose process is known to be dead; nothing happens where it has ended, however it did."""
        access.check_may(by, Act.LEARN)
        self._fail(attempt, PipelineError(DIED))

    def ring_due(self, *, by: Actor) -> int:
        """Ring for a training where one is due, whatever became of earlier rings; return how many rings that were."""
        access.check_may(by, Act.LEARN)
        now = self.clock.now()
        with self.store.reading() as session:
            row = session.get(TrainingRow, 1)
            dead = row.attempt if row is not None and row.running_until is not None and row.running_until < now else 0
            due = self._is_due(session, row, now)
        if dead:
            self.bury(dead, by=by)
        if due and self.is_on:
            self.jobs.enqueue_many(Job.LEARN, [0])
        return int(due and self.is_on)

    def reread(self, *, by: Actor) -> int:
        """Queue waiting documents that nobody has opened to be read by the champion; return how many.

        The most urgent first, a bounded number at a time. Where anybody holds a document, or has settled a field of it,
        it stays as it is.
        """
        access.check_may(by, Act.LEARN)
        now = self.clock.now()
        if not self._is_quiet():
            return 0
        with self.store.reading() as session:
            champion = reign.find_champion(session)
            ids = _unopened(session, champion.version) if champion is not None else []
        if champion is None or not ids:
            return 0
        queued: list[int] = []
        with self.store.writing() as session:
            for document_id in ids:
                desk = Desk.open(session, document_id, self.types, by, now)
                if not _is_untouched(session, desk.document):
                    continue
                desk.move(DocumentState.QUEUED)
                desk.document.model = champion.version
                desk.document.attempts, desk.document.next_try_at = 0, None
                desk.changed()
                desk.record(AuditTag.DOCUMENT_QUEUE, facts={"model": champion.version})
                queued.append(document_id)
        self.jobs.enqueue_many(Job.PROCESS, queued)
        return len(queued)

    def teach(self, known: Sequence[Known], *, by: Actor) -> tuple[str, ...]:
        """Bring in documents whose values the company has already; return a sentence for each that can't be read.

        They teach, and never come up for review. A document that was brought in before takes its new values.
        """
        access.check_may(by, Act.ADMINISTER)
        refused: list[str] = []
        rows: list[TaughtRow] = []
        now = self.clock.now()
        for one in known:
            try:
                rows.append(self._taught(one, by, now))
            except PipelineError as error:
                refused.append(f"{one.name}: {error}")
            except OSError as error:
                refused.append(f"{one.name}: it can't be read ({error.strerror}). Check its name and its rights.")
        with self.store.writing() as session:
            for row in rows:
                before = session.scalar(select(TaughtRow).where(TaughtRow.sha256 == row.sha256))
                if before is None:
                    session.add(row)
                    session.flush()
                else:
                    before.type, before.values, before.group = row.type, row.values, row.group
                    before.name, before.by, before.at = row.name, row.by, row.at
            if rows:
                facts = {"taught": len(rows), "refused": len(refused)}
                events.append(session, entry(AuditTag.MODEL_TRAIN, by, now, facts=facts))
        if rows:
            self.jobs.enqueue_many(Job.LEARN, [0])
        return tuple(refused)

    def _taught(self, one: Known, by: Actor, now: datetime) -> TaughtRow:
        doctype = self.types.find(one.type)
        if doctype is None:
            raise ConfigurationError(f"The type “{one.type}” is not known here. Describe it, or take the line out.")
        self.sources.reader.probe(one.path, self.sources.limits)
        sha256 = self.sources.blobs.put(io.BytesIO(one.path.read_bytes())).sha256
        pages = self.sources.read(((sha256, None),)).pages
        values = dict(one.example(pages, doctype).values)
        return TaughtRow(
            sha256=sha256,
            name=one.name,
            type=one.type,
            values=values,
            group=one.group,
            by=by.name,
            at=now,
            key=self.store.take_key(),
        )

    def _begin(self) -> tuple[int, str] | None:
        now = self.clock.now()
        with self.store.writing() as session:
            row = reign.training(session)
            if not self._is_due(session, row, now):
                return None
            row.attempt += 1
            row.started_at, row.running_until, row.next_try_at = now, now + TRAINING_MOST, None
            return row.attempt, marker(session)

    def _is_due(self, session: Session, row: TrainingRow | None, now: datetime) -> bool:
        seen = row.seen if row is not None else ""
        if marker(session) == seen:
            return False
        if row is None:
            return True
        is_running = row.running_until is not None and row.running_until >= now
        return not is_running and (row.next_try_at is None or row.next_try_at <= now)

    def _work(self) -> Trained | None:
        """Train on everything that teaches; None where nothing does."""
        with self.store.reading() as session:
            lessons = list_lessons(session)
            champion = reign.find_champion(session)
        types = {doctype.name: doctype for doctype in self.types.all}
        studied = self._studied(lessons, types)
        if not studied:
            return None
        model = train(studied, types, spread=self.spread)
        challenger = contest.answers_of(model, types)
        rules = contest.rules_answers(studied, model.families)
        outcome = contest.against_rules(challenger, rules)
        if not outcome.is_worse and champion is not None:
            outcome = self._against(champion.version, challenger, studied, types)
        return Trained(
            model=model,
            lessons=len(studied),
            is_better=not outcome.is_worse,
            compared_with=champion.version if champion is not None else None,
            why=outcome.why,
            figures=contest.figures_of(model, types, rules),
            curves=contest.curves_of(model),
        )

    def _against(
        self,
        version: str,
        challenger: Mapping[contest.Place, contest.Answer],
        studied: Sequence[Studied],
        types: Mapping[str, DocumentType],
    ) -> contest.Outcome:
        try:
            champion = self.models.read(version)
        except ConfigurationError:
            return contest.Outcome(False, f"No worse than the rules; model {version}, the champion, can't be read.")
        answers = contest.answers_of(champion, types) | contest.fresh_answers(champion, studied, types)
        return contest.against_champion(version, challenger, answers)

    def _studied(self, lessons: Sequence[Lesson], types: Mapping[str, DocumentType]) -> list[Studied]:
        """Return the lessons as arrays, most of them as they were kept; what can't be read any more teaches nothing."""
        rules = BaselineEngine()
        basis = _hashed([code_hash(), self.sources.reader.version])
        versions = {name: _hashed(doctype.model_dump(mode="json")) for name, doctype in types.items()}
        keys: set[str] = set()
        found: list[Studied] = []
        for lesson in lessons:
            key = _hashed([basis, versions.get(lesson.type), lesson.content_hash()])
            one = self.studies.find(key)
            if one is None:
                try:
                    pages = self.sources.read(lesson.sources).pages
                except PipelineError as error:
                    log.warning("learning.unreadable", lesson=lesson.key, code=error.code)
                    continue
                one = study(lesson.example(pages), types, rules)
                if one is None:
                    continue
                self.studies.keep(key, one)
            keys.add(key)
            found.append(one)
        self.studies.tidy(keys)
        return found

    def _finish(self, attempt: int, seen: str, trained: Trained | None, seconds: float, by: Actor) -> bool:
        """Save the model's row, in one transaction with its promotion; return whether it serves from now on."""
        now = self.clock.now()
        with self.store.writing() as session:
            row = reign.training(session)
            if row.attempt != attempt:
                log.info("learning.overtaken", attempt=attempt)
                return False
            row.seen, row.finished_at, row.running_until = seen, now, None
            row.failures, row.failure, row.next_try_at = 0, None, None
            if trained is None:
                return False
            version = trained.model.version
            known = session.get(ModelRow, version)
            if known is not None:
                known.removed_at = None  # the same lessons made the same model, and its file is there again
                return self._serve_again(session, row, known, trained, by, now)
            model = ModelRow(
                version=version,
                state=ModelState.CHALLENGER if trained.is_better else ModelState.REFUSED,
                created_at=now,
                by=by.name,
                documents=trained.lessons,
                seconds=round(seconds, 2),
                compared_with=trained.compared_with,
                why=trained.why,
                figures=trained.figures,
                curves=trained.curves,
            )
            session.add(model)
            facts: dict[str, Any] = {
                "model": version,
                "documents": trained.lessons,
                "compared_with": trained.compared_with,
                "better": trained.is_better,
                "comparison": trained.why,
            }
            events.append(session, entry(AuditTag.MODEL_TRAIN, by, now, facts=facts))
            is_promoted = trained.is_better and row.automatic
            if is_promoted:
                before = reign.enthrone(session, model, now)
                facts = {"from": before, "to": version, "by_itself": True}
                events.append(session, entry(AuditTag.MODEL_PROMOTE, by, now, facts=facts))
            removed = reign.forget_oldest(session, now)
        for version in removed:
            self.models.path(version).unlink(missing_ok=True)
        return is_promoted

    def _serve_again(
        self, session: Session, row: TrainingRow, known: ModelRow, trained: Trained, by: Actor, now: datetime
    ) -> bool:
        """Let a model serve that was made before, where none serves: as after those since were erased."""
        if reign.find_champion(session) is not None or not (trained.is_better and row.automatic):
            return False
        reign.enthrone(session, known, now)
        facts = {"from": None, "to": known.version, "by_itself": True}
        events.append(session, entry(AuditTag.MODEL_PROMOTE, by, now, facts=facts))
        return True

    def _remove_unknown(self, version: str) -> None:
        """Remove the file of a training that was overtaken: what it learned from may have been erased meanwhile."""
        with self.store.reading() as session:
            row = session.get(ModelRow, version)
        if row is None or row.removed_at is not None:
            self.models.path(version).unlink(missing_ok=True)

    def _fail(self, attempt: int, error: Exception) -> None:
        now = self.clock.now()
        code = error.code if isinstance(error, PipelineError) else "internal"
        with self.store.writing() as session:
            row = reign.training(session)
            if row.attempt != attempt or row.running_until is None:
                return
            row.running_until = None
            row.failure = str(error) if isinstance(error, PipelineError) else FAULT
            row.next_try_at = now + min(RETRY_FIRST * 2 ** min(row.failures, 20), RETRY_MOST)
            row.failures += 1
        log.warning("learning.failed", attempt=attempt, code=code)

    def _look_again(self, trained: Trained) -> None:
        """Note the labels that sure held-out predictions contradict, in place of those noted before."""
        types = {doctype.name: doctype for doctype in self.types.all}
        now = self.clock.now()
        with self.store.reading() as session:
            lessons = {lesson.key: lesson for lesson in list_lessons(session)}
        found = contradictions.find(trained.model)
        told = [replace(one, said=self._value(one, lessons.get(one.key), types)) for one in found]
        with self.store.writing() as session:
            reign.replace_rechecks(
                session,
                [
                    RecheckRow(
                        key=one.key,
                        field=one.field,
                        document_id=lessons[one.key].document_id,
                        taught_id=lessons[one.key].taught_id,
                        said=one.said,
                        confidence=round(one.confidence, 4),
                        at=now,
                    )
                    for one in told
                    if one.key in lessons
                ],
            )

    def _value(
        self, one: contradictions.Contradiction, lesson: Lesson | None, types: Mapping[str, DocumentType]
    ) -> str | None:
        """Return the value that the machine said; the key it compares by where the pages can't be had."""
        if lesson is None or one.said is None or lesson.type not in types:
            return one.said
        try:
            pages = self.sources.read(lesson.sources).pages
        except PipelineError:
            return one.said
        return contradictions.value_of(one, pages, types[lesson.type])

    def _ring_if_changed(self) -> None:
        with self.store.reading() as session:
            row = session.get(TrainingRow, 1)
            changed = row is not None and row.seen != marker(session)
        if changed:
            self.jobs.enqueue_many(Job.LEARN, [0])

    def _is_quiet(self) -> bool:
        """Return whether little waits to be read; a queue that is down is found again by the sweep."""
        try:
            return self.jobs.depth() <= REREAD_DEPTH
        except TransientError:
            return False


def _unopened(session: Session, champion: str) -> list[int]:
    """Return documents that wait for a person and that nobody has opened, read by another model, the urgent first."""
    statement = (
        select(DocumentRow.id)
        .where(reign.is_unopened(champion))
        .order_by(DocumentRow.due_at, DocumentRow.id)
        .limit(REREAD_ROUND)
    )
    return list(session.scalars(statement))


def _is_untouched(session: Session, document: DocumentRow) -> bool:
    """Return whether that still holds, now that nobody else can write."""
    settled = session.scalar(
        select(FieldRow.id).where(FieldRow.document_id == document.id, FieldRow.settled_by.is_not(None)).limit(1)
    )
    return document.state == DocumentState.REVIEW and session.get(ClaimRow, document.id) is None and settled is None


def _hashed(content: Iterable[Any] | Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()
