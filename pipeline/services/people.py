"""The people who work here, as other people are shown them."""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Role
from pipeline.errors import NotFoundError
from pipeline.services import visible
from pipeline.services.typeshelf import TypeShelf
from pipeline.services.views import PersonView
from pipeline.store.tables import DocumentRow, UserRow


def list_active(session: Session, roles: Collection[Role]) -> list[UserRow]:
    """Return everybody with an open account and at least one of the roles, by the name that others see."""
    users = session.scalars(select(UserRow).where(UserRow.active).order_by(UserRow.display_name, UserRow.name))
    return [user for user in users if not set(roles).isdisjoint(user.roles)]


def seeing(users: Iterable[UserRow], document: DocumentRow, types: TypeShelf) -> list[UserRow]:
    """Return those for whom the document exists: their groups do not leave it out."""
    return [user for user in users if visible.can_see(user.sight, document, types)]


def check_can_see(user: UserRow, document: DocumentRow, types: TypeShelf) -> None:
    """Check that a document exists for somebody who is to work on it.

    Raises:
        NotFoundError: their groups leave it out.
    """
    if not visible.can_see(user.sight, document, types):
        raise NotFoundError(
            f"{user.display_name} is in groups that leave out document {document.id}. "
            "Choose somebody else, or ask an administrator."
        )


def view_of(user: UserRow) -> PersonView:
    return PersonView(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=tuple(user.roles),
        active=user.active,
        must_change=user.must_change,
        groups=tuple((group.id, group.name) for group in user.groups),
    )
