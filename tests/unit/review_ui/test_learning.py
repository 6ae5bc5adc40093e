from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from pipeline.domain.actors import Actor
from pipeline.domain.fields import FieldKind
from pipeline.domain.models import FieldCurves, FieldFigures, ModelState, TypeFigures
from pipeline.errors import AccessDeniedError
from pipeline.services.championing import ModelView, RecheckView, ThresholdView
from tests.unit.review_ui.doubles import ADMINISTRATOR, APPROVER, AUDITOR, NOTHING_LEARNED, NOW, REVIEWER, FakeServices

FIELD = FieldFigures(
    name="gross_total",
    documents=40,
    right=38,
    accepted=30,
    accepted_wrong=1,
    threshold=None,
    missing=60,
    error_target=0.01,
    calibration_error=0.02,
)
FIGURES = TypeFigures(type="invoice", documents=40, calibration_error=0.02, rules_right=30, fields=(FIELD,))


def model(version: str, state: ModelState, **changes: object) -> ModelView:
    known = {
        "version": version,
        "state": state,
        "created_at": NOW,
        "by": "machine:learner",
        "documents": 40,
        "seconds": 3.2,
        "compared_with": None,
        "why": "No worse than the rules.",
        "figures": (FIGURES,),
        "promoted_at": NOW,
        "is_there": True,
    }
    return ModelView.model_validate(known | changes)


CHAMPION = model("aaaaaaaaaaaa", ModelState.CHAMPION)
REFUSED = model("bbbbbbbbbbbb", ModelState.REFUSED, compared_with="aaaaaaaaaaaa")
FORMER = model("cccccccccccc", ModelState.RETIRED)
DOUBT = RecheckView(
    id=5,
    document_id=7,
    name="CF-20814 (#7)",
    field="gross_total",
    title="Gross total",
    kind=FieldKind.MONEY,
    label="1482.00",
    said="1428.00",
    confidence=0.985,
)
THRESHOLD = ThresholdView(
    type="invoice",
    type_title="Invoice",
    field="gross_total",
    title="Gross total",
    value=0.97,
    kind="starting",
    missing=60,
    critical=False,
)


@pytest.fixture
def taught(services: FakeServices) -> FakeServices:
    services.learned = NOTHING_LEARNED.model_copy(
        update={
            "models": (REFUSED, CHAMPION, FORMER),
            "lessons": {"invoice": 40},
            "rechecks": (DOUBT,),
            "thresholds": (THRESHOLD,),
        }
    )
    return services


@pytest.fixture
def administrator(log_in: Callable[[Actor], FlaskClient]) -> FlaskClient:
    return log_in(ADMINISTRATOR)


def test_empty_page_says_what_to_do(administrator: FlaskClient) -> None:
    text = administrator.get("/learning").text
    assert "The rules alone read" in text
    assert "proofdesk learn" in text


def test_place_is_shown_to_those_who_answer_for_the_machine(log_in: Callable[[Actor], FlaskClient]) -> None:
    assert ">Learning</a>" in log_in(AUDITOR).get("/files").text
    assert ">Learning</a>" not in log_in(REVIEWER).get("/files").text


def test_refusal_of_the_service_is_a_page(log_in: Callable[[Actor], FlaskClient], services: FakeServices) -> None:
    services.raises["overview"] = AccessDeniedError("You need the role approver.")
    assert log_in(REVIEWER).get("/learning").status_code == 403


def test_models_are_compared_and_say_what_the_comparison_came_to(
    administrator: FlaskClient, taught: FakeServices
) -> None:
    text = administrator.get("/learning").text
    assert "95.0 %" in text
    assert text.index("bbbbbbbbbbbb") < text.index("served before")
    assert "about 60 reviewed values more" in text


def test_charts_have_their_tables_and_can_be_chosen_by_field(administrator: FlaskClient, taught: FakeServices) -> None:
    bins, points = ((0.9, 0.95, 40),), ((0.9, 0.75, 0.03),)
    taught.curves = tuple(
        FieldCurves(type="invoice", field=field, bins=bins, points=points) for field in (None, "gross_total")
    )
    text = administrator.get("/learning/models/aaaaaaaaaaaa?of=invoice.gross_total").text
    assert "<h2>Invoice, gross total</h2>" in text
    assert text.count('<svg viewBox="0 0 320 240"') == 2
    assert text.count("The same as a table") == 2
    assert administrator.get("/learning/models/aaaaaaaaaaaa?of=invoice.nonsense").status_code == 400


def test_model_without_figures_on_unseen_documents_says_why(administrator: FlaskClient, taught: FakeServices) -> None:
    assert "at least two reviewed documents" in administrator.get("/learning/models/aaaaaaaaaaaa").text


@pytest.mark.parametrize(
    ("version", "act", "called"), [("cccccccccccc", "rollback", "roll_back"), ("bbbbbbbbbbbb", "promote", "promote")]
)
def test_model_is_put_in_force_with_a_reason(
    administrator: FlaskClient, taught: FakeServices, version: str, act: str, called: str
) -> None:
    assert f'value="{act}"' in administrator.get(f"/learning/models/{version}").text
    assert administrator.post(f"/learning/models/{version}/reign", data={"act": act}).status_code == 400
    answer = administrator.post(f"/learning/models/{version}/reign", data={"act": act, "why": "It reads better."})
    assert answer.location == "/learning"
    assert taught.called(called) == [(version, "It reads better.")]


def test_only_an_administrator_is_offered_to_decide(
    log_in: Callable[[Actor], FlaskClient], taught: FakeServices
) -> None:
    approver = log_in(APPROVER)
    assert "Put it in force" not in approver.get("/learning/models/bbbbbbbbbbbb").text
    assert "Take the model back" not in approver.get("/learning").text


def test_doubted_label_is_shown_beside_the_machines_value_and_can_be_kept(
    approver: FlaskClient, taught: FakeServices
) -> None:
    text = approver.get("/learning").text
    assert text.index("1,482.00") < text.index("1,428.00")
    assert 'href="/documents/7/approval"' in text
    assert approver.post("/learning/rechecks/5/dismissal").location == "/learning#rechecks"
    assert taught.called("dismiss") == [(5,)]
