"""Cells of lines stand in the reader's form, and go back to the record as what they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pipeline.domain.extraction import DocumentLocale
from pipeline.domain.fields import FieldKind
from pipeline.domain.review import Draft
from pipeline.normalise import read_value
from pipeline.services import correction
from review_ui.grid import drafted_rows, lines_of, written
from tests.unit.review_ui.conftest import JSON
from tests.unit.review_ui.doubles import INVOICE, NOW, FakeServices, field_view

TABLE = INVOICE.field("line_items")
READERS = ("en", "de", "de-CH", "de-AT")
DECIMALS: tuple[Literal[".", ","] | None, ...] = (".", ",", None)
MONEY, QUANTITY = FieldKind.MONEY, FieldKind.QUANTITY
NUMBERS = {
    MONEY: ("1144.00", "0.50", "-86.40", "1234567.89", "2.125", "1144.125", "1144.5", "12.3456"),
    QUANTITY: ("1144", "3", "0", "2.125", "1144.125", "0.125", "-5", "1234567", "1.50", "2.1"),
    FieldKind.PERCENTAGE: ("19", "7.5", "8.125"),
}


@contextmanager
def reading(app: Flask, language: str) -> Iterator[None]:
    """Be asked for a page by somebody whose browser speaks this language."""
    with app.test_request_context("/queue", headers={"Accept-Language": language}):
        app.preprocess_request()
        yield


@pytest.mark.parametrize("language", READERS)
@pytest.mark.parametrize("decimal", DECIMALS)
def test_a_cell_that_nobody_touched_goes_back_to_the_record_unchanged(
    app: Flask, language: str, decimal: Literal[".", ","] | None
) -> None:
    locale = DocumentLocale(decimal=decimal)
    with reading(app, language):
        for kind, numbers in NUMBERS.items():
            for number in numbers:
                text = written(number, kind, locale)
                assert text == number or [one.value for one in read_value(text, kind, locale)] == [number]


@pytest.mark.parametrize("language", READERS)
@pytest.mark.parametrize("decimal", DECIMALS)
def test_lines_saved_as_they_were_shown_are_no_correction(
    app: Flask, language: str, decimal: Literal[".", ","] | None
) -> None:
    """Also beside cells whose canonical form looks like another cell's printed one: 1.144 and 1144."""
    rows = tuple({"description": "Riser", "amount": number} for number in ("1144.00", "1.144", "1144", "1144.5"))
    view = field_view(TABLE, rows)
    locale = DocumentLocale(decimal=decimal)
    with reading(app, language):
        sent = tuple(dict(line.texts) for line in lines_of(view, rows, locale))
    assert correction.canonical(sent, TABLE, view.extraction, locale, rows) == rows


@pytest.mark.parametrize(
    ("canonical", "kind", "decimal", "language", "text"),
    [
        ("1144.00", MONEY, ",", "de", "1.144,00"),
        ("1144.00", MONEY, ".", "de", "1.144,00"),
        ("1144.00", MONEY, ",", "en", "1,144.00"),
        ("1144.00", MONEY, ".", "de-CH", "1’144.00"),
        ("-86.40", MONEY, ",", "de", "−86,40"),
        ("19", FieldKind.PERCENTAGE, ",", "de", "19"),
        # 1.144 would be read as a little more than one on an English page, and be doubtful where nothing says
        ("1144", QUANTITY, ".", "de", "1144"),
        ("1144", QUANTITY, None, "de", "1144"),
        ("1144", QUANTITY, ".", "en", "1,144"),
        ("2.125", QUANTITY, ",", "de", "2,125"),
        ("2.125", QUANTITY, ".", "de", "2,1250"),
        # neither 1.144 nor 1.1440 is read as that on a German page
        ("1.144", QUANTITY, ",", "de-CH", "1,144"),
    ],
)
def test_cells_stand_in_the_readers_form_as_far_as_it_is_read_back(
    app: Flask, canonical: str, kind: FieldKind, decimal: Literal[".", ","] | None, language: str, text: str
) -> None:
    with reading(app, language):
        assert written(canonical, kind, DocumentLocale(decimal=decimal)) == text


def test_cells_that_somebody_typed_stand_as_typed_and_are_summed_as_read(app: Flask) -> None:
    entries = {"cell-description": ("Riser", "Post", ""), "cell-amount": ("1.144,5", "what?", "")}
    draft = Draft(field="line_items", entries=entries, at=NOW)
    typed = drafted_rows(draft, ("description", "amount"))
    with reading(app, "de"):
        lines = lines_of(field_view(TABLE, ()), (), DocumentLocale(decimal=","), typed)
    assert [line.texts["amount"] for line in lines] == ["1.144,5", "what?"]
    assert [line.cells["amount"] for line in lines] == ["1144.50", ""]


def test_lines_that_were_typed_on_an_old_page_are_kept_as_a_draft(holding: FlaskClient, services: FakeServices) -> None:
    services.documents[7].revision = 5
    form = {
        "revision": "1",
        "handling_ms": "0",
        "decision": "correct",
        "cell-description": ["Riser", "Post", ""],
        "cell-amount": ["4711", "136.00", ""],
    }
    answer = holding.post("/documents/7/fields/line_items/settlement", data=form, headers=JSON)
    assert answer.status_code == 409
    assert services.called("settle") == []
    assert 'value="4711"' in answer.json["panel"]
    assert "not saved yet" in answer.json["panel"]
    assert "Keep what I typed" in answer.json["conflict"]
