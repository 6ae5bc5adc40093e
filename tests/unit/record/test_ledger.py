"""The books that are replayed from events alone, in `verify.py`, as a stranger does."""

from typing import Any

import pytest

from pipeline.domain.documents import ALLOWED, DocumentState
from pipeline.domain.files import FileState
from pipeline.record.verify import DOCUMENT_STANDS, DOCUMENT_STATES, DOCUMENT_STEPS, FILE_STATES, PROBLEMS_MAX, Ledger

DAY = "2026-03-10"
HASH = "ab" * 32


class Book:
    """A ledger, and the events that it is told by number."""

    def __init__(self, *days: str) -> None:
        self.ledger = Ledger(days or (DAY,))
        self.seq = 0

    def tell(self, tag: str, *, day: str = DAY, **said: Any) -> None:
        self.seq += 1
        self.ledger.add({"seq": self.seq, "tag": tag, "at": f"{day}T09:00:00.000000Z", "facts": {}, **said})

    def bring(self, number: int, day: str = DAY) -> None:
        """A file that is stored and becomes the document of the same number."""
        self.tell("file:claim", day=day, file=number, facts={"size": 10})
        self.tell("file:store", day=day, file=number, facts={"sha256": HASH, "size": 10})
        self.move(number, "document:queue", "queued", day=day)

    def move(self, number: int, tag: str, state: str, *, day: str = DAY, **facts: Any) -> None:
        self.tell(tag, day=day, file=number, document=number, facts={"state": state, **facts})


def test_its_words_are_those_of_the_domain() -> None:
    assert tuple(state.value for state in FileState) == FILE_STATES
    assert set(DOCUMENT_STATES) == {state.value for state in DocumentState}
    stands = {DocumentState(state): stand for state, stand in DOCUMENT_STATES.items()}
    steps = {(stands[was], stands[now]) for was, followers in ALLOWED.items() for now in followers}
    assert {(was, now) for was, now in steps if was != now} == DOCUMENT_STEPS


def test_each_day_balances_in_whatever_order_its_events_come() -> None:
    book = Book("2026-03-10", "2026-03-12")
    book.bring(1, "2026-03-10")
    book.move(1, "document:read", "review", day="2026-03-12", pages=3)
    book.bring(2, "2026-03-10")  # the clock was set back meanwhile
    book.bring(3, "2026-03-11")
    first, second = book.ledger.day("2026-03-10"), book.ledger.day("2026-03-12")
    assert first["documents"]["opening"]["waiting"] == 0
    assert (first["documents"]["came_in"], first["documents"]["closing"]["waiting"]) == (2, 2)
    assert second["documents"]["opening"]["waiting"] == 3
    assert second["documents"]["moved"] == {"waiting to review": 1}
    assert second["totals"]["pages_read"] == 3
    assert sum(second["documents"]["closing"].values()) == book.ledger.standing()["documents"]["seen"] == 3
    assert book.ledger.finish() == []


def test_bytes_pages_and_signatures_are_counted() -> None:
    book = Book()
    book.bring(1)
    book.move(1, "document:read", "ready", pages=4)
    book.move(1, "document:approve", "approved")
    assert book.ledger.day(DAY)["totals"] == {
        "events": 5,
        "bytes_claimed": 10,
        "bytes_stored": 10,
        "pages_read": 4,
        "pages_approved": 4,
        "signatures": 1,
    }
    assert book.ledger.standing()["pages_approved"] == 4


def test_numbers_that_stand_for_nothing_are_named() -> None:
    book = Book()
    for number in (2, 3, 700):
        book.bring(number)
    files = book.ledger.standing()["files"]
    assert (files["last"], files["unused"], files["unused_count"]) == (700, [[1, 1], [4, 699]], 697)


def test_a_step_that_does_not_exist_is_a_problem() -> None:
    book = Book()
    book.bring(1)
    book.move(1, "document:read", "review")
    book.move(1, "document:approve", "approved")
    assert book.ledger.finish() == [
        "Event 5 (document:approve) finds document 1 approved, which was review: no such step exists."
    ]


def test_a_state_that_nothing_on_record_brought_about_is_a_problem() -> None:
    """Changed by hand in the database, a state shows in the next event of any kind."""
    book = Book()
    book.bring(1)
    book.move(1, "document:read", "review")
    book.move(1, "comment:write", "ready")
    assert len(book.ledger.finish()) == 1


def test_what_never_came_in_is_a_problem() -> None:
    book = Book()
    book.move(7, "document:read", "review")
    book.tell("file:store", file=4, facts={"sha256": HASH, "size": 1})
    assert book.ledger.finish() == [
        "Event 1 tells of document 7, but that it came in is not on record.",
        "Event 2 says that file 4 became stored, but it was not on record before.",
        "File 4 was stored, but no document of it is on record.",
    ]


def test_two_files_under_one_number_are_a_problem() -> None:
    book = Book()
    book.bring(1)
    book.tell("file:claim", file=1, facts={"size": 10})
    assert book.ledger.finish() == ["Event 4 says that file 1 became claimed, but it was stored before."]
    assert book.ledger.standing()["files"]["stored"] == 1


def test_an_erased_file_is_counted_once_and_keeps_its_place() -> None:
    book = Book()
    book.bring(1)
    for _ in range(2):
        book.tell("erasure:execute", file=1, document=1)
    assert book.ledger.standing()["files"]["erased"] == 1
    assert [(number, state, erased) for number, state, _, erased in book.ledger.files()] == [(1, "stored", True)]
    assert book.ledger.finish() == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"tag": "file:claim", "at": 7},
        {"tag": ["file:claim"], "at": DAY},
        {"tag": "file:claim", "at": DAY, "file": -1},
        {"tag": "file:claim", "at": DAY, "file": True},
        {"tag": "file:claim", "at": DAY, "file": "1", "facts": []},
        {"tag": "document:read", "at": DAY, "document": 10**30, "facts": {"state": "queued", "pages": 10**30}},
        {"tag": "document:queue", "at": DAY, "document": 10**18, "facts": {"state": "queued"}},
        {"tag": "document:queue", "at": DAY, "document": 1, "facts": {"state": "lost"}},
        {"tag": "file:claim", "at": "", "file": 10**30, "facts": {"size": -5}},
    ],
)
def test_nonsense_never_stops_it(said: dict[str, Any]) -> None:
    ledger = Ledger((DAY,))
    ledger.add(said)
    ledger.standing()
    ledger.finish()
    assert set(ledger.day(DAY)["documents"]["closing"]) == set(DOCUMENT_STANDS)


def test_of_many_problems_the_first_are_told_and_the_rest_counted() -> None:
    book = Book()
    for number in range(1, PROBLEMS_MAX + 6):
        book.move(number, "document:read", "review")
    told = book.ledger.finish()
    assert (len(told), told[-1]) == (PROBLEMS_MAX + 1, "There are 5 more of them.")
