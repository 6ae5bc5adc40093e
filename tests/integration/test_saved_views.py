"""Lists of the queue under a name: whose they are, who sees them, who may take them away."""

import pytest

from pipeline.domain.actors import Actor
from pipeline.errors import InvalidCorrectionError, NotFoundError
from pipeline.services.saved_views import MOST
from tests.desk import Office


def names(office: Office, by: Actor) -> list[str]:
    return [view.name for view in office.saved_views.list_views(by=by)]


def test_view_is_its_owner_s_alone_unless_it_is_shared(office: Office, rowe: Actor, okafor: Actor) -> None:
    office.saved_views.save("Receipts", "type=receipt", shared=False, by=rowe)
    office.saved_views.save("Large ones", "sort=amount&order=down", shared=True, by=rowe)
    assert names(office, rowe) == ["Large ones", "Receipts"]
    [seen] = office.saved_views.list_views(by=okafor)
    assert (seen.name, seen.address, seen.is_mine, seen.by_display) == (
        "Large ones",
        "sort=amount&order=down",
        False,
        "Rowe",
    )


def test_saving_under_the_same_name_replaces_one_s_own_view_only(office: Office, rowe: Actor, okafor: Actor) -> None:
    for person, address in ((rowe, "type=receipt"), (okafor, "type=contract"), (rowe, "type=invoice")):
        office.saved_views.save("Mine", address, shared=False, by=person)
    assert [view.address for view in office.saved_views.list_views(by=rowe)] == ["type=invoice"]
    assert [view.address for view in office.saved_views.list_views(by=okafor)] == ["type=contract"]


def test_only_its_owner_removes_a_view(office: Office, rowe: Actor, okafor: Actor) -> None:
    office.saved_views.save("Large ones", "sort=amount", shared=True, by=rowe)
    [view] = office.saved_views.list_views(by=okafor)
    with pytest.raises(NotFoundError, match="no such view"):
        office.saved_views.remove(view.id, by=okafor)
    office.saved_views.remove(view.id, by=rowe)
    assert names(office, okafor) == []


def test_view_without_a_name_is_refused(office: Office, rowe: Actor) -> None:
    with pytest.raises(InvalidCorrectionError, match="name"):
        office.saved_views.save("  ", "type=receipt", shared=False, by=rowe)


def test_somebody_with_the_most_views_may_still_change_them_and_others_have_their_own(
    office: Office, rowe: Actor, okafor: Actor
) -> None:
    for number in range(MOST):
        office.saved_views.save(f"View {number}", "type=receipt", shared=False, by=rowe)
    with pytest.raises(InvalidCorrectionError, match=f"You have {MOST} views. Remove one first."):
        office.saved_views.save("One more", "type=receipt", shared=False, by=rowe)
    office.saved_views.save("View 1", "type=invoice", shared=False, by=rowe)
    office.saved_views.save("One more", "type=receipt", shared=False, by=okafor)
    assert (len(names(office, rowe)), names(office, okafor)) == (MOST, ["One more"])
