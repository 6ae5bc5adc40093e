from dataclasses import dataclass

from sqlalchemy import or_, select

from pipeline.domain.actors import Act, Actor
from pipeline.errors import InvalidCorrectionError, NotFoundError
from pipeline.ports import Clock
from pipeline.services import access
from pipeline.services.text import printable
from pipeline.services.views import SavedView
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.tables import SavedViewRow, UserRow

MOST = 50
"""Views of one person."""


@dataclass(frozen=True)
class SavedViews:
    """Filters and orders of the queue under a name, for oneself or for all."""

    store: Store
    clock: Clock

    def list_views(self, *, by: Actor) -> tuple[SavedView, ...]:
        """Return the person's own views and those that others share, by name."""
        access.check_may(by, Act.READ)
        with self.store.reading() as session:
            found = session.execute(
                select(SavedViewRow, UserRow.display_name)
                .join(UserRow, UserRow.id == SavedViewRow.user_id)
                .where(or_(SavedViewRow.user_id == by.id, SavedViewRow.shared))
                .order_by(SavedViewRow.name, SavedViewRow.id)
            )
            return tuple(
                SavedView(
                    id=row.id,
                    name=row.name,
                    address=row.address,
                    shared=row.shared,
                    is_mine=row.user_id == by.id,
                    by_display=display,
                )
                for row, display in found
            )

    def save(self, name: str, address: str, *, shared: bool, by: Actor) -> None:
        """Keep a view; one of the person's own with the same name is replaced.

        Args:
            name: what it is called.
            address: the query of the list's address.
            shared: whether everybody sees it.
            by: whose it is.
        """
        access.check_may(by, Act.SELF)
        name = printable(name).strip()[:60]
        if not name:
            raise InvalidCorrectionError("Give the view a name.")
        with self.store.writing() as session:
            own = session.scalars(select(SavedViewRow).where(SavedViewRow.user_id == by.id)).all()
            row = next((one for one in own if one.name == name), None)
            if row is None:
                if len(own) >= MOST:
                    raise InvalidCorrectionError(f"You have {MOST} views. Remove one first.")
                row = SavedViewRow(user_id=by.id, name=name)
                session.add(row)
            row.address, row.shared, row.at = address[:2000], shared, self.clock.now()

    def remove(self, view_id: int, *, by: Actor) -> None:
        """Forget one of the person's own views.

        Raises:
            NotFoundError: they have no such view.
        """
        access.check_may(by, Act.SELF)
        with self.store.writing() as session:
            row = queries.find_row(session, SavedViewRow, view_id)
            if row is None or row.user_id != by.id:
                raise NotFoundError("You have no such view. Reload the queue.")
            session.delete(row)
