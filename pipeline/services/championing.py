"""The people's side of learning: what was learned, which model serves, and which labels to look at again."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.fields import FieldKind
from pipeline.domain.models import FieldCurves, ModelState, TypeFigures
from pipeline.domain.routing import Policy
from pipeline.domain.value import Frozen, Value
from pipeline.errors import InvalidTransitionError, NotFoundError
from pipeline.ports import Clock, Job, JobQueue
from pipeline.services import access, reign, visible
from pipeline.services.desk import check_why
from pipeline.services.engines import point
from pipeline.services.entries import entry
from pipeline.services.lessons import list_lessons, marker
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.models import FolderModels
from pipeline.store.tables import DocumentRow, FieldRow, ModelRow, RecheckRow, TaughtRow, TrainingRow

LISTED = 30


class ModelView(Frozen):
    version: str
    state: ModelState
    created_at: datetime
    by: str
    documents: int
    seconds: float
    compared_with: str | None
    why: str
    figures: tuple[TypeFigures, ...]
    promoted_at: datetime | None
    is_there: bool
    """Its file is kept, so that it can serve."""

    @property
    def predictions(self) -> int:
        return sum(each.predictions for each in self.figures)

    @property
    def right(self) -> int:
        return sum(each.right for each in self.figures)

    @property
    def accepted(self) -> int:
        return sum(each.accepted for each in self.figures)

    @property
    def accepted_wrong(self) -> int:
        return sum(each.accepted_wrong for each in self.figures)

    @property
    def calibration_error(self) -> float | None:
        """The types' errors, weighted by how much was predicted for each."""
        told = [(each.calibration_error, each.predictions) for each in self.figures]
        counted = [(error, count) for error, count in told if error is not None and count]
        whole = sum(count for _, count in counted)
        return sum(error * count for error, count in counted) / whole if whole else None


class TrainingView(Frozen):
    """How training stands."""

    running_since: datetime | None
    finished_at: datetime | None
    failure: str | None
    next_try_at: datetime | None
    is_waiting: bool
    """Something was approved, or brought in, that no training has seen yet."""
    automatic: bool


class ThresholdView(Frozen):
    """The threshold in force for one field, whose it is, and what would be needed for one of its own."""

    type: str
    type_title: str
    field: str
    title: str
    value: float
    kind: str
    """`starting`, `derived` or `policy`."""
    missing: int | None
    """How many more reviewed values are needed for a derived one; None where nobody can say yet."""
    critical: bool


class RecheckView(Frozen):
    id: int
    document_id: int | None
    name: str
    """How the document is called: its number, or its file."""
    type: str | None = None
    field: str
    title: str
    kind: FieldKind
    label: Value | None
    said: str | None
    confidence: float


class LearningView(Frozen):
    """All that the learning page shows."""

    training: TrainingView
    models: tuple[ModelView, ...]
    """The newest first."""
    lessons: dict[str, int]
    """Documents that teach now, by type."""
    taught: int
    """Of them, those that were brought in with their values."""
    thresholds: tuple[ThresholdView, ...]
    rechecks: tuple[RecheckView, ...]
    waiting: int
    """Documents that wait to be read again by the champion."""

    @property
    def champion(self) -> ModelView | None:
        return next((model for model in self.models if model.state is ModelState.CHAMPION), None)


class ChampionView(Frozen):
    """What `status` and `doctor` say of the model that reads."""

    version: str | None
    documents: int
    promoted_at: datetime | None
    is_there: bool
    failure: str | None
    """Why the last training stopped, where it did."""


