"""Of a table an approver is shown which cells a person changed, and which lines came and went."""

from flask import Flask
from flask.testing import FlaskClient

from pipeline.domain.documents import DocumentState
from pipeline.domain.review import FieldState
from review_ui.alterations import Alteration, alterations_of
from tests.unit.review_ui.doubles import INVOICE, FakeServices, field_view

TABLE = INVOICE.field("line_items")
READ = (
    {"description": "Oak riser", "amount": "90.00"},
    {"description": "Newel post", "amount": "1136.00"},
    {"description": "Carriage", "amount": "12.00"},
)


def test_a_changed_cell_is_told_by_its_column_and_line(app: Flask) -> None:
    after = (READ[0], {"description": "Newel post", "amount": "1163.00"}, READ[2])
    with app.test_request_context():
        assert alterations_of(TABLE, READ, after) == (Alteration("Amount, line 2", "1,136.00", "1,163.00"),)
        assert alterations_of(TABLE, READ, READ) == ()


def test_lines_that_came_and_went_are_told_whole_and_leave_the_others_alone(app: Flask) -> None:
    added = {"description": "Hinge", "amount": None}
    with app.test_request_context():
        assert alterations_of(TABLE, READ, (READ[1], READ[2], added)) == (
            Alteration("Line 1 taken away", "Oak riser · 90.00", ""),
            Alteration("Line 3 added", "", "Hinge"),
        )
        assert alterations_of(TABLE, None, READ[:1]) == (Alteration("Line 1 added", "", "Oak riser · 90.00"),)


def test_the_approver_is_shown_the_cell(approver: FlaskClient, services: FakeServices) -> None:
    after = (READ[0], {"description": "Newel post", "amount": "1163.00"}, READ[2])
    view = field_view(TABLE, after, machine=READ, state=FieldState.CORRECTED, settled_by="mara")
    services.documents[7].fields = (view,)
    services.documents[7].state = DocumentState.READY
    page = approver.get("/documents/7/approval").text
    assert "<span>Amount, line 2</span> <del>1,136.00</del> <ins>1,163.00</ins>" in page
