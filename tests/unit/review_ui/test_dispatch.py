"""Several documents of the queue at once, and the pulse of its page."""

import pytest
from flask.testing import FlaskClient

from pipeline.domain.worth import Priority
from pipeline.services.views import NextView, Refusal, SavedView
from review_ui.turns import because
from tests.unit.review_ui.doubles import COLLEAGUE, NOW, FakeServices


def test_chosen_documents_are_given_and_what_stays_is_told(reviewer: FlaskClient, services: FakeServices) -> None:
    services.refusals = (Refusal(document_id=8, why="Jon Amadi holds document 8."),)
    form = {"document": ["7", "8"], "to": str(COLLEAGUE.id), "back": "/queue?sort=next"}
    answer = reviewer.post("/queue/assignment", data=form)
    assert answer.location == "/queue?sort=next"
    assert services.called("assign") == [((7, 8), COLLEAGUE.id)]
    text = reviewer.get("/queue").text
    assert "1 document is with Jon Amadi now." in text
    assert "Document 8 stays as it is. Jon Amadi holds document 8." in text


def test_chosen_documents_are_put_back(reviewer: FlaskClient, services: FakeServices) -> None:
    form = {"document": ["7", "8"], "back": "/queue?holder=me"}
    assert reviewer.post("/queue/return", data=form).location == "/queue?holder=me"
    assert services.called("give_back") == [((7, 8),)]
    assert "2 documents are back in the queue." in reviewer.get("/queue").text


def test_priority_is_set_with_its_reason(reviewer: FlaskClient, services: FakeServices) -> None:
    form = {"document": "7", "priority": "urgent", "why": "supplier waits", "back": "//elsewhere"}
    assert reviewer.post("/queue/priority", data=form).location == "/queue"
    assert services.called("prioritise") == [((7,), Priority.URGENT, "supplier waits")]
    assert "1 document is urgent now." in reviewer.get("/queue").text


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("assignment", {"document": "7"}),
        ("assignment", {"to": "2"}),
        ("assignment", {"document": "seven", "to": "2"}),
        ("return", {}),
        ("priority", {"document": "7", "priority": "urgent"}),
        ("priority", {"document": "7", "priority": "at once", "why": "because"}),
    ],
)
def test_form_that_lacks_something_changes_nothing(
    reviewer: FlaskClient, services: FakeServices, act: str, form: dict[str, str]
) -> None:
    assert reviewer.post(f"/queue/{act}", data=form).status_code == 400
    assert not {"assign", "give_back", "prioritise"} & {name for name, _ in services.calls}


def test_pulse_is_not_sent_again_while_nothing_changed(reviewer: FlaskClient, services: FakeServices) -> None:
    first = reviewer.get("/queue/pulse")
    assert first.status_code == 204
    known = {"If-None-Match": first.headers["ETag"]}
    assert reviewer.get("/queue/pulse", headers=known).status_code == 304
    services.calls.append(("something", ()))
    assert reviewer.get("/queue/pulse", headers=known).status_code == 204


def test_queue_says_who_is_on_what_since_when_and_what_is_next(reviewer: FlaskClient, services: FakeServices) -> None:
    services.documents[8].holder = COLLEAGUE.id
    text = reviewer.get("/queue").text
    assert 'title="Jon Amadi, since' in text
    assert "Next: <strong>CF-20814</strong> from <bdi>Calder &amp; Finch</bdi>, because" in text


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("mine", "you hold it already."),
        ("urgent", "somebody called it urgent (Rowe: supplier waits)."),
        ("due", "it is due first, at 09:30."),
        ("overdue", "it was due at 09:30; of what is overdue longest, most is averted here"),
        ("worth", "1,482.00 GBP, 38 % likely to be wrong, about 21 s of work, and it has waited 0 s."),
    ],
)
def test_reason_for_the_next_document_is_a_sentence(why: str, words: str) -> None:
    coming = NextView(
        id=7,
        why=why,
        number="CF-20814",
        party=None,
        amount="1482.00",
        currency="GBP",
        chance=0.38,
        seconds=21.4,
        received_at=NOW,
        due_at=NOW,
        priority_why="Rowe: supplier waits",
    )
    assert words in because(coming, NOW)


def test_view_keeps_what_the_address_says_about_the_list_and_nothing_else(
    reviewer: FlaskClient, services: FakeServices
) -> None:
    form = {"name": "Large", "address": "type=invoice&sort=amount&page=4&next=//elsewhere", "shared": "yes"}
    assert reviewer.post("/queue/views", data=form).location == "/queue?type=invoice&sort=amount"
    assert services.called("save") == [("Large", "type=invoice&sort=amount", True)]
    assert "The view “Large” is saved." in reviewer.get("/queue").text


def test_views_stand_as_chips_and_own_ones_can_be_removed(reviewer: FlaskClient, services: FakeServices) -> None:
    services.views = tuple(
        SavedView(id=number, name=f"View {number}", address="type=invoice", shared=True, is_mine=mine, by_display="Jon")
        for number, mine in ((1, True), (2, False))
    )
    text = reviewer.get("/queue?type=invoice").text
    assert text.count('href="/queue?type=invoice" aria-current="true"') == 2
    assert "Remove “View 1”" in text
    assert "Remove “View 2”" not in text
    assert reviewer.post("/queue/views/1/removal").location == "/queue"
    assert services.called("remove") == [(1,)]
    assert "The view is removed." in reviewer.get("/queue").text
