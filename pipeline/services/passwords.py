from argon2 import PasswordHasher
from argon2.exceptions import VerificationError


def fits(hasher: PasswordHasher, hashed: str, password: str) -> bool:
    """Return whether this is the password that was hashed; it takes as long as hashing it does."""
    try:
        return hasher.verify(hashed, password)
    except VerificationError:
        return False
