from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from pydantic import ValidationError

from pipeline.domain.actors import Role
from pipeline.domain.routing import NextBy, Policy
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.flashes import say

ROLE_WORDS = {
    Role.REVIEWER: "settles exceptions",
    Role.APPROVER: "signs, or returns",
    Role.AUDITOR: "reads and exports the record",
    Role.ADMINISTRATOR: "changes people and policy",
}

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.get("/people")
def people() -> Response:
    return _people()


@admin.post("/people")
def add() -> Response:
    """Add a person and show their one-time password, this once and on this answer only."""
    name = forms.text("name", "Write a login name.", longest=64)
    display_name = forms.text("display_name", longest=120) or name
    password = services().accounts.add(name, display_name, forms.roles(), by=actor())
    return _people(name, password)


@admin.post("/people/<int:user_id>/password")
def reset(user_id: int) -> Response:
    password = services().accounts.reset_password(user_id, by=actor())
    return _people(request.form.get("name", ""), password)


@admin.post("/people/<int:user_id>/roles")
def set_roles(user_id: int) -> Response:
    services().accounts.set_roles(user_id, forms.roles(), by=actor())
    say("The roles are changed.")
    return redirect(url_for(".people"))


@admin.post("/people/<int:user_id>/activity")
def set_active(user_id: int) -> Response:
    active = request.form.get("active") == "yes"
    services().accounts.set_active(user_id, active, by=actor())
    say("The account is open again." if active else "The account is closed; its sessions have ended.")
    return redirect(url_for(".people"))


@admin.get("/policy")
def policy() -> Response:
    page = render_template(
        "policy.html",
        policy=services().policies.get_current(by=actor()),
        types=services().reviewing.list_types(by=actor()),
    )
    return make_response(page)


@admin.post("/policy")
def change_policy() -> Response:
    current = services().policies.get_current(by=actor())
    if forms.text("version") != str(current.version):
        raise BadFormError("The policy was changed meanwhile. Go back, reload the page and look at the newer one.")
    try:
        changed = Policy(
            version=current.version,
            sample_rate=float(forms.text("sample_rate", "Write the sample rate in percent.").replace(",", ".")) / 100,
            separate_duties=request.form.get("separate_duties") == "yes",
            thresholds=_thresholds(),
            four_eyes_types=tuple(request.form.getlist("four_eyes_types")),
            four_eyes_from=_amount("four_eyes_from"),
            next_by=NextBy(request.form.get("next_by", current.next_by)),
        )
    except (ValueError, ValidationError):
        raise BadFormError("Write shares as percent between 0 and 100, and amounts as a number such as 5000.") from None
    why = forms.text("why", "Write why the policy changes: auditors read it.")
    services().policies.change(changed, why, by=actor())
    say("The policy is changed; it holds for documents read from now on.")
    return redirect(url_for(".policy"))


def _amount(name: str) -> Decimal | None:
    text = request.form.get(name, "").strip()
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise ValueError(name) from None


def _thresholds() -> dict[str, float]:
    found: dict[str, float] = {}
    for name, text in request.form.items():
        if name.startswith("threshold:") and text.strip():
            found[name.removeprefix("threshold:")] = float(text.strip().rstrip("%").replace(",", ".")) / 100
    if any(not 0 <= share <= 1 for share in found.values()):
        raise ValueError("share")
    return found


def _people(name: str | None = None, password: str | None = None) -> Response:
    page = render_template(
        "people.html",
        people=services().accounts.list_people(by=actor()),
        roles=ROLE_WORDS,
        new_name=name,
        new_password=password,
    )
    return make_response(page)