@dataclass(frozen=True)
class Championing:
    """Compare models, put one in force, take it back; say that a doubted label is right."""

    store: Store
    models: FolderModels
    jobs: JobQueue
    types: TypeShelf
    clock: Clock

    def overview(self, *, by: Actor) -> LearningView:
        """Return how learning stands."""
        access.check_may(by, Act.ASSURE)
        now = self.clock.now()
        with self.store.reading() as session:
            lessons = list_lessons(session)
            statement = select(ModelRow).order_by(ModelRow.created_at.desc(), ModelRow.version).limit(LISTED)
            rows = list(session.scalars(statement))
            champion = reign.find_champion(session)
            if champion is not None and champion not in rows:
                rows.append(champion)
            models = tuple(_model(row) for row in rows)
            serving = next((model for model in models if model.state is ModelState.CHAMPION), None)
            return LearningView(
                training=_training(session, now),
                models=models,
                lessons=dict(sorted(Counter(lesson.type for lesson in lessons).items())),
                taught=sum(lesson.taught_id is not None for lesson in lessons),
                thresholds=self._thresholds(
                    serving, queries.get_policy(session).policy, {each.type for each in lessons}
                ),
                rechecks=self._rechecks(session, by),
                waiting=_count_waiting(session, champion),
            )

    def get_model(self, version: str, *, by: Actor) -> tuple[ModelView, tuple[FieldCurves, ...]]:
        """Return one model with what its charts are drawn from."""
        access.check_may(by, Act.ASSURE)
        with self.store.reading() as session:
            row = reign.get_model(session, version)
            return _model(row), row.curves

    def champion(self, *, by: Actor) -> ChampionView:
        """Return what serves now, for people who look after the installation."""
        access.check_may(by, Act.OPERATE)
        with self.store.reading() as session:
            row = reign.find_champion(session)
            training = session.get(TrainingRow, 1)
        return ChampionView(
            version=row.version if row else None,
            documents=row.documents if row else 0,
            promoted_at=row.promoted_at if row else None,
            is_there=row is None or self.models.path(row.version).is_file(),
            failure=training.failure if training else None,
        )

    def promote(self, version: str, why: str, *, by: Actor) -> None:
        """Put a model in force, also one that was refused; better ones serve by themselves again from then on."""
        access.check_may(by, Act.ADMINISTER)
        self._put_in_force(version, check_why(why, "putting a model in force"), by, is_rollback=False)

    def roll_back(self, version: str, why: str, *, by: Actor) -> None:
        """Go back to an earlier champion; no newer model serves by itself until a person says so."""
        access.check_may(by, Act.ADMINISTER)
        self._put_in_force(version, check_why(why, "taking a model back"), by, is_rollback=True)

    def roll_back_to_rules(self, why: str, *, by: Actor) -> None:
        """Read by the rules alone; no model serves until a person puts one in force."""
        access.check_may(by, Act.ADMINISTER)
        why = check_why(why, "taking a model back")
        now = self.clock.now()
        with self.store.writing() as session:
            before = reign.find_champion(session)
            if before is None:
                raise InvalidTransitionError("The rules alone read already. Reload the page.")
            before.state = ModelState.RETIRED
            reign.training(session).automatic = False
            facts = {"from": before.version, "to": None}
            events.append(session, entry(AuditTag.MODEL_ROLLBACK, by, now, facts=facts, values={"why": why}))
        point(self.models.folder, None)

    def remove(self, version: str, why: str, *, by: Actor) -> None:
        """Remove a model's file; its figures, and what it read, stay."""
        access.check_may(by, Act.ADMINISTER)
        why = check_why(why, "removing a model")
        now = self.clock.now()
        with self.store.writing() as session:
            row = reign.get_model(session, version)
            if row.state == ModelState.CHAMPION:
                raise InvalidTransitionError("This model reads documents. Put another in force, then remove it.")
            row.removed_at = now
            if row.state == ModelState.CHALLENGER:
                row.state = ModelState.RETIRED
            events.append(
                session, entry(AuditTag.MODEL_ROLLBACK, by, now, facts={"removed": version}, values={"why": why})
            )
        self.models.path(version).unlink(missing_ok=True)

    def set_automatic(self, automatic: bool, *, by: Actor) -> None:
        """Say whether a model that is no worse serves by itself."""
        access.check_may(by, Act.ADMINISTER)
        now = self.clock.now()
        with self.store.writing() as session:
            row = reign.training(session)
            if row.automatic == automatic:
                return
            row.automatic = automatic
            events.append(session, entry(AuditTag.MODEL_PROMOTE, by, now, facts={"automatic": automatic}))

    def train_again(self, *, by: Actor) -> None:
        """Have everything learned anew, though nothing new was approved: for a model whose file is gone."""
        access.check_may(by, Act.ADMINISTER)
        with self.store.writing() as session:
            row = reign.training(session)
            row.seen, row.next_try_at = "", None
        self.jobs.enqueue_many(Job.LEARN, [0])

    def dismiss(self, recheck_id: int, *, by: Actor) -> None:
        """Say that a doubted label is right: it is not listed again."""
        access.check_may(by, Act.APPROVE)
        now = self.clock.now()
        with self.store.writing() as session:
            row = queries.find_row(session, RecheckRow, recheck_id)
            if row is None or not self._may_see(session, row, by):
                raise NotFoundError("This is no longer on the list. Reload the page.")
            row.dismissed_by, row.dismissed_at = by.name, now

    def _put_in_force(self, version: str, why: str, by: Actor, *, is_rollback: bool) -> None:
        now = self.clock.now()
        with self.store.writing() as session:
            row = reign.get_model(session, version)
            if row.state == ModelState.CHAMPION:
                raise InvalidTransitionError("This model is in force already. Reload the page.")
            if row.removed_at is not None or not self.models.path(version).is_file():
                raise InvalidTransitionError("This model's file is gone, so it can't serve. Choose another one.")
            before = reign.enthrone(session, row, now)
            reign.training(session).automatic = not is_rollback
            tag = AuditTag.MODEL_ROLLBACK if is_rollback else AuditTag.MODEL_PROMOTE
            events.append(session, entry(tag, by, now, facts={"from": before, "to": version}, values={"why": why}))
        point(self.models.folder, version)

    def _thresholds(self, champion: ModelView | None, policy: Policy, taught: set[str]) -> tuple[ThresholdView, ...]:
        """Return the thresholds of the types that anything teaches; of all enabled ones where nothing does yet."""
        figures = {each.type: each for each in champion.figures} if champion is not None else {}
        found: list[ThresholdView] = []
        for doctype in self.types.enabled:
            if taught and doctype.name not in taught:
                continue
            known = figures.get(doctype.variant_of or doctype.name)
            for spec in doctype.fields:
                learned = known.find(spec.name) if known is not None else None
                name = f"{doctype.name}.{spec.name}"
                kind, value = "starting", spec.threshold
                if learned is not None and learned.threshold is not None:
                    kind, value = "derived", learned.threshold
                if name in policy.thresholds:
                    kind, value = "policy", policy.thresholds[name]
                found.append(
                    ThresholdView(
                        type=doctype.name,
                        type_title=doctype.title_in("en"),
                        field=spec.name,
                        title=spec.title_in("en"),
                        value=value,
                        kind=kind,
                        missing=learned.missing if learned is not None and learned.threshold is None else None,
                        critical=spec.critical,
                    )
                )
        return tuple(found)

    def _may_see(self, session: Session, row: RecheckRow, by: Actor) -> bool:
        document = session.get(DocumentRow, row.document_id) if row.document_id is not None else None
        if document is not None:
            return visible.can_see(by.sight, document, self.types)
        taught = session.get(TaughtRow, row.taught_id) if row.taught_id is not None else None
        # what was brought in lies in no folder
        return visible.sight_of(by, self.types).fits(taught.type if taught is not None else None, "")

    def _rechecks(self, session: Session, by: Actor) -> tuple[RecheckView, ...]:
        statement = (
            select(RecheckRow, DocumentRow, TaughtRow)
            .outerjoin(DocumentRow, RecheckRow.document_id == DocumentRow.id)
            .outerjoin(TaughtRow, RecheckRow.taught_id == TaughtRow.id)
            .where(RecheckRow.dismissed_at.is_(None))
            .order_by(RecheckRow.confidence.desc(), RecheckRow.id)
        )
        found: list[RecheckView] = []
        sight = visible.sight_of(by, self.types)
        for row, about, brought in session.execute(statement):
            # outer joins: one of the two is missing, which their types don't say
            document, taught = cast("DocumentRow | None", about), cast("TaughtRow | None", brought)
            type_name = document.type if document is not None else taught.type if taught is not None else None
            if not sight.fits(type_name, document.folder if document is not None else ""):
                continue
            doctype = self.types.find(type_name)
            has = doctype is not None and doctype.has_field(row.field)
            found.append(
                RecheckView(
                    id=row.id,
                    document_id=row.document_id,
                    name=_called(document) if document is not None else taught.name if taught is not None else "",
                    type=type_name,
                    field=row.field,
                    title=doctype.field(row.field).title_in("en") if doctype is not None and has else row.field,
                    kind=doctype.field(row.field).kind if doctype is not None and has else FieldKind.TEXT,
                    label=_label(session, row, taught),
                    said=row.said,
                    confidence=row.confidence,
                )
            )
        return tuple(found)


