"""What lists show of each document, and what they cost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from pipeline.domain.actors import Actor, Role
from pipeline.domain.documents import DocumentState
from pipeline.domain.files import FileState
from pipeline.services.views import QueueFilter
from pipeline.store.engine import Store
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_review_document import settle_all

APPROVED = QueueFilter(states=(DocumentState.APPROVED,))
READER = builders.person(0, "reader", Role.AUDITOR)


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """Collect every statement that is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def sign(office: Office, number: str, by: Actor) -> int:
    """Take one document through to its signature; return its id."""
    view = settle_all(office, office.receive(builders.extraction({"invoice_number": number})), by)
    office.reviewing.validate(view.id, by=by, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=by)
    return office.approving.approve(view.id, by=by, revision=view.revision).id


def test_list_of_approved_documents_says_where_each_delivery_stands(office: Office) -> None:
    rowe = office.hire("rowe")
    first = sign(office, "A-1", rowe)
    office.work()
    second = sign(office, "A-2", rowe)

    rows = {row.id: row for row in office.reviewing.list_queue(APPROVED, by=rowe).rows}
    sent, waiting = rows[first].signed, rows[second].signed
    assert sent is not None
    assert (sent.by_display, sent.delivery_state) == ("Rowe", "sent")
    assert sent.delivered_at is not None
    assert sent.delivery_reference
    assert waiting is not None
    assert (waiting.delivery_state, waiting.delivered_at) == ("pending", None)


def test_document_opened_again_and_signed_anew_shows_the_newer_signature(office: Office) -> None:
    rowe, okafor = office.hire("rowe"), office.hire("okafor")
    document_id = sign(office, "A-1", rowe)
    view = office.reviewing.get_document(document_id, by=rowe)
    view = office.approving.supersede(document_id, "wrong supplier", by=rowe, revision=view.revision)
    view = settle_all(office, view, rowe)
    office.reviewing.validate(document_id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(document_id, by=rowe)
    office.approving.approve(document_id, by=okafor, revision=view.revision)

    [row] = office.reviewing.list_queue(APPROVED, by=rowe).rows
    assert row.signed is not None
    assert (row.signed.by_display, row.signed.delivery_state) == ("Okafor", "pending")


def test_list_of_approved_documents_costs_as_many_statements_for_many_as_for_one(office: Office, store: Store) -> None:
    rowe = office.hire("rowe")
    sign(office, "A-1", rowe)
    with counted(store) as for_one:
        office.reviewing.list_queue(APPROVED, by=rowe)
    for number in range(2, 8):
        sign(office, f"A-{number}", rowe)
    with counted(store) as for_many:
        assert len(office.reviewing.list_queue(APPROVED, by=rowe).rows) == 7
    assert len(for_many) == len(for_one)
    assert len(for_many) <= 6


def test_duplicate_leads_to_the_document_that_the_first_file_became(office: Office) -> None:
    for name in ("first.pdf", "again.pdf"):
        office.intake.claim([office.put(name, b"%PDF same")], by=MACHINE)
    again, first = office.files.list_files(by=READER).rows
    assert again.state is FileState.DUPLICATE
    assert again.document_id is None
    assert again.first_document_id == first.document_id is not None
    assert again.document_state is DocumentState.QUEUED
    assert office.files.find_document(first.id, by=READER) == first.document_id
    assert office.files.find_document(again.id, by=READER) is None


def test_field_says_whose_threshold_it_was_routed_by_also_after_the_policy_changed(office: Office) -> None:
    rowe = office.hire("rowe")
    policy = office.policies.get_current(by=rowe)
    changed = policy.model_copy(update={"thresholds": {"invoice.net_total": 1.0}})
    office.policies.change(changed, "look at every net total", by=rowe)
    view = office.receive()
    back = office.policies.get_current(by=rowe).model_copy(update={"thresholds": {}})
    office.policies.change(back, "no more", by=rowe)

    kinds = {
        each.spec.name: each.record.threshold_kind for each in office.reviewing.get_document(view.id, by=rowe).fields
    }
    assert {name for name, kind in kinds.items() if kind == "policy"} == {"net_total"}
    view = settle_all(office, view, rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    office.approving.approve(view.id, by=rowe, revision=view.revision)
    office.work()
    [delivered] = [json.loads(path.read_text()) for path in office.out.rglob("*.json")]
    signed = {name: one["threshold_kind"] for name, one in delivered["fields"].items()}
    assert {name for name, kind in signed.items() if kind == "policy"} == {"net_total"}
