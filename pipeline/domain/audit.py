from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.domain.value import Frozen


class AuditTag(StrEnum):
    """What happened, as subject:act; the list is closed."""

    FILE_CLAIM = "file:claim"
    FILE_STORE = "file:store"
    FILE_DUPLICATE = "file:duplicate"
    FILE_QUARANTINE = "file:quarantine"
    DOCUMENT_QUEUE = "document:queue"
    DOCUMENT_READ = "document:read"
    DOCUMENT_FAIL = "document:fail"
    DOCUMENT_RETRY = "document:retry"
    DOCUMENT_RETYPE = "document:retype"
    DOCUMENT_SPLIT = "document:split"
    DOCUMENT_MERGE = "document:merge"
    DOCUMENT_HOLD = "document:hold"
    DOCUMENT_RESUME = "document:resume"
    DOCUMENT_VALIDATE = "document:validate"
    DOCUMENT_RETURN = "document:return"
    DOCUMENT_APPROVE = "document:approve"
    DOCUMENT_SUPERSEDE = "document:supersede"
    DOCUMENT_REJECT = "document:reject"
    DOCUMENT_PRIORITISE = "document:prioritise"
    SIGNATURE_GIVE = "signature:give"
    """The first of two; the second is the approval."""
    SIGNATURE_REVOKE = "signature:revoke"
    FIELD_SETTLE = "field:settle"
    FIELD_REOPEN = "field:reopen"
    COMMENT_WRITE = "comment:write"
    COMMENT_WITHDRAW = "comment:withdraw"
    CLAIM_TAKE = "claim:take"
    CLAIM_RELEASE = "claim:release"
    CLAIM_EXPIRE = "claim:expire"
    CLAIM_HANDOVER = "claim:handover"
    DELIVERY_SEND = "delivery:send"
    DELIVERY_FAIL = "delivery:fail"
    POLICY_CHANGE = "policy:change"
    MODEL_TRAIN = "model:train"
    MODEL_PROMOTE = "model:promote"
    MODEL_ROLLBACK = "model:rollback"
    ACCESS_LOGIN = "access:login"
    ACCESS_LOGOUT = "access:logout"
    ACCESS_DENY = "access:deny"
    ACCESS_GRANT = "access:grant"
    ACCESS_REVOKE = "access:revoke"
    EXPORT_WRITE = "export:write"
    EXPORT_VERIFY = "export:verify"
    CHECKPOINT_SEND = "checkpoint:send"
    CHECKPOINT_STAMP = "checkpoint:stamp"
    """A time-stamp authority has seen it."""
    KEY_MAKE = "key:make"
    """What signs checkpoints and evidence from now on."""
    SAMPLE_DRAW = "sample:draw"
    """Population and seed of an auditor's sample, before anybody sees what was drawn."""
    SAMPLE_FINDING = "sample:finding"
    SAMPLE_CLOSE = "sample:close"
    ERASURE_REQUEST = "erasure:request"
    ERASURE_WITHDRAW = "erasure:withdraw"
    ERASURE_EXECUTE = "erasure:execute"
    """The values are gone; with them what they were read from, by the time of `erasure:finish`."""
    ERASURE_FINISH = "erasure:finish"
    LEGAL_HOLD_PLACE = "legal_hold:place"
    LEGAL_HOLD_RELEASE = "legal_hold:release"


class AuditEvent(Frozen):
    """Who did what, when, to what, from what to what, and why; not yet part of the chain.

    `facts` go into the hashed text as they are: ids, states, versions, counts, durations, codes; never a value read
    from a document and never a file name. Those go into `values`, of which the hashed text only holds salted
    commitments, so that they can be erased without breaking the chain.
    """

    tag: AuditTag
    at: datetime
    by: str
    by_id: int | None = None
    file_id: int | None = None
    document_id: int | None = None
    field: str | None = None
    revision: int | None = None
    facts: dict[str, Any] = {}
    values: dict[str, Any] = {}
    """Erasable: before, after, why, file_name, and the like."""
