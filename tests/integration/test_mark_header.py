"""A table under a header that nobody knows: a person names it once, and the next document of its layout reads alone."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pipeline.doctypes.loader import load_types
from pipeline.domain.actors import Actor
from pipeline.domain.pages import Page, Reading
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.domain.value import Row
from pipeline.errors import AccessDeniedError, InvalidCorrectionError, NotFoundError
from pipeline.ports import Job, ReadLimits
from pipeline.sealed_file import Readable
from pipeline.services.engines import ChampionEngines, Shelf
from pipeline.services.views import DocumentView
from tests import builders
from tests.builders import MACHINE
from tests.desk import Office
from tests.fakes import FakeReader
from tests.unit.extraction.paper import line, page, right

INVOICE = next(doctype for doctype in load_types() if doctype.name == "invoice")
WORDS = {"description": "wumpo", "quantity": "Krell:", "amount": "Snarf gork"}
FIRST = (("Hinge of brass", "3", "13.50"), ("Oak dowel", "10", "7.20"), ("Shelf, oiled", "1", "88.92"))
NEXT = (("Lamp", "2", "64.10"), ("Screw set", "7", "5.05"), ("Bracket", "4", "19.80"), ("Plate", "6", "33.30"))


def paper(lines: tuple[tuple[str, str, str], ...]) -> Page:
    head = line(200, (60, "Wumpo"), right(380, "Krell"), right(540, "Snarf gork"))
    rows = [
        line(220 + 20 * at, (60, text), right(380, count), right(540, amount))
        for at, (text, count, amount) in enumerate(lines)
    ]
    foot = line(240 + 20 * len(lines), (60, "Zibble Works, Havnegata 4"))
    return page(line(80, (60, "Zibble Works")), line(120, (60, "Invoice")), head, *rows, foot)


@dataclass
class Papers(FakeReader):
    """Reads the first file as the first paper, and every later one as the next."""

    def read(
        self, file: Readable, limits: ReadLimits, told: Callable[[int, int], None] = lambda done, wanted: None
    ) -> Reading:
        made = paper(FIRST if b"first" in file.read_bytes() else NEXT)
        return Reading(pages=(made,), reader=self.version)


@pytest.fixture
def shop(office: Office) -> Office:
    """The office with the real engine, which reads with the champion."""
    return Office(
        office.store,
        office.folder,
        types=(INVOICE,),
        clock=office.clock,
        queue=office.queue,
        reader=Papers(),
        engines=lambda made: ChampionEngines(made.store, made.models, shelf=Shelf()),
    )


@pytest.fixture
def rowe(shop: Office) -> Actor:
    return shop.hire("rowe")


def receive(shop: Office, name: str) -> DocumentView:
    shop.intake.claim([shop.put(f"invoice/{name}.pdf", f"%PDF {name}".encode())], by=MACHINE)
    for job, document_id in shop.queue.take():
        if job is Job.PROCESS:
            shop.processing.process(document_id, by=MACHINE)
            return shop.reviewing.get_document(document_id, by=builders.person(0, "reader"))
    raise AssertionError("nothing was received")


def told(rows: tuple[Row, ...]) -> list[tuple[str | None, ...]]:
    return [tuple(row.get(name) for name in ("description", "quantity", "amount")) for row in rows]


def table(view: DocumentView) -> list[tuple[str | None, ...]]:
    value = next(field for field in view.fields if field.record.name == "line_items").record.machine_value
    return told(tuple(row for row in value or () if not isinstance(row, str)))


def test_lines_under_named_words_are_read_and_nothing_is_changed(shop: Office, rowe: Actor) -> None:
    view = receive(shop, "first")
    assert table(view) == []
    assert told(shop.marking.read_lines(view.id, "line_items", WORDS, by=rowe)) == list(FIRST)
    assert shop.reviewing.get_document(view.id, by=rowe).revision == view.revision


def test_next_document_of_the_layout_reads_by_itself_once_the_lines_were_saved_and_signed(
    shop: Office, rowe: Actor
) -> None:
    view = receive(shop, "first")
    rows = shop.marking.read_lines(view.id, "line_items", WORDS, by=rowe)
    view = shop.reviewing.claim(view.id, by=rowe)
    for field in view.fields:
        if field.record.state is FieldState.OPEN:
            name = field.record.name
            given = Settlement(field=name, decision=Decision.CORRECT, value=rows)
            absent = Settlement(field=name, decision=Decision.ABSENT)
            kept = Settlement(field=name, decision=Decision.CONFIRM)
            nothing = field.record.machine_value is None
            settlement = given if name == "line_items" else absent if nothing else kept
            view = shop.reviewing.settle(view.id, settlement, by=rowe, revision=view.revision)
    shop.reviewing.validate(view.id, by=rowe, revision=view.revision)
    view = shop.reviewing.get_document(view.id, by=rowe)
    shop.approving.approve(view.id, by=rowe, revision=view.revision)
    assert shop.learning.train(by=MACHINE) is not None
    assert table(receive(shop, "next")) == list(NEXT)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({**WORDS, "quantity": "Fizzt"}, "“wumpo”, “fizzt”, “snarf gork” do not stand beside one another on a page"),
        ({"description": "Wumpo", "quantity": "Krell"}, "Type what stands above the column of “Amount”"),
        ({"amount": "Havnegata"}, "No line was read below these words."),
    ],
)
def test_words_that_are_no_header_are_told_of(shop: Office, rowe: Actor, words: dict[str, str], sentence: str) -> None:
    view = receive(shop, "first")
    with pytest.raises(InvalidCorrectionError, match=sentence):
        shop.marking.read_lines(view.id, "line_items", words, by=rowe)


def test_other_fields_columns_and_people_are_refused(shop: Office, rowe: Actor) -> None:
    view = receive(shop, "first")
    for field, words in (("issue_date", WORDS), ("line_items", {"colour": "Wumpo"})):
        with pytest.raises(NotFoundError):
            shop.marking.read_lines(view.id, field, words, by=rowe)
    with pytest.raises(AccessDeniedError):
        shop.marking.read_lines(view.id, "line_items", WORDS, by=MACHINE)
