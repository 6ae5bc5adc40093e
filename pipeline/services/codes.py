"""One-time passwords (TOTP, RFC 6238) and recovery codes: making them, and using them up."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Literal

from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pipeline.store.sealing import Sealer
from pipeline.store.tables import RecoveryCodeRow, SecondFactorRow

ISSUER = "Proofdesk"
STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A telephone's clock may be so many steps early or late."""
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

How = Literal["code", "recovery code"]


def new_secret() -> str:
    """Return a fresh secret: 160 bits in base32, as authenticator programs take it."""
    return random_base32()


def uri_of(secret: str, name: str) -> str:
    """Return what an authenticator program reads off the QR code."""
    return TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def context_of(user_id: int) -> str:
    """Return what a secret is sealed for: it opens for no other account."""
    return f"second factor of account {user_id}"


def grouped_secret() -> str:
    """Return 80 random bits in groups that can be read out."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def find_confirmed(session: Session, user_id: int) -> SecondFactorRow | None:
    """Return the person's second factor, where a first code was confirmed."""
    row = session.get(SecondFactorRow, user_id)
    return row if row is not None and row.since is not None else None


def step_of(secret: str, said: str, now: datetime, after: int) -> int | None:
    """Return the step whose code was said; None where it is none, or one that is used up.

    Args:
        secret: base32.
        said: six digits, as they were typed.
        now: the time.
        after: the last step that is used up.
    """
    digits = "".join(said.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    present, totp, found = int(now.timestamp()) // STEP_SECONDS, TOTP(secret), None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits) and step > after:
            found = step
    return found


def spend(session: Session, sealer: Sealer, user_id: int, said: str, now: datetime) -> How | None:
    """Use up a code or a recovery code; return which it was, None where it is neither.

    Args:
        session: one that writes: writers take turns, so that nobody uses one code twice at the same time.
        sealer: opens the secret.
        user_id: whose code it should be.
        said: as it was typed.
        now: the time.
    """
    if spend_code(session, sealer, user_id, said, now):
        return "code"
    if find_confirmed(session, user_id) is None:
        return None
    wanted = _hash(user_id, said)
    unused = select(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.used_at.is_(None))
    for code in session.scalars(unused):
        if hmac.compare_digest(code.sha256, wanted):
            code.used_at = now
            return "recovery code"
    return None


def spend_code(session: Session, sealer: Sealer, user_id: int, said: str, now: datetime) -> bool:
    """Use up a code of the person's telephone, and nothing else; return whether it was one."""
    row = find_confirmed(session, user_id)
    if row is None:
        return False
    step = step_of(sealer.open(row.sealed, context_of(user_id)), said, now, row.last_step)
    if step is None:
        return False
    row.last_step = step
    return True


def renew_recovery(session: Session, user_id: int) -> tuple[str, ...]:
    """Return fresh recovery codes, to be shown this once; those of before are good for nothing."""
    drop_recovery(session, user_id)
    made = tuple(grouped_secret() for _ in range(RECOVERY_CODES))
    session.add_all(RecoveryCodeRow(user_id=user_id, sha256=_hash(user_id, code)) for code in made)
    return made


def drop_recovery(session: Session, user_id: int) -> None:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))


def count_recovery(session: Session, user_id: int) -> int:
    """Return how many recovery codes are unused."""
    statement = (
        select(func.count())
        .select_from(RecoveryCodeRow)
        .where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.used_at.is_(None))
    )
    return session.scalar(statement) or 0


def _hash(user_id: int, code: str) -> str:
    """Return the hash of a recovery code: with 80 random bits, a quick one is as good as a slow one."""
    plain = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(f"recovery code of account {user_id}: {plain}".encode()).hexdigest()
