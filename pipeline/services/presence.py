"""Who signs is there: shown by a password or a code at the first signature, and again after a break.

21 CFR 11.200 (a) (1): within one continuous period of controlled access the first signing takes all components of a
signature, later ones at least one that only the person can use, which here is their session.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from pipeline.domain.actors import Actor
from pipeline.domain.value import Frozen
from pipeline.errors import LoginRefusedError, ProofNeededError
from pipeline.ports import Clock
from pipeline.services import codes, guesses, identities, passwords, sessions
from pipeline.services.views import ProofAsked
from pipeline.store import queries
from pipeline.store.engine import Store
from pipeline.store.sealing import Sealer

NEEDED = "Show with your password that it is you: it is the first time since you logged in, or since a while."
NEEDED_LOGIN = "Log in again to show that it is you: it is the first time since a while."
WRONG = "This password or code does not fit, so nothing was done. Type it again."

BY_SESSION, BY_PASSWORD, BY_CODE, BY_SIGN_ON = "session", "password", "code", "single sign-on"


class Proof(Frozen):
    """What somebody typed to show that it is them who signs."""

    said: str
    """A password, or a one-time password."""
    address: str = ""
    """The browser's."""


@dataclass(frozen=True)
class Presence:
    """Whether a person has to show that it is them before they sign, and whether they did."""

    store: Store
    clock: Clock
    hasher: PasswordHasher
    sealer: Sealer
    idle: timedelta

    def find_asked(self, session: Session, by: Actor) -> ProofAsked | None:
        """Return what the person has to show with their next signature; None where the click is enough."""
        now = self.clock.now()
        row = sessions.find(session, by)
        if row is not None and row.signed_at is not None and now - row.signed_at <= self.idle:
            return None
        is_linked = identities.is_linked(session, by.id or 0)
        if is_linked and row is not None and row.signed_at is None and now - row.created_at <= self.idle:
            return None  # the provider has just vouched for them
        has_code = codes.find_confirmed(session, by.id or 0) is not None
        return ProofAsked(password=not is_linked, code=has_code)

    def check(self, by: Actor, proof: Proof | None) -> str:
        """Return how the person is known: session, password, code or single sign-on.

        Raises:
            ProofNeededError: they have to show that it is them, and did not.
            LoginRefusedError: what they typed does not fit; it is counted like a wrong password at the door.
        """
        now = self.clock.now()
        with self.store.reading() as session:
            asked = self.find_asked(session, by)
            if proof is None or not proof.said:
                if asked is not None:
                    raise ProofNeededError(NEEDED if asked.password or asked.code else NEEDED_LOGIN)
                row = sessions.find(session, by)
                return BY_SESSION if row is not None and row.signed_at is not None else BY_SIGN_ON
            user = queries.get_user(session, by.id or 0)
            guesses.check_allowed(session, user.name, proof.address, now, by.session)
            has_code = codes.find_confirmed(session, user.id) is not None
            is_linked = identities.is_linked(session, user.id)
        fits = not is_linked and passwords.fits(self.hasher, user.password_hash, proof.said)
        with self.store.writing() as session:
            how = BY_PASSWORD if fits else None
            if how is None and has_code and codes.spend_code(session, self.sealer, user.id, proof.said, now):
                how = BY_CODE
            if how is not None:
                guesses.forgive(session, user.name, proof.address, by.session)
                return how
            guesses.count(session, user.name, proof.address, now, by.session, "signature")
        raise LoginRefusedError(WRONG)

    def signed(self, session: Session, by: Actor, now: datetime) -> None:
        """Let the person's continuous period go on from now."""
        row = sessions.find(session, by)
        if row is not None:
            row.signed_at = now
