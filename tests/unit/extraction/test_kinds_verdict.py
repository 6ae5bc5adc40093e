import pytest

from pipeline.domain.extraction import TypeGuess
from pipeline.extraction.doctype import TOO_FEW_WORDS
from pipeline.extraction.learned.kinds import TypeScore
from pipeline.extraction.learned.kinds_verdict import combine
from pipeline.stages.route import TYPE_THRESHOLD

ENABLED = frozenset(("invoice", "credit_note", "receipt", "waybill"))
VARIANTS = {"credit_note": "invoice"}


def rules(name: str | None, confidence: float = 0.98, said: str = "The document says “word”.") -> TypeGuess:
    return TypeGuess(name=name, confidence=confidence, evidence=(said,))


NOTHING = rules(None, 0.75, TOO_FEW_WORDS)


def learned(known: float, nearest: float = 0.6, **shares: float) -> TypeScore:
    ranked = tuple(sorted(shares.items(), key=lambda pair: -pair[1]))
    return TypeScore(probabilities=ranked, known=known, nearest=nearest)


def decide(guess: TypeGuess, score: TypeScore | None, **counts: int) -> TypeGuess:
    return combine(guess, score, ENABLED, counts, VARIANTS)


def test_with_nothing_reviewed_the_rules_alone_speak() -> None:
    assert decide(rules("receipt"), None) == rules("receipt")


def test_a_page_without_words_is_left_to_the_rules() -> None:
    assert decide(NOTHING, learned(0.0, 0.0, waybill=0.9, receipt=0.1), waybill=50) == NOTHING


def test_a_type_never_reviewed_is_still_guessed_by_the_rules() -> None:
    verdict = decide(rules("receipt"), learned(0.05, waybill=0.9, invoice=0.1), waybill=50, invoice=50)
    assert verdict.name == "receipt"
    assert verdict.confidence >= TYPE_THRESHOLD


def test_what_neither_knows_has_no_type() -> None:
    assert decide(NOTHING, learned(0.1, waybill=0.9, invoice=0.1), waybill=50, invoice=50).name is None


def test_reviewed_documents_name_a_type_for_which_the_rules_have_no_words() -> None:
    verdict = decide(NOTHING, learned(0.98, waybill=0.98, invoice=0.02), waybill=14, invoice=50)
    assert (verdict.name, verdict.confidence >= TYPE_THRESHOLD) == ("waybill", True)
    assert verdict.evidence == ("Its words are those of 14 reviewed documents of this type.",)


def test_the_first_documents_of_a_type_are_shown_unless_the_rules_agree() -> None:
    score = learned(0.99, waybill=0.99, invoice=0.01)
    assert decide(NOTHING, score, waybill=9).confidence < TYPE_THRESHOLD
    assert decide(rules("waybill"), score, waybill=9).confidence >= TYPE_THRESHOLD


def test_agreement_is_surer_than_the_rules_alone() -> None:
    verdict = decide(rules("waybill", 0.95), learned(0.99, waybill=0.99, invoice=0.01), waybill=50)
    assert verdict.confidence > 0.95
    assert verdict.evidence[-1] == "Its words are those of 50 reviewed documents of this type."


def test_a_document_unlike_many_reviewed_ones_is_doubtful_though_the_rules_name_it() -> None:
    verdict = decide(rules("waybill"), learned(0.1, waybill=0.99, invoice=0.01), waybill=50)
    assert (verdict.name, verdict.confidence < TYPE_THRESHOLD) == ("waybill", True)
    assert verdict.evidence[-1] == "It is unlike the 50 reviewed documents of this type."


@pytest.mark.parametrize("receipts", [0, 50])
def test_rules_and_reviewed_documents_at_odds_make_an_exception(receipts: int) -> None:
    score = learned(0.97, waybill=0.98, receipt=0.02)
    verdict = decide(rules("receipt"), score, waybill=50, receipt=receipts)
    assert verdict.confidence < TYPE_THRESHOLD
    assert {verdict.name, *(name for name, _ in verdict.candidates)} >= {"waybill", "receipt"}


def test_rules_that_people_overrule_lose_their_say() -> None:
    score = learned(0.99, waybill=0.99, invoice=0.01)
    overruled = TypeScore(score.probabilities, score.known, score.nearest, rulings={"invoice": {"waybill": 60}})
    before, after = (decide(rules("invoice"), said, waybill=60) for said in (score, overruled))
    assert before.confidence < TYPE_THRESHOLD <= after.confidence
    assert after.name == "waybill"


def test_a_document_headed_as_another_paper_is_never_taken_unseen() -> None:
    headed = rules(None, 0.75, "It is headed “reminder”, which is none of the known types.")
    verdict = decide(headed, learned(0.99, invoice=0.99, receipt=0.01), invoice=200)
    assert (verdict.name, verdict.confidence < TYPE_THRESHOLD) == ("invoice", True)
    assert decide(headed, learned(0.8, invoice=0.99, receipt=0.01), invoice=200).name is None


def test_a_reviewed_type_that_is_switched_off_is_not_given() -> None:
    verdict = decide(NOTHING, learned(0.99, permit=0.99, invoice=0.01), permit=50, invoice=50)
    assert verdict.name is None
    assert "not switched on" in verdict.evidence[0]


def test_the_rules_tell_variants_by_their_title() -> None:
    score = learned(0.99, invoice=0.96, credit_note=0.03, receipt=0.01)
    verdict = decide(rules("credit_note"), score, invoice=200, credit_note=3)
    assert (verdict.name, verdict.confidence >= TYPE_THRESHOLD) == ("credit_note", True)


def test_a_variant_that_many_reviewed_documents_gainsay_is_doubtful() -> None:
    score = learned(0.99, invoice=0.98, credit_note=0.01, receipt=0.01)
    assert decide(rules("credit_note"), score, invoice=200, credit_note=40).confidence < TYPE_THRESHOLD


def test_shares_never_exceed_one() -> None:
    verdict = decide(rules("receipt"), learned(0.6, waybill=0.7, invoice=0.3), waybill=20, invoice=20)
    assert verdict.confidence + max(share for _, share in verdict.candidates) <= 1.0
