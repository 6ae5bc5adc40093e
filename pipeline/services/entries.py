"""What is written into the record: who did it and when, and which document it was done to, spelled out in one place."""

from datetime import datetime
from typing import Any

from pipeline.domain.actors import Actor
from pipeline.domain.audit import AuditEvent, AuditTag
from pipeline.store.tables import DocumentRow


def entry(
    tag: AuditTag,
    by: Actor,
    at: datetime,
    *,
    file_id: int | None = None,
    document_id: int | None = None,
    field: str | None = None,
    revision: int | None = None,
    facts: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
) -> AuditEvent:
    """Return the event of something that somebody did; `store.events.append` puts it on record.

    Args:
        tag: what was done.
        by: who did it.
        at: when.
        file_id: the file it was done to, if any.
        document_id: the document it was done to, if any.
        field: the document's field, if one was concerned.
        revision: the document's revision afterwards.
        facts: what everybody may know for ever: ids, states, counts, codes.
        values: what can be erased; those that are empty are left out.
    """
    return AuditEvent(
        tag=tag,
        at=at,
        by=by.name,
        by_id=by.id,
        file_id=file_id,
        document_id=document_id,
        field=field,
        revision=revision,
        facts=facts or {},
        values={name: value for name, value in (values or {}).items() if value not in (None, "")},
    )


def document_entry(
    tag: AuditTag,
    document: DocumentRow,
    by: Actor,
    at: datetime,
    *,
    field: str | None = None,
    facts: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
) -> AuditEvent:
    """Return the event of a step of a document, with the state and the revision that it has now."""
    return entry(
        tag,
        by,
        at,
        file_id=document.file_id,
        document_id=document.id,
        field=field,
        revision=document.revision,
        facts={"state": document.state, **(facts or {})},
        values=values,
    )
