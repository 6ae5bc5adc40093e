"""The services as the UI calls them, in memory: same names, same signatures, a few real rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Candidate, DocumentLocale, FieldExtraction, Provenance
from pipeline.domain.fields import TYPE_FIELD, Column, DocumentType, FieldKind, FieldSpec
from pipeline.domain.files import FileSource, FileState
from pipeline.domain.geometry import BoundingBox, PageSize
from pipeline.domain.models import FieldCurves
from pipeline.domain.pages import Page, PageSummary, Word
from pipeline.domain.review import SETTLED, Decision, Draft, FieldRecord, FieldState, Settlement
from pipeline.domain.routing import Finding, Policy, ReasonCode, ReviewReason
from pipeline.domain.value import Row
from pipeline.domain.worth import Priority
from pipeline.errors import (
    AccessDeniedError,
    ClaimNotHeldError,
    ClaimTakenError,
    InvalidCorrectionError,
    LoginRefusedError,
    NotFoundError,
    OpenExceptionsError,
    StaleTaskError,
)
from pipeline.services.accounts import Login
from pipeline.services.championing import LearningView, ModelView, TrainingView
from pipeline.services.checkpointing import KeyView
from pipeline.services.erasure.views import RemainsView
from pipeline.services.grouping import GroupView
from pipeline.services.outlets import Standing
from pipeline.services.pages import Original
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import (
    ApprovalView,
    ClaimView,
    DocumentView,
    EventPage,
    EventView,
    FieldView,
    FilePage,
    FileView,
    NextView,
    PageText,
    PersonView,
    QueueFilter,
    QueuePage,
    QueueRow,
    ReadingView,
    ReadyChange,
    ReadyPage,
    ReadyRow,
    ReceivedFile,
    Refusal,
    SavedView,
    SignatureView,
    SignedOutcome,
    SignedView,
    SigningView,
    StatusView,
    VerificationView,
)
from tests.unit.review_ui.account_double import FakeApiTokens, FakeSecondFactors, FakeSessions
from tests.unit.review_ui.talk_double import FakeTalking

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery"

REVIEWER = Actor(id=1, name="mara", display_name="Mara Rowe", roles=frozenset({Role.REVIEWER}))
COLLEAGUE = Actor(id=2, name="jon", display_name="Jon Amadi", roles=frozenset({Role.REVIEWER}))
APPROVER = Actor(id=3, name="ines", display_name="Ines Okafor", roles=frozenset({Role.APPROVER}))
AUDITOR = Actor(id=4, name="tove", display_name="Tove Brandt", roles=frozenset({Role.AUDITOR}))
ADMINISTRATOR = Actor(id=5, name="admin", display_name="Administrator", roles=frozenset(Role))
CAST = {one.name: one for one in (REVIEWER, COLLEAGUE, APPROVER, AUDITOR, ADMINISTRATOR)}


def box(x0: float, top: float, x1: float, bottom: float) -> Provenance:
    return Provenance(page=1, boxes=(BoundingBox(x0=x0, top=top, x1=x1, bottom=bottom),), reader="test")


INVOICE = DocumentType(
    name="invoice",
    title={"en": "Invoice"},
    fields=(
        FieldSpec(name="invoice_number", title={"en": "Invoice number"}, kind=FieldKind.IDENTIFIER, required=True),
        FieldSpec(name="issue_date", title={"en": "Issue date"}, kind=FieldKind.DATE),
        FieldSpec(name="gross_total", title={"en": "Gross total"}, kind=FieldKind.MONEY, required=True),
        FieldSpec(name="iban", title={"en": "IBAN"}, kind=FieldKind.IDENTIFIER, critical=True, checks=("iban",)),
        FieldSpec(
            name="line_items",
            title={"en": "Line items"},
            kind=FieldKind.TABLE,
            columns=(
                Column(name="description", title={"en": "Description"}, kind=FieldKind.TEXT),
                Column(name="amount", title={"en": "Amount"}, kind=FieldKind.MONEY),
            ),
        ),
        FieldSpec(name="currency", title={"en": "Currency"}, kind=FieldKind.CURRENCY),
    ),
)
RECEIPT = DocumentType(name="receipt", title={"en": "Receipt"}, fields=(INVOICE.field("gross_total"),))
TYPE_SPEC = FieldSpec(name=TYPE_FIELD, title={"en": "Document type"}, kind=FieldKind.TEXT, required=True)

SUM = Finding(
    code="sum",
    message="The page says 1,482.00, but net and VAT make 1,428.00.",
    fields=("gross_total",),
    figures=(("net", "1190.00"), ("VAT", "238.00"), ("makes", "1428.00"), ("page says", "1482.00")),
)


def reason(code: ReasonCode, message: str = "The machine is only 61 % sure of it.") -> ReviewReason:
    return ReviewReason(code=code, message=message)


def field_view(
    spec: FieldSpec,
    value: Any,
    *,
    state: FieldState = FieldState.OPEN,
    confidence: float = 0.61,
    reasons: tuple[ReviewReason, ...] = (),
    provenance: Provenance | None = None,
    text: str | None = None,
    candidates: tuple[Candidate, ...] = (),
    readings: tuple[Any, ...] = (),
    findings: tuple[Finding, ...] = (),
    machine: Any = None,
    **record: Any,
) -> FieldView:
    read = value if machine is None else machine
    if state is FieldState.OPEN and not reasons:
        reasons = (reason(ReasonCode.LOW_CONFIDENCE),)
    return FieldView(
        spec=spec,
        record=FieldRecord(
            name=spec.name,
            state=state,
            machine_value=read,
            value=value,
            confidence=confidence,
            threshold=0.95,
            reasons=reasons,
            provenance=provenance,
            **record,
        ),
        extraction=FieldExtraction(
            name=spec.name,
            text=text,
            value=read,
            confidence=confidence,
            provenance=provenance,
            candidates=candidates,
            readings=readings,
        ),
        findings=findings,
    )


def invoice_fields() -> tuple[FieldView, ...]:
    """Return an invoice's fields: number, total, account and lines open, date and currency accepted."""
    accepted = FieldState.ACCEPTED
    return (
        field_view(TYPE_SPEC, "invoice", state=accepted, confidence=0.99),
        field_view(INVOICE.field("invoice_number"), "CF-20814", provenance=box(440, 120, 500, 131)),
        field_view(INVOICE.field("issue_date"), "2026-03-04", state=accepted, confidence=0.98, text="04.03.2026"),
        field_view(
            INVOICE.field("gross_total"),
            "1482.00",
            text="1.482,00",
            provenance=box(450, 600, 500, 612),
            candidates=(
                Candidate(
                    text="1.428,00",
                    value="1428.00",
                    confidence=0.35,
                    provenance=box(200, 700, 250, 712),
                    label="remittance slip",
                ),
            ),
            reasons=(reason(ReasonCode.CHECK_FAILED, SUM.message), reason(ReasonCode.LOW_CONFIDENCE)),
            findings=(SUM,),
        ),
        field_view(
            INVOICE.field("iban"),
            "GB33BUKB20201555555555",
            confidence=0.96,
            reasons=(reason(ReasonCode.CRITICAL, "IBAN is critical: a person looks at it every time."),),
        ),
        field_view(
            INVOICE.field("line_items"),
            ({"description": "Oak riser", "amount": "90.00"}, {"description": "Newel post", "amount": "136.00"}),
        ),
        field_view(INVOICE.field("currency"), "GBP", state=accepted, confidence=0.99),
    )


