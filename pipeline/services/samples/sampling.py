from dataclasses import dataclass
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.assurance.sampling import digest, draw
from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.sampling import ExceptionKind, SampleWanted, Verdict
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, InvalidTransitionError, NotFoundError
from pipeline.ports import Clock
from pipeline.record.canonical import plain
from pipeline.record.verify import mapping
from pipeline.services import access, visible
from pipeline.services.entries import entry
from pipeline.services.samples.population import list_population, plan_of
from pipeline.services.samples.results import findings_of, item_view, signed_field, verdicts_of, view_of
from pipeline.services.samples.views import SamplePlan, SampleRowView, SampleView, SignedItemView
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.tables import ApprovalRow, EventRow, SampleFindingRow, SampleItemRow, SampleRow

SEED_BYTES = 16
SEED_LONGEST = 100
COMMENT_LONGEST = 2000


@dataclass(frozen=True)
class Sampling:
    """Samples for auditors: drawn by a seed that is on record before anybody sees the draw, then walked through.

    Who is limited by groups draws from what they see, and sees the samples that they drew; everybody else sees all.
    """

    store: Store
    clock: Clock
    types: TypeShelf

    def plan(self, wanted: SampleWanted, *, by: Actor) -> SamplePlan:
        """Return what would be drawn from, and how many.

        Raises:
            InvalidCorrectionError: there is nothing to draw from, or no size follows from what was stated.
        """
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            return plan_of(len(list_population(session, wanted, by, self.types)), wanted, by)

    def draw(self, wanted: SampleWanted, title: str, seed: str = "", *, by: Actor) -> int:
        """Draw a sample, and return its number. Population and seed are on record with it.

        Args:
            wanted: the population and the size.
            title: what it is for.
            seed: typed; "": one is made up.
            by: who draws.

        Raises:
            InvalidCorrectionError: there is nothing to draw from, or no size follows from what was stated.
        """
        access.check_may(by, Act.AUDIT)
        _check_person(by)
        title = printable(title).strip()[:200]
        if not title:
            raise InvalidCorrectionError("Give the sample a title, so that others know what it is for.")
        seed = printable(seed).strip() or token_hex(SEED_BYTES)
        if len(seed) > SEED_LONGEST:
            raise InvalidCorrectionError(f"Shorten the seed to {SEED_LONGEST} characters.")
        with self.store.reading() as session:
            population = list_population(session, wanted, by, self.types)
        plan = plan_of(len(population), wanted, by)
        keys = {key.text: key for key in population}
        drawn = draw(seed, keys, plan.size)
        row = SampleRow(
            title=title,
            by=by.name,
            by_id=by.id,
            at=self.clock.now(),
            wanted=wanted,
            is_limited=plan.is_limited,
            seed=seed,
            population=len(population),
            population_sha256=digest(keys),
            size=plan.size,
        )
        with self.store.writing() as session:
            session.add(row)
            session.flush()
            facts = {
                "sample": row.id,
                "unit": wanted.unit,
                "population": row.population,
                "population_sha256": row.population_sha256,
                "drawn": row.size,
                "seed": seed,
                "confidence": wanted.confidence,
                "tolerable": wanted.tolerable,
                "expected": wanted.expected,
                "since": plain(wanted.since),
                "until": plain(wanted.until),
                "document_type": wanted.document_type,
                "approver": wanted.approver,
                "reviewer": wanted.reviewer,
                "limited": plan.is_limited,
            }
            drawing = entry(AuditTag.SAMPLE_DRAW, by, row.at, facts=facts, values={"name": title})
            events.append(session, drawing)
            session.add_all(
                SampleItemRow(
                    sample_id=row.id,
                    position=position,
                    approval_id=keys[text].approval_id,
                    document_id=keys[text].document_id,
                    field=keys[text].field,
                )
                for position, text in enumerate(drawn, start=1)
            )
            return row.id

    def list_samples(self, *, by: Actor) -> tuple[SampleRowView, ...]:
        """Return all samples that `by` may see, newest first."""
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            statement = select(SampleRow).order_by(SampleRow.id.desc())
            if by.sight.is_limited:
                statement = statement.where(SampleRow.by_id == by.id)
            rows = session.scalars(statement).all()
            verdicts = verdicts_of(session, [row.id for row in rows])
            return tuple(
                SampleRowView(
                    id=row.id,
                    title=row.title,
                    by=row.by,
                    at=row.at,
                    unit=row.wanted.unit,
                    population=row.population,
                    size=row.size,
                    examined=len(verdicts.get(row.id, {})),
                    exceptions=sum(one == Verdict.EXCEPTION for one in verdicts.get(row.id, {}).values()),
                    closed_at=row.closed_at,
                )
                for row in rows
            )

    def get_sample(self, sample_id: int, *, by: Actor) -> SampleView:
        """Return a sample with its items.

        Raises:
            NotFoundError: there is none of that number, or none for them.
        """
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            return view_of(session, _get(session, sample_id, by))

    def get_item(self, sample_id: int, position: int, *, by: Actor) -> SignedItemView:
        """Return an item with what was signed.

        Raises:
            NotFoundError: there is no such item, or its document is outside of what they see.
        """
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            _get(session, sample_id, by)
            item = self._item(session, sample_id, position, by)
            found = findings_of(session, sample_id).get(position, [])
            approval = session.get_one(ApprovalRow, item.approval_id)
            fields = mapping(approval.record.get("fields"))
            names = [item.field] if item.field else list(fields)
            return SignedItemView(
                item=item_view(item, found),
                document_type=approval.record.get("document_type"),
                revision=approval.revision,
                signed_by=approval.by_display,
                signed_at=approval.at,
                meaning=approval.meaning,
                is_superseded=approval.superseded_at is not None,
                is_erased=not fields,
                fields=tuple(signed_field(name, fields.get(name)) for name in names),
            )

    def add_finding(
        self,
        sample_id: int,
        position: int,
        verdict: Verdict,
        *,
        by: Actor,
        kind: ExceptionKind | None = None,
        field: str | None = None,
        comment: str = "",
    ) -> None:
        """Put on record what was found of an item: it can't be changed afterwards, only followed by another finding.

        Raises:
            InvalidCorrectionError: an exception needs its kind and a comment.
            InvalidTransitionError: the sample is closed.
        """
        access.check_may(by, Act.AUDIT)
        _check_person(by)
        comment = printable(comment).strip()[:COMMENT_LONGEST]
        if verdict is Verdict.EXCEPTION and (kind is None or not comment):
            raise InvalidCorrectionError("Say what kind of exception it is, and write what you found.")
        with self.store.writing() as session:
            sample = _get(session, sample_id, by)
            if sample.closed_at is not None:
                raise InvalidTransitionError(f"Sample {sample_id} is closed: nothing can be added to it any more.")
            item = self._item(session, sample_id, position, by)
            signed = mapping(session.get_one(ApprovalRow, item.approval_id).record.get("fields"))
            is_exception = verdict is Verdict.EXCEPTION
            about = item.field or (field if is_exception and field else None)
            if about is not None and about not in signed:
                raise InvalidCorrectionError(
                    f"There is no field “{about}” in what was signed. Choose one of those listed."
                )
            row = SampleFindingRow(
                sample_id=sample_id,
                position=position,
                by=by.name,
                at=self.clock.now(),
                verdict=verdict,
                kind=kind if is_exception else None,
                field=about,
                comment=comment,
                document_id=item.document_id,
            )
            session.add(row)
            facts = {
                "sample": sample_id,
                "item": position,
                "approval": item.approval_id,
                "verdict": verdict,
                "kind": row.kind,
            }
            found = entry(
                AuditTag.SAMPLE_FINDING,
                by,
                row.at,
                document_id=item.document_id,
                field=about,
                facts=facts,
                values={"comment": comment},
            )
            events.append(session, found)

    def close(self, sample_id: int, *, by: Actor) -> SampleView:
        """Freeze a sample, and put on record what it shows.

        Raises:
            InvalidCorrectionError: items are not examined yet; what can't be examined is an exception.
            InvalidTransitionError: it is closed.
        """
        access.check_may(by, Act.AUDIT)
        _check_person(by)
        with self.store.writing() as session:
            row = _get(session, sample_id, by)
            if row.closed_at is not None:
                raise InvalidTransitionError(f"Sample {sample_id} is closed already.")
            view = view_of(session, row)
            if view.examined < view.size:
                raise InvalidCorrectionError(
                    f"{view.size - view.examined} items are not examined yet. "
                    "What can't be examined any more is an exception of that kind."
                )
            now = self.clock.now()
            row.closed_at, row.closed_by = now, by.name
            facts = {
                "sample": sample_id,
                "examined": view.examined,
                "exceptions": view.exceptions,
                "population": view.population,
                "at_most": view.limit,
                "confidence": view.wanted.confidence,
                "tolerable": view.wanted.tolerable,
                "supported": view.is_supported,
            }
            events.append(session, entry(AuditTag.SAMPLE_CLOSE, by, now, facts=facts))
            return view_of(session, row)

    def list_events(self, sample_id: int, *, by: Actor) -> tuple[int, ...]:
        """Return the numbers of the events that tell of the sample as a whole: its draw, and its end."""
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            row = _get(session, sample_id, by)
            times = [at for at in (row.at, row.closed_at) if at is not None]
            tags = (AuditTag.SAMPLE_DRAW, AuditTag.SAMPLE_CLOSE)
            told = f'"sample":{sample_id}'
            found = session.execute(
                select(EventRow.seq, EventRow.text)
                .where(EventRow.tag.in_(tags), EventRow.at.in_(times))
                .order_by(EventRow.seq)
            )
            return tuple(one.seq for one in found if f"{told}," in one.text or f"{told}}}" in one.text)

    def _item(self, session: Session, sample_id: int, position: int, by: Actor) -> SampleItemRow:
        item = session.get(SampleItemRow, (sample_id, position))
        if item is None:
            raise NotFoundError(f"Sample {sample_id} has no item {position}.")
        visible.get_remains(session, item.document_id, by, self.types)
        return item


def _check_person(by: Actor) -> None:
    if not by.is_person:
        raise AccessDeniedError("Samples are drawn and judged by people. Log in, and open Audit, Samples.")


def _get(session: Session, sample_id: int, by: Actor) -> SampleRow:
    row = session.get(SampleRow, sample_id)
    if row is None or (by.sight.is_limited and row.by_id != by.id):
        raise NotFoundError(f"There is no sample {sample_id}.")
    return row
