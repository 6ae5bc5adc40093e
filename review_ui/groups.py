"""Groups, and who is in them: what limits people to document types and folders."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from pipeline.errors import InvalidCorrectionError
from review_ui import forms
from review_ui.context import actor, services
from review_ui.errors import status_of
from review_ui.flashes import say
from review_ui.languages import told

groups = Blueprint("groups", __name__, url_prefix="/admin")


@groups.get("/groups")
def index() -> Response:
    return make_response(_list())


@groups.post("/groups")
def add() -> Response:
    """Make a group and open it, for its members; a refused form comes back as it was sent."""
    try:
        group_id = services().grouping.add(_name(), _types(), _folders(), by=actor())
    except InvalidCorrectionError as error:
        return make_response(_list(told(str(error))), status_of(error))
    say(_("The group is made. It limits nobody until somebody is in it."))
    return redirect(url_for(".show", group_id=group_id))


@groups.get("/groups/<int:group_id>")
def show(group_id: int) -> Response:
    return make_response(_group(group_id))


@groups.post("/groups/<int:group_id>")
def change(group_id: int) -> Response:
    try:
        services().grouping.change(group_id, _name(), _types(), _folders(), by=actor())
    except InvalidCorrectionError as error:
        return make_response(_group(group_id, told(str(error))), status_of(error))
    say(_("The group is changed; it holds for its members from their next page on."))
    return redirect(url_for(".show", group_id=group_id))


@groups.post("/groups/<int:group_id>/members")
def set_members(group_id: int) -> Response:
    services().grouping.set_members(group_id, forms.numbers("members"), by=actor())
    say(_("The members are changed."))
    return redirect(url_for(".show", group_id=group_id))


@groups.post("/groups/<int:group_id>/removal")
def remove(group_id: int) -> Response:
    services().grouping.remove(group_id, by=actor())
    say(_("The group is removed."))
    return redirect(url_for(".index"))


@groups.post("/people/<int:user_id>/groups")
def set_groups(user_id: int) -> Response:
    services().grouping.set_groups(user_id, forms.numbers("groups"), by=actor())
    say(_("The groups are changed."))
    return redirect(url_for("admin.people"))


def _name() -> str:
    return forms.text("name", _("Give the group a name."), longest=60)


def _types() -> list[str]:
    return request.form.getlist("types")


def _folders() -> list[str]:
    return forms.text("folders", longest=25_000).splitlines()


def _list(problem: str | None = None) -> str:
    return render_template(
        "groups.html",
        groups=services().grouping.list_groups(by=actor()),
        types=_choices(),
        problem=problem,
        typed=_typed() if problem else None,
    )


def _group(group_id: int, problem: str | None = None) -> str:
    return render_template(
        "group.html",
        group=services().grouping.get_group(group_id, by=actor()),
        people=services().accounts.list_people(by=actor()),
        types=_choices(),
        problem=problem,
        typed=_typed() if problem else None,
    )


def _typed() -> dict[str, object]:
    """Return what stood in a form that was refused."""
    form = request.form
    return {"name": form.get("name", ""), "types": form.getlist("types"), "folders": form.get("folders", "")}


def _choices() -> list[object]:
    """Return the types that a group can name; a variant goes with its type."""
    return [each for each in services().reviewing.list_types(by=actor()) if each.variant_of is None]
