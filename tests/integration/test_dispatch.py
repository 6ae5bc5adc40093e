"""Several documents given to somebody, put back, made urgent; and how a page learns that something changed."""

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.worth import Priority
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.services.views import QueueFilter
from tests.desk import Office
from tests.integration.test_next_document import coming, paper


@pytest.fixture
def amadi(office: Office) -> Actor:
    return office.hire("amadi", Role.REVIEWER)


def test_given_documents_come_first_for_whoever_got_them_until_the_hold_ends(
    office: Office, rowe: Actor, amadi: Actor
) -> None:
    small, large = paper(office, "A-1", "10.00"), paper(office, "A-2", "90000.00")
    assert office.dispatching.assign([small.id], amadi.id or 0, by=rowe) == ()
    assert (coming(office, amadi).id, coming(office, amadi).why) == (small.id, "mine")
    assert coming(office, rowe).id == large.id
    assert office.events(small.id, AuditTag.CLAIM_HANDOVER)[0].facts["to"] == amadi.id
    [row] = office.reviewing.list_queue(QueueFilter(holder="me"), by=amadi).rows
    assert row.holder is not None
    assert row.holder.taken_at == office.clock.now()
    office.clock.advance(hours=9)
    assert office.reviewing.list_queue(QueueFilter(holder="me"), by=amadi).rows == ()


def test_what_a_colleague_holds_stays_with_them_and_the_others_are_given(
    office: Office, rowe: Actor, amadi: Actor
) -> None:
    held, free = paper(office, "A-1", "10.00"), paper(office, "A-2", "20.00")
    office.reviewing.claim(held.id, by=amadi)
    [refusal] = office.dispatching.assign([held.id, free.id], rowe.id or 0, by=rowe)
    assert (refusal.document_id, refusal.why) == (
        held.id,
        f"Amadi holds document {held.id}. Ask them to hand it over.",
    )
    assert coming(office, rowe).id == free.id


def test_own_documents_are_given_on_and_those_whose_hold_has_ended(office: Office, rowe: Actor, amadi: Actor) -> None:
    mine, ended, theirs = (paper(office, f"A-{number}", "10.00") for number in range(3))
    office.reviewing.claim(ended.id, by=rowe)
    office.clock.advance(minutes=16)
    office.reviewing.claim(mine.id, by=rowe)
    office.reviewing.claim(theirs.id, by=amadi)
    began = office.clock.now()
    office.clock.advance(minutes=1)
    assert office.dispatching.assign([mine.id, ended.id, theirs.id], amadi.id or 0, by=rowe) == ()
    rows = office.reviewing.list_queue(QueueFilter(holder="me"), by=amadi).rows
    assert {row.id: row.holder and row.holder.taken_at for row in rows} == {
        mine.id: office.clock.now(),
        ended.id: office.clock.now(),
        theirs.id: began,
    }


def test_document_that_waits_for_nobody_is_neither_given_nor_made_urgent(
    office: Office, rowe: Actor, amadi: Actor
) -> None:
    view = office.reviewing.claim(paper(office, "A-1", "10.00").id, by=rowe)
    office.reviewing.reject(view.id, "no invoice", by=rowe, revision=view.revision)
    [not_given] = office.dispatching.assign([view.id, view.id], amadi.id or 0, by=rowe)
    [not_urgent] = office.dispatching.prioritise([view.id], Priority.URGENT, "supplier waits", by=rowe)
    assert (not_given.document_id, not_urgent.document_id) == (view.id, view.id)
    assert not office.events(view.id, AuditTag.CLAIM_HANDOVER)
    assert not office.events(view.id, AuditTag.DOCUMENT_PRIORITISE)


def test_only_reviewers_give_and_are_given_documents(office: Office, rowe: Actor, okafor: Actor) -> None:
    view = paper(office, "A-1", "10.00")
    with pytest.raises(NotFoundError, match="Okafor does not review"):
        office.dispatching.assign([view.id], okafor.id or 0, by=rowe)
    with pytest.raises(AccessDeniedError):
        office.dispatching.assign([view.id], rowe.id or 0, by=okafor)


def test_own_documents_are_put_back_and_others_not(office: Office, rowe: Actor, amadi: Actor) -> None:
    mine, theirs = paper(office, "A-1", "10.00"), paper(office, "A-2", "20.00")
    office.reviewing.claim(mine.id, by=rowe)
    office.reviewing.claim(theirs.id, by=amadi)
    [refusal] = office.dispatching.give_back([mine.id, theirs.id], by=rowe)
    assert refusal.document_id == theirs.id
    assert coming(office, rowe).id == mine.id
    assert coming(office, rowe).why == "worth"
    [released] = office.events(mine.id, AuditTag.CLAIM_RELEASE)
    assert released.by == "rowe"


def test_urgent_comes_first_with_its_reason_low_last_and_normal_as_before(office: Office, rowe: Actor) -> None:
    small, large = paper(office, "A-1", "10.00"), paper(office, "A-2", "20.00")
    office.dispatching.prioritise([small.id, 999], Priority.URGENT, "supplier waits", by=rowe)
    found = coming(office, rowe)
    assert (found.id, found.why, found.priority_why) == (small.id, "urgent", "Rowe: supplier waits")
    office.dispatching.prioritise([small.id], Priority.NORMAL, "was paid", by=rowe)
    assert coming(office, rowe).id == large.id
    office.dispatching.prioritise([large.id], Priority.LOW, "credit note follows", by=rowe)
    assert coming(office, rowe).id == small.id
    [event] = office.events(large.id, AuditTag.DOCUMENT_PRIORITISE)
    assert (event.facts["from"], event.facts["to"], event.values["why"]) == ("normal", "low", "credit note follows")


def test_priority_needs_a_reason_and_disturbs_nobody_who_works_on_it(office: Office, rowe: Actor) -> None:
    view = office.reviewing.claim(paper(office, "A-1", "10.00").id, by=rowe)
    with pytest.raises(InvalidCorrectionError, match="needs a reason"):
        office.dispatching.prioritise([view.id], Priority.URGENT, " ", by=rowe)
    office.dispatching.prioritise([view.id], Priority.URGENT, "supplier waits", by=rowe)
    assert office.reviewing.get_document(view.id, by=rowe).revision == view.revision


def test_pulse_changes_with_whatever_a_list_shows_and_rests_in_between(office: Office, rowe: Actor) -> None:
    view = paper(office, "A-1", "10.00")
    seen = [office.dispatching.pulse(by=rowe)]
    assert office.dispatching.pulse(by=rowe) == seen[0]
    office.reviewing.claim(view.id, by=rowe)
    seen.append(office.dispatching.pulse(by=rowe))
    office.reviewing.renew(view.id, by=rowe)
    assert office.dispatching.pulse(by=rowe) == seen[1]
    office.clock.advance(minutes=16)  # the lease ends, and nobody writes that down
    seen.append(office.dispatching.pulse(by=rowe))
    assert len(set(seen)) == 3
