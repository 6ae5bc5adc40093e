from pipeline.domain.documents import DocumentState
from pipeline.domain.extraction import Candidate, Cell, LineItem
from pipeline.domain.review import FieldState
from pipeline.domain.routing import Finding, ReasonCode
from pipeline.services.views import FieldView
from review_ui.cards import card_of
from review_ui.desk import desk_of
from review_ui.marks import marks_on
from review_ui.rivals import rivals_of
from tests.unit.review_ui.doubles import INVOICE, REVIEWER, SUM, TYPE_SPEC, FakeServices, Held, box, field_view, reason

DATE, TOTAL, IBAN = INVOICE.field("issue_date"), INVOICE.field("gross_total"), INVOICE.field("iban")
LOW, REOPENED = reason(ReasonCode.LOW_CONFIDENCE), ReasonCode.REOPENED


def document(*views, holder: int | None = REVIEWER.id, state: DocumentState = DocumentState.REVIEW):
    services = FakeServices(documents={7: Held(7, fields=views, holder=holder, state=state)})
    return services.get_document(7, by=REVIEWER)


def ambiguous(value: str = "2026-03-04", other: str = "2026-04-03", **record: str) -> FieldView:
    """A date of which the machine prefers one reading."""
    reasons = (LOW, reason(ReasonCode.AMBIGUOUS))
    return field_view(DATE, value, text="03/04/26", readings=(value, other), reasons=reasons, **record)


def table(*lines: tuple[str, float], findings: tuple[Finding, ...] = ()) -> FieldView:
    """Lines of 1.00 each, by their description and how sure the machine is of the amount."""
    value = tuple({"description": text, "amount": "1.00"} for text, _ in lines)
    view = field_view(INVOICE.field("line_items"), value, findings=findings)
    rows = tuple(
        LineItem(
            cells={
                "description": Cell(text=text, value=text, confidence=0.99),
                "amount": Cell(text="1.00", value="1.00", confidence=confidence),
            }
        )
        for text, confidence in lines
    )
    assert view.extraction is not None
    return view.model_copy(update={"extraction": view.extraction.model_copy(update={"rows": rows})})


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


def test_what_the_attached_data_says_stays_beside_the_pages_value_until_it_is_settled() -> None:
    sentence = "The page says 1,482.00, but the attached data says 1,428.00: choose the one that holds."
    told = (Candidate(text="1428.00", value="1428.00", confidence=0.4, label="attached data"),)
    view = field_view(TOTAL, "1482.00", reasons=(reason(ReasonCode.ATTACHED_DATA, sentence),), candidates=told)
    card = card_of(document(view), view)
    assert card.reasons == (sentence,)
    assert card.objected
    assert [(rival.shown, rival.note) for rival in card.rivals] == [("1,428.00", "attached data")]
    settled = view.model_copy(update={"record": view.record.model_copy(update={"state": FieldState.CONFIRMED})})
    assert not card_of(document(settled), settled).objected


def test_text_that_nobody_can_see_is_told_of_whatever_values_are_in_force() -> None:
    sentence = "Page 1 holds text that nobody can see; it was not read. Go by what the page shows."
    hidden = reason(ReasonCode.HIDDEN_TEXT, sentence)
    view = field_view(TYPE_SPEC, "invoice", reasons=(hidden,))
    assert card_of(document(view), view).reasons == (sentence,)
    textless = field_view(TYPE_SPEC, None, reasons=(reason(ReasonCode.NO_TEXT), hidden))
    assert sentence in card_of(document(textless), textless).reasons


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


def test_an_ambiguous_print_shows_no_reading_before_a_person_chose() -> None:
    view = ambiguous()
    card = card_of(document(view), view)
    assert card.is_undecided
    assert (card.shown, card.text) == ("03/04/26", "03/04/26")
    assert [(one.key, one.shown, one.note) for one in card.rivals] == [
        (1, "4 Mar 2026", "read with the month first"),
        (2, "3 Apr 2026", "read with the day first"),
    ]
    assert card.confidence == "2 ways to read it"
    assert card.share == ""
    assert card.reasons == ("“03/04/26” is 4 Mar 2026 or 3 Apr 2026: choose the right one.",)


def test_the_order_of_readings_does_not_tell_which_the_machine_prefers() -> None:
    one, other = ambiguous("2026-03-04", "2026-04-03"), ambiguous("2026-04-03", "2026-03-04")
    assert [rival.value for rival in rivals_of(one)] == [rival.value for rival in rivals_of(other)]


def test_a_reading_that_a_person_chose_is_shown_like_any_value() -> None:
    view = ambiguous(settled_by="mara")
    card = card_of(document(view), view)
    assert not card.is_undecided
    assert card.shown == "4 Mar 2026"
    assert [rival.shown for rival in card.rivals] == ["3 Apr 2026"]
    assert card.text == "2026-03-04", "the print would be read in two ways again"


def test_a_clear_print_is_edited_as_printed() -> None:
    clear = field_view(DATE, "2026-03-13", text="13/03/26")
    assert card_of(document(clear), clear).text == "13/03/26"


