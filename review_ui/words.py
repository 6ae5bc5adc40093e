"""What people are shown for the names by which the program knows states, roles and the like."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as pgettext  # under the name by which the catalogues find it

from pipeline.domain.actors import Role, Scope
from pipeline.domain.documents import DocumentState
from pipeline.domain.erasure import ErasureBasis
from pipeline.domain.fields import FieldKind
from pipeline.domain.files import FileState
from pipeline.domain.worth import Priority
from review_ui.languages import gettext_noop, reader_language, told

STATE_WORDS = {
    "review": _l("to review"),
    "held": _l("on hold"),
    "ready": _l("to approve"),
    "approved": _l("approved"),
    "rejected": _l("rejected"),
    "failed": _l("failed"),
    "queued": _l("waiting to be read"),
    "reading": _l("being read"),
    "replaced": _l("replaced"),
}
"""What is to be done with documents in a state: in lists."""
STATE_NAMES = {
    DocumentState.QUEUED: pgettext("state", "queued"),
    DocumentState.READING: pgettext("state", "reading"),
    DocumentState.REVIEW: pgettext("state", "review"),
    DocumentState.HELD: pgettext("state", "held"),
    DocumentState.READY: pgettext("state", "ready"),
    DocumentState.APPROVED: pgettext("state", "approved"),
    DocumentState.REJECTED: pgettext("state", "rejected"),
    DocumentState.FAILED: pgettext("state", "failed"),
    DocumentState.REPLACED: pgettext("state", "replaced"),
}
"""The states by their names: of one document, and in exports."""
FILE_STATE_WORDS = {
    FileState.CLAIMED: _l("being taken in"),
    FileState.STORED: _l("stored"),
    FileState.DUPLICATE: _l("duplicate"),
    FileState.QUARANTINED: _l("quarantined"),
}
FILE_STATE_NAMES = {**FILE_STATE_WORDS, FileState.CLAIMED: pgettext("state", "claimed")}
ROLE_NAMES = {
    Role.REVIEWER: _l("reviewer"),
    Role.APPROVER: _l("approver"),
    Role.AUDITOR: _l("auditor"),
    Role.ADMINISTRATOR: _l("administrator"),
}
ROLE_WORDS = {
    Role.REVIEWER: _l("settles exceptions"),
    Role.APPROVER: _l("signs, or returns"),
    Role.AUDITOR: _l("reads and exports the record"),
    Role.ADMINISTRATOR: _l("changes people and policy"),
}
"""What each role does."""
PRIORITY_WORDS = {
    Priority.URGENT: _l("urgent"),
    Priority.NORMAL: _l("normal"),
    Priority.LOW: _l("low"),
}
SCOPE_WORDS = {
    Scope.RECEIVE: _l("hand in documents"),
    Scope.READ: _l("see documents"),
    Scope.EXPORT: _l("export the record"),
}
"""What the token of another system may do."""
SIGNED_WITH_WORDS = {
    "session": pgettext("signed", "in a session that signed before"),
    "password": pgettext("signed", "with the password"),
    "code": pgettext("signed", "with a one-time code"),
    "single sign-on": pgettext("signed", "just logged in by single sign-on"),
}
"""How whoever signed was known."""
DELIVERY_WORDS = {"pending": _l("pending"), "sent": _l("sent"), "failed": _l("failed"), "none": _l("none")}
KIND_WORDS = {
    FieldKind.IDENTIFIER: pgettext("kind of field", "identifier"),
    FieldKind.DATE: pgettext("kind of field", "date"),
    FieldKind.MONEY: pgettext("kind of field", "money"),
    FieldKind.CURRENCY: pgettext("kind of field", "currency"),
    FieldKind.NAME: pgettext("kind of field", "name"),
    FieldKind.ADDRESS: pgettext("kind of field", "address"),
    FieldKind.TEXT: pgettext("kind of field", "text"),
    FieldKind.PERCENTAGE: pgettext("kind of field", "percentage"),
    FieldKind.QUANTITY: pgettext("kind of field", "quantity"),
    FieldKind.DURATION: pgettext("kind of field", "duration"),
    FieldKind.LIST: pgettext("kind of field", "list"),
    FieldKind.TABLE: pgettext("kind of field", "table"),
}
BASIS_WORDS = {
    ErasureBasis.ASKED: _l("the person asked for it (GDPR, article 17)"),
    ErasureBasis.ENDED: _l("its time to be kept is over"),
    ErasureBasis.UNLAWFUL: _l("it should never have been kept"),
}
"""Why a document is erased."""
FACT_WORDS = {
    "accepted": pgettext("fact", "accepted"),
    "again": pgettext("fact", "again, from a restored backup"),
    "approval": pgettext("fact", "approval"),
    "approver": pgettext("fact", "approver"),
    "at_most": pgettext("fact", "exceptions in all, at most"),
    "attempt": pgettext("fact", "attempt"),
    "attempts": pgettext("fact", "attempts"),
    "authority": pgettext("fact", "authority"),
    "automatic": pgettext("fact", "automatic"),
    "backups": pgettext("fact", "copies of the database"),
    "basis": pgettext("fact", "basis"),
    "better": pgettext("fact", "better"),
    "by_itself": pgettext("fact", "by itself"),
    "by_person": pgettext("fact", "by person"),
    "checkpoint": pgettext("fact", "checkpoint"),
    "closed": pgettext("fact", "closed"),
    "code": pgettext("fact", "code"),
    "compared_with": pgettext("fact", "compared with"),
    "comparison": pgettext("fact", "comparison"),
    "complete": pgettext("fact", "complete"),
    "confidence": pgettext("fact", "confidence"),
    "confirmed": pgettext("fact", "confirmed"),
    "corrected": pgettext("fact", "corrected"),
    "absent": pgettext("fact", "absent"),
    "day": pgettext("fact", "day"),
    "deliveries": pgettext("fact", "deliveries"),
    "destination": pgettext("fact", "destination"),
    "differences": pgettext("fact", "differences"),
    "document_type": pgettext("fact", "document type"),
    "documents": pgettext("fact", "documents"),
    "dropped": pgettext("fact", "dropped files"),
    "erased_at": pgettext("fact", "first erased"),
    "drawn": pgettext("fact", "drawn"),
    "examined": pgettext("fact", "examined"),
    "exceptions": pgettext("fact", "exceptions"),
    "expected": pgettext("fact", "expected share"),
    "fields": pgettext("fact", "fields"),
    "files": pgettext("fact", "files"),
    "folders": pgettext("fact", "folders"),
    "folders_before": pgettext("fact", "folders before"),
    "format": pgettext("fact", "format"),
    "from": pgettext("fact", "from"),
    "group": pgettext("fact", "group"),
    "head": pgettext("fact", "head"),
    "item": pgettext("fact", "item"),
    "key": pgettext("fact", "key"),
    "legal_hold": pgettext("fact", "hold"),
    "matter": pgettext("fact", "matter"),
    "kind": pgettext("fact", "kind"),
    "limited": pgettext("fact", "limited by groups"),
    "meaning": pgettext("fact", "meaning"),
    "model": pgettext("fact", "model"),
    "models": pgettext("fact", "models"),
    "number": pgettext("fact", "number"),
    "of": pgettext("fact", "of"),
    "opened": pgettext("fact", "opened"),
    "originals": pgettext("fact", "originals"),
    "pages": pgettext("fact", "page images"),
    "population": pgettext("fact", "population"),
    "preset_type": pgettext("fact", "preset type"),
    "readings": pgettext("fact", "readings"),
    "reference": pgettext("fact", "reference"),
    "refused": pgettext("fact", "refused"),
    "removed": pgettext("fact", "removed"),
    "reviewer": pgettext("fact", "reviewer"),
    "roles": pgettext("fact", "roles"),
    "same_person": pgettext("fact", "by whoever asked"),
    "sample": pgettext("fact", "sample"),
    "second_factor": pgettext("fact", "second factor"),
    "seed": pgettext("fact", "seed"),
    "sender": pgettext("fact", "sent by account"),
    "sessions": pgettext("fact", "sessions"),
    "signature": pgettext("fact", "signature"),
    "scopes": pgettext("fact", "may"),
    "groups": pgettext("fact", "groups"),
    "token": pgettext("fact", "token"),
    "since": pgettext("fact", "since"),
    "source": pgettext("fact", "source"),
    "stamped_at": pgettext("fact", "time-stamped"),
    "studies": pgettext("fact", "studies"),
    "supported": pgettext("fact", "tolerable share shown"),
    "taught": pgettext("fact", "taught"),
    "to": pgettext("fact", "to"),
    "tolerable": pgettext("fact", "tolerable share"),
    "types": pgettext("fact", "types"),
    "types_before": pgettext("fact", "types before"),
    "unit": pgettext("fact", "unit"),
    "until": pgettext("fact", "until"),
    "values": pgettext("fact", "values"),
    "verdict": pgettext("fact", "verdict"),
    "was_reviewer": pgettext("fact", "reviewed it too"),
    "what": pgettext("fact", "what"),
}
"""What the facts of an audit event are about."""
VALUE_WORDS = {
    **{str(name): word for name, word in (*PRIORITY_WORDS.items(), *ROLE_NAMES.items())},
    **{str(basis): word for basis, word in BASIS_WORDS.items()},
    "account": pgettext("fact", "account"),
    "group": pgettext("fact", "group"),
    "groups": pgettext("fact", "groups"),
    "group removed": pgettext("fact", "group removed"),
    "login": pgettext("fact", "login"),
    "own password": pgettext("fact", "own password"),
    "password": pgettext("fact", "password"),
    "code": pgettext("fact", "code"),
    "recovery code": pgettext("fact", "recovery code"),
    "recovery codes": pgettext("fact", "recovery codes"),
    "second factor": pgettext("fact", "second factor"),
    "sessions": pgettext("fact", "sessions"),
    "signature": pgettext("fact", "signature"),
    "token": pgettext("fact", "token"),
    "upload": pgettext("fact", "upload"),
    "drop": pgettext("fact", "drop"),
    **{name: FACT_WORDS[name] for name in ("accepted", "confirmed", "corrected", "absent", "checkpoint")},
    "certificate": pgettext("fact", "certificate"),
    "folder": pgettext("fact", "folder"),
    "pack": pgettext("fact", "evidence"),
    "open": pgettext("fact", "open"),
}
"""Facts that are words."""


WITHIN_SENTENCES = (gettext_noop("and"), gettext_noop("makes"))
"""Single words in what the pipeline says, which the catalogues would not find there."""


def title_in_language(titles: Mapping[str, str]) -> str:
    """Return the title in the reader's language, else the English one, else nothing."""
    return titles.get(reader_language()) or told(titles.get("en"))
