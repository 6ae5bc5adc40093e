"""The people who work here, as other people are shown them."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.domain.actors import Role
from pipeline.services.views import PersonView
from pipeline.store.tables import UserRow


def list_active(session: Session, roles: Collection[Role]) -> list[UserRow]:
    """Return everybody with an open account and at least one of the roles, by the name that others see."""
    users = session.scalars(select(UserRow).where(UserRow.active).order_by(UserRow.display_name, UserRow.name))
    return [user for user in users if not set(roles).isdisjoint(user.roles)]


def view_of(user: UserRow) -> PersonView:
    return PersonView(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=tuple(user.roles),
        active=user.active,
        must_change=user.must_change,
    )
