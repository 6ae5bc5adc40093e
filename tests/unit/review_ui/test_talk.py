"""Comments on a document's pages, and the list of those that concern somebody."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from pipeline.domain.actors import Actor
from pipeline.domain.documents import DocumentState
from pipeline.errors import InvalidCorrectionError
from pipeline.services.remarks import Piece
from tests.unit.review_ui.conftest import JSON
from tests.unit.review_ui.doubles import FakeServices
from tests.unit.review_ui.talk_double import SAID_AT, FakeTalking, comment, mentioned


@pytest.fixture
def talking(services: FakeServices) -> FakeTalking:
    return services.talking


def test_comment_is_written_about_the_field_and_shown_where_it_was_written(
    reviewer: FlaskClient, talking: FakeTalking
) -> None:
    sent = {"text": "Which total?", "field": "gross_total", "answers": "", "on": "review"}
    answer = reviewer.post("/documents/7/comments", data=sent)
    assert answer.location == "/documents/7?talk=open#comment-1"
    assert talking.calls == [("write", 7, "Which total?", "gross_total", None, "mara")]
    page = reviewer.get("/documents/7?talk=open").get_data(as_text=True)
    assert '<details class="fold talk" data-fold="talk" open>' in page
    assert "Which total?" in page
    assert 'href="/documents/7?field=gross_total" data-panel-link>Gross total' in page


def test_box_is_about_the_field_that_is_open(reviewer: FlaskClient) -> None:
    page = reviewer.get("/documents/7?field=iban").get_data(as_text=True)
    assert '<input type="checkbox" name="field" value="iban" checked><span>about IBAN</span>' in page
    assert 'name="field" value="" disabled' in reviewer.get("/documents/7?field=summary").get_data(as_text=True)


def test_approver_comments_on_the_page_to_sign_and_comes_back_to_it(
    approver: FlaskClient, services: FakeServices, talking: FakeTalking
) -> None:
    services.documents[7].state = DocumentState.READY
    assert 'name="on" value="approval"' in approver.get("/documents/7/approval").get_data(as_text=True)
    answer = approver.post("/documents/7/comments", data={"text": "Paid.", "on": "approval", "answers": "3"})
    assert answer.location == "/documents/7/approval?talk=open#comment-1"
    assert talking.calls[-1] == ("write", 7, "Paid.", None, 3, "ines")


def test_script_gets_the_comments_and_is_told_who_is_nobody(reviewer: FlaskClient, talking: FakeTalking) -> None:
    talking.unknown = ("kim",)
    answer = reviewer.post("/documents/7/comments", data={"text": "@kim?", "on": "review"}, headers=JSON).get_json()
    assert (answer["said"], answer["count"]) == (1, 1)
    assert answer["told"] == "@kim is no login name of somebody who may see this document, and stays plain text."
    assert 'id="comment-1"' in answer["comments"]


def test_refused_comment_stays_in_its_box_with_the_reason(reviewer: FlaskClient, talking: FakeTalking) -> None:
    talking.raises = InvalidCorrectionError("Shorten the comment.")
    sent = {"text": "much too long", "field": "iban"}
    answer = reviewer.post("/documents/7/comments", data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert ">much too long</textarea>" in page
    assert "Shorten the comment." in page
    told = reviewer.post("/documents/7/comments", data=sent, headers=JSON)
    assert (told.status_code, told.get_json()["field"]) == (422, "text")
    assert reviewer.post("/documents/7/comments", data={"text": "x", "answers": "nine"}).status_code == 400


def test_script_that_asks_again_is_answered_only_when_something_was_said(
    reviewer: FlaskClient, talking: FakeTalking
) -> None:
    first = reviewer.get("/documents/7/comments?on=review", headers=JSON)
    again = JSON | {"If-None-Match": first.headers["ETag"]}
    assert reviewer.get("/documents/7/comments?on=review", headers=again).status_code == 304
    talking.comments = (comment(4, "New"),)
    newer = reviewer.get("/documents/7/comments?on=review", headers=again)
    assert (newer.status_code, newer.get_json()["newest"]) == (200, 4)
    assert reviewer.get("/documents/7/comments?on=approval").location == "/documents/7/approval"  # no script: the page


def test_text_of_a_comment_is_text_and_names_stand_out(reviewer: FlaskClient, talking: FakeTalking) -> None:
    pieces = (Piece(text="<b>@x</b> "), Piece(text="@mara", who="Mara Rowe", is_me=True), Piece(text=" look"))
    talking.comments = (comment(1, "", pieces=pieces, is_unread=True),)
    page = reviewer.get("/documents/7").get_data(as_text=True)
    assert "&lt;b&gt;@x&lt;/b&gt; <strong" in page
    assert '<strong class="comment-name" data-me title="Mara Rowe">@mara</strong> look' in page
    assert 'data-fold="talk" open' in page


def test_withdrawn_comment_says_by_whom_and_when_and_offers_nothing(
    reviewer: FlaskClient, talking: FakeTalking
) -> None:
    talking.comments = (comment(1, "", pieces=(), withdrawn_at=SAID_AT, is_mine=True),)
    page = reviewer.get("/documents/7").get_data(as_text=True)
    assert "Withdrawn by Ines Okafor, 10 Mar 2026, 09:30 UTC." in page
    assert "/comments/1/withdrawal" not in page


def test_comment_is_withdrawn_with_a_script_and_without(reviewer: FlaskClient, talking: FakeTalking) -> None:
    talking.comments = (comment(1, "No.", is_mine=True),)
    assert reviewer.post("/documents/7/comments/1/withdrawal").location == "/documents/7?talk=open#comment-1"
    assert reviewer.post("/documents/7/comments/1/withdrawal", headers=JSON).get_json()["count"] == 1
    assert talking.calls == [("withdraw", 7, 1)] * 2


def test_name_of_nobody_is_told_without_a_script_too(reviewer: FlaskClient, talking: FakeTalking) -> None:
    talking.unknown = ("kim", "lee")
    reviewer.post("/documents/7/comments", data={"text": "@kim, @lee?"})
    told = "@kim, @lee are no login names of people who may see this document, and stay plain text."
    assert told in reviewer.get("/documents/7").get_data(as_text=True)


def test_what_was_before_somebody_s_eyes_waits_no_longer(reviewer: FlaskClient, talking: FakeTalking) -> None:
    talking.waiting = 2
    assert reviewer.post("/documents/7/mentions/reading", headers=JSON).get_json() == {"waiting": 0}
    assert talking.calls == [("read_on", 7)]
    assert reviewer.post("/documents/7/mentions/reading").location == "/documents/7"


def test_answer_without_script_names_what_it_answers(reviewer: FlaskClient, talking: FakeTalking) -> None:
    talking.comments = (comment(5, "Which page?"),)
    page = reviewer.get("/documents/7?answer=5").get_data(as_text=True)
    assert '<input type="hidden" name="answers" value="5">' in page
    assert "Answering Ines Okafor" in page


def test_head_of_every_page_counts_what_waits(
    reviewer: FlaskClient, talking: FakeTalking, log_in: Callable[[Actor], FlaskClient]
) -> None:
    talking.waiting = 3
    for path in ("/queue", "/files", "/documents/7", "/mentions"):
        assert "<span data-mentions-count>3</span>" in reviewer.get(path).get_data(as_text=True)
    nobody = log_in(Actor(id=9, name="new"))
    assert "data-mentions" not in nobody.get("/password").get_data(as_text=True)


def test_mention_is_opened_where_the_document_stands_and_is_read_then(
    reviewer: FlaskClient, services: FakeServices, talking: FakeTalking
) -> None:
    talking.waiting = 1
    talking.mentioned = (mentioned(comment(4, "@mara is it ours?", is_unread=True), field_title={"en": "IBAN"}),)
    page = reviewer.get("/mentions").get_data(as_text=True)
    assert "1 comment waits for you." in page
    assert "@mara is it ours?" in page
    assert "about IBAN" in page
    assert reviewer.post("/mentions/4/reading").location == "/documents/7?talk=open#comment-4"
    services.documents[7].state = DocumentState.READY
    assert reviewer.post("/mentions/4/reading").location == "/documents/7/approval?talk=open#comment-4"
    assert reviewer.post("/mentions/5/reading").status_code == 404
    assert reviewer.post("/mentions/reading").location == "/mentions"
    assert talking.calls[-1] == ("read_all",)
    assert "All mentions are marked as read." in reviewer.get("/mentions").get_data(as_text=True)


def test_list_without_mentions_says_how_one_comes_there(reviewer: FlaskClient) -> None:
    page = reviewer.get("/mentions").get_data(as_text=True)
    assert "Nobody has mentioned you." in page
    assert "Whoever writes @mara" in page


def test_people_that_can_be_named_are_all_but_oneself(reviewer: FlaskClient) -> None:
    people = reviewer.get("/documents/7/mentionable", headers=JSON).get_json()["people"]
    assert {"name": "jon", "display": "Jon Amadi"} in people
    assert "mara" not in [one["name"] for one in people]
