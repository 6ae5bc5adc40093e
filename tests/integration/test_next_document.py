"""Which document comes next for whom, and why."""

import pytest
from sqlalchemy import select

from pipeline.domain.actors import Actor
from pipeline.domain.review import Decision
from pipeline.domain.routing import NextBy
from pipeline.services.views import DocumentView, NextView, QueueFilter
from pipeline.store.engine import Store
from pipeline.store.tables import DocumentCountRow, DocumentRow, PaceRow
from tests import builders
from tests.desk import Office
from tests.integration.test_review_document import settle, settle_all

UNSURE = {"gross_total": 0.6}


def paper(office: Office, number: str, gross: str, sure: float = 0.6) -> DocumentView:
    """Receive an invoice whose total is open, with net and tax that agree."""
    values = {"invoice_number": number, "gross_total": gross, "net_total": gross, "tax_total": "0.00"}
    return office.receive(builders.extraction(dict(values), unsure={"gross_total": sure}))


def coming(office: Office, by: Actor) -> NextView:
    found = office.reviewing.explain_next(by=by)
    assert found is not None
    assert office.reviewing.find_next(by=by) == found.id
    return found


def test_what_averts_most_for_its_time_comes_first_and_says_why(office: Office, rowe: Actor) -> None:
    paper(office, "A-1", "10.00")
    large = paper(office, "A-2", "90000.00")
    paper(office, "A-3", "90000.00", sure=0.89)
    found = coming(office, rowe)
    assert (found.id, found.why, found.amount, found.number) == (large.id, "worth", "90000.00", "A-2")
    assert found.chance is not None
    assert found.chance == pytest.approx(1 - 0.6 * 0.99)  # the account is critical: it is open too
    assert found.seconds == pytest.approx(6 + 5 + 5)


def test_waiting_makes_up_for_a_smaller_amount(office: Office, rowe: Actor) -> None:
    small = paper(office, "A-1", "1000.00")
    office.clock.advance(hours=20)
    paper(office, "A-2", "1500.00")
    assert coming(office, rowe).id == small.id


def test_own_documents_come_before_overdue_and_overdue_before_what_is_worth_more(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    late = paper(office, "A-1", "10.00")
    office.clock.advance(hours=30)
    held, rich = paper(office, "A-2", "20.00"), paper(office, "A-3", "999999.00")
    office.reviewing.claim(held.id, by=rowe)
    assert (coming(office, rowe).id, coming(office, rowe).why) == (held.id, "mine")
    assert (coming(office, okafor).id, coming(office, okafor).why) == (late.id, "overdue")
    assert office.reviewing.find_next(by=okafor, after=late.id) == rich.id


def test_what_somebody_else_holds_is_left_out_until_the_lease_ends(office: Office, rowe: Actor, okafor: Actor) -> None:
    only = paper(office, "A-1", "10.00")
    office.reviewing.claim(only.id, by=rowe)
    assert office.reviewing.explain_next(by=okafor) is None
    office.clock.advance(minutes=16)
    assert coming(office, okafor).id == only.id


def test_policy_can_choose_by_due_date(office: Office, rowe: Actor) -> None:
    owner = office.hire("owner")
    first = paper(office, "A-1", "10.00")
    office.clock.advance(hours=1)
    paper(office, "A-2", "90000.00")
    policy = office.policies.get_current(by=owner)
    office.policies.change(policy.model_copy(update={"next_by": NextBy.DUE}), "as we always did", by=owner)
    assert (coming(office, rowe).id, coming(office, rowe).why) == (first.id, "due")


def test_settling_a_field_lowers_the_chance_and_teaches_the_pace(office: Office, store: Store, rowe: Actor) -> None:
    view = office.reviewing.claim(paper(office, "A-1", "10.00").id, by=rowe)
    settle(office, view, rowe, "gross_total", Decision.CONFIRM, handling_ms=25_000)
    with store.reading() as session:
        row = session.get_one(DocumentRow, view.id)
        assert row.chance == pytest.approx(0.01)
        pace = session.get_one(PaceRow, ("invoice", "gross_total"))
        assert (pace.count, pace.total_ms) == (1, 25_000)
    following = paper(office, "A-2", "10.00")
    with store.reading() as session:
        row = session.get_one(DocumentRow, following.id)
        assert row.seconds == pytest.approx(6 + 5 + (5 * 10 + 25) / 11)


def test_queue_can_be_read_in_the_order_of_worth(office: Office, rowe: Actor) -> None:
    for number, gross in (("A-1", "10.00"), ("A-2", "90000.00"), ("A-3", "500.00")):
        paper(office, number, gross)
    page = office.reviewing.list_queue(QueueFilter(sort="next", descending=True), by=rowe)
    assert [row.number for row in page.rows] == ["A-2", "A-3", "A-1"]


@pytest.mark.parametrize("descending", [False, True])
def test_documents_without_what_a_list_is_sorted_by_come_last_on_its_last_page(
    office: Office, rowe: Actor, descending: bool
) -> None:
    for number, gross in (("A-1", "10.00"), ("A-2", None), ("A-3", "500.00"), ("A-4", None)):
        office.receive(builders.extraction({"invoice_number": number, "gross_total": gross}))
    seen = [
        row.number
        for page in (1, 2)
        for row in office.reviewing.list_queue(
            QueueFilter(sort="amount", descending=descending, page=page, page_size=3), by=rowe
        ).rows
    ]
    having = ["A-1", "A-3"]
    assert seen == [*(reversed(having) if descending else having), "A-2", "A-4"]


def test_kept_counts_follow_documents_through_their_states(office: Office, store: Store) -> None:
    mara = office.hire("mara")
    view = paper(office, "A-1", "10.00")
    paper(office, "A-2", "10.00")
    page = office.reviewing.list_queue(QueueFilter(), by=mara)
    assert (page.total, page.exceptions, page.types) == (2, 4, ("invoice",))
    settled = settle_all(office, view, mara)
    assert office.reviewing.list_queue(QueueFilter(holder="free"), by=mara).total == 1
    assert office.reviewing.list_queue(QueueFilter(holder="me"), by=mara).total == 1
    office.reviewing.validate(settled.id, by=mara, revision=settled.revision)
    ready = office.reviewing.get_document(settled.id, by=mara)
    office.approving.approve(ready.id, by=mara, revision=ready.revision)
    with store.reading() as session:
        kept = {
            (row.state, row.type): (row.documents, row.exceptions) for row in session.scalars(select(DocumentCountRow))
        }
        assert {key: value for key, value in kept.items() if value[0]} == {
            ("review", "invoice"): (1, 2),
            ("approved", "invoice"): (1, 0),
        }
