"""Which accounts an identity provider vouches for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.tables import IdentityRow


def is_linked(session: Session, user_id: int) -> bool:
    """Return whether this account's person comes by single sign-on, and has no password here."""
    return session.scalar(select(IdentityRow.user_id).where(IdentityRow.user_id == user_id)) is not None
