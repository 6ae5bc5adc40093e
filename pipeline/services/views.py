"""What services hand to the edges: values only, never rows."""

from datetime import datetime
from typing import Any

from pipeline.domain.actors import Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import DocumentLocale, FieldExtraction
from pipeline.domain.fields import FieldKind, FieldSpec
from pipeline.domain.files import FileSource, FileState
from pipeline.domain.pages import Page, PageSummary
from pipeline.domain.review import Draft, FieldRecord
from pipeline.domain.routing import Finding
from pipeline.domain.value import Frozen, Value
from pipeline.domain.worth import Priority


class PersonView(Frozen):
    id: int
    name: str
    display_name: str
    roles: tuple[Role, ...]
    active: bool
    must_change: bool
    groups: tuple[tuple[int, str], ...] = ()
    """Number and name of each; none: they see everything."""
    second_factor: bool = False
    """A code is asked for beside their password."""


class ClaimView(Frozen):
    """Who holds a document, and until when."""

    user_id: int
    display_name: str
    is_mine: bool
    lease_until: datetime
    taken_at: datetime | None = None
    """Since when."""


class QueueFilter(Frozen):
    """What a list of documents shows; everything optional, so that it lives in the address."""

    states: tuple[DocumentState, ...] = (DocumentState.REVIEW,)
    type: str | None = None
    search: str = ""
    """Found among the values in force and the file's name, or the document's id."""
    holder: str | None = None
    """`me`, `free`, or None for all."""
    sort: str = "due"
    """due, next, received, type, number, party, amount, open, changed."""
    descending: bool = False
    page: int = 1
    page_size: int = 50


class NextView(Frozen):
    """The document that comes next for a person, and why."""

    id: int
    why: str
    """`mine`, `urgent`, `overdue`, `worth` or `due`."""
    number: str | None
    party: str | None
    amount: str | None
    currency: str | None
    chance: float | None
    """That at least one open value is wrong."""
    seconds: float | None
    """Predicted for it."""
    received_at: datetime
    due_at: datetime
    priority_why: str | None


class SignedView(Frozen):
    """The signature in force under a document, and how far its delivery is."""

    at: datetime
    by_display: str
    delivery_state: str
    """pending, sent or failed; `none` where there is nothing to deliver."""
    delivered_at: datetime | None
    delivery_reference: str | None
    delivery_error: str | None


class QueueRow(Frozen):
    id: int
    state: DocumentState
    revision: int
    type: str | None
    type_title: dict[str, str]
    number: str | None
    party: str | None
    amount: str | None
    """Canonical decimal."""
    currency: str | None
    open_count: int
    critical_count: int
    open_states: tuple[str, ...]
    what: str
    file_name: str
    received_at: datetime
    due_at: datetime
    changed_at: datetime
    holder: ClaimView | None
    validated_by: str | None
    corrected: bool
    held_until: datetime | None
    note: str | None
    failure: str | None
    signed: SignedView | None = None
    """For approved documents."""
    priority: Priority = Priority.NORMAL
    priority_why: str | None = None
    comments: int = 0
    mentions: int = 0
    """Comments among them that wait for the person who asks."""


class QueuePage(Frozen):
    rows: tuple[QueueRow, ...]
    total: int
    """Documents that the filter finds, on all pages."""
    exceptions: int
    """Open exceptions in them."""
    page: int
    page_size: int
    by_state: dict[DocumentState, int]
    """All documents by state, whatever the filter."""
    types: tuple[str, ...]
    """Types that occur, for the filter."""


class FieldView(Frozen):
    """A field with its rules, its record, and what the machine saw."""

    spec: FieldSpec
    record: FieldRecord
    extraction: FieldExtraction | None
    findings: tuple[Finding, ...] = ()
    """Checks that do not hold on the values in force, with this field in them."""
    missing: int | None = None
    """How many more reviewed values a derived threshold needs; None where it is derived, or nothing is known yet."""
    settled_by_display: str | None = None


PageView = PageSummary


class SignatureView(Frozen):
    """The first of two signatures, while the second is awaited."""

    by: str
    by_display: str
    at: datetime
    meaning: str
    was_reviewer: bool
    is_mine: bool
    signed_with: str | None = None


class ProofAsked(Frozen):
    """What somebody has to type with their next signature; neither: they have to log in again."""

    password: bool
    code: bool


class SigningView(Frozen):
    """What signing a document would mean for the person who asks."""

    statement: str
    """What the signature says."""
    second_why: str | None
    """Why two people sign; None where one does."""
    first: SignatureView | None
    refused: str | None
    """Why this person can't sign it; None where they can."""
    proof: ProofAsked | None = None
    """What they have to show that it is them; None where the click is enough."""


class ReadyChange(Frozen):
    """One value that people changed, for judging at a glance."""

    name: str
    title: dict[str, str]
    kind: FieldKind
    before: Value | None
    after: Value | None
    confidence: float
    comment: str
    by_display: str


