"""A document as its page shows it, put together from rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Candidate, DocumentLocale, Extraction, FieldExtraction
from pipeline.domain.fields import TYPE_FIELD, DocumentType, FieldKind, FieldSpec
from pipeline.domain.files import FileSource
from pipeline.domain.pages import PageSummary
from pipeline.domain.review import Draft, FieldRecord, FieldState, current_values
from pipeline.domain.routing import Finding
from pipeline.services import reign, summary, visible
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import ApprovalView, ClaimView, DocumentView, FieldView
from pipeline.stages.validate import validate
from pipeline.store import queries
from pipeline.store.tables import ApprovalRow, ClaimRow, DeliveryRow, DocumentRow, FieldRow, PolicyRow, UserRow

TYPE_SPEC = FieldSpec(
    name=TYPE_FIELD,
    title={"en": "Document type", "de": "Dokumenttyp", "fr": "Type de document"},
    kind=FieldKind.TEXT,
    required=True,
)


SEEN_BEFORE = "This party has sent this number before, in a document that you may not see. Ask an administrator."


def build(
    session: Session,
    document: DocumentRow,
    types: TypeShelf,
    by: Actor,
    now: datetime,
    rows: Sequence[FieldRow] | None = None,
) -> DocumentView:
    """Return the whole view of one document for the person who asks.

    Args:
        session: in which it is read.
        document: the document.
        types: the known types.
        by: who asks.
        now: when.
        rows: its fields, where they are read already.
    """
    file = queries.get_file(session, document.file_id)
    doctype = types.find(document.type)
    extraction = queries.find_extraction(session, document.id)
    rows = queries.list_fields(session, document.id) if rows is None else rows
    twins = summary.list_same(session, document)
    records = records_of(session, document, rows)
    if by.sight.is_limited:
        records = _seen_reasons(session, records, twins, by, types)
    findings = findings_on(records, doctype)
    missing = _missing(session, doctype)
    reviewers = reviewers_of(document, rows)
    names = display_names(session, reviewers) if reviewers else {}
    return DocumentView(
        id=document.id,
        state=DocumentState(document.state),
        revision=document.revision,
        type=document.type,
        type_title=doctype.title if doctype else {"en": "Document"},
        type_fixed=document.type_fixed,
        number=document.number,
        party=document.party,
        amount=document.amount_text,
        currency=document.currency,
        file_id=file.id,
        file_name=file.name,
        file_source=FileSource(file.source),
        sha256=file.sha256 or "",
        received_at=document.received_at,
        due_at=document.due_at,
        page_count=document.page_count or 0,
        pages=_pages(document),
        fields=tuple(
            FieldView(
                spec=spec,
                record=record,
                extraction=_extraction_of(record.name, extraction, types),
                findings=tuple(finding for finding in findings if record.name in finding.fields),
                missing=missing.get(record.name),
                settled_by_display=names.get(record.settled_by or ""),
            )
            for record in records
            if (spec := spec_of(record.name, doctype)) is not None
        ),
        findings=findings,
        claim=claim_view(session, queries.find_claim(session, document.id, now), by),
        locale=extraction.locale if extraction else DocumentLocale(),
        engine=extraction.engine if extraction else None,
        policy_version=document.policy_version,
        open_count=document.open_count,
        note=document.note,
        failure=document.failure,
        held_until=document.held_until,
        validated_by=document.validated_by,
        validated_by_display=names.get(document.validated_by or ""),
        validated_at=document.validated_at,
        reviewers=reviewers,
        approvals=tuple(_approval(session, row) for row in queries.list_approvals(session, document.id)),
        duplicates=tuple(visible.list_visible(session, twins, by, types)),
        drafts=tuple(
            Draft(field=row.field, entries={name: tuple(texts) for name, texts in row.entries.items()}, at=row.at)
            for row in queries.list_drafts(session, document.id, by.id or 0)
        ),
    )


def _seen_reasons(
    session: Session, records: list[FieldRecord], twins: Sequence[int], by: Actor, types: TypeShelf
) -> list[FieldRecord]:
    """Return the records without the numbers of documents that the person may not see."""
    related = {reason.related_document for record in records for reason in record.reasons} - {None}
    named = sorted({*twins, *(number for number in related if number is not None)})
    if not related or len(visible.list_visible(session, named, by, types)) == len(named):
        return records
    return [
        record.model_copy(
            update={
                "reasons": tuple(
                    reason
                    if reason.related_document is None
                    else reason.model_copy(update={"message": SEEN_BEFORE, "related_document": None})
                    for reason in record.reasons
                )
            }
        )
        for record in records
    ]


def records_of(session: Session, document: DocumentRow, rows: Sequence[FieldRow]) -> list[FieldRecord]:
    """Return the fields' records as values, with whose thresholds decided: those of the policy they were routed by."""
    version = document.policy_version
    routed_by = session.get(PolicyRow, version) if version is not None else None
    set_by_policy = routed_by.policy.thresholds if routed_by is not None else {}
    return [
        record.model_copy(update={"threshold_kind": "policy"})
        if f"{document.type}.{record.name}" in set_by_policy
        else record
        for record in map(record_of, rows)
    ]


