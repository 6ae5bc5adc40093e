import pytest

from pipeline.doctypes.loader import load_types
from pipeline.domain.extraction import Extraction, FieldExtraction, TypeGuess
from pipeline.domain.fields import TYPE_FIELD
from pipeline.domain.routing import FieldRouting, Finding, Outcome, Policy, ReasonCode, RoutingDecision
from pipeline.stages.route import route

INVOICE = load_types()[0]
NO_SAMPLE = {spec.name: 0.9 for spec in INVOICE.fields}


def extraction(confidence: float = 0.99, type_confidence: float = 0.98, **fields: FieldExtraction) -> Extraction:
    found = {
        spec.name: FieldExtraction(name=spec.name, text="x", value="x", confidence=confidence)
        for spec in INVOICE.fields
    }
    found.update(fields)
    return Extraction(
        type=TypeGuess(name="invoice", confidence=type_confidence),
        fields=tuple(found.values()),
        engine="test",
        page_count=1,
    )


def routed(decision: RoutingDecision, name: str) -> FieldRouting:
    return next(field for field in decision.fields if field.name == name)


def codes(decision: RoutingDecision, name: str) -> list[ReasonCode]:
    return [reason.code for reason in routed(decision, name).reasons]


def test_a_sure_document_shows_only_what_is_critical() -> None:
    decision = route(extraction(), (), INVOICE, Policy(), NO_SAMPLE)
    assert decision.outcome is Outcome.REVIEW
    assert [field.name for field in decision.fields if field.reasons] == ["iban"]
    assert codes(decision, "iban") == [ReasonCode.CRITICAL]


def test_a_document_without_exceptions_is_ready() -> None:
    fields = tuple(spec.model_copy(update={"critical": False}) for spec in INVOICE.fields)
    plain = INVOICE.model_copy(update={"fields": fields})
    decision = route(extraction(), (), plain, Policy(), NO_SAMPLE)
    assert decision.outcome is Outcome.READY
    assert not any(field.reasons for field in decision.fields)


def test_confidence_below_the_threshold_is_an_exception_that_names_both() -> None:
    low = FieldExtraction(name="net_total", text="1", value="1.00", confidence=0.6)
    decision = route(extraction(net_total=low), (), INVOICE, Policy(), NO_SAMPLE)
    assert codes(decision, "net_total") == [ReasonCode.LOW_CONFIDENCE]
    message = routed(decision, "net_total").reasons[0].message
    assert "60 %" in message and "95 %" in message


def test_a_policys_threshold_goes_before_the_types() -> None:
    low = FieldExtraction(name="net_total", text="1", value="1.00", confidence=0.6)
    policy = Policy(version=4, thresholds={"invoice.net_total": 0.5})
    decision = route(extraction(net_total=low), (), INVOICE, policy, NO_SAMPLE)
    assert codes(decision, "net_total") == []
    assert routed(decision, "net_total").threshold == 0.5
    assert decision.policy_version == 4


def test_a_missing_required_field_is_an_exception_however_sure() -> None:
    none = FieldExtraction(name="gross_total", confidence=0.99)
    decision = route(extraction(gross_total=none), (), INVOICE, Policy(), NO_SAMPLE)
    assert codes(decision, "gross_total") == [ReasonCode.REQUIRED_MISSING]


def test_a_missing_optional_field_is_accepted_when_absence_is_sure() -> None:
    sure = FieldExtraction(name="purchase_order", confidence=0.97)
    unsure = FieldExtraction(name="purchase_order", confidence=0.6)
    assert codes(route(extraction(purchase_order=sure), (), INVOICE, Policy(), NO_SAMPLE), "purchase_order") == []
    decision = route(extraction(purchase_order=unsure), (), INVOICE, Policy(), NO_SAMPLE)
    assert codes(decision, "purchase_order") == [ReasonCode.LOW_CONFIDENCE]
    assert "No value was found" in routed(decision, "purchase_order").reasons[0].message


def test_an_ambiguous_date_is_an_exception_that_shows_its_readings() -> None:
    date = FieldExtraction(
        name="issue_date",
        text="12/03/2024",
        value="2024-03-12",
        confidence=0.99,
        readings=("2024-03-12", "2024-12-03"),
    )
    decision = route(extraction(issue_date=date), (), INVOICE, Policy(), NO_SAMPLE)
    assert codes(decision, "issue_date") == [ReasonCode.AMBIGUOUS]
    assert "2024-03-12 or 2024-12-03" in routed(decision, "issue_date").reasons[0].message


