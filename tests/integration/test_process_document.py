from pathlib import Path

import pytest

from pipeline.domain.audit import AuditTag
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from pipeline.domain.routing import ReasonCode
from pipeline.errors import EncryptedDocumentError, ReaderUnavailableError, StaleTaskError
from pipeline.ports import Job
from pipeline.services.processing import DIED
from pipeline.store import queries
from pipeline.store.engine import Store
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office

READER = builders.person(0, "reader")


def reasons(office: Office, document_id: int) -> dict[str, set[ReasonCode]]:
    view = office.reviewing.get_document(document_id, by=READER)
    return {
        field.record.name: {reason.code for reason in field.record.reasons}
        for field in view.fields
        if field.record.state is FieldState.OPEN
    }


def test_sure_and_consistent_document_is_ready_but_not_approved(store: Store, tmp_path: Path) -> None:
    whole = builders.invoice_type()
    uncritical = whole.model_copy(update={"fields": tuple(spec for spec in whole.fields if not spec.critical)})
    office = Office(store, tmp_path, types=(uncritical,))

    view = office.receive()
    assert (view.state, view.open_count, view.approvals) == (DocumentState.READY, 0, ())


def test_critical_field_is_always_shown(office: Office) -> None:
    view = office.receive(builders.extraction({"iban": "GB29NWBK60161331926819"}))
    assert reasons(office, view.id) == {"iban": {ReasonCode.CRITICAL}}


def test_low_confidence_and_a_failed_check_make_exceptions(office: Office) -> None:
    view = office.receive(builders.extraction({"gross_total": "1482.00"}, unsure={"issue_date": 0.4}))

    assert view.state is DocumentState.REVIEW
    shown = reasons(office, view.id)
    assert shown["issue_date"] == {ReasonCode.LOW_CONFIDENCE}
    assert ReasonCode.CHECK_FAILED in shown["gross_total"]
    assert "1,482.00" in view.findings[0].message


def test_missing_required_field_is_an_exception(office: Office) -> None:
    view = office.receive(builders.extraction({"invoice_number": None}))
    assert ReasonCode.REQUIRED_MISSING in reasons(office, view.id)["invoice_number"]


def test_text_that_nobody_can_see_makes_an_exception_of_the_document(office: Office) -> None:
    office.reader.hidden = builders.page("Total 9,999.00").words
    view = office.receive()
    assert view.state is DocumentState.REVIEW
    kind = next(field for field in view.fields if field.spec.name == "document_type")
    assert "text that nobody can see" in kind.record.reasons[0].message
    assert [reason.code for reason in kind.record.reasons] == [ReasonCode.HIDDEN_TEXT]
    with office.store.reading() as session:
        assert "text nobody can see" in queries.get_document(session, view.id).what.split("; ")


def test_quality_sample_shows_accepted_fields_with_its_probability(office: Office) -> None:
    office.drawn = 0.0
    view = office.receive(builders.extraction())
    sampled = [field for field in view.fields if field.record.sample_probability is not None]
    assert sampled
    assert all(field.record.sample_probability == 0.02 for field in sampled)


def test_document_of_unknown_type_asks_only_for_its_type(office: Office) -> None:
    view = office.receive(builders.extraction(type_name=None, type_confidence=0.2))
    assert list(reasons(office, view.id)) == ["document_type"]


def test_same_number_from_the_same_party_is_an_exception(office: Office) -> None:
    first = office.receive(builders.extraction())
    second = office.receive(builders.extraction({"seller_name": "CALDER & FINCH JOINERY LTD"}))

    assert ReasonCode.SAME_NUMBER in reasons(office, second.id)["invoice_number"]
    assert second.duplicates == (first.id,)


def test_document_error_fails_at_once_with_its_sentence(office: Office) -> None:
    office.reader.error = EncryptedDocumentError("Remove the password and drop it again.")
    view = office.receive()
    assert view.state is DocumentState.FAILED
    assert view.failure == "Remove the password and drop it again."


def test_transient_error_is_tried_three_times_then_fails_and_can_be_retried(office: Office) -> None:
    office.reader.error = ReaderUnavailableError("The reading process did not start.")
    view = office.receive()
    for expected in (DocumentState.QUEUED, DocumentState.QUEUED, DocumentState.FAILED):
        assert office.state(view.id) is expected
        office.clock.advance(hours=1)
        office.processing.process(view.id, by=MACHINE)

    office.reader.error = None
    failed = office.reviewing.get_document(view.id, by=READER)
    with pytest.raises(StaleTaskError):
        office.reviewing.retry(view.id, by=READER, revision=failed.revision - 1)
    office.reviewing.retry(view.id, by=READER, revision=failed.revision)
    office.work()
    assert office.state(view.id) is DocumentState.REVIEW


