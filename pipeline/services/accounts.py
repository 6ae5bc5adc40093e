import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from pipeline.domain.actors import Act, Actor, Role
from pipeline.domain.audit import AuditTag
from pipeline.domain.value import Frozen
from pipeline.errors import ConfigurationError, InvalidCorrectionError, LoginRefusedError
from pipeline.ports import Clock
from pipeline.services import access, codes, guesses, identities, passwords, people, sessions
from pipeline.services.entries import entry
from pipeline.services.views import PersonView
from pipeline.store import events, queries
from pipeline.store.engine import Store
from pipeline.store.sealing import Sealer
from pipeline.store.tables import ClaimRow, HalfLoginRow, SecondFactorRow, SessionRow, UserRow

FIRST_NAME = "admin"
HALF_LOGIN = timedelta(minutes=10)
"""So long a right password waits for its code."""
SEEN_STEP = timedelta(seconds=60)
"""A session's last use is written at most this often: a page with twenty images is one write."""

ONLY_MADE = "Passwords are switched off here: accounts are made as people log in with single sign-on."
ONLY_SINGLE = "Passwords are switched off here. Log in with single sign-on."
REFUSED = "This name and password do not fit together. Try again, or ask an administrator for a new password."
WRONG_CODE = "This code does not fit, or was used before. Wait for the next one, or use a recovery code."
TOO_LATE = "The code was not given in time. Begin the log-in again."


class HalfLogin(Frozen):
    """Somebody whose password was right, and whose code is awaited: the token lets nobody in."""

    token: str


class Login(Frozen):
    """A person at the door: `must_change` means that only a new password lets them further.

    `must_enrol`: the policy asks one of their roles for a second factor, and they have none yet.
    """

    token: str
    actor: Actor
    must_change: bool
    must_enrol: bool = False
    device: str | None = None
    """For a cookie by which the browser is known next time; None where it has one, or nobody has just logged in."""