@dataclass
class Held:
    """One document as the double keeps it."""

    id: int
    state: DocumentState = DocumentState.REVIEW
    revision: int = 1
    type: str | None = "invoice"
    fields: tuple[FieldView, ...] = field(default_factory=invoice_fields)
    holder: int | None = None
    note: str | None = None
    failure: str | None = None
    validated_by: str | None = None
    approvals: tuple[ApprovalView, ...] = ()
    file_name: str = "scan_0417.pdf"
    due_at: datetime = NOW + timedelta(hours=8)
    drafts: dict[tuple[int | None, str], Draft] = field(default_factory=dict)

    @property
    def open(self) -> list[FieldView]:
        return [view for view in self.fields if view.record.state is FieldState.OPEN]


NOTHING_LEARNED = LearningView(
    training=TrainingView(
        running_since=None, finished_at=None, failure=None, next_try_at=None, is_waiting=False, automatic=True
    ),
    models=(),
    lessons={},
    taught=0,
    thresholds=(),
    rechecks=(),
    waiting=0,
)


@dataclass
class FakeCheckpointing:
    """One key, and a checkpoint that it signed."""

    stands: Standing = field(default_factory=Standing)
    keys_problem: Exception | None = None

    def standing(self, *, by: Actor) -> Standing:
        return self.stands

    def write(self, *, by: Actor) -> bytes:
        return b'{"seq": 16}'

    def list_keys(self, *, by: Actor) -> tuple[KeyView, ...]:
        if self.keys_problem is not None:
            raise self.keys_problem
        return (KeyView(number=1, key="5f1c" * 16, at=NOW, is_current=True),)