def test_fault_of_the_program_is_raised_and_counted(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    document_id = office.queue.take()[0][1]
    office.engine.error = ZeroDivisionError("boom")

    with pytest.raises(ZeroDivisionError):
        office.processing.process(document_id, by=MACHINE)

    view = office.reviewing.get_document(document_id, by=READER)
    assert view.state is DocumentState.QUEUED
    assert "boom" not in (view.failure or "")


def test_processing_twice_is_harmless(office: Office) -> None:
    view = office.receive()
    office.processing.process(view.id, by=MACHINE)
    again = office.reviewing.get_document(view.id, by=READER)
    assert (again.revision, again.state) == (view.revision, view.state)


def test_attempt_whose_worker_died_is_queued_again_and_its_late_result_is_refused(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    document_id = office.queue.take()[0][1]
    dead = office.processing._begin(document_id)
    assert dead is not None
    assert office.state(document_id) is DocumentState.READING
    assert office.processing.due(by=MACHINE) == ()

    office.clock.advance(hours=1)
    office.processing.due(by=MACHINE)
    office.clock.advance(hours=1)
    assert office.processing.due(by=MACHINE) == (document_id,)
    office.processing.process(document_id, by=MACHINE)
    revision = office.reviewing.get_document(document_id, by=READER).revision

    office.processing._finish(dead, office.processing._work(dead), MACHINE)
    assert office.reviewing.get_document(document_id, by=READER).revision == revision


class Killed(BaseException):
    """The end of a work horse, which no handler sees."""


def begin_and_die(office: Office, document_id: int) -> int:
    """Have an attempt begun whose process dies in the middle; return its number."""
    began: list[int] = []
    office.engine.error = Killed()
    with pytest.raises(Killed):
        office.processing.process(document_id, by=MACHINE, begun=began.append)
    office.engine.error = None
    assert office.state(document_id) is DocumentState.READING
    [attempt] = began
    return attempt


def test_attempt_that_is_known_to_be_dead_is_queued_again_at_once_and_only_once(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    document_id = office.queue.take()[0][1]
    attempt = begin_and_die(office, document_id)

    office.processing.bury(document_id, attempt, by=MACHINE)
    office.processing.bury(document_id, attempt, by=MACHINE)
    assert office.state(document_id) is DocumentState.QUEUED
    [event] = office.events(document_id, AuditTag.DOCUMENT_RETRY)
    assert (event.facts["attempt"], event.facts["attempts"], event.facts["state"]) == (1, 1, "queued")

    office.clock.advance(minutes=1)
    assert office.processing.due(by=MACHINE) == (document_id,)
    second = begin_and_die(office, document_id)
    office.processing.bury(document_id, attempt, by=MACHINE)
    assert office.state(document_id) is DocumentState.READING, "the second attempt lives, whatever became of the first"
    office.processing.bury(document_id, second, by=MACHINE)

    office.clock.advance(minutes=2)
    office.processing.process(document_id, by=MACHINE)
    read = office.reviewing.get_document(document_id, by=READER)
    office.processing.bury(document_id, second + 1, by=MACHINE)
    assert office.reviewing.get_document(document_id, by=READER) == read


def test_document_that_kills_every_process_is_failed_after_the_last_attempt(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    document_id = office.queue.take()[0][1]
    for expected in (DocumentState.QUEUED, DocumentState.QUEUED, DocumentState.FAILED):
        office.processing.bury(document_id, begin_and_die(office, document_id), by=MACHINE)
        assert office.state(document_id) is expected
        office.clock.advance(hours=1)

    assert office.reviewing.get_document(document_id, by=READER).failure == DIED
    assert len(office.events(document_id, AuditTag.DOCUMENT_RETRY)) == 2
    assert len(office.events(document_id, AuditTag.DOCUMENT_FAIL)) == 1


def test_late_result_of_a_buried_attempt_is_refused(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    document_id = office.queue.take()[0][1]
    office.processing.process(
        document_id, by=MACHINE, begun=lambda attempt: office.processing.bury(document_id, attempt, by=MACHINE)
    )
    assert office.state(document_id) is DocumentState.QUEUED
    assert office.events(document_id, AuditTag.DOCUMENT_READ) == []


def test_sweep_rings_again_for_what_nobody_heard(office: Office) -> None:
    office.intake.claim([office.put("a.pdf", b"%PDF a")], by=MACHINE)
    [(_, document_id)] = office.queue.take()

    office.clock.advance(seconds=10)
    assert office.sweeping.sweep(by=MACHINE).rung == 0
    office.clock.advance(seconds=30)
    assert office.sweeping.sweep(by=MACHINE).rung == 1
    assert office.queue.take() == [(Job.PROCESS, document_id)]