def record_of(row: FieldRow) -> FieldRecord:
    """Return the field's record as a value; of those routed long ago, the policy's thresholds count as starting."""
    return FieldRecord(
        name=row.name,
        state=FieldState(row.state),
        machine_value=row.machine_value,
        value=row.value,
        confidence=row.confidence,
        threshold=row.threshold,
        threshold_kind=row.threshold_kind,
        reasons=row.reasons,
        sample_probability=row.sample_probability,
        provenance=row.provenance,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        handling_ms=row.handling_ms,
        comment=row.comment,
    )


def spec_of(name: str, doctype: DocumentType | None) -> FieldSpec | None:
    """Return the rules of a field; None where the type no longer has it."""
    if name == TYPE_FIELD:
        return TYPE_SPEC
    return doctype.field(name) if doctype is not None and doctype.has_field(name) else None


def findings_on(records: Sequence[FieldRecord], doctype: DocumentType | None) -> tuple[Finding, ...]:
    """Return the checks that do not hold on the values in force."""
    if doctype is None:
        return ()
    return validate({name: value for name, value in current_values(records).items() if name != TYPE_FIELD}, doctype)


def reviewers_of(document: DocumentRow, rows: Sequence[FieldRow]) -> tuple[str, ...]:
    """Return the login names of everyone who settled one of its fields or validated it."""
    names = {row.settled_by for row in rows if row.settled_by} | {document.validated_by or ""}
    return tuple(sorted(names - {""}))


def _missing(session: Session, doctype: DocumentType | None) -> dict[str, int]:
    """Return how many more reviewed values each field needs for a threshold of its own, by the champion's figures."""
    champion = reign.find_champion(session) if doctype is not None else None
    if champion is None or doctype is None:
        return {}
    known = next((each for each in champion.figures if each.type == (doctype.variant_of or doctype.name)), None)
    fields = known.fields if known is not None else ()
    return {field.name: field.missing for field in fields if field.threshold is None and field.missing}


def claim_view(session: Session, claim: ClaimRow | None, by: Actor) -> ClaimView | None:
    """Return who holds the document, as the person who asks sees it."""
    if claim is None:
        return None
    user = queries.get_user(session, claim.user_id)
    return ClaimView(
        user_id=user.id,
        display_name=user.display_name,
        is_mine=user.id == by.id,
        lease_until=claim.lease_until,
    )


def _pages(document: DocumentRow) -> tuple[PageSummary, ...]:
    """Return the pages as read; a document that was never read shows A4 sheets to hold its images."""
    if document.page_summaries is not None:
        return document.page_summaries
    return tuple(
        PageSummary(number=number, width=595.0, height=842.0, has_text=False, note="This page has not been read yet.")
        for number in range(1, (document.page_count or 0) + 1)
    )


def _extraction_of(name: str, extraction: Extraction | None, types: TypeShelf) -> FieldExtraction | None:
    if extraction is None:
        return None
    if name != TYPE_FIELD:
        return extraction.find_field(name)
    guess = extraction.type
    rivals = tuple(
        Candidate(text=rival, value=rival, confidence=confidence)
        for rival, confidence in guess.candidates
        if types.find(rival) is not None
    )
    return FieldExtraction(
        name=TYPE_FIELD,
        text=guess.name,
        value=guess.name,
        confidence=guess.confidence,
        candidates=rivals,
        evidence=guess.evidence,
    )


def _approval(session: Session, row: ApprovalRow) -> ApprovalView:
    delivery = session.scalar(select(DeliveryRow).where(DeliveryRow.approval_id == row.id).limit(1))
    first = row.record.get("first_signature")
    return ApprovalView(
        id=row.id,
        revision=row.revision,
        by=row.by,
        by_display=row.by_display,
        at=row.at,
        meaning=row.meaning,
        was_reviewer=row.was_reviewer,
        record_sha256=row.record_sha256,
        superseded_at=row.superseded_at,
        delivered_at=delivery.sent_at if delivery else None,
        delivery_state=delivery.state if delivery else "none",
        delivery_reference=delivery.reference if delivery else None,
        delivery_error=delivery.error if delivery else None,
        first_by_display=first["name"] if first else None,
        first_at=datetime.fromisoformat(first["at"]) if first else None,
        signed_with=row.signed_with,
    )


def display_names(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Return the display name of each login name that has an account."""
    found = session.execute(select(UserRow.name, UserRow.display_name).where(UserRow.name.in_(names)))
    return {name: display for name, display in found}
