"""What was found in samples, and what it shows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.assurance.sampling import upper_limit
from pipeline.domain.sampling import ExceptionKind, Verdict
from pipeline.record.verify import mapping
from pipeline.services.samples.population import worked_out_of
from pipeline.services.samples.views import FindingView, ItemView, SampleView, SignedFieldView
from pipeline.store.tables import SampleFindingRow, SampleItemRow, SampleRow


def findings_of(session: Session, sample_id: int) -> dict[int, list[SampleFindingRow]]:
    """Return what was found of each examined item, oldest first, by position."""
    found: dict[int, list[SampleFindingRow]] = {}
    statement = select(SampleFindingRow).where(SampleFindingRow.sample_id == sample_id).order_by(SampleFindingRow.id)
    for row in session.scalars(statement):
        found.setdefault(row.position, []).append(row)
    return found


def verdicts_of(session: Session, samples: Sequence[int]) -> dict[int, dict[int, str]]:
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


def view_of(session: Session, row: SampleRow) -> SampleView:
    """Return a sample with its items, and what they show."""
    findings = findings_of(session, row.id)
    rows = session.scalars(
        select(SampleItemRow).where(SampleItemRow.sample_id == row.id).order_by(SampleItemRow.position)
    )
    items = tuple(item_view(item, findings.get(item.position, [])) for item in rows)
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
        worked_out=None if wanted.size is not None else worked_out_of(row.population, wanted),
        items=items,
        examined=examined,
        exceptions=exceptions,
        limit=limit,
        is_supported=is_supported,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def item_view(item: SampleItemRow, findings: Sequence[SampleFindingRow]) -> ItemView:
    """Return an item with what was found of it."""
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


def signed_field(name: str, signed: Any) -> SignedFieldView:
    """Return a field of a signed record."""
    found = mapping(signed)
    return SignedFieldView(
        name=name,
        value=found.get("value"),
        state=str(found.get("state", "")),
        settled_by=found.get("settled_by"),
        provenance=mapping(found.get("provenance")) or None,
        is_erased="state" not in found,
    )