def test_a_value_that_a_person_typed_stands_without_the_machine_s_confidence() -> None:
    returned = field_view(
        TOTAL, "1428.00", machine="1482.00", settled_by="mara", reasons=(LOW, reason(REOPENED, "Returned."))
    )
    corrected = field_view(TOTAL, "1428.00", machine="1482.00", state=FieldState.CORRECTED, settled_by="mara")
    for view in (returned, corrected):
        card = card_of(document(view), view)
        assert card.confidence == "put here by mara"
        named = view.model_copy(update={"settled_by_display": "Mara Voss"})
        assert card_of(document(named), named).confidence == "put here by Mara Voss"
        assert card.share == ""
        assert LOW.message not in card.reasons
    assert [(one.shown, one.confidence) for one in rivals_of(returned)] == [("1,482.00", "61 %")]
    absent = field_view(TOTAL, None, machine="1482.00", state=FieldState.ABSENT, settled_by="mara")
    assert card_of(document(absent), absent).confidence == "taken away by mara"


def test_lines_that_a_check_refutes_are_marked_and_so_are_cells_the_machine_doubts() -> None:
    finding = Finding(code="row_product", message="Row 2 does not fit.", fields=("line_items",), rows=(2,))
    view = table(("ok", 0.99), ("ok", 0.99), ("unsure", 0.4), findings=(finding,))
    card = card_of(document(view), view)
    assert [line.number for line in card.marked_lines] == [2, 3]
    assert card.lines[1].is_refuted
    assert card.lines[2].doubtful == frozenset({"amount"})


def test_doubts_in_every_line_or_about_lines_since_changed_mark_none() -> None:
    everywhere = table(("a", 0.4), ("b", 0.4))
    assert card_of(document(everywhere), everywhere).marked_lines == ()
    read = table(("a", 0.4), ("b", 0.99))
    changed = read.model_copy(
        update={"record": read.record.model_copy(update={"value": ({"description": "c", "amount": "1.00"},) * 2})}
    )
    assert card_of(document(changed), changed).marked_lines == ()


def test_a_scan_says_that_it_holds_no_text_and_who_reads_it() -> None:
    reasons = (reason(ReasonCode.NO_TEXT), reason(ReasonCode.TYPE_DOUBTFUL, "The document fits none of the types."))
    view = field_view(TYPE_SPEC, None, confidence=0.5, reasons=reasons)
    scan = document(view)
    scan = scan.model_copy(update={"pages": tuple(each.model_copy(update={"has_text": False}) for each in scan.pages)})
    card = card_of(scan, view)
    assert (card.is_textless, card.word, card.confidence) == (True, "No text", "")
    assert card.reasons == (
        "The page holds no text that a machine can read here, so nothing was read. It is for you to read.",
    )
    partly = card_of(document(view), view)
    assert not partly.is_textless
    assert partly.reasons[1] == "The document fits none of the types."


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


def test_a_number_that_came_before_speaks_against_keeping_it_for_as_long_as_the_other_document_has_it() -> None:
    seen = reason(ReasonCode.SAME_NUMBER, "Calder & Finch has sent number CF-1 before, in document 3.")
    view = field_view(INVOICE.field("invoice_number"), "CF-1", reasons=(seen,))
    twice = document(view).model_copy(update={"duplicates": (3,)})
    card = card_of(twice, view)
    assert (card.reasons, card.objected, card.related) == ((seen.message,), True, (3,))
    once = card_of(document(view), view)
    assert (once.reasons, once.objected, once.related) == ((), False, ())


def test_a_settled_field_puts_no_keys_on_the_page() -> None:
    place = box(10, 10, 60, 20)
    rival = Candidate(text="2.00", value="2.00", confidence=0.1, provenance=place)
    view = field_view(TOTAL, "1.00", candidates=(rival,))
    assert [mark.key for mark in marks_on((), card_of(document(view), view), 1)] == [1]
    settled = view.model_copy(update={"record": view.record.model_copy(update={"state": FieldState.CONFIRMED})})
    assert marks_on((), card_of(document(settled), settled), 1) == ()


def test_the_note_on_thresholds_names_those_that_people_set() -> None:
    starting, chosen = field_view(TOTAL, "1.00"), field_view(IBAN, "x", threshold_kind="policy")
    assert desk_of(document(starting)).threshold_note.startswith("Starting thresholds are in force")
    both = desk_of(document(starting, chosen)).threshold_note
    assert both.startswith("1 of 2 thresholds are starting ones")
    assert both.endswith("The policy sets that of IBAN.")
    assert desk_of(document(chosen)).threshold_note == ""


def test_the_note_on_thresholds_says_how_many_more_documents_are_needed_and_which_are_derived() -> None:
    near, far = (
        field_view(spec, "1.00").model_copy(update={"missing": more}) for spec, more in ((TOTAL, 12), (IBAN, 80))
    )
    derived = field_view(DATE, "2026-03-04", threshold_kind="derived")
    note = desk_of(document(near, far, derived)).threshold_note
    assert note.startswith("2 of 3 thresholds are starting ones")
    assert "about 12 to 80 more of this type are needed" in note
    assert note.endswith("1 is derived from reviewed documents.")
    assert desk_of(document(derived)).threshold_note == ""


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