def test_a_failed_check_shows_every_field_it_speaks_about() -> None:
    finding = Finding(code="sum", message="They don't add up.", fields=("net_total", "tax_total", "gross_total"))
    decision = route(extraction(), (finding,), INVOICE, Policy(), NO_SAMPLE)
    for name in finding.fields:
        assert codes(decision, name) == [ReasonCode.CHECK_FAILED]
    assert decision.findings == (finding,)


def test_the_same_number_elsewhere_is_a_reason_of_its_own() -> None:
    finding = Finding(code="same_number", message="Seen before.", fields=("invoice_number",), related_document=7)
    [reason] = routed(route(extraction(), (finding,), INVOICE, Policy(), NO_SAMPLE), "invoice_number").reasons
    assert (reason.code, reason.related_document) == (ReasonCode.SAME_NUMBER, 7)


def test_only_fields_that_would_be_accepted_are_drawn_as_samples() -> None:
    low = FieldExtraction(name="net_total", text="1", value="1.00", confidence=0.6)
    decision = route(extraction(net_total=low), (), INVOICE, Policy(sample_rate=0.5), dict.fromkeys(NO_SAMPLE, 0.1))
    assert codes(decision, "net_total") == [ReasonCode.LOW_CONFIDENCE]
    assert routed(decision, "net_total").sample_probability is None
    assert codes(decision, "tax_total") == [ReasonCode.SAMPLE]
    assert routed(decision, "tax_total").sample_probability == 0.5


def test_an_unknown_type_leaves_the_type_as_the_only_question() -> None:
    unknown = Extraction(type=TypeGuess(name=None, confidence=0.8), engine="test", page_count=1)
    decision = route(unknown, (), None, Policy(), {})
    assert [field.name for field in decision.fields] == [TYPE_FIELD]
    assert codes(decision, TYPE_FIELD) == [ReasonCode.TYPE_DOUBTFUL]
    assert decision.outcome is Outcome.REVIEW


def test_a_doubtful_type_is_an_exception_and_a_given_one_is_none() -> None:
    assert codes(route(extraction(type_confidence=0.5), (), INVOICE, Policy(), NO_SAMPLE), TYPE_FIELD) == [
        ReasonCode.TYPE_DOUBTFUL
    ]
    assert codes(route(extraction(type_confidence=1.0), (), INVOICE, Policy(), NO_SAMPLE), TYPE_FIELD) == []


def test_a_page_without_text_goes_to_a_person_with_that_reason() -> None:
    blank = extraction().model_copy(update={"pages_without_text": (1,), "page_count": 2})
    decision = route(blank, (), INVOICE, Policy(), NO_SAMPLE)
    [reason] = routed(decision, TYPE_FIELD).reasons
    assert reason.code is ReasonCode.NO_TEXT
    assert reason.message.startswith("Page 1 has no text a machine can read")


@pytest.mark.parametrize(
    ("confidence", "said"),
    [(0.644, "64 % sure of it; 95 % is asked for"), (0.946, "94.6 % sure of it; 95 % is asked for")],
)
def test_a_confidence_is_written_as_on_the_pages_and_finer_where_it_would_read_like_its_threshold(
    confidence: float, said: str
) -> None:
    low = FieldExtraction(name="net_total", text="1", value="1.00", confidence=confidence)
    decision = route(extraction(net_total=low), (), INVOICE, Policy(), NO_SAMPLE)
    assert said in routed(decision, "net_total").reasons[0].message


def test_derived_threshold_holds_instead_of_the_starting_one_and_the_policy_goes_before_it() -> None:
    derived = {"due_date": 0.985, "gross_total": 0.985}
    policy = Policy(thresholds={"invoice.gross_total": 0.5})
    sure = route(extraction(0.98), (), INVOICE, policy, NO_SAMPLE, derived)
    assert codes(sure, "due_date") == [ReasonCode.LOW_CONFIDENCE]
    assert codes(sure, "gross_total") == []
    told = {name: routed(sure, name) for name in ("due_date", "gross_total", "issue_date")}
    assert {name: (field.threshold_kind, field.threshold) for name, field in told.items()} == {
        "due_date": ("derived", 0.985),
        "gross_total": ("policy", 0.5),
        "issue_date": ("starting", INVOICE.field("issue_date").threshold),
    }


def test_no_derived_threshold_keeps_a_critical_field_from_being_shown() -> None:
    decision = route(extraction(), (), INVOICE, Policy(), NO_SAMPLE, {"iban": 0.0})
    assert codes(decision, "iban") == [ReasonCode.CRITICAL]