class FakeErasures:
    """A document that a rule keeps, and nothing erased."""

    def get_remains(self, document_id: int, *, by: Actor) -> RemainsView:
        return RemainsView(
            document_id=document_id,
            document_type="invoice",
            state=DocumentState.APPROVED,
            received_at=NOW,
            erased_at=None,
            kept_until=NOW.date(),
            kept_for="tax law",
            hold=None,
            erasure=None,
        )


@dataclass(frozen=True)
class FakePacking:
    """Evidence of two pieces; what was asked for is noted."""

    note: Callable[..., None]

    def write(self, wanted: Any, *, originals: bool = False, by: Actor) -> Any:
        self.note("pack", wanted, originals)
        return iter((b"PK", b"!"))


@dataclass
class FakeServices:
    """All services in one; each attribute that the UI knows is this object itself, so that tests see every call."""

    documents: dict[int, Held] = field(default_factory=dict)
    tokens: dict[str, Actor] = field(default_factory=dict)
    must_change: set[str] = field(default_factory=set)
    must_enrol: set[str] = field(default_factory=set)
    device: str | None = None
    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    received: list[ReceivedFile] = field(default_factory=list)
    seen: list[FileView] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    types: TypeShelf = field(default_factory=lambda: TypeShelf((INVOICE, RECEIPT)))
    is_ready: bool = True
    learned: LearningView = field(default_factory=lambda: NOTHING_LEARNED)
    curves: tuple[FieldCurves, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    views: tuple[SavedView, ...] = ()
    second_why: str | None = None
    first: SignatureView | None = None
    changes: tuple[ReadyChange, ...] = ()
    apart: dict[int, str] = field(default_factory=dict)
    raises: dict[str, Exception] = field(default_factory=dict)
    """Name of a method to what it raises."""

    def __post_init__(self) -> None:
        self.accounts = self.dispatching = self.reviewing = self.marking = self.drafting = self.approving = (
            self.pages
        ) = self.files = self
        self.checkpointing, self.packing = FakeCheckpointing(), FakePacking(self._note)
        self.erasures = FakeErasures()
        self.championing = self.policies = self.auditing = self.reporting = self.health = self.intake = self
        self.dispatching = self.saved_views = self.grouping = self
        self.talking = FakeTalking(people=CAST.values())
        self.sessions = FakeSessions()
        self.api_tokens = FakeApiTokens()
        self.second_factors = FakeSecondFactors()

    def _note(self, name: str, *facts: Any) -> None:
        self.calls.append((name, facts))
        if name in self.raises:
            raise self.raises[name]

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [facts for called, facts in self.calls if called == name]

    # championing

    def overview(self, *, by: Actor) -> LearningView:
        self._note("overview")
        return self.learned

    def get_model(self, version: str, *, by: Actor) -> tuple[ModelView, tuple[FieldCurves, ...]]:
        self._note("get_model", version)
        found = next((model for model in self.learned.models if model.version == version), None)
        if found is None:
            raise NotFoundError("There is no such model.")
        return found, self.curves

    def promote(self, version: str, why: str, *, by: Actor) -> None:
        self._note("promote", version, why)

    def roll_back(self, version: str, why: str, *, by: Actor) -> None:
        self._note("roll_back", version, why)

    def dismiss(self, recheck_id: int, *, by: Actor) -> None:
        self._note("dismiss", recheck_id)

    def set_automatic(self, automatic: bool, *, by: Actor) -> None:
        self._note("set_automatic", automatic)

    # accounts

    def login(self, name: str, password: str, *, address: str, agent: str = "", device: str | None = None) -> Login:
        self._note("login", name, address, device)
        if name not in CAST or password != PASSWORD:
            raise LoginRefusedError("This name and password do not fit together. Try again.")
        token = f"token-{name}-{len(self.tokens)}"
        self.tokens[token] = CAST[name]
        return Login(token=token, actor=CAST[name], must_change=name in self.must_change, device=self.device)

    def find_actor(self, token: str) -> Login | None:
        actor = self.tokens.get(token)
        if actor is None:
            return None
        must_change, must_enrol = actor.name in self.must_change, actor.name in self.must_enrol
        return Login(token=token, actor=actor, must_change=must_change, must_enrol=must_enrol)

    def logout(self, token: str) -> None:
        self.tokens.pop(token, None)

    def change_password(self, old: str, new: str, *, by: Actor, token: str = "") -> None:
        self._note("change_password", by.name)
        if old != PASSWORD:
            raise LoginRefusedError("The password you have now is not that one. Type it again.")
        self.must_change.discard(by.name)

    def add(self, name: str, display_name: str, roles: Any, *, by: Actor) -> str:
        self._check(by, Role.ADMINISTRATOR)
        self._note("add", name, display_name, frozenset(roles))
        return "once-only-secret"

    def reset_password(self, user_id: int, *, by: Actor) -> str:
        self._note("reset_password", user_id)
        return "another-secret"

    def set_roles(self, user_id: int, roles: Any, *, by: Actor) -> None:
        self._note("set_roles", user_id, frozenset(roles))

    def set_active(self, user_id: int, active: bool, *, by: Actor) -> None:
        self._note("set_active", user_id, active)

    def list_people_for(self, document_id: int, *, by: Actor) -> tuple[PersonView, ...]:
        return self.list_people(by=by)

    def list_people(self, *, by: Actor) -> tuple[PersonView, ...]:
        return tuple(
            PersonView(
                id=one.id or 0,
                name=one.name,
                display_name=one.display_name,
                roles=tuple(sorted(one.roles)),
                active=True,
                must_change=one.name in self.must_change,
            )
            for one in CAST.values()
        )

    # reviewing

    def list_types(self, *, by: Actor) -> tuple[DocumentType, ...]:
        return self.types.enabled

    def get_policy(self, *, by: Actor) -> Policy:
        return self.policy

    get_current = get_policy

    def change(self, policy: Policy, why: str, *, by: Actor) -> Policy:
        self._check(by, Role.ADMINISTRATOR)
        self._note("change", policy, why)
        self.policy = policy.model_copy(update={"version": self.policy.version + 1})
        return self.policy

    def list_queue(self, wanted: QueueFilter, *, by: Actor) -> QueuePage:
        self._note("list_queue", wanted)
        found = [one for one in self.documents.values() if one.state in wanted.states]
        return QueuePage(
            rows=tuple(self._row(one, by) for one in found),
            total=len(found),
            exceptions=sum(len(one.open) for one in found),
            page=wanted.page,
            page_size=wanted.page_size,
            by_state={state: sum(one.state is state for one in self.documents.values()) for state in DocumentState},
            types=("invoice",),
        )

    def explain_next(self, *, by: Actor) -> NextView | None:
        document_id = self.find_next(by=by)
        if document_id is None:
            return None
        row = self._row(self.documents[document_id], by)
        return NextView(
            id=row.id,
            why="worth",
            number=row.number,
            party=row.party,
            amount=row.amount,
            currency=row.currency,
            chance=0.38,
            seconds=21.0,
            received_at=NOW,
            due_at=row.due_at,
            priority_why=None,
        )

    def find_next(self, *, by: Actor, after: int | None = None, skip: tuple[int, ...] = ()) -> int | None:
        for one in self.documents.values():
            if one.state is DocumentState.REVIEW and one.id != after and one.id not in skip:
                return one.id
        return None

    def get_document(self, document_id: int, *, by: Actor) -> DocumentView:
        return self._view(self._get(document_id), by)

    def foresee(self, document_id: int, *, by: Actor) -> DocumentView:
        self._check(by, Role.REVIEWER)
        return self._view(replace(self._get(document_id), holder=by.id), by)

    def claim(self, document_id: int, *, by: Actor) -> DocumentView:
        self._check(by, Role.REVIEWER)
        self._note("claim", document_id)
        held = self._get(document_id)
        if held.holder not in (None, by.id):
            raise ClaimTakenError(f"Jon Amadi holds document {document_id} until 17:00 UTC.")
        held.holder = by.id
        return self._view(held, by)

    def keep(self, document_id: int, field: str, entries: Mapping[str, Sequence[str]], *, by: Actor) -> datetime:
        self._check(by, Role.REVIEWER)
        kept = {name: tuple(texts) for name, texts in entries.items()}
        self._get(document_id).drafts[by.id, field] = Draft(field=field, entries=kept, at=NOW)
        return NOW

    def drop(self, document_id: int, field: str, *, by: Actor) -> None:
        self._check(by, Role.REVIEWER)
        self._get(document_id).drafts.pop((by.id, field), None)

    def renew(self, document_id: int, *, by: Actor) -> datetime:
        if self._get(document_id).holder != by.id:
            raise ClaimNotHeldError("You no longer hold this document. Open it again; saved work is kept.")
        return NOW + timedelta(minutes=15)

    def release(self, document_id: int, *, by: Actor) -> None:
        self._get(document_id).holder = None

    def settle(self, document_id: int, settlement: Settlement, *, by: Actor, revision: int) -> DocumentView:
        self._note("settle", document_id, settlement)
        held = self._changing(document_id, by, revision)
        if settlement.field not in {view.spec.name for view in held.fields}:
            raise NotFoundError(f"Document {document_id} has no field “{settlement.field}”. Reload the page.")
        if settlement.value == "unreadable":
            raise InvalidCorrectionError("“unreadable” can't be read as an amount (1234.50). Type it again.")
        states = {
            Decision.CONFIRM: FieldState.CONFIRMED,
            Decision.CORRECT: FieldState.CORRECTED,
            Decision.ABSENT: FieldState.ABSENT,
        }
        self._replace(
            held,
            settlement.field,
            state=states[settlement.decision],
            settled_by=by.name,
            settled_at=NOW + timedelta(seconds=held.revision),
            comment=settlement.comment,
            **({"value": settlement.value} if settlement.decision is Decision.CORRECT else {}),
        )
        return self._view(held, by)

    def reopen(self, document_id: int, field: str, *, by: Actor, revision: int) -> DocumentView:
        self._note("reopen", document_id, field)
        held = self._changing(document_id, by, revision)
        self._replace(held, field, state=FieldState.OPEN, settled_by=None, settled_at=None)
        return self._view(held, by)

    def validate(self, document_id: int, *, by: Actor, revision: int, handling_ms: int = 0) -> None:
        self._note("validate", document_id)
        held = self._changing(document_id, by, revision)
        if held.open:
            raise OpenExceptionsError(f"{len(held.open)} exceptions are still open. Settle them first.")
        held.state, held.validated_by, held.holder = DocumentState.READY, by.name, None

    def reject(self, document_id: int, why: str, *, by: Actor, revision: int) -> DocumentView:
        self._note("reject", document_id, why)
        held = self._changing(document_id, by, revision)
        held.state, held.note = DocumentState.REJECTED, why
        return self._view(held, by)

    def hold(self, document_id: int, why: str, until: datetime, *, by: Actor, revision: int) -> DocumentView:
        self._note("hold", document_id, why, until)
        held = self._changing(document_id, by, revision)
        if until <= NOW:
            raise InvalidCorrectionError("The date to hold until has passed. Choose a later one.")
        held.state, held.note = DocumentState.HELD, why
        return self._view(held, by)

    def resume(self, document_id: int, *, by: Actor, revision: int) -> DocumentView:
        held = self._get(document_id)
        held.state = DocumentState.REVIEW
        return self._view(held, by)

    def handover(self, document_id: int, to_user_id: int, comment: str, *, by: Actor, revision: int) -> DocumentView:
        self._note("handover", document_id, to_user_id, comment)
        held = self._changing(document_id, by, revision)
        held.holder = to_user_id
        return self._view(held, by)

    def retype(self, document_id: int, type_name: str, *, by: Actor, revision: int) -> DocumentView:
        self._note("retype", document_id, type_name)
        held = self._changing(document_id, by, revision)
        held.state, held.type = DocumentState.QUEUED, type_name
        return self._view(held, by)

    def retry(self, document_id: int, *, by: Actor, revision: int) -> DocumentView:
        self._note("retry", document_id)
        held = self._get(document_id)
        held.state = DocumentState.QUEUED
        return self._view(held, by)

    def read_lines(self, document_id: int, field: str, words: dict[str, str], *, by: Actor) -> tuple[Row, ...]:
        self._note("read_lines", field, words)
        if words.get("amount") != "Snarf":
            raise InvalidCorrectionError("Type what stands above the column of “Amount”: lines are found by it.")
        return ({"description": "Read under it", "amount": "7.00"},)

    def read_text(
        self, document_id: int, field: str, text: str, *, by: Actor, column: str | None = None
    ) -> tuple[ReadingView, ...]:
        self._note("read_text", field, text, column)
        if text == "03/04/26":
            return (
                ReadingView(value="2026-04-03", shown="2026-04-03", note="day first"),
                ReadingView(value="2026-03-04", shown="2026-03-04", note="month first"),
            )
        return (ReadingView(value=text, shown=text, note=None),)

    # saved views

    def list_views(self, *, by: Actor) -> tuple[SavedView, ...]:
        return self.views

    def save(self, name: str, address: str, *, shared: bool, by: Actor) -> None:
        self._note("save", name, address, shared)

    def remove(self, view_id: int, *, by: Actor) -> None:
        self._note("remove", view_id)

    # dispatching

    def assign(self, documents: Any, to_user_id: int, *, by: Actor) -> tuple[Refusal, ...]:
        self._note("assign", tuple(documents), to_user_id)
        return self.refusals

    def give_back(self, documents: Any, *, by: Actor) -> tuple[Refusal, ...]:
        self._note("give_back", tuple(documents))
        return self.refusals

    def prioritise(self, documents: Any, priority: Priority, why: str, *, by: Actor) -> tuple[Refusal, ...]:
        self._note("prioritise", tuple(documents), priority, why)
        return self.refusals

    def pulse(self, *, by: Actor) -> str:
        return f"{len(self.calls)}"

    # approving

    def get_signing(self, document_id: int, *, by: Actor) -> SigningView:
        reviewers = self._view(self._get(document_id), by).reviewers
        apart = self.policy.separate_duties and by.name in reviewers
        return SigningView(
            statement=f"I approve this record, document {document_id}.",
            second_why=self.second_why,
            first=self.first,
            refused="You reviewed this document: somebody else has to sign." if apart else None,
        )

    def list_ready(self, wanted: QueueFilter, *, by: Actor) -> ReadyPage:
        page = self.list_queue(wanted, by=by)
        return ReadyPage(
            page=page,
            rows=tuple(
                ReadyRow(
                    row=row,
                    changes=self.changes,
                    confirmed=2,
                    accepted=3,
                    validated_by_display="Mara Rowe",
                    second_why=self.second_why,
                    first=self.first,
                    refused=None,
                    apart=self.apart.get(row.id),
                )
                for row in page.rows
            ),
        )

    def approve_many(self, chosen: Any, *, by: Actor, proof: Any = None) -> tuple[SignedOutcome, ...]:
        self._note("approve_many", tuple(chosen))
        return tuple(
            SignedOutcome(document_id=one, state=None, refused="It was changed meanwhile.")
            if one in self.apart
            else SignedOutcome(document_id=one, state=DocumentState.APPROVED, refused=None)
            for one, _ in chosen
        )

    def revoke(self, document_id: int, *, by: Actor, revision: int, proof: Any = None) -> DocumentView:
        self._note("revoke", document_id)
        self.first = None
        return self._view(self._get(document_id), by)

    def approve(
        self, document_id: int, *, by: Actor, revision: int, statement: str | None = None, proof: Any = None
    ) -> DocumentView:
        self._check(by, Role.APPROVER)
        self._note("approve", document_id)
        held = self._get(document_id)
        if revision != held.revision:
            raise StaleTaskError("Document was changed meanwhile. Reload to see the newer work.")
        held.state = DocumentState.APPROVED
        held.revision += 1
        held.approvals = (
            ApprovalView(
                id=1,
                revision=held.revision,
                by=by.name,
                by_display=by.display_name,
                at=NOW,
                meaning="I approve this record.",
                was_reviewer=False,
                record_sha256="ab" * 32,
                superseded_at=None,
                delivered_at=None,
                delivery_state="pending",
                delivery_reference=None,
                delivery_error=None,
            ),
        )
        return self._view(held, by)

    def send_back(
        self, document_id: int, why: str, *, by: Actor, revision: int, fields: tuple[str, ...] = ()
    ) -> DocumentView:
        self._note("send_back", document_id, why, fields)
        held = self._get(document_id)
        held.state = DocumentState.REVIEW
        return self._view(held, by)

    def supersede(self, document_id: int, why: str, *, by: Actor, revision: int) -> DocumentView:
        self._note("supersede", document_id, why)
        held = self._get(document_id)
        held.state = DocumentState.REVIEW
        return self._view(held, by)

    # pages, files, intake

    def image(self, document_id: int, page: int, *, by: Actor, dpi: int = 110) -> bytes:
        self._note("image", page, dpi)
        self._get(document_id)
        stream = BytesIO()
        Image.new("RGB", (60, 84), "white").save(stream, "WEBP")
        return stream.getvalue()

    def words(self, document_id: int, page: int, *, by: Actor) -> PageText:
        word = Word(text="CF-20814", box=BoundingBox(x0=440, top=120, x1=500, bottom=131))
        return PageText(page=Page(number=page, size=PageSize(width=595, height=842), words=(word,)))

    def all_words(self, document_id: int, *, by: Actor) -> tuple[Page, ...]:
        return (self.words(document_id, 1, by=by).page,)

    def original(self, document_id: int, *, by: Actor) -> Original:
        return Original(stream=BytesIO(b"%PDF-1.7 scan"), size=13, name="scan_0417.pdf", sha256="ab" * 32)

    def list_files(
        self, *, by: Actor, state: FileState | None = None, search: str = "", page: int = 1, page_size: int = 50
    ) -> FilePage:
        rows = tuple(self.seen)
        by_state = dict.fromkeys(FileState, 0)
        return FilePage(rows=rows, total=len(rows), page=page, page_size=page_size, by_state=by_state)

    def find_document(self, file_id: int, *, by: Actor) -> int | None:
        return 7 if file_id == 3 else None

    def receive(
        self,
        stream: Any,
        filename: str,
        *,
        by: Actor,
        document_type: str | None = None,
        group_folder: str | None = None,
    ) -> ReceivedFile:
        self._note("receive", filename, stream.read(), document_type)
        return self.received.pop(0) if self.received else received(filename)

    # grouping

    def list_groups(self, *, by: Actor) -> tuple[GroupView, ...]:
        self._check(by, Role.ADMINISTRATOR)
        return (GROUP,)

    def get_group(self, group_id: int, *, by: Actor) -> GroupView:
        self._check(by, Role.ADMINISTRATOR)
        return GROUP

    # auditing, reporting, health

    def list_events(self, wanted: Any, *, by: Actor) -> EventPage:
        self._check(by, Role.AUDITOR, Role.ADMINISTRATOR)
        self._note("list_events", wanted)
        return EventPage(rows=(EVENT,), total=1, page=1, page_size=100, tags=(EVENT.tag,), people=("mara",))

    def history(self, document_id: int, *, by: Actor) -> tuple[EventView, ...]:
        self._check(by, Role.AUDITOR, Role.ADMINISTRATOR)
        return (EVENT,)

    def verify(self, checkpoint: bytes | None = None, *, by: Actor) -> VerificationView:
        self._note("verify", checkpoint)
        return VerificationView(events=16, head="d81e" * 16, problems=())

    def export(self, form: Any, wanted: Any = None, *, by: Actor, bom: bool = False) -> Any:
        self._check(by, Role.AUDITOR, Role.ADMINISTRATOR)
        self._note("export", form, wanted, bom)
        return iter((b"one\n", b"two\n"))

    def get_verifier(self, *, by: Actor) -> bytes:
        return b"print('verified')\n"

    def status(self, *, by: Actor) -> StatusView:
        return StatusView(
            files={"stored": 3, "total": 3},
            documents={"review": 3, "total": 3},
            queue={"depth": 0, "due": 0},
            workers={"alive": 1},
        )

    def ready(self) -> tuple[bool, dict[str, str]]:
        return self.is_ready, {"database": "ok" if self.is_ready else "does not answer"}

    # what stands behind them

    def _check(self, by: Actor, *roles: Role) -> None:
        if not by.roles.intersection(roles):
            raise AccessDeniedError("You need another role for this. Ask an administrator for it.")

    def _get(self, document_id: int) -> Held:
        if document_id not in self.documents:
            raise NotFoundError(f"There is no document {document_id}. It may have been replaced.")
        return self.documents[document_id]

    def _changing(self, document_id: int, by: Actor, revision: int) -> Held:
        held = self._get(document_id)
        if held.holder != by.id:
            raise ClaimNotHeldError("You no longer hold this document. Open it again; saved work is kept.")
        if held.revision != revision:
            raise StaleTaskError(f"Document {document_id} was changed meanwhile. Nothing was overwritten.")
        return held

    def _replace(self, held: Held, name: str, **changes: Any) -> None:
        held.revision += 1
        held.fields = tuple(
            view
            if view.spec.name != name
            else view.model_copy(update={"record": view.record.model_copy(update=changes)})
            for view in held.fields
        )

    def _claim(self, held: Held, by: Actor) -> ClaimView | None:
        if held.holder is None:
            return None
        holder = next(one for one in CAST.values() if one.id == held.holder)
        return ClaimView(
            user_id=held.holder,
            display_name=holder.display_name,
            is_mine=held.holder == by.id,
            lease_until=NOW + timedelta(minutes=15),
        )

    def _view(self, held: Held, by: Actor) -> DocumentView:
        values = {view.spec.name: view.record.value for view in held.fields}
        return DocumentView(
            id=held.id,
            state=held.state,
            revision=held.revision,
            type=held.type,
            type_title={"en": "Invoice"} if held.type else {"en": "Document"},
            type_fixed=False,
            number=values.get("invoice_number"),
            party="Calder & Finch",
            amount=values.get("gross_total"),
            currency=values.get("currency"),
            file_id=held.id,
            file_name=held.file_name,
            file_source=FileSource.DROP,
            sha256="0" * 64,
            received_at=NOW,
            due_at=held.due_at,
            page_count=1,
            pages=(PageSummary(number=1, width=595, height=842, has_text=True, note=None),),
            fields=held.fields,
            findings=tuple(finding for view in held.fields for finding in view.findings),
            claim=self._claim(held, by),
            locale=DocumentLocale(decimal=",", currency="GBP"),
            engine="test-1",
            policy_version=1,
            open_count=len(held.open),
            note=held.note,
            failure=held.failure,
            held_until=NOW if held.state is DocumentState.HELD else None,
            validated_by=held.validated_by,
            validated_by_display=None,
            validated_at=NOW if held.validated_by else None,
            reviewers=tuple(sorted({view.record.settled_by for view in held.fields if view.record.settled_by})),
            approvals=held.approvals,
            duplicates=(),
            drafts=tuple(draft for (who, _), draft in held.drafts.items() if who == by.id),
        )

    def _row(self, held: Held, by: Actor) -> QueueRow:
        view = self._view(held, by)
        return QueueRow(
            id=held.id,
            state=held.state,
            revision=held.revision,
            type=held.type,
            type_title=view.type_title,
            number=view.number,
            party=view.party,
            amount=view.amount,
            currency=view.currency,
            open_count=view.open_count,
            critical_count=0,
            open_states=tuple("check" for _ in held.open),
            what="; ".join(one.spec.title_in("en").lower() for one in held.open),
            file_name=held.file_name,
            received_at=NOW,
            due_at=held.due_at,
            changed_at=NOW,
            holder=view.claim,
            validated_by=held.validated_by,
            corrected=any(one.record.state in SETTLED for one in held.fields),
            held_until=None,
            note=held.note,
            failure=held.failure,
            signed=next((_signed(one) for one in held.approvals if one.superseded_at is None), None),
        )


def _signed(approval: ApprovalView) -> SignedView:
    return SignedView.model_validate({name: getattr(approval, name) for name in SignedView.model_fields})


EVENT = EventView(
    seq=7,
    at=NOW,
    tag="field:settle",
    by="mara",
    file_id=1,
    document_id=7,
    field="gross_total",
    revision=2,
    facts={"from": "open", "to": "corrected", "confidence": 0.61},
    values={"machine": "1482.00", "before": "1482.00", "after": "1428.00", "why": "digits swapped in print"},
    hash="d81e" * 16,
)


def seen(name: str, **changes: Any) -> FileView:
    """Return a file of the list: a duplicate of file 3, which became document 7."""
    known: dict[str, Any] = {
        "id": 9,
        "state": FileState.DUPLICATE,
        "source": FileSource.DROP,
        "name": name,
        "size": 2048,
        "sha256": "0" * 64,
        "page_count": 1,
        "duplicate_of": 3,
        "first_document_id": 7,
        "reason": None,
        "is_erased": False,
        "received_by": "watcher",
        "received_at": NOW,
        "document_id": None,
        "document_state": DocumentState.REVIEW,
    }
    return FileView(**{**known, **changes})


GROUP = GroupView(id=5, name="Acme", types=("invoice",), folders=("customers/acme",), members=())


def received(name: str, state: FileState = FileState.STORED, sentence: str | None = None) -> ReceivedFile:
    return ReceivedFile(
        file_id=11,
        name=name,
        state=state,
        document_id=12 if state is FileState.STORED else None,
        duplicate_of=3 if state is FileState.DUPLICATE else None,
        reason=sentence,
    )
