"""Comments on documents: who may write and is told, what the record keeps, and that nobody's work is disturbed."""

import pytest

from pipeline.domain.actors import Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.comments import LONGEST
from pipeline.domain.documents import DocumentState
from pipeline.domain.review import Decision
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.services.auditing import EventFilter
from pipeline.services.remarks import Comment
from pipeline.services.views import DocumentView, QueueFilter
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.integration.test_review_document import settle, settle_all

NUMBER = "invoice_number"


@pytest.fixture
def view(office: Office) -> DocumentView:
    """A document with an open exception."""
    return office.receive(builders.extraction(unsure={NUMBER: 0.5}))


def comments(office: Office, view: DocumentView, by: Actor) -> tuple[Comment, ...]:
    return office.talking.list_comments(view.id, by=by).comments


def row(office: Office, by: Actor) -> tuple[int, int]:
    """Comments on the one document in the queue, and those that wait for this person."""
    [found] = office.reviewing.list_queue(QueueFilter(states=()), by=by).rows
    return found.comments, found.mentions


def test_comment_disturbs_nobody_who_works_on_the_document(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    held = office.reviewing.claim(view.id, by=rowe)
    office.talking.write(view.id, "The number is on page 2.", by=okafor, field=NUMBER)
    settled = settle(office, held, rowe, NUMBER, Decision.CONFIRM)
    assert settled.revision == held.revision + 1
    [seen] = comments(office, view, rowe)
    assert (seen.text, seen.by_display, seen.field, seen.is_mine) == (
        "The number is on page 2.",
        "Okafor",
        NUMBER,
        False,
    )


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_see_documents_comments_on_them(office: Office, view: DocumentView, role: Role) -> None:
    someone = office.hire("someone", role)
    office.talking.write(view.id, "Seen.", by=someone)
    assert [one.text for one in comments(office, view, someone)] == ["Seen."]


def test_machine_and_people_without_a_role_say_nothing(office: Office, view: DocumentView) -> None:
    nobody = Actor(id=9, name="new")
    for by in (MACHINE, nobody):
        with pytest.raises(AccessDeniedError):
            office.talking.write(view.id, "Hello", by=by)
    with pytest.raises(AccessDeniedError):
        office.talking.list_comments(view.id, by=nobody)


def test_signed_document_can_still_be_talked_about(office: Office, rowe: Actor, okafor: Actor) -> None:
    view = settle_all(office, office.receive(builders.extraction()), rowe)
    office.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = office.reviewing.get_document(view.id, by=rowe)
    office.talking.write(view.id, "Ready from my side.", by=rowe)
    signed = office.approving.approve(view.id, by=okafor, revision=view.revision)
    assert signed.state is DocumentState.APPROVED
    office.talking.write(view.id, "Paid on Monday.", by=rowe)
    assert row(office, okafor) == (2, 0)


def test_whoever_is_named_finds_it_until_they_have_seen_it(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    said = office.talking.write(view.id, "@okafor is this ours?", by=rowe, field=NUMBER)
    assert said.unknown == ()
    assert row(office, okafor) == (1, 1)
    assert row(office, rowe) == (1, 0)
    assert office.talking.count_unread(by=okafor) == 1
    [found] = office.talking.list_mentions(by=okafor).rows
    assert (found.document_id, found.number, found.field_title) == (view.id, "CF-20814", {"en": "Invoice number"})
    assert [(piece.text, piece.who, piece.is_me) for piece in found.comment.pieces] == [
        ("@okafor", "Okafor", True),
        (" is this ours?", None, False),
    ]
    office.talking.read_on(view.id, by=okafor)
    assert office.talking.count_unread(by=okafor) == 0
    assert row(office, okafor) == (1, 0)
    [found] = office.talking.list_mentions(by=okafor).rows
    assert not found.comment.is_unread


def test_what_waits_on_other_documents_and_for_other_people_stays_unread(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    amadi, other = office.hire("amadi", Role.REVIEWER), office.receive(builders.extraction())
    here = office.talking.write(view.id, "@okafor, @rowe: whose is it?", by=amadi).id
    there = office.talking.write(other.id, "@okafor and this?", by=amadi).id
    office.talking.read_on(view.id, by=okafor)
    assert [one.comment.id for one in office.talking.list_mentions(by=okafor).rows if one.comment.is_unread] == [there]
    assert office.talking.count_unread(by=rowe) == 1
    with pytest.raises(NotFoundError, match="no such comment on document"):
        office.talking.withdraw(other.id, here, by=amadi)
    with pytest.raises(NotFoundError, match="no such comment on document"):
        office.talking.write(other.id, "Ours.", by=rowe, answers=here)


def test_unread_mentions_come_first_then_the_newest(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    ids = [office.talking.write(view.id, f"@okafor {number}", by=rowe).id for number in range(3)]
    assert office.talking.read_one(ids[2], by=okafor) == view.id
    page = office.talking.list_mentions(by=okafor)
    assert [one.comment.id for one in page.rows] == [ids[1], ids[0], ids[2]]
    assert (page.total, page.unread) == (3, 2)
    assert [one.comment.id for one in office.talking.list_mentions(by=okafor, page=2, page_size=2).rows] == [ids[2]]
    office.talking.read_all(by=okafor)
    assert office.talking.count_unread(by=okafor) == 0
    with pytest.raises(NotFoundError, match="concerns you"):
        office.talking.read_one(ids[0], by=rowe)


def test_name_of_nobody_who_may_see_the_document_stays_text_and_is_told(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    owner = office.hire("owner", Role.ADMINISTRATOR)
    left = office.hire("left", Role.REVIEWER)
    office.accounts.set_active(left.id or 0, False, by=owner)
    said = office.talking.write(view.id, "@left and @kim and @rowe and @Okafor", by=rowe)
    assert said.unknown == ("left", "kim")
    [seen] = comments(office, view, rowe)
    # oneself is no news
    assert [piece.text for piece in seen.pieces if piece.who] == ["@Okafor"]
    assert {person.name for person in office.talking.list_people(view.id, by=rowe)} == {"rowe", "okafor", "owner"}


def test_answer_concerns_whom_it_answers_and_stands_under_it(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    first = office.talking.write(view.id, "Which page?", by=rowe).id
    other = office.talking.write(view.id, "Something else.", by=okafor).id
    answer = office.talking.write(view.id, "The second.", by=okafor, answers=first).id
    again = office.talking.write(view.id, "Thank you.", by=rowe, answers=answer).id
    assert [(one.id, one.answers) for one in comments(office, view, rowe)] == [
        (first, None),
        (answer, first),
        (again, first),
        (other, None),
    ]
    [found] = office.talking.list_mentions(by=rowe).rows
    assert (found.comment.id, found.is_answer) == (answer, True)
    with pytest.raises(NotFoundError, match="no such comment"):
        office.talking.write(view.id, "To nothing", by=rowe, answers=999)


def test_withdrawn_comment_says_so_to_all_and_stays_on_record(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    said = office.talking.write(view.id, "@okafor they are late again", by=rowe).id
    with pytest.raises(AccessDeniedError, match="Only who wrote"):
        office.talking.withdraw(view.id, said, by=okafor)
    office.clock.advance(minutes=1)
    office.talking.withdraw(view.id, said, by=rowe)
    office.talking.withdraw(view.id, said, by=rowe)
    [seen] = comments(office, view, okafor)
    assert (seen.text, seen.withdrawn_at) == ("", office.clock.now())
    assert row(office, okafor) == (0, 0)
    assert office.talking.count_unread(by=okafor) == 0
    [written] = office.events(view.id, AuditTag.COMMENT_WRITE)
    [withdrawn] = office.events(view.id, AuditTag.COMMENT_WITHDRAW)
    assert written.values == {"comment": "@okafor they are late again"}
    assert (written.facts["comment"], written.facts["concerns"]) == (said, [okafor.id])
    assert (withdrawn.by, withdrawn.facts["comment"]) == ("rowe", said)


def test_record_holds_with_comments_and_is_searched_by_their_words(
    office: Office, view: DocumentView, rowe: Actor
) -> None:
    office.talking.write(view.id, "The seller moved to Leeds.", by=rowe, field=NUMBER)
    assert office.auditing.verify(by=MACHINE).problems == ()
    [event] = office.auditing.list_events(EventFilter(search="moved to Leeds"), by=MACHINE).rows
    assert (event.tag, event.field, event.revision) == ("comment:write", NUMBER, view.revision)


@pytest.mark.parametrize(("text", "sentence"), [(" \n\t", "empty"), ("é" * (LONGEST + 1), "4,001 characters")])
def test_comment_that_can_not_be_kept_is_refused_in_a_sentence(
    office: Office, view: DocumentView, rowe: Actor, text: str, sentence: str
) -> None:
    with pytest.raises(InvalidCorrectionError, match=sentence):
        office.talking.write(view.id, text, by=rowe)
    assert comments(office, view, rowe) == ()


def test_comment_keeps_its_lines_and_loses_what_can_not_be_shown(
    office: Office, view: DocumentView, rowe: Actor
) -> None:
    office.talking.write(view.id, "  one\r\n\x00two\u202e\ud800\n" + "x" * (LONGEST - 8) + "\n", by=rowe)
    [seen] = comments(office, view, rowe)
    assert seen.text == "one\ntwo\n" + "x" * (LONGEST - 8)


def test_comment_about_a_field_that_is_not_there_is_refused(office: Office, view: DocumentView, rowe: Actor) -> None:
    with pytest.raises(NotFoundError, match="no field"):
        office.talking.write(view.id, "Hm", by=rowe, field="colour")
    with pytest.raises(NotFoundError):
        office.talking.write(view.id + 1, "Hm", by=rowe)
    with pytest.raises(NotFoundError):
        office.talking.list_comments(view.id + 1, by=rowe)


def test_comment_sent_twice_because_its_answer_was_lost_is_one(office: Office, view: DocumentView, rowe: Actor) -> None:
    sent = {office.talking.write(view.id, "Once.", by=rowe).id for _ in range(2)}
    office.clock.advance(minutes=3)
    sent.add(office.talking.write(view.id, "Once.", by=rowe).id)
    assert len(sent) == 2
    assert len(office.events(view.id, AuditTag.COMMENT_WRITE)) == 2


def test_pulse_of_the_talk_changes_with_each_word_and_rests_in_between(
    office: Office, view: DocumentView, rowe: Actor, okafor: Actor
) -> None:
    def pulse() -> str:
        return office.talking.pulse(view.id, by=okafor)

    seen = [pulse()]
    assert pulse() == seen[0]
    said = office.talking.write(view.id, "@okafor look", by=rowe).id
    seen.append(pulse())
    office.talking.read_on(view.id, by=okafor)
    seen.append(pulse())
    office.talking.withdraw(view.id, said, by=rowe)
    seen.append(pulse())
    assert len(set(seen)) == 4
