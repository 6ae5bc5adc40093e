from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from secrets import token_hex
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.assurance.sampling import CONFIDENCES, LARGEST, SampleSize, digest, draw, size_for, upper_limit
from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.sampling import ExceptionKind, SampleUnit, SampleWanted, Verdict
from pipeline.domain.value import Frozen
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, InvalidTransitionError, NotFoundError
from pipeline.ports import Clock
from pipeline.record.canonical import plain
from pipeline.record.verify import mapping
from pipeline.services import access, visible
from pipeline.services.entries import entry
from pipeline.services.text import printable
from pipeline.services.typeshelf import TypeShelf
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.tables import ApprovalRow, DocumentRow, EventRow, SampleFindingRow, SampleItemRow, SampleRow

SEED_BYTES = 16
SEED_LONGEST = 100
COMMENT_LONGEST = 2000


class SamplePlan(Frozen):
    """What a sample would be drawn from, and how many items it would have."""

    population: int
    size: int
    worked_out: SampleSize | None
    """The arithmetic; None where the size was stated."""
    is_limited: bool


class FindingView(Frozen):
    by: str
    at: datetime
    verdict: Verdict
    kind: ExceptionKind | None
    field: str | None
    comment: str


class ItemView(Frozen):
    """One item of a sample, and what was found of it."""

    position: int
    approval: int
    document_id: int
    field: str | None
    findings: tuple[FindingView, ...]
    """Oldest first; the last one counts."""

    @property
    def verdict(self) -> Verdict | None:
        return self.findings[-1].verdict if self.findings else None


class SampleView(Frozen):
    """A sample, how far it is, and what can be said by it."""

    id: int
    title: str
    by: str
    at: datetime
    wanted: SampleWanted
    is_limited: bool
    seed: str
    population: int
    population_sha256: str
    size: int
    worked_out: SampleSize | None
    items: tuple[ItemView, ...]
    examined: int
    exceptions: int
    limit: int | None
    """The most exceptions that the population can hold at the stated confidence; None until all is examined."""
    is_supported: bool | None
    """Whether the tolerable share is shown; None until all is examined, or where none was stated."""
    closed_at: datetime | None
    closed_by: str | None

    @property
    def next_position(self) -> int | None:
        """The first item that nobody has examined."""
        return next((item.position for item in self.items if item.verdict is None), None)


class SampleRowView(Frozen):
    """A sample in the list."""

    id: int
    title: str
    by: str
    at: datetime
    unit: SampleUnit
    population: int
    size: int
    examined: int
    exceptions: int
    closed_at: datetime | None


class SignedFieldView(Frozen):
    """A field as it was signed."""

    name: str
    value: Any
    state: str
    settled_by: str | None
    provenance: dict[str, Any] | None
    is_erased: bool


class SignedItemView(Frozen):
    """An item with what was signed."""

    item: ItemView
    document_type: str | None
    revision: int
    signed_by: str
    signed_at: datetime
    meaning: str
    is_superseded: bool
    is_erased: bool
    """Its values are gone: what is left can be examined, or is an exception."""
    fields: tuple[SignedFieldView, ...]


