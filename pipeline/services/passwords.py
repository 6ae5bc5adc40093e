from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from pipeline.errors import InvalidCorrectionError

SHORTEST = 12
LOOKED_AT = 64
"""Characters that are looked at: longer ones are not guessed, and looking takes ever longer."""
GUESSES_LEAST = 8.0
"""As a power of ten: what needs fewer is among the passwords that are tried first."""
OWN_WORDS = ("proofdesk", "proof desk", "invoice", "receipt", "document", "approver", "reviewer")
"""Words of this place that whoever guesses here tries."""


def check_new(password: str, words: Iterable[str] = ()) -> None:
    """Check that a new password is long enough, and none that is guessed soon.

    Args:
        password: the new one.
        words: names of the account, which whoever guesses knows.

    Raises:
        InvalidCorrectionError: it is too short; or a common one, one that was found in breaches, a row of keys, a date,
            or made of the words of this place.
    """
    if len(password) < SHORTEST:
        raise InvalidCorrectionError(
            f"Choose a new password of at least {SHORTEST} characters; four random words do well."
        )
    # here: it reads lists of common words, for which no worker has to wait
    from zxcvbn import zxcvbn

    told = zxcvbn(password[:LOOKED_AT], user_inputs=[*words, *OWN_WORDS])
    if float(told["guesses_log10"]) < GUESSES_LEAST:
        raise InvalidCorrectionError(
            "This password is guessed soon: it is a common one, or made of common words, names, dates or rows of keys. "
            "Choose another; four random words do well."
        )


def fits(hasher: PasswordHasher, hashed: str, password: str) -> bool:
    """Return whether this is the password that was hashed; it takes as long as hashing it does."""
    try:
        return hasher.verify(hashed, password)
    except VerificationError:
        return False
