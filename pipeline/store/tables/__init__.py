"""Rows: identity, state, timestamps, and a column for what a query filters, sorts or joins; the rest is JSON."""

from pipeline.store.tables.approvals import ApprovalRow, DeliveryRow, SignatureRow
from pipeline.store.tables.base import Base
from pipeline.store.tables.certificates import CertificateRow
from pipeline.store.tables.documents import (
    DocumentCountRow,
    DocumentRow,
    ExtractionRow,
    FolderCountRow,
    PaceRow,
)
from pipeline.store.tables.door import ApiTokenRow, DeviceRow, HalfLoginRow, RecoveryCodeRow, SecondFactorRow
from pipeline.store.tables.erasure import ErasureRow, LegalHoldRow
from pipeline.store.tables.files import BlobRow, FileRow
from pipeline.store.tables.identities import IdentityRow
from pipeline.store.tables.learning import ModelRow, RecheckRow, TaughtRow, TrainingRow
from pipeline.store.tables.listing import FileTermRow, ListCodingRow, SearchTermRow
from pipeline.store.tables.people import (
    GroupRow,
    LoginFailureRow,
    MemberRow,
    SavedViewRow,
    SessionRow,
    UserRow,
)
from pipeline.store.tables.policies import PolicyRow
from pipeline.store.tables.record import ChainHeadRow, CheckpointRow, EventRow, EventValueRow, OutletRow
from pipeline.store.tables.review import ClaimRow, DraftRow, FieldRow
from pipeline.store.tables.samples import SampleFindingRow, SampleItemRow, SampleRow
from pipeline.store.tables.talk import CommentRow, MentionRow

__all__ = [
    "ApiTokenRow",
    "ApprovalRow",
    "Base",
    "BlobRow",
    "CertificateRow",
    "ChainHeadRow",
    "CheckpointRow",
    "ClaimRow",
    "CommentRow",
    "DeliveryRow",
    "DeviceRow",
    "DocumentCountRow",
    "DocumentRow",
    "DraftRow",
    "ErasureRow",
    "EventRow",
    "EventValueRow",
    "ExtractionRow",
    "FieldRow",
    "FileRow",
    "FileTermRow",
    "FolderCountRow",
    "GroupRow",
    "HalfLoginRow",
    "IdentityRow",
    "LegalHoldRow",
    "ListCodingRow",
    "LoginFailureRow",
    "MemberRow",
    "MentionRow",
    "ModelRow",
    "OutletRow",
    "PaceRow",
    "PolicyRow",
    "RecheckRow",
    "RecoveryCodeRow",
    "SampleFindingRow",
    "SampleItemRow",
    "SampleRow",
    "SavedViewRow",
    "SearchTermRow",
    "SecondFactorRow",
    "SessionRow",
    "SignatureRow",
    "TaughtRow",
    "TrainingRow",
    "UserRow",
]
