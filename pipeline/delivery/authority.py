"""A time-stamp authority (RFC 3161): somebody else who says that they saw a hash, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from pipeline.delivery.posting import Address
from pipeline.errors import ConfigurationError, TransientError
from pipeline.record.verify import Stamp, check_stamp, parse_certificates

HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
CLOCKS_APART = timedelta(hours=1)


@dataclass(frozen=True)
class TimestampAuthority:
    """An authority at an address, whose answers count where they lead to one of the certificates."""

    address: Address
    certificates: Sequence[bytes] = field(repr=False)
    """Its root, and what else of its chain it does not send, in DER."""

    @classmethod
    def open(cls, address: Address, certificates: Path) -> Self:
        """Return the authority, with the certificates of a PEM file.

        Raises:
            ConfigurationError: the file can't be read.
        """
        try:
            return cls(address, parse_certificates(certificates.read_bytes()))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise ConfigurationError(
                f"PROOFDESK_TIMESTAMP_CERTIFICATES cannot be used: {why}. "
                "Name a PEM file with the root certificate of your time-stamp authority."
            ) from error

    @property
    def name(self) -> str:
        """Its host."""
        return self.address.host

    def stamp(self, content: bytes, now: datetime) -> tuple[bytes, Stamp]:
        """Return the authority's answer over the content, and what it says; both were checked.

        Args:
            content: what is stamped; the authority is sent its SHA-256 alone.
            now: our time, which the answer has to be near to.

        Raises:
            TransientError: it does not answer, or not with a stamp that holds.
        """
        request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = self.address.post(request.as_bytes(), HEADERS)
        try:
            # First by the program that strangers check it with: what that can't check convinces nobody
            stamp = check_stamp(answer, content, self.certificates)
            if stamp.nonce != request.nonce:
                raise ValueError("it answers another request")
            if abs(stamp.at - now) > CLOCKS_APART:
                raise ValueError(f"its clock says {stamp.at:%Y-%m-%d %H:%M} UTC, more than an hour from this machine's")
            self._check_again(answer, content, request.nonce)
        except ValueError as error:
            raise TransientError(
                f"The answer of the time-stamp authority at {self.name} was not kept: {error}. It is asked again."
            ) from error
        return answer, stamp

    def _check_again(self, answer: bytes, content: bytes, nonce: int | None) -> None:
        """Check the answer by OpenSSL's understanding of certificates, too."""
        roots = [x509.load_der_x509_certificate(each) for each in self.certificates]
        try:
            verifier = VerifierBuilder(roots=roots, nonce=nonce).build()
            verifier.verify_message(decode_timestamp_response(answer), content)
        except VerificationError as error:
            raise ValueError("a second check of it failed; its root certificate may be missing among ours") from error
