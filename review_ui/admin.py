from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError

from pipeline.domain.actors import Role
from pipeline.domain.erasure import Retention
from pipeline.domain.routing import NextBy, Policy
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import BadFormError
from review_ui.flashes import say
from review_ui.formatting import counted
from review_ui.words import KIND_WORDS, ROLE_NAMES, ROLE_WORDS

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.get("/people")
def people() -> Response:
    return _people()


@admin.post("/people")
def add() -> Response:
    """Add a person and show their one-time password, this once and on this answer only."""
    name = forms.text("name", _("Write a login name."), longest=64)
    display_name = forms.text("display_name", longest=120) or name
    password = services().accounts.add(name, display_name, forms.roles(), by=actor())
    # before anybody is told the password: without a group the person would see everything
    if chosen := forms.numbers("groups"):
        added = next(one for one in services().accounts.list_people(by=actor()) if one.name == name)
        services().grouping.set_groups(added.id, chosen, by=actor())
    return _people(name, password)


@admin.post("/people/<int:user_id>/password")
def reset(user_id: int) -> Response:
    password = services().accounts.reset_password(user_id, by=actor())
    return _people(request.form.get("name", ""), password)


@admin.post("/people/<int:user_id>/roles")
def set_roles(user_id: int) -> Response:
    services().accounts.set_roles(user_id, forms.roles(), by=actor())
    say(_("The roles are changed."))
    return redirect(url_for(".people"))


@admin.post("/people/<int:user_id>/activity")
def set_active(user_id: int) -> Response:
    active = request.form.get("active") == "yes"
    services().accounts.set_active(user_id, active, by=actor())
    say(_("The account is open again.") if active else _("The account is closed; its sessions have ended."))
    return redirect(url_for(".people"))


@admin.post("/people/<int:user_id>/sessions")
def end_sessions(user_id: int) -> Response:
    ended = services().sessions.end_all_of(user_id, by=actor())
    say(counted(ended, "%(count)s session has ended.", "%(count)s sessions have ended."))
    return redirect(url_for(".people"))


@admin.post("/people/<int:user_id>/second-factor/removal")
def take_second_factor(user_id: int) -> Response:
    services().second_factors.take_away(user_id, by=actor())
    say(_("The second factor is taken away; the next log-in asks for the password alone."))
    return redirect(url_for(".people"))


@admin.get("/policy")
def policy() -> Response:
    page = render_template(
        "policy.html",
        policy=services().policies.get_current(by=actor()),
        types=services().reviewing.list_types(by=actor()),
        kind_words=KIND_WORDS,
        role_names=ROLE_NAMES,
    )
    return make_response(page)


@admin.post("/policy")
def change_policy() -> Response:
    current = services().policies.get_current(by=actor())
    if forms.text("version") != str(current.version):
        raise BadFormError(_("The policy was changed meanwhile. Go back, reload the page and look at the newer one."))
    try:
        changed = Policy(
            version=current.version,
            sample_rate=_share(forms.text("sample_rate", _("Write the sample rate in percent."))),
            separate_duties=request.form.get("separate_duties") == "yes",
            thresholds=_thresholds(),
            four_eyes_types=tuple(request.form.getlist("four_eyes_types")),
            four_eyes_from=_amount("four_eyes_from"),
            second_factor_roles=tuple(Role(name) for name in request.form.getlist("second_factor_roles")),
            next_by=NextBy(request.form.get("next_by", current.next_by)),
            retention=_retention(),
        )
    except (ValueError, ValidationError):
        sentence = _("Write shares as percent between 0 and 100, amounts as a number such as 5000, and times in years.")
        raise BadFormError(sentence) from None
    why = forms.text("why", _("Write why the policy changes: auditors read it."))
    services().policies.change(changed, why, by=actor())
    say(_("The policy is changed; it holds for documents read from now on."))
    return redirect(url_for(".policy"))


def _amount(name: str) -> Decimal | None:
    text = request.form.get(name, "").strip()
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise ValueError(name) from None


def _share(text: str) -> float:
    return float(text.replace(",", ".")) / 100


def _retention() -> dict[str, Retention]:
    """Return for each type with a number of years how long its documents are kept."""
    found: dict[str, Retention] = {}
    for name, text in request.form.items():
        if name.startswith("keep_years:") and text.strip():
            kind = name.removeprefix("keep_years:")
            missing = _("Write what asks for each time: a law, a contract.")
            found[kind] = Retention(
                months=_months(text),
                basis=forms.text(f"keep_for:{kind}", missing, longest=120),
                from_year_end=request.form.get(f"keep_from:{kind}") == "year",
            )
    return found


def _months(years: str) -> int:
    try:
        return round(float(years.strip().replace(",", ".")) * 12)
    except OverflowError:
        raise ValueError(years) from None


def _thresholds() -> dict[str, float]:
    found: dict[str, float] = {}
    for name, text in request.form.items():
        if name.startswith("threshold:") and text.strip():
            found[name.removeprefix("threshold:")] = _share(text.strip().rstrip("%"))
    if any(not 0 <= share <= 1 for share in found.values()):
        raise ValueError("share")
    return found


def _people(name: str | None = None, password: str | None = None) -> Response:
    page = render_template(
        "people.html",
        people=services().accounts.list_people(by=actor()),
        groups=services().grouping.list_groups(by=actor()),
        roles=ROLE_WORDS,
        role_names=ROLE_NAMES,
        new_name=name,
        new_password=password,
    )
    return make_response(page)