def _called(document: DocumentRow) -> str:
    return f"{document.number} (#{document.id})" if document.number else f"#{document.id}"


def _label(session: Session, row: RecheckRow, taught: TaughtRow | None) -> Value | None:
    if taught is not None:
        return taught.values.get(row.field)
    statement = select(FieldRow.value).where(FieldRow.document_id == row.document_id, FieldRow.name == row.field)
    return session.scalar(statement)


def _model(row: ModelRow) -> ModelView:
    return ModelView(
        version=row.version,
        state=ModelState(row.state),
        created_at=row.created_at,
        by=row.by,
        documents=row.documents,
        seconds=row.seconds,
        compared_with=row.compared_with,
        why=row.why,
        figures=row.figures,
        promoted_at=row.promoted_at,
        is_there=row.removed_at is None,
    )


def _training(session: Session, now: datetime) -> TrainingView:
    row = session.get(TrainingRow, 1)
    seen = row.seen if row is not None else ""
    running = row is not None and row.running_until is not None and row.running_until >= now
    return TrainingView(
        running_since=row.started_at if row is not None and running else None,
        finished_at=row.finished_at if row is not None else None,
        failure=row.failure if row is not None else None,
        next_try_at=row.next_try_at if row is not None else None,
        is_waiting=marker(session) != seen,
        automatic=row.automatic if row is not None else True,
    )


def _count_waiting(session: Session, champion: ModelRow | None) -> int:
    if champion is None:
        return 0
    statement = select(func.count()).select_from(DocumentRow)
    return session.scalar(statement.where(reign.is_unopened(champion.version))) or 0