@dataclass(frozen=True)
class Accounts:
    """People, their passwords, and their browsers' sessions."""

    store: Store
    clock: Clock
    hasher: PasswordHasher
    idle: timedelta
    longest: timedelta
    sealer: Sealer
    only_password: str | None = None
    """The one account that may log in with its password, where everybody else comes by single sign-on."""

    def ensure_first(self, password: str | None) -> tuple[str, str | None] | None:
        """Create the first account, with all roles, where there is none.

        Returns:
            Its name and a one-time password to print (None where `password` sets it); None where accounts exist.
        """
        with self.store.reading() as session:
            if session.scalar(select(func.count()).select_from(UserRow)):
                return None
        chosen = password or new_password()
        if password is not None:
            try:
                passwords.check_new(password, (FIRST_NAME,))
            except InvalidCorrectionError as error:
                raise ConfigurationError(
                    "PROOFDESK_ADMIN_PASSWORD is too short, or guessed soon. Give it at least "
                    f"{passwords.SHORTEST} characters; four random words do well."
                ) from error
        hashed = self.hasher.hash(chosen)
        machine = Actor.machine("setup")
        with self.store.writing() as session:
            if session.scalar(select(func.count()).select_from(UserRow)):
                return None  # another process was quicker
            user = UserRow(
                name=FIRST_NAME,
                display_name="Administrator",
                roles=tuple(Role),
                password_hash=hashed,
                must_change=password is None,
                created_at=self.clock.now(),
            )
            session.add(user)
            session.flush()
            self._granted(session, user, machine)
        return FIRST_NAME, None if password is not None else chosen

    def login(
        self, name: str, password: str, *, address: str, agent: str = "", device: str | None = None
    ) -> Login | HalfLogin:
        """Open a session; where the person has a second factor, only half of one, which waits for a code.

        Guesses are slowed down so that nobody can lock somebody else out: see `guesses`.

        Args:
            name: as it was typed.
            password: as it was typed.
            address: the browser's.
            agent: what the browser says it is; for the person, who sees where they are logged in.
            device: what the browser's cookie for this name holds, if it has one.

        Raises:
            LoginRefusedError: with one sentence for every cause but too many guesses.
        """
        name = _printable(name)[:200]
        address = address[:64]
        if self.only_password is not None and name != self.only_password:
            raise LoginRefusedError(ONLY_SINGLE)
        now = self.clock.now()
        with self.store.reading() as session:
            known = guesses.find_known(session, name, device, now)
            guesses.check_allowed(session, name, address, now, known)
            user = session.scalar(select(UserRow).where(UserRow.name == name))
        # an unknown name costs the same time as a wrong password
        fits = passwords.fits(self.hasher, user.password_hash if user else _nobody(self.hasher), password)
        if user is None or not user.active or not fits:
            with self.store.writing() as session:
                guesses.count(session, name, address, now, known, "login")
            raise LoginRefusedError(REFUSED)
        with self.store.writing() as session:
            now_so = queries.get_user(session, user.id)
            if not now_so.active or now_so.password_hash != user.password_hash:
                raise LoginRefusedError(REFUSED)  # closed or reset while the password was checked
            if codes.find_confirmed(session, user.id) is not None:
                return self._half_login(session, user, now, known)
            return self._enter(session, now_so, now, known, address=address, agent=agent)

    def login_with_code(self, half: str, code: str, *, address: str, agent: str = "") -> Login:
        """Open a session after the password was right, by a one-time password or a recovery code.

        Args:
            half: the token of the half log-in.
            code: as it was typed.
            address: the browser's.
            agent: what the browser says it is.

        Raises:
            LoginRefusedError: the code does not fit, or was used before; or the half log-in is over.
        """
        address = address[:64]
        now = self.clock.now()
        with self.store.writing() as session:
            row = session.get(HalfLoginRow, sessions.hash_of(half))
            user = queries.get_user(session, row.user_id) if row is not None else None
            if row is None or user is None or not user.active or now - row.at > HALF_LOGIN:
                raise LoginRefusedError(TOO_LATE)
            guesses.check_allowed(session, user.name, address, now, row.device)
            how = codes.spend(session, self.sealer, user.id, code, now)
            if how is not None:
                session.delete(row)
                known = row.device
                return self._enter(session, user, now, known, address=address, agent=agent, second_factor=how)
            guesses.count(session, user.name, address, now, row.device, "code")
        raise LoginRefusedError(WRONG_CODE)

    def is_half(self, half: str) -> bool:
        """Return whether a half log-in still waits for its code."""
        with self.store.reading() as session:
            row = session.get(HalfLoginRow, sessions.hash_of(half))
            return row is not None and self.clock.now() - row.at <= HALF_LOGIN

    def _half_login(self, session: Session, user: UserRow, now: datetime, known: str | None) -> HalfLogin:
        session.execute(delete(HalfLoginRow).where(HalfLoginRow.at < now - HALF_LOGIN))
        token = secrets.token_urlsafe(32)
        session.add(HalfLoginRow(token_sha256=sessions.hash_of(token), user_id=user.id, at=now, device=known))
        return HalfLogin(token=token)

    def _enter(
        self,
        session: Session,
        user: UserRow,
        now: datetime,
        known: str | None,
        *,
        address: str,
        agent: str,
        second_factor: str | None = None,
    ) -> Login:
        guesses.forgive(session, user.name, address, known)
        token = sessions.begin(session, user, now, address=address, agent=_printable(agent))
        facts = {"second_factor": second_factor} if second_factor else None
        events.append(
            session, entry(AuditTag.ACCESS_LOGIN, actor_of(user), now, facts=facts, values={"address": address})
        )
        device = guesses.remember(session, user.id, known, now)
        return self._login_of(session, user, token).model_copy(update={"device": device})

    def _login_of(self, session: Session, user: UserRow, token: str) -> Login:
        asked = queries.get_policy(session).policy.second_factor_roles
        return Login(
            token=token,
            actor=actor_of(user, token),
            must_change=user.must_change,
            # whoever comes by single sign-on is asked for a second factor there
            must_enrol=not set(asked).isdisjoint(user.roles)
            and codes.find_confirmed(session, user.id) is None
            and not identities.is_linked(session, user.id),
        )

    def find_actor(self, token: str) -> Login | None:
        """Return who the session belongs to; None where it ended, timed out or was revoked."""
        now = self.clock.now()
        with self.store.reading() as session:
            row = session.get(SessionRow, sessions.hash_of(token))
            if row is None or row.revoked_at is not None:
                return None
            if now - row.seen_at > self.idle or now - row.created_at > self.longest:
                return None
            user = queries.get_user(session, row.user_id)
            if not user.active:
                return None
            seen_at, login = row.seen_at, self._login_of(session, user, token)
        if now - seen_at > SEEN_STEP:
            with self.store.writing() as session:
                session.execute(
                    update(SessionRow).where(SessionRow.token_sha256 == sessions.hash_of(token)).values(seen_at=now)
                )
        return login

    def logout(self, token: str) -> None:
        """End the session; one that ended already is no error."""
        now = self.clock.now()
        with self.store.writing() as session:
            row = session.get(SessionRow, sessions.hash_of(token))
            if row is None or row.revoked_at is not None:
                return
            row.revoked_at = now
            user = queries.get_user(session, row.user_id)
            events.append(session, entry(AuditTag.ACCESS_LOGOUT, actor_of(user), now))

    def list_people(self, *, by: Actor) -> tuple[PersonView, ...]:
        access.check_may(by, Act.ADMINISTER)
        with self.store.reading() as session:
            holders = set(session.scalars(select(SecondFactorRow.user_id).where(SecondFactorRow.since.is_not(None))))
            return tuple(
                people.view_of(user).model_copy(update={"second_factor": user.id in holders})
                for user in session.scalars(select(UserRow).order_by(UserRow.name))
            )

    def add(self, name: str, display_name: str, roles: Iterable[Role], *, by: Actor) -> str:
        """Create an account and return its one-time password.

        Raises:
            InvalidCorrectionError: the name is taken or unusable, or no role is given.
        """
        access.check_may(by, Act.ADMINISTER)
        if self.only_password is not None:
            raise InvalidCorrectionError(ONLY_MADE)
        name, display_name, roles = name.strip(), _printable(display_name) or name.strip(), tuple(sorted(set(roles)))
        if not name or len(name) > 200 or not name.isprintable() or ":" in name:
            raise InvalidCorrectionError("Give a login name of printable characters, without a colon.")
        if not roles:
            raise InvalidCorrectionError("Give at least one role: reviewer, approver, auditor or administrator.")
        password = new_password()
        hashed = self.hasher.hash(password)
        with self.store.writing() as session:
            if session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
                raise InvalidCorrectionError(f"There is an account called “{name}” already. Choose another name.")
            user = UserRow(
                name=name,
                display_name=display_name[:200],
                roles=roles,
                password_hash=hashed,
                must_change=True,
                created_at=self.clock.now(),
            )
            session.add(user)
            session.flush()
            self._granted(session, user, by)
        return password

    def reset_password(self, user_id: int, *, by: Actor) -> str:
        """Return a new one-time password; the account's sessions end."""
        access.check_may(by, Act.ADMINISTER)
        password = new_password()
        hashed = self.hasher.hash(password)
        with self.store.writing() as session:
            user = queries.get_user(session, user_id)
            if identities.is_linked(session, user_id):
                raise InvalidCorrectionError(
                    f"{user.display_name} logs in with single sign-on and has no password here. Change it there."
                )
            user.password_hash, user.must_change = hashed, True
            self._end_sessions(session, user)
            self._changed(session, user, by, AuditTag.ACCESS_REVOKE, {"what": "password"})
        return password

    def change_password(self, old: str, new: str, *, by: Actor, token: str = "") -> None:
        """Set one's own password; every session ends but the one that `token` belongs to.

        Raises:
            LoginRefusedError: the old one is wrong.
            InvalidCorrectionError: the new one is too short or the same.
        """
        access.check_may(by, Act.SELF)
        with self.store.reading() as session:
            known = queries.get_user(session, by.id or 0)
            hashed, names = known.password_hash, (known.name, *known.display_name.split())
        if not passwords.fits(self.hasher, hashed, old):
            raise LoginRefusedError("The present password is not right. Type it again.")
        if new == old:
            raise InvalidCorrectionError(
                "This is the password that you have. Choose another; four random words do well."
            )
        passwords.check_new(new, names)
        fresh = self.hasher.hash(new)
        with self.store.writing() as session:
            user = queries.get_user(session, by.id or 0)
            if user.password_hash != hashed or not user.active:
                raise LoginRefusedError("The account was reset meanwhile. Log in again.")
            user.password_hash, user.must_change = fresh, False
            self._end_sessions(session, user, but=token)
            self._changed(session, user, by, AuditTag.ACCESS_GRANT, {"what": "own password"})

    def set_roles(self, user_id: int, roles: Iterable[Role], *, by: Actor) -> None:
        """Give an account these roles and no others.

        Raises:
            InvalidCorrectionError: nobody would be left to administer.
        """
        access.check_may(by, Act.ADMINISTER)
        wanted = tuple(sorted(set(roles)))
        with self.store.writing() as session:
            user = queries.get_user(session, user_id)
            before = tuple(user.roles)
            user.roles = wanted
            session.flush()
            _check_administered(session)
            if Role.REVIEWER not in wanted:
                self._release_claims(session, user, by)
            gained = set(wanted) - set(before)
            tag = AuditTag.ACCESS_GRANT if gained else AuditTag.ACCESS_REVOKE
            self._changed(session, user, by, tag, {"what": "roles", "from": list(before), "to": list(wanted)})

    def set_active(self, user_id: int, active: bool, *, by: Actor) -> None:
        """Open or close an account; closing ends its sessions."""
        access.check_may(by, Act.ADMINISTER)
        with self.store.writing() as session:
            user = queries.get_user(session, user_id)
            user.active = active
            session.flush()
            _check_administered(session)
            if not active:
                self._end_sessions(session, user)
                self._release_claims(session, user, by)
            tag = AuditTag.ACCESS_GRANT if active else AuditTag.ACCESS_REVOKE
            self._changed(session, user, by, tag, {"what": "account"})

    def _end_sessions(self, session: Session, user: UserRow, but: str = "") -> None:
        session.execute(delete(HalfLoginRow).where(HalfLoginRow.user_id == user.id))
        if not but:
            guesses.forget_all(session, user.id)
        session.execute(
            update(SessionRow)
            .where(
                SessionRow.user_id == user.id,
                SessionRow.revoked_at.is_(None),
                SessionRow.token_sha256 != sessions.hash_of(but),
            )
            .values(revoked_at=self.clock.now())
        )

    def _release_claims(self, session: Session, user: UserRow, by: Actor) -> None:
        """Give back to the queue what somebody holds who can't work on it any more."""
        held = session.scalars(delete(ClaimRow).where(ClaimRow.user_id == user.id).returning(ClaimRow.document_id))
        events.append(
            session,
            *(
                entry(AuditTag.CLAIM_RELEASE, by, self.clock.now(), document_id=document_id, facts={"holder": user.id})
                for document_id in sorted(held.all())
            ),
        )

    def _granted(self, session: Session, user: UserRow, by: Actor) -> None:
        self._changed(session, user, by, AuditTag.ACCESS_GRANT, {"what": "account", "roles": list(user.roles)})

    def _changed(self, session: Session, user: UserRow, by: Actor, tag: AuditTag, facts: dict[str, object]) -> None:
        events.append(
            session,
            entry(tag, by, self.clock.now(), facts={"account": user.id, **facts}, values={"account_name": user.name}),
        )


def actor_of(user: UserRow, token: str | None = None) -> Actor:
    """Return the person, in the session that `token` belongs to."""
    return Actor(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        roles=frozenset(user.roles),
        sight=user.sight,
        session=sessions.id_of(sessions.hash_of(token)) if token is not None else None,
    )


def new_password() -> str:
    """Return a random password of 80 bits, in groups that can be read out."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _printable(text: str) -> str:
    """Return the text without control characters, which PostgreSQL and headers refuse, and without outer blanks."""
    return "".join(each for each in text if each.isprintable()).strip()


def _check_administered(session: Session) -> None:
    people = session.scalars(select(UserRow).where(UserRow.active))
    if not any(Role.ADMINISTRATOR in person.roles for person in people):
        raise InvalidCorrectionError("Nobody would be left to administer. Give somebody else the role first.")


def _nobody(hasher: PasswordHasher) -> str:
    """Return the hash of a password that nobody has, made once for each way of hashing."""
    if hasher not in _NOBODY:
        _NOBODY[hasher] = hasher.hash(secrets.token_hex(16))
    return _NOBODY[hasher]


_NOBODY: dict[PasswordHasher, str] = {}
