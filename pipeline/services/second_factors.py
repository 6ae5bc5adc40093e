"""A second factor beside the password: set up, renewed and taken away."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.value import Frozen
from pipeline.errors import InvalidCorrectionError, LoginRefusedError
from pipeline.ports import Clock
from pipeline.services import access, codes, guesses
from pipeline.services.entries import entry
from pipeline.services.presence import Presence, Proof
from pipeline.services.views import ProofAsked
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.sealing import Sealer
from pipeline.store.tables import SecondFactorRow, UserRow

WRONG = "This code does not fit, or was used before. Wait for the next one, and check your telephone's clock."
NOT_SET_UP = "There is no second factor to change. Set one up first."


class Enrolment(Frozen):
    """What an authenticator program is told while a second factor is set up; never shown again after that."""

    secret: str
    """Base32."""
    uri: str
    """The same as an `otpauth:` address, for a QR code."""


class SecondFactorView(Frozen):
    """How far a person's second factor is."""

    since: datetime | None
    """None: there is none in force."""
    recovery_codes: int
    """Unused ones."""
    required_for: tuple[str, ...]
    """Roles of the person for which the policy asks for one."""
    enrolment: Enrolment | None
    """Set while a first code is awaited."""
    proof: ProofAsked | None = None
    """What has to be shown before one is set up."""


@dataclass(frozen=True)
class SecondFactors:
    """People's one-time passwords; how a log-in asks for them is the business of `Accounts`."""

    store: Store
    clock: Clock
    sealer: Sealer
    presence: Presence

    def get_own(self, *, by: Actor) -> SecondFactorView:
        """Return how far one's own second factor is."""
        access.check_may(by, Act.SELF)
        with self.store.reading() as session:
            user = queries.get_user(session, by.id or 0)
            row = session.get(SecondFactorRow, user.id)
            asked = queries.get_policy(session).policy.second_factor_roles
            waits = row if row is not None and row.since is None else None
            return SecondFactorView(
                since=row.since if row is not None else None,
                recovery_codes=codes.count_recovery(session, user.id),
                required_for=tuple(role.value for role in asked if role in user.roles),
                enrolment=self._enrolment(waits, user) if waits is not None else None,
                proof=self.presence.find_asked(session, by),
            )

    def begin(self, *, by: Actor, proof: Proof | None = None) -> None:
        """Make a secret for one's own telephone; it counts once a code of it is confirmed.

        Whoever finds a browser open must not make themselves at home in the account: they show that it is them.

        Raises:
            InvalidCorrectionError: there is a second factor in force.
            ProofNeededError, LoginRefusedError: they have to show that it is them, and did not.
        """
        access.check_may(by, Act.SELF)
        self.presence.check(by, proof)
        sealed = self.sealer.seal(codes.new_secret(), codes.context_of(by.id or 0))
        with self.store.writing() as session:
            row = session.get(SecondFactorRow, by.id or 0)
            if row is None:
                session.add(SecondFactorRow(user_id=by.id or 0, sealed=sealed, since=None, last_step=0))
            elif row.since is not None:
                raise InvalidCorrectionError("Your second factor is set up. Take it away before you set up another.")
            else:
                row.sealed = sealed

    def confirm(self, code: str, *, by: Actor) -> tuple[str, ...]:
        """Put one's own second factor in force by its first code; return recovery codes, to be shown this once.

        Raises:
            InvalidCorrectionError: the code does not fit, or nothing waits for one.
        """
        access.check_may(by, Act.SELF)
        now = self.clock.now()
        with self.store.writing() as session:
            user = queries.get_user(session, by.id or 0)
            row = session.get(SecondFactorRow, user.id)
            if row is None or row.since is not None:
                raise InvalidCorrectionError("Nothing waits for a code. Begin to set up your second factor anew.")
            step = codes.step_of(self.sealer.open(row.sealed, codes.context_of(user.id)), code, now, row.last_step)
            if step is None:
                raise InvalidCorrectionError(WRONG)
            row.since, row.last_step = now, step
            made = codes.renew_recovery(session, user.id)
            self._changed(session, user, by, AuditTag.ACCESS_GRANT, "second factor")
        return made

    def renew_recovery(self, code: str, *, by: Actor, address: str = "") -> tuple[str, ...]:
        """Return fresh recovery codes for one's own account, to be shown this once, against a code.

        Raises:
            LoginRefusedError: the code does not fit; it is counted like a wrong password.
        """
        access.check_may(by, Act.SELF)
        with self.store.writing() as session:
            user = queries.get_user(session, by.id or 0)
            if self._is_spent(session, user, code, address, by):
                made = codes.renew_recovery(session, user.id)
                self._changed(session, user, by, AuditTag.ACCESS_GRANT, "recovery codes")
                return made
        raise LoginRefusedError(WRONG)

    def remove_own(self, code: str, *, by: Actor, address: str = "") -> None:
        """Take one's own second factor away, against a code.

        Raises:
            LoginRefusedError: the code does not fit; it is counted like a wrong password.
        """
        access.check_may(by, Act.SELF)
        with self.store.writing() as session:
            user = queries.get_user(session, by.id or 0)
            if self._is_spent(session, user, code, address, by):
                self._remove(session, user, by)
                return
        raise LoginRefusedError(WRONG)

    def take_away(self, user_id: int, *, by: Actor) -> None:
        """Take a person's second factor away: they lost their telephone and their recovery codes.

        Raises:
            InvalidCorrectionError: they have none.
        """
        access.check_may(by, Act.ADMINISTER)
        with self.store.writing() as session:
            user = queries.get_user(session, user_id)
            if codes.find_confirmed(session, user.id) is None:
                raise InvalidCorrectionError(NOT_SET_UP)
            self._remove(session, user, by)

    def _is_spent(self, session: Session, user: UserRow, code: str, address: str, by: Actor) -> bool:
        now = self.clock.now()
        if codes.find_confirmed(session, user.id) is None:
            raise InvalidCorrectionError(NOT_SET_UP)
        guesses.check_allowed(session, user.name, address, now, by.session)
        if codes.spend(session, self.sealer, user.id, code, now) is not None:
            guesses.forgive(session, user.name, address, by.session)
            return True
        guesses.count(session, user.name, address, now, by.session, "code")
        return False

    def _remove(self, session: Session, user: UserRow, by: Actor) -> None:
        row = session.get(SecondFactorRow, user.id)
        if row is not None:
            session.delete(row)
        codes.drop_recovery(session, user.id)
        self._changed(session, user, by, AuditTag.ACCESS_REVOKE, "second factor")

    def _enrolment(self, row: SecondFactorRow, user: UserRow) -> Enrolment:
        secret = self.sealer.open(row.sealed, codes.context_of(user.id))
        return Enrolment(secret=secret, uri=codes.uri_of(secret, user.name))

    def _changed(self, session: Session, user: UserRow, by: Actor, tag: AuditTag, what: str) -> None:
        facts = {"account": user.id, "what": what}
        events.append(session, entry(tag, by, self.clock.now(), facts=facts, values={"account_name": user.name}))
