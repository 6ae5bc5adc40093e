from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Candidate
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReasonCode
from review_ui.cards import card_of, rivals_of
from review_ui.desk import desk_of
from tests.unit.review_ui.doubles import INVOICE, REVIEWER, SUM, FakeServices, Held, field_view, reason

DATE, TOTAL, IBAN = INVOICE.field("issue_date"), INVOICE.field("gross_total"), INVOICE.field("iban")


def document(*views, holder: int | None = REVIEWER.id, state: DocumentState = DocumentState.REVIEW):
    services = FakeServices(documents={7: Held(7, fields=views, holder=holder, state=state)})
    return services.get_document(7, by=REVIEWER)


def test_a_failed_check_speaks_only_while_it_fails() -> None:
    reasons = (reason(ReasonCode.CHECK_FAILED, SUM.message),)
    failing = field_view(TOTAL, "1482.00", reasons=reasons, findings=(SUM,))
    card = card_of(document(failing), failing)
    assert card.reasons == (SUM.message,)
    assert card.objected
    mended = field_view(TOTAL, "1428.00", reasons=reasons)
    card = card_of(document(mended), mended)
    assert card.reasons == ("The check that failed holds now, with the values in force.",)
    assert not card.objected


def test_a_sum_is_set_with_what_it_makes_and_what_the_page_says() -> None:
    view = field_view(TOTAL, "1482.00", findings=(SUM,))
    [total] = card_of(document(view), view).sums
    assert total.parts == (("Net", "1,190.00"), ("VAT", "238.00"))
    assert total.makes == ("Makes", "1,428.00")
    assert total.says == ("Page says", "1,482.00")


def test_other_readings_of_the_print_come_before_other_candidates_and_none_twice() -> None:
    candidates = (
        Candidate(text="3 Apr", value="2026-04-03", confidence=0.2),
        Candidate(text="5 May", value="2026-05-05", confidence=0.1, label="printed"),
        Candidate(text="5 May", value="2026-05-05", confidence=0.05),
    )
    view = field_view(DATE, "2026-03-04", readings=("2026-03-04", "2026-04-03"), candidates=candidates)
    rivals = rivals_of(view)
    assert [(rival.key, rival.value) for rival in rivals] == [(1, "2026-04-03"), (2, "2026-05-05")]
    assert rivals[1].confidence == "10 %"


def test_nine_rivals_are_offered_at_most() -> None:
    candidates = tuple(Candidate(text=str(n), value=f"{n}.00", confidence=0.01) for n in range(20))
    assert [rival.key for rival in rivals_of(field_view(TOTAL, "99.00", candidates=candidates))] == list(range(1, 10))


def test_an_ambiguous_print_is_edited_in_canonical_form() -> None:
    view = field_view(DATE, "2026-03-04", text="03/04/26", readings=("2026-03-04", "2026-04-03"))
    assert card_of(document(view), view).text == "2026-03-04"
    clear = field_view(DATE, "2026-03-13", text="13/03/26")
    assert card_of(document(clear), clear).text == "13/03/26"


def test_an_account_number_is_shown_in_fours_as_it_is_printed() -> None:
    view = field_view(IBAN, "GB33BUKB20201555555555")
    assert card_of(document(view), view).shown == "GB33 BUKB 2020 1555 5555 55"


def test_tones_follow_state_and_gravest_reason() -> None:
    tones = {
        "critical": field_view(IBAN, "x", reasons=(reason(ReasonCode.CRITICAL),)),
        "check": field_view(TOTAL, "1.00"),
        "absent": field_view(TOTAL, None, reasons=(reason(ReasonCode.REQUIRED_MISSING),)),
        "settled": field_view(TOTAL, "1.00", state=FieldState.CONFIRMED),
        "corrected": field_view(TOTAL, "2.00", machine="1.00", state=FieldState.CORRECTED),
        "accepted": field_view(TOTAL, "1.00", state=FieldState.ACCEPTED),
    }
    for tone, view in tones.items():
        assert card_of(document(view), view).tone == tone


def test_a_required_field_that_is_missing_is_not_urged_to_be_absent() -> None:
    view = field_view(TOTAL, None, reasons=(reason(ReasonCode.REQUIRED_MISSING),))
    assert card_of(document(view), view).objected


def test_after_a_settled_field_comes_the_next_open_one_round_the_end() -> None:
    views = (
        field_view(INVOICE.field("invoice_number"), "1"),
        field_view(DATE, "2026-03-04", state=FieldState.CONFIRMED, reasons=(reason(ReasonCode.SAMPLE),)),
        field_view(TOTAL, "1.00"),
    )
    assert desk_of(document(*views), after="issue_date").focused.name == "gross_total"
    assert desk_of(document(*views), after="gross_total").focused.name == "invoice_number"
    assert desk_of(document(*views)).focused.name == "invoice_number"
    assert desk_of(document(*views), focus="summary").focused is None
    assert desk_of(document(*views)).progress == "2 of 3 exceptions left"


def test_only_the_holder_of_a_document_in_review_may_settle() -> None:
    view = field_view(TOTAL, "1.00")
    assert desk_of(document(view)).may_settle
    assert not desk_of(document(view, holder=None)).may_settle
    assert not desk_of(document(view, state=DocumentState.HELD)).may_settle


def test_changes_are_corrections_and_what_was_taken_away() -> None:
    views = (
        field_view(INVOICE.field("invoice_number"), "CF-20814", machine="CF-20B14", state=FieldState.CORRECTED),
        field_view(DATE, "2026-03-04", state=FieldState.CONFIRMED),
        field_view(TOTAL, None, machine="1.00", state=FieldState.ABSENT),
        field_view(IBAN, None, state=FieldState.ABSENT),
    )
    desk = desk_of(document(*views))
    assert [change.card.name for change in desk.changes] == ["invoice_number", "gross_total"]
    assert [card.name for card in desk.confirmed] == ["issue_date", "iban"]


def test_why_a_field_was_shown_names_the_most_telling_reason() -> None:
    reasons = (reason(ReasonCode.LOW_CONFIDENCE), reason(ReasonCode.AMBIGUOUS))
    view = field_view(DATE, "2026-03-04", state=FieldState.CONFIRMED, reasons=reasons)
    assert card_of(document(view), view).because == "can be read in two ways"
    commented = field_view(DATE, "2026-03-04", state=FieldState.CONFIRMED, reasons=reasons, comment="30 days")
    assert card_of(document(commented), commented).because == "30 days"
