from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from pipeline.domain.actors import Role
from pipeline.domain.models import FieldCurves, FieldFigures, ModelState
from pipeline.services.championing import LearningView, ModelView, ThresholdView
from review_ui import charts, forms
from review_ui.context import actor, has_role, services
from review_ui.errors import BadFormError
from review_ui.flashes import say
from review_ui.formatting import counted
from review_ui.languages import reader_language

STATES: dict[ModelState, tuple[str, Any]] = {
    ModelState.CHAMPION: ("settled", _l("in force")),
    ModelState.CHALLENGER: ("check", _l("waits for a person")),
    ModelState.REFUSED: ("wrong", _l("refused")),
    ModelState.RETIRED: ("absent", _l("served before")),
}
KINDS = {"starting": _l("starting"), "derived": _l("derived"), "policy": _l("policy")}
"""Whose a threshold is."""
TARGET = 0.01

learning = Blueprint("learning", __name__, url_prefix="/learning")


class Group(NamedTuple):
    """The thresholds of one type."""

    title: str
    rows: list[ThresholdView]

    @property
    def summary(self) -> str:
        derived = sum(row.kind == "derived" for row in self.rows)
        policy = sum(row.kind == "policy" for row in self.rows)
        parts = [
            _("%(count)s derived", count=derived),
            _("%(count)s starting", count=len(self.rows) - derived - policy),
        ]
        return ", ".join([*parts, _("%(count)s by policy", count=policy)] if policy else parts)


class Pair(NamedTuple):
    """A field's figures with those of the model before it."""

    type: str
    field: FieldFigures
    before: FieldFigures | None


@learning.get("")
def show() -> Response:
    view: LearningView = services().championing.overview(by=actor())
    titles = _titles()
    return make_response(
        render_template(
            "learning.html",
            view=view,
            champion=view.champion,
            groups=[
                Group(titles.get(name, name), list(rows))
                for name, rows in groupby(view.thresholds, lambda row: row.type)
            ],
            states=STATES,
            kinds=KINDS,
            titles=titles,
            may_decide=has_role(Role.ADMINISTRATOR),
            may_dismiss=has_role(Role.APPROVER),
            now=datetime.now(UTC),
        )
    )


@learning.get("/models/<version>")
def model(version: str) -> Response:
    found, curves = services().championing.get_model(version, by=actor())
    chosen = _chosen(curves)
    target = TARGET
    if chosen is not None and chosen.field is not None:
        figures = _figures(found, chosen.type, chosen.field)
        target = figures.error_target if figures is not None else TARGET
    return make_response(
        render_template(
            "model.html",
            model=found,
            curves=curves,
            chosen=chosen,
            pairs=_pairs(found),
            reliability=charts.reliability(chosen) if chosen is not None else None,
            risk=charts.risk(chosen, target) if chosen is not None else None,
            target=target,
            states=STATES,
            titles=_titles(),
            may_decide=has_role(Role.ADMINISTRATOR),
            now=datetime.now(UTC),
        )
    )


@learning.post("/models/<version>/reign")
def promote(version: str) -> Response:
    """Put a model in force; a former champion is gone back to."""
    why = _why()
    if request.form.get("act") == "rollback":
        services().championing.roll_back(version, why, by=actor())
        say(_("The earlier model reads again. Newer ones wait until somebody puts one in force."))
    else:
        services().championing.promote(version, why, by=actor())
        say(_("The model is in force; waiting documents that nobody has opened are read again."))
    return redirect(url_for(".show"))


@learning.post("/rules")
def rules() -> Response:
    services().championing.roll_back_to_rules(_why(), by=actor())
    say(_("The rules alone read from now on, until somebody puts a model in force."))
    return redirect(url_for(".show"))


@learning.post("/models/<version>/removal")
def remove(version: str) -> Response:
    services().championing.remove(version, _why(), by=actor())
    say(_("The model's file is removed; its figures stay."))
    return redirect(url_for(".show"))


@learning.post("/automatic")
def automatic() -> Response:
    is_on = request.form.get("automatic") == "yes"
    services().championing.set_automatic(is_on, by=actor())
    say(_("Better models serve by themselves.") if is_on else _("New models wait until somebody puts one in force."))
    return redirect(url_for(".show"))


@learning.post("/training")
def train() -> Response:
    services().championing.train_again(by=actor())
    say(_("Everything is learned anew. The page shows the new model once it is there."))
    return redirect(url_for(".show"))


@learning.post("/rechecks/<int:recheck_id>/dismissal")
def dismiss(recheck_id: int) -> Response:
    services().championing.dismiss(recheck_id, by=actor())
    say(_("Noted: the value people gave is right. It is not listed again."))
    return redirect(url_for(".show") + "#rechecks")


def _why() -> str:
    return forms.text("why", _("Say why, so that others understand."), longest=2000)


def _chosen(curves: tuple[FieldCurves, ...]) -> FieldCurves | None:
    asked = request.args.get("of", "")
    if not asked:
        return curves[0] if curves else None
    kind, _dot, field = asked.partition(".")
    found = next((each for each in curves if (each.type, each.field or "") == (kind, field)), None)
    if found is None:
        raise BadFormError(_("This model has no chart of that name. Go back and choose one from the list."))
    return found


def _pairs(found: ModelView) -> list[Pair]:
    before: ModelView | None = None
    if found.compared_with is not None:
        before, _curves = services().championing.get_model(found.compared_with, by=actor())
    return [
        Pair(kind.type, field, _figures(before, kind.type, field.name) if before is not None else None)
        for kind in found.figures
        for field in kind.fields
    ]


def _figures(found: ModelView, type_name: str, field: str) -> FieldFigures | None:
    return next((each.find(field) for each in found.figures if each.type == type_name), None)


def _titles() -> dict[str, str]:
    """Return what types and fields are called: `type` and `type.field`."""
    titles: dict[str, str] = {}
    for doctype in services().reviewing.list_types(by=actor()):
        titles[doctype.name] = doctype.title_in(reader_language())
        for spec in doctype.fields:
            titles[f"{doctype.name}.{spec.name}"] = spec.title_in(reader_language())
    return titles


def missing_words(row: ThresholdView) -> str:
    """Return what is needed for a derived threshold, in words."""
    if row.critical:
        return _("always shown")
    if row.kind != "starting":
        return ""
    if row.missing is None:
        return _("nothing reviewed yet")
    if row.missing == 0:
        return _("no confidence keeps the target yet")
    return counted(row.missing, "about %(count)s reviewed value more", "about %(count)s reviewed values more")
