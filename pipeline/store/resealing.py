"""Sealing what came before there were keys: the same values, under a key from now on."""

from typing import Any, cast

from sqlalchemy import Select, Table, Text, column, delete, insert, or_, select, table
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from pipeline.store.columns import SEALED
from pipeline.store.ownership import sealed_of
from pipeline.store.tables import (
    ApprovalRow,
    Base,
    CertificateRow,
    CommentRow,
    DeliveryRow,
    DocumentRow,
    DraftRow,
    EventRow,
    EventValueRow,
    ExtractionRow,
    FieldRow,
    FileRow,
    RecheckRow,
    SampleFindingRow,
    TaughtRow,
)
from pipeline.store.values import key_of, seal_value
from pipeline.store.vault import Vault

OF_DOCUMENTS = (
    FieldRow, ExtractionRow, DraftRow, CommentRow, ApprovalRow, DeliveryRow, RecheckRow, SampleFindingRow,
)  # fmt: skip

# values as the very texts that commitments are made over
_values = table(
    EventValueRow.__tablename__, column("seq"), column("name"), column("salt", type_=Text), column("value", type_=Text)
)
_events: Table = EventRow.metadata.tables[EventRow.__tablename__]


def seal_file(session: Session, file: FileRow, vault: Vault) -> None:
    """Seal whatever is known of a file and of the documents that it became."""
    documents = list(session.scalars(select(DocumentRow).where(DocumentRow.file_id == file.id)))
    if file.key is None:
        file.key = next((one.key for one in documents if one.key is not None), None) or vault.take()
    _seal(session, file)
    for document in documents:
        if document.erased_at is not None:
            continue
        document.key = document.key or file.key
        _seal(session, document)
        session.flush()  # whose key it is, before its rows ask for it
        for kind in OF_DOCUMENTS:
            for row in session.scalars(_of(kind, document.id)):
                _seal(session, row)
    session.flush()
    _seal_events(session, file, [(one.id, one.key) for one in documents if one.key is not None], vault)


def seal_others(session: Session, vault: Vault, most: int) -> int:
    """Seal what is no file's: lessons that were brought in, and sums of certificates; return how many were left."""
    left: list[TaughtRow | CertificateRow] = [
        *session.scalars(select(TaughtRow).where(TaughtRow.key.is_(None)).limit(most)),
        *session.scalars(
            select(CertificateRow).where(CertificateRow.key.is_(None), CertificateRow.totals.is_not(None)).limit(most)
        ),
    ]
    for row in left:
        row.key = vault.take()
        _seal(session, row)
    return len(left)


def _of(kind: type[Any], document_id: int) -> Select[Any]:
    return select(kind).where(kind.document_id == document_id)


def _seal(session: Session, row: Base) -> None:
    """Have every value of the row written once more that has to be sealed, and is not."""
    kind = cast("type[Any]", type(row))
    if not (names := sealed_of(kind)):
        return
    table = kind.__table__
    itself = [column == getattr(row, column.key) for column in table.primary_key.columns]
    stored = session.execute(select(*(cast_to(table.c[name], Text) for name in names)).where(*itself)).one()
    for name, text in zip(names, stored, strict=True):
        if text is not None and not text.removeprefix('"').startswith(SEALED):
            flag_modified(row, name)


def _seal_events(session: Session, file: FileRow, documents: list[tuple[int, str]], vault: Vault) -> None:
    keys = dict(documents)
    about = or_(_events.c.document_id.in_(keys), _events.c.file_id == file.id)
    stored = session.execute(
        select(_values.c.seq, _values.c.name, _values.c.salt, _values.c.value, _events.c.document_id)
        .join(_events, _events.c.seq == _values.c.seq)
        .where(about)
    ).all()
    for seq, name, salt, value, document_id in stored:
        key = keys.get(document_id, file.key)
        if key is None or key_of(salt) is not None:
            continue
        sealed_salt, sealed = seal_value(vault, key, salt, value)
        # the database lets values go, and lets none be changed
        session.execute(delete(_values).where(_values.c.seq == seq, _values.c.name == name))
        session.execute(insert(_values).values(seq=seq, name=name, salt=sealed_salt, value=sealed))