class ReadyRow(Frozen):
    """A document that waits for a signature: what the machine read, what people made of it."""

    row: QueueRow
    changes: tuple[ReadyChange, ...]
    confirmed: int
    accepted: int
    """Values that policy accepted, seen by nobody."""
    validated_by_display: str | None
    second_why: str | None
    first: SignatureView | None
    refused: str | None
    """Why this person can't sign it."""
    apart: str | None
    """Why it can't be signed together with others, though alone; None where it can."""


class ReadyPage(Frozen):
    page: QueuePage
    rows: tuple[ReadyRow, ...]
    proof: ProofAsked | None = None
    """What the person has to show before they sign; None where the click is enough."""


class SignedOutcome(Frozen):
    """What became of one document that was to be signed together with others."""

    document_id: int
    state: DocumentState | None
    """READY after the first of two signatures, APPROVED after the last; None where nothing was signed."""
    refused: str | None


class Refusal(Frozen):
    """One of several documents that something could not be done with, and why."""

    document_id: int
    why: str


class SavedView(Frozen):
    """A filter and order of the queue under a name."""

    id: int
    name: str
    address: str
    """The query of the list's address."""
    shared: bool
    is_mine: bool
    by_display: str


class ApprovalView(Frozen):
    id: int
    revision: int
    by: str
    by_display: str
    at: datetime
    meaning: str
    was_reviewer: bool
    record_sha256: str
    superseded_at: datetime | None
    delivered_at: datetime | None
    delivery_state: str
    delivery_reference: str | None
    delivery_error: str | None
    first_by_display: str | None = None
    """Who signed first, where two did."""
    first_at: datetime | None = None
    signed_with: str | None = None
    """How they were known: session, password, code or single sign-on; None where that was not kept yet."""


class DocumentView(Frozen):
    """All that one document's page shows."""

    id: int
    state: DocumentState
    revision: int
    type: str | None
    type_title: dict[str, str]
    type_fixed: bool
    number: str | None
    party: str | None
    amount: str | None
    currency: str | None
    file_id: int
    file_name: str
    file_source: FileSource
    sha256: str
    received_at: datetime
    due_at: datetime
    page_count: int
    pages: tuple[PageView, ...]
    fields: tuple[FieldView, ...]
    """In the type's order; the document's type itself comes first, as `document_type`."""
    findings: tuple[Finding, ...]
    """On the values in force."""
    claim: ClaimView | None
    locale: DocumentLocale
    engine: str | None
    policy_version: int | None
    open_count: int
    note: str | None
    failure: str | None
    held_until: datetime | None
    validated_by: str | None
    validated_by_display: str | None
    validated_at: datetime | None
    reviewers: tuple[str, ...]
    """Login names of everyone who settled a field or validated, in this revision of the work."""
    approvals: tuple[ApprovalView, ...]
    duplicates: tuple[int, ...]
    """Other documents with the same number from the same party."""
    drafts: tuple[Draft, ...] = ()
    """What the person who asks typed and has not decided."""


ERASED_NAME = "erased"
"""What a file is called whose name went with its content."""


class FileView(Frozen):
    id: int
    state: FileState
    source: FileSource
    name: str
    size: int
    sha256: str | None
    page_count: int | None
    duplicate_of: int | None
    """The file with the same bytes that came first."""
    first_document_id: int | None
    """For duplicates: the document that the first file became."""
    reason: str | None
    is_erased: bool
    received_by: str
    received_at: datetime
    document_id: int | None
    document_state: DocumentState | None
    """Of the document, or for a duplicate of the first file's."""


class FilePage(Frozen):
    rows: tuple[FileView, ...]
    total: int
    page: int
    page_size: int
    by_state: dict[FileState, int]


class ReceivedFile(Frozen):
    """The answer to an upload: what became of the file, in words where it was not taken."""

    file_id: int
    name: str
    state: FileState
    document_id: int | None
    duplicate_of: int | None
    reason: str | None


class ReadingView(Frozen):
    """One way that typed or clicked text can be read, for showing before it is saved."""

    value: Any
    shown: str
    note: str | None


class EventView(Frozen):
    seq: int
    at: datetime
    tag: str
    by: str
    file_id: int | None
    document_id: int | None
    field: str | None
    revision: int | None
    facts: dict[str, Any]
    values: dict[str, Any]
    """Erased values are missing."""
    hash: str


class EventPage(Frozen):
    rows: tuple[EventView, ...]
    total: int
    page: int
    page_size: int
    tags: tuple[str, ...]
    people: tuple[str, ...]


class VerificationView(Frozen):
    """What checking the record found: `problems` empty means that it holds."""

    events: int
    head: str
    problems: tuple[str, ...]
    checkpoint_seq: int | None = None


class StatusView(Frozen):
    """Files and documents by state, the queue, and the workers."""

    files: dict[str, int]
    documents: dict[str, int]
    queue: dict[str, int]
    """`depth`: jobs that wait; `due`: documents that should have a job; `deliveries`: approvals not yet delivered."""
    workers: dict[str, int]


class PageText(Frozen):
    """A page with its words, for finding and filling from it."""

    page: Page