class _Key(NamedTuple):
    """One item of a population."""

    approval_id: int
    document_id: int
    field: str | None

    @property
    def text(self) -> str:
        return str(self.approval_id) if self.field is None else f"{self.approval_id}/{self.field}"


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
            return _plan(len(self._population(session, wanted, by)), wanted, by)

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
            population = self._population(session, wanted, by)
        plan = _plan(len(population), wanted, by)
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
            verdicts = _verdicts(session, [row.id for row in rows])
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
            return _view(session, _get(session, sample_id, by))

    def get_item(self, sample_id: int, position: int, *, by: Actor) -> SignedItemView:
        """Return an item with what was signed.

        Raises:
            NotFoundError: there is no such item, or its document is outside of what they see.
        """
        access.check_may(by, Act.AUDIT)
        with self.store.reading() as session:
            _get(session, sample_id, by)
            item = self._item(session, sample_id, position, by)
            found = _findings(session, sample_id).get(position, [])
            approval = session.get_one(ApprovalRow, item.approval_id)
            fields = mapping(approval.record.get("fields"))
            names = [item.field] if item.field else list(fields)
            return SignedItemView(
                item=_item_view(item, found),
                document_type=approval.record.get("document_type"),
                revision=approval.revision,
                signed_by=approval.by_display,
                signed_at=approval.at,
                meaning=approval.meaning,
                is_superseded=approval.superseded_at is not None,
                is_erased=not fields,
                fields=tuple(_signed_field(name, fields.get(name)) for name in names),
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
            view = _view(session, row)
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
            return _view(session, row)

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

    def _population(self, session: Session, wanted: SampleWanted, by: Actor) -> list[_Key]:
        """Return every item that could be drawn, by number of the signature and name of the field."""
        return [
            key
            for approval_id, document_id, record in self._signed(session, wanted, by)
            for key in _keys(wanted, approval_id, document_id, record)
        ]

    def _signed(self, session: Session, wanted: SampleWanted, by: Actor) -> Iterator[tuple[int, int, dict[str, Any]]]:
        conditions = visible.of_documents(visible.sight_of(by, self.types))
        if wanted.since:
            conditions.append(ApprovalRow.at >= wanted.since)
        if wanted.until:
            conditions.append(ApprovalRow.at < wanted.until)
        if wanted.approver:
            conditions.append(ApprovalRow.by == wanted.approver)
        rows = session.execute(
            select(ApprovalRow.id, ApprovalRow.document_id, ApprovalRow.record)
            .join(DocumentRow, DocumentRow.id == ApprovalRow.document_id)
            .where(*conditions)
            .order_by(ApprovalRow.id)
            .execution_options(yield_per=200)
        )
        for row in rows:
            yield row.id, row.document_id, row.record

    def _item(self, session: Session, sample_id: int, position: int, by: Actor) -> SampleItemRow:
        item = session.get(SampleItemRow, (sample_id, position))
        if item is None:
            raise NotFoundError(f"Sample {sample_id} has no item {position}.")
        visible.get_remains(session, item.document_id, by, self.types)
        return item


def _check_person(by: Actor) -> None:
    if not by.is_person:
        raise AccessDeniedError("Samples are drawn and judged by people. Log in, and open Audit, Samples.")


def _keys(wanted: SampleWanted, approval_id: int, document_id: int, record: dict[str, Any]) -> Iterator[_Key]:
    if wanted.document_type and record.get("document_type") != wanted.document_type:
        return
    fields = {name: mapping(field) for name, field in mapping(record.get("fields")).items()}
    if wanted.reviewer:
        seen_by = {record.get("validated_by"), *(field.get("settled_by") for field in fields.values())}
        if wanted.reviewer not in seen_by:
            return
    if wanted.unit is SampleUnit.SIGNATURES:
        yield _Key(approval_id, document_id, None)
        return
    for name in sorted(fields):
        if fields[name].get("state") == "accepted":
            yield _Key(approval_id, document_id, name)


def _plan(population: int, wanted: SampleWanted, by: Actor) -> SamplePlan:
    if not population:
        raise InvalidCorrectionError("Nothing was signed that fits this. Choose another period, type or person.")
    if wanted.confidence not in CONFIDENCES:
        raise InvalidCorrectionError("Choose a confidence of 90, 95 or 99 %.")
    if wanted.size is not None:
        if not 1 <= wanted.size <= LARGEST:
            raise InvalidCorrectionError(f"A sample has 1 to {LARGEST} items. State another size.")
        size, worked_out = min(wanted.size, population), None
    elif wanted.tolerable is None:
        raise InvalidCorrectionError("State the tolerable share of exceptions, or how many items are drawn.")
    else:
        worked_out = _worked_out(population, wanted)
        size = worked_out.size
    return SamplePlan(population=population, size=size, worked_out=worked_out, is_limited=by.sight.is_limited)


def _worked_out(population: int, wanted: SampleWanted) -> SampleSize:
    try:
        return size_for(population, wanted.confidence, wanted.tolerable or Decimal(0), wanted.expected)
    except ValueError as error:
        raise InvalidCorrectionError(
            "No sample size follows from these shares: the expected one has to be well below the tolerable one, "
            "which lies between 0 and 100 %."
        ) from error


def _get(session: Session, sample_id: int, by: Actor) -> SampleRow:
    row = session.get(SampleRow, sample_id)
    if row is None or (by.sight.is_limited and row.by_id != by.id):
        raise NotFoundError(f"There is no sample {sample_id}.")
    return row


def _findings(session: Session, sample_id: int) -> dict[int, list[SampleFindingRow]]:
    found: dict[int, list[SampleFindingRow]] = {}
    statement = select(SampleFindingRow).where(SampleFindingRow.sample_id == sample_id).order_by(SampleFindingRow.id)
    for row in session.scalars(statement):
        found.setdefault(row.position, []).append(row)
    return found


def _verdicts(session: Session, samples: Sequence[int]) -> dict[int, dict[int, str]]:
    """Return the verdict that counts of each examined item, by sample and position."""
    newest = (
        select(func.max(SampleFindingRow.id))
        .where(SampleFindingRow.sample_id.in_(samples))
        .group_by(SampleFindingRow.sample_id, SampleFindingRow.position)
    )
    found: dict[int, dict[int, str]] = {}
    for row in session.scalars(select(SampleFindingRow).where(SampleFindingRow.id.in_(newest))):
        found.setdefault(row.sample_id, {})[row.position] = row.verdict
    return found


def _view(session: Session, row: SampleRow) -> SampleView:
    findings = _findings(session, row.id)
    rows = session.scalars(
        select(SampleItemRow).where(SampleItemRow.sample_id == row.id).order_by(SampleItemRow.position)
    )
    items = tuple(_item_view(item, findings.get(item.position, [])) for item in rows)
    examined = sum(item.verdict is not None for item in items)
    exceptions = sum(item.verdict is Verdict.EXCEPTION for item in items)
    wanted, limit, is_supported = row.wanted, None, None
    if examined == row.size:
        limit = upper_limit(row.population, row.size, exceptions, wanted.confidence)
        is_supported = None if wanted.tolerable is None else limit <= wanted.tolerable * row.population
    return SampleView(
        id=row.id,
        title=row.title,
        by=row.by,
        at=row.at,
        wanted=wanted,
        is_limited=row.is_limited,
        seed=row.seed,
        population=row.population,
        population_sha256=row.population_sha256,
        size=row.size,
        worked_out=None if wanted.size is not None else _worked_out(row.population, wanted),
        items=items,
        examined=examined,
        exceptions=exceptions,
        limit=limit,
        is_supported=is_supported,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def _item_view(item: SampleItemRow, findings: Sequence[SampleFindingRow]) -> ItemView:
    return ItemView(
        position=item.position,
        approval=item.approval_id,
        document_id=item.document_id,
        field=item.field,
        findings=tuple(
            FindingView(
                by=one.by,
                at=one.at,
                verdict=Verdict(one.verdict),
                kind=ExceptionKind(one.kind) if one.kind else None,
                field=one.field,
                comment=one.comment,
            )
            for one in findings
        ),
    )


def _signed_field(name: str, signed: Any) -> SignedFieldView:
    found = mapping(signed)
    return SignedFieldView(
        name=name,
        value=found.get("value"),
        state=str(found.get("state", "")),
        settled_by=found.get("settled_by"),
        provenance=mapping(found.get("provenance")) or None,
        is_erased="state" not in found,
    )
